import type { GraphQLResolveInfo } from "graphql";
import { likelyPlan, type ReportPlan } from "../../src/analytics/report/plan.ts";
import { requestsOfTotal } from "../../src/analytics/report/requests.ts";
import { isByTeam, requestsOfPlan, withPlanBefore } from "../../src/analytics/report-analysis.ts";
import { overlapOf } from "../../src/analytics/team-report.ts";
import type { Context } from "../../src/context.ts";
import { oncePerOperation } from "../../src/loaders/once-per-operation.ts";
import type { PlanInput, PlanRequests } from "../../src/planning/plan.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { comparedTotal } from "../framework/change.ts";
import { answerReport, type OrderOf, planOf, totalsOf } from "./report-answer.ts";
import type { ReportArgs } from "./report-args.ts";
import type { ReportNode } from "./report-bucket.ts";
import { plansOf, type ReportVersions, rowRequests } from "./report-requests.ts";

/**
 * The fields of one report: the connection, and those of its answer that make requests of their own. Each has its requests and its
 * resolver from the same plans, which are made once per operation. `argsOf` finds the arguments of the connection.
 */
export function reportFields<Measure>(
  reports: ReportVersions<Measure>,
  orderOf: OrderOf<Measure>,
  argsOf: (input: PlanInput) => ReportArgs | null,
) {
  const plans = oncePerOperation((ctx, args: ReportArgs) => plansOf(ctx, reports, args));

  /** Plans a field below the connection. */
  function planned(
    of: (ctx: Context, plan: ReportPlan<Measure>, args: ReportArgs) => readonly FieldRequests[],
  ): PlanRequests {
    return (input, ctx) => {
      const args = argsOf(input);
      if (args === null) throw new Error(`${input.type} stands below no report`);
      return of(ctx, likelyPlan(ctx.upstream, plans(ctx, args)), args);
    };
  }

  return {
    connection: {
      requests: planned(rowRequests),
      resolve: (_root: object, args: ReportArgs, ctx: Context, info: GraphQLResolveInfo) =>
        answerReport(ctx, plans, args, orderOf, info),
    },
    total: {
      requests: planned((_ctx, plan) => [requestsOfTotal(plan)]),
      resolve: (answer: object) => totalsOf<Measure>(answer).total(),
    },
    totalComparison: {
      requests: planned((_ctx, plan, { compare }) => {
        const compared = withPlanBefore(plan, compare ?? null);
        return compared.length === 1 ? [] : compared.map(requestsOfTotal);
      }),
      resolve: (answer: object) => comparedTotal(totalsOf<Measure>(answer), reports.report.algebra),
    },
    /** Amount that the rows of all pages count more than once; null where they are not split by team. */
    overlap: {
      requests: planned((ctx, plan) => (isByTeam(plan) ? requestsOfPlan(ctx, plan, null) : [])),
      resolve: (answer: object, _args: object, ctx: Context) => {
        const plan = planOf<Measure>(answer);
        return isByTeam(plan) ? overlapOf(ctx, plan) : null;
      },
    },
    runningTotal: {
      requests: planned((ctx, plan, args) => rowRequests(ctx, plan, args, null)),
      readsAll: true,
      resolve: (row: ReportNode<Measure>) => row.relations.runningTotal(row),
    },
  } as const;
}
