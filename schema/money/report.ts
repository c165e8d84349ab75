import type { GraphQLResolveInfo } from "graphql";
import type { RankingOrder } from "../../src/analytics/analysis/analysis.ts";
import type { AnswerTotals, Relations } from "../../src/analytics/analysis/relations.ts";
import { organizationNamed } from "../../src/analytics/organizations.ts";
import { mapRanked } from "../../src/analytics/ranking.ts";
import { answerBy } from "../../src/analytics/report/answer.ts";
import {
  dimensionsOf,
  likelyPlan,
  plansFor,
  type ReportPlan,
  type ReportPlans,
} from "../../src/analytics/report/plan.ts";
import type { GatewayRow, Report, ReportChoice, Source } from "../../src/analytics/report/report.ts";
import { requestsOfTotal } from "../../src/analytics/report/requests.ts";
import { requestsOfWholeDays, wholeDaysOf } from "../../src/analytics/report/whole-days.ts";
import {
  analyseReport,
  isByTeam,
  type ReportAnalysis,
  type ReportFigure,
  reachingBack,
  refuseOverlap,
  relationsOf,
  reportPages,
  requestsOfPlan,
  withPlanBefore,
} from "../../src/analytics/report-analysis.ts";
import { overlapOf } from "../../src/analytics/team-report.ts";
import type { Context } from "../../src/context.ts";
import { dimensionKey } from "../../src/domain/bucket.ts";
import type { Comparison } from "../../src/domain/comparison.ts";
import { ORGANIZATIONS } from "../../src/domain/organization.ts";
import type { Dimension } from "../../src/domain/report.ts";
import { askedWidth, type SeriesBucket } from "../../src/domain/series.ts";
import type { Overlap } from "../../src/domain/team.ts";
import { shownPlacements, teamsNow } from "../../src/loaders/teams.ts";
import { oncePerOperation } from "../../src/planning/once.ts";
import type { PlanInput, PlanRequests } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { mapPages } from "../../src/upstream/pages/iterate.ts";
import type { FieldRequests } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { comparedTotal } from "../framework/change.ts";
import {
  belongsTo,
  type Connection,
  connect,
  connectRanking,
  type ListQuestion,
  type Slice,
} from "../framework/connection.ts";
import { type Incomplete, IncompleteEnum } from "../framework/incomplete.ts";
import { requirePermission } from "../framework/permission.ts";
import { DateRange } from "../framework/range.ts";
import { requireDimensions, warnUngrouped } from "../framework/selection.ts";
import { analysisArgs, BucketEnum, type OrderInput, topOf } from "../framework/series.ts";
import type { ReportNode } from "./report-bucket.ts";
import { alternativesOf, type ReportFilterInput, reportFilterOf } from "./report-filter.ts";

export const SourceEnum = builder.enumType("Source", {
  description: "Reports of an organization to read. It never selects the organization; `organization` does.",
  values: {
    AUTO: {
      description:
        "UNIFIED if the organization is enrolled in it and it has the dimensions and days; otherwise LEGACY. `source` of the answer states which one it was; `datasets` states what upstream rejects.",
    },
    UNIFIED: {
      description: "The newer reports (beta), which keep every group and distinguish identities of any kind.",
    },
    LEGACY: {
      description:
        "The older reports: of the Enterprise organization those per organization and per person, of the Console those of the Claude API.",
    },
  } satisfies { [S in Source | "AUTO"]: { description: string } },
});

export const OverlapEnum = builder.enumType("Overlap", {
  description: "Counting of people in several teams.",
  values: {
    COUNT_IN_EACH: {
      description:
        "Counts them fully in each of their teams. Rows can add up to more than the total, by `overlap`.",
    },
    SPLIT: {
      description:
        "Splits them into equal parts, which add up exactly. The remainder at the last digit (the twelfth decimal of a cent for an amount, 1 for a count) goes to the teams that come first by name. It is assigned per calendar month (per day for minutes) as it accumulates over the range, so a team's days, weeks and months add up to its row without buckets.",
    },
  } satisfies { [O in Overlap]: { description: string } },
});

/** Description of every argument that chooses an organization. */
export const ORGANIZATION_OF_FIGURES = `Organization of the figures: ${ORGANIZATIONS.map(({ name }) => `\`${name}\``).join(" or ")}. By default the one that this gateway has a key for; with several keys the first of these.`;

/** The argument that says whose figures are asked for. */
export const organizationArg = builder.args((t) => ({
  organization: t.string({ description: ORGANIZATION_OF_FIGURES }),
}));

/** The same of figures that the Enterprise organization alone has. */
export const enterpriseArg = builder.args((t) => ({
  organization: t.string({
    description:
      "Organization of the figures. Only `enterprise` has them, so it is the default; another name is an error that says so.",
  }),
}));

/** The arguments of a report; `groupBy` and `filter` differ by report. */
export const reportArgs = {
  ...builder.args((t) => ({
    range: t.field({
      type: DateRange,
      required: true,
      description: "UTC days, any number; fetched month by month.",
    }),
    bucket: t.field({
      type: BucketEnum,
      defaultValue: "NONE",
      description: "Length of a bucket. By default the whole range is one bucket.",
    }),
    source: t.field({
      type: SourceEnum,
      defaultValue: "AUTO",
      description: "Reports of the organization to read.",
    }),
    incomplete: t.field({
      type: IncompleteEnum,
      required: true,
      defaultValue: "MARK",
      description:
        "Handling of days that upstream's export does not cover yet. EXCLUDE ends the range before them, so rows, totals and comparisons cover complete days. MARK and INCLUDE keep their figures so far, with `state: OPEN`; a bucket without usage has no row.",
    }),
    overlap: t.field({
      type: OverlapEnum,
      defaultValue: "COUNT_IN_EACH",
      description: "Counting of people in several teams. It applies only to rows grouped by TEAM.",
    }),
  })),
  ...organizationArg,
  ...analysisArgs,
};

/** Query that any report can answer. */
export interface ReportArgs extends Slice {
  readonly range: RangeInput;
  readonly bucket?: SeriesBucket | null | undefined;
  readonly organization?: string | null | undefined;
  readonly source?: Source | "AUTO" | null | undefined;
  readonly groupBy?: readonly Dimension[] | null | undefined;
  readonly filter?: ReportFilterInput | null | undefined;
  readonly top?: number | null | undefined;
  readonly compare?: Comparison | null | undefined;
  readonly orderBy?: OrderInput | null | undefined;
  readonly overlap?: Overlap | null | undefined;
  readonly incomplete?: Incomplete;
}

/** Facts about the answer to a report, beside its rows. */
interface ReportAnswer<Measure> extends Connection<ReportNode<Measure>> {
  readonly plan: ReportPlan<Measure>;
  readonly relations: Relations<ReportFigure<Measure>, Measure>;
}

/** The plan behind a connection of a report; the type of connections has no room for it. */
export function planOf<Measure>(answer: object): ReportPlan<Measure> {
  return (answer as ReportAnswer<Measure>).plan;
}

/** The totals of a connection of a report; see planOf. */
export function totalsOf<Measure>(answer: object): AnswerTotals<Measure> {
  return (answer as ReportAnswer<Measure>).relations;
}

/** Whose reports the arguments of a field ask, and which of them. */
export function choiceOf(
  ctx: Context,
  { organization, source }: Pick<ReportArgs, "organization" | "source">,
): ReportChoice {
  return { organization: organizationNamed(ctx, organization), source: source ?? "AUTO" };
}

/** The ways to answer a report question, the preferred one first. */
function plansOf<Measure>(ctx: Context, report: Report<Measure>, args: ReportArgs): ReportPlans<Measure> {
  const { range, bucket, groupBy, filter, top, compare, overlap } = args;
  const byTeam = groupBy?.includes("TEAM") ?? false;
  requireDimensions(ctx, groupBy ?? [], narrowedBy(filter));
  // The one team that is left can be too small to be shown, and so can what a team did before.
  if (byTeam && topOf(top) !== null) requirePermission(ctx, "individuals", "`top` by TEAM");
  if (byTeam && compare) requirePermission(ctx, "individuals", "`compare` by TEAM");
  const question = {
    range: resolveRange(range, ctx.now()),
    bucket: askedWidth(bucket ?? "NONE"),
    groupBy: [...new Set(groupBy ?? [])].sort(),
    filter: reportFilterOf(filter),
    ...alternativesOf(filter),
    ...(byTeam ? { overlap: overlap ?? "COUNT_IN_EACH" } : {}),
  };
  refuseOverlap(topOf(top), question);
  const plans = plansFor(ctx.upstream, report, choiceOf(ctx, args), question, ctx.now());
  return reachingBack(plans, compare ?? null);
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
  return rowRequests(ctx, likelyPlan(ctx.upstream, plansOf(ctx, report, args)), args);
}

/** Plans the requests of rows; only rows that are shown as upstream sends them are read in part. */
function rowRequests<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  args: ReportArgs,
  enough = isPageByPage(args, plan) ? rowsWanted(args) : null,
): readonly FieldRequests[] {
  return [
    ...(args.incomplete === "EXCLUDE" ? [requestsOfWholeDays(plan)] : []),
    ...withPlanBefore(plan, args.compare ?? null).flatMap((each) => requestsOfPlan(ctx, each, enough)),
  ];
}

/**
 * The fields of one report: the connection, and those of its answer that make requests of their own. Each has its requests and its
 * resolver from the same plans, which are made once per operation. `argsOf` finds the arguments of the connection.
 */
export function reportFields<Measure>(
  report: Report<Measure>,
  orderOf: OrderOf<Measure>,
  argsOf: (input: PlanInput) => ReportArgs | null,
) {
  const plans = oncePerOperation((ctx, args: ReportArgs) => plansOf(ctx, report, args));

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
      resolve: (answer: object) => comparedTotal(totalsOf<Measure>(answer), report.algebra),
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

type OrderOf<Measure> = (asked: ReportArgs["orderBy"], bucket: SeriesBucket) => NamedOrder<Measure>;
type PlansOf<Measure> = (ctx: Context, args: ReportArgs) => ReportPlans<Measure>;

/** The plans without days that are not whole, where they are not wanted. */
async function plansOfShown<Measure>(
  ctx: Context,
  plansOf: PlansOf<Measure>,
  args: ReportArgs,
): Promise<ReportPlans<Measure>> {
  const plans = plansOf(ctx, args);
  if (args.incomplete !== "EXCLUDE") return plans;
  const between = await answerBy(ctx.upstream, plans, (plan) => wholeDaysOf(ctx.upstream, plan));
  return plansOf(ctx, { ...args, range: { between } });
}

/** The order of a report's rows, by name. */
type NamedOrder<Measure> = RankingOrder<Measure> & { readonly field: string };

/** One report question, answered as a connection: a series by time, or a ranking where there are no buckets. */
async function answerReport<Measure>(
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
  };
  warnUngrouped(ctx, info, dimensionsOf(plans[0]));
  if (isByTeam(plans[0])) await teamsNow(ctx); // no figures are asked for where nobody can say whose they are
  const field = info.fieldName;
  // A list is read on from the source that began it: another one's rows can stand in another order.
  const begun = plans.find((plan) => belongsTo(after, listOf(field, plan, analysis)));
  return answerBy(ctx.upstream, begun === undefined ? plans : [begun], (plan) =>
    connectReport(ctx, slice, listOf(field, plan, analysis), plan, {
      ...analysis,
      asSent: isPageByPage(args, plan),
    }),
  );
}

interface NamedAnalysis<Measure> extends ReportAnalysis<Measure> {
  readonly order: NamedOrder<Measure>;
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
  const isPlaceShown = isByTeam(plan) ? await shownPlacements(ctx) : () => true;
  const isShown = ({ team, groupSize }: GatewayRow<Measure>) =>
    isPlaceShown(team) && (groupSize?.isEnough ?? true);
  let ranked: readonly ReportFigure<Measure>[] | null = null;
  const relations = relationsOf(ctx, plan, analysis.compare, () => ranked);
  const groupedBy = dimensionsOf(plan);
  const node = (row: ReportFigure<Measure>): ReportNode<Measure> => ({
    ...row,
    organization,
    groupedBy,
    relations,
  });
  if (asSent) {
    const plain = (row: GatewayRow<Measure>) =>
      node({ ...row, isOther: false, isPartial: false, before: null });
    const run = mapPages(reportPages(ctx, plan), ({ rows }) => rows.filter(isShown).map(plain));
    return { ...(await connect(ctx, slice, list, run, subjectOf)), plan, relations };
  }
  const connection = await connectRanking(ctx, slice, list, async () => {
    const answer = await analyseReport(ctx, plan, analysis);
    ranked = answer.ranked.map(({ row }) => row); // what they come to counts what is not shown by itself
    const shown = answer.ranked.filter(({ row }) => isShown(row));
    return { ...answer, ranked: mapRanked(shown, node) };
  });
  return { ...connection, plan, relations };
}

/** True if rows can be shown as upstream sends them, page by page. */
function isPageByPage<Measure>(
  { bucket, top, compare, orderBy }: ReportArgs,
  plan: ReportPlan<Measure>,
): boolean {
  if (!isByTeam(plan) && !plan.resource.isOrdered) return false;
  const width = bucket ?? "NONE";
  const isSent = width !== "NONE" && width === askedWidth(width);
  const isByTime = !orderBy || (orderBy.field === "TIME" && orderBy.direction !== "DESC");
  return isSent && isByTime && topOf(top) === null && !compare;
}

/** Subject of the list of a plan. */
function listOf<Measure>(
  field: string,
  { question, source, resource, windows }: ReportPlan<Measure>,
  { bucket, top, order, compare }: NamedAnalysis<Measure>,
): ListQuestion {
  const args = { ...question, range: null, bucket, top, order: [order.field, order.descending], compare };
  const { dataset } = resource.endpoint;
  return { field, range: windows.range, dataset, organization: source.organization, args };
}

function subjectOf(row: GatewayRow<unknown>): readonly unknown[] {
  return [row.from, dimensionKey(row), row.isRemainder];
}
