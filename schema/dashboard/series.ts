import { activityPeriod, wholePeriod } from "../../src/analytics/dashboard-periods.ts";
import type { Context } from "../../src/context.ts";
import type { Day } from "../../src/domain/day.ts";
import { type DayRange, oneDay, splitByDay } from "../../src/domain/range.ts";
import { mayBeUncounted } from "../../src/loaders/activity/aggregated-days.ts";
import {
  completeDays,
  lastDayOf,
  likelyNewestDay,
  newestCompleteDay,
  untilDay,
} from "../../src/loaders/activity/complete-days.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import { activityState } from "../../src/loaders/activity/settling-day.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { activitySummaries } from "../../src/upstream/endpoints/summaries.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { Answer, daysArg } from "./dashboard.ts";

/** A day of a series. Its figures are requested when they are selected. */
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

/** Figures of each UTC day, with their plan. */
interface FiguresOfDays<Figures> {
  (ctx: Context, params: Record<never, never>): { load(day: string): Promise<Figures | null> };
  readonly requests: (days: readonly DayRange[], ctx: Context) => FieldRequests | readonly FieldRequests[];
}

/** A field of a day: its requests and its resolver ask for the same figures. */
export function onDay<Figures, Value>(figures: FiguresOfDays<Figures>, of: (figures: Figures) => Value) {
  return {
    requests: ({ range }: PlanInput, ctx: Context) => figures.requests(splitByDay(range), ctx),
    resolve: async ({ date }: OnDay, _args: object, ctx: Context): Promise<Value | null> => {
      const found = await figures(ctx, {}).load(date);
      return found && of(found);
    },
  };
}

// The newest whole day is asked of upstream; before that, the clock tells it, unless upstream is late.

/** A field about the newest whole day. */
export const latestDay = {
  range: (_args: object, ctx: Context) => oneDay(likelyNewestDay(ctx.now())),
  requests: (_input: object, ctx: Context) => newestDayRequests(ctx),
  resolve: async (_page: object, _args: object, ctx: Context): Promise<OnDay> => ({
    date: await newestCompleteDay(ctx),
  }),
};

interface Ranged {
  readonly range?: RangeInput | null | undefined;
}

/** A field about the whole days of its `range`, of a week without one. */
export const completeDaysField = {
  args: daysArg,
  range({ range }: Ranged, ctx: Context): DayRange {
    const newest = likelyNewestDay(ctx.now());
    return range ? untilDay(statedDays(range, ctx), newest) : wholePeriod(ctx, "LAST_7_DAYS", newest);
  },
  requests: ({ args }: PlanInput<Ranged>, ctx: Context) => requestsToTheNewest(args, ctx),
  async resolve(_page: object, { range: rangeInput }: Ranged, ctx: Context): Promise<Series> {
    const range = rangeInput
      ? await completeDays(ctx, resolveRange(rangeInput, ctx.now()))
      : await activityPeriod(ctx, "LAST_7_DAYS");
    return { range, days: splitByDay(range).map(({ from }) => ({ date: from })) };
  },
};

/** Plans the request that says which day is the newest whole one, unless all days of the field are surely counted. */
export function requestsToTheNewest({ range }: Ranged, ctx: Context): readonly FieldRequests[] {
  const isCounted = range && !mayBeUncounted(lastDayOf(statedDays(range, ctx)), ctx);
  return isCounted ? [] : [newestDayRequests(ctx)];
}

function statedDays(range: RangeInput, { now }: Context): DayRange {
  return windowsOf(activitySummaries, resolveRange(range, now()), now(), "day").range;
}
