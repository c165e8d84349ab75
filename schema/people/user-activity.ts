import { finalityOf } from "../../src/cache/policy.ts";
import type { Context } from "../../src/context.ts";
import { type DayRange, daysIn, splitByDay } from "../../src/domain/range.ts";
import { aggregatedDays, mayBeUncounted } from "../../src/loaders/activity/aggregated-days.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import {
  activityDaysOfUser,
  activityOfUser,
  type UserActivityDay as DayShape,
} from "../../src/loaders/user-activity.ts";
import { rangeOfActivity, resolveActivityRange } from "../../src/planning/range-input.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { requestsByKey } from "../../src/upstream/plan.ts";
import { UserActivity } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { type Incomplete, incompleteArg } from "../framework/incomplete.ts";
import { personFigures, personOver } from "./user.ts";

const UserActivityDay = builder.objectRef<DayOfUser>("UserActivityDay").implement({
  description: "Activity of one person on one UTC day.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    activity: t.expose("activity", {
      type: UserActivity,
      nullable: true,
      description:
        "The activity; distinct counts are exact for one day. Null: upstream has not counted the day yet.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "State of the figures: whether they can still change.",
    }),
  }),
});

/** A day of a person; without activity where upstream has not counted it yet. */
type DayOfUser = Omit<DayShape, "activity"> & { readonly activity: DayShape["activity"] | null };

function isComplete(day: DayRange, { now }: Context): boolean {
  return finalityOf(userActivity.subject, day, now() - (userActivity.lagMs ?? 0)) !== "OPEN";
}

function requestedDays(days: readonly DayRange[], incomplete: Incomplete, ctx: Context): readonly DayRange[] {
  return incomplete === "EXCLUDE" ? days.filter((day) => isComplete(day, ctx)) : days;
}

personFigures((t, range) => ({
  activity: t.field({
    requires: ["activity:read", "own", "peopleOfTeam"],
    type: UserActivity,
    nullable: true,
    description:
      "Activity over the range, aggregated by upstream. A range relative to now ends with the newest aggregated day. In a row of `users` the list's `filter` by groups or projects applies. Null: no activity, or the person is not in the Enterprise organization.",
    sources: ["USER_ACTIVITY"],
    args: range,
    range: rangeOfActivity, // A row of people comes with what they did over the range of the list.
    requests: ({ type, range }, ctx) => (type === "UserSummary" ? [] : activityOfUser.requests(range, ctx)),
    resolve: (person, { range }, ctx) => {
      const over = personOver(person, range, ctx, resolveActivityRange);
      if (over.activity !== undefined) return over.activity;
      if (over.organization !== "ENTERPRISE") return null;
      return activityOfUser(ctx, { range: over.range }).load(over.userId);
    },
  }),
  activityByDay: t.field({
    requires: ["activity:read", "own", "peopleOfTeam"],
    type: [UserActivityDay],
    nullable: true,
    description:
      "The days with activity, oldest first, from all activity of the person. One run of upstream pages per day for all people of a list.",
    sources: ["USER_ACTIVITY", "ACTIVITY_SUMMARIES"],
    args: { ...range, ...incompleteArg },
    maxRows: daysIn,
    requests: ({ args, range }, ctx) => {
      const days = windowsOf(userActivity, range, ctx.now(), "day").ranges;
      const requested = requestedDays(days, args.incomplete, ctx);
      const last = args.incomplete === "INCLUDE" ? days.at(-1) : requested.at(-1);
      return [
        ...(last !== undefined && mayBeUncounted(last, ctx) ? [newestDayRequests(ctx)] : []),
        requestsByKey(userActivity, requested),
      ];
    },
    resolve: async (person, { range: own, incomplete }, ctx): Promise<DayOfUser[]> => {
      if (person.organization !== "ENTERPRISE") return [];
      const { range } = windowsOf(userActivity, personOver(person, own, ctx).range, ctx.now(), "day");
      const days = splitByDay(range);
      const requested = requestedDays(days, incomplete, ctx);
      const [first, last] = [requested[0], requested.at(-1)];
      if (first === undefined || last === undefined) return [];
      const counted = { from: first.from, until: last.until };
      const found = (await activityDaysOfUser(ctx, { range: counted }).load(person.userId)) ?? [];
      if (incomplete !== "INCLUDE") return found;
      const newest = (await aggregatedDays(ctx, days)).at(-1)?.from ?? "";
      const uncounted = days.filter((day) => day.from > newest);
      return [
        ...found,
        ...uncounted.map(({ from }) => ({ date: from, activity: null, state: "OPEN" as const })),
      ];
    },
  }),
}));
