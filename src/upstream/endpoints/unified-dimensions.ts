import type { BetaAnalyticsCostGroup } from "@anthropic-ai/sdk/resources/beta/organization/analytics/cost";
import type { BetaAnalyticsUsageGroup } from "@anthropic-ai/sdk/resources/beta/organization/analytics/usage";
import { type Dimensions, NO_DIMENSIONS } from "../../domain/bucket.ts";
import type { Wire } from "../http/wire.ts";
import { type AnyActor, actor } from "./unified-actor.ts";

type Group = Pick<BetaAnalyticsUsageGroup & BetaAnalyticsCostGroup, keyof BetaAnalyticsUsageGroup>;

export function unifiedDimensions(w: Wire<Group>): Dimensions {
  const wire = w.atOrNull("actor") as object | null as Wire<AnyActor> | null;
  const who = wire && actor(wire);
  return {
    ...NO_DIMENSIONS,
    organizationId: w.stringOrNull("organization_id"),
    product: w.stringOrNull("product"),
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: w.stringOrNull("inference_geo"),
    speed: w.stringOrNull("speed"),
    serviceTier: w.stringOrNull("service_tier"),
    groupId: w.stringOrNull("rbac_group_id"),
    slackChannelId: w.stringOrNull("slack_channel_id"),
    claudeTagCategory: w.stringOrNull("claude_tag_category"),
    claudeTagUserId: w.stringOrNull("claude_tag_user_id"),
    workspaceId: w.stringOrNull("workspace_id"),
    apiKeyId: w.stringOrNull("api_key_id"),
    // Both, whichever was requested: the same request answers either, and is kept once.
    user: who?.kind === "person" ? who.user : null,
    actor: who,
    actorType: w.stringOrNull("actor_type"),
    agentId: w.stringOrNull("agent_id"),
    deploymentId: w.stringOrNull("deployment_id"),
    environmentId: w.stringOrNull("environment_id"),
    sessionId: w.stringOrNull("session_id"),
    userProfileId: w.stringOrNull("user_profile_id"),
  };
}
