import type { Entry, Store } from "../cache/memory-store.ts";
import { GatewayError } from "../errors.ts";
import type { Credential, Credentials } from "./credential.ts";
import type { Endpoint, KeyFamily, QueryValue } from "./endpoint.ts";
import { failureOf, refusedToken } from "./failure.ts";
import { get, type HttpOptions } from "./http.ts";
import { decodePage, type Page } from "./page.ts";
import { parseExact } from "./wire.ts";

export interface UpstreamOptions extends HttpOptions {
  readonly credentials: Credentials;
  readonly store: Store;
  /** Upper bound on the seconds an answer that is not final is reused; undefined leaves it to the endpoint. */
  readonly freshSeconds: number | undefined;
  /** The most requests one operation may make. */
  readonly maxRequests: number;
}

/** A page of a walk. After a page that says `restarted`, what the walk gave before is void: the data was refreshed under it. */
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
  has(key: KeyFamily): boolean;
  /** Throws TOO_EXPENSIVE where `walks` more walks cannot fit into what the operation may still ask. */
  afford(walks: number): void;
  readonly usage: Usage;
}

/** What an operation has cost so far. */
export interface Usage {
  /** Requests that left for the upstream, retries included. */
  requests: number;
  /** Pages taken from the cache, or from a request another operation had under way. */
  cacheHits: number;
  /** Milliseconds spent waiting for pages, summed over concurrent waits. */
  waitMs: number;
}

const RESTARTS = 2;
const API_VERSION = "2026-10-21";

type AnyPage = Page<unknown>;

/** A request under way. Others join it in the first half of its time only, lest they inherit a hang that is about to fail. */
interface Flight {
  readonly page: Promise<AnyPage>;
  readonly begun: number;
}

export function createUpstream(options: UpstreamOptions): { operation(signal: AbortSignal): Upstream } {
  const flights = new Map<string, Flight>();

  /** A page as this operation sees it: asked for once, so that two fields of one answer never disagree. */
  async function read<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    params: P,
    token: string | null,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const credential = credentialFor(endpoint);
    const path = canonicalPath(endpoint, params, token);
    const key = `${credential.fingerprint} ${options.baseUrl.href} ${path}`;
    const before = bypass ? undefined : operation.pages.get(key);
    if (before !== undefined) return before as Promise<Page<Row>>;
    const page = sharedPage(operation, endpoint, params, token, bypass, { credential, path, key });
    operation.pages.set(key, page);
    return page;
  }

  /** A page that other operations may have asked for before. */
  async function sharedPage<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    params: P,
    token: string | null,
    bypass: boolean,
    { credential, path, key }: { credential: Credential; path: string; key: string },
  ): Promise<Page<Row>> {
    const kept = bypass ? undefined : (options.store.get(key) as Entry<Page<Row>> | undefined);
    if (kept !== undefined && isFresh(kept, endpoint)) {
      operation.usage.cacheHits++;
      return kept.value;
    }
    const joined = flights.get(key);
    if (joined !== undefined && performance.now() - joined.begun < options.deadlineMs / 2) {
      operation.usage.cacheHits++;
      return joined.page as Promise<Page<Row>>;
    }
    operation.spend(endpoint.dataset);
    const page = fetchPage(operation, endpoint, params, token, credential, path, key);
    const flight = { page, begun: performance.now() };
    flights.set(key, flight);
    const land = () => flights.get(key) === flight && flights.delete(key);
    page.then(land, land);
    return page;
  }

  async function fetchPage<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    params: P,
    token: string | null,
    credential: Credential,
    path: string,
    key: string,
  ): Promise<Page<Row>> {
    const headers = {
      "x-api-key": credential.header(),
      "anthropic-version": API_VERSION,
      accept: "application/json",
    };
    const parse = endpoint.exactNumbers ? parseExact : JSON.parse;
    try {
      const { json, bytes } = await get(options, path, headers, parse, () => operation.usage.requests++);
      const page = decodePage(endpoint, params, token, json, options.now());
      options.store.set(key, {
        value: freeze(page),
        bytes,
        storedAt: page.fetchedAt,
        final: page.state === "FINAL",
      });
      return page;
    } catch (fault) {
      throw failureOf(fault, endpoint, params, token);
    }
  }

  function isFresh(entry: Entry, { freshSeconds }: { freshSeconds: number }): boolean {
    const lifetime = Math.min(freshSeconds, options.freshSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
    return entry.final || options.now() < entry.storedAt + lifetime;
  }

  function credentialFor({ key, dataset }: { key: KeyFamily; dataset: string }): Credential {
    const credential = options.credentials[key];
    if (credential !== null) return credential;
    const name = key === "analytics" ? "ANTHROPIC_ANALYTICS_KEY" : "ANTHROPIC_ADMIN_KEY";
    throw new GatewayError(
      "NOT_CONFIGURED",
      `This gateway has no key for ${dataset}; its operator can set ${name}.`,
      { dataset },
    );
  }

  async function* pages<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    params: P,
    from: string | null,
  ): AsyncGenerator<WalkedPage<Row>, void, void> {
    const seen = new Set<string>(from === null ? [] : [from]);
    let restarts = 0;
    let restarted = false;
    for (let token = from; ; ) {
      let page: Page<Row>;
      try {
        page = await operation.wait(read(operation, endpoint, params, token, restarts > 0));
      } catch (fault) {
        if (!refusedToken(fault) || token === null) throw fault;
        // The client's own token has died, or the one its page led to, which is of the same export.
        if (from !== null) throw expired(endpoint.dataset, fault);
        // The first page of the walk may have come from the cache with a token that has died since: start over without it.
        if (restarts === RESTARTS) throw elusive(endpoint.dataset, fault);
        restarts++;
        restarted = true;
        token = null;
        seen.clear();
        continue;
      }
      yield { ...page, restarted };
      restarted = false;
      if (page.next === null) return;
      if (seen.has(page.next)) {
        throw new GatewayError(
          "UPSTREAM_SHAPE",
          `${endpoint.dataset} came back to a page it had given before; the list is not whole.`,
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
    operation(signal) {
      const operation = new Operation(signal, options.maxRequests);
      return {
        pages: (endpoint, params, from = null) => pages(operation, endpoint, params, from),
        has: (key) => options.credentials[key] !== null,
        afford: (walks) => operation.afford(walks),
        usage: operation.usage,
      };
    },
  };
}

/** What one operation spends, and its patience. */
class Operation {
  readonly usage: Usage = { requests: 0, cacheHits: 0, waitMs: 0 };
  readonly pages = new Map<string, Promise<AnyPage>>();
  readonly #signal: AbortSignal;
  readonly #maxRequests: number;
  #begun = 0;

  constructor(signal: AbortSignal, maxRequests: number) {
    this.#signal = signal;
    this.#maxRequests = maxRequests;
  }

  spend(dataset: string): void {
    if (this.#begun >= this.#maxRequests) {
      throw new GatewayError(
        "TOO_EXPENSIVE",
        `This operation has made its ${this.#maxRequests} upstream requests; ask for a shorter range or fewer rows of ${dataset}.`,
        { dataset },
      );
    }
    this.#begun++;
  }

  afford(walks: number): void {
    if (walks <= this.#maxRequests) return;
    throw new GatewayError(
      "TOO_EXPENSIVE",
      `This needs at least ${walks} upstream requests and one operation may make ${this.#maxRequests}; ask for a shorter range.`,
    );
  }

  /** Waits for shared work no longer than the caller does; the work itself goes on for the others. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const started = performance.now();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const leave = () => reject(abandoned(this.#signal.reason));
    if (this.#signal.aborted) leave();
    this.#signal.addEventListener("abort", leave, { once: true });
    work.catch(() => {}); // it may fail after the caller has left
    try {
      return await Promise.race([work, gone]);
    } finally {
      this.#signal.removeEventListener("abort", leave);
      this.usage.waitMs += Math.round(performance.now() - started);
    }
  }
}

function abandoned(reason: unknown): GatewayError {
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new GatewayError(
        "OPERATION_TIMEOUT",
        "The operation took longer than allowed; ask for a shorter range or fewer fields.",
        {},
        reason,
      )
    : new GatewayError("OPERATION_TIMEOUT", "The caller left before the answer was there.", {}, reason);
}

function expired(dataset: string, cause: unknown): GatewayError {
  return new GatewayError(
    "CURSOR_EXPIRED",
    `The data behind this cursor was refreshed; ask ${dataset} again without \`after\`.`,
    { dataset },
    cause,
  );
}

function elusive(dataset: string, cause: unknown): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `${dataset} was refreshed again and again while it was read; ask again later.`,
    { dataset },
    cause,
  );
}

/** One spelling per question: parameters sorted by name, lists in order, brackets as they are. */
function canonicalPath<P, Row>(endpoint: Endpoint<P, Row>, params: P, token: string | null): string {
  const query: Record<string, QueryValue> = {
    ...endpoint.query(params),
    limit: endpoint.pageSize?.(params),
    [endpoint.paging === "id" ? "after_id" : "page"]: token ?? undefined,
  };
  const pairs = Object.entries(query)
    .flatMap(([name, value]) =>
      value === undefined
        ? []
        : Array.isArray(value)
          ? [...value].sort().map((v) => [name, v])
          : [[name, String(value)]],
    )
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = new URLSearchParams(pairs as [string, string][]).toString();
  return text === "" ? endpoint.path : `${endpoint.path}?${text}`;
}

/** Pages are shared between operations; nobody may change one. */
function freeze<T extends object>(page: T): T {
  for (const value of Object.values(page))
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freeze(value);
  return Object.freeze(page);
}
