import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { isArchived } from "../organization/console.ts";
import type { ServiceAccount } from "../organization/service-accounts.ts";
import type { Organization } from "../organization.ts";

/** Newest first. Only an OAuth token is accepted. */
export const serviceAccounts = ({ organization }: Ledger): Endpoint<ServiceAccount> => ({
  path: "/v1/organizations/service_accounts",
  keys: ["oauth"],
  rateLimit: "lookups",
  parameters: { include_archived: { type: "boolean" } },
  paging: { style: "token", limit: { default: 20, max: 1000 } },
  answer({ query, now }) {
    const rows = organization.console.serviceAccounts
      .filter((account) => query.flag("include_archived") || !isArchived(account, now))
      .toReversed();
    return { rows, render: (account) => wire(organization, account, now) };
  },
});

function wire({ directories }: Organization, account: ServiceAccount, now: Instant) {
  const creator = account.creator === null ? null : directories.console.userId(account.creator);
  const archivedAt = isArchived(account, now) ? account.archivedAt : null;
  const changedAt = archivedAt ?? account.changedAt;
  return {
    id: account.id,
    archived_at: archivedAt === null ? null : timestamp(archivedAt),
    archived_by_actor_id: archivedAt === null ? null : creator,
    created_at: timestamp(account.createdAt),
    created_by_actor_id: creator,
    description: account.description,
    name: account.name,
    organization_role: account.role,
    type: "service_account",
    updated_at: timestamp(changedAt ?? account.createdAt),
    updated_by_actor_id: changedAt === null ? null : creator,
  };
}
