import { LRUCache } from "lru-cache";
import { Ledger } from "../src/sandbox/ledger.ts";
import {
  createOrganization,
  type Organization,
  type OrganizationOptions,
} from "../src/sandbox/organization.ts";

const organizations = new LRUCache<string, Organization>({ max: 8 });
const ledgers = new WeakMap<Organization, Ledger>();

/** Returns the simulated organization of a seed; the tests of a worker share it, since nothing changes it. */
export function simulated({ users, seed }: OrganizationOptions): Organization {
  const key = `${seed}/${users}`;
  const organization = organizations.get(key) ?? createOrganization({ users, seed });
  organizations.set(key, organization);
  return organization;
}

/** Returns the base table of an organization; whoever reads it gets the same facts. */
export function ledgerOf(organization: Organization): Ledger {
  const ledger = ledgers.get(organization) ?? new Ledger(organization);
  ledgers.set(organization, ledger);
  return ledger;
}
