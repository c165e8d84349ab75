import { activityPeriod, likelyPeriod } from "../../src/analytics/dashboard-periods.ts";
import type { Context } from "../../src/context.ts";
import { addDays, type Day, dayOf, earlier } from "../../src/domain/day.ts";
import { type DayRange, oneDay, splitByDay } from "../../src/domain/range.ts";
import { activityState, mayBeUncounted, wholeDays } from "../../src/loaders/activity-days.ts";
import { walksOfArtifactsOn, walksOfEveryoneOn } from "../../src/loaders/people.ts";
import { ENGAGEMENT_LAG_MS } from "../../src/upstream/endpoints/coverage.ts";
import { builder } from "../builder.ts";
import { FinalityEnum } from "../freshness.ts";
import { type DateRangeInput, resolveRange } from "../range.ts";
import { about, walks, walksOfLastDays } from "../walks.ts";
import { Answer } from "./dashboard.ts";

/** A day of a series, whose figures are asked for as they are selected. */
export interface OnDay {
  readonly date: Day;
}

export const DashboardDay = builder.interfaceRef<OnDay>("DashboardDay").implement({
  description: "A UTC day of activity that is counted in full.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    state: t.field({
      type: FinalityEnum,
      description: "Whether the figures can still change.",
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
      days: t.expose("days", { type: [type], description: "The days, each counted in full." }),
    }),
  });

/** The days a series will have, and how the newest is found out. */
export const seriesWalks = {
  ...about<{ range?: DateRangeInput | null }>(({ args, range }, ctx) =>
    args.range ? wholeByClock(range, ctx) : likelyPeriod(ctx, "WEEK"),
  ),
  ...walks<{ range?: DateRangeInput | null }>(({ args, range }, ctx) =>
    args.range && !mayBeUncounted(oneDay(addDays(range.until, -1)), ctx) ? [] : walksOfLastDays(ctx),
  ),
};

/** The newest day, which is found out first. */
export const latestWalks = {
  ...about((_prospect, { now }) => oneDay(addDays(dayOf(now() - ENGAGEMENT_LAG_MS), -1))),
  ...walks((_prospect, ctx) => walksOfLastDays(ctx)),
};

function wholeByClock({ from, until }: DayRange, { now }: Context): DayRange {
  return { from, until: earlier(until, dayOf(now() - ENGAGEMENT_LAG_MS)) };
}

/** The whole days of the range; of the last week without one. */
export async function seriesOf(ctx: Context, asked: DateRangeInput | null | undefined): Promise<Series> {
  const range = asked
    ? await wholeDays(ctx, resolveRange(asked, ctx.now()))
    : await activityPeriod(ctx, "WEEK");
  const days = splitByDay(range);
  return { range, days: days.map(({ from }) => ({ date: from })) };
}

/** The walks of figures of each day: of everybody, or of artifacts. */
export const walksOfPeople = walks(({ range }) => walksOfEveryoneOn(range));
export const walksOfArtifacts = walks(({ range }) => walksOfArtifactsOn(range));
