import { timestamp } from "../calendar.ts";
import { type Endpoint, Refusal, type Request } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import type { ApiKey } from "../organization/console.ts";
import type { Organization } from "../organization.ts";

export const apiKeys = ({ organization }: Ledger): Endpoint<ApiKey> => ({
  path: "/v1/organizations/api_keys",
  keys: ["admin", "oauth"],
  rateLimit: "lookups",
  parameters: {
    status: { type: "text", values: ["active", "archived", "expired", "inactive"] },
    workspace_id: { type: "text" },
    created_by_user_id: { type: "text" },
  },
  paging: { style: "id", limit: { default: 20, max: 1000 } },
  answer({ query, version }) {
    const status = query.text("status");
    const workspace = query.text("workspace_id");
    const creator = query.text("created_by_user_id");
    const rows = organization.console.apiKeys.filter((key) => {
      if (status !== undefined && key.status !== status) return false;
      if (workspace !== undefined && key.workspace?.id !== workspace) return false;
      return creator === undefined || createdBy(organization, key)?.id === creator;
    });
    return { rows, render: (key) => wire(organization, key, version), id: ({ id }) => id };
  },
});

export const apiKey = ({ organization }: Ledger): Endpoint => ({
  path: "/v1/organizations/api_keys/{api_key_id}",
  keys: ["admin", "oauth"],
  rateLimit: "lookups",
  parameters: {},
  paging: { style: "object" },
  answer({ path, version }) {
    const found = organization.console.apiKeys.find(({ id }) => id === path.api_key_id);
    if (found === undefined) throw new Refusal(404, `No such API key: ${path.api_key_id}`);
    return { body: wire(organization, found, version) };
  },
});

function createdBy({ directories }: Organization, { createdBy: creator }: ApiKey) {
  if (creator === null) return null;
  return "person" in creator
    ? { id: directories.console.userId(creator.person), type: "user" }
    : { id: creator.serviceAccount.id, type: "service_account" };
}

function wire(organization: Organization, key: ApiKey, version: Request["version"]) {
  const { workspace } = key;
  return {
    id: key.id,
    created_at: timestamp(key.createdAt),
    created_by: createdBy(organization, key),
    expires_at: key.expiresAt === null ? null : timestamp(key.expiresAt),
    name: key.name,
    partial_key_hint: key.hint,
    principal:
      key.actsAs === null ? null : { type: "service_account_actor", service_account_id: key.actsAs.id },
    scope: workspace === null ? { type: "organization" } : { type: "workspace", workspace_id: workspace.id },
    status: key.status,
    type: "api_key",
    // Gone in 2026-10-21; the default workspace read null.
    ...(version === "2023-06-01"
      ? { workspace_id: workspace === null || workspace.isDefault ? null : workspace.id }
      : {}),
  };
}
