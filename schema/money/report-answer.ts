import type { GraphQLResolveInfo } from "graphql";
import type { RankingOrder } from "../../src/analytics/analysis/analysis.ts";
import type { AnswerTotals, Relations } from "../../src/analytics/analysis/relations.ts";
import { leftOutOf } from "../../src/analytics/children.ts";
import { planAsOf } from "../../src/analytics/recorded/as-of.ts";
import { changedDays } from "../../src/analytics/recorded/changed-days.ts";
import { answerBy } from "../../src/analytics/report/answer.ts";
import { exportedDaysOf } from "../../src/analytics/report/exported-days.ts";
import { dimensionsOf, type ReportPlan, type ReportPlans } from "../../src/analytics/report/plan.ts";
import type { GatewayRow } from "../../src/analytics/report/report.ts";
import {
  analyseReport,
  isByTeam,
  type ReportAnalysis,
  type ReportFigure,
  relationsOf,
  reportPages,
} from "../../src/analytics/report-analysis.ts";
import type { Context } from "../../src/context.ts";
import { dimensionKey } from "../../src/domain/bucket.ts";
import { type Day, dayOf, type Instant } from "../../src/domain/day.ts";
import type { SeriesBucket } from "../../src/domain/series.ts";
import { shownPlacements, teamsNow } from "../../src/loaders/teams.ts";
import {
  belongsTo,
  type Connection,
  connectNodes,
  connectRanking,
  type ListQuestion,
  type Slice,
} from "../framework/connection.ts";
import { warnChildren, warnUngrouped } from "../framework/selection.ts";
import { topOf } from "../framework/series.ts";
import type { ReportArgs } from "./report-args.ts";
import type { ReportNode } from "./report-bucket.ts";
import { isPageByPage } from "./report-requests.ts";

/** Facts about the answer to a report, beside its rows. */
interface ReportAnswer<Measure> extends Connection<ReportNode<Measure>> {
  readonly plan: ReportPlan<Measure>;
  readonly relations: Relations<ReportFigure<Measure>, Measure>;
  /** The days that rows are of; null where that is not limited to those that changed. */
  readonly changedDays: readonly Day[] | null;
}

/** The plan behind a connection of a report; the type of connections has no room for it. */
export function planOf<Measure>(answer: object): ReportPlan<Measure> {
  return (answer as ReportAnswer<Measure>).plan;
}

/** The totals of a connection of a report; see planOf. */
export function totalsOf<Measure>(answer: object): AnswerTotals<Measure> {
  return (answer as ReportAnswer<Measure>).relations;
}

/** The changed days of a connection of a report; see planOf. */
export function changedDaysOf(answer: object): readonly Day[] | null {
  return (answer as ReportAnswer<unknown>).changedDays;
}

export type OrderOf<Measure> = (
  requested: ReportArgs["orderBy"],
  bucket: SeriesBucket,
) => NamedOrder<Measure>;

type PlansOf<Measure> = (ctx: Context, args: ReportArgs) => ReportPlans<Measure>;

/** The plans without days that are not whole, where they are not wanted. */
async function plansOfShown<Measure>(
  ctx: Context,
  plansOf: PlansOf<Measure>,
  args: ReportArgs,
): Promise<ReportPlans<Measure>> {
  const { upstream } = ctx;
  const planned = async (shown: ReportArgs): Promise<ReportPlans<Measure>> => {
    const plans = plansOf(ctx, shown);
    return args.asOf ? [await planAsOf(upstream, plans)] : plans;
  };
  const plans = await planned(args);
  if (args.incomplete !== "EXCLUDE") return plans;
  const between = await answerBy(upstream, plans, (plan) => exportedDaysOf(upstream, plan));
  return planned({ ...args, range: { between } });
}

/** The order of a report's rows, by name. */
type NamedOrder<Measure> = RankingOrder<Measure> & { readonly field: string };

/** Answers a report question with a connection: a series by time, or a ranking where there are no buckets. */
export async function answerReport<Measure>(
  ctx: Context,
  plansOf: PlansOf<Measure>,
  args: ReportArgs,
  orderOf: OrderOf<Measure>,
  info: GraphQLResolveInfo,
): Promise<ReportAnswer<Measure>> {
  const { first, after } = args;
  const slice = { first, after };
  const plans = await plansOfShown(ctx, plansOf, args);
  const bucket = args.bucket ?? "NONE";
  const analysis = {
    bucket,
    top: topOf(args.top),
    order: orderOf(args.orderBy, bucket),
    compare: args.compare ?? null,
    ...(args.asOf && { asOf: args.asOf.getTime() }),
    ...(args.changedSince && { changedSince: args.changedSince.getTime() }),
  };
  warnUngrouped(ctx, info, dimensionsOf(plans[0]));
  if (isByTeam(plans[0])) await teamsNow(ctx); // no figures are requested where the identity behind a row is unknown
  const field = info.fieldName;
  // A list is read on from the source that began it: another one's rows can stand in another order.
  const begun = plans.find((plan) => belongsTo(ctx, after, listOf(field, plan, analysis)));
  const answer = await answerBy(ctx.upstream, begun === undefined ? plans : [begun], (plan) =>
    connectReport(ctx, slice, listOf(field, plan, analysis), plan, {
      ...analysis,
      asSent: isPageByPage(args, plan),
    }),
  );
  warnChildren(ctx, info, leftOutOf(answer.plan));
  return answer;
}

interface NamedAnalysis<Measure> extends ReportAnalysis<Measure> {
  readonly order: NamedOrder<Measure>;
  /** The instant that figures are of; absent where they are those of now. */
  readonly asOf?: Instant;
  /** Rows are of days that changed after it; absent: of all days. */
  readonly changedSince?: Instant;
}

async function connectReport<Measure>(
  ctx: Context,
  slice: Slice,
  list: ListQuestion,
  plan: ReportPlan<Measure>,
  {
    asSent,
    ...analysis
  }: NamedAnalysis<Measure> & {
    /** Rows are shown as upstream sends them. */
    readonly asSent: boolean;
  },
): Promise<ReportAnswer<Measure>> {
  const { organization } = plan.source;
  const isPlaceShown = isByTeam(plan) ? await shownPlacements(ctx, plan.windows.range) : () => true;
  const isShown = ({ team, groupSize }: GatewayRow<Measure>) =>
    isPlaceShown(team) && (groupSize?.isEnough ?? true);
  let ranked: readonly ReportFigure<Measure>[] | null = null;
  const relations = relationsOf(ctx, plan, analysis.compare, () => ranked);
  const groupedBy = dimensionsOf(plan);
  const about = { organization, groupedBy, relations };
  if (asSent) {
    const plain = (row: GatewayRow<Measure>): ReportNode<Measure> | null =>
      isShown(row) ? { ...row, isOther: false, isPartial: false, before: null, ...about } : null;
    return {
      ...(await connectNodes(ctx, slice, list, reportPages(ctx, plan), plain, subjectOf)),
      plan,
      relations,
      changedDays: null,
    };
  }
  const connection = await connectRanking(ctx, slice, list, async () => {
    const answer = await analyseReport(ctx, plan, analysis);
    ranked = answer.ranked.map(({ row }) => row); // what they come to counts what is not shown by itself
    const { changedSince } = analysis;
    const changed =
      changedSince === undefined ? null : await changedDays(ctx.upstream, plan, changedSince, answer.sources);
    const isWanted = ({ from }: GatewayRow<Measure>) => changed?.includes(dayOf(from)) ?? true;
    return {
      ...answer,
      ranked: answer.ranked.filter(({ row }) => isShown(row) && isWanted(row)),
      nodeOf: (row: ReportFigure<Measure>): ReportNode<Measure> => ({ ...row, ...about }),
      facts: { relations, changedDays: changed },
    };
  });
  return { ...connection, plan };
}

/** Subject of the list of a plan. */
function listOf<Measure>(
  field: string,
  { question, source, resource, windows }: ReportPlan<Measure>,
  { bucket, top, order, compare, asOf, changedSince }: NamedAnalysis<Measure>,
): ListQuestion {
  const ordered = [order.field, order.descending];
  const args = { ...question, range: null, bucket, top, order: ordered, compare, asOf, changedSince };
  const { dataset } = resource.endpoint;
  return { field, range: windows.range, dataset, organization: source.organization, args };
}

function subjectOf(row: GatewayRow<unknown>): readonly unknown[] {
  return [row.from, dimensionKey(row), row.isRemainder];
}
