import type { Context } from "../context.ts";
import { addDays, type Day, dayOf, later } from "../domain/day.ts";
import { lengthOfPeriod, type Period, periodRange } from "../domain/period.ts";
import type { DayRange } from "../domain/range.ts";
import { newestCompleteDay, untilDay } from "../loaders/activity/complete-days.ts";
import { consoleCost } from "../upstream/endpoints/console-cost.ts";
import { unifiedCost } from "../upstream/endpoints/unified.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { earliestDay } from "../upstream/pages/windows.ts";

/** Returns the days of activity that a period means now. */
export async function activityPeriod(ctx: Context, period: Period): Promise<DayRange> {
  return wholePeriod(ctx, period, await newestCompleteDay(ctx));
}

/**
 * Returns the same where the newest whole day is known. A period of the calendar ends with that day; a number of days is counted
 * back from it, so that it holds that many whole days, and is cut at the first day covered.
 */
export function wholePeriod({ now }: Context, period: Period, newest: Day): DayRange {
  const days = lengthOfPeriod(period);
  if (days === null) return untilDay(periodRange(period, dayOf(now())), newest);
  const until = addDays(newest, 1);
  return untilDay({ from: later(addDays(until, -days), earliestDay(userActivity, now())), until }, newest);
}

/** Returns the days of spend that a period means now. A number of days is cut at the first day covered. */
export function spendPeriod({ upstream, now }: Context, period: Period): DayRange {
  const range = periodRange(period, dayOf(now()));
  if (lengthOfPeriod(period) === null) return range;
  const earliest = earliestDay(upstream.has("analytics") ? unifiedCost.ENTERPRISE : consoleCost, now());
  return earliest < range.until ? { ...range, from: later(range.from, earliest) } : range;
}
