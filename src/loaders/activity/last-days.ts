import type { Context } from "../../context.ts";
import { addDays, type Day, dayOf, later } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { activitySummaries } from "../../upstream/endpoints/summaries.ts";
import { earliestDay } from "../../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../../upstream/plan.ts";
import type { SettlingDay } from "./settling-day.ts";
import { summaries, untilNewest } from "./summaries.ts";

/** Upstream aggregates a day some time on the next; after two it surely has. */
export const AGGREGATION_DAYS = 2;

/** How many whole days the last ones are. */
export const LAST_DAYS = 30;

/** How far back the newest day is looked for: as many whole days as that, though the newest ones are not whole yet. */
const REACH_DAYS = LAST_DAYS + AGGREGATION_DAYS;

/** The summaries of the last days there are. */
export async function lastDays(ctx: Context): Promise<readonly SettlingDay[]> {
  const known = reach(ctx, dayOf(ctx.now()));
  return known.from >= known.until
    ? []
    : untilNewest(known, ({ until }) => summaries(ctx, reach(ctx, until)));
}

/** The last days before one, as far as there can be any. */
export function reach({ now }: Context, until: Day): DayRange {
  return { from: later(addDays(until, -REACH_DAYS), earliestDay(activitySummaries, now())), until };
}

/** True if the summary of a day is among the last ones. */
export function isRecent(day: Day, { now }: Context): boolean {
  return day >= addDays(dayOf(now()), -REACH_DAYS);
}

/** Plans the request that says which day is the newest that upstream has aggregated. */
export function newestDayRequests(ctx: Context): FieldRequests {
  return requestsFor(activitySummaries, [{ range: reach(ctx, dayOf(ctx.now())) }]);
}
