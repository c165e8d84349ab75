import { addDays, addMonths, type Day, earlier, later, startOfMonth } from "./day.ts";
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

/** The days that `range` is compared with. */
export function rangeBefore(comparison: Comparison, range: DayRange): DayRange {
  if (comparison === "PREVIOUS_PERIOD")
    return { from: addDays(range.from, -daysIn(range)), until: range.from };
  const months = -MONTHS[comparison];
  // A range that ends with a month is compared with one that does, however long the two months are.
  const until =
    range.until === startOfMonth(range.until)
      ? addMonths(range.until, months)
      : addDays(addMonths(addDays(range.until, -1), months), 1);
  return { from: addMonths(range.from, months), until };
}

/** The day of `range` that a day of the compared one is set against. Every day has one, so that sums stay what they are. */
export function counterpart(comparison: Comparison, range: DayRange, before: Day): Day {
  if (comparison === "PREVIOUS_PERIOD") return addDays(before, daysIn(range));
  const day = addMonths(before, MONTHS[comparison]);
  return earlier(later(day, range.from), addDays(range.until, -1));
}
