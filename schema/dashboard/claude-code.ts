import {
  type CodeDay as CodeDayShape,
  type CodeFigures,
  codeDays,
  codeModels,
  codeOver,
} from "../../src/analytics/dashboard-code.ts";
import type { Context } from "../../src/context.ts";
import { type CodeModel, sumOfRecords } from "../../src/domain/claude-code.ts";
import { codeDayRequests } from "../../src/loaders/claude-code.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { WORK_COUNTS } from "../claude-code/measures.ts";
import { ClaudeCodeModel } from "../claude-code/totals.ts";
import { sumField, ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { DerivedMoney, Money, spendOnly } from "../framework/money.ts";
import { DateRange } from "../framework/range.ts";
import { Answer, FreshAnswer, onDashboard, page } from "./dashboard.ts";

export const sessionsField = sumField(
  "Sessions. A session in two terminals, or both local and remote, counts in both.",
);

export const linesAddedField = sumField("Lines of code added by changes people accepted.");

export const estimatedField = {
  ...spendOnly(Money),
  description:
    "Upstream's estimate of the cost; not the bill, and not comparable with `cost`. Additive over days, people and models.",
} as const;

const CodeDay = builder.objectRef<CodeDayShape>("ClaudeCodeDay").implement({
  description:
    "Claude Code on one UTC day: the sum of the Console organization's records, of people and of API keys.",
  sources: ["CLAUDE_CODE"],
  fields: (t) => ({
    date: t.expose("date", { type: "Date", description: "The day." }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "State of the figures: whether they can still change.",
    }),
    sessions: t.expose("sessions", sessionsField),
    linesAdded: t.expose("linesAdded", linesAddedField),
    commits: t.expose("commits", sumField(WORK_COUNTS.commits)),
    pullRequests: t.expose("pullRequests", sumField(WORK_COUNTS.pullRequests)),
    toolActions: t.expose("toolActions", {
      type: [ToolActions],
      description: "Proposals accepted and rejected and the rate of acceptance, per tool.",
    }),
    users: t.expose("people", {
      type: "Count",
      description:
        "Different people with a record, by address. Not additive over days. People who sign in by subscription can be missing.",
    }),
    estimated: t.expose("estimated", estimatedField),
    costPerUser: t.expose("costPerUser", {
      ...spendOnly(DerivedMoney),
      description:
        "Estimated cost of people's records divided by `users`. Neither includes API keys. Not additive. Null: no person has a record.",
    }),
    models: t.expose("models", {
      type: [ClaudeCodeModel],
      description: "Tokens and estimated cost, per model.",
    }),
  }),
});

const CodeSeries = builder.objectRef<CodeFigures>("ClaudeCodeSeries").implement({
  description: "Claude Code by UTC day, oldest first.",
  interfaces: [Answer, FreshAnswer],
  fields: (t) => ({
    days: t.expose("days", {
      type: [CodeDay],
      description:
        "The days, each complete. A day without records has zeros, which does not prove that there was no use.",
    }),
    toolActions: t.field({
      type: [ToolActions],
      description:
        "Proposals accepted and rejected over all of the days and the rate of acceptance, per tool.",
      resolve: ({ days }) => sumOfRecords(days)?.toolActions ?? [],
    }),
  }),
});

const CodeModels = builder
  .objectRef<CodeFigures & { readonly models: readonly CodeModel[] }>("ClaudeCodeModels")
  .implement({
    description: "Estimated cost of Claude Code by model.",
    interfaces: [Answer, FreshAnswer],
    fields: (t) => ({
      models: t.expose("models", {
        type: [ClaudeCodeModel],
        description: "Every model, largest estimate first.",
      }),
    }),
  });

export const ClaudeCodeDashboard = page(
  "ClaudeCodeDashboard",
  "Use of Claude Code. Sessions, lines, acceptance, commits, pull requests, people and estimated cost come from CLAUDE_CODE, the only report with cost, so they can be related to each other; that report covers the Console organization. `membersByDay` has the activity of members under their Enterprise seat.",
);

onDashboard("claudeCode", ClaudeCodeDashboard, "Sessions, output and estimated cost of Claude Code.");

export const codeRange = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    description:
      "UTC days; by default the last 7 complete days. Each takes one upstream request per 1,000 records, shared by all fields of this page, unless it is final and stored. A day is complete one hour after its end; later days are left out.",
  }),
}));

export interface Ranged {
  readonly range?: RangeInput | null | undefined;
}

/** A field of the records of some days: its requests and its resolver ask for the same days. */
export function ofCode<Args extends Ranged, Answer>(
  answer: (read: () => Promise<CodeFigures>, args: Args, ctx: Context) => Promise<Answer>,
) {
  const stated = ({ range }: Ranged, { now }: Context) => (range ? resolveRange(range, now()) : null);
  return {
    sources: [claudeCode.dataset],
    range: (args: Args, ctx: Context) => codeDays(ctx, stated(args, ctx)),
    requests: ({ range }: PlanInput, ctx: Context) => codeDayRequests(ctx, range),
    resolve: (_page: object, args: Args, ctx: Context) =>
      answer(() => codeOver(ctx, stated(args, ctx)), args, ctx),
  };
}

builder.objectFields(ClaudeCodeDashboard, (t) => ({
  byDay: t.field({
    type: CodeSeries,
    nullable: true,
    description: "Claude Code day by day.",
    args: codeRange,
    ...ofCode((read, _args: Ranged) => read()),
  }),
  spendByModel: t.field({
    ...spendOnly(CodeModels),
    description: "Estimated cost by model over the range.",
    args: codeRange,
    ...ofCode(async (read, _args: Ranged, { upstream }) => {
      const figures = await read();
      return { ...figures, models: await codeModels(figures, upstream.turn) };
    }),
  }),
}));
