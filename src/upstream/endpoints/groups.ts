import type { RBACGroupMember } from "@anthropic-ai/sdk/resources/organization/rbac-groups/members";
import type { RBACGroup } from "@anthropic-ai/sdk/resources/organization/rbac-groups/rbac-groups";
import type { GroupMember, GroupRow } from "../../domain/group.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { segment } from "../pages/path.ts";
import { FRESH } from "./coverage.ts";
import { byPseudonym } from "./pseudonymous.ts";

const lookup = {
  key: "analytics",
  scope: "read:rbac_groups",
  paging: "token",
  pageSize: () => 1000,
  rangeOf: () => null,
  coverage: null,
  subject: "live",
} as const;

/** The older spelling is read where the newer one is missing. */
type WireGroup = RBACGroup & { roles?: string[] | null };

/** All groups there are; deleted ones are not among them. Source: Admin API, "List RBAC Groups". */
export const groups = endpoint({
  dataset: "GROUPS",
  ...lookup,
  path: "/v1/organizations/rbac_groups",
  query: (_: Record<never, never>) => ({}),
  freshSeconds: FRESH.reports, // roles can be unreadable for a moment; that should not be remembered for a day
  rowId: ({ groupId }) => groupId,
  row: (w: Wire<WireGroup>): GroupRow => ({
    groupId: w.string("id"),
    name: w.string("name"),
    source: w.string("source_type"),
    roleIds: w.stringsOrNull(w.has("role_ids") ? "role_ids" : "roles"),
    createdAt: w.instant("created_at"),
    updatedAt: w.instant("updated_at"),
  }),
});

/**
 * Members of one group, oldest first; pages run short, since people who left are dropped after paging. Rows repeat the group's
 * id under either of two names; the question has it already. Source: Admin API, "List RBAC Group Members".
 */
export const groupMembers = endpoint({
  dataset: "GROUP_MEMBERS",
  ...lookup,
  path: (p: { groupId: string }) => `/v1/organizations/rbac_groups/${segment(p.groupId)}/members`,
  query: () => ({}),
  freshSeconds: FRESH.lookups,
  rowId: ({ userId }) => userId,
  pseudonymous: (members, pseudonyms) =>
    byPseudonym(
      members.map((member) => ({
        ...member,
        userId: pseudonyms.id(member.userId, "user"),
        email: pseudonyms.address(member.email),
      })),
      ({ userId }) => userId,
    ),
  row: (w: Wire<RBACGroupMember>): GroupMember => ({
    userId: w.string("user_id"),
    email: w.string("email"),
    joinedAt: w.instant("created_at"),
  }),
});
