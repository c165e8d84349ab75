import type { DayFigure } from "../../src/analytics/dashboard-days.ts";
import { minus, quotient, type Ratio } from "../../src/domain/ratio.ts";
import { builder } from "../framework/builder.ts";
import { NoChangeReasonEnum } from "../framework/change.ts";
import { ratioField, written } from "./dashboard.ts";
import { OF_DAY_BEFORE } from "./planned.ts";

/** What a figure and the day before come to. */
async function changeOf({ value, before }: DayFigure) {
  const prior = (await before?.()) ?? null;
  if (value === null || prior === null) {
    return {
      change: null,
      relative: null,
      reason: before === null ? "NOT_COVERED" : "NOT_MEASURED",
    } as const;
  }
  const change = minus(value, prior);
  const relative = quotient(change, prior);
  return { change, relative, reason: relative === null ? ("ZERO_BEFORE" as const) : null };
}

const change = {
  description:
    "This day minus the day before. Exact; not additive. Null: see `reason`; also null beside an error if the day before cannot be queried.",
  nullable: true,
  requests: OF_DAY_BEFORE,
} as const;

const comparison = builder.interfaceRef<DayFigure>("DayFigure").implement({
  description: "A figure of a UTC day beside the day before, which is fetched only when selected.",
  fields: (t) => ({
    relativeChange: t.field({
      ...ratioField("`change` divided by the day before: 0.25 is a quarter more. Null: see `reason`."),
      requests: OF_DAY_BEFORE,
      resolve: async (figure) => written((await changeOf(figure)).relative),
    }),
    reason: t.field({
      type: NoChangeReasonEnum,
      nullable: true,
      description: "Reason why `change` or `relativeChange` is null. Null: neither is null.",
      requests: OF_DAY_BEFORE,
      resolve: async (figure) => (await changeOf(figure)).reason,
    }),
  }),
});

export const DayCount = builder.objectRef<DayFigure>("DayCount").implement({
  description: "A count of a UTC day; its field states what it counts and whether it is additive.",
  interfaces: [comparison],
  fields: (t) => ({
    value: t.field({
      type: "Count",
      nullable: true,
      description: "The count of the day. Its field states whether it is additive. Null: not measured.",
      resolve: ({ value }) => count(value),
    }),
    before: t.field({
      type: "Count",
      nullable: true,
      description:
        "The count of the day before. Its field states whether it is additive. Null: not measured, or not covered.",
      requests: OF_DAY_BEFORE,
      resolve: async ({ before }) => count((await before?.()) ?? null),
    }),
    change: t.field({
      ...change,
      type: "Difference",
      resolve: async (figure) => count((await changeOf(figure)).change),
    }),
  }),
});

export const DayRatio = builder.objectRef<DayFigure>("DayRatio").implement({
  description: "A ratio of a UTC day.",
  interfaces: [comparison],
  fields: (t) => ({
    value: t.field({
      ...ratioField("The ratio of the day. Null: its divisor is zero, or not measured."),
      resolve: ({ value }) => written(value),
    }),
    before: t.field({
      ...ratioField("The ratio of the day before. Null: its divisor is zero, not measured, or not covered."),
      requests: OF_DAY_BEFORE,
      resolve: async ({ before }) => written((await before?.()) ?? null),
    }),
    change: t.field({
      ...change,
      type: "Decimal",
      resolve: async (figure) => written((await changeOf(figure)).change),
    }),
  }),
});

function count(ratio: Ratio | null): number | null {
  return ratio && Number(ratio.numerator / ratio.denominator);
}
