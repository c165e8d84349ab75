import type { Dataset } from "../domain/dataset.ts";
import { GatewayError, Outage } from "../errors.ts";
import { Access, type Standing } from "./access/access.ts";
import { foreignKey, foreignKeyText, unproven } from "./access/foreign-key.ts";
import { KeyOrganizations, type KeyOrganizationsOptions } from "./access/key-organizations.ts";
import { proveKind, SHOWN_BY } from "./access/proof.ts";
import { type Availability, Budget, type BudgetOptions } from "./budget/budget.ts";
import { type Age, type Asker, Operation, type PageAge, type Usage } from "./budget/operation.ts";
import { type Endpoint, type KeyFamily, ORGANIZATION_OF_KEY, type RowId } from "./endpoint.ts";
import { isRefusal, refusedToken, type UpstreamRefusal } from "./errors/refusal.ts";
import { Outages, type OutagesOptions } from "./http/outages.ts";
import { bucketOf } from "./pages/address.ts";
import type { Page } from "./pages/page.ts";
import { Pages, type PagesOptions } from "./pages/pages.ts";
import { type Size, Sizes } from "./pages/sizes.ts";

export interface UpstreamOptions
  extends Omit<PagesOptions, "access" | "budget" | "organizations" | "outages">,
    OutagesOptions,
    BudgetOptions,
    Pick<KeyOrganizationsOptions, "areKeysProven"> {
  /** The most requests one operation may make. */
  readonly maxRequests: number;
}

/**
 * A page of a walk, without the rows that the walk has given. After a page that says `restarted`, what the walk gave before is
 * void: the data was refreshed under it.
 */
export interface WalkedPage<Row> extends Page<Row> {
  readonly restarted: boolean;
}

/** The upstream as one operation sees it. */
export interface Upstream {
  /** Pages in order, from the first or from the one `from` names. Ends only where upstream says so. */
  pages<P, Row>(
    endpoint: Endpoint<P, Row>,
    params: P,
    from?: string | null,
  ): AsyncGenerator<WalkedPage<Row>, void, void>;
  /** Part of a query that is stored permanently; null where that is nothing. Makes no request. */
  kept<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<Page<Row> | null>;
  /** A page that would cost no request now, for looking ahead: it counts as nothing that was used. Null: it would cost one. */
  peek<P, Row>(endpoint: Endpoint<P, Row>, params: P, token: string | null): Promise<Page<Row> | null>;
  /** What is left of the allowance that requests to an endpoint take from, if so many more were sent. */
  availability(
    endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">,
    requests: number,
  ): Promise<Availability>;
  /** What is left of the allowance that the newest request took from; null before the first. */
  left(): Promise<number | null>;
  has(key: KeyFamily): boolean;
  /**
   * Resolves once upstream has shown that a key belongs to the organization it is set for; at most one request, ever, where it
   * does. Throws WRONG_ORGANIZATION, or what keeps upstream from showing it.
   */
  prove(key: KeyFamily): Promise<void>;
  /** True if a key is known to belong to the other kind of organization than it is set for. */
  isForeign(key: KeyFamily): boolean;
  /** True if reading an endpoint begins with the request that proves its key. Makes none. */
  needsProof(endpoint: Pick<Endpoint<never, unknown>, "key" | "isOfBothKinds">): Promise<boolean>;
  /** What this process knows of a dataset's being open to it; null: nothing. */
  standing(dataset: Dataset): Standing | null;
  /** The answer of `ask`, or null where the dataset is known to be refused; see Access. */
  attempt<T>(dataset: Dataset, ask: () => Promise<T>): Promise<T | null>;
  /** Takes a refusal of one question for one of the whole dataset: another source has answered the same. */
  remember(refusal: UpstreamRefusal): void;
  /**
   * All pages of a question as they are kept, up to a day old and marked so where they are not fresh; null where one is missing.
   * Nothing is asked, and it counts as nothing that was used until it is taken.
   */
  stored<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<readonly Page<Row>[] | null>;
  take(endpoint: Pick<Endpoint<never, unknown>, "dataset">, pages: readonly Page<unknown>[]): void;
  /** How long the longest list of a dataset is, by what was read lately. */
  sizeOf(dataset: Dataset): Size;
  /** Sets so many requests aside for what asks next. Where fewer are left, none is, and it gives the number of those. */
  claim(requests: number): number | null;
  /** The most requests the operation may begin. */
  readonly maxRequests: number;
  /** Notes that it was given what the process keeps of a dataset. */
  hit(dataset: Dataset): void;
  /** For whom, of those who share the allowance. */
  readonly caller: string;
  /** True if it waits as long as it takes, and makes as many requests as it needs. */
  readonly isUnhurried: boolean;
  /** Lets other operations have the thread; see Operation. */
  turn(): Promise<unknown>;
  readonly usage: Usage;
  /** Those it has asked for figures or names of. */
  readonly datasets: ReadonlySet<Dataset>;
  readonly age: Age;
}

const RESTARTS = 2;

/** Fewer are no work to speak of. */
const MANY_ROWS = 100;

export function createUpstream(options: UpstreamOptions): {
  operation(asker: Asker): Upstream;
  /** Key of the organization behind an endpoint in a store. Throws NOT_CONFIGURED without a key. */
  organizationOf(endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">): string;
} {
  const access = new Access(options.now);
  const sizes = new Sizes(options.now);
  const budget = new Budget(options);
  const organizations = new KeyOrganizations(options);
  const outages = new Outages(options, options.pace.now);
  const reader = new Pages({ ...options, access, budget, organizations, outages });

  /** One small request for all who wait for it, so it ends with the time of an operation and not with the first to leave. */
  async function proof(operation: Operation, key: KeyFamily): Promise<void> {
    const { priority, caller, unhurried } = operation;
    const signal = unhurried ? operation.signal : AbortSignal.timeout(options.deadlineMs);
    const own = ORGANIZATION_OF_KEY[key];
    const { dataset } = SHOWN_BY[own];
    const kind = await organizations.prove(key, async () => {
      const asker = new Operation(2, { signal, priority, caller, unhurried });
      try {
        const shown = await proveKind(key, options.now(), (endpoint, params) =>
          reader.source.probe(asker, endpoint, params),
        );
        if (shown === own) access.answered(dataset, null);
        else
          options.onFault(
            new Outage(foreignKeyText(key), "WRONG_ORGANIZATION", { dataset, host: options.baseUrl.host }),
          );
        return shown;
      } finally {
        operation.usage.requests += asker.usage.requests;
        operation.bucket = asker.bucket;
      }
    });
    if (kind !== own) throw foreignKey(dataset, key);
  }

  /**
   * Throws where a key belongs to the other kind of organization, or where an endpoint that both kinds have would be read without
   * proof. Look-ups are read where upstream refuses the proof for a scope: they hold no figures that could be labelled wrongly.
   */
  async function admit<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>): Promise<void> {
    const { key, dataset, isOfBothKinds, subject } = endpoint;
    if (options.credentials[key] === null) return;
    if (organizations.isForeign(key)) throw foreignKey(dataset, key);
    if (!isOfBothKinds) return;
    try {
      await operation.wait(proof(operation, key));
    } catch (fault) {
      const failure = unproven(endpoint, fault);
      if (subject === "live" && isRefusal(failure) && failure.reason !== "WRONG_ORGANIZATION") return;
      throw failure;
    }
  }

  async function* pages<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    params: P,
    from: string | null,
  ): AsyncGenerator<WalkedPage<Row>, void, void> {
    operation.datasets.add(endpoint.dataset);
    await admit(operation, endpoint);
    const seen = new Set<string>(from === null ? [] : [from]);
    let read = 0;
    const known = new Set<RowId>();
    let duplicates = 0;
    let used: PageAge[] = [];
    let restarts = 0;
    let restarted = false;
    for (let token = from; ; ) {
      let page: Page<Row>;
      try {
        page = await operation.wait(reader.read(operation, { endpoint, params, token }, restarts > 0));
      } catch (fault) {
        if (!refusedToken(fault) || token === null) throw fault;
        // The client's own token has died, or the one its page led to, which is of the same export.
        if (from !== null) throw expired(endpoint.dataset, fault);
        // The first page of the walk may have come from the cache with a token that has died since: start over without it.
        if (restarts === RESTARTS) throw elusive(endpoint.dataset, fault);
        restarts++;
        restarted = true;
        read = 0;
        token = null;
        seen.clear();
        known.clear();
        operation.usage.duplicates -= duplicates;
        duplicates = 0;
        operation.forget(used);
        used = [];
        continue;
      }
      used.push(operation.use(page));
      read++;
      const isWhole = page.next === null;
      if (from === null) sizes.learn(endpoint.dataset, { pages: isWhole ? read : read + 1, isWhole });
      const rows = page.rows.filter((row) => isNew(endpoint.rowId(row, params), known));
      if (operation.passing) forgetOldest(known);
      const again = page.rows.length - rows.length;
      duplicates += again;
      operation.usage.duplicates += again;
      if (page.rows.length >= MANY_ROWS) await operation.turn();
      yield { ...page, rows, restarted };
      restarted = false;
      if (page.next === null) return;
      if (seen.has(page.next)) {
        throw new GatewayError(
          "UPSTREAM_SHAPE",
          `${endpoint.dataset} returned the same page twice, so the list is not complete.`,
          {
            dataset: endpoint.dataset,
          },
        );
      }
      seen.add(page.next);
      token = page.next;
    }
  }

  return {
    organizationOf: (endpoint) => bucketOf(options, endpoint).organization,
    operation(asker) {
      const operation = new Operation(options.maxRequests, asker);
      return {
        pages: (endpoint, params, from = null) => pages(operation, endpoint, params, from),
        async kept(endpoint, params) {
          await admit(operation, endpoint);
          const page = await operation.wait(reader.stored.peek({ endpoint, params, token: null }));
          if (page?.state !== "FINAL") return null;
          operation.usage.cacheHits++;
          operation.datasets.add(endpoint.dataset);
          operation.use(page);
          return page;
        },
        peek: (endpoint, params, token) => operation.wait(reader.stored.peek({ endpoint, params, token })),
        availability: (endpoint, requests) =>
          budget.availability(bucketOf(options, endpoint), requests, operation.priority),
        left: async () =>
          operation.bucket === null ? null : (await budget.availability(operation.bucket, 0)).left,
        has: (key) => options.credentials[key] !== null,
        prove: (key) => operation.wait(proof(operation, key)),
        isForeign: (key) => organizations.isForeign(key),
        needsProof: async ({ key, isOfBothKinds = false }) => isOfBothKinds && organizations.isUnproven(key),
        standing: (dataset) => access.standing(dataset),
        attempt: (dataset, ask) => access.attempt(dataset, ask, (trial) => operation.wait(trial)),
        remember: (refusal) => access.refused(refusal),
        sizeOf: (dataset) => sizes.of(dataset),
        claim: (requests) => operation.claim(requests),
        async stored(endpoint, params) {
          await admit(operation, endpoint);
          return operation.wait(reader.stored.all(endpoint, params));
        },
        take({ dataset }, pages) {
          operation.datasets.add(dataset);
          operation.usage.cacheHits += pages.length;
          for (const page of pages) operation.use(page);
        },
        maxRequests: options.maxRequests,
        hit(dataset) {
          operation.usage.cacheHits++;
          operation.datasets.add(dataset);
        },
        isUnhurried: operation.unhurried,
        caller: operation.caller,
        turn: () => operation.turn(),
        usage: operation.usage,
        datasets: operation.datasets,
        get age() {
          return operation.age;
        },
      };
    },
  };
}

/** True if a row was not met before; one without an id never was. */
function isNew(id: RowId | null, known: Set<RowId>): boolean {
  if (id === null) return true;
  if (known.has(id)) return false;
  known.add(id);
  return true;
}

/** A row that is sent again comes soon after; ids of a month of thousands of people would take more memory than its rows. */
function forgetOldest(known: Set<RowId>): void {
  for (const id of known) {
    if (known.size <= REMEMBERED) return;
    known.delete(id);
  }
}

const REMEMBERED = 10_000;

function expired(dataset: string, cause: unknown): GatewayError {
  return new GatewayError(
    "CURSOR_EXPIRED",
    `The data behind this cursor was refreshed; query ${dataset} again without \`after\`.`,
    { dataset },
    cause,
  );
}

function elusive(dataset: string, cause: unknown): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `${dataset} was refreshed repeatedly while it was read; retry later.`,
    { dataset },
    cause,
  );
}
