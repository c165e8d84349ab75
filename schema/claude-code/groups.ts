import type { Relations } from "../../src/analytics/analysis/relations.ts";
import { analyseCode, type CodeGroup, rangesOf } from "../../src/analytics/claude-code.ts";
import { personByEmail } from "../../src/analytics/join.ts";
import { mapRanked } from "../../src/analytics/ranking.ts";
import { acceptanceRate } from "../../src/domain/activity.ts";
import {
  type CodeDimension,
  type CodeMeasure,
  type CodeWork,
  codeMeasures,
} from "../../src/domain/claude-code-group.ts";
import { linesPerSession, moneyPer } from "../../src/domain/measures.ts";
import { codeDayRequests } from "../../src/loaders/claude-code.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { sumField } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { COMPARED, comparedRow, comparedTotal } from "../framework/change.ts";
import { connectRanking, forward } from "../framework/connection.ts";
import { Money, spendOnly } from "../framework/money.ts";
import { DateRange } from "../framework/range.ts";
import {
  dimensions,
  refuseHidden,
  requireDimensions,
  splitBy,
  warnUngrouped,
} from "../framework/selection.ts";
import {
  analysisArgs,
  CalendarBucketEnum,
  RUNNING_TOTAL,
  SeriesRow,
  SHARE,
  topOf,
} from "../framework/series.ts";
import { Actor } from "../people/actor.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import { ClaudeCodeFilter, keeps, refuseStrangers } from "./claude-code.ts";
import {
  ClaudeCodeComparison,
  ClaudeCodeGroupTotals,
  ClaudeCodeSeries,
  derived,
  refuseByModel,
  TOKEN_COUNTS,
  WORK_COUNTS,
} from "./measures.ts";

const ClaudeCodeDimension = builder.enumType("ClaudeCodeDimension", {
  description: "Dimensions of Claude Code records.",
  values: dimensions({
    ACTOR: { description: "Actor that ran it: people by address, keys by name." },
    USER: { description: "Person, by address. All keys share one row without a person." },
    MODEL: {
      description:
        "Model. Only tokens and estimated cost are split by model; activity covers all models together.",
    },
    TERMINAL: { description: "Terminal or editor." },
    CUSTOMER_TYPE: { description: "How the usage is paid, such as `api` or `subscription`." },
  } satisfies { [D in CodeDimension]: { description: string } }),
});

type GroupNode = CodeGroup & {
  readonly groupedBy: readonly CodeDimension[];
  readonly relations: Relations<CodeGroup, CodeMeasure>;
};

/** A count of the work; queries that split rows by model do not get to it. */
const work = (name: keyof CodeWork) =>
  ({
    ...sumField(WORK_COUNTS[name]),
    description: `${sumField(WORK_COUNTS[name]).description} Grouping by MODEL as well is BAD_USER_INPUT: records have it only for all models together.`,
    hiddenBy: "MODEL",
    resolve: ({ measure }: Pick<GroupNode, "measure">) => (measure.work as CodeWork)[name],
  }) as const;

const tokens = (name: keyof CodeMeasure["tokens"]) =>
  ({
    ...sumField(TOKEN_COUNTS[name]),
    resolve: ({ measure }: Pick<GroupNode, "measure">) => measure.tokens[name],
  }) as const;

const Group = builder.objectRef<GroupNode>("ClaudeCodeGroup").implement({
  description:
    "Totals of the records of one group in one bucket. A dimension is null where the group has no value, and, with a warning, where rows are not grouped by it.",
  sources: ["CLAUDE_CODE"],
  interfaces: [SeriesRow],
  fields: (t) => ({
    actor: t.field({
      authScopes: { individuals: true },
      type: Actor,
      ...splitBy("ACTOR", "Actor that ran it."),
      resolve: ({ actor }) => actor && { ...actor, organization: "CONSOLE" as const },
    }),
    user: t.field({
      authScopes: { individuals: true },
      type: User,
      ...splitBy(
        "USER",
        "The member with the address. Null: an API key, or no organization has a member with the address.",
      ),
      ...ofMembers,
      resolve: ({ actor }, _args, ctx) => (actor?.kind === "user" ? personByEmail(ctx, actor.email) : null),
    }),
    email: t.string({
      authScopes: { "identity:read": true, pseudonyms: true },
      ...splitBy("USER", "The person's address, as the newest record spells it. Null: an API key."),
      resolve: ({ actor }) => (actor?.kind === "user" ? actor.email : null),
    }),
    model: t.exposeString("model", splitBy("MODEL", "Model.")),
    terminalType: t.exposeString("terminalType", splitBy("TERMINAL", "Name of the terminal or editor.")),
    customerType: t.exposeString("customerType", splitBy("CUSTOMER_TYPE", "How the usage is paid.")),
    records: t.field(work("records")),
    sessions: t.field(work("sessions")),
    commits: t.field(work("commits")),
    pullRequests: t.field(work("pullRequests")),
    linesAdded: t.field(work("linesAdded")),
    linesRemoved: t.field(work("linesRemoved")),
    accepted: t.field(work("accepted")),
    rejected: t.field(work("rejected")),
    acceptanceRate: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "Share of proposals accepted, 0 to 1. Not additive. Null: nothing was proposed. Not together with MODEL.",
      hiddenBy: "MODEL",
      resolve: ({ measure }) => acceptanceRate(measure.work as CodeWork),
    }),
    inputTokens: t.field(tokens("inputTokens")),
    outputTokens: t.field(tokens("outputTokens")),
    cacheReadTokens: t.field(tokens("cacheReadTokens")),
    cacheCreationTokens: t.field(tokens("cacheCreationTokens")),
    estimated: t.field({
      ...spendOnly(Money),
      description:
        "Upstream's estimate of the cost; not the bill, and not comparable with `net` or `list`. Exact sum; additive over days, people and models.",
      resolve: ({ measure }) => measure.estimated,
    }),
    linesPerSession: t.field({
      ...derived.linesPerSession,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => linesPerSession(measure.work as CodeWork),
    }),
    estimatedPerCommit: t.field({
      ...derived.estimatedPerCommit,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => moneyPer(measure.estimated, (measure.work as CodeWork).commits),
    }),
    estimatedPerPullRequest: t.field({
      ...derived.estimatedPerPullRequest,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => moneyPer(measure.estimated, (measure.work as CodeWork).pullRequests),
    }),
    shareOfTotal: t.field({
      type: "Decimal",
      nullable: true,
      description: `${SHARE} Null: the total is zero.`,
      args: {
        of: t.arg({
          type: ClaudeCodeSeries.MeasureEnum,
          required: true,
          defaultValue: "ESTIMATED",
          description: "The measure to take the share of.",
        }),
      },
      resolve: async ({ measure, groupedBy, relations }, { of }, ctx) => {
        ClaudeCodeSeries.requireMeasure(ctx, of, `\`shareOfTotal(of: ${of})\``);
        refuseByModel(of, groupedBy, ctx);
        return ClaudeCodeSeries.shareOf(of, measure, await relations.total());
      },
    }),
    runningTotal: t.field({
      type: ClaudeCodeGroupTotals,
      nullable: true,
      description: `${RUNNING_TOTAL} Null only beside an error.`,
      readsAll: true,
      resolve: (row) => row.relations.runningTotal(row),
    }),
    comparison: t.field({
      type: ClaudeCodeComparison,
      nullable: true,
      description: `Comparison with the same group in the compared period. ${COMPARED}`,
      resolve: comparedRow,
    }),
  }),
});

/** Facts about an answer beside its rows; the type of connections has no room for them. */
function relationsOf(answer: object): Relations<CodeGroup, CodeMeasure> {
  return (answer as { readonly relations: Relations<CodeGroup, CodeMeasure> }).relations;
}

const GroupConnection = builder.connectionObject(
  {
    type: Group,
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

builder.queryField("claudeCode", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: GroupConnection,
    nullable: true,
    description:
      "Totals of Claude Code records: a ranking of groups over the whole range, largest estimated cost first, or with `bucket` a time series, oldest first. Within a bucket and for `top`, groups are ranked by estimated cost, or by tokens if the caller may not read cost. Each day takes one upstream request per thousand records, shared with `claudeCodeRecords`. Errors: BAD_USER_INPUT, CURSOR_INVALID, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days." }),
      bucket: t.arg({
        type: CalendarBucketEnum,
        required: true,
        defaultValue: "NONE",
        description: "Length of a bucket. By default the whole range is one bucket.",
      }),
      groupBy: t.arg({
        type: [ClaudeCodeDimension],
        description: "Dimensions to group rows by. Without any there is one row per bucket.",
      }),
      orderBy: t.arg({
        type: ClaudeCodeSeries.input,
        description: "Sort order. By default oldest first, or largest first without buckets.",
      }),
      filter: t.arg({ type: ClaudeCodeFilter, description: "Records to include." }),
      ...analysisArgs,
      ...forward,
    },
    requests: ({ args, range: asked }, ctx) => {
      const { range } = windowsOf(claudeCode, asked, ctx.now());
      const ranges = rangesOf(ctx, range, args.compare ?? null);
      return ranges.map((each) => codeDayRequests(ctx, each));
    },
    resolve: async (_root, { range: asked, filter, first, after, bucket, ...args }, ctx, info) => {
      const { range } = windowsOf(claudeCode, resolveRange(asked, ctx.now()), ctx.now());
      const groupBy = [...new Set(args.groupBy ?? [])].sort();
      requireDimensions(ctx, groupBy, []);
      refuseStrangers(ctx, filter);
      const order = ClaudeCodeSeries.orderOf(args.orderBy, bucket);
      refuseByModel(order.field, groupBy, ctx);
      ClaudeCodeSeries.requireMeasure(
        ctx,
        order.field,
        `Ordering by ${order.field}, the default order of rankings,`,
      );
      warnUngrouped(ctx, info, groupBy);
      refuseHidden(ctx, info, groupBy);
      const analysis = { bucket, groupBy, top: topOf(args.top), compare: args.compare ?? null };
      const list = { ...analysis, filter, order: [order.field, order.descending] };
      let relations: Relations<CodeGroup, CodeMeasure> | undefined;
      const connection = await connectRanking(
        ctx,
        { first, after },
        { field: "claudeCode", range, dataset: "CLAUDE_CODE", args: list },
        async () => {
          const answer = await analyseCode(ctx, range, {
            ...analysis,
            order,
            keeps: keeps(filter ?? {}, ctx.orgDirectory.aliases),
          });
          const { ranked, sources } = answer.ranking;
          relations = answer.relations;
          const node = (row: CodeGroup): GroupNode => ({
            ...row,
            groupedBy: groupBy,
            relations: answer.relations,
          });
          return { ranked: mapRanked(ranked, node), sources };
        },
      );
      return { ...connection, relations };
    },
  }),
);
