import type { APIKey } from "@anthropic-ai/sdk/resources/organization/api-keys";
import type { ApiKeyRow } from "../../domain/organization.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH } from "./coverage.ts";

/** Both versions of the scope; the older one said `workspace_id`, null for the default workspace. */
type WireKey = APIKey & { workspace_id?: string | null };
type Scope = { type: string; workspace_id: string };
/** One of the two ids is there, by the type. */
type Principal = { type: string; user_id: string; service_account_id: string };

/** All API keys by whatever state. There is no look-up of several by id, so all are listed and indexed. */
export const apiKeys = endpoint({
  dataset: "API_KEYS",
  key: "admin",
  path: "/v1/organizations/api_keys",
  paging: "id",
  pageSize: () => 1000,
  query: (_: Record<never, never>) => ({}),
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.lookups,
  rowId: ({ apiKeyId }) => apiKeyId,
  pseudonymous: (keys, pseudonyms) =>
    keys.map(({ createdBy, principal, ...key }) => ({
      ...key,
      createdBy: createdBy && {
        ...createdBy,
        id: isOfPerson(createdBy.id) ? pseudonyms.id(createdBy.id, "user") : createdBy.id,
      },
      principal: principal && {
        ...principal,
        userId: principal.userId && pseudonyms.id(principal.userId, "user"),
      },
    })),
  row: (w: Wire<WireKey>): ApiKeyRow => {
    const scope = w.atOrNull("scope") as Wire<Scope> | null;
    const creator = w.atOrNull("created_by");
    const principal = w.atOrNull("principal") as Wire<Principal> | null;
    return {
      apiKeyId: w.string("id"),
      name: w.string("name"),
      status: w.string("status"),
      workspaceId: scope === null ? w.stringOrNull("workspace_id") : scope.stringOrNull("workspace_id"),
      createdBy: creator && { type: creator.string("type"), id: creator.string("id") },
      principal: principal && {
        type: principal.string("type"),
        userId: principal.stringOrNull("user_id"),
        serviceAccountId: principal.stringOrNull("service_account_id"),
      },
      createdAt: w.instant("created_at"),
      expiresAt: w.instantOrNull("expires_at"),
    };
  },
});

/** Whatever it is not known to be of can be a person's. */
function isOfPerson(id: string): boolean {
  return !id.startsWith("svac_");
}
