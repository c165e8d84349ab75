import type { ReportNames } from "../dimension-names.ts";

const SHARED = {
  groupBy: {
    PRODUCT: "product",
    MODEL: "model",
    ACTOR: "actor",
    ACTOR_TYPE: "actor_type",
    CONTEXT_WINDOW: "context_window",
    INFERENCE_GEO: "inference_geo",
    SPEED: "speed",
    GROUP: "rbac_group_id",
    SLACK_CHANNEL: "slack_channel_id",
    CLAUDE_TAG_CATEGORY: "claude_tag_category",
    CLAUDE_TAG_USER: "claude_tag_user_id",
    API_KEY: "api_key_id",
    SERVICE_TIER: "service_tier",
    AGENT: "agent_id",
    DEPLOYMENT: "deployment_id",
    ENVIRONMENT: "environment_id",
    SESSION: "session_id",
    USER_PROFILE: "user_profile_id",
  },
  filter: {
    ACTOR: "actor_ids[]",
    ACTOR_TYPE: "actor_types[]",
    PRODUCT: "products[]",
    MODEL: "models[]",
    CONTEXT_WINDOW: "context_windows[]",
    INFERENCE_GEO: "inference_geos[]",
    SPEED: "speeds[]",
    GROUP: "rbac_group_ids[]",
    SLACK_CHANNEL: "slack_channel_ids[]",
    CLAUDE_TAG_CATEGORY: "claude_tag_categories[]",
    CLAUDE_TAG_USER: "claude_tag_user_ids[]",
    API_KEY: "api_key_ids[]",
    SERVICE_TIER: "service_tiers[]",
    AGENT: "agent_ids[]",
    DEPLOYMENT: "deployment_ids[]",
    ENVIRONMENT: "environment_ids[]",
    SESSION: "session_ids[]",
    USER_PROFILE: "user_profile_ids[]",
  },
  ofParent: {
    groupBy: { ORGANIZATION: "organization_id" },
    filter: { ORGANIZATION: "organization_ids[]" },
  },
  apart: [["CLAUDE_TAG_USER", "GROUP"]],
  maxGroups: 5,
} as const satisfies ReportNames;

/** Of the actors, those that are people: what the older reports of the Enterprise organization are split by. */
const ENTERPRISE = {
  ...SHARED,
  groupBy: { ...SHARED.groupBy, USER: "actor" },
  narrows: { USER: { "actor_types[]": ["user_actor"] } },
  apart: [...SHARED.apart, ["USER", "ACTOR_TYPE"]],
} as const satisfies ReportNames;

/** An Enterprise organization has one workspace, and usage in it has no workspace id. */
const CONSOLE = {
  ...SHARED,
  groupBy: { ...SHARED.groupBy, WORKSPACE: "workspace_id" },
  filter: { ...SHARED.filter, WORKSPACE: "workspace_ids[]" },
} as const satisfies ReportNames;

const COST_PARTS = { COST_TYPE: "cost_type", TOKEN_TYPE: "token_type" } as const;

export const UNIFIED_USAGE_NAMES = { ENTERPRISE, CONSOLE } as const;

export const UNIFIED_COST_NAMES = {
  ENTERPRISE: { ...ENTERPRISE, groupBy: { ...ENTERPRISE.groupBy, ...COST_PARTS } },
  CONSOLE: { ...CONSOLE, groupBy: { ...CONSOLE.groupBy, ...COST_PARTS } },
} as const;
