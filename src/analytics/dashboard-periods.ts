import type { Context } from "../context.ts";
import { addDays, type Day, dayOf, later, startOfMonth, startOfQuarter, startOfYear } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import { newestWholeDay, untilDay } from "../loaders/activity-days.ts";
import { consoleCost } from "../upstream/endpoints/console-cost.ts";
import { unifiedCost } from "../upstream/endpoints/unified.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { earliestDay } from "../upstream/windows.ts";

/** The ranges that the dashboard's totals and rankings come in. */
export const DASHBOARD_PERIODS = {
  WEEK: { means: "The last 7 days.", days: 7 },
  MONTH: { means: "The last 30 days.", days: 30 },
  THREE_MONTHS: { means: "The last 90 days.", days: 90 },
  YEAR: { means: "The last 365 days.", days: 365 },
  MONTH_TO_DATE: { means: "From the first of this UTC month on.", begins: startOfMonth },
  QUARTER_TO_DATE: { means: "From the first day of this UTC calendar quarter on.", begins: startOfQuarter },
  YEAR_TO_DATE: { means: "From 1 January of this UTC year on.", begins: startOfYear },
} as const satisfies Record<string, { means: string } & ({ days: number } | { begins: (today: Day) => Day })>;

export type DashboardPeriod = keyof typeof DASHBOARD_PERIODS;

/** The days of activity that a period means now: up to the newest whole one, and for a length not before the first there is. */
export async function activityPeriod(ctx: Context, period: DashboardPeriod): Promise<DayRange> {
  return wholePeriod(ctx, period, await newestWholeDay(ctx));
}

/** The same where the newest whole day is known. */
export function wholePeriod({ now }: Context, period: DashboardPeriod, newest: Day): DayRange {
  const range = periodUntil(period, addDays(newest, 1), dayOf(now()), earliestDay(userActivity, now()));
  return untilDay(range, newest);
}

/** The days of spend that a period means now: up to and including today, and for a length not before the first there is. */
export function spendPeriod({ upstream, now }: Context, period: DashboardPeriod): DayRange {
  const today = dayOf(now());
  const report = upstream.has("analytics") ? unifiedCost.ENTERPRISE : consoleCost;
  return periodUntil(period, addDays(today, 1), today, earliestDay(report, now()));
}

function periodUntil(period: DashboardPeriod, until: Day, today: Day, earliest: Day): DayRange {
  const of = DASHBOARD_PERIODS[period];
  return { from: "days" in of ? later(addDays(until, -of.days), earliest) : of.begins(today), until };
}
