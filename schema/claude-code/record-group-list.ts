import type { GraphQLResolveInfo } from "graphql";
import type { Relations } from "../../src/analytics/analysis/relations.ts";
import { analyseCode, type CodeAnalysis, type CodeGroup, rangesOf } from "../../src/analytics/claude-code.ts";
import type { Context } from "../../src/context.ts";
import { type CodeDimension, type CodeMeasure, codeMeasures } from "../../src/domain/claude-code-group.ts";
import type { Comparison } from "../../src/domain/comparison.ts";
import { codeDayRequests } from "../../src/loaders/claude-code.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { builder } from "../framework/builder.ts";
import { COMPARED, comparedTotal } from "../framework/change.ts";
import { connectRanking, forward, type Slice } from "../framework/connection.ts";
import { consoleArg, ofConsole } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { refuseHidden, requireDimensions, warnUngrouped } from "../framework/selection.ts";
import { analysisArgs, CalendarBucketEnum, type OrderInput, topOf } from "../framework/series.ts";
import { ClaudeCodeComparison, ClaudeCodeGroupTotals, ClaudeCodeSeries, refuseByModel } from "./measures.ts";
import { ClaudeCodeFilter, keeps, type RecordFilter, refuseStrangers } from "./record-filter.ts";
import { ClaudeCodeDimension, ClaudeCodeGroup, type CodeGroupNode } from "./record-group.ts";

type CodeRelations = Relations<CodeGroup, CodeMeasure>;

/** Facts about an answer beside its rows; the type of connections has no room for them. */
function relationsOf(answer: object): CodeRelations {
  return (answer as { readonly relations: CodeRelations }).relations;
}

const ClaudeCodeGroupConnection = builder.connectionObject(
  {
    type: ClaudeCodeGroup,
    name: "ClaudeCodeGroupConnection",
    description: "Claude Code by bucket and group. A bucket without records has no row.",
    fields: (t) => ({
      total: t.field({
        type: ClaudeCodeGroupTotals,
        nullable: true,
        description: "What all records of the range and filter come to. Null: there is none.",
        resolve: (answer) => relationsOf(answer).total(),
      }),
      totalComparison: t.field({
        type: ClaudeCodeComparison,
        nullable: true,
        description: `The total against that of the compared period. ${COMPARED}`,
        resolve: (answer) => comparedTotal(relationsOf(answer), codeMeasures),
      }),
    }),
  },
  { name: "ClaudeCodeGroupEdge", description: "A group in a bucket and its cursor." },
);

/** The arguments of the list. */
const groupArgs = {
  ...builder.args((t) => ({
    range: t.field({ type: DateRange, required: true, description: "UTC days." }),
    bucket: t.field({
      type: CalendarBucketEnum,
      required: true,
      defaultValue: "NONE",
      description: "Length of a bucket. By default the whole range is one bucket.",
    }),
    groupBy: t.field({
      type: [ClaudeCodeDimension],
      description: "Dimensions to group rows by. Without any there is one row per bucket.",
    }),
    orderBy: t.field({
      type: ClaudeCodeSeries.input,
      description: "Sort order. By default oldest first, or largest first without buckets.",
    }),
    filter: t.field({ type: ClaudeCodeFilter, description: "Records to include." }),
  })),
  ...analysisArgs,
  ...consoleArg,
  ...forward,
};

interface GroupArgs extends Slice {
  readonly range: RangeInput;
  readonly bucket: CodeAnalysis["bucket"];
  readonly groupBy?: readonly CodeDimension[] | null | undefined;
  readonly filter?: RecordFilter | null | undefined;
  readonly orderBy?: OrderInput | null | undefined;
  readonly top?: number | null | undefined;
  readonly compare?: Comparison | null | undefined;
}

builder.queryField("claudeCode", (t) =>
  t.field({
    requires: ["activity:read"],
    type: ClaudeCodeGroupConnection,
    nullable: true,
    description:
      "Totals of Claude Code records: a ranking of groups over the whole range, largest estimated cost first, or with `bucket` a time series, oldest first. Within a bucket and for `top`, groups are ranked by estimated cost, or by tokens if the caller may not read cost. Each day takes one upstream request per thousand records, shared with `claudeCodeRecords`. Errors: BAD_USER_INPUT, CURSOR_INVALID, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE"],
    args: groupArgs,
    ...ofConsole("records of Claude Code"),
    requests: ({ args, range: requested }, ctx) => {
      const { range } = windowsOf(claudeCode, requested, ctx.now());
      const ranges = rangesOf(ctx, range, args.compare ?? null);
      return ranges.map((each) => codeDayRequests(ctx, each));
    },
    resolve: (_root, args, ctx, info) => connectGroups(ctx, args, info),
  }),
);

/** Returns the analysis that the arguments state; throws where the viewer, or a selected field, may not have it. */
function requireAnalysis(
  ctx: Context,
  { bucket, filter, orderBy, top, compare, ...args }: GroupArgs,
  info: GraphQLResolveInfo,
) {
  const groupBy = [...new Set(args.groupBy ?? [])].sort();
  requireDimensions(ctx, groupBy, []);
  refuseStrangers(ctx, filter);
  const order = ClaudeCodeSeries.orderOf(orderBy, bucket);
  refuseByModel(order.field, groupBy, ctx);
  ClaudeCodeSeries.requireMeasure(
    ctx,
    order.field,
    `Ordering by ${order.field}, the default order of rankings,`,
  );
  warnUngrouped(ctx, info, groupBy);
  refuseHidden(ctx, info, groupBy);
  return { bucket, groupBy, order, top: topOf(top), compare: compare ?? null };
}

/** Answers with the groups of the records of the range, ranked. */
async function connectGroups(ctx: Context, args: GroupArgs, info: GraphQLResolveInfo) {
  const { first, after, filter } = args;
  const { range } = windowsOf(claudeCode, resolveRange(args.range, ctx.now()), ctx.now());
  const { order, ...analysis } = requireAnalysis(ctx, args, info);
  const list = { ...analysis, filter, order: [order.field, order.descending] };
  const question = { field: "claudeCode", range, dataset: "CLAUDE_CODE", args: list } as const;
  return connectRanking(ctx, { first, after }, question, async () => {
    const answer = await analyseCode(ctx, range, {
      ...analysis,
      order,
      keeps: keeps(filter ?? {}, ctx.orgDirectory.aliases),
    });
    const { relations } = answer;
    const about = { groupedBy: analysis.groupBy, relations };
    const nodeOf = (row: CodeGroup): CodeGroupNode => ({ ...row, ...about });
    return { ...answer.ranking, nodeOf, facts: { relations } };
  });
}
