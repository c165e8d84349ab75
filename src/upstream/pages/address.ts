import type { ClosedReason, Dataset } from "../../domain/dataset.ts";
import { organizationName, type Tenant } from "../../domain/organization.ts";
import { GatewayError } from "../../errors.ts";
import type { Credential, Credentials } from "../access/credential.ts";
import type { BudgetBucket } from "../budget/budget.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY, VARIABLE_OF_KEY } from "../endpoint.ts";
import { canonicalPath } from "./path.ts";

/** One page of one question. */
export interface PageQuestion<P, Row> {
  readonly endpoint: Endpoint<P, Row>;
  readonly params: P;
  /** Null: the first page. */
  readonly token: string | null;
}

/** The key and path that request a page, and the cache key that stores it. */
export interface PageAddress {
  readonly credential: Credential;
  readonly path: string;
  readonly key: string;
}

export interface AddressOptions {
  /** The tenant of the credentials; absent where the operator has named no organizations. */
  readonly tenant?: Tenant;
  readonly credentials: Credentials;
  readonly baseUrl: URL;
}

/** Endpoints by what decides the key, and the rate limit its requests count against. */
export type KeyedEndpoint = Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject" | "rateLimit">;

/** Computes the address of a page. Throws NOT_CONFIGURED without a key. */
export function addressOf<P, Row>(
  options: AddressOptions,
  { endpoint, params, token }: PageQuestion<P, Row>,
): PageAddress {
  const credential = credentialFor(options, endpoint);
  const path = canonicalPath(endpoint, params, token);
  // Keys differ in what they may read, so a page is stored per key.
  return { credential, path, key: `${credential.fingerprint} ${options.baseUrl.href} ${path}` };
}

/** Names the rate limit that requests to an endpoint count against. Throws NOT_CONFIGURED without a key. */
export function bucketOf(options: AddressOptions, endpoint: KeyedEndpoint): BudgetBucket {
  return {
    organization: organizationOf(options, credentialFor(options, endpoint)),
    family: endpoint.rateLimit ?? (endpoint.subject === "live" ? "lookups" : "analytics"),
  };
}

/** Names the rate limits of every key. */
export function bucketsOf(options: AddressOptions): readonly (BudgetBucket & { readonly key: KeyFamily })[] {
  return (["analytics", "admin"] as const).flatMap((key) => {
    const credential = options.credentials[key];
    if (credential === null) return [];
    const organization = organizationOf(options, credential);
    return FAMILIES[key].map((family) => ({ key, organization, family }));
  });
}

/** The rate limits that requests with a key count against. */
const FAMILIES: Readonly<Record<KeyFamily, readonly BudgetBucket["family"][]>> = {
  analytics: ["analytics", "lookups", "spendLimits"],
  admin: ["analytics", "lookups"],
};

function organizationOf({ baseUrl }: AddressOptions, { fingerprint }: Credential): string {
  return `${fingerprint} ${baseUrl.href}`;
}

/** Returns the key for a dataset. Throws NOT_CONFIGURED without one. */
export function credentialFor(
  { credentials, tenant }: AddressOptions,
  { key, dataset }: Pick<KeyedEndpoint, "key" | "dataset">,
): Credential {
  const credential = credentials[key];
  if (credential !== null) return credential;
  throw notConfigured(key, dataset, tenant);
}

/** Returns the error for a dataset that is read with a key which the gateway does not have. */
export function notConfigured(key: KeyFamily, dataset: Dataset, tenant: Tenant | undefined): GatewayError {
  return new GatewayError("NOT_CONFIGURED", whyWithoutKey(key, dataset, tenant), {
    dataset,
    reason: "NO_KEY" satisfies ClosedReason,
  });
}

function whyWithoutKey(key: KeyFamily, dataset: Dataset, tenant: Tenant | undefined): string {
  if (tenant === undefined || tenant.name === null)
    return `This gateway has no key for ${dataset}; its operator can set ${VARIABLE_OF_KEY[key]}.`;
  const kind = ORGANIZATION_OF_KEY[key];
  // Of a tenant that a caller may read in part, these are the organizations that the caller may read.
  const [only] = tenant.organizations;
  if (only === undefined)
    return `No organization that you may read has ${dataset}; \`organizations\` lists those that you may read.`;
  return tenant.organizations.some((each) => each.kind === kind)
    ? `This gateway has no key for ${dataset} of \`${organizationName(tenant, kind)}\`; its operator can set the one that ORGANIZATIONS_FILE names.`
    : `No organization that you may read has ${dataset}: \`${only.name}\` is another kind of organization.`;
}
