import { addDays, addMonths, type Day, dayOf, type Instant } from "../src/domain/day.ts";
import { PERIODS, type Period, periodRange } from "../src/domain/period.ts";
import type { DayRange } from "../src/domain/range.ts";
import { badInput } from "../src/errors.ts";
import { statedRange, withoutUncounted } from "../src/loaders/activity-days.ts";
import { builder } from "./builder.ts";

const DateSpan = builder.inputType("DateSpan", {
  description: "UTC days from `from` up to but not including `until`.",
  fields: (t) => ({
    from: t.field({ type: "Date", required: true, description: "First day." }),
    until: t.field({ type: "Date", required: true, description: "The day after the last one." }),
  }),
});

const CalendarLength = builder.inputType("CalendarLength", {
  description: "A length of time that ends with yesterday, the last whole UTC day.",
  isOneOf: true,
  fields: (t) => ({
    days: t.int({ description: "Whole days, at least 1." }),
    weeks: t.int({ description: "Weeks of 7 days, at least 1." }),
    months: t.int({
      description: "Calendar months, at least 1: `months: 1` on 22 November begins on 22 October.",
    }),
  }),
});

export const PeriodEnum = builder.enumType("Period", {
  description: "Named ranges, relative to the UTC day it is when the operation begins.",
  values: Object.fromEntries(
    Object.entries(PERIODS).map(([name, { means }]) => [name, { description: means }]),
  ) as {
    [P in Period]: { description: string };
  },
});

/** A range, in one of three ways of saying it. */
export const DateRange = builder.inputType("DateRange", {
  description: "UTC days, in one of three ways of saying which.",
  isOneOf: true,
  fields: (t) => ({
    between: t.field({ type: DateSpan, description: "Two days." }),
    last: t.field({ type: CalendarLength, description: "So long until now." }),
    period: t.field({ type: PeriodEnum, description: "By name." }),
  }),
});

export type DateRangeInput = typeof DateRange.$inferInput;

export const ResolvedRange = builder.objectRef<DayRange>("ResolvedRange").implement({
  description: "The UTC days an answer is about: from `from` up to but not including `until`.",
  fields: (t) => ({
    from: t.expose("from", { type: "Date", description: "First day." }),
    until: t.expose("until", { type: "Date", description: "The day after the last one." }),
  }),
});

/** What a person's figures are about where neither the field nor its parent names a range. */
export const DEFAULT_PERIOD: Period = "LAST_30_DAYS";

/** What lists of activity do with days that upstream has not aggregated yet. */
export const COUNTED_DAYS =
  "A range relative to now (`last`, `period`) ends with the newest day that upstream has aggregated, some time on the next, and `range` says which days that leaves; days named by `between` that it has not are NOT_YET_AVAILABLE, with `extensions.newestDay`.";

/** Whether the days a range means change with the clock. */
export function isRelative({ between }: DateRangeInput): boolean {
  return between === null || between === undefined;
}

/** The days a range means now. */
export function resolveRange({ between, last, period }: DateRangeInput, now: Instant): DayRange {
  const today = dayOf(now);
  if (between) return ordered(between);
  if (last) return { from: beginning(last, today), until: today };
  return periodRange(period ?? DEFAULT_PERIOD, today);
}

/**
 * Returns the days that figures of activity alone are about: a range relative to now ends with the newest day that can be aggregated.
 * Throws NOT_YET_AVAILABLE for days named by date that cannot be.
 */
export function resolveActivityRange(range: DateRangeInput, now: Instant): DayRange {
  const asked = resolveRange(range, now);
  return isRelative(range) ? withoutUncounted(asked, now) : statedRange(asked, now);
}

function ordered({ from, until }: { from: Day; until: Day }): DayRange {
  if (from < until) return { from, until };
  throw badInput(
    `The range ${from} to ${until} holds no day; \`until\` is the day after the last one, so one day is ${from} to ${addDays(from, 1)}.`,
  );
}

/** More than any dataset covers; keeps arithmetic on days within the calendar. */
const MAX_LENGTH = { days: 3_660, weeks: 520, months: 120 } as const;

function beginning(
  { days, weeks, months }: { days?: number | null; weeks?: number | null; months?: number | null },
  today: Day,
): Day {
  if (months !== undefined && months !== null) return addMonths(today, -bounded(months, "months"));
  if (weeks !== undefined && weeks !== null) return addDays(today, -7 * bounded(weeks, "weeks"));
  return addDays(today, -bounded(days ?? 0, "days"));
}

function bounded(length: number, unit: keyof typeof MAX_LENGTH): number {
  if (length >= 1 && length <= MAX_LENGTH[unit]) return length;
  throw badInput(`\`last.${unit}\` is ${length}; it can be 1 to ${MAX_LENGTH[unit]}.`);
}
