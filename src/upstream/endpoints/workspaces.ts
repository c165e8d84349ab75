import type { Workspace as WireWorkspace } from "@anthropic-ai/sdk/resources/organization/workspaces/workspaces";
import type { WorkspaceRow } from "../../domain/organization.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH } from "./coverage.ts";

/** All workspaces, archived ones too, so that old reports keep their names; `default` picks whether the default one is listed. */
export const workspaces = endpoint({
  dataset: "WORKSPACES",
  key: "admin",
  path: "/v1/organizations/workspaces",
  paging: "id",
  pageSize: () => 1000,
  query: (p: { includeDefault: boolean }) => ({ include_archived: true, include_default: p.includeDefault }),
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.lookups,
  rowId: ({ workspaceId }) => workspaceId,
  row: (w: Wire<WireWorkspace>): WorkspaceRow => ({
    workspaceId: w.string("id"),
    name: w.string("name"),
    isDefault: false,
    createdAt: w.instant("created_at"),
    archivedAt: w.instantOrNull("archived_at"),
  }),
});
