import { activityPeriod, wholePeriod } from "../../src/analytics/dashboard-periods.ts";
import { freshnessOf } from "../../src/analytics/freshness.ts";
import type { Context } from "../../src/context.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { Period } from "../../src/domain/period.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { likelyNewestDay } from "../../src/loaders/activity/complete-days.ts";
import { newestDayRequests } from "../../src/loaders/activity/last-days.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import type { Collected } from "../../src/upstream/pages/iterate.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";

/** Rows over a range, with their plan. */
interface RowsOverRange<Row> {
  readonly dataset: Dataset;
  readonly read: (ctx: Context, range: DayRange) => Promise<Collected<Row>>;
  readonly requests: (range: DayRange) => FieldRequests;
}

/** A field that rolls up a period of activity: its requests and its resolver ask for the same rows. */
export function overPeriod<Row, Figures extends object>(
  rowsOver: RowsOverRange<Row>,
  of: (rows: readonly Row[], range: DayRange, ctx: Context) => Figures | Promise<Figures>,
) {
  return {
    sources: [rowsOver.dataset],
    range: ({ period }: { readonly period: Period }, ctx: Context) =>
      wholePeriod(ctx, period, likelyNewestDay(ctx.now())),
    requests: ({ range }: PlanInput, ctx: Context) => [rowsOver.requests(range), newestDayRequests(ctx)],
    resolve: async (_page: object, { period }: { readonly period: Period }, ctx: Context) => {
      const range = await activityPeriod(ctx, period);
      const { rows, sources } = await rowsOver.read(ctx, range);
      return { ...(await of(rows, range, ctx)), range, freshness: freshnessOf(rowsOver.dataset, sources) };
    },
  };
}
