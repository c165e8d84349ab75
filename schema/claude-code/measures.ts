import type { Context } from "../../src/context.ts";
import {
  type CodeDimension,
  type CodeMeasure,
  type CodeWork,
  countOf,
} from "../../src/domain/claude-code-group.ts";
import { moneyPer } from "../../src/domain/measures.ts";
import { badInput } from "../../src/errors.ts";
import { ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { type Compared, CountChange, changeOf, comparedRange, MoneyChange } from "../framework/change.ts";
import { DerivedMoney, Money, spendOnly, spendOrOwn } from "../framework/money.ts";
import { type Measures, seriesOrder } from "../framework/series.ts";

/** Measures of Claude Code that are worked out from others, said alike wherever they appear. */
export const derived = {
  linesPerSession: {
    type: "Decimal",
    nullable: true,
    description:
      "Lines added and removed per session, rounded half to even at 12 decimals. Not additive. Null: no sessions.",
  },
  estimatedPerCommit: {
    ...spendOrOwn(DerivedMoney),
    description:
      "`estimated` divided by `commits`. Upstream's estimate covers all use, so this is not the cost of a commit. Not additive. Null: no commits.",
  },
  estimatedPerPullRequest: {
    ...spendOrOwn(DerivedMoney),
    description:
      "`estimated` divided by `pullRequests`. Upstream's estimate covers all use, so this is not the cost of a pull request. Not additive. Null: no pull requests.",
  },
} as const;

/** Description of each count of the work. */
export const WORK_COUNTS: Readonly<Record<keyof CodeWork, string>> = {
  records: "Records added up.",
  sessions: "Sessions.",
  commits: "Commits made through Claude Code.",
  pullRequests: "Pull requests opened through Claude Code.",
  linesAdded: "Lines added.",
  linesRemoved: "Lines removed.",
  accepted: "Proposals of all tools that were accepted.",
  rejected: "Proposals of all tools that were rejected.",
};

/** Description of the proposals of each tool. */
export const TOOL_ACTIONS =
  "Proposals accepted and rejected per tool, by its name, and the rate of the sums. Exact; additive but for the rate. A tool that proposed nothing may be missing.";

/** Description of each count of tokens. */
export const TOKEN_COUNTS = {
  inputTokens: "Uncached input tokens.",
  outputTokens: "Output tokens.",
  cacheReadTokens: "Input tokens served from the prompt cache.",
  cacheCreationTokens: "Input tokens written to the prompt cache.",
} as const;

const counted = (name: Parameters<typeof countOf>[1]) =>
  ({
    description: { ...WORK_COUNTS, ...TOKEN_COUNTS }[name],
    of: (measure: CodeMeasure) => countOf(measure, name),
  }) as const;

/** Measures of the work, which records do not split by model. */
const WORK = {
  SESSIONS: counted("sessions"),
  COMMITS: counted("commits"),
  PULL_REQUESTS: counted("pullRequests"),
  LINES_ADDED: counted("linesAdded"),
  LINES_REMOVED: counted("linesRemoved"),
  ACCEPTED: counted("accepted"),
  REJECTED: counted("rejected"),
} as const;

const MEASURES: Measures<CodeMeasure> = {
  ESTIMATED: {
    scope: "spend:read",
    description: "Upstream's estimate of the cost.",
    of: ({ estimated }) => estimated.cents,
  },
  ...WORK,
  INPUT_TOKENS: counted("inputTokens"),
  OUTPUT_TOKENS: counted("outputTokens"),
  CACHE_READ_TOKENS: counted("cacheReadTokens"),
  CACHE_CREATION_TOKENS: counted("cacheCreationTokens"),
};

export const ClaudeCodeSeries = seriesOrder<CodeMeasure>("ClaudeCode", MEASURES);

/** Throws BAD_USER_INPUT where rows are split by a dimension that a measure does not have. */
export function refuseByModel(measure: string, groupBy: readonly CodeDimension[], { viewer }: Context): void {
  if (!groupBy.includes("MODEL") || !Object.hasOwn(WORK, measure)) return;
  const others = viewer.scopes.has("spend:read") ? "ESTIMATED or one of the tokens" : "one of the tokens";
  throw badInput(
    `${measure} is not split by MODEL: records have it only for all models together, so the sum would count it once per model. Remove MODEL from \`groupBy\`, or use ${others}.`,
  );
}

export const ClaudeCodeGroupTotals = builder.objectRef<CodeMeasure>("ClaudeCodeGroupTotals").implement({
  description: "Totals of Claude Code records. Additive over days, people and records.",
  fields: (t) => ({
    records: t.field(ofTotal("records")),
    sessions: t.field(ofTotal("sessions")),
    commits: t.field(ofTotal("commits")),
    pullRequests: t.field(ofTotal("pullRequests")),
    linesAdded: t.field(ofTotal("linesAdded")),
    linesRemoved: t.field(ofTotal("linesRemoved")),
    accepted: t.field(ofTotal("accepted")),
    rejected: t.field(ofTotal("rejected")),
    toolActions: t.expose("toolActions", {
      type: [ToolActions],
      nullable: true,
      description: `${TOOL_ACTIONS} Null: in \`runningTotal\` of rows grouped by MODEL.`,
      nullBy: ["MODEL"],
    }),
    estimated: t.expose("estimated", {
      ...spendOnly(Money),
      description: "Upstream's estimate of the cost; not the bill. Additive.",
    }),
    estimatedPerCommit: t.field({
      ...derived.estimatedPerCommit,
      description: `${derived.estimatedPerCommit.description} Also null: in \`runningTotal\` of rows grouped by MODEL.`,
      nullBy: ["MODEL"],
      resolve: ({ estimated, work }) => (work === null ? null : moneyPer(estimated, work.commits)),
    }),
  }),
});

/** A count of a total, which is of whole records, or of a running one, which is split by model where rows are. */
function ofTotal(name: keyof CodeWork) {
  return {
    type: "Count",
    nullable: true,
    description: `${WORK_COUNTS[name]} Exact; additive. \`total\` has it for any grouping. Null: in \`runningTotal\` of rows grouped by MODEL, since it is not split by model.`,
    nullBy: ["MODEL"],
    resolve: (measure: CodeMeasure) => measure.work?.[name] ?? null,
  } as const;
}

const change = (name: keyof CodeWork) =>
  ({
    type: CountChange,
    nullable: true,
    description: `${WORK_COUNTS[name]} Additive. \`totalComparison\` has it for any grouping. Null: in \`comparison\` of rows grouped by MODEL, since it is not split by model.`,
    resolve: ({ now, before }: Compared<CodeMeasure>) =>
      changeOf(now.work?.[name] ?? null, before.work?.[name] ?? null),
  }) as const;

export const ClaudeCodeComparison = builder
  .objectRef<Compared<CodeMeasure>>("ClaudeCodeComparison")
  .implement({
    description: "Claude Code compared with another period.",
    fields: (t) => ({
      range: t.expose("range", comparedRange),
      estimated: t.field({
        ...spendOnly(MoneyChange),
        description: "Upstream's estimate of the cost; not the bill.",
        resolve: ({ now, before }) => ({ now: now.estimated, before: before.estimated }),
      }),
      sessions: t.field(change("sessions")),
      commits: t.field(change("commits")),
      pullRequests: t.field(change("pullRequests")),
      linesAdded: t.field(change("linesAdded")),
      linesRemoved: t.field(change("linesRemoved")),
    }),
  });
