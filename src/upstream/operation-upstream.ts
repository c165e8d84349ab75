import type { Tenant } from "../domain/organization.ts";
import type { Access } from "./access/access.ts";
import type { KeyOrganizations } from "./access/key-organizations.ts";
import type { KeyProofs } from "./access/key-proofs.ts";
import type { Budget } from "./budget/budget.ts";
import type { Operation } from "./budget/operation.ts";
import { type AddressOptions, bucketOf } from "./pages/address.ts";
import { onlyPages, type PageRunOptions, pageRun } from "./pages/page-run.ts";
import type { Upstream } from "./upstream.ts";

/** State that operations share. */
interface Shared extends AddressOptions, PageRunOptions {
  readonly tenant: Tenant;
  readonly access: Access;
  readonly budget: Budget;
  readonly organizations: KeyOrganizations;
  readonly proofs: KeyProofs;
  readonly maxRequests: number;
}

/** Returns the upstream as one operation sees it. */
export function operationUpstream(operation: Operation, shared: Shared): Upstream {
  const { tenant, access, budget, credentials, maxRequests, organizations, proofs, reader, sizes } = shared;
  return {
    tenant,
    async *pages(endpoint, params, from = null) {
      operation.datasets.add(endpoint.dataset);
      try {
        await proofs.admit(operation, endpoint);
        yield* pageRun(shared, operation, endpoint, params, from);
      } catch (fault) {
        operation.dependOn(null); // a field can answer without these pages, and the next request may succeed
        throw fault;
      }
    },
    onlyPages(endpoint, questions) {
      if (!proofs.needsNone(endpoint)) return null;
      const pages = onlyPages(shared, operation, endpoint, questions);
      if (pages !== null) operation.datasets.add(endpoint.dataset);
      return pages;
    },
    async kept(endpoint, params) {
      await proofs.admit(operation, endpoint);
      const page = await operation.wait(reader.stored.peek({ endpoint, params, token: null }));
      if (page?.state !== "FINAL") return null;
      operation.usage.cacheHits++;
      operation.datasets.add(endpoint.dataset);
      operation.use(page, reader.validityOf(page));
      return page;
    },
    peek(endpoint, params, token) {
      const question = { endpoint, params, token };
      const held = operation.signal.aborted ? undefined : reader.stored.atHand(question);
      if (held !== undefined) return operation.accepts(held) ? held : null;
      return operation
        .wait(reader.stored.peek(question))
        .then((page) => (page !== null && operation.accepts(page) ? page : null));
    },
    rowsInColumns: async (endpoint, params) =>
      (await operation.wait(reader.columns.find(endpoint, params, operation)))?.rows ?? null,
    availability: (endpoint, requests) =>
      budget.availability(bucketOf(shared, endpoint), requests, operation.priority),
    left: async () =>
      operation.bucket === null ? null : (await budget.availability(operation.bucket, 0)).left,
    has: (key) => credentials[key] !== null,
    prove: (key) => operation.wait(proofs.prove(operation, key)),
    isForeign: (key) => organizations.isForeign(key),
    needsProof: async ({ key, isOfBothKinds = false }) => isOfBothKinds && organizations.isUnproven(key),
    accessStatus(dataset) {
      operation.dependOn(access.refusalOf(dataset));
      return access.accessStatus(dataset);
    },
    async attempt(dataset, ask) {
      const answer = await access.attempt(dataset, ask, (probe) => operation.wait(probe));
      operation.dependOn(access.refusalOf(dataset));
      return answer;
    },
    remember(refusal) {
      access.refused(refusal);
      operation.dependOn(access.refusalOf(refusal.dataset));
    },
    recording: (endpoint) => reader.recordings.of(endpoint),
    sizeOf: (dataset) => sizes.of(dataset),
    claim: (requests) => operation.claim(requests),
    async stored(endpoint, params) {
      await proofs.admit(operation, endpoint);
      const pages = await operation.wait(reader.stored.all(endpoint, params));
      return pages?.every((page) => operation.accepts(page)) === true ? pages : null;
    },
    take({ dataset }, pages, validity) {
      operation.datasets.add(dataset);
      operation.usage.cacheHits += pages.length;
      for (const page of pages) operation.use(page, validity ?? reader.validityOf(page));
    },
    maxRequests,
    hit(dataset, validity) {
      operation.usage.cacheHits++;
      operation.datasets.add(dataset);
      operation.dependOn(validity);
    },
    dependOn: (validity) => operation.dependOn(validity),
    get validities() {
      return operation.validities;
    },
    isUnbounded: operation.unbounded,
    caller: operation.caller,
    turn: () => operation.turn(),
    pauseAnswer: () => operation.pauseAnswer(),
    keysCollected: () => operation.keysCollected(),
    usage: operation.usage,
    datasets: operation.datasets,
    get age() {
      return operation.age;
    },
  };
}
