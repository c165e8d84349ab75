import type { Finality } from "../cache/policy.ts";
import type { UserActivity } from "../domain/activity.ts";
import type { Day } from "../domain/day.ts";
import { type DayRange, splitByDay } from "../domain/range.ts";
import { narrowed } from "../upstream/endpoints/engagement-query.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { mapPages, walkOf, wholeOf } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { aggregatedDays } from "./activity-days.ts";
import { rowsBy } from "./engagement-rows.ts";
import { loader } from "./loader.ts";

/** One roll-up per Enterprise user id over the range. Null: no activity. */
export const activityOfUser = loader(async ({ upstream, now }, { range }: { range: DayRange }, userIds) => {
  const { pieces } = windowsOf(userActivity, range, now());
  const walks = pieces.map((piece) =>
    walkOf(upstream, userActivity, [{ range: piece, filter: narrowed({}, { users: userIds }) }]),
  );
  const { rows } = await wholeOf(walks);
  return new Map(
    rows.flatMap((row): [string, UserActivity][] => (row.userId === null ? [] : [[row.userId, row]])),
  );
});

/** The same of what a filter lets through. */
export const partOfActivity = rowsBy(userActivity, "users", ({ userId }) => userId);

export interface UserActivityDay {
  readonly date: Day;
  readonly activity: UserActivity;
  readonly state: Finality;
}

/**
 * The days of the range on which each Enterprise user id was active, oldest first: one walk per day. Days that upstream has not
 * aggregated yet are left off. Null: none.
 */
export const activityDaysOfUser = loader(async (ctx, { range }: { range: DayRange }, userIds) => {
  const days = await aggregatedDays(ctx, splitByDay(range));
  const walks = days.map((day) =>
    mapPages(
      walkOf(ctx.upstream, userActivity, [{ range: day, filter: narrowed({}, { users: userIds }) }]),
      ({ rows, state }) => rows.map((activity): UserActivityDay => ({ date: day.from, activity, state })),
    ),
  );
  const { rows } = await wholeOf(walks);
  return Map.groupBy(rows, ({ activity }) => activity.userId ?? "");
});
