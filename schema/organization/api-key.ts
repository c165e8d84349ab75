import { personByConsoleId } from "../../src/analytics/join.ts";
import { isOfConsole } from "../../src/domain/dataset.ts";
import type { ApiKeyRow } from "../../src/domain/organization.ts";
import type { Person } from "../../src/domain/person.ts";
import { GatewayError } from "../../src/errors.ts";
import { apiKeyById, workspaceById } from "../../src/loaders/console.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { apiKeys } from "../../src/upstream/endpoints/api-keys.ts";
import { requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { ofConsoleMembers } from "../people/member-lookup.ts";
import { User } from "../people/user.ts";
import { ofWorkspaces, Workspace } from "./workspace.ts";

/** Options of a field that looks keys up by id, in the list of all of them. */
const ofApiKeys = {
  sources: ["API_KEYS"],
  requests: () => requestsFor(apiKeys, [{}]),
} as const satisfies FieldPlanOptions;

/** Options of a field that looks up the key of a report: no list has the keys of the Enterprise organization. */
export const ofReportedKeys = {
  ...ofApiKeys,
  requests: ({ source }) => (source === null || isOfConsole(source) ? ofApiKeys.requests() : []),
} as const satisfies FieldPlanOptions;

export const ApiKey = builder.node(builder.objectRef<ApiKeyRow>("ApiKey"), {
  description: "An API key of the Console organization, never its secret.",
  sources: ["API_KEYS"],
  id: { resolve: ({ apiKeyId }) => apiKeyId },
  identifiedBy: ["apiKeyId", "name"],
  lookup: { requests: () => requestsFor(apiKeys, [{}]) },
  requires: ["keys:read"],
  loadOne: nodeLoader("ApiKey", async (id, ctx) => {
    const key = await apiKeyById(ctx, {}).load(id);
    if (key === null) throw new GatewayError("NOT_FOUND", "No API key has this id.", { dataset: "API_KEYS" });
    return key;
  }),
  fields: (t) => ({
    apiKeyId: t.exposeString("apiKeyId", { description: "Its upstream id, `apikey_...`." }),
    name: t.exposeString("name", { description: "Name. Not unique." }),
    status: t.exposeString("status", {
      description: "`active`, `inactive`, `expired` or `archived`; new states may appear.",
    }),
    createdAt: t.field({
      type: "DateTime",
      description: "Creation time.",
      resolve: ({ createdAt }) => dateTime(createdAt),
    }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Expiry time. Null: it never expires.",
      resolve: ({ expiresAt }) => dateTime(expiresAt),
    }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description: "The workspace it belongs to. Null: it belongs to the whole organization.",
      ...ofWorkspaces,
      resolve: ({ workspaceId }, _args, ctx) =>
        workspaceId === null ? null : workspaceById(ctx, {}).load(workspaceId),
    }),
    principal: t.field({
      requires: ["individuals"],
      type: User,
      nullable: true,
      description:
        "The person it acts as. Null: it acts as a service account, or is not bound to an identity.",
      ...ofConsoleMembers,
      resolve: ({ principal }, _args, ctx) => {
        const userId = principal?.userId ?? null;
        return userId === null ? null : personByConsoleId(ctx, { userId });
      },
    }),
    serviceAccountId: t.string({
      nullable: true,
      description:
        "Id of the service account it acts as. Null: it acts as a person, or is not bound to an identity. Upstream gives the names of service accounts only to OAuth tokens; this gateway uses keys.",
      resolve: ({ principal }) => principal?.serviceAccountId ?? null,
    }),
    principalType: t.string({
      nullable: true,
      description:
        "The kind of identity it acts as, such as `user` or `service_account`; new kinds may appear. Null: it is not bound to an identity.",
      resolve: ({ principal }) => principal?.type ?? null,
    }),
    creatorType: t.string({
      nullable: true,
      description:
        "The kind of identity that created it, `user` or `service_account`; new kinds may appear. Null: not recorded.",
      resolve: ({ createdBy }) => createdBy?.type ?? null,
    }),
    createdBy: t.field({
      requires: ["individuals"],
      type: User,
      nullable: true,
      description: "The person who created it. Null: not recorded, or created by a service account.",
      ...ofConsoleMembers,
      resolve: ({ createdBy }, _args, ctx): Promise<Person> | null =>
        createdBy?.type === "user" ? personByConsoleId(ctx, { userId: createdBy.id }) : null,
    }),
  }),
});
