import type { Relations } from "../../src/analytics/analysis/relations.ts";
import type { CodeGroup } from "../../src/analytics/claude-code.ts";
import { personByEmail } from "../../src/analytics/join.ts";
import { acceptanceRate } from "../../src/domain/activity.ts";
import type { CodeDimension, CodeMeasure, CodeWork } from "../../src/domain/claude-code-group.ts";
import { linesPerSession, moneyPer } from "../../src/domain/measures.ts";
import { sumField, ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { COMPARED, comparedRow } from "../framework/change.ts";
import { Money, spendOnly } from "../framework/money.ts";
import { dimensions, splitBy } from "../framework/selection.ts";
import { RUNNING_TOTAL, SeriesRow, SHARE } from "../framework/series.ts";
import { Actor } from "../people/actor.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import {
  ClaudeCodeComparison,
  ClaudeCodeGroupTotals,
  ClaudeCodeSeries,
  derived,
  refuseByModel,
  TOKEN_COUNTS,
  TOOL_ACTIONS,
  WORK_COUNTS,
} from "./measures.ts";

export const ClaudeCodeDimension = builder.enumType("ClaudeCodeDimension", {
  description: "Dimensions of Claude Code records.",
  values: dimensions({
    ACTOR: { description: "Actor that ran it: people by address, keys by name." },
    USER: { description: "Person, by address. All keys share one row without a person." },
    MODEL: {
      description:
        "Model. Only tokens and estimated cost are split by model; activity covers all models together.",
    },
    MODEL_SET: {
      description:
        "All models that a record used, together. Each record has one set, so activity counts once and rows add up; a set of one model is work with that model alone.",
    },
    TERMINAL: { description: "Terminal or editor." },
    CUSTOMER_TYPE: { description: "How the usage is paid, such as `api` or `subscription`." },
  } satisfies { [D in CodeDimension]: { description: string } }),
});

export type CodeGroupNode = CodeGroup & {
  readonly groupedBy: readonly CodeDimension[];
  readonly relations: Relations<CodeGroup, CodeMeasure>;
};

/** A count of the work; queries that split rows by model do not get to it. */
const work = (name: keyof CodeWork) =>
  ({
    ...sumField(WORK_COUNTS[name]),
    description: `${sumField(WORK_COUNTS[name]).description} Grouping by MODEL as well is BAD_USER_INPUT: records have it only for all models together.`,
    hiddenBy: "MODEL",
    resolve: ({ measure }: Pick<CodeGroupNode, "measure">) => (measure.work as CodeWork)[name],
  }) as const;

const tokens = (name: keyof CodeMeasure["tokens"]) =>
  ({
    ...sumField(TOKEN_COUNTS[name]),
    resolve: ({ measure }: Pick<CodeGroupNode, "measure">) => measure.tokens[name],
  }) as const;

export const ClaudeCodeGroup = builder.objectRef<CodeGroupNode>("ClaudeCodeGroup").implement({
  description:
    "Totals of the records of one group in one bucket. A dimension is null where the group has no value, and, with a warning, where rows are not grouped by it.",
  sources: ["CLAUDE_CODE"],
  interfaces: [SeriesRow],
  fields: (t) => ({
    actor: t.field({
      requires: ["individuals"],
      type: Actor,
      ...splitBy("ACTOR", "Actor that ran it."),
      resolve: ({ actor }) => actor && { ...actor, organization: "CONSOLE" as const },
    }),
    user: t.field({
      requires: ["individuals"],
      type: User,
      ...splitBy(
        "USER",
        "The member with the address. Null: an API key, or no organization has a member with the address.",
      ),
      ...ofMembers,
      resolve: ({ actor }, _args, ctx) => (actor?.kind === "user" ? personByEmail(ctx, actor.email) : null),
    }),
    email: t.string({
      requires: ["identity:read", "pseudonyms"],
      ...splitBy("USER", "The person's address, as the newest record spells it. Null: an API key."),
      resolve: ({ actor }) => (actor?.kind === "user" ? actor.email : null),
    }),
    model: t.exposeString("model", splitBy("MODEL", "Model.")),
    modelSet: t.exposeStringList(
      "modelSet",
      splitBy("MODEL_SET", "All models that the records used, by name. Empty: a record without a model."),
    ),
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
    toolActions: t.field({
      type: [ToolActions],
      description: `${TOOL_ACTIONS} Not together with MODEL.`,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => measure.toolActions ?? [],
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
      description: `${derived.linesPerSession.description} Not together with MODEL.`,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => linesPerSession(measure.work as CodeWork),
    }),
    estimatedPerCommit: t.field({
      ...derived.estimatedPerCommit,
      description: `${derived.estimatedPerCommit.description} Not together with MODEL.`,
      hiddenBy: "MODEL",
      resolve: ({ measure }) => moneyPer(measure.estimated, (measure.work as CodeWork).commits),
    }),
    estimatedPerPullRequest: t.field({
      ...derived.estimatedPerPullRequest,
      description: `${derived.estimatedPerPullRequest.description} Not together with MODEL.`,
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
