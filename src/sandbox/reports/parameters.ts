import type { Parameter } from "../endpoint.ts";
import { DIMENSIONS } from "./dimensions.ts";

type Parameters = Readonly<Record<string, Parameter>>;

const many: Parameter = { type: "list", maxItems: 100 };
const some = (...values: string[]): Parameter => ({ type: "list", maxItems: 100, values });

export const usageDimensions = some(...DIMENSIONS);
export const costDimensions = some(...DIMENSIONS, "cost_type", "token_type");

/** Parameters of all four Enterprise reports. */
export const reportParameters: Parameters = {
  starting_at: { type: "instant", required: true },
  ending_at: { type: "instant" },
  bucket_width: { type: "text", values: ["1d", "1h", "1m"] },
  "user_ids[]": many,
  "products[]": some(
    "chat",
    "chat_cowork_unified",
    "claude-tag",
    "claude_code",
    "claude_design",
    "claude_in_chrome",
    "cowork",
    "office_agent",
  ),
  "models[]": many,
  "context_windows[]": some("0-200k", "200k-1M"),
  "inference_geos[]": some("global", "not_available", "us"),
  "speeds[]": some("fast", "standard"),
  "rbac_group_ids[]": many,
  "slack_channel_ids[]": many,
  "claude_tag_categories[]": some("dm", "engaged", "monitoring", "proactive", "scheduled"),
  "claude_tag_user_ids[]": many,
};

/** Further parameters of the two per-user reports. */
export const userReportParameters: Parameters = {
  ...reportParameters,
  exclude_deleted_users: { type: "boolean" },
  order: { type: "text", values: ["asc", "desc"] },
};
