import type { Entry, Store } from "../cache/memory-store.ts";
import type { ClosedReason } from "../domain/dataset.ts";
import { GatewayError } from "../errors.ts";
import type { Access } from "./access.ts";
import type { Credential, Credentials } from "./credential.ts";
import type { Endpoint, KeyFamily } from "./endpoint.ts";
import { failureOf, UpstreamRefusal } from "./failure.ts";
import { get, type HttpOptions } from "./http.ts";
import type { Operation } from "./operation.ts";
import { decodePage, type Page } from "./page.ts";
import { canonicalPath } from "./path.ts";
import { parseExact } from "./wire.ts";

export interface PagesOptions extends HttpOptions {
  readonly credentials: Credentials;
  readonly store: Store;
  readonly access: Access;
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

/** A request under way. Others join it in the first half of its time only, lest they inherit a hang that is about to fail. */
interface Flight {
  readonly page: Promise<Page<unknown>>;
  readonly begun: number;
}

export function createPages(options: PagesOptions): ReadPage {
  const flights = new Map<string, Flight>();

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
    const page = shared(operation, endpoint, key, bypass, () =>
      fetchPage(operation, question, credential, path, key),
    );
    operation.pages.set(key, page);
    return page;
  }

  /** A page that other operations may have asked for before. */
  async function shared<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    key: string,
    bypass: boolean,
    fetch: () => Promise<Page<Row>>,
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
    const page = fetch();
    const flight = { page, begun: performance.now() };
    flights.set(key, flight);
    const land = () => flights.get(key) === flight && flights.delete(key);
    page.then(land, land);
    return page;
  }

  async function fetchPage<P, Row>(
    operation: Operation,
    { endpoint, params, token }: PageQuestion<P, Row>,
    credential: Credential,
    path: string,
    key: string,
  ): Promise<Page<Row>> {
    const beta = endpoint.beta?.(params);
    const headers = {
      "x-api-key": credential.header(),
      "anthropic-version": API_VERSION,
      accept: "application/json",
      ...(beta === undefined ? {} : { "anthropic-beta": beta }),
    };
    const parse = endpoint.exactNumbers ? parseExact : JSON.parse;
    try {
      const { json, bytes } = await get(options, path, headers, parse, () => operation.usage.requests++);
      const page = decodePage(endpoint, params, token, json, options.now());
      options.access.answered(endpoint.dataset, page.watermark);
      options.store.set(key, {
        value: freeze(page),
        bytes,
        storedAt: page.fetchedAt,
        final: page.state === "FINAL",
      });
      return page;
    } catch (fault) {
      const failure = failureOf(fault, endpoint, params, token);
      if (failure instanceof UpstreamRefusal && failure.reason !== "REFUSED") options.access.refused(failure);
      throw failure;
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
      { dataset, reason: "NO_KEY" satisfies ClosedReason },
    );
  }

  return read;
}

/** Pages are shared between operations; nobody may change one. */
function freeze<T extends object>(page: T): T {
  for (const value of Object.values(page))
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freeze(value);
  return Object.freeze(page);
}
