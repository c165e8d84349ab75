import {
  type CodeDay as CodeDayShape,
  type CodeFigures,
  type CodeLeader as CodeLeaderShape,
  codeDays,
  codeLeaders,
  codeModels,
  codeOver,
} from "../../src/analytics/dashboard-code.ts";
import { memberCodeOn } from "../../src/analytics/dashboard-days.ts";
import { TOP } from "../../src/analytics/dashboard-people.ts";
import { personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { CodeModel } from "../../src/domain/claude-code.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import type { Scope } from "../../src/domain/viewer.ts";
import { codeDayRequests } from "../../src/loaders/claude-code.ts";
import type { PlanInput, Requires } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { WORK_COUNTS } from "../claude-code/measures.ts";
import { ClaudeCodeModel } from "../claude-code/totals.ts";
import { sumField, ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { DerivedMoney, Money, spendOnly } from "../framework/money.ts";
import { requirePermission } from "../framework/permission.ts";
import { DateRange } from "../framework/range.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import { Answer, FreshAnswer, onDashboard, page } from "./dashboard.ts";
import { DashboardDay, type OnDay, onDay, seriesType, wholeDaysField } from "./series.ts";

const sessions = sumField("Sessions. A session in two terminals, or both local and remote, counts in both.");
const linesAdded = sumField("Lines of code added by changes people accepted.");
const estimated = {
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
    sessions: t.expose("sessions", sessions),
    linesAdded: t.expose("linesAdded", linesAdded),
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
    estimated: t.expose("estimated", estimated),
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
  }),
});

const CodeLeader = builder.objectRef<CodeLeaderShape>("ClaudeCodeLeader").implement({
  description: "A person's Claude Code over a range: the sum of their records.",
  fields: (t) => ({
    email: t.exposeString("email", {
      authScopes: { "identity:read": true, pseudonyms: true },
      nullable: true,
      description: "The address of their records, in lower case.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "The member with this address. Null: no organization has one.",
      ...ofMembers,
      resolve: ({ email }, _args, ctx) => personByEmail(ctx, email),
    }),
    sessions: t.expose("sessions", sessions),
    linesAdded: t.expose("linesAdded", linesAdded),
    commits: t.expose("commits", sumField(WORK_COUNTS.commits)),
    pullRequests: t.expose("pullRequests", sumField(WORK_COUNTS.pullRequests)),
    estimated: t.expose("estimated", estimated),
  }),
});

interface Lead {
  readonly of: (leader: CodeLeaderShape) => number | Decimal;
  readonly description: string;
  readonly scope?: Scope;
}

/** Measures of the leaderboard. */
const LEADS = {
  LINES_ACCEPTED: { of: ({ linesAdded }) => linesAdded, description: "Lines accepted." },
  SESSIONS: { of: (leader) => leader.sessions, description: "Sessions." },
  COMMITS: { of: ({ commits }) => commits, description: "Commits." },
  PULL_REQUESTS: { of: ({ pullRequests }) => pullRequests, description: "Pull requests." },
  ESTIMATED: {
    scope: "spend:read",
    of: (leader) => leader.estimated.cents,
    description: "Estimated cost.",
  },
} as const satisfies Record<string, Lead>;

const LeadEnum = builder.enumType("ClaudeCodeLead", {
  description: "Measures of the Claude Code leaderboard.",
  values: Object.fromEntries<{ description: string; requires: Requires }>(
    Object.entries<Lead>(LEADS).map(([name, { description, scope }]) => [
      name,
      { description, requires: scope === undefined ? [] : [scope] },
    ]),
  ) as { [L in keyof typeof LEADS]: { description: string; requires: Requires } },
});

const Leaderboard = builder
  .objectRef<CodeFigures & { readonly leaders: readonly CodeLeaderShape[] }>("ClaudeCodeLeaderboard")
  .implement({
    description: "The people with the most Claude Code activity.",
    interfaces: [Answer, FreshAnswer],
    fields: (t) => ({
      leaders: t.expose("leaders", {
        type: [CodeLeader],
        description: `The ${TOP} largest, in descending order. People with none are not listed; ties are ordered by address.`,
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

const measuredByMembers = (what: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${what} Exact; additive over days and people. Null beside an error.`,
  }) as const;

const MemberCodeDay = builder.objectRef<OnDay>("MemberClaudeCodeDay").implement({
  description:
    "Claude Code activity of members under their Enterprise seat on one UTC day. It covers other people by other definitions than CLAUDE_CODE, so the two cannot be reconciled.",
  sources: ["USER_ACTIVITY"],
  interfaces: [DashboardDay],
  fields: (t) => ({
    users: t.field({
      type: "Count",
      nullable: true,
      description:
        "Different members with a session. Not additive over days. Null: not measured, or beside an error.",
      ...onDay(memberCodeOn, ({ people }) => people),
    }),
    sessions: t.field({
      type: "Count",
      nullable: true,
      description:
        "Different sessions, counted per day and person and added up. Null: not measured, or beside an error.",
      ...onDay(memberCodeOn, (code) => code.sessions),
    }),
    linesAdded: t.field({
      ...measuredByMembers("Lines of code added."),
      ...onDay(memberCodeOn, ({ linesAdded }) => linesAdded),
    }),
    commits: t.field({
      ...measuredByMembers(WORK_COUNTS.commits),
      ...onDay(memberCodeOn, ({ commits }) => commits),
    }),
    pullRequests: t.field({
      ...measuredByMembers(WORK_COUNTS.pullRequests),
      ...onDay(memberCodeOn, ({ pullRequests }) => pullRequests),
    }),
    toolActions: t.field({
      type: [ToolActions],
      nullable: true,
      description:
        "Proposals accepted and rejected and the rate of acceptance, per tool. Null beside an error.",
      ...onDay(memberCodeOn, ({ toolActions }) => toolActions),
    }),
  }),
});

const MemberCodeSeries = seriesType("MemberClaudeCodeSeries", MemberCodeDay);

const ClaudeCodeDashboard = page(
  "ClaudeCodeDashboard",
  "Use of Claude Code. Sessions, lines, acceptance, commits, pull requests, people and estimated cost come from CLAUDE_CODE, the only report with cost, so they can be related to each other; that report covers the Console organization. `membersByDay` has the activity of members under their Enterprise seat.",
);

onDashboard("claudeCode", ClaudeCodeDashboard, "Sessions, output and estimated cost of Claude Code.");

const codeRange = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    description:
      "UTC days; by default the last 7 complete days. Each takes one upstream request per 1,000 records, shared by all fields of this page, unless it is final and stored. A day is complete one hour after its end; later days are left out.",
  }),
}));

interface Ranged {
  readonly range?: RangeInput | null | undefined;
}

/** A field of the records of some days: its requests and its resolver ask for the same days. */
function ofCode<Args extends Ranged, Answer>(
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
  leaderboard: t.field({
    authScopes: { individuals: true },
    type: Leaderboard,
    nullable: true,
    description: "The people ranked highest by activity or by estimated cost.",
    args: {
      ...codeRange,
      by: t.arg({
        type: LeadEnum,
        required: true,
        defaultValue: "LINES_ACCEPTED",
        description: "Measure of the ranking.",
      }),
    },
    ...ofCode(async (read, { by }: Ranged & { readonly by: keyof typeof LEADS }, ctx) => {
      const lead: Lead = LEADS[by];
      requirePermission(ctx, lead.scope, `\`by: ${by}\``);
      const figures = await read();
      return { ...figures, leaders: codeLeaders(figures, lead.of) };
    }),
  }),
  spendByModel: t.field({
    ...spendOnly(CodeModels),
    description: "Estimated cost by model over the range.",
    args: codeRange,
    ...ofCode(async (read, _args: Ranged) => {
      const figures = await read();
      return { ...figures, models: codeModels(figures) };
    }),
  }),
  membersByDay: t.field({
    type: MemberCodeSeries,
    nullable: true,
    description:
      "Activity of members under their Enterprise seat, by day: one upstream request (per 1,000 people) for each day, shared with `featureAdoption` and `claudeAi`.",
    sources: ["USER_ACTIVITY"],
    ...wholeDaysField,
  }),
}));
