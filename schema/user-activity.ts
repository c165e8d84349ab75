import { finalityOf } from "../src/cache/policy.ts";
import type { Context } from "../src/context.ts";
import { type DayRange, daysIn, sameRange, splitByDay } from "../src/domain/range.ts";
import { aggregatedDays, mayBeUncounted } from "../src/loaders/activity-days.ts";
import {
  activityDaysOfUser,
  activityOfUser,
  type UserActivityDay as DayShape,
} from "../src/loaders/user-activity.ts";
import { userActivity } from "../src/upstream/endpoints/users.ts";
import { walksByKey } from "../src/upstream/plan.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { UserActivity } from "./activity.ts";
import { builder } from "./builder.ts";
import { FinalityEnum } from "./freshness.ts";
import { type Incomplete, incompleteArg } from "./incomplete.ts";
import { personRange, rangeOf, User } from "./user.ts";
import { rows, walks, walksOfLastDays, walksOverDays } from "./walks.ts";

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

function daysAsked(days: readonly DayRange[], incomplete: Incomplete, ctx: Context): readonly DayRange[] {
  return incomplete === "EXCLUDE" ? days.filter((day) => isWhole(day, ctx)) : days;
}

builder.objectFields(User, (t) => ({
  activity: t.field({
    authScopes: { "activity:read": true, own: true },
    type: UserActivity,
    nullable: true,
    description:
      "One roll-up over the range, by upstream. Under a `filter` of the list by groups or projects it is what passes that filter, unless the field has its own `range`. Null: no activity, or the person is not in the Enterprise organization. Source: USER_ACTIVITY.",
    args: personRange,
    // A row of people comes with what they did over the range of the list.
    extensions: walks<{ range?: object | null }>(({ args, range, source }, ctx) =>
      source === "USER_ACTIVITY" && !args.range ? [] : walksOverDays(userActivity, range, ctx),
    ),
    resolve: (person, args, ctx) => {
      const range: DayRange = rangeOf(person, args.range, ctx);
      const isWhole = !(person.part && args.range);
      if (person.activity !== undefined && isWhole && sameRange(range, person.range)) return person.activity;
      if (person.organization !== "ENTERPRISE") return null;
      return activityOfUser(ctx, { range }).load(person.userId);
    },
  }),
  activityByDay: t.field({
    authScopes: { "activity:read": true, own: true },
    type: [UserActivityDay],
    nullable: true,
    description:
      "The days with activity, oldest first. One upstream walk per day for all people of a list together. Source: USER_ACTIVITY.",
    args: { ...personRange, ...incompleteArg },
    extensions: {
      ...rows(({ range }) => daysIn(range)),
      ...walks<{ incomplete: Incomplete }>(({ args, range }, ctx) => {
        const days = windowsOf(userActivity, range, ctx.now(), "day").pieces;
        const asked = daysAsked(days, args.incomplete, ctx);
        const last = args.incomplete === "INCLUDE" ? days.at(-1) : asked.at(-1);
        return [
          ...(last !== undefined && mayBeUncounted(last, ctx) ? [walksOfLastDays(ctx)] : []),
          walksByKey(userActivity, asked),
        ];
      }),
    },
    resolve: async (person, { range: own, incomplete }, ctx): Promise<DayOfUser[]> => {
      if (person.organization !== "ENTERPRISE") return [];
      const { range } = windowsOf(userActivity, rangeOf(person, own, ctx), ctx.now(), "day");
      const days = splitByDay(range);
      const asked = daysAsked(days, incomplete, ctx);
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
