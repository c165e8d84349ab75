/** The upstream resources figures come from, as clients see them named. */
export const DATASETS = {
  USER_ACTIVITY: "Activity per member (Enterprise Analytics, users).",
  ACTIVITY_SUMMARIES: "Organization-wide activity per day (Enterprise Analytics, summaries).",
  PROJECT_ACTIVITY: "Chat projects (Enterprise Analytics, apps/chat/projects).",
  SKILL_ACTIVITY: "Skills (Enterprise Analytics, skills).",
  CONNECTOR_ACTIVITY: "Connectors (Enterprise Analytics, connectors).",
  ARTIFACT_ACTIVITY: "Artifacts created (Enterprise Analytics, artifacts).",
  PLUGIN_ACTIVITY: "Plugins (Enterprise Analytics, plugins).",
  ENTERPRISE_USAGE: "Tokens of the Enterprise organization (usage_report).",
  ENTERPRISE_COST: "Cost of the Enterprise organization (cost_report).",
  USER_USAGE: "Tokens per person of the Enterprise organization (user_usage_report).",
  USER_COST: "Cost per person of the Enterprise organization (user_cost_report).",
  UNIFIED_ENTERPRISE_USAGE: "Tokens of the Enterprise organization by any dimension (analytics/usage, beta).",
  UNIFIED_ENTERPRISE_COST: "Cost of the Enterprise organization by any dimension (analytics/cost, beta).",
  UNIFIED_CONSOLE_USAGE: "Tokens of the Console organization by any dimension (analytics/usage, beta).",
  UNIFIED_CONSOLE_COST: "Cost of the Console organization by any dimension (analytics/cost, beta).",
  CLAUDE_CODE: "Claude Code records of the Console organization (usage_report/claude_code).",
  CONSOLE_USAGE: "Tokens of the Console organization (usage_report/messages).",
  CONSOLE_COST: "Cost of the Console organization (cost_report).",
  ENTERPRISE_ORGANIZATION: "The Enterprise organization itself (me).",
  CONSOLE_ORGANIZATION: "The Console organization itself (me).",
  ENTERPRISE_MEMBERS: "Current members of the Enterprise organization (users).",
  CONSOLE_MEMBERS: "Current members of the Console organization (users).",
  GROUPS:
    "RBAC groups of the Enterprise organization (rbac_groups); needs a key with the scope read:rbac_groups.",
  GROUP_MEMBERS: "Members of an RBAC group (rbac_groups/{id}/members); the same scope.",
  WORKSPACES: "Workspaces of the Console organization.",
  API_KEYS: "API keys of the Console organization, never their secrets.",
} as const;

export type Dataset = keyof typeof DATASETS;

/** Why a dataset cannot be read, and what would open it. */
export const CLOSED_REASONS = {
  NO_KEY: "the gateway has no key of its organization; the operator can set one.",
  KEY_REFUSED: "the key is wrong, revoked or expired; the operator can replace it.",
  MISSING_SCOPE:
    "the key lacks the scope {scope}; scopes are fixed when a key is made, so it takes a new one.",
  WRONG_ORGANIZATION:
    "it exists for the other kind of organization; the two keys may have been set for one another.",
  NOT_ENROLLED:
    "the organization is not enrolled in this beta; `source: ENTERPRISE` or `CONSOLE` answers most of its questions.",
  NO_ACCESS:
    "the organization has no analytics, or the key lacks a scope; the operator can check both in the organization's settings.",
  REFUSED: "upstream refused what another source has answered; asked again in an hour.",
} as const;

export type ClosedReason = keyof typeof CLOSED_REASONS;
