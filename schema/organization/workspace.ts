import type { WorkspaceRow } from "../../src/domain/organization.ts";
import { GatewayError } from "../../src/errors.ts";
import { workspaceById } from "../../src/loaders/console.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { workspaces } from "../../src/upstream/endpoints/workspaces.ts";
import { type FieldRequests, requestsFor } from "../../src/upstream/plan.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";

/** Options of a field that looks workspaces up by id: what is the default one shows where two lists differ. */
export const ofWorkspaces = {
  sources: ["WORKSPACES"],
  requests: workspaceLists,
} as const satisfies FieldPlanOptions;

function workspaceLists(): FieldRequests {
  return requestsFor(workspaces, [{ includeDefault: true }, { includeDefault: false }]);
}

export const Workspace = builder.node(builder.objectRef<WorkspaceRow>("Workspace"), {
  description: "A workspace of the Console organization.",
  sources: ["WORKSPACES"],
  id: { resolve: ({ workspaceId }) => workspaceId },
  identifiedBy: ["workspaceId", "name"],
  lookup: { requests: workspaceLists },
  requires: ["keys:read"],
  loadOne: nodeLoader("Workspace", async (id, ctx) => {
    const workspace = await workspaceById(ctx, {}).load(id);
    if (workspace === null)
      throw new GatewayError("NOT_FOUND", "No workspace has this id.", { dataset: "WORKSPACES" });
    return workspace;
  }),
  fields: (t) => ({
    workspaceId: t.exposeString("workspaceId", {
      nullable: true,
      description: "Its upstream id, `wrkspc_...`.",
    }),
    name: t.exposeString("name", { description: "Name." }),
    isDefault: t.exposeBoolean("isDefault", {
      description: "True if it is the organization's default workspace.",
    }),
    createdAt: t.field({
      type: "DateTime",
      description: "Creation time.",
      resolve: ({ createdAt }) => dateTime(createdAt),
    }),
    archivedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time of archiving. Null: not archived.",
      resolve: ({ archivedAt }) => dateTime(archivedAt),
    }),
  }),
});
