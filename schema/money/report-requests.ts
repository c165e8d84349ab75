import { withChildIds } from "../../src/analytics/children.ts";
import { refuseFiner, refuseFuture, refuseUnrecorded } from "../../src/analytics/recorded/as-of.ts";
import { requestsOfExportedDays } from "../../src/analytics/report/exported-days.ts";
import { likelyPlan, plansFor, type ReportPlan, type ReportPlans } from "../../src/analytics/report/plan.ts";
import type { Report } from "../../src/analytics/report/report.ts";
import {
  isByTeam,
  reachingBack,
  refuseOverlap,
  requestsOfPlan,
  withPlanBefore,
} from "../../src/analytics/report-analysis.ts";
import type { Context } from "../../src/context.ts";
import type { Instant } from "../../src/domain/day.ts";
import { requestedWidth } from "../../src/domain/series.ts";
import { badInput } from "../../src/errors.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { requirePermission } from "../framework/permission.ts";
import { requireDimensions } from "../framework/selection.ts";
import { topOf } from "../framework/series.ts";
import { choiceOf, type ReportArgs } from "./report-args.ts";
import { alternativesOf, reportFilterOf } from "./report-filter.ts";

/** A report, and what it was at an instant. */
export interface ReportVersions<Measure> {
  readonly report: Report<Measure>;
  readonly reportAsOf?: (at: Instant, now: Instant) => Report<Measure>;
}

/** The ways to answer a report question, the preferred one first. Throws NOT_RECORDED. */
export function plansOf<Measure>(
  ctx: Context,
  { report: current, reportAsOf }: ReportVersions<Measure>,
  args: ReportArgs,
): ReportPlans<Measure> {
  const { range, bucket, groupBy, filter, top, compare, overlap } = args;
  const byTeam = groupBy?.includes("TEAM") ?? false;
  requireDimensions(ctx, groupBy ?? [], narrowedBy(filter));
  // The one team that is left can be too small to be shown, and so can what a team did before.
  if (byTeam && topOf(top) !== null) requirePermission(ctx, "individuals", "`top` by TEAM");
  if (byTeam && compare) requirePermission(ctx, "individuals", "`compare` by TEAM");
  const now = args.asOf?.getTime() ?? ctx.now();
  refuseFuture("asOf", now, ctx.now());
  refuseChangedSince(args, ctx.now());
  const choice = choiceOf(ctx, args);
  const question = withChildIds(ctx, choice.organization, {
    range: resolveRange(range, now),
    bucket: requestedWidth(bucket ?? "NONE"),
    groupBy: [...new Set(groupBy ?? [])].sort(),
    filter: reportFilterOf(filter),
    ...alternativesOf(filter),
    ...(byTeam ? { overlap: overlap ?? "COUNT_IN_EACH" } : {}),
  });
  refuseOverlap(topOf(top), question);
  const isAsOf = args.asOf && reportAsOf !== undefined;
  if (isAsOf) {
    refuseUnrecorded(choice);
    refuseFiner(question);
  }
  const report = isAsOf ? reportAsOf(now, ctx.now()) : current;
  const plans = plansFor(ctx.upstream, report, choice, question, now);
  return reachingBack(plans, compare ?? null);
}

/** Throws BAD_USER_INPUT for arguments that do not go together with `changedSince`. */
function refuseChangedSince({ changedSince, bucket, asOf, top }: ReportArgs, now: Instant): void {
  if (!changedSince) return;
  refuseFuture("changedSince", changedSince.getTime(), now);
  if (bucket !== "DAY") throw badInput("`changedSince` selects days; use it with `bucket: DAY`.");
  if (asOf) throw badInput("`changedSince` selects figures of now; use it without `asOf`.");
  if (topOf(top) !== null)
    throw badInput(
      "`top` ranks the groups of the whole range, of which `changedSince` keeps some days; use one of them.",
    );
}

/** The dimensions that a filter keeps values of. */
function narrowedBy(filter: ReportArgs["filter"]): readonly string[] {
  return [reportFilterOf(filter), ...(alternativesOf(filter).any ?? [])].flatMap(Object.keys);
}

/** Plans the requests of a report, and of the period it is compared with. */
export function reportRequests<Measure>(
  ctx: Context,
  report: Report<Measure>,
  args: ReportArgs,
): readonly FieldRequests[] {
  return rowRequests(ctx, likelyPlan(ctx.upstream, plansOf(ctx, { report }, args)), args);
}

/** Plans the requests of rows; only rows that are shown as upstream sends them are read in part. */
export function rowRequests<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  args: ReportArgs,
  enough = isPageByPage(args, plan) ? rowsWanted(args) : null,
): readonly FieldRequests[] {
  return [
    ...(args.incomplete === "EXCLUDE" ? [requestsOfExportedDays(plan)] : []),
    ...withPlanBefore(plan, args.compare ?? null).flatMap((each) => requestsOfPlan(ctx, each, enough)),
  ];
}

/** True if rows can be shown as upstream sends them, page by page. */
export function isPageByPage<Measure>(
  { bucket, top, compare, orderBy, changedSince }: ReportArgs,
  plan: ReportPlan<Measure>,
): boolean {
  if (changedSince) return false; // which days changed is known once all are read
  if (!isByTeam(plan) && !plan.resource.isOrdered) return false;
  const width = bucket ?? "NONE";
  const isSent = width !== "NONE" && width === requestedWidth(width);
  const isByTime = !orderBy || (orderBy.field === "TIME" && orderBy.direction !== "DESC");
  return isSent && isByTime && topOf(top) === null && !compare;
}
