import type { Archive } from "../../cache/archive.ts";
import type { Store } from "../../cache/memory-store.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Validity } from "../../cache/validity.ts";
import type { Access } from "../access/access.ts";
import type { KeyOrganizations } from "../access/key-organizations.ts";
import { Operation } from "../budget/operation.ts";
import type { Endpoint, KeyFamily } from "../endpoint.ts";
import { consoleOrganization, enterpriseOrganization } from "../endpoints/organization.ts";
import { addressOf, type PageQuestion } from "./address.ts";
import type { BackgroundWrites } from "./background-writes.ts";
import { DistinctRuns } from "./distinct-runs.ts";
import { Flights } from "./flights.ts";
import { isTransient, PageFreshness } from "./freshness.ts";
import type { Page } from "./page.ts";
import { PageArchive } from "./page-archive.ts";
import { type ColumnRun, PageColumns } from "./page-columns.ts";
import { PageSource } from "./page-source.ts";
import { PageStore } from "./page-store.ts";
import { Recordings } from "./recordings.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { StoredPages } from "./stored-pages.ts";

export interface PagesOptions extends SenderOptions {
  readonly store: Store;
  /** The store that replicas share; null without one. */
  readonly shared: SharedStore | null;
  /** Keeps what upstream stops serving; null: nothing is archived. */
  readonly archive: Archive | null;
  readonly writes: BackgroundWrites;
  readonly access: Access;
  readonly organizations: KeyOrganizations;
  /** Upper bound on the freshness lifetime in seconds of pages that are not final; undefined leaves it to the endpoint. */
  readonly freshSeconds: number | undefined;
}

/** A page in memory, and its cache key. */
export interface HeldPage<Row> {
  readonly page: Page<Row>;
  readonly key: string;
}

/** Reads pages. The life of a page request is `read` from top to bottom, then PageSource where no stored page will do. */
export class Pages {
  readonly #options: PagesOptions;
  readonly #freshness: PageFreshness;
  readonly #memory: PageStore;
  readonly #flights: Flights;
  /** The pages that cost no upstream request. */
  readonly stored: StoredPages;
  /** The pages that this process does not hold. */
  readonly source: PageSource;
  /** Lists that are kept as columns. */
  readonly columns: PageColumns;
  /** Lists that are known to repeat no row. */
  readonly distinct: DistinctRuns;
  /** Records of earlier exports. */
  readonly recordings: Recordings;

  constructor(options: PagesOptions) {
    this.#options = options;
    const freshness = new PageFreshness(options);
    const memory = new PageStore({ ...options, freshness });
    const requestOwner = (key: KeyFamily) => this.#requestOwner(key);
    const archive = new PageArchive({ ...options, pages: memory, requestOwner });
    const sender = new Sender(options);
    const recordings = new Recordings({ ...options, owners: archive.owners });
    this.#freshness = freshness;
    this.#memory = memory;
    this.#flights = new Flights(options.deadlineMs);
    this.stored = new StoredPages({ ...options, memory, archive, freshness });
    this.source = new PageSource({ ...options, memory, archive, freshness, recordings, sender });
    this.columns = new PageColumns({ ...options, archive, pages: memory });
    this.distinct = new DistinctRuns(options);
    this.recordings = recordings;
  }

  /** True if this process holds the page. */
  holds<P, Row>(operation: Operation, question: PageQuestion<P, Row>): boolean {
    const { key } = addressOf(this.#options, question);
    return operation.pages.has(key) || this.#memory.get(question.endpoint, key) !== undefined;
  }

  /** Finds a page that this process holds, or that the operation has read before. It counts as used once it is taken. */
  find<P, Row>(operation: Operation, question: PageQuestion<P, Row>): HeldPage<Row> | undefined {
    if (operation.signal.aborted) return undefined;
    const address = addressOf(this.#options, question);
    const { key } = address;
    const before = operation.pages.get(key);
    if (before !== undefined)
      return before instanceof Promise ? undefined : { page: before as Page<Row>, key };
    const page = this.stored.atHand(question, address);
    return page !== undefined && operation.accepts(page) ? { page, key } : undefined;
  }

  /** Takes a page that was found, without waiting. */
  take<Row>(
    operation: Operation,
    { dataset }: Pick<Endpoint<never, Row>, "dataset">,
    { page, key }: HeldPage<Row>,
  ): Page<Row> {
    if (operation.pages.has(key)) return page;
    if (!operation.noStore) operation.pages.set(key, page);
    this.#options.observer?.found(dataset, "memory", page);
    return hit(operation, page);
  }

  /** Returns a page that is found, without waiting. */
  atHand<P, Row>(operation: Operation, question: PageQuestion<P, Row>): Page<Row> | undefined {
    const found = this.find(operation, question);
    return found && this.take(operation, question.endpoint, found);
  }

  /** Returns a page that is stored as it was fetched; null where a request would be needed. */
  async storedPage<P, Row>(operation: Operation, question: PageQuestion<P, Row>): Promise<Page<Row> | null> {
    const { key } = addressOf(this.#options, question);
    const page = await this.stored.peek(question, operation.noStore);
    const before = operation.pages.get(key) as Page<Row> | Promise<Page<Row>> | undefined;
    if (before !== undefined) return before;
    if (page === null || !operation.accepts(page)) return null;
    if (!operation.noStore) operation.pages.set(key, Promise.resolve(page));
    return hit(operation, page);
  }

  /** Returns a page of a run: as it was fetched while it may have names and is stored, else from the columns. */
  readColumns<P, Row>(
    operation: Operation,
    run: ColumnRun<Row>,
    question: PageQuestion<P, Row>,
  ): Promise<Page<Row>> {
    const key = `${addressOf(this.#options, question).key} of columns`;
    const before = operation.pages.get(key) as Promise<Page<Row>> | undefined;
    if (before !== undefined) return before;
    const page = this.#readColumns(operation, run, question, key);
    if (!operation.noStore) operation.pages.set(key, page);
    return hit(operation, page);
  }

  async #readColumns<P, Row>(
    { noStore }: Operation,
    run: ColumnRun<Row>,
    question: PageQuestion<P, Row>,
    key: string,
  ): Promise<Page<Row>> {
    const { endpoint, token } = question;
    const fetchedAt = run.fetchedWith(token);
    const isOfRun = (page: Page<Row> | null | undefined) => page?.fetchedAt === fetchedAt;
    const fetched = this.#memory.get(endpoint, addressOf(this.#options, question).key) as
      | Page<Row>
      | undefined;
    if (fetched !== undefined && isOfRun(fetched)) return fetched;
    if (fetchedAt !== null && !this.#freshness.hasOldNames({ fetchedAt })) {
      const stored = await this.stored.peek(question, noStore);
      if (stored !== null && isOfRun(stored)) return stored;
    }
    const held = this.#memory.get(endpoint, key) as Page<Row> | undefined;
    if (held !== undefined) return held;
    const page = run.page(token);
    return noStore ? page : this.#memory.put(endpoint, key, page, page.rows.length * ROW_BYTES);
  }

  /**
   * Returns one page: the one the operation has read before, a fresh one, one that another operation is requesting, or a new one.
   * `bypass` ignores every stored page.
   */
  read<P, Row>(operation: Operation, question: PageQuestion<P, Row>, bypass: boolean): Promise<Page<Row>> {
    const { key } = addressOf(this.#options, question);
    const before = bypass ? undefined : operation.pages.get(key);
    if (before !== undefined) return Promise.resolve(before as Page<Row> | Promise<Page<Row>>);
    const page = this.#read(operation, question, key, bypass);
    if (!operation.noStore) operation.pages.set(key, page);
    return page;
  }

  /** Returns how long an answer may be reused that a page is part of; null: not at all. */
  validityOf(page: Page<unknown>): Validity | null {
    return this.#memory.validityOf(page);
  }

  async #read<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    key: string,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const { observer } = this.#options;
    const { endpoint } = question;
    const preparing = bypass ? undefined : this.#memory.prepare(key);
    if (preparing !== undefined) await preparing;
    const kept = bypass ? undefined : this.#memory.get(endpoint, key);
    const isFresh = () =>
      kept !== undefined && operation.accepts(kept) && this.#freshness.isFresh(kept, endpoint);
    if (kept !== undefined) {
      const found = (page: Page<Row>) => {
        observer?.found(endpoint.dataset, "memory", page);
        return hit(operation, page);
      };
      if (isFresh()) return found(kept);
      if (
        operation.priority === "interactive" &&
        operation.accepts(kept) &&
        this.#freshness.isServableWhileRevalidating(kept, endpoint)
      ) {
        this.#revalidate(operation, question, key);
        return found({ ...kept, stale: "REVALIDATING" });
      }
      // Without a newer export nothing else of the dataset has changed, so one request confirms all of its pages.
      const probe = endpoint.watermarked ? this.#flights.probeOf(endpoint.dataset) : undefined;
      if (probe !== undefined) {
        await probe;
        if (isFresh()) return found(kept);
      }
    }
    const joined = this.#flights.join<Row>(key, operation.signal);
    if (joined !== undefined) {
      if (observer !== null)
        joined.then(
          (page) => observer.found(endpoint.dataset, "joined", page),
          () => {}, // the request that failed is counted
        );
      const page = await joined;
      if (operation.accepts(page)) return hit(operation, page); // it can have been stored by another replica before
    }
    operation.spend(endpoint.dataset);
    return this.#flights.start(endpoint, key, operation.signal, async (unwanted) => {
      try {
        return await this.source.obtain(operation, question, unwanted, bypass);
      } catch (fault) {
        if (kept === undefined || !isTransient(fault) || !this.#freshness.isServableOnError(kept))
          throw fault;
        const stale = { ...kept, stale: fault.code };
        observer?.found(endpoint.dataset, "memory", stale);
        return stale;
      }
    });
  }

  /** Requests a page again behind the response that is given its stale copy (stale-while-revalidate, RFC 5861). */
  #revalidate<P, Row>({ caller }: Operation, question: PageQuestion<P, Row>, key: string): void {
    if (this.#flights.has(key)) return;
    const signal = AbortSignal.timeout(this.#options.deadlineMs);
    const refresh = new Operation(1, { signal, priority: "refresh", caller });
    this.#read(refresh, question, key, false).catch(() => {}); // the next reader gets the error
  }

  async #requestOwner(key: KeyFamily): Promise<string | null> {
    const signal = AbortSignal.timeout(OWNER_MS);
    const operation = new Operation(1, { signal, priority: "interactive", caller: "archive" });
    const endpoint: Endpoint<object, { readonly organizationId: string }> =
      key === "admin" ? consoleOrganization : enterpriseOrganization;
    const page = await operation.wait(this.read(operation, { endpoint, params: {}, token: null }, false));
    return page.rows[0]?.organizationId ?? null;
  }
}

/** About the length of a row as upstream sends it. */
const ROW_BYTES = 750;

/** Longest wait for the id of an organization, which is requested once per key. */
const OWNER_MS = 2_000;

/** Counts a page that costs the operation no request. */
function hit<T>(operation: Operation, page: T): T {
  operation.usage.cacheHits++;
  return page;
}
