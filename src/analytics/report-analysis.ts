import type { Context } from "../context.ts";
import { type Dimensions, dimensionKey, isUnnamed, NO_DIMENSIONS, rowName } from "../domain/bucket.ts";
import { type Comparison, rangeBefore } from "../domain/comparison.ts";
import { once } from "../domain/once.ts";
import { isEmpty } from "../domain/range.ts";
import type { ReportQuestion } from "../domain/report.ts";
import { badInput } from "../errors.ts";
import { type Collected, collect, type PageRun } from "../upstream/pages/iterate.ts";
import { earliestDay, notCovered } from "../upstream/pages/windows.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { analysed } from "./analysis/analyse.ts";
import type { Analysis } from "./analysis/analysis.ts";
import { setAgainst } from "./analysis/comparison.ts";
import { type Analysed, cellOf, type Kind } from "./analysis/figure.ts";
import type { Relations } from "./analysis/relations.ts";
import { runningTotals } from "./analysis/running-totals.ts";
import { type Ranking, together } from "./ranking.ts";
import { isAnswerable } from "./report/expired-days.ts";
import { planBy, type ReportPlan, type ReportPlans } from "./report/plan.ts";
import { pagesOfReport, readReport } from "./report/read.ts";
import type { GatewayRow } from "./report/report.ts";
import { requestsOfReport } from "./report/requests.ts";
import { totalOf } from "./report/total.ts";
import { pagesByTeam, rankByTeam, requestsByTeam } from "./team-report.ts";

/** A row of a report with what an analysis says of it. */
export type ReportFigure<Measure> = Analysed<GatewayRow<Measure>, Measure>;

/** Analysis of the rows of a report, beside their dimensions. */
export type ReportAnalysis<Measure> = Pick<
  Analysis<GatewayRow<Measure>, Measure>,
  "bucket" | "top" | "order"
> & { readonly compare: Comparison | null };

/** Throws BAD_USER_INPUT where the groups that are not among the first could not be one row: people in several would count twice. */
export function refuseOverlap(
  top: number | null,
  { groupBy, overlap }: Pick<ReportQuestion, "groupBy" | "overlap">,
): void {
  const byTeam = groupBy.includes("TEAM") && overlap !== "SPLIT";
  const dimension = groupBy.includes("GROUP") ? "GROUP" : byTeam ? "TEAM" : null;
  if (top === null || dimension === null) return;
  const split = dimension === "TEAM" ? "`overlap: SPLIT`, or " : "";
  throw badInput(
    `\`top\` merges the other groups into one row. People in several count fully in each ${dimension}, so the sum would count them twice. Use ${split}\`bucket: NONE, first: ${top}\` instead, which lists the largest.`,
  );
}

export function isByTeam({ question }: Pick<ReportPlan<unknown>, "question">): boolean {
  return question.groupBy.includes("TEAM");
}

/** Pages of a plan's rows, by team where the plan groups by team. */
export function reportPages<Measure>(ctx: Context, plan: ReportPlan<Measure>): PageRun<GatewayRow<Measure>> {
  return isByTeam(plan) ? pagesByTeam(ctx, plan) : pagesOfReport(ctx.upstream, plan);
}

/** All of them. */
async function rowsOf<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
): Promise<Collected<GatewayRow<Measure>>> {
  if (!isByTeam(plan)) return readReport(ctx.upstream, plan);
  if (plan.question.bucket !== "NONE") return collect(pagesByTeam(ctx, plan));
  return rankByTeam(ctx, plan);
}

/** Plans the requests for the rows of a plan, put together by team where that is requested. */
export function requestsOfPlan<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  enough: number | null,
): readonly FieldRequests[] {
  return isByTeam(plan) ? requestsByTeam(ctx, plan, enough) : [requestsOfReport(plan, enough)];
}

function kindOf<Measure>({ algebra, resource }: ReportPlan<Measure>): Kind<GatewayRow<Measure>, Measure> {
  return {
    algebra,
    subject: resource.endpoint.subject,
    groupOf: dimensionKey,
    nameOf: rowName,
    isPiece: ({ hidden }) => hidden !== null,
    ungrouped: (row) => ({ ...row, ...NO_DIMENSIONS }),
    named: (row, newer) => ({ ...(isUnnamed(newer) ? row : newer), ...together(row, newer) }),
  };
}

/** The rows of a plan, read in full and analysed. Where it is compared with days that are not covered, it is left uncompared. */
export async function analyseReport<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  { compare, ...analysis }: ReportAnalysis<Measure>,
): Promise<Ranking<ReportFigure<Measure>>> {
  const { range } = plan.windows;
  const [now, before] = await Promise.all([rowsOf(ctx, plan), compare && rowsBefore(ctx, plan, compare)]);
  if (before !== null) refuseRemainders([...now.rows, ...before.rows]);
  const set = before && compare ? before.rows.map(withOwnHidden).map(setAgainst(compare, range)) : null;
  const whole = { ...analysis, range, before: set };
  return {
    ranked: await analysed(kindOf(plan), now.rows, now.sources, whole, ctx.upstream.turn),
    sources: [...now.sources, ...(before?.sources ?? [])],
  };
}

/** The earlier figure of a group is unknown, not zero, where upstream may have left the group out. */
function refuseRemainders(rows: readonly GatewayRow<unknown>[]): void {
  if (!rows.some(({ isRemainder }) => isRemainder)) return;
  throw badInput(
    "Upstream keeps only the largest groups of a day here. The figures of a group are unknown on days when it was not among them. To compare, group by fewer dimensions, add a filter, or use `source: UNIFIED`.",
  );
}

/** Every group once for the whole range, largest first. */
export function rankReport<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
): Promise<Ranking<ReportFigure<Measure>>> {
  const order = { measure: plan.algebra.rank, descending: true };
  return analyseReport(ctx, plan, { bucket: "NONE", top: null, order, compare: null });
}

/** The rows of the compared period, none where it holds no day; null where some of its days cannot be answered. */
async function rowsBefore<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  compare: Comparison,
): Promise<Collected<GatewayRow<Measure>> | null> {
  if (isEmpty(rangeBefore(compare, plan.windows.range))) return { rows: [], sources: [] };
  const before = await answerableBefore(ctx, plan, compare);
  return before && rowsOf(ctx, before);
}

/** Plans the question for the compared period, for the source of the plan. Throws NOT_COVERED. */
function planBefore<Measure>(plan: ReportPlan<Measure>, compare: Comparison): ReportPlan<Measure> {
  const range = rangeBefore(compare, plan.windows.range);
  return planBy(plan.source, plan.algebra, { ...plan.question, range }, plan.asOf);
}

/** Plans the question for the compared period; null where a day of it cannot be answered. */
async function answerableBefore<Measure>(
  { upstream }: Context,
  plan: ReportPlan<Measure>,
  compare: Comparison,
): Promise<ReportPlan<Measure> | null> {
  const { coverage } = plan.resource.endpoint;
  if (rangeBefore(compare, plan.windows.range).from < (coverage?.earliest ?? "")) return null;
  const before = planBefore(plan, compare);
  return (await isAnswerable(upstream, before)) ? before : null;
}

/** A plan, and that of the period it is compared with, where that is covered. */
export function withPlanBefore<Measure>(
  plan: ReportPlan<Measure>,
  compare: Comparison | null,
): readonly ReportPlan<Measure>[] {
  if (compare === null || !isCovered(plan, compare)) return [plan];
  return isEmpty(rangeBefore(compare, plan.windows.range)) ? [plan] : [plan, planBefore(plan, compare)];
}

/**
 * Keeps the plans with a source that also serves the compared period, if there are any: sources of one organization differ in
 * that.
 */
export function reachingBack<Measure>(
  plans: ReportPlans<Measure>,
  compare: Comparison | null,
): ReportPlans<Measure> {
  if (compare === null) return plans;
  const [first, ...others] = plans.filter((plan) => isCovered(plan, compare));
  return first === undefined ? plans : [first, ...others];
}

function isCovered<Measure>({ windows, resource, asOf }: ReportPlan<Measure>, compare: Comparison): boolean {
  return rangeBefore(compare, windows.range).from >= earliestDay(resource.endpoint, asOf);
}

/** Hidden identities of two periods cannot be matched, so none of then counts as one of now. */
function withOwnHidden<Row extends Dimensions>(row: Row): Row {
  return row.hidden === null ? row : { ...row, hidden: -1 - row.hidden };
}

/** `rows`: all of them, where they have been read; null where they are shown as upstream sends them. */
export function relationsOf<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  compare: Comparison | null,
  rows: () => readonly ReportFigure<Measure>[] | null,
): Relations<ReportFigure<Measure>, Measure> {
  const { upstream } = ctx;
  const kind = kindOf(plan);
  const compared = compare && rangeBefore(compare, plan.windows.range);
  const earlier = () =>
    compare === null || compared === null || isEmpty(compared) ? null : planBefore(plan, compare);
  const sums = once(async () => runningTotals(kind, rows() ?? (await rowsOf(ctx, plan)).rows, upstream.turn));
  return {
    total: once(() => totalOf(upstream, plan)),
    runningTotal: async (row) => {
      return row.hidden === null ? ((await sums()).get(cellOf(kind, row)) ?? null) : null;
    },
    rangeBefore: () => {
      const before = earlier();
      if (before === null) return compared;
      const { range } = before.windows;
      // Upstream has let go of some of its days, and they were not kept.
      if (rows()?.some((row) => row.before === null)) {
        const { endpoint } = plan.resource;
        throw notCovered(endpoint.dataset, earliestDay(endpoint, plan.asOf), range.from);
      }
      return range;
    },
    totalBefore: once(async () => {
      const before = earlier();
      return before && totalOf(upstream, before);
    }),
  };
}
