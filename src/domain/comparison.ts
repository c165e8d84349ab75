import { addDays, addMonths, type Day } from "./day.ts";
import { type DayRange, daysIn } from "./range.ts";

/** The periods a range can be compared with. */
export const COMPARISONS = {
  PREVIOUS_PERIOD:
    "The same number of days right before the range. Each day compares with the day that many days earlier.",
  MONTH_BEFORE:
    "The same days of the previous month. Days that it lacks have no counterpart; days that it has beyond this month compare with this month's last day.",
  YEAR_BEFORE:
    "The same days of the previous year. 29 February has no counterpart if that year lacks it. If only that year has it, its 28th and 29th together compare with the 28th.",
} as const;

export type Comparison = keyof typeof COMPARISONS;

const MONTHS = { MONTH_BEFORE: 1, YEAR_BEFORE: 12 } as const;

/**
 * The days that `range` is compared with: those that are set against one of its days, so that the periods of days, one by one, make
 * up the period of them all. Empty, with `until` equal to `from`, where none is, as for 30 March against February.
 */
export function rangeBefore(comparison: Comparison, range: DayRange): DayRange {
  if (comparison === "PREVIOUS_PERIOD")
    return { from: addDays(range.from, -daysIn(range)), until: range.from };
  const months = MONTHS[comparison];
  return { from: firstAgainst(range.from, months), until: firstAgainst(range.until, months) };
}

/** The first day that is set against one or a later one: the same day so many months earlier, or the first after it. */
function firstAgainst(day: Day, months: number): Day {
  const before = addMonths(day, -months);
  return addMonths(before, months) === day ? before : addDays(before, 1);
}

/** The day of `range` that a day of the compared one is set against. Every day has one, so that sums stay what they are. */
export function counterpart(comparison: Comparison, range: DayRange, before: Day): Day {
  if (comparison === "PREVIOUS_PERIOD") return addDays(before, daysIn(range));
  return addMonths(before, MONTHS[comparison]);
}
