import type { UserActivity } from "../domain/activity.ts";
import type { Day } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { mapPages, walkOf, wholeOf } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";
import { MAX_IDS } from "./user-totals.ts";

/** One roll-up per Enterprise user id over the range. Null: no activity. */
export const activityOfUser = loader(async ({ upstream, now }, { range }: { range: DayRange }, userIds) => {
  const { pieces } = windowsOf(userActivity, range, now());
  const walks = pieces.map((piece) =>
    walkOf(upstream, userActivity, [{ range: piece, ...filterOf(userIds) }]),
  );
  const { rows } = await wholeOf(upstream, walks);
  return new Map(
    rows.flatMap((row): [string, UserActivity][] => (row.userId === null ? [] : [[row.userId, row]])),
  );
});

export interface UserActivityDay {
  readonly date: Day;
  readonly activity: UserActivity;
}

/** The days of the range on which each Enterprise user id was active, oldest first: one walk per day. Null: none. */
export const activityDaysOfUser = loader(
  async ({ upstream, now }, { range }: { range: DayRange }, userIds) => {
    const { pieces } = windowsOf(userActivity, range, now(), "day");
    const walks = pieces.map((day) =>
      mapPages(walkOf(upstream, userActivity, [{ range: day, ...filterOf(userIds) }]), ({ rows }) =>
        rows.map((activity): UserActivityDay => ({ date: day.from, activity })),
      ),
    );
    const { rows } = await wholeOf(upstream, walks);
    return Map.groupBy(rows, ({ activity }) => activity.userId ?? "");
  },
);

function filterOf(userIds: readonly string[]): { userIds?: readonly string[] } {
  return userIds.length <= MAX_IDS ? { userIds: [...userIds].sort() } : {};
}
