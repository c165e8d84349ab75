import type { BetaAnalyticsCostGroup } from "@anthropic-ai/sdk/resources/beta/organization/analytics/cost";
import type { BetaAnalyticsUsageGroup } from "@anthropic-ai/sdk/resources/beta/organization/analytics/usage";
import { type Dimensions, NO_DIMENSIONS, type ReportRow, type Span } from "../../domain/bucket.ts";
import type { Wire } from "../http/wire.ts";
import { type AnyActor, actor } from "./unified-actor.ts";

/** The members of a group in both reports. */
type Group = Pick<BetaAnalyticsUsageGroup & BetaAnalyticsCostGroup, keyof BetaAnalyticsUsageGroup>;

/** A row of a unified report. It is made at once: files have hundreds of thousands, and most of the time they take is for objects. */
export function unifiedRow<Measure>(
  w: Wire<Group>,
  { from, until }: Span,
  measure: Measure,
  { costType, tokenType }: Pick<Dimensions, "costType" | "tokenType"> = NO_DIMENSIONS,
): ReportRow<Measure> {
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
    costType,
    tokenType,
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
    from,
    until,
    measure,
  };
}
