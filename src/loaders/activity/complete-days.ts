import type { Context } from "../../context.ts";
import { addDays, type Day, dayOf, earlier, type Instant } from "../../domain/day.ts";
import { type DayRange, oneDay } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";
import { ENGAGEMENT_LAG_MS } from "../../upstream/endpoints/coverage.ts";
import { activitySummaries } from "../../upstream/endpoints/summaries.ts";
import { earliestDay, windowsOf } from "../../upstream/pages/windows.ts";
import { mayBeUncounted } from "./aggregated-days.ts";
import { LAST_DAYS, lastDays } from "./last-days.ts";
import { isComplete, type SettlingDay } from "./settling-day.ts";

/** Returns the last 30 days that are certainly complete, oldest first. Throws NOT_YET_AVAILABLE where there is none. */
export async function lastCompleteDays(ctx: Context): Promise<readonly [SettlingDay, ...SettlingDay[]]> {
  const [first, ...others] = (await lastDays(ctx)).filter(isComplete).slice(-LAST_DAYS);
  if (first === undefined) throw noCompleteDay(earliestDay(activitySummaries, ctx.now()), null);
  return [first, ...others];
}

/** Returns the newest day that is certainly complete. */
export async function newestCompleteDay(ctx: Context): Promise<Day> {
  const days = await lastCompleteDays(ctx);
  return (days.at(-1) ?? days[0]).date;
}

/** Returns the newest complete day by the clock alone, which is right unless upstream is late. */
export function likelyNewestDay(now: Instant): Day {
  return addDays(dayOf(now - ENGAGEMENT_LAG_MS), -1);
}

/** Returns the part of the range that is certainly complete. */
export async function completeDays(ctx: Context, requested: DayRange): Promise<DayRange> {
  const { range } = windowsOf(activitySummaries, requested, ctx.now(), "day");
  return mayBeUncounted(lastDayOf(range), ctx) ? untilDay(range, await newestCompleteDay(ctx)) : range;
}

/** Returns the range without the days after one. Throws NOT_YET_AVAILABLE where no day is left. */
export function untilDay({ from, until }: DayRange, newest: Day): DayRange {
  const end = earlier(until, addDays(newest, 1));
  if (from >= end) throw noCompleteDay(from, newest);
  return { from, until: end };
}

export function lastDayOf({ until }: DayRange): DayRange {
  return oneDay(addDays(until, -1));
}

function noCompleteDay(from: Day, newestDay: Day | null): GatewayError {
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `No day from ${from} on is complete yet; a UTC day is complete by 17:00 UTC of the next day.`,
    { dataset: "ACTIVITY_SUMMARIES", ...(newestDay !== null && { newestDay }) },
  );
}
