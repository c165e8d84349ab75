import {
  addDays,
  addMonths,
  type Day,
  startOfMonth,
  startOfQuarter,
  startOfWeek,
  startOfYear,
} from "./day.ts";
import type { DayRange } from "./range.ts";

/**
 * Named ranges relative to the day it is. Those called LAST or YESTERDAY hold whole days that are over; those called TO_DATE
 * or THIS run up to and including today.
 */
export const PERIODS = {
  YESTERDAY: { means: "The UTC day before today.", of: (today) => [addDays(today, -1), today] },
  LAST_7_DAYS: { means: "The 7 days before today.", of: (today) => [addDays(today, -7), today] },
  LAST_30_DAYS: { means: "The 30 days before today.", of: (today) => [addDays(today, -30), today] },
  LAST_90_DAYS: { means: "The 90 days before today.", of: (today) => [addDays(today, -90), today] },
  LAST_365_DAYS: { means: "The 365 days before today.", of: (today) => [addDays(today, -365), today] },
  THIS_WEEK: {
    means: "From Monday up to and including today.",
    of: (today) => [startOfWeek(today), addDays(today, 1)],
  },
  MONTH_TO_DATE: {
    means: "From the first of the month up to and including today.",
    of: (today) => [startOfMonth(today), addDays(today, 1)],
  },
  LAST_MONTH: {
    means: "The calendar month before this one.",
    of: (today) => [addMonths(startOfMonth(today), -1), startOfMonth(today)],
  },
  QUARTER_TO_DATE: {
    means: "From the first day of the calendar quarter up to and including today.",
    of: (today) => [startOfQuarter(today), addDays(today, 1)],
  },
  LAST_QUARTER: {
    means: "The calendar quarter before this one.",
    of: (today) => [addMonths(startOfQuarter(today), -3), startOfQuarter(today)],
  },
  YEAR_TO_DATE: {
    means: "From 1 January up to and including today.",
    of: (today) => [startOfYear(today), addDays(today, 1)],
  },
  LAST_YEAR: {
    means: "The calendar year before this one.",
    of: (today) => [addMonths(startOfYear(today), -12), startOfYear(today)],
  },
} as const satisfies Record<string, { means: string; of: (today: Day) => readonly [from: Day, until: Day] }>;

export type Period = keyof typeof PERIODS;

/** The periods that are a number of days, whatever the calendar. */
const LENGTHS: { readonly [P in Period]?: number } = {
  LAST_7_DAYS: 7,
  LAST_30_DAYS: 30,
  LAST_90_DAYS: 90,
  LAST_365_DAYS: 365,
};

/** Returns the number of days of a period that is one; null for a period of the calendar. */
export function lengthOfPeriod(period: Period): number | null {
  return LENGTHS[period] ?? null;
}

/** Returns the days that a period means on the day `today`. */
export function periodRange(period: Period, today: Day): DayRange {
  const [from, until] = PERIODS[period].of(today);
  return { from, until };
}
