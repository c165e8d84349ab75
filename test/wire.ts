/** Rows as upstream sends them, complete by its contract; pass what a test is about. */

const chat = {
  connectors_used_count: 0,
  distinct_artifacts_created_count: 0,
  distinct_connectors_used_count: 0,
  distinct_conversation_count: 0,
  distinct_files_uploaded_count: 0,
  distinct_projects_created_count: 0,
  distinct_projects_used_count: 0,
  distinct_shared_artifacts_viewed_count: 0,
  distinct_skills_used_count: 0,
  message_count: 0,
  shared_conversations_viewed_count: 0,
  thinking_message_count: 0,
};

const cowork = {
  action_count: 0,
  artifacts_created_count: 0,
  connectors_used_count: 0,
  dispatch_turn_count: 0,
  distinct_connectors_used_count: 0,
  distinct_plugins_used_count: null,
  distinct_session_count: 0,
  distinct_skills_used_count: 0,
  edit_tool_count: null,
  file_edit_count: null,
  message_count: 0,
  multi_edit_tool_count: null,
  notebook_edit_tool_count: null,
  plugins_used_count: null,
  sessions_with_file_edits_count: null,
  skills_used_count: 0,
  write_tool_count: null,
};

const officeApp = {
  connectors_used_count: 0,
  distinct_connectors_used_count: 0,
  distinct_session_count: 0,
  distinct_skills_used_count: 0,
  message_count: 0,
  skills_used_count: 0,
};

const tool = { accepted_count: 0, rejected_count: 0 };

export function wireUser(
  id: string,
  { email = `${id}@ternplover.example`, messages = 0 }: { email?: string; messages?: number } = {},
) {
  return {
    user: { id, email_address: email, type: "user" },
    distinct_user_count: null,
    last_activity_date: "2026-11-20",
    web_search_count: 0,
    chat_metrics: { ...chat, message_count: messages },
    claude_code_metrics: {
      core_metrics: {
        artifacts_created_count: 0,
        commit_count: 0,
        distinct_session_count: 0,
        lines_of_code: { added_count: 0, removed_count: 0 },
        pull_request_count: 0,
      },
      tool_actions: { edit_tool: tool, multi_edit_tool: tool, notebook_edit_tool: tool, write_tool: tool },
    },
    cowork_metrics: cowork,
    design_metrics: {
      distinct_projects_created_count: 0,
      distinct_projects_used_count: 0,
      distinct_session_count: 0,
      message_count: 0,
    },
    office_metrics: { excel: officeApp, outlook: officeApp, powerpoint: officeApp, word: officeApp },
    science_metrics: {
      delegation_count: 0,
      distinct_session_count: 0,
      message_count: 0,
      remote_compute_job_count: 0,
      skills_used_count: 0,
    },
  };
}

const conversations = (thing: string) => ({ [`distinct_conversation_${thing}_used_count`]: 0 });
const sessions = (thing: string) => ({ [`distinct_session_${thing}_used_count`]: 0 });
const used = (thing: string) => ({
  chat_metrics: conversations(thing),
  claude_code_metrics: sessions(thing),
  cowork_metrics: sessions(thing),
  office_metrics: {
    excel: sessions(thing),
    outlook: sessions(thing),
    powerpoint: sessions(thing),
    word: sessions(thing),
  },
});

export function wireSkill(
  name: string,
  {
    users = 1,
    invocations = 0 as number | null,
    listPrice = null as string | null,
    userId = undefined as string | null | undefined,
  } = {},
) {
  return {
    skill_name: name,
    skill_display_name: null,
    share_status: null,
    distinct_user_count: users,
    invocation_count: invocations,
    enable_count: null,
    attributed_list_price: listPrice,
    estimated_overage_spend: null,
    currency: listPrice === null ? null : "USD",
    ...used("skill"),
    ...(userId === undefined ? {} : { user_id: userId }),
  };
}

export function wireConnector(
  name: string,
  {
    own = null as number | null,
    managed = null as number | null,
    userId = undefined as string | null | undefined,
  } = {},
) {
  return {
    connector_name: name,
    connector_display_name: null,
    distinct_user_count: 1,
    individual_auth_distinct_user_count: own,
    managed_auth_distinct_user_count: managed,
    read_call_count: null,
    unclassified_call_count: null,
    write_call_count: null,
    ...used("connector"),
    ...(userId === undefined ? {} : { user_id: userId }),
  };
}

const ungrouped = {
  product: null,
  model: null,
  context_window: null,
  inference_geo: null,
  speed: null,
  rbac_group_id: null,
  slack_channel_id: null,
  claude_tag_category: null,
  claude_tag_user_id: null,
  cost_type: null,
  token_type: null,
};

export function wireUserCost(
  userId: string,
  amount: string,
  { email = `${userId}@ternplover.example` as string | null, deleted = false } = {},
) {
  return {
    actor: { type: "user_actor", user_id: userId, email_address: email, name: userId, deleted },
    ...ungrouped,
    amount,
    list_amount: amount,
    currency: "USD",
    requests: 1,
    starting_at: null,
    ending_at: null,
  };
}

export function wireCost(
  amount: string,
  dimensions: Partial<typeof ungrouped> | Record<string, string | null> = {},
) {
  return { ...ungrouped, amount, list_amount: amount, currency: "USD", requests: 1, ...dimensions };
}

/** A day of a bucketed report. */
export function wireDay<Row>(day: string, results: readonly Row[]) {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().replace(".000", "");
  return { starting_at: `${day}T00:00:00Z`, ending_at: next, results };
}

export function reportPage<Row>(
  data: readonly Row[],
  { next = null as string | null, watermark = "2026-11-22T08:00:00Z" as string | null } = {},
) {
  return {
    organization_id: "org_test",
    data,
    has_more: next !== null,
    next_page: next,
    data_refreshed_at: watermark,
  };
}

/** A Claude Code record of one actor on one day. */
export function wireRecord(
  actor: object,
  { commits = 1, cents = 10, terminal = "vscode", day = "2026-11-20" } = {},
) {
  return {
    actor,
    core_metrics: {
      commits_by_claude_code: commits,
      lines_of_code: { added: 5, removed: 2 },
      num_sessions: 1,
      pull_requests_by_claude_code: 0,
    },
    customer_type: "api",
    subscription_type: null,
    date: `${day}T00:00:00Z`,
    is_remote: false,
    organization_id: "11111111-1111-4111-8111-111111111111",
    terminal_type: terminal,
    tool_actions: { edit_tool: { accepted: 3, rejected: 1 }, brand_new_tool: { accepted: 1, rejected: 0 } },
    model_breakdown: [
      {
        model: "claude-sonnet-5",
        tokens: { input: 1, output: 2, cache_read: 3, cache_creation: 4 },
        estimated_cost: { amount: cents, currency: "USD" },
      },
    ],
  };
}

export function wireGroup(id: string, others: object = { role_ids: ["rbac_role_reader"] }) {
  return {
    id,
    created_at: "2026-04-20T15:00:00Z",
    name: `Name of ${id}`,
    source_type: "scim",
    type: "rbac_group",
    updated_at: "2026-09-01T11:45:30Z",
    ...others,
  };
}

export function wireGroupMember(userId: string, group: object = { rbac_group_id: "rbac_group_maps" }) {
  return {
    created_at: "2026-04-21T08:00:00Z",
    email: `${userId}@ternplover.example`,
    type: "rbac_group_member",
    user_id: userId,
    ...group,
  };
}

export function tokenPage<Row>(data: readonly Row[], next: string | null = null) {
  return { data, next_page: next };
}

/** The day starting, in a report's query. */
export function dayOfQuery(query: URLSearchParams): string {
  return (query.get("starting_at") ?? query.get("starting_date") ?? query.get("date") ?? "").slice(0, 10);
}

export const PATHS = {
  users: "/v1/organizations/analytics/users",
  summaries: "/v1/organizations/analytics/summaries",
  projects: "/v1/organizations/analytics/apps/chat/projects",
  skills: "/v1/organizations/analytics/skills",
  connectors: "/v1/organizations/analytics/connectors",
  artifacts: "/v1/organizations/analytics/artifacts",
  plugins: "/v1/organizations/analytics/plugins",
  cost: "/v1/organizations/analytics/cost_report",
  usage: "/v1/organizations/analytics/usage_report",
  userCost: "/v1/organizations/analytics/user_cost_report",
  userUsage: "/v1/organizations/analytics/user_usage_report",
  claudeCode: "/v1/organizations/usage_report/claude_code",
  consoleUsage: "/v1/organizations/usage_report/messages",
  consoleCost: "/v1/organizations/cost_report",
  members: "/v1/organizations/users",
  workspaces: "/v1/organizations/workspaces",
  apiKeys: "/v1/organizations/api_keys",
  groups: "/v1/organizations/rbac_groups",
  me: "/v1/organizations/me",
} as const;
