/** The upstream resources figures come from, as clients see them named: what each is, and what is not in it. */
export const DATASETS = {
  USER_ACTIVITY: {
    is: "Activity per member (Enterprise Analytics, users).",
    lacks:
      "Days within a range, which take one request each. Its Claude Code counts use other definitions than CLAUDE_CODE and cannot be reconciled with them.",
  },
  ACTIVITY_SUMMARIES: {
    is: "Organization-wide activity per day (Enterprise Analytics, summaries).",
    lacks: "Who was active. Rolling counts of early 2026 reach back before the first day and undercount.",
  },
  PROJECT_ACTIVITY: {
    is: "Chat projects (Enterprise Analytics, apps/chat/projects).",
    lacks: "Projects without use in the range; conversations over more than one day.",
  },
  SKILL_ACTIVITY: {
    is: "Skills (Enterprise Analytics, skills).",
    lacks: "Billing: its amounts are allocations. Skills without use in the range.",
  },
  CONNECTOR_ACTIVITY: {
    is: "Connectors (Enterprise Analytics, connectors).",
    lacks: "Connectors without use in the range.",
  },
  ARTIFACT_ACTIVITY: {
    is: "Artifacts created (Enterprise Analytics, artifacts).",
    lacks: "What was created by name; ranges, which take one request per day.",
  },
  PLUGIN_ACTIVITY: {
    is: "Plugins (Enterprise Analytics, plugins).",
    lacks: "Sessions over more than one day.",
  },
  ENTERPRISE_USAGE: {
    is: "Tokens of the Enterprise organization (usage_report).",
    lacks:
      "All but the 100 largest groups of a bucket, which the gateway adds as a remainder; usage through other clouds. On seat-based plans only usage credits and overage appear.",
  },
  ENTERPRISE_COST: {
    is: "Cost of the Enterprise organization (cost_report).",
    lacks:
      "All but the 100 largest groups of a bucket, which the gateway adds as a remainder; seat fees, credits, and usage through other clouds. On seat-based plans only usage credits and overage appear.",
  },
  USER_USAGE: {
    is: "Tokens per person of the Enterprise organization (user_usage_report).",
    lacks:
      "Usage without a person, such as Code Review and Claude Tag in channels: people add up to less than the organization.",
  },
  USER_COST: {
    is: "Cost per person of the Enterprise organization (user_cost_report).",
    lacks:
      "Usage without a person, such as Code Review and Claude Tag in channels: people add up to less than the organization.",
  },
  UNIFIED_ENTERPRISE_USAGE: {
    is: "Tokens of the Enterprise organization by any dimension (analytics/usage, beta).",
    lacks: "Combinations and buckets without usage. Identities that upstream hides.",
  },
  UNIFIED_ENTERPRISE_COST: {
    is: "Cost of the Enterprise organization by any dimension (analytics/cost, beta).",
    lacks: "Seat fees and credits. Identities that upstream hides.",
  },
  UNIFIED_CONSOLE_USAGE: {
    is: "Tokens of the Console organization by any dimension (analytics/usage, beta).",
    lacks: "Combinations and buckets without usage. Often the last hours, which CONSOLE_USAGE has.",
  },
  UNIFIED_CONSOLE_COST: {
    is: "Cost of the Console organization by any dimension (analytics/cost, beta).",
    lacks: "Credits. Often the last hours, which CONSOLE_COST has.",
  },
  CLAUDE_CODE: {
    is: "Claude Code records of the Console organization (usage_report/claude_code).",
    lacks:
      "The bill: cost is an estimate. Use through other clouds. People who sign in by subscription can be missing: absence is unknown, not inactivity.",
  },
  CONSOLE_USAGE: {
    is: "Tokens of the Console organization (usage_report/messages).",
    lacks: "Code execution, which takes no tokens; counts of requests.",
  },
  CONSOLE_COST: {
    is: "Cost of the Console organization (cost_report).",
    lacks: "Priority Tier; list prices; counts of requests; anything shorter than a day.",
  },
  ENTERPRISE_ORGANIZATION: {
    is: "The Enterprise organization itself (me).",
    lacks: "The id that the Enterprise reports give it, which has another form.",
  },
  CONSOLE_ORGANIZATION: { is: "The Console organization itself (me).", lacks: "Its settings." },
  ENTERPRISE_MEMBERS: {
    is: "Current members of the Enterprise organization (users).",
    lacks: "People who have left; reports still name them.",
  },
  CONSOLE_MEMBERS: {
    is: "Current members of the Console organization (users).",
    lacks: "People who have left; reports still name them.",
  },
  GROUPS: {
    is: "RBAC groups of the Enterprise organization (rbac_groups); needs a key with the scope read:rbac_groups.",
    lacks: "Deleted groups; reports still name them.",
  },
  GROUP_MEMBERS: {
    is: "Members of an RBAC group (rbac_groups/{id}/members); the same scope.",
    lacks: "Earlier members: figures by group use the membership on the day of use.",
  },
  WORKSPACES: {
    is: "Workspaces of the Console organization.",
    lacks: "The people with access to them.",
  },
  API_KEYS: {
    is: "API keys of the Console organization, never their secrets.",
    lacks: "The key that a Claude Code record means if several keys share a name.",
  },
  SPEND_LIMITS: {
    is: "Spend limit and spend of each member of the Enterprise organization (spend_limits/effective); needs a key with the scope read:spend_limits.",
    lacks:
      "Common ceilings of the organization, which can stop people earlier. A reading of 0 is also one that was unavailable.",
  },
  SPEND_LIMIT_REQUESTS: {
    is: "Requests of members for a higher spend limit (spend_limit_increase_requests); the same scope.",
    lacks: "Requests of people who have left; how much more is wanted.",
  },
  RATE_LIMITS: {
    is: "Rate limits of the Messages API in the Console organization (rate_limits).",
    lacks: "Limits of the reporting APIs, of managed agents and of claude.ai; models without a group.",
  },
  WORKSPACE_RATE_LIMITS: {
    is: "Rate limits of a workspace of the Console organization, inherited ones included (workspaces/{id}/rate_limits).",
    lacks: "Changes of about the last hour, which may not act yet.",
  },
} as const satisfies Record<string, { readonly is: string; readonly lacks: string }>;

export type Dataset = keyof typeof DATASETS;

/** True if a report is the Console's, which names people by id only. */
export function isOfConsole(dataset: Dataset | null): boolean {
  return dataset !== null && /^(UNIFIED_)?CONSOLE_/.test(dataset);
}

/** The datasets of the Console. Its reports state neither list prices nor requests. */
export const CONSOLE_DATASETS: readonly Dataset[] = (Object.keys(DATASETS) as Dataset[]).filter(isOfConsole);

/** Who is there, and in which groups: the lists that questions about a few people look names and teams up in. */
export function isOfDirectory(dataset: Dataset): boolean {
  return (DIRECTORY as readonly Dataset[]).includes(dataset);
}

const DIRECTORY = [
  "ENTERPRISE_MEMBERS",
  "CONSOLE_MEMBERS",
  "GROUPS",
  "GROUP_MEMBERS",
] as const satisfies readonly Dataset[];

/** Why a dataset cannot be read, and what would open it. */
export const CLOSED_REASONS = {
  NO_KEY: "the gateway has no key of its organization; the operator can set one.",
  KEY_REFUSED: "the key is wrong, revoked or expired; the operator can replace it.",
  MISSING_SCOPE:
    "the key lacks the scope {scope}; the scopes of a key are fixed at its creation, so a new key is needed.",
  WRONG_ORGANIZATION:
    "the key belongs to the other kind of organization, so the gateway reads nothing with it; the two keys may be swapped.",
  UNPROVEN_ORGANIZATION:
    "upstream opens nothing to the key that only one kind of organization has, so the organization of its figures is unknown; the operator can check the key and its scopes.",
  NOT_ENROLLED:
    "the organization is not enrolled in this beta; `source: LEGACY` answers most of its questions.",
  HIPAA_READINESS:
    "upstream does not offer this report to organizations with HIPAA readiness; `source: LEGACY` answers most of its questions.",
  NO_USAGE_CREDITS:
    "usage credits are off for the organization, so it has no spend limits; an owner can enable them.",
  NO_ACCESS:
    "the organization has no analytics, or the key lacks a scope; the operator can check both in the organization's settings.",
  UNAVAILABLE:
    "upstream could not be reached or failed, or its requests of this minute are used up; retry later.",
  REFUSED:
    "upstream rejected a query that another source has answered, possibly because the organization has HIPAA readiness; the gateway tries again in an hour.",
} as const;

export type ClosedReason = keyof typeof CLOSED_REASONS;
