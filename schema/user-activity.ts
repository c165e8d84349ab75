import { finalityOf } from "../src/cache/policy.ts";
import type { Context } from "../src/context.ts";
import { type DayRange, sameRange, splitByDay } from "../src/domain/range.ts";
import { aggregatedDays } from "../src/loaders/activity-days.ts";
import {
  activityDaysOfUser,
  activityOfUser,
  type UserActivityDay as DayShape,
} from "../src/loaders/user-activity.ts";
import { userActivity } from "../src/upstream/endpoints/users.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { UserActivity } from "./activity.ts";
import { builder } from "./builder.ts";
import { FinalityEnum } from "./freshness.ts";
import { incompleteArg } from "./incomplete.ts";
import { personRange, rangeOf, User } from "./user.ts";

const UserActivityDay = builder.objectRef<DayOfUser>("UserActivityDay").implement({
  description: "What one person did on one UTC day.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    activity: t.expose("activity", {
      type: UserActivity,
      nullable: true,
      description:
        "What was done; distinct counts are exact for one day. Null: upstream has not counted the day yet.",
    }),
    state: t.expose("state", { type: FinalityEnum, description: "Whether the figures can still change." }),
  }),
});

/** A day of a person; without activity where upstream has not counted it yet. */
type DayOfUser = Omit<DayShape, "activity"> & { readonly activity: DayShape["activity"] | null };

function isWhole(day: DayRange, { now }: Context): boolean {
  return finalityOf(userActivity.subject, day, now() - (userActivity.lagMs ?? 0)) !== "OPEN";
}

builder.objectFields(User, (t) => ({
  activity: t.field({
    type: UserActivity,
    nullable: true,
    description:
      "One roll-up over the range, by upstream. Under a `filter` of the list by groups or projects it is what passes that filter, unless the field has its own `range`. Null: no activity, or the person is not in the Enterprise organization. Source: USER_ACTIVITY.",
    args: personRange,
    resolve: (person, args, ctx) => {
      const range: DayRange = rangeOf(person, args.range, ctx);
      const isWhole = !(person.isPart && args.range);
      if (person.activity !== undefined && isWhole && sameRange(range, person.range)) return person.activity;
      if (person.organization !== "ENTERPRISE") return null;
      return activityOfUser(ctx, { range }).load(person.userId);
    },
  }),
  activityByDay: t.field({
    type: [UserActivityDay],
    nullable: true,
    description:
      "The days with activity, oldest first. One upstream walk per day for all people of a list together. Source: USER_ACTIVITY.",
    args: { ...personRange, ...incompleteArg },
    resolve: async (person, { range: own, incomplete }, ctx): Promise<DayOfUser[]> => {
      if (person.organization !== "ENTERPRISE") return [];
      const { range } = windowsOf(userActivity, rangeOf(person, own, ctx), ctx.now(), "day");
      const days = splitByDay(range);
      const asked = incomplete === "EXCLUDE" ? days.filter((day) => isWhole(day, ctx)) : days;
      const [first, last] = [asked[0], asked.at(-1)];
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
