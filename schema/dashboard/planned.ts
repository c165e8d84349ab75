import { wholePeriod } from "../../src/analytics/dashboard-periods.ts";
import type { Context } from "../../src/context.ts";
import { addDays } from "../../src/domain/day.ts";
import type { EngagementQuestion } from "../../src/domain/engagement.ts";
import type { Period } from "../../src/domain/period.ts";
import { type DayRange, oneDay, splitByDay } from "../../src/domain/range.ts";
import { lastDayOf, likelyNewestDay, mayBeUncounted, untilDay } from "../../src/loaders/activity-days.ts";
import { byCreator, everyone } from "../../src/loaders/people.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { artifactActivity } from "../../src/upstream/endpoints/artifacts.ts";
import { activitySummaries } from "../../src/upstream/endpoints/summaries.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { type FieldWalks, walksOf } from "../../src/upstream/plan.ts";
import { earliestDay, windowsOf } from "../../src/upstream/windows.ts";
import { type DateRangeInput, resolveRange } from "../range.ts";
import { about, walks, walksOfLastDays } from "../walks.ts";

interface Asked {
  readonly range?: DateRangeInput | null;
}

// The newest whole day is asked of upstream; before that, the clock tells it, unless upstream is late.

/** A field about the newest whole day. */
export const OF_LATEST = {
  ...about((_args, ctx) => oneDay(likelyNewestDay(ctx.now()))),
  ...walks((_prospect, ctx) => walksOfLastDays(ctx)),
};

/** A field about the whole days of its `range`, of a week without one. */
export const OF_DAYS = {
  ...about<Asked>(({ range }, ctx) => {
    const newest = likelyNewestDay(ctx.now());
    if (!range) return wholePeriod(ctx, "LAST_7_DAYS", newest);
    return untilDay(
      windowsOf(activitySummaries, resolveRange(range, ctx.now()), ctx.now(), "day").range,
      newest,
    );
  }),
  ...walks<Asked>(({ args }, ctx) => walksToTheNewest(args, ctx)),
};

/** The walk that a field makes to learn the newest whole day, unless all it is asked for is surely counted. */
export function walksToTheNewest({ range }: Asked, ctx: Context): FieldWalks | readonly FieldWalks[] {
  if (!range) return walksOfLastDays(ctx);
  const asked = windowsOf(activitySummaries, resolveRange(range, ctx.now()), ctx.now(), "day").range;
  return mayBeUncounted(lastDayOf(asked), ctx) ? walksOfLastDays(ctx) : [];
}

/** A field that rolls up a period of activity in one walk. */
export function ofActivity<Row>(endpoint: Endpoint<EngagementQuestion, Row>) {
  return {
    ...about<{ period: Period }>(({ period }, ctx) => wholePeriod(ctx, period, likelyNewestDay(ctx.now()))),
    ...walks(({ range }, ctx) => [walksOf(endpoint, [everyone(range)]), walksOfLastDays(ctx)]),
  };
}

/** A figure of each day, by everybody's activity. */
export const BY_PEOPLE = walks(({ range }) => walksOf(userActivity, splitByDay(range).map(everyone)));

/** A figure of each day, by its artifacts. */
export const BY_ARTIFACTS = walks(({ range }) => walksOf(artifactActivity, splitByDay(range).map(byCreator)));

/** What compares a figure with the day before. */
export const OF_DAY_BEFORE = walks(({ range, source }, ctx) => {
  const earliest = earliestDay(userActivity, ctx.now());
  const before = splitByDay(range)
    .map(({ from }): DayRange => oneDay(addDays(from, -1)))
    .filter(({ from }) => from >= earliest);
  return source === artifactActivity.dataset
    ? walksOf(artifactActivity, before.map(byCreator))
    : walksOf(userActivity, before.map(everyone));
});
