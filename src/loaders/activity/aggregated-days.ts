import type { Context } from "../../context.ts";
import { addDays, type Day, dayOf } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";
import type { Covered } from "../../upstream/pages/windows.ts";
import { AGGREGATION_DAYS, lastDays } from "./last-days.ts";

/** Returns the days that upstream has aggregated; `days` come oldest first. */
export async function aggregatedDays(ctx: Context, days: readonly DayRange[]): Promise<readonly DayRange[]> {
  const last = days.at(-1);
  if (last !== undefined && !mayBeUncounted(last, ctx)) return days;
  const newest = (await lastDays(ctx)).at(-1)?.date;
  return newest === undefined ? [] : days.filter((day) => day.from <= newest);
}

/**
 * Returns those of the days that upstream has aggregated, oldest first. Throws NOT_YET_AVAILABLE where that is none of them, and
 * where they were named by date and one is missing.
 */
export async function countedDays(
  { dataset }: Covered,
  days: readonly DayRange[],
  isRelative: boolean,
  ctx: Context,
): Promise<readonly DayRange[]> {
  const counted = await aggregatedDays(ctx, days);
  const missing = isRelative ? days[0] : days[counted.length];
  if (missing === undefined || (isRelative && counted.length > 0)) return counted;
  throw uncounted(dataset, missing.from, (await lastDays(ctx)).at(-1)?.date ?? null);
}

/** True if upstream has to be asked which days it has aggregated. */
export function mayBeUncounted({ from }: DayRange, { now }: Context): boolean {
  return from >= addDays(dayOf(now()), -AGGREGATION_DAYS);
}

/** Names the newest day beside one that upstream has not aggregated yet. */
export function uncounted(dataset: string, day: Day, newestDay: Day | null): GatewayError {
  const newest = newestDay === null ? "no day is available yet" : `the newest day is ${newestDay}`;
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `${dataset} has no figures for ${day} yet; ${newest}.`,
    newestDay === null ? { dataset } : { dataset, newestDay },
  );
}
