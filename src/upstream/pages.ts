import { encodeEntry } from "../cache/entry.ts";
import type { Entry, Store } from "../cache/memory-store.ts";
import type { SharedStore } from "../cache/shared-store.ts";
import type { ClosedReason } from "../domain/dataset.ts";
import type { Instant } from "../domain/day.ts";
import { type ErrorCode, GatewayError } from "../errors.ts";
import type { Access } from "./access.ts";
import { Breakers } from "./breaker.ts";
import type { Budget, Turn } from "./budget.ts";
import type { Credential, Credentials } from "./credential.ts";
import type { Endpoint, KeyFamily } from "./endpoint.ts";
import { failureOf, UpstreamRefusal } from "./failure.ts";
import { get, type HttpAnswer, type HttpOptions } from "./http.ts";
import { Interest } from "./interest.ts";
import type { Operation } from "./operation.ts";
import { decodePage, type Page } from "./page.ts";
import { canonicalPath } from "./path.ts";
import { shared } from "./replicas.ts";
import { parseExact } from "./wire.ts";

export interface PagesOptions extends HttpOptions {
  readonly credentials: Credentials;
  readonly store: Store;
  /** What replicas have in common; null where there is nothing of the kind. */
  readonly shared: SharedStore | null;
  readonly access: Access;
  readonly budget: Budget;
  /** Upper bound on the seconds an answer that is not final is reused; undefined leaves it to the endpoint. */
  readonly freshSeconds: number | undefined;
}

/** One page of one question. */
export interface PageQuestion<P, Row> {
  readonly endpoint: Endpoint<P, Row>;
  readonly params: P;
  /** Null: the first page. */
  readonly token: string | null;
}

/**
 * One page: as the operation saw it before, from the store, from a request another operation has under way, or from upstream.
 * `bypass` takes none of what was kept.
 */
export type ReadPage = <P, Row>(
  operation: Operation,
  question: PageQuestion<P, Row>,
  bypass: boolean,
) => Promise<Page<Row>>;

const API_VERSION = "2026-10-21";

/** With which key a page is asked for, where, and under which name it is kept. */
interface Asking {
  readonly credential: Credential;
  readonly path: string;
  readonly key: string;
  /** Ends when nobody waits for it any more. */
  readonly unwanted: AbortSignal;
}

/** A request under way. Others join it in the first half of its time only, lest they inherit a hang that is about to fail. */
interface Flight {
  readonly page: Promise<Page<unknown>>;
  readonly interest: Interest;
  readonly begun: number;
}

export function createPages(options: PagesOptions): ReadPage {
  const flights = new Map<string, Flight>();
  const breakers = new Breakers();

  function read<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const { endpoint, params, token } = question;
    const credential = credentialFor(endpoint);
    const path = canonicalPath(endpoint, params, token);
    // Who may see an answer is who asked for it: the key is part of the name it is kept under.
    const key = `${credential.fingerprint} ${options.baseUrl.href} ${path}`;
    const before = bypass ? undefined : operation.pages.get(key);
    if (before !== undefined) return before as Promise<Page<Row>>;
    const page = inProcess(operation, endpoint, key, bypass, (unwanted) =>
      obtain(operation, question, { credential, path, key, unwanted }, bypass),
    );
    operation.pages.set(key, page);
    return page;
  }

  /** A page that other operations may have asked for before. */
  async function inProcess<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    key: string,
    bypass: boolean,
    fetch: (unwanted: AbortSignal) => Promise<Page<Row>>,
  ): Promise<Page<Row>> {
    const kept = bypass ? undefined : (options.store.get(key) as Entry<Page<Row>> | undefined);
    if (kept !== undefined && isFresh(kept, endpoint)) {
      operation.usage.cacheHits++;
      return kept.value;
    }
    const joined = flights.get(key);
    const isYoung = joined !== undefined && performance.now() - joined.begun < options.deadlineMs / 2;
    if (isYoung && !joined.interest.signal.aborted) {
      joined.interest.add(operation.signal);
      operation.usage.cacheHits++;
      return joined.page as Promise<Page<Row>>;
    }
    operation.spend(endpoint.dataset);
    const interest = new Interest();
    interest.add(operation.signal);
    const page = fetch(interest.signal).catch((fault: unknown) => {
      if (kept !== undefined && isPassing(fault)) return { ...kept.value, stale: fault.code };
      throw fault;
    });
    const flight = { page, interest, begun: performance.now() };
    flights.set(key, flight);
    const land = () => flights.get(key) === flight && flights.delete(key);
    page.then(land, land);
    return page;
  }

  /** As replicas keep it, or from upstream. */
  async function obtain<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    asking: Asking,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const { endpoint, params, token } = question;
    const { key } = asking;
    const parse = endpoint.exactNumbers ? parseExact : JSON.parse;
    const decode = (body: string, fetchedAt: Instant) =>
      decodePage(endpoint, params, token, parse(body), fetchedAt);
    const ask = async () => {
      const { json, body } = await fetchBody(operation, question, asking, parse);
      const fetchedAt = options.now();
      const page = decodePage(endpoint, params, token, json, fetchedAt);
      options.access.answered(endpoint.dataset, page.watermark);
      return { page, kept: { key, body, fetchedAt } };
    };
    const keep = (page: Page<Row>, bytes: number): Page<Row> => {
      const final = page.state === "FINAL";
      options.store.set(key, { value: freeze(page), bytes, storedAt: page.fetchedAt, final });
      return page;
    };
    try {
      if (options.shared === null || bypass) {
        const { page, kept } = await ask();
        if (options.shared !== null) await options.shared.set(key, await encodeEntry(kept), lifetimeMs(page));
        return keep(page, kept.body.length);
      }
      const begun = options.now();
      const { page, bytes, isKept } = await shared(
        {
          store: options.shared,
          key,
          read: ({ body, fetchedAt }) => decode(body, fetchedAt),
          isUsable: (page) => page.fetchedAt >= begun || isFreshPage(page, endpoint),
          lifetimeMs,
          heldMs: operation.priority === "interactive" ? 2 * options.timeoutMs : null,
        },
        ask,
      );
      if (isKept) {
        operation.refund();
        operation.usage.cacheHits++;
      }
      return keep(page, bytes);
    } catch (fault) {
      const failure = failureOf(fault, endpoint, params, token);
      if (failure instanceof UpstreamRefusal && failure.reason !== "REFUSED") options.access.refused(failure);
      throw failure;
    }
  }

  function fetchBody<P, Row>(
    { priority, caller, usage }: Operation,
    { endpoint, params }: PageQuestion<P, Row>,
    { credential, path, unwanted }: Asking,
    parse: (text: string) => unknown,
  ): Promise<HttpAnswer> {
    const beta = endpoint.beta?.(params);
    const headers = {
      "x-api-key": credential.header(),
      "anthropic-version": API_VERSION,
      accept: "application/json",
      ...(beta === undefined ? {} : { "anthropic-beta": beta }),
    };
    const { budget } = options;
    const turn = (patienceMs: number): Turn => ({
      organization: `${credential.fingerprint} ${options.baseUrl.href}`,
      family: endpoint.subject === "live" ? "lookups" : "analytics",
      priority,
      caller,
      dataset: endpoint.dataset,
      patienceMs,
    });
    const breaker = breakers.of(endpoint.dataset);
    let leftAt = 0;
    return get(options, path, headers, parse, {
      async enter(patienceMs) {
        breaker.check();
        await budget.enter(turn(patienceMs), unwanted);
        leftAt = budget.now();
        usage.requests++;
      },
      async pass(attempt) {
        const answer = await breaker.pass(attempt);
        budget.answered(turn(0), leftAt);
        return answer;
      },
      block: (retryAfter) => budget.block(turn(0), retryAfter, leftAt),
    });
  }

  function isFresh(entry: Entry<Page<unknown>>, endpoint: { readonly freshSeconds: number }): boolean {
    return entry.final || isFreshPage(entry.value, endpoint);
  }

  function isFreshPage(page: Page<unknown>, { freshSeconds }: { readonly freshSeconds: number }): boolean {
    const lifetime = Math.min(freshSeconds, options.freshSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
    return page.state === "FINAL" || options.now() < page.fetchedAt + lifetime;
  }

  function credentialFor({ key, dataset }: { key: KeyFamily; dataset: string }): Credential {
    const credential = options.credentials[key];
    if (credential !== null) return credential;
    const name = key === "analytics" ? "ANTHROPIC_ANALYTICS_KEY" : "ANTHROPIC_ADMIN_KEY";
    throw new GatewayError(
      "NOT_CONFIGURED",
      `This gateway has no key for ${dataset}; its operator can set ${name}.`,
      { dataset, reason: "NO_KEY" satisfies ClosedReason },
    );
  }

  return read;
}

/** How long figures that can still move are kept beyond their freshness, to be shown when upstream fails. */
const STALE_MS = 24 * 3_600_000;

function lifetimeMs({ state }: Page<unknown>): number | null {
  return state === "FINAL" ? null : STALE_MS;
}

/** Faults in which older figures, marked as such, are better than none. */
const PASSING: readonly ErrorCode[] = [
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_BUDGET_EXHAUSTED",
  "UPSTREAM_SHAPE",
];

function isPassing(fault: unknown): fault is GatewayError {
  return fault instanceof GatewayError && PASSING.includes(fault.code);
}

/** Pages are shared between operations; nobody may change one. */
function freeze<T extends object>(page: T): T {
  for (const value of Object.values(page))
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freeze(value);
  return Object.freeze(page);
}
