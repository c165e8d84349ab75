import { timestamp } from "../calendar.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import type { Invite } from "../organization/invites.ts";
import { organizationOf } from "./me.ts";
import { sameMailbox } from "./users.ts";

/** Newest first; withdrawn ones are left out. */
export const invites = ({ organization }: Ledger): Endpoint<Invite> => ({
  path: "/v1/organizations/invites",
  keys: ["enterprise", "admin", "oauth"],
  scope: "read:members",
  rateLimit: "lookups",
  parameters: {
    email: { type: "text" },
    "roles[]": { type: "list" },
    "statuses[]": { type: "list", values: ["accepted", "expired", "pending"] },
  },
  paging: { style: "id", limit: { default: 20, max: 1000 } },
  answer({ query, key, now }) {
    const email = query.text("email");
    const roles = query.list("roles[]");
    const statuses = query.list("statuses[]");
    const rows = organization.invites[organizationOf(key)].sent(now).filter((invite) => {
      if (invite.status === "deleted") return false;
      if (statuses.length > 0 && !statuses.includes(invite.status)) return false;
      if (roles.length > 0 && !roles.includes(invite.role)) return false;
      return email === undefined || sameMailbox(invite.email, email);
    });
    return { rows, render: wire, id: ({ id }) => id };
  },
});

/** Withdrawn ones can still be read by id. */
export const invite = ({ organization }: Ledger): Endpoint => ({
  path: "/v1/organizations/invites/{invite_id}",
  keys: ["enterprise", "admin", "oauth"],
  scope: "read:members",
  rateLimit: "lookups",
  parameters: {},
  paging: { style: "object" },
  answer({ path, key, now }) {
    const found = organization.invites[organizationOf(key)].sent(now).find(({ id }) => id === path.invite_id);
    if (found === undefined) throw new Refusal(404, `No such invite: ${path.invite_id}`);
    return { body: wire(found) };
  },
});

function wire({ id, acceptedAt, email, expiresAt, invitedAt, groupIds, role, status }: Invite) {
  return {
    id,
    accepted_at: acceptedAt === null ? null : timestamp(acceptedAt),
    email,
    expires_at: timestamp(expiresAt),
    invited_at: timestamp(invitedAt),
    rbac_group_ids: groupIds,
    role,
    status,
    type: "invite",
  };
}
