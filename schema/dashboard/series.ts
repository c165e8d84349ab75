import { activityPeriod } from "../../src/analytics/dashboard-periods.ts";
import type { Context } from "../../src/context.ts";
import type { Day } from "../../src/domain/day.ts";
import { type DayRange, oneDay, splitByDay } from "../../src/domain/range.ts";
import { activityState } from "../../src/loaders/activity/settling-day.ts";
import { wholeDays } from "../../src/loaders/activity/whole-days.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { Answer } from "./dashboard.ts";

/** A day of a series, whose figures are asked for as they are selected. */
export interface OnDay {
  readonly date: Day;
}

export const DashboardDay = builder.interfaceRef<OnDay>("DashboardDay").implement({
  description: "A complete UTC day of activity.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    state: t.field({
      type: FinalityEnum,
      description: "State of the figures: whether they can still change.",
      resolve: ({ date }, _args, ctx) => activityState(oneDay(date), ctx.now()),
    }),
  }),
});

type DayRef = ReturnType<ReturnType<typeof builder.objectRef<OnDay>>["implement"]>;

/** Days of activity, oldest first. */
export interface Series {
  readonly range: DayRange;
  readonly days: readonly OnDay[];
}

export const seriesType = (name: string, type: DayRef) =>
  builder.objectRef<Series>(name).implement({
    description: "A series by UTC day, oldest first.",
    interfaces: [Answer],
    fields: (t) => ({
      days: t.expose("days", { type: [type], description: "The days, each complete." }),
    }),
  });

/** The whole days of the range; of the last week without one. */
export async function seriesOf(ctx: Context, asked: RangeInput | null | undefined): Promise<Series> {
  const range = asked
    ? await wholeDays(ctx, resolveRange(asked, ctx.now()))
    : await activityPeriod(ctx, "LAST_7_DAYS");
  return { range, days: splitByDay(range).map(({ from }) => ({ date: from })) };
}
