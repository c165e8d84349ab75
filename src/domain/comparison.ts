import { addDays, addMonths, type Day } from "./day.ts";
import { type DayRange, daysIn } from "./range.ts";

/** The periods a range can be compared with. */
export const COMPARISONS = {
  PREVIOUS_PERIOD:
    "As many days, right before the range: each day is set against the one so many days earlier.",
  MONTH_BEFORE:
    "The same days of the month before. Days it does not have are set against nothing, and those it has beyond this month are set against this month's last.",
  YEAR_BEFORE:
    "The same days of the year before. 29 February is set against nothing where that year has none, and together with the 28th against the 28th where it alone has one.",
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
