import { memberCodeOn } from "../../src/analytics/dashboard-days.ts";
import { WORK_COUNTS } from "../claude-code/measures.ts";
import { ToolActions } from "../engagement/activity.ts";
import { builder } from "../framework/builder.ts";
import { ClaudeCodeDashboard } from "./claude-code.ts";
import { completeDaysField, DashboardDay, type OnDay, onDay, seriesType } from "./series.ts";

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

builder.objectField(ClaudeCodeDashboard, "membersByDay", (t) =>
  t.field({
    type: MemberCodeSeries,
    nullable: true,
    description:
      "Activity of members under their Enterprise seat, by day: one upstream request (per 1,000 people) for each day, shared with `featureAdoption` and `claudeAi`.",
    sources: ["USER_ACTIVITY"],
    ...completeDaysField,
  }),
);
