import type { AnalyticsUserActivity } from "@anthropic-ai/sdk/resources/organization/analytics/analytics";
import type {
  ChatActivity,
  CodeActivity,
  CoworkActivity,
  GroupActivity,
  OfficeAppActivity,
  ToolActionCounts,
  UserActivityRow,
} from "../../domain/activity.ts";
import type { EngagementQuestion } from "../../domain/engagement.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { FilterNames } from "../dimension-names.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { engagementList } from "./coverage.ts";
import { BY_GROUP, engagementQuery, splitList } from "./engagement-query.ts";
import { byPseudonym } from "./pseudonymous.ts";

type User = AnalyticsUserActivity;

export const USER_FILTERS = {
  users: "user_id",
  groups: "rbac_group_id",
  projects: "project_id",
} as const satisfies FilterNames;

const list = {
  dataset: "USER_ACTIVITY",
  filters: USER_FILTERS,
  ...engagementList,
  path: "/v1/organizations/analytics/users",
} as const;

/** Activity per member over the range, one row each, by email. Source: Enterprise Analytics, "List User Activity". */
export const userActivity = endpoint({
  ...list,
  query: (p: EngagementQuestion) => engagementQuery(USER_FILTERS, p),
  rowId: ({ userId }) => userId,
  row: activity,
  withoutNames: ({ email, ...row }) => (email === undefined ? row : { ...row, formerEmail: email }),
  pseudonymous: (rows, pseudonyms) =>
    byPseudonym(
      rows.map((row) => pseudonymousActivity(row, pseudonyms)),
      ({ userId }) => userId,
    ),
});

/** Activity of the members of each group together: one row per group. */
export const activityByGroup = splitList(
  {
    ...list,
    pseudonymous: (rows: readonly GroupActivity[], pseudonyms) =>
      rows.map((row) => pseudonymousActivity(row, pseudonyms)),
  },
  USER_FILTERS,
  (w: Wire<User>): GroupActivity => ({ ...activity(w), people: w.countOrNull("distinct_user_count") }),
  () => "", // groups alone are what the rows are about
  BY_GROUP,
);

function pseudonymousActivity<Row extends UserActivityRow>(row: Row, pseudonyms: Pseudonyms): Row {
  const { userId, email, formerEmail } = row;
  return {
    ...row,
    userId: userId && pseudonyms.id(userId, "user"),
    ...(email && { email: pseudonyms.address(email) }),
    ...(formerEmail && { formerEmail: pseudonyms.address(formerEmail) }),
  };
}

function activity(w: Wire<User>): UserActivityRow {
  const user = w.atOrNull("user");
  const office = w.at("office_metrics");
  const design = w.at("design_metrics");
  const science = w.at("science_metrics");
  return {
    userId: user?.string("id") ?? null,
    email: user?.stringOrNull("email_address") ?? null,
    lastActiveOn: w.dayOrNull("last_activity_date"),
    webSearches: w.count("web_search_count"),
    chat: chat(w.at("chat_metrics")),
    claudeCode: code(w.at("claude_code_metrics")),
    cowork: cowork(w.at("cowork_metrics")),
    office: {
      excel: officeApp(office.at("excel")),
      outlook: officeApp(office.at("outlook")),
      powerpoint: officeApp(office.at("powerpoint")),
      word: officeApp(office.at("word")),
    },
    design: {
      sessions: design.countOrNull("distinct_session_count"),
      messages: design.count("message_count"),
      projectsCreated: design.count("distinct_projects_created_count"),
      projectsUsed: design.countOrNull("distinct_projects_used_count"),
    },
    science: {
      sessions: science.countOrNull("distinct_session_count"),
      messages: science.count("message_count"),
      delegations: science.count("delegation_count"),
      remoteComputeJobs: science.count("remote_compute_job_count"),
      skillCalls: science.count("skills_used_count"),
    },
    claudeTag: claudeTag(w.atOrNull("claude_tag_metrics")),
    chatCowork: chatCowork(w.atOrNull("chat_cowork_unified_metrics")),
  };
}

/** The key is left out where the merged product does not exist; its halves have the fields of the products they merge. */
function chatCowork(
  w: Wire<NonNullable<User["chat_cowork_unified_metrics"]>> | null,
): UserActivityRow["chatCowork"] {
  return (
    w && {
      chat: chat(w.at("chat").only<keyof User["chat_metrics"]>()),
      sessions: cowork(w.at("sessions").only<keyof User["cowork_metrics"]>()),
    }
  );
}

function chat(w: Wire<User["chat_metrics"]>): ChatActivity {
  return {
    conversations: w.countOrNull("distinct_conversation_count"),
    messages: w.count("message_count"),
    projectsCreated: w.count("distinct_projects_created_count"),
    projectsUsed: w.countOrNull("distinct_projects_used_count"),
    filesUploaded: w.countOrNull("distinct_files_uploaded_count"),
    artifactsCreated: w.count("distinct_artifacts_created_count"),
    thinkingMessages: w.count("thinking_message_count"),
    skillsUsed: w.countOrNull("distinct_skills_used_count"),
    connectorsUsed: w.countOrNull("distinct_connectors_used_count"),
    connectorCalls: w.count("connectors_used_count"),
    sharedArtifactsViewed: w.countOrNull("distinct_shared_artifacts_viewed_count"),
    sharedConversationViews: w.count("shared_conversations_viewed_count"),
  };
}

function code(w: Wire<User["claude_code_metrics"]>): CodeActivity {
  const core = w.at("core_metrics");
  const lines = core.at("lines_of_code");
  return {
    sessions: core.countOrNull("distinct_session_count"),
    commits: core.count("commit_count"),
    pullRequests: core.count("pull_request_count"),
    linesAdded: lines.count("added_count"),
    linesRemoved: lines.count("removed_count"),
    artifactsCreated: core.count("artifacts_created_count"),
    // An entry without a pair of counts is another fact about tools, which this gateway does not know yet.
    toolActions: w
      .entries("tool_actions")
      .filter(([, counts]) => counts.has("accepted_count"))
      .map(
        ([tool, counts]): ToolActionCounts => ({
          tool,
          accepted: counts.count("accepted_count"),
          rejected: counts.count("rejected_count"),
        }),
      ),
  };
}

function cowork(w: Wire<User["cowork_metrics"]>): CoworkActivity {
  return {
    sessions: w.countOrNull("distinct_session_count"),
    messages: w.count("message_count"),
    actions: w.count("action_count"),
    dispatchTurns: w.count("dispatch_turn_count"),
    artifactsCreated: w.count("artifacts_created_count"),
    skillsUsed: w.countOrNull("distinct_skills_used_count"),
    skillCalls: w.count("skills_used_count"),
    connectorsUsed: w.countOrNull("distinct_connectors_used_count"),
    connectorCalls: w.count("connectors_used_count"),
    pluginsUsed: w.countOrNull("distinct_plugins_used_count"),
    pluginCalls: w.countOrNull("plugins_used_count"),
    fileEdits: w.countOrNull("file_edit_count"),
    editCalls: w.countOrNull("edit_tool_count"),
    multiEditCalls: w.countOrNull("multi_edit_tool_count"),
    writeCalls: w.countOrNull("write_tool_count"),
    notebookEditCalls: w.countOrNull("notebook_edit_tool_count"),
    sessionsWithFileEdits: w.countOrNull("sessions_with_file_edits_count"),
  };
}

function officeApp(w: Wire<User["office_metrics"]["excel"]>): OfficeAppActivity {
  return {
    sessions: w.countOrNull("distinct_session_count"),
    messages: w.count("message_count"),
    skillsUsed: w.countOrNull("distinct_skills_used_count"),
    skillCalls: w.count("skills_used_count"),
    connectorsUsed: w.countOrNull("distinct_connectors_used_count"),
    connectorCalls: w.count("connectors_used_count"),
  };
}

/** The block is left out where the organization has no Claude Tag reporting. */
function claudeTag(w: Wire<NonNullable<User["claude_tag_metrics"]>> | null): UserActivityRow["claudeTag"] {
  return (
    w && { activeDays: w.countOrNull("active_day_count"), messages: w.countOrNull("active_message_count") }
  );
}
