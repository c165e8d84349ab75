import type { BetaAnalyticsUsageBucketedResult } from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type { TokenCounts } from "../../domain/tokens.ts";
import type { Wire } from "../http/wire.ts";

export type TokenColumn =
  | "uncached_input_tokens"
  | "cache_read_input_tokens"
  | "cache_creation"
  | "output_tokens"
  | "server_tool_use";

/** The token columns, which all usage reports spell alike. */
export function tokens(
  w: Wire<Pick<BetaAnalyticsUsageBucketedResult, TokenColumn>>,
): Omit<TokenCounts, "requests"> {
  return {
    uncachedInputTokens: w.count("uncached_input_tokens"),
    cacheReadInputTokens: w.count("cache_read_input_tokens"),
    cacheCreation5mInputTokens: w.at("cache_creation").count("ephemeral_5m_input_tokens"),
    cacheCreation1hInputTokens: w.at("cache_creation").count("ephemeral_1h_input_tokens"),
    outputTokens: w.count("output_tokens"),
    webSearchRequests: w.at("server_tool_use").count("web_search_requests"),
  };
}
