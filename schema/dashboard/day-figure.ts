import {
  artifactFiguresOn,
  chatOn,
  type DayFigure,
  dayFigure,
  requestsOfDaysBefore,
} from "../../src/analytics/dashboard-days.ts";
import type { Context } from "../../src/context.ts";
import { splitByDay } from "../../src/domain/range.ts";
import { minus, quotient, type Ratio } from "../../src/domain/ratio.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { builder } from "../framework/builder.ts";
import { NoChangeReasonEnum } from "../framework/change.ts";
import { ratioField, written } from "./dashboard.ts";
import { type OnDay, onDay } from "./series.ts";

/** A figure of a day and of the day before. */
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

/** The figures that are shown beside the day before. */
const COMPARED_FIGURES = [chatOn, artifactFiguresOn];

/** A field of a day's figure that is shown beside the day before; the day before is requested by the fields of the figure. */
export function besideDayBefore<Figures extends object>(
  figures: Parameters<typeof onDay<Figures, unknown>>[0] & Pick<typeof chatOn, "dataset">,
  of: (figures: Figures) => Ratio | null,
) {
  const { requests } = onDay(figures, of);
  return {
    sources: [figures.dataset],
    requests,
    resolve: ({ date }: OnDay, _args: object, ctx: Context) =>
      dayFigure(ctx, date, async (day) => {
        const found = await figures(ctx, {}).load(day);
        return found && of(found);
      }),
  };
}

/** A field of a figure that needs the day before. */
function ofDayBefore<Value>(of: (figure: DayFigure) => Promise<Value>) {
  return {
    requests: ({ range, source }: PlanInput, ctx: Context) =>
      COMPARED_FIGURES.filter(({ dataset }) => dataset === source).map((figures) =>
        requestsOfDaysBefore(figures, splitByDay(range), ctx),
      ),
    resolve: of,
  };
}

const change = {
  description:
    "This day minus the day before. Exact; not additive. Null: see `reason`; also null beside an error if the day before cannot be queried.",
  nullable: true,
} as const;

const comparison = builder.interfaceRef<DayFigure>("DayFigure").implement({
  description: "A figure of a UTC day beside the day before, which is fetched only when selected.",
  fields: (t) => ({
    relativeChange: t.field({
      ...ratioField("`change` divided by the day before: 0.25 is a quarter more. Null: see `reason`."),
      ...ofDayBefore(async (figure) => written((await changeOf(figure)).relative)),
    }),
    reason: t.field({
      type: NoChangeReasonEnum,
      nullable: true,
      description: "Reason why `change` or `relativeChange` is null. Null: neither is null.",
      ...ofDayBefore(async (figure) => (await changeOf(figure)).reason),
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
      ...ofDayBefore(async ({ before }) => count((await before?.()) ?? null)),
    }),
    change: t.field({
      ...change,
      type: "Difference",
      ...ofDayBefore(async (figure) => count((await changeOf(figure)).change)),
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
      ...ofDayBefore(async ({ before }) => written((await before?.()) ?? null)),
    }),
    change: t.field({
      ...change,
      type: "Decimal",
      ...ofDayBefore(async (figure) => written((await changeOf(figure)).change)),
    }),
  }),
});

function count(ratio: Ratio | null): number | null {
  return ratio && Number(ratio.numerator / ratio.denominator);
}
