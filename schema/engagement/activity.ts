import {
  acceptanceRate,
  type ChatCoworkActivity as ChatCoworkShape,
  type ChatActivity as ChatShape,
  type ClaudeTagActivity as ClaudeTagShape,
  type CodeActivity as CodeShape,
  type CoworkActivity as CoworkShape,
  type DesignActivity as DesignShape,
  type OfficeAppActivity as OfficeAppShape,
  type OfficeActivity as OfficeShape,
  type ScienceActivity as ScienceShape,
  type ToolActionCounts,
  type UserActivityRow,
} from "../../src/domain/activity.ts";
import { linesPerSession } from "../../src/domain/measures.ts";
import { builder } from "../framework/builder.ts";

/** How a count behaves over time, said alike wherever it holds. */
export const sumField = (what: string) =>
  ({ type: "Count", description: `${what} Exact; additive over days and people.` }) as const;

export const distinctField = (what: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${what} Distinct: exact for one day, an estimate within about 2 % over a range, not additive. Null: not measured.`,
  }) as const;

export const measuredField = (what: string) =>
  ({
    type: "Count",
    nullable: true,
    description: `${what} Additive over days and people. Null: not measured.`,
  }) as const;

/** Counts that several products have. */
const COUNTS = {
  messages: sumField("Messages sent."),
  sessions: distinctField("Sessions."),
  projectsCreated: sumField("Projects created."),
  projectsUsed: distinctField("Projects used."),
  artifactsOfSessions: sumField("Artifacts saved by sessions; measured from 2026-08-17, 0 before."),
  skillsUsed: distinctField("Skills used."),
  skillCalls: sumField("Skill invocations."),
  connectorsUsed: distinctField("Connectors used."),
  connectorCalls: sumField("Calls to connectors."),
} as const;

export const ToolActions = builder.objectRef<ToolActionCounts>("ToolActions").implement({
  description: "Answers of people to the proposals of one tool.",
  fields: (t) => ({
    tool: t.exposeString("tool", {
      description: "Name of the tool, such as `edit_tool`; new names may appear.",
    }),
    accepted: t.expose("accepted", sumField("Proposals accepted.")),
    rejected: t.expose("rejected", sumField("Proposals rejected.")),
    acceptanceRate: t.field({
      type: "Decimal",
      nullable: true,
      description: "Share of proposals accepted, 0 to 1. Not additive. Null: nothing was proposed.",
      resolve: acceptanceRate,
    }),
  }),
});

const ChatActivity = builder.objectRef<ChatShape>("ChatActivity").implement({
  description: "Activity in claude.ai chat.",
  fields: (t) => ({
    conversations: t.expose("conversations", distinctField("Conversations taken part in.")),
    messages: t.expose("messages", COUNTS.messages),
    projectsCreated: t.expose("projectsCreated", COUNTS.projectsCreated),
    projectsUsed: t.expose("projectsUsed", COUNTS.projectsUsed),
    filesUploaded: t.expose("filesUploaded", distinctField("Files uploaded.")),
    artifactsCreated: t.expose("artifactsCreated", sumField("Artifacts created.")),
    thinkingMessages: t.expose("thinkingMessages", sumField("Messages that used extended thinking.")),
    skillsUsed: t.expose("skillsUsed", COUNTS.skillsUsed),
    connectorsUsed: t.expose("connectorsUsed", COUNTS.connectorsUsed),
    connectorCalls: t.expose("connectorCalls", COUNTS.connectorCalls),
    sharedArtifactsViewed: t.expose(
      "sharedArtifactsViewed",
      distinctField(
        "Shared artifacts opened. In the merged Chat and Cowork product null over more than one day.",
      ),
    ),
    sharedConversationViews: t.expose(
      "sharedConversationViews",
      sumField("Times a shared project conversation was opened."),
    ),
  }),
});

export const CodeActivityType = builder.objectRef<CodeShape>("CodeActivity").implement({
  description:
    "Claude Code activity from the Enterprise reports. It cannot be reconciled with `claudeCode` totals, which count other people by other definitions.",
  fields: (t) => ({
    sessions: t.expose("sessions", {
      type: "Count",
      nullable: true,
      description:
        "Sessions, counted per day and added up: a session that crosses midnight counts twice. Null: not measured.",
    }),
    commits: t.expose("commits", sumField("Commits made through Claude Code.")),
    pullRequests: t.expose("pullRequests", sumField("Pull requests opened through Claude Code.")),
    linesAdded: t.expose("linesAdded", sumField("Lines added.")),
    linesRemoved: t.expose("linesRemoved", sumField("Lines removed.")),
    artifactsCreated: t.expose("artifactsCreated", COUNTS.artifactsOfSessions),
    toolActions: t.expose("toolActions", {
      type: [ToolActions],
      description: "Proposals accepted and rejected, per file-changing tool.",
    }),
    linesPerSession: t.field({
      type: "Decimal",
      nullable: true,
      description:
        "Lines added and removed per session, rounded half to even at 12 decimals; over a range sessions are counted per day and added up. Not additive. Null: no session, or sessions not measured.",
      resolve: linesPerSession,
    }),
  }),
});

const CoworkActivity = builder.objectRef<CoworkShape>("CoworkActivity").implement({
  description: "Activity in Cowork.",
  fields: (t) => ({
    sessions: t.expose("sessions", COUNTS.sessions),
    messages: t.expose("messages", COUNTS.messages),
    actions: t.expose("actions", sumField("Tool actions completed.")),
    dispatchTurns: t.expose("dispatchTurns", sumField("Background-agent (Dispatch) turns completed.")),
    artifactsCreated: t.expose("artifactsCreated", COUNTS.artifactsOfSessions),
    skillsUsed: t.expose("skillsUsed", COUNTS.skillsUsed),
    skillCalls: t.expose("skillCalls", COUNTS.skillCalls),
    connectorsUsed: t.expose("connectorsUsed", COUNTS.connectorsUsed),
    connectorCalls: t.expose("connectorCalls", COUNTS.connectorCalls),
    pluginsUsed: t.expose("pluginsUsed", distinctField("Plugins used.")),
    pluginCalls: t.expose("pluginCalls", measuredField("Plugin invocations.")),
    fileEdits: t.expose("fileEdits", measuredField("Successful file edits by any tool.")),
    editCalls: t.expose("editCalls", measuredField("Successful Edit calls.")),
    multiEditCalls: t.expose("multiEditCalls", measuredField("Successful MultiEdit calls.")),
    writeCalls: t.expose("writeCalls", measuredField("Successful Write calls.")),
    notebookEditCalls: t.expose("notebookEditCalls", measuredField("Successful NotebookEdit calls.")),
    sessionsWithFileEdits: t.expose(
      "sessionsWithFileEdits",
      distinctField("Sessions with at least one successful file edit."),
    ),
  }),
});

const OfficeAppActivity = builder.objectRef<OfficeAppShape>("OfficeAppActivity").implement({
  description: "Activity of the Office agent in one application.",
  fields: (t) => ({
    sessions: t.expose("sessions", COUNTS.sessions),
    messages: t.expose("messages", COUNTS.messages),
    skillsUsed: t.expose("skillsUsed", COUNTS.skillsUsed),
    skillCalls: t.expose("skillCalls", COUNTS.skillCalls),
    connectorsUsed: t.expose("connectorsUsed", COUNTS.connectorsUsed),
    connectorCalls: t.expose("connectorCalls", COUNTS.connectorCalls),
  }),
});

const OfficeActivity = builder.objectRef<OfficeShape>("OfficeActivity").implement({
  description: "Activity of the Office agent, per application.",
  fields: (t) => ({
    excel: t.expose("excel", { type: OfficeAppActivity, description: "In Excel." }),
    outlook: t.expose("outlook", { type: OfficeAppActivity, description: "In Outlook." }),
    powerpoint: t.expose("powerpoint", { type: OfficeAppActivity, description: "In PowerPoint." }),
    word: t.expose("word", { type: OfficeAppActivity, description: "In Word." }),
  }),
});

const DesignActivity = builder.objectRef<DesignShape>("DesignActivity").implement({
  description: "Activity in Claude Design.",
  fields: (t) => ({
    sessions: t.expose("sessions", COUNTS.sessions),
    messages: t.expose("messages", COUNTS.messages),
    projectsCreated: t.expose("projectsCreated", COUNTS.projectsCreated),
    projectsUsed: t.expose("projectsUsed", COUNTS.projectsUsed),
  }),
});

const ScienceActivity = builder.objectRef<ScienceShape>("ScienceActivity").implement({
  description: "Activity in Claude Science.",
  fields: (t) => ({
    sessions: t.expose("sessions", COUNTS.sessions),
    messages: t.expose("messages", COUNTS.messages),
    delegations: t.expose("delegations", sumField("Hand-offs to a specialist agent.")),
    remoteComputeJobs: t.expose("remoteComputeJobs", sumField("Remote compute jobs launched.")),
    skillCalls: t.expose("skillCalls", COUNTS.skillCalls),
  }),
});

const ClaudeTagActivity = builder.objectRef<ClaudeTagShape>("ClaudeTagActivity").implement({
  description: "Claude Tag activity in Slack, of people with a linked Slack identity.",
  fields: (t) => ({
    activeDays: t.expose("activeDays", measuredField("Days with activity.")),
    messages: t.expose("messages", measuredField("Slack messages that made the person count as active.")),
  }),
});

const ChatCoworkActivity = builder.objectRef<ChatCoworkShape>("ChatCoworkActivity").implement({
  description: "Activity in the merged Chat and Cowork product, which counts neither as chat nor as Cowork.",
  fields: (t) => ({
    chat: t.expose("chat", {
      type: ChatActivity,
      description: "The chat half; shared artifacts viewed are not measured here.",
    }),
    sessions: t.expose("sessions", { type: CoworkActivity, description: "The session half." }),
  }),
});

export const UserActivity = builder.objectRef<UserActivityRow>("UserActivity").implement({
  description: "Activity of one person over a range, aggregated by upstream in one row.",
  sources: ["USER_ACTIVITY"],
  fields: (t) => ({
    lastActiveOn: t.expose("lastActiveOn", {
      type: "Date",
      nullable: true,
      description: "The latest UTC day of the range with any activity. Null: not measured.",
    }),
    webSearches: t.expose("webSearches", sumField("Web searches.")),
    chat: t.expose("chat", { type: ChatActivity, description: "claude.ai chat." }),
    claudeCode: t.expose("claudeCode", {
      type: CodeActivityType,
      description: "Claude Code, by the Enterprise definition.",
    }),
    cowork: t.expose("cowork", { type: CoworkActivity, description: "Cowork." }),
    office: t.expose("office", { type: OfficeActivity, description: "The Office agent." }),
    design: t.expose("design", { type: DesignActivity, description: "Claude Design." }),
    science: t.expose("science", { type: ScienceActivity, description: "Claude Science." }),
    chatCowork: t.expose("chatCowork", {
      type: ChatCoworkActivity,
      nullable: true,
      description: "The merged Chat and Cowork product. Null where the organization does not have it.",
    }),
    claudeTag: t.expose("claudeTag", {
      type: ClaudeTagActivity,
      nullable: true,
      description: "Claude Tag. Null where the organization has no Claude Tag reporting.",
    }),
  }),
});
