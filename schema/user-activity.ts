import type { DayRange } from "../src/domain/range.ts";
import { sameRange } from "../src/domain/range.ts";
import {
  activityDaysOfUser,
  activityOfUser,
  type UserActivityDay as DayShape,
} from "../src/loaders/user-activity.ts";
import { userActivity } from "../src/upstream/endpoints/users.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { UserActivity } from "./activity.ts";
import { builder } from "./builder.ts";
import { personRange, rangeOf, User } from "./user.ts";

const UserActivityDay = builder.objectRef<DayShape>("UserActivityDay").implement({
  description: "What one person did on one UTC day.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    activity: t.expose("activity", {
      type: UserActivity,
      description: "What was done; distinct counts are exact for one day.",
    }),
  }),
});

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
      "The days with activity, oldest first; days that upstream has not aggregated yet are not among them. One upstream walk per day for all people of a list together. Source: USER_ACTIVITY.",
    args: personRange,
    resolve: async (person, args, ctx) => {
      if (person.organization !== "ENTERPRISE") return [];
      const { range } = windowsOf(userActivity, rangeOf(person, args.range, ctx), ctx.now(), "day");
      return (await activityDaysOfUser(ctx, { range }).load(person.userId)) ?? [];
    },
  }),
}));
