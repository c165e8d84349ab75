import {
  type CodeModel as CodeModelShape,
  type CodeTotals as CodeTotalsShape,
  estimatedCost,
  type SumOfRecords,
} from "../../src/domain/claude-code.ts";
import { linesPerSession, moneyPer } from "../../src/domain/measures.ts";
import { sumField, ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { Money, spendOrOwn } from "../framework/money.ts";
import { derived, TOKEN_COUNTS, WORK_COUNTS } from "./measures.ts";

export const ClaudeCodeModel = builder.objectRef<CodeModelShape>("ClaudeCodeModel").implement({
  description: "Tokens and estimated cost of one model.",
  fields: (t) => ({
    model: t.exposeString("model", { description: "Name of the model; new names may appear." }),
    inputTokens: t.expose("inputTokens", sumField(TOKEN_COUNTS.inputTokens)),
    outputTokens: t.expose("outputTokens", sumField(TOKEN_COUNTS.outputTokens)),
    cacheReadTokens: t.expose("cacheReadTokens", sumField(TOKEN_COUNTS.cacheReadTokens)),
    cacheCreationTokens: t.expose("cacheCreationTokens", sumField(TOKEN_COUNTS.cacheCreationTokens)),
    estimated: t.expose("estimated", {
      ...spendOrOwn(Money),
      description: "Upstream's estimate of the cost; not the bill. Additive.",
    }),
  }),
});

/** The counts that a record and a person's totals share. */
export const ClaudeCodeCounts = builder.interfaceRef<CodeTotalsShape>("ClaudeCodeCounts").implement({
  description: "Claude Code activity. Counts and estimates are additive over records, days and people.",
  fields: (t) => ({
    sessions: t.expose("sessions", sumField(WORK_COUNTS.sessions)),
    linesAdded: t.expose("linesAdded", sumField(WORK_COUNTS.linesAdded)),
    linesRemoved: t.expose("linesRemoved", sumField(WORK_COUNTS.linesRemoved)),
    commits: t.expose("commits", sumField(WORK_COUNTS.commits)),
    pullRequests: t.expose("pullRequests", sumField(WORK_COUNTS.pullRequests)),
    toolActions: t.expose("toolActions", {
      type: [ToolActions],
      description: "Proposals accepted and rejected, per tool.",
    }),
    models: t.expose("models", {
      type: [ClaudeCodeModel],
      description: "Tokens and estimated cost, per model.",
    }),
    estimated: t.field({
      ...spendOrOwn(Money),
      description:
        "Upstream's estimate of the cost over all models; not the bill, and not comparable with `net` or `list`. Additive over days, people and models.",
      resolve: estimatedCost,
    }),
    linesPerSession: t.field({ ...derived.linesPerSession, resolve: linesPerSession }),
    estimatedPerCommit: t.field({
      ...derived.estimatedPerCommit,
      resolve: (totals) => moneyPer(estimatedCost(totals), totals.commits),
    }),
    estimatedPerPullRequest: t.field({
      ...derived.estimatedPerPullRequest,
      resolve: (totals) => moneyPer(estimatedCost(totals), totals.pullRequests),
    }),
  }),
});

export const ClaudeCodeTotals = builder.objectRef<SumOfRecords>("ClaudeCodeTotals").implement({
  description: "The Claude Code activity of a person or a team over a range: the sum of their records.",
  interfaces: [ClaudeCodeCounts],
  fields: (t) => ({
    records: t.expose("records", { type: "Count", description: "Records added up. Additive." }),
  }),
});
