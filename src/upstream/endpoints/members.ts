import type { OrganizationUser } from "@anthropic-ai/sdk/resources/organization/users";
import type { Member } from "../../domain/organization.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH } from "./coverage.ts";

const members = {
  path: "/v1/organizations/users",
  isOfBothKinds: true,
  paging: "id",
  pageSize: () => 1000,
  query: (_: Record<never, never>) => ({}),
  rangeOf: () => null,
  coverage: null,
  subject: "live",
  freshSeconds: FRESH.lookups,
  rowId: ({ userId }: Member) => userId,
  pseudonymous: (rows: readonly Member[], pseudonyms: Pseudonyms): readonly Member[] =>
    rows.map((member) => ({
      ...member,
      userId: pseudonyms.id(member.userId, "user"),
      email: pseudonyms.address(member.email),
      name: pseudonyms.name(member.userId),
    })),
  row: (w: Wire<OrganizationUser>): Member => ({
    userId: w.string("id"),
    email: w.string("email"),
    name: w.string("name"),
    role: w.string("role"),
    addedAt: w.instant("added_at"),
  }),
} as const;

/** Current members, newest first; people who left are not among them. The same path answers for the organization of the key. */
export const enterpriseMembers = endpoint({
  ...members,
  dataset: "ENTERPRISE_MEMBERS",
  key: "analytics",
  scope: "read:members",
});
export const consoleMembers = endpoint({ ...members, dataset: "CONSOLE_MEMBERS", key: "admin" });
