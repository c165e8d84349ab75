import type { Relations } from "../../src/analytics/analysis/relations.ts";
import { childName } from "../../src/analytics/children.ts";
import { personByConsoleId } from "../../src/analytics/join.ts";
import type { ReportFigure } from "../../src/analytics/report-analysis.ts";
import type { Context } from "../../src/context.ts";
import type { ReportUser } from "../../src/domain/bucket.ts";
import { isOfConsole } from "../../src/domain/dataset.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import type { Person } from "../../src/domain/person.ts";
import type { Dimension } from "../../src/domain/report.ts";
import type { Team } from "../../src/domain/team.ts";
import { apiKeyById, workspaceById } from "../../src/loaders/console.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { consoleMembers } from "../../src/upstream/endpoints/members.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import { splitBy } from "../framework/selection.ts";
import { RUNNING_TOTAL, SeriesRow, SHARE } from "../framework/series.ts";
import { ApiKey, ofReportedKeys } from "../organization/api-key.ts";
import { ofWorkspaces, Workspace } from "../organization/workspace.ts";
import { Actor } from "../people/actor.ts";
import { Group, groupOf, ofGroups } from "../people/group.ts";
import { ofMembers } from "../people/member-lookup.ts";
import {
  AccountStatusEnum,
  emailOfReported,
  nameOfReported,
  statusOfReported,
} from "../people/reported-person.ts";
import { User } from "../people/user.ts";

/** Description of every share of a report. */
export const SHARE_OF_REPORT = `${SHARE} Rows that omit some usage add up to less, and rows that count people in several groups to more. Takes the requests of \`total\`. Null: the total is zero, or not measured.`;

/** Description of every running total of a report. */
export const RUNNING_TOTAL_OF_REPORT = `${RUNNING_TOTAL} Reads the whole range. Null: rows with an identity that upstream hides.`;

/** A row of a report with its organization and the totals it can be related to. */
export type ReportNode<Measure> = ReportFigure<Measure> & {
  readonly organization: OrganizationKind;
  readonly groupedBy: readonly Dimension[];
  readonly relations: Relations<ReportFigure<Measure>, Measure>;
};

/** Options of a field that names a person: the Console's reports do so by id alone. */
const ofConsoleNames = {
  sources: ["CONSOLE_MEMBERS"],
  requests: ({ source }) => (isOfConsole(source) ? requestsFor(consoleMembers, [{}]) : []),
} as const satisfies FieldPlanOptions;

/** Fields that every bucket has: its span and its dimensions. */
export const Bucketed = builder.interfaceRef<ReportNode<unknown>>("ReportBucket").implement({
  description:
    "One group in one time bucket of a report. A dimension is null where the group has no value, and, with a warning, where rows are not grouped by it.",
  interfaces: [SeriesRow],
  fields: (t) => ({
    isRemainder: t.exposeBoolean("isRemainder", {
      description:
        "True if the row stands for usage that upstream left out: all groups beyond a bucket's hundred largest, or by TEAM usage without a person, which a per-person report lacks.",
    }),
    childOrganization: t.string({
      ...splitBy(
        "ORGANIZATION",
        "Child organization of the usage: the name that the operator gives it, otherwise its id.",
      ),
      resolve: ({ organizationId }, _args, ctx) => organizationId && childName(ctx, organizationId),
    }),
    childOrganizationId: t.exposeString(
      "organizationId",
      splitBy("ORGANIZATION", "Upstream id of the child organization, a UUID."),
    ),
    product: t.exposeString("product", splitBy("PRODUCT", "Product, such as `chat`; new names may appear.")),
    model: t.exposeString("model", splitBy("MODEL", "Model.")),
    contextWindow: t.exposeString("contextWindow", splitBy("CONTEXT_WINDOW", "Context-window price tier.")),
    inferenceGeo: t.exposeString(
      "inferenceGeo",
      splitBy("INFERENCE_GEO", "Inference region. Null: not set."),
    ),
    speed: t.exposeString("speed", splitBy("SPEED", "`fast` or `standard`.")),
    serviceTier: t.exposeString("serviceTier", splitBy("SERVICE_TIER", "Service tier.")),
    groupId: t.exposeString(
      "groupId",
      splitBy("GROUP", "RBAC group. People in several groups count fully in each."),
    ),
    group: t.field({
      type: Group,
      ...splitBy(
        "GROUP",
        "RBAC group on the day of use. People in several groups count fully in each. Null: people without a group.",
      ),
      ...ofGroups,
      resolve: ({ groupId }, _args, ctx) => (groupId === null ? null : groupOf(ctx, groupId)),
    }),
    slackChannelId: t.exposeString(
      "slackChannelId",
      splitBy("SLACK_CHANNEL", "Slack channel; null outside Slack."),
    ),
    claudeTagCategory: t.exposeString(
      "claudeTagCategory",
      splitBy("CLAUDE_TAG_CATEGORY", "Kind of Claude Tag usage, such as `dm`; null outside Claude Tag."),
    ),
    claudeTagUserId: t.exposeString(
      "claudeTagUserId",
      splitBy("CLAUDE_TAG_USER", "Slack user behind Claude Tag usage, not a Claude user id."),
    ),
    serviceAccountId: t.exposeString(
      "serviceAccountId",
      splitBy(
        "SERVICE_ACCOUNT",
        "Service account, `svac_...`, by id only: upstream gives its name only to OAuth tokens.",
      ),
    ),
    actor: t.field({
      requires: ["individuals"],
      type: Actor,
      ...splitBy(
        "ACTOR",
        "The identity that the usage is attributed to. Null: no identity, or upstream hides it.",
      ),
      resolve: ({ actor, organization }) => actor && { ...actor, organization },
    }),
    actorType: t.exposeString(
      "actorType",
      splitBy("ACTOR_TYPE", "Kind of identity, such as `user_actor`; new kinds may appear."),
    ),
    agentId: t.exposeString("agentId", splitBy("AGENT", "Managed agent.")),
    deploymentId: t.exposeString(
      "deploymentId",
      splitBy("DEPLOYMENT", "Deployment that started the managed session."),
    ),
    environmentId: t.exposeString(
      "environmentId",
      splitBy("ENVIRONMENT", "Environment of the managed session."),
    ),
    sessionId: t.exposeString("sessionId", splitBy("SESSION", "Managed session.")),
    userProfileId: t.exposeString("userProfileId", splitBy("USER_PROFILE", "User profile.")),
    team: t.string({
      ...splitBy(
        "TEAM",
        "Current name of the team, for any range. Null in two rows: people without a team (`isUnassigned`), and usage without a person, such as service accounts, keys and unattributed usage.",
      ),
      resolve: ({ team }) => teamOf(team)?.name ?? null,
    }),
    teamId: t.string({
      ...splitBy(
        "TEAM",
        "Id of the team: the id of the RBAC group, or the name if the operator lists the teams. Null if `team` is null.",
      ),
      resolve: ({ team }) => teamOf(team)?.teamId ?? null,
    }),
    costCentre: t.string({
      ...splitBy("TEAM", "Cost centre of the team. Null: `team` is null, or no cost centre is stated."),
      resolve: ({ team }) => teamOf(team)?.costCentre ?? null,
    }),
    isUnassigned: t.boolean({
      ...splitBy("TEAM", "True if the row stands for people without a team."),
      resolve: ({ team }) => team?.kind === "unassigned",
    }),
    user: t.field({
      requires: ["individuals"],
      type: User,
      ...splitBy("USER", "Person."),
      ...ofConsoleNames,
      resolve: (row, _args, ctx) => personOf(row, ctx),
    }),
    email: t.string({
      requires: ["identity:read", "pseudonyms"],
      ...splitBy(
        "USER",
        "The person's address, as the report shows it, also of people who have left. Null for erased accounts.",
      ),
      ...ofConsoleNames,
      resolve: reported(emailOfReported),
    }),
    name: t.string({
      requires: ["identity:read", "pseudonyms"],
      ...splitBy(
        "USER",
        "The person's name from the member list, otherwise from the report, also for people who have left.",
      ),
      ...ofMembers,
      resolve: reported(nameOfReported),
    }),
    accountStatus: t.field({
      requires: ["identity:read"],
      type: AccountStatusEnum,
      ...splitBy("USER", "Status of the person's account, from the member list and the report."),
      ...ofMembers,
      resolve: reported(statusOfReported),
    }),
    workspace: t.field({
      requires: ["keys:read"],
      type: Workspace,
      ...splitBy("WORKSPACE", "Workspace."),
      ...ofWorkspaces,
      resolve: ({ workspaceId }, _args, ctx) =>
        workspaceId === null ? null : workspaceById(ctx, {}).load(workspaceId),
    }),
    apiKey: t.field({
      requires: ["keys:read"],
      type: ApiKey,
      ...splitBy(
        "API_KEY",
        "API key of the Console organization. Null for other keys, which no look-up lists.",
      ),
      ...ofReportedKeys,
      resolve: ({ apiKeyId, organization }, _args, ctx) =>
        apiKeyId === null || organization !== "CONSOLE" ? null : apiKeyById(ctx, {}).load(apiKeyId),
    }),
    apiKeyId: t.exposeString("apiKeyId", {
      requires: ["keys:read"],
      ...splitBy(
        "API_KEY",
        "Upstream id of the API key, `apikey_...`. Null: usage without a key. Names of keys of the Enterprise organization are not available.",
      ),
    }),
  }),
});

function teamOf(team: ReportNode<unknown>["team"]): Team | null {
  return team?.kind === "team" ? team.team : null;
}

function personOf({ user, accountId }: ReportNode<unknown>, ctx: Context): Person | Promise<Person> | null {
  if (user !== null) return { organization: "ENTERPRISE", userId: user.userId };
  return accountId === null ? null : personByConsoleId(ctx, { userId: accountId });
}

/** The person as the row states them: the Console names people by id alone. */
function reported<Said>(
  of: (ctx: Context, organization: OrganizationKind, user: ReportUser) => Promise<Said>,
) {
  return async ({ user, accountId }: ReportNode<unknown>, _args: object, ctx: Context) => {
    if (user !== null) return of(ctx, "ENTERPRISE", user);
    return accountId === null ? null : of(ctx, "CONSOLE", { userId: accountId });
  };
}
