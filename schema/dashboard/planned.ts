import { wholePeriod } from "../../src/analytics/dashboard-periods.ts";
import type { Context } from "../../src/context.ts";
import { addDays } from "../../src/domain/day.ts";
import type { EngagementQuestion } from "../../src/domain/engagement.ts";
import type { Period } from "../../src/domain/period.ts";
import { type DayRange, oneDay, splitByDay } from "../../src/domain/range.ts";
import { mayBeUncounted } from "../../src/loaders/activity/aggregated-days.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import { lastDayOf, likelyNewestDay, untilDay } from "../../src/loaders/activity/whole-days.ts";
import { byCreator, everyone } from "../../src/loaders/people.ts";
import type { FieldPlanOptions, PlanRequests } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { artifactActivity } from "../../src/upstream/endpoints/artifacts.ts";
import { activitySummaries } from "../../src/upstream/endpoints/summaries.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { earliestDay, windowsOf } from "../../src/upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../../src/upstream/plan.ts";

interface Ranged {
  readonly range?: RangeInput | null | undefined;
}

// The newest whole day is asked of upstream; before that, the clock tells it, unless upstream is late.

/** A field about the newest whole day. */
export const OF_LATEST = {
  range: (_args, ctx) => oneDay(likelyNewestDay(ctx.now())),
  requests: (_input, ctx) => newestDayRequests(ctx),
} as const satisfies FieldPlanOptions;

/** A field about the whole days of its `range`, of a week without one. */
export const OF_DAYS = {
  range: ({ range }, ctx) => {
    const newest = likelyNewestDay(ctx.now());
    if (!range) return wholePeriod(ctx, "LAST_7_DAYS", newest);
    return untilDay(
      windowsOf(activitySummaries, resolveRange(range, ctx.now()), ctx.now(), "day").range,
      newest,
    );
  },
  requests: ({ args }, ctx) => requestsToTheNewest(args, ctx),
} as const satisfies FieldPlanOptions<Ranged>;

/** Plans the request that says which day is the newest whole one, unless all days of the field are surely counted. */
export function requestsToTheNewest(
  { range }: Ranged,
  ctx: Context,
): FieldRequests | readonly FieldRequests[] {
  if (!range) return newestDayRequests(ctx);
  const asked = windowsOf(activitySummaries, resolveRange(range, ctx.now()), ctx.now(), "day").range;
  return mayBeUncounted(lastDayOf(asked), ctx) ? newestDayRequests(ctx) : [];
}

/** A field that rolls up a period of activity in one run of requests. */
export function ofActivity<Row>(endpoint: Endpoint<EngagementQuestion, Row>) {
  return {
    range: ({ period }, ctx) => wholePeriod(ctx, period, likelyNewestDay(ctx.now())),
    requests: ({ range }, ctx) => [requestsFor(endpoint, [everyone(range)]), newestDayRequests(ctx)],
  } as const satisfies FieldPlanOptions<{ readonly period: Period }>;
}

/** A figure of each day, by everybody's activity. */
export const BY_PEOPLE: PlanRequests = ({ range }) =>
  requestsFor(userActivity, splitByDay(range).map(everyone));

/** A figure of each day, by its artifacts. */
export const BY_ARTIFACTS: PlanRequests = ({ range }) =>
  requestsFor(artifactActivity, splitByDay(range).map(byCreator));

/** Fields that compare a figure with the day before. */
export const OF_DAY_BEFORE: PlanRequests = ({ range, source }, ctx) => {
  const earliest = earliestDay(userActivity, ctx.now());
  const before = splitByDay(range)
    .map(({ from }): DayRange => oneDay(addDays(from, -1)))
    .filter(({ from }) => from >= earliest);
  return source === artifactActivity.dataset
    ? requestsFor(artifactActivity, before.map(byCreator))
    : requestsFor(userActivity, before.map(everyone));
};
