import { addDays } from "../../src/domain/day.ts";
import type { DayRange } from "../../src/domain/range.ts";
import {
  completeDays,
  lastCompleteDays,
  newestCompleteDay,
} from "../../src/loaders/activity/complete-days.ts";
import { activityDays } from "../../src/loaders/activity/days.ts";
import { isComplete, type SettlingDay } from "../../src/loaders/activity/settling-day.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { ActivityDay } from "../engagement/activity-day.ts";
import { builder } from "../framework/builder.ts";
import { DateRange } from "../framework/range.ts";
import { Answer, onDashboard, page } from "./dashboard.ts";
import { completeDaysField, latestDay, requestsToTheNewest } from "./series.ts";

interface Series {
  readonly range: DayRange;
  readonly days: readonly SettlingDay[];
}

const UsageSeries = builder.objectRef<Series>("UsageSeries").implement({
  description: "Active people and seats by UTC day, oldest first.",
  interfaces: [Answer],
  fields: (t) => ({
    days: t.expose("days", { type: [ActivityDay], description: "The days, each complete." }),
  }),
});

const UsageDashboard = page("UsageDashboard", "Active people and seats.", ["ACTIVITY_SUMMARIES"]);

onDashboard("usage", UsageDashboard, "Active people, seats and invites.");

builder.objectFields(UsageDashboard, (t) => ({
  latest: t.field({
    type: ActivityDay,
    nullable: true,
    description:
      "The newest day that is surely counted in full, named by `date`: daily, weekly and monthly active people, utilization, seats and pending invites. One upstream request, shared with the series. Null only beside an error.",
    ...latestDay,
    resolve: async (_page, _args, ctx) => (await lastCompleteDays(ctx)).at(-1) ?? null,
  }),
  byDay: t.field({
    type: UsageSeries,
    nullable: true,
    description:
      "The same figures by day: one upstream request for up to 366 days, of which final days are stored. Without a range the last 30 complete days, at any hour.",
    args: {
      range: t.arg({
        type: DateRange,
        description: "UTC days, at most 366; incomplete days are left out, days before 2026 are NOT_COVERED.",
      }),
    },
    range: completeDaysField.range,
    requests: ({ args, range }, ctx) => [
      ...(args.range ? [activityDays.requests(ctx, range)] : []),
      ...requestsToTheNewest(args, ctx),
    ],
    resolve: async (_page, { range: rangeInput }, ctx) => {
      if (rangeInput) {
        const range = await completeDays(ctx, resolveRange(rangeInput, ctx.now()));
        return { range, days: (await activityDays.read(ctx, range)).filter(isComplete) };
      }
      const days = await lastCompleteDays(ctx);
      const until = addDays(await newestCompleteDay(ctx), 1);
      return { range: { from: days[0].date, until }, days };
    },
  }),
}));
