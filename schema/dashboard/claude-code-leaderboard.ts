import {
  type CodeFigures,
  type CodeLeader as CodeLeaderShape,
  codeLeaders,
} from "../../src/analytics/dashboard-code.ts";
import { TOP } from "../../src/analytics/dashboard-people.ts";
import { personByEmail } from "../../src/analytics/join.ts";
import type { Decimal } from "../../src/domain/decimal.ts";
import type { Scope } from "../../src/domain/viewer.ts";
import type { Requires } from "../../src/planning/plan.ts";
import { WORK_COUNTS } from "../claude-code/measures.ts";
import { sumField } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { requirePermission } from "../framework/permission.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import {
  ClaudeCodeDashboard,
  codeRange,
  estimatedField,
  linesAddedField,
  ofCode,
  type Ranged,
  sessionsField,
} from "./claude-code.ts";
import { Answer, FreshAnswer } from "./dashboard.ts";

const CodeLeader = builder.objectRef<CodeLeaderShape>("ClaudeCodeLeader").implement({
  description: "A person's Claude Code over a range: the sum of their records.",
  fields: (t) => ({
    email: t.exposeString("email", {
      requires: ["identity:read", "pseudonyms"],
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
    sessions: t.expose("sessions", sessionsField),
    linesAdded: t.expose("linesAdded", linesAddedField),
    commits: t.expose("commits", sumField(WORK_COUNTS.commits)),
    pullRequests: t.expose("pullRequests", sumField(WORK_COUNTS.pullRequests)),
    estimated: t.expose("estimated", estimatedField),
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

builder.objectField(ClaudeCodeDashboard, "leaderboard", (t) =>
  t.field({
    requires: ["individuals"],
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
      return { ...figures, leaders: await codeLeaders(figures, lead.of, ctx.upstream.turn) };
    }),
  }),
);
