import { personByConsoleId } from "../src/analytics/join.ts";
import type { GatewayRow } from "../src/analytics/report.ts";
import type { Context } from "../src/context.ts";
import type { OrganizationKind } from "../src/domain/organization.ts";
import type { Person } from "../src/domain/person.ts";
import type { DayRange } from "../src/domain/range.ts";
import { apiKeyById, workspaceById } from "../src/loaders/console.ts";
import { Actor } from "./actor.ts";
import { ApiKey } from "./api-key.ts";
import { builder, dateTime } from "./builder.ts";
import { FinalityEnum } from "./freshness.ts";
import { User } from "./user.ts";
import { Workspace } from "./workspace.ts";

/** A row of a report with whose it is, and with the range of the question, which its people inherit. */
export type ReportNode<Measure> = GatewayRow<Measure> & {
  readonly range: DayRange;
  readonly organization: OrganizationKind;
};

/** What every bucket says of who, what and when. */
export const Bucketed = builder.interfaceRef<ReportNode<unknown>>("ReportBucket").implement({
  description:
    "One group in one time bucket of a report. A dimension is null where the query did not group by it, or where the group has no value.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "Start of the bucket.",
      resolve: (row) => dateTime(row.from),
    }),
    until: t.field({
      type: "DateTime",
      description: "End of the bucket, not included.",
      resolve: (row) => dateTime(row.until),
    }),
    isRemainder: t.exposeBoolean("isRemainder", {
      description:
        "Whether the row stands for all groups that upstream left out because it keeps only a bucket's hundred largest.",
    }),
    state: t.expose("state", { type: FinalityEnum, description: "Whether the figures can still change." }),
    product: t.exposeString("product", {
      nullable: true,
      description: "Product, such as `chat`; new names may appear. Group by PRODUCT.",
    }),
    model: t.exposeString("model", { nullable: true, description: "Model. Group by MODEL." }),
    contextWindow: t.exposeString("contextWindow", {
      nullable: true,
      description: "Context-window price tier. Group by CONTEXT_WINDOW.",
    }),
    inferenceGeo: t.exposeString("inferenceGeo", {
      nullable: true,
      description: "Inference region; null where unset. Group by INFERENCE_GEO.",
    }),
    speed: t.exposeString("speed", { nullable: true, description: "`fast` or `standard`. Group by SPEED." }),
    serviceTier: t.exposeString("serviceTier", {
      nullable: true,
      description: "Service tier. Group by SERVICE_TIER.",
    }),
    groupId: t.exposeString("groupId", {
      nullable: true,
      description: "RBAC group; people in several count fully in each. Group by GROUP.",
    }),
    slackChannelId: t.exposeString("slackChannelId", {
      nullable: true,
      description: "Slack channel; null outside Slack. Group by SLACK_CHANNEL.",
    }),
    claudeTagCategory: t.exposeString("claudeTagCategory", {
      nullable: true,
      description:
        "Kind of Claude Tag usage, such as `dm`; null outside Claude Tag. Group by CLAUDE_TAG_CATEGORY.",
    }),
    claudeTagUserId: t.exposeString("claudeTagUserId", {
      nullable: true,
      description: "Slack user behind Claude Tag usage, not a Claude user id. Group by CLAUDE_TAG_USER.",
    }),
    serviceAccountId: t.exposeString("serviceAccountId", {
      nullable: true,
      description:
        "Service account, `svac_...`, by id only: its name is told to OAuth tokens alone. Group by SERVICE_ACCOUNT.",
    }),
    actor: t.field({
      type: Actor,
      nullable: true,
      description:
        "Whom or what the usage is attributed to; null where nobody is, or where upstream hides who. Group by ACTOR.",
      resolve: ({ actor, range, organization }) => actor && { ...actor, range, organization },
    }),
    actorType: t.exposeString("actorType", {
      nullable: true,
      description: "Kind of identity, such as `user_actor`; new kinds may appear. Group by ACTOR_TYPE.",
    }),
    agentId: t.exposeString("agentId", { nullable: true, description: "Managed agent. Group by AGENT." }),
    deploymentId: t.exposeString("deploymentId", {
      nullable: true,
      description: "Deployment that started the managed session. Group by DEPLOYMENT.",
    }),
    environmentId: t.exposeString("environmentId", {
      nullable: true,
      description: "Environment of the managed session. Group by ENVIRONMENT.",
    }),
    sessionId: t.exposeString("sessionId", {
      nullable: true,
      description: "Managed session. Group by SESSION.",
    }),
    userProfileId: t.exposeString("userProfileId", {
      nullable: true,
      description: "User profile. Group by USER_PROFILE.",
    }),
    user: t.field({
      type: User,
      nullable: true,
      description: "Person. Group by USER.",
      resolve: (row, _args, ctx) => personOf(row, ctx),
    }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description: "Workspace. Group by WORKSPACE.",
      resolve: ({ workspaceId }, _args, ctx) =>
        workspaceId === null ? null : workspaceById(ctx, {}).load(workspaceId),
    }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: "API key. Group by API_KEY.",
      resolve: ({ apiKeyId }, _args, ctx) => (apiKeyId === null ? null : apiKeyById(ctx, {}).load(apiKeyId)),
    }),
  }),
});

function personOf(
  { user, accountId, range }: ReportNode<unknown>,
  ctx: Context,
): Person | Promise<Person> | null {
  if (user !== null) return { organization: "ENTERPRISE", ...user, range };
  return accountId === null ? null : personByConsoleId(ctx, { userId: accountId }, range);
}
