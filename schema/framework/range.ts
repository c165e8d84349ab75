import { PERIODS } from "../../src/domain/period.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { builder } from "./builder.ts";
import { describedValues } from "./described-values.ts";

const DateSpan = builder.inputType("DateSpan", {
  description: "UTC days from `from` up to but not including `until`.",
  fields: (t) => ({
    from: t.field({ type: "Date", required: true, description: "First day." }),
    until: t.field({ type: "Date", required: true, description: "The day after the last one." }),
  }),
});

const CalendarLength = builder.inputType("CalendarLength", {
  description: "A length of time that ends with yesterday, the last complete UTC day.",
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
  description: "Named ranges, relative to the current UTC day when the operation starts.",
  values: describedValues(PERIODS, ({ means }) => means),
});

/** A range, in one of three ways of saying it. */
export const DateRange = builder.inputType("DateRange", {
  description: "UTC days, given in one of three ways.",
  isOneOf: true,
  fields: (t) => ({
    between: t.field({
      type: DateSpan,
      description: "From a day up to but not including another: `until` is the day after the last one.",
    }),
    last: t.field({ type: CalendarLength, description: "By length, up to but not including today." }),
    period: t.field({ type: PeriodEnum, description: "By name." }),
  }),
});

export const ResolvedRange = builder.objectRef<DayRange>("ResolvedRange").implement({
  description: "The UTC days that an answer covers: from `from` up to but not including `until`.",
  fields: (t) => ({
    from: t.expose("from", { type: "Date", description: "First day." }),
    until: t.expose("until", { type: "Date", description: "The day after the last one." }),
  }),
});

/** Describes how lists of activity handle days that upstream has not aggregated yet. */
export const COUNTED_DAYS =
  "A range relative to now (`last`, `period`) ends with the newest day that upstream has aggregated, some time on the next day; `range` states the days. Days in `between` that are not aggregated yet are NOT_YET_AVAILABLE, with `extensions.newestDay`.";
