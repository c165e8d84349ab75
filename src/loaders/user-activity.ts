import type { Finality } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import type { UserActivityRow } from "../domain/activity.ts";
import type { Day } from "../domain/day.ts";
import type { EngagementQuestion } from "../domain/engagement.ts";
import { type DayRange, splitByDay } from "../domain/range.ts";
import { MAX_FILTERS } from "../upstream/endpoints/engagement-query.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { collectAll, mapPages, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { requestsUnlessStored } from "../upstream/plan.ts";
import { aggregatedDays } from "./activity/aggregated-days.ts";
import { rowsBy } from "./engagement-rows.ts";
import { inParts } from "./in-parts.ts";
import { loader } from "./loader.ts";

/** One roll-up per Enterprise user id over the range, with the plan of its requests. Null: no activity. */
export const activityOfUser = Object.assign(
  loader(async (ctx, { range }: { range: DayRange }, userIds) => {
    const { ranges } = windowsOf(userActivity, range, ctx.now());
    const runs = (await questionsOf(ctx, ranges, userIds)).map((question) =>
      pagesOf(ctx.upstream, userActivity, [question]),
    );
    const { rows } = await collectAll(runs);
    return new Map(
      rows.flatMap((row): [string, UserActivityRow][] => (row.userId === null ? [] : [[row.userId, row]])),
    );
  }),
  {
    requests: (range: DayRange, ctx: Context) =>
      requestsUnlessStored(userActivity, range, ctx, (window) => activityQuestion(window, null)),
  },
);

/** Builds the questions that a filter leaves. */
export const partOfActivity = rowsBy(userActivity, "users", ({ userId }) => userId);

function questionsOf(ctx: Context, ranges: readonly DayRange[], userIds: readonly string[]) {
  return inParts(ctx, { endpoint: userActivity, most: MAX_FILTERS, ask: activityQuestion }, ranges, userIds);
}

function activityQuestion(range: DayRange, ids: readonly string[] | null): EngagementQuestion {
  return { range, filter: ids === null ? {} : { users: ids } };
}

export interface UserActivityDay {
  readonly date: Day;
  readonly activity: UserActivityRow;
  readonly state: Finality;
}

/**
 * The days of the range on which each Enterprise user id was active, oldest first: one page run per day. Days that upstream has
 * not aggregated yet are left off. Null: none.
 */
export const activityDaysOfUser = loader(async (ctx, { range }: { range: DayRange }, userIds) => {
  const days = await aggregatedDays(ctx, splitByDay(range));
  const runs = (await questionsOf(ctx, days, userIds)).map((question) =>
    mapPages(pagesOf(ctx.upstream, userActivity, [question]), ({ rows, state }) =>
      rows.map((activity): UserActivityDay => ({ date: question.range.from, activity, state })),
    ),
  );
  const { rows } = await collectAll(runs);
  return Map.groupBy(rows, ({ activity }) => activity.userId ?? "");
});
