import type { Endpoint, KeyKind } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import type { OrganizationKind } from "../organization/directory.ts";

/** The organization a key belongs to. */
export function organizationOf(key: KeyKind): OrganizationKind {
  return key === "enterprise" ? "enterprise" : "console";
}

export const me = ({ organization }: Ledger): Endpoint => ({
  path: "/v1/organizations/me",
  keys: ["enterprise", "admin", "oauth"],
  rateLimit: "lookups",
  parameters: {},
  paging: { style: "object" },
  answer({ key }) {
    const { uuid, name } = organization.directories[organizationOf(key)];
    return { body: { id: uuid, name, type: "organization" } };
  },
});
