import { addDays } from "../../src/domain/day.ts";
import type { DayRange } from "../../src/domain/range.ts";
import {
  activityDayRequests,
  activityDays,
  isWhole,
  lastWholeDays,
  newestWholeDay,
  type SettlingDay,
  wholeDays,
} from "../../src/loaders/activity-days.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { ActivityDay } from "../engagement/activity-day.ts";
import { builder } from "../framework/builder.ts";
import { DateRange } from "../framework/range.ts";
import { Answer, onDashboard, page } from "./dashboard.ts";
import { OF_DAYS, OF_LATEST, requestsToTheNewest } from "./planned.ts";

interface Series {
  readonly range: DayRange;
  readonly days: readonly SettlingDay[];
}

const UsageSeries = builder.objectRef<Series>("UsageSeries").implement({
  description: "Active people and seats by UTC day, oldest first.",
  interfaces: [Answer],
  fields: (t) => ({
    days: t.expose("days", { type: [ActivityDay], description: "The days, each counted in full." }),
  }),
});

const UsageDashboard = page(
  "UsageDashboard",
  "Who is active, and how many seats there are. Source: ACTIVITY_SUMMARIES.",
);

onDashboard("usage", UsageDashboard, "Active people, seats and invites.");

builder.objectFields(UsageDashboard, (t) => ({
  latest: t.field({
    type: ActivityDay,
    nullable: true,
    description:
      "The newest day that is surely counted in full, which `date` names: daily, weekly and monthly active people, utilization, seats and pending invites. One upstream request, which the series shares. Null only beside an error.",
    ...OF_LATEST,
    resolve: async (_page, _args, ctx) => (await lastWholeDays(ctx)).at(-1) ?? null,
  }),
  byDay: t.field({
    type: UsageSeries,
    nullable: true,
    description:
      "The same day by day: one upstream request for up to 366 days, of which final ones are kept. Without a range the last 30 whole days, as many at any hour.",
    args: {
      range: t.arg({
        type: DateRange,
        description:
          "UTC days, at most 366; days that are not whole yet are left off, days before 2026 are NOT_COVERED.",
      }),
    },
    ...OF_DAYS,
    requests: ({ args, range }, ctx) =>
      [args.range ? activityDayRequests(ctx, range) : [], requestsToTheNewest(args, ctx)].flat(),
    resolve: async (_page, { range: asked }, ctx) => {
      if (asked) {
        const range = await wholeDays(ctx, resolveRange(asked, ctx.now()));
        return { range, days: (await activityDays(ctx, range)).filter(isWhole) };
      }
      const days = await lastWholeDays(ctx);
      const until = addDays(await newestWholeDay(ctx), 1);
      return { range: { from: days[0].date, until }, days };
    },
  }),
}));
