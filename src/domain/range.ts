import {
  addDays,
  addMonths,
  type Day,
  dayOf,
  daysBetween,
  earlier,
  type Instant,
  later,
  startOfMonth,
} from "./day.ts";

/** UTC days from `from` up to but not including `until`; never empty, but where a range is compared with no day. */
export interface DayRange {
  readonly from: Day;
  readonly until: Day;
}

export function daysIn(range: DayRange): number {
  return daysBetween(range.from, range.until);
}

export function isEmpty({ from, until }: DayRange): boolean {
  return from >= until;
}

export function oneDay(day: Day): DayRange {
  return { from: day, until: addDays(day, 1) };
}

/** Returns the days that a span of time is on. */
export function daysOfSpan({ from, until }: { readonly from: Instant; readonly until: Instant }): DayRange {
  return { from: dayOf(from), until: addDays(dayOf(until - 1), 1) };
}

/** Every day of the range, as ranges of one day, oldest first. */
export function splitByDay(range: DayRange): DayRange[] {
  return Array.from({ length: daysIn(range) }, (_, i) => oneDay(addDays(range.from, i)));
}

/**
 * The range cut at the first of each month, oldest first. No piece is longer than 31 days, and whole months are the
 * same pieces for every range that contains them, so their answers are shared.
 */
export function splitByMonth(range: DayRange): DayRange[] {
  const ranges: DayRange[] = [];
  for (let from = range.from; from < range.until; ) {
    const until = earlier(addMonths(startOfMonth(from), 1), range.until);
    ranges.push({ from, until });
    from = until;
  }
  return ranges;
}

/** The range cut at some days within it, oldest first. */
export function splitAt({ from, until }: DayRange, days: readonly Day[]): DayRange[] {
  const bounds = [from, ...days, until];
  return bounds.slice(1).map((end, i) => ({ from: bounds[i] ?? from, until: end }));
}

/** The days in both ranges, or null where they share none. */
export function intersection(a: DayRange, b: DayRange): DayRange | null {
  const from = later(a.from, b.from);
  const until = earlier(a.until, b.until);
  return from < until ? { from, until } : null;
}

export function sameRange(a: DayRange, b: DayRange): boolean {
  return a.from === b.from && a.until === b.until;
}
