import { organizationName, type Tenant } from "../domain/organization.ts";
import { Access } from "./access/access.ts";
import { KeyOrganizations, type KeyOrganizationsOptions } from "./access/key-organizations.ts";
import { KeyProofs } from "./access/key-proofs.ts";
import { Budget, type BudgetOptions } from "./budget/budget.ts";
import { Operation, type OperationOptions } from "./budget/operation.ts";
import { type Endpoint, ORGANIZATION_OF_KEY } from "./endpoint.ts";
import type { HttpAnswer } from "./http/attempt.ts";
import { Outages, type OutagesOptions } from "./http/outages.ts";
import type { UpstreamState } from "./observer.ts";
import { operationUpstream } from "./operation-upstream.ts";
import { bucketOf, bucketsOf } from "./pages/address.ts";
import { BackgroundWrites } from "./pages/background-writes.ts";
import { Pages, type PagesOptions } from "./pages/pages.ts";
import { Sizes } from "./pages/sizes.ts";
import type { Upstream } from "./upstream.ts";

export interface UpstreamOptions
  extends Omit<PagesOptions, "access" | "budget" | "organizations" | "outages" | "writes">,
    OutagesOptions,
    BudgetOptions,
    Pick<KeyOrganizationsOptions, "areKeysProven"> {
  readonly tenant: Tenant;
  /** The most requests one operation may make. */
  readonly maxRequests: number;
}

/** Creates the upstream of a tenant, which all operations of a process share. */
export function createUpstream(options: UpstreamOptions): UpstreamState & {
  /** The upstream as an operation sees it, which may read other tenants as well. */
  operation(operation: Operation): Upstream;
  /** Key of the organization behind an endpoint in a store. Throws NOT_CONFIGURED without a key. */
  organizationOf(
    endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject" | "rateLimit">,
  ): string;
  /** Makes one request and returns its response as it came. Throws what a client would see. */
  answer<P, Row>(asker: OperationOptions, endpoint: Endpoint<P, Row>, params: P): Promise<HttpAnswer>;
  /** Resolves once all pages are stored that answers were made from. */
  stored(): Promise<void>;
} {
  const access = new Access(options.now);
  const sizes = new Sizes(options.now);
  const budget = new Budget(options);
  const organizations = new KeyOrganizations(options);
  const outages = new Outages(options, options.pace.now);
  const writes = new BackgroundWrites(options.onFault);
  const reader = new Pages({ ...options, access, budget, organizations, outages, writes });
  const proofs = new KeyProofs({ ...options, access, organizations, source: reader.source });
  const shared = { ...options, access, budget, organizations, proofs, reader, sizes };
  return {
    tenant: options.tenant,
    answer: (asker, endpoint, params) => reader.source.answer(new Operation(1, asker), endpoint, params),
    stored: () => writes.finished(),
    budgets: () =>
      Promise.all(
        bucketsOf(options).map(async ({ key, ...bucket }) => {
          const { limit, left } = await budget.availability(bucket, 0);
          const organization = organizationName(options.tenant, ORGANIZATION_OF_KEY[key]);
          return { organization, family: bucket.family, limit, left };
        }),
      ),
    accessStatus: (dataset) => access.accessStatus(dataset),
    organizationOf: (endpoint) => bucketOf(options, endpoint).organization,
    operation: (operation) => operationUpstream(operation, shared),
  };
}
