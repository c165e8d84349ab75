import type { Dataset } from "../domain/dataset.ts";
import type { NamedOrganization, Tenant } from "../domain/organization.ts";
import { DATASET_ENDPOINTS } from "./dataset-endpoints.ts";
import { type KeyFamily, ORGANIZATION_OF_KEY } from "./endpoint.ts";
import { notConfigured } from "./pages/address.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Decorates the upstream for callers who may read only some of its organizations. The others answer as if the gateway had no key of
 * them, so that a caller does not learn that they exist.
 */
export function limitedUpstream(upstream: Upstream, organizations: readonly NamedOrganization[]): Upstream {
  const tenant: Tenant = { ...upstream.tenant, organizations };
  const isReadable = (key: KeyFamily) => organizations.some(({ kind }) => kind === ORGANIZATION_OF_KEY[key]);
  const isReadableDataset = (dataset: Dataset) => isReadable(DATASET_ENDPOINTS[dataset].key);
  const admit = ({ key, dataset }: { readonly key: KeyFamily; readonly dataset: Dataset }) => {
    if (!isReadable(key)) throw notConfigured(key, dataset, tenant);
  };
  const overrides: Partial<Upstream> = {
    tenant,
    async *pages(endpoint, params, from = null) {
      admit(endpoint);
      yield* upstream.pages(endpoint, params, from);
    },
    async kept(endpoint, params) {
      admit(endpoint);
      return upstream.kept(endpoint, params);
    },
    onlyPages(endpoint, questions) {
      return isReadable(endpoint.key) ? upstream.onlyPages(endpoint, questions) : null;
    },
    async peek(endpoint, params, token) {
      admit(endpoint);
      return upstream.peek(endpoint, params, token);
    },
    async rowsInColumns(endpoint, params) {
      admit(endpoint);
      return upstream.rowsInColumns(endpoint, params);
    },
    async stored(endpoint, params) {
      admit(endpoint);
      return upstream.stored(endpoint, params);
    },
    async availability(endpoint, requests) {
      admit(endpoint);
      return upstream.availability(endpoint, requests);
    },
    recording(endpoint) {
      admit(endpoint);
      return upstream.recording(endpoint);
    },
    has: (key) => isReadable(key) && upstream.has(key),
    async prove(key) {
      if (isReadable(key)) await upstream.prove(key);
    },
    isForeign: (key) => isReadable(key) && upstream.isForeign(key),
    needsProof: async (endpoint) => isReadable(endpoint.key) && upstream.needsProof(endpoint),
    accessStatus: (dataset) => (isReadableDataset(dataset) ? upstream.accessStatus(dataset) : null),
    attempt: async (dataset, ask) => (isReadableDataset(dataset) ? upstream.attempt(dataset, ask) : ask()),
  };
  return Object.assign(Object.create(upstream) as Upstream, overrides);
}
