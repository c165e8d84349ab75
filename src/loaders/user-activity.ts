import type { Context } from "../context.ts";
import type { UserActivity } from "../domain/activity.ts";
import { addDays, type Day, dayOf } from "../domain/day.ts";
import type { EngagementFilter } from "../domain/engagement.ts";
import type { DayRange } from "../domain/range.ts";
import { MAX_FILTERS } from "../upstream/endpoints/engagement-query.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { mapPages, walkOf, whole, wholeOf } from "../upstream/walk.ts";
import { windowsOf } from "../upstream/windows.ts";
import { loader } from "./loader.ts";

/** One roll-up per Enterprise user id over the range. Null: no activity. */
export const activityOfUser = loader(async ({ upstream, now }, { range }: { range: DayRange }, userIds) => {
  const { pieces } = windowsOf(userActivity, range, now());
  const walks = pieces.map((piece) =>
    walkOf(upstream, userActivity, [{ range: piece, filter: filterOf(userIds) }]),
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

/**
 * The days of the range on which each Enterprise user id was active, oldest first: one walk per day. Days that upstream has not
 * aggregated yet are left off. Null: none.
 */
export const activityDaysOfUser = loader(async (ctx, { range }: { range: DayRange }, userIds) => {
  const { upstream, now } = ctx;
  const asked = windowsOf(userActivity, range, now(), "day").pieces;
  const newest = await newestDay(ctx, asked);
  const pieces = asked.filter((day) => day.from <= newest);
  const walks = pieces.map((day) =>
    mapPages(walkOf(upstream, userActivity, [{ range: day, filter: filterOf(userIds) }]), ({ rows }) =>
      rows.map((activity): UserActivityDay => ({ date: day.from, activity })),
    ),
  );
  const { rows } = await wholeOf(upstream, walks);
  return Map.groupBy(rows, ({ activity }) => activity.userId ?? "");
});

/** Upstream aggregates a day some time on the next; after two it surely has. */
const AGGREGATION_DAYS = 2;

/**
 * The newest of the days that upstream has. It states that nowhere but in its list of daily totals, and answers a day asked for
 * too early with an error, so days of the last two are looked up first.
 */
async function newestDay({ upstream, now }: Context, days: readonly DayRange[]): Promise<Day> {
  const last = days.at(-1)?.from ?? dayOf(now());
  const settled = addDays(dayOf(now()), -AGGREGATION_DAYS);
  if (last < settled) return last;
  const range = { from: addDays(settled, -REACH_DAYS), until: dayOf(now()) };
  const { rows } = await whole(walkOf(upstream, activitySummaries, [{ range }]));
  return rows.at(-1)?.date ?? addDays(range.from, -1);
}

/** How far back the newest day is looked for: exports have been late by days. */
const REACH_DAYS = 5;

function filterOf(userIds: readonly string[]): EngagementFilter {
  return userIds.length <= MAX_FILTERS ? { users: userIds } : {};
}
