import type { Endpoint, Parameter } from "../endpoint.ts";
import { ACTOR_TYPES } from "./actor.ts";
import { DIMENSIONS, type Dimension } from "./dimensions.ts";

type Parameters = Readonly<Record<string, Parameter>>;

/** Common parts of the two unified reports. */
export const UNIFIED_REPORT = {
  keys: ["enterprise", "admin", "oauth"],
  scope: "read:analytics",
  rateLimit: "analytics",
  beta: "analytics-usage-cost-2026-08-24",
  paging: { style: "report", limit: { default: 20, max: 1000 }, expires: true },
} as const satisfies Partial<Endpoint>;

/** Dimensions a row can be split by; `cost_type` and `token_type` come free on top of them. */
export const MOST_DIMENSIONS = 5;

const many: Parameter = { type: "list", maxItems: 100 };
const some = (...values: string[]): Parameter => ({ type: "list", maxItems: 100, values });

export const usageDimensions: Parameter = { type: "list", maxItems: MOST_DIMENSIONS, values: DIMENSIONS };
export const costDimensions: Parameter = {
  type: "list",
  maxItems: MOST_DIMENSIONS + 2,
  values: [...DIMENSIONS, "cost_type", "token_type"],
};

/** Parameters of both reports. */
export const unifiedParameters: Parameters = {
  starting_at: { type: "instant", required: true },
  ending_at: { type: "instant" },
  time_bucket_width: { type: "text", values: ["1d", "1h", "1m"] },
  "actor_ids[]": many,
  "actor_types[]": some(...ACTOR_TYPES),
  "api_key_ids[]": many,
  "workspace_ids[]": many,
  "organization_ids[]": many,
  "models[]": many,
  "products[]": some(
    "chat",
    "chat_cowork_unified",
    "claude_code",
    "claude_console",
    "claude_design",
    "claude_in_chrome",
    "claude_tag",
    "cowork",
    "managed_agents_api",
    "message_batches_api",
    "messages_api",
    "office_agent",
  ),
  "context_windows[]": some("0-200k", "200k-1M"),
  "inference_geos[]": some("global", "not_available", "us"),
  "speeds[]": some("fast", "standard"),
  "service_tiers[]": some("batch", "flex", "flex_discount", "priority", "priority_on_demand", "standard"),
  "rbac_group_ids[]": many,
  "slack_channel_ids[]": many,
  "claude_tag_categories[]": some("dm", "engaged", "monitoring", "proactive", "scheduled"),
  "claude_tag_user_ids[]": many,
  "agent_ids[]": many,
  "deployment_ids[]": many,
  "environment_ids[]": many,
  "session_ids[]": many,
  "user_profile_ids[]": many,
  exclude_deleted_users: { type: "boolean" },
  order: { type: "text", values: ["asc", "desc"] },
};

/** The list parameters that select rows, and the dimension each is about. */
export const FILTERS = {
  "actor_ids[]": "actor",
  "actor_types[]": "actor_type",
  "agent_ids[]": "agent_id",
  "api_key_ids[]": "api_key_id",
  "claude_tag_categories[]": "claude_tag_category",
  "claude_tag_user_ids[]": "claude_tag_user_id",
  "context_windows[]": "context_window",
  "deployment_ids[]": "deployment_id",
  "environment_ids[]": "environment_id",
  "inference_geos[]": "inference_geo",
  "models[]": "model",
  "organization_ids[]": "organization_id",
  "products[]": "product",
  "rbac_group_ids[]": "rbac_group_id",
  "service_tiers[]": "service_tier",
  "session_ids[]": "session_id",
  "slack_channel_ids[]": "slack_channel_id",
  "speeds[]": "speed",
  "user_profile_ids[]": "user_profile_id",
  "workspace_ids[]": "workspace_id",
} as const satisfies Readonly<Record<string, Dimension>>;
