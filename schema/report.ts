import type { GraphQLResolveInfo } from "graphql";
import { dressed } from "../src/analytics/ranking.ts";
import {
  answerBy,
  dimensionsOf,
  type GatewayRow,
  plansFor,
  type Report,
  type ReportPlan,
  type ReportPlans,
  rankReport,
  reportWalksOf,
  type Source,
  totalWalksOf,
  walkReport,
} from "../src/analytics/report.ts";
import type { Context } from "../src/context.ts";
import { dimensionKey } from "../src/domain/bucket.ts";
import type { BucketWidth, Dimension } from "../src/domain/report.ts";
import type { FieldWalks } from "../src/upstream/plan.ts";
import { mapPages } from "../src/upstream/walk.ts";
import { builder } from "./builder.ts";
import {
  belongsTo,
  type Connection,
  connect,
  connectRanking,
  type Question,
  rowsWanted,
  type Slice,
} from "./connection.ts";
import { DateRange, type DateRangeInput, resolveRange } from "./range.ts";
import type { ReportNode } from "./report-bucket.ts";
import { type FilterInput, filterOf } from "./report-filter.ts";
import { refuseUnsplit } from "./selection.ts";

export const BucketEnum = builder.enumType("Bucket", {
  description: "Length of a time bucket.",
  values: {
    NONE: { description: "No buckets: one row per group for the whole range, largest first." },
    DAY: { description: "UTC days." },
    HOUR: { description: "Hours." },
    MINUTE: { description: "Minutes; many upstream requests for more than a few hours." },
  } satisfies { [W in BucketWidth]: { description: string } },
});

export const SourceEnum = builder.enumType("Source", {
  description: "Which reports answer. Those of two organizations are never added together.",
  values: {
    AUTO: {
      description:
        "UNIFIED where the organization is enrolled in it and it knows the dimensions asked for, else the organization's own reports: of the Enterprise organization where there is a key and the dimensions are its own, else of the Console. `source` and `organization` on the answer say which it was; `datasets` says what upstream refuses.",
    },
    ENTERPRISE: { description: "The Enterprise organization's own reports." },
    CONSOLE: { description: "The Console organization's own reports (Claude API)." },
    UNIFIED: {
      description:
        "The newer reports (beta), which know every dimension and keep every group: of the Enterprise organization where there is a key for it and the dimensions are its own, else of the Console.",
    },
  } satisfies { [S in Source | "AUTO"]: { description: string } },
});

/** The arguments of a report; `groupBy` and `filter` differ by report. */
export const reportArgs = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    required: true,
    description: "UTC days, however many; asked of upstream month by month.",
  }),
  bucket: t.field({
    type: BucketEnum,
    defaultValue: "DAY",
    description: "Length of a bucket.",
  }),
  source: t.field({
    type: SourceEnum,
    defaultValue: "AUTO",
    description: "Which organization's reports answer.",
  }),
}));

/** What can be asked of any report. */
export interface ReportArgs extends Slice {
  readonly range: DateRangeInput;
  readonly bucket?: BucketWidth | null | undefined;
  readonly source?: Source | "AUTO" | null | undefined;
  readonly groupBy?: readonly Dimension[] | null | undefined;
  readonly filter?: FilterInput | null | undefined;
}

/** What an answer to a report says beside its rows. */
interface ReportAnswer<Measure> extends Connection<ReportNode<Measure>> {
  readonly plan: ReportPlan<Measure>;
}

/** The plan behind a connection of a report; the type of connections has no room for it. */
export function planOf<Measure>(answer: object): ReportPlan<Measure> {
  return (answer as ReportAnswer<Measure>).plan;
}

/** The ways to answer a report question, the preferred one first. */
function plansOf<Measure>(
  ctx: Context,
  report: Report<Measure>,
  { range, bucket, source, groupBy, filter }: ReportArgs,
): ReportPlans<Measure> {
  const question = {
    range: resolveRange(range, ctx.now()),
    bucket: bucket ?? "DAY",
    groupBy: [...new Set(groupBy ?? [])].sort(),
    filter: filterOf(filter),
  };
  const anySource = (source ?? "AUTO") === "AUTO";
  const sources = report.sources.filter((each) => anySource || each.source === source);
  return plansFor(ctx.upstream, { ...report, sources }, question, ctx.now());
}

/** The plan that will answer, as far as is known of what upstream refuses. */
function likelyPlan<Measure>(ctx: Context, report: Report<Measure>, args: ReportArgs): ReportPlan<Measure> {
  const plans = plansOf(ctx, report, args);
  const isOpen = ({ resource }: ReportPlan<Measure>) =>
    !ctx.upstream.standing(resource.endpoint.dataset)?.refusal;
  return plans.find(isOpen) ?? plans[0];
}

/** The walks of a report; a ranking reads all of them. */
export function reportWalks<Measure>(ctx: Context, report: Report<Measure>, args: ReportArgs): FieldWalks {
  const plan = likelyPlan(ctx, report, args);
  return reportWalksOf(plan, plan.question.bucket === "NONE" ? null : rowsWanted(args));
}

/** The walks of the total beside the rows that `args` ask for. */
export function totalWalks<Measure>(ctx: Context, report: Report<Measure>, args: ReportArgs): FieldWalks {
  return totalWalksOf(likelyPlan(ctx, report, args));
}

/** One report question, answered as a connection: a series by time, or a ranking where there are no buckets. */
export async function answerReport<Measure>(
  ctx: Context,
  report: Report<Measure>,
  args: ReportArgs,
  info: GraphQLResolveInfo,
): Promise<ReportAnswer<Measure>> {
  const { first, after } = args;
  const slice = { first, after };
  const plans = plansOf(ctx, report, args);
  refuseUnsplit(info, dimensionsOf(plans[0]));
  const field = info.fieldName;
  // A list is read on from the source that began it: another one's rows can stand in another order.
  const begun = plans.find((plan) => belongsTo(after, listOf(field, plan)));
  return answerBy(ctx.upstream, begun === undefined ? plans : [begun], async (plan) => ({
    ...(await connectReport(ctx, slice, field, plan)),
    plan,
  }));
}

function connectReport<Measure>(
  ctx: Context,
  slice: Slice,
  field: string,
  plan: ReportPlan<Measure>,
): Promise<Connection<ReportNode<Measure>>> {
  const list = listOf(field, plan);
  const { range } = plan.windows;
  const { organization } = plan.source;
  const node = (row: GatewayRow<Measure>): ReportNode<Measure> => ({ ...row, range, organization });
  if (plan.question.bucket !== "NONE") {
    const walk = mapPages(walkReport(ctx.upstream, plan), ({ rows }) => rows.map(node));
    return connect(ctx, slice, list, walk, subjectOf);
  }
  return connectRanking(ctx, slice, list, async () => {
    const { ranked, sources } = await rankReport(ctx.upstream, plan);
    return { ranked: dressed(ranked, node), sources };
  });
}

/** What the list of a plan is of. */
function listOf<Measure>(field: string, { question, resource, windows }: ReportPlan<Measure>): Question {
  const args = { ...question, range: null };
  return { field, range: windows.range, dataset: resource.endpoint.dataset, args };
}

function subjectOf(row: GatewayRow<unknown>): readonly unknown[] {
  return [row.from, dimensionKey(row), row.isRemainder];
}
