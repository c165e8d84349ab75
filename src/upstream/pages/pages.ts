import type { Archive } from "../../cache/archive.ts";
import { decodeEntry, encodeEntry, type Kept } from "../../cache/entry.ts";
import type { Entry, Store } from "../../cache/memory-store.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import { type ClosedReason, type Dataset, isOfDirectory } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { type ErrorCode, GatewayError } from "../../errors.ts";
import type { Access } from "../access/access.ts";
import type { Credential, Credentials } from "../access/credential.ts";
import type { KeyOrganizations } from "../access/key-organizations.ts";
import type { Bucket, Budget, Turn } from "../budget/budget.ts";
import { Operation } from "../budget/operation.ts";
import { type Endpoint, type KeyFamily, VARIABLE_OF_KEY } from "../endpoint.ts";
import { FRESH } from "../endpoints/coverage.ts";
import { consoleOrganization, enterpriseOrganization } from "../endpoints/organization.ts";
import { Breakers } from "../http/breaker.ts";
import { failureOf, UpstreamRefusal } from "../http/failure.ts";
import { get, type HttpAnswer, HttpFailure, type HttpOptions } from "../http/get.ts";
import type { Outages } from "../http/outages.ts";
import { parseExact } from "../http/wire.ts";
import { Interest } from "./interest.ts";
import { Owners } from "./key-owners.ts";
import { type DayPage, decodePage, finalDaysOf, type Page } from "./page.ts";
import { canonicalPath } from "./path.ts";
import { shared } from "./replicas.ts";
import { earliestDay } from "./windows.ts";

export interface PagesOptions extends HttpOptions {
  readonly credentials: Credentials;
  readonly store: Store;
  /** What replicas have in common; null where there is nothing of the kind. */
  readonly shared: SharedStore | null;
  /** What upstream stops serving is kept there; null: nowhere. */
  readonly archive: Archive | null;
  readonly access: Access;
  readonly organizations: KeyOrganizations;
  readonly outages: Outages;
  readonly budget: Budget;
  /** Upper bound on the seconds an answer that is not final is reused; undefined leaves it to the endpoint. */
  readonly freshSeconds: number | undefined;
}

/** One page of one question. */
interface PageQuestion<P, Row> {
  readonly endpoint: Endpoint<P, Row>;
  readonly params: P;
  /** Null: the first page. */
  readonly token: string | null;
}

export interface Pages {
  /**
   * One page: as the operation saw it before, from the store, from a request another operation has under way, or from upstream.
   * `bypass` takes none of what was kept.
   */
  read<P, Row>(operation: Operation, question: PageQuestion<P, Row>, bypass: boolean): Promise<Page<Row>>;
  /** One page, if it is final or fresh as it is kept; null otherwise. Nothing is asked. */
  peek<P, Row>(question: PageQuestion<P, Row>): Promise<Page<Row> | null>;
  /** Makes one request whose answer is neither taken from a store nor kept. Throws what a client would see. */
  probe<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>, params: P): Promise<void>;
  /** All pages of a question, each at most a day old, and marked where it is not fresh; null where one is missing. Nothing is asked. */
  stored<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<readonly Page<Row>[] | null>;
  /** Of whose allowance requests to an endpoint are. */
  bucketOf(endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">): Bucket;
}

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

export function createPages(options: PagesOptions): Pages {
  const flights = new Map<string, Flight>();
  /** Datasets whose export is being asked for. */
  const probes = new Map<Dataset, Promise<unknown>>();
  const breakers = new Breakers();
  const owners = new Owners(options.archive, options.baseUrl, async (key) => {
    const operation = new Operation(1, {
      signal: AbortSignal.timeout(OWNER_MS),
      priority: "interactive",
      caller: "archive",
    });
    const endpoint = key === "admin" ? consoleOrganization : enterpriseOrganization;
    const page = await operation.wait(read(operation, { endpoint, params: {}, token: null }, false));
    return page.rows[0]?.organizationId ?? null;
  });

  function read<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const { endpoint } = question;
    const { credential, path, key } = named(question);
    const before = bypass ? undefined : operation.pages.get(key);
    if (before !== undefined) return before as Promise<Page<Row>>;
    const page = inProcess(operation, endpoint, key, bypass, (by, unwanted) =>
      obtain(by, question, { credential, path, key, unwanted }, bypass),
    );
    if (!operation.passing) operation.pages.set(key, page);
    return page;
  }

  function peek<P, Row>(question: PageQuestion<P, Row>): Promise<Page<Row> | null> {
    return look(question, (page) => isFreshPage(page, question.endpoint));
  }

  async function stored<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<readonly Page<Row>[] | null> {
    const pages: Page<Row>[] = [];
    const seen = new Set<string | null>();
    for (let token: string | null = null; !seen.has(token); ) {
      seen.add(token);
      const page: Page<Row> | null = await look(
        { endpoint, params, token },
        ({ fetchedAt }) => options.now() < fetchedAt + STALE_MS,
      );
      if (page === null) return null;
      pages.push(isFreshPage(page, endpoint) ? page : { ...page, stale: "TOO_EXPENSIVE" });
      if (page.next === null) return pages;
      token = page.next;
    }
    return null;
  }

  /** A page as it is kept here or in the shared store, where it can be used. */
  async function look<P, Row>(
    question: PageQuestion<P, Row>,
    isUsable: (page: Page<Row>) => boolean,
  ): Promise<Page<Row> | null> {
    const { endpoint } = question;
    const { key } = named(question);
    const here = held(endpoint, key);
    if (here !== undefined && (here.final || isUsable(here.value))) return here.value;
    const bytes = (await options.shared?.get(key)) ?? null;
    const entry = bytes === null ? null : await decodeEntry(key, bytes);
    if (entry === null) return archived(question);
    try {
      const page = keep(key, decode(question, entry), entry.body.length, { passing: false });
      void archive(question, page, entry.body).catch(() => {}); // the next process that reads it tries again
      return isUsable(page) ? page : null;
    } catch {
      return archived(question); // of another reading of the contract: as good as not there
    }
  }

  async function probe<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>, params: P): Promise<void> {
    const question = { endpoint, params, token: null };
    try {
      const { json } = await fetchBody(operation, question, {
        ...named(question),
        unwanted: operation.signal,
      });
      decodePage(endpoint, params, null, json, options.now());
    } catch (fault) {
      throw failureOf(fault, endpoint, params, null);
    }
  }

  /** What the archive has of a question that upstream no longer answers; people are named in it by their ids alone. */
  async function archived<P, Row>(question: PageQuestion<P, Row>): Promise<Page<Row> | null> {
    const { endpoint } = question;
    if (options.archive === null || !isExpired(question)) return null;
    const { credential, key } = named(question);
    for (const owner of [await owners.known(credential), credential.fingerprint]) {
      const name = owner === null ? null : archiveName(owner, question);
      const bytes = name === null ? null : await options.archive.get(name);
      const entry = name === null || bytes === null ? null : await decodeEntry(name, bytes);
      if (entry === null) continue;
      try {
        const page = nameless(endpoint, decode(question, entry));
        return keep(key, page, entry.body.length, { passing: false });
      } catch {
        // Of another reading of the contract: as good as not there.
      }
    }
    return null;
  }

  /** Keeps a final page that upstream will stop serving, without names and addresses of people. */
  async function archive<P, Row>(
    question: PageQuestion<P, Row>,
    { state, fetchedAt }: Page<Row>,
    body: string,
  ): Promise<void> {
    const { endpoint } = question;
    if (options.archive === null || state !== "FINAL" || endpoint.coverage?.horizonDays == null) return;
    const { credential } = named(question);
    const owner = (await owners.find(credential, endpoint.key)) ?? credential.fingerprint;
    const key = archiveName(owner, question);
    await options.archive.put(key, await encodeEntry({ key, body: withoutNames(endpoint, body), fetchedAt }));
  }

  /** The days of a question are before those that upstream answers for now. */
  function isExpired<P, Row>({ endpoint, params }: PageQuestion<P, Row>): boolean {
    const range = endpoint.covers(params);
    return range !== null && endpoint.coverage !== null && range.from < earliestDay(endpoint, options.now());
  }

  /** Archived figures are the organization's: they outlive the key they were fetched with. */
  function archiveName<P, Row>(owner: string, { endpoint, params, token }: PageQuestion<P, Row>): string {
    return `${owner} ${options.baseUrl.href} ${canonicalPath(endpoint, params, token)}`;
  }

  function bucketOf(endpoint: Pick<Endpoint<never, unknown>, "key" | "dataset" | "subject">): Bucket {
    return {
      organization: `${credentialFor(endpoint).fingerprint} ${options.baseUrl.href}`,
      family: endpoint.subject === "live" ? "lookups" : "analytics",
    };
  }

  /** With which key a question is asked, where, and under which name its answer is kept. */
  function named<P, Row>({ endpoint, params, token }: PageQuestion<P, Row>) {
    const credential = credentialFor(endpoint);
    const path = canonicalPath(endpoint, params, token);
    // Who may see an answer is who asked for it: the key is part of the name it is kept under.
    return { credential, path, key: `${credential.fingerprint} ${options.baseUrl.href} ${path}` };
  }

  /** A kept body, read. Throws for one of a replica whose clock is ahead: it would look new, and its days settled, too long. */
  function decode<P, Row>({ endpoint, params, token }: PageQuestion<P, Row>, { body, fetchedAt }: Kept) {
    if (fetchedAt > options.now() + CLOCKS_DIFFER_MS) throw new RangeError("kept at a time to come");
    const page = decodePage(endpoint, params, token, parserOf(endpoint)(body), fetchedAt);
    return hasOldNames(page) ? nameless(endpoint, page) : page;
  }

  /** What this process keeps under a name. */
  function held<P, Row>(endpoint: Endpoint<P, Row>, key: string): Entry<Page<Row>> | undefined {
    const entry = options.store.get(key) as Entry<Page<Row>> | undefined;
    if (entry === undefined || !hasOldNames(entry.value)) return entry;
    const aged = { ...entry, value: freeze(nameless(endpoint, entry.value)) };
    options.store.set(key, aged);
    return aged;
  }

  function hasOldNames({ isNameless, fetchedAt }: Page<unknown>): boolean {
    return !isNameless && options.now() >= fetchedAt + FRESH.lookups * 1_000;
  }

  function keep<Row>(
    key: string,
    page: Page<Row>,
    bytes: number,
    { passing }: Pick<Operation, "passing">,
  ): Page<Row> {
    const final = page.state === "FINAL";
    if (!passing) options.store.set(key, { value: freeze(page), bytes, storedAt: page.fetchedAt, final });
    return page;
  }

  /**
   * A page that other operations may have asked for before. One that was fresh a short time ago is given as it is, marked, and
   * asked for again behind the answer. Of a dataset with exports one question is asked first: without a newer export nothing
   * else of it has changed.
   */
  async function inProcess<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    key: string,
    bypass: boolean,
    fetch: (by: Operation, unwanted: AbortSignal) => Promise<Page<Row>>,
  ): Promise<Page<Row>> {
    const kept = bypass ? undefined : held(endpoint, key);
    const fresh = () => {
      if (kept === undefined || !isFresh(kept, endpoint) || kept.value.fetchedAt < operation.since)
        return null;
      operation.usage.cacheHits++;
      return kept.value;
    };
    const unchanged = fresh();
    if (unchanged !== null) return unchanged;
    if (kept !== undefined && operation.priority === "interactive" && wasJustFresh(kept, endpoint)) {
      const refresh = new Operation(1, {
        signal: AbortSignal.timeout(options.deadlineMs),
        priority: "refresh",
        caller: operation.caller,
      });
      if (!flights.has(key)) inProcess(refresh, endpoint, key, bypass, fetch).catch(() => {}); // the next who asks is told
      operation.usage.cacheHits++;
      return { ...kept.value, stale: "REVALIDATING" };
    }
    const probe = endpoint.watermarked && kept !== undefined ? probes.get(endpoint.dataset) : undefined;
    if (probe !== undefined) {
      await probe;
      const confirmed = fresh();
      if (confirmed !== null) return confirmed;
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
    const page = fetch(operation, interest.signal).catch((fault: unknown) => {
      const isOld = kept !== undefined && options.now() >= kept.storedAt + STALE_MS;
      if (kept !== undefined && !isOld && isPassing(fault)) return { ...kept.value, stale: fault.code };
      throw fault;
    });
    const flight = { page, interest, begun: performance.now() };
    flights.set(key, flight);
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
      if (probes.get(endpoint.dataset) === landed) probes.delete(endpoint.dataset);
    };
    const landed = page.then(land, land);
    if (endpoint.watermarked && !probes.has(endpoint.dataset)) probes.set(endpoint.dataset, landed);
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
    const ask = async () => {
      const { json, body } = await fetchBody(operation, question, asking);
      const fetchedAt = options.now();
      const page = decodePage(endpoint, params, token, json, fetchedAt);
      options.access.answered(endpoint.dataset, page.watermark);
      if (!endpoint.isOfBothKinds) await options.organizations.learn(endpoint.key);
      await Promise.all(
        finalDaysOf(endpoint, params, json, page).map((day) => keepDay(endpoint, day, operation)),
      );
      return { page, kept: { key, body, fetchedAt } };
    };
    try {
      if (options.shared === null || bypass) {
        const { page, kept } = await ask();
        if (options.shared !== null) await options.shared.set(key, await encodeEntry(kept), lifetimeMs(page));
        await archive(question, page, kept.body);
        return keep(key, page, kept.body.length, operation);
      }
      const expired = await archived(question);
      if (expired !== null) {
        operation.refund(endpoint.dataset);
        operation.usage.cacheHits++;
        return expired;
      }
      const begun = options.now();
      let body = "";
      const { page, bytes, isKept } = await shared(
        {
          store: options.shared,
          key,
          read: (kept) => {
            body = kept.body;
            return decode(question, kept);
          },
          isUsable: (page) =>
            page.fetchedAt >= operation.since && (page.fetchedAt >= begun || isFreshPage(page, endpoint)),
          lifetimeMs,
          patienceMs: operation.priority === "interactive" ? options.timeoutMs : null,
        },
        async () => {
          const asked = await ask();
          body = asked.kept.body;
          return asked;
        },
      );
      await archive(question, page, body);
      if (isKept) {
        operation.refund(endpoint.dataset);
        operation.usage.cacheHits++;
      }
      return keep(key, page, bytes, operation);
    } catch (fault) {
      const failure = failureOf(fault, endpoint, params, token);
      if (failure instanceof UpstreamRefusal && failure.reason !== "REFUSED") {
        options.access.refused(failure);
        if (failure.reason === "KEY_REFUSED") await options.organizations.forget(endpoint.key);
      }
      throw failure;
    }
  }

  async function keepDay<P, Row>(
    endpoint: Endpoint<P, Row>,
    { params, page, body }: DayPage<P, Row>,
    operation: Operation,
  ): Promise<void> {
    const { key } = named({ endpoint, params, token: null });
    keep(key, page, body.length, operation);
    await options.shared?.set(key, await encodeEntry({ key, body, fetchedAt: page.fetchedAt }), null);
  }

  function fetchBody<P, Row>(
    operation: Operation,
    { endpoint, params }: PageQuestion<P, Row>,
    { credential, path, unwanted }: Asking,
  ): Promise<HttpAnswer> {
    const { priority, caller, unhurried } = operation;
    const beta = endpoint.beta?.(params);
    const headers = {
      "x-api-key": credential.header(),
      "anthropic-version": API_VERSION,
      accept: "application/json",
      ...(beta === undefined ? {} : { "anthropic-beta": beta }),
    };
    const { budget } = options;
    const bucket = bucketOf(endpoint);
    const turn = (patienceMs: number): Turn => ({
      ...bucket,
      priority,
      caller,
      dataset: endpoint.dataset,
      patienceMs,
    });
    const breaker = breakers.of(endpoint.dataset);
    let leftAt = 0;
    const patience = unhurried ? { ...options, deadlineMs: UNHURRIED_MS } : options;
    return get(patience, path, headers, parserOf(endpoint), {
      async enter(patienceMs) {
        breaker.check();
        await budget.enter(turn(patienceMs), unwanted);
        leftAt = budget.now();
        operation.usage.requests++;
        operation.bucket = bucket;
      },
      async pass(attempt) {
        try {
          const answer = await breaker.pass(attempt);
          budget.answered(turn(0), leftAt);
          options.outages.answered(endpoint.dataset);
          return answer;
        } catch (fault) {
          if (fault instanceof HttpFailure && (fault.isOutage || fault.status === 401))
            options.outages.failed(endpoint.dataset, fault);
          throw fault;
        }
      },
      block: (retryAfter) => budget.block(turn(0), retryAfter, leftAt),
    });
  }

  function isFresh(entry: Entry<Page<unknown>>, endpoint: Aging): boolean {
    return entry.final || isFreshPage(entry.value, endpoint);
  }

  /** For a while after it was asked for or was confirmed, unless a newer export has been seen since. */
  function isFreshPage({ state, watermark, fetchedAt }: Page<unknown>, endpoint: Aging): boolean {
    if (state === "FINAL") return true;
    const until = (since: Instant) => options.now() < since + lifetimeOf(endpoint);
    const newest = watermark === null ? null : options.access.standing(endpoint.dataset);
    if (newest?.refreshedAt === watermark) return until(Math.max(fetchedAt, newest?.at ?? 0));
    const isReplaced =
      watermark !== null && newest !== null && newest.refreshedAt !== null && newest.refreshedAt > watermark;
    return !isReplaced && until(fetchedAt);
  }

  /** Look-ups hold names, which are not shown for longer than is promised. */
  function wasJustFresh({ storedAt }: Entry, endpoint: Aging): boolean {
    return endpoint.subject !== "live" && options.now() < storedAt + 2 * lifetimeOf(endpoint);
  }

  /** FRESH_TTL is about figures: names and groups of a large organization take longer to fetch than it may be. */
  function lifetimeOf({ freshSeconds, dataset }: Aging): number {
    const most = isOfDirectory(dataset) ? undefined : options.freshSeconds;
    return Math.min(freshSeconds, most ?? Number.POSITIVE_INFINITY) * 1_000;
  }

  function credentialFor({ key, dataset }: { key: KeyFamily; dataset: string }): Credential {
    const credential = options.credentials[key];
    if (credential !== null) return credential;
    throw new GatewayError(
      "NOT_CONFIGURED",
      `This gateway has no key for ${dataset}; its operator can set ${VARIABLE_OF_KEY[key]}.`,
      { dataset, reason: "NO_KEY" satisfies ClosedReason },
    );
  }

  return { read, peek, stored, probe, bucketOf };
}

/** The page without what it says of people, who may have been renamed or erased since. */
function nameless<Row>(
  { withoutNames }: Pick<Endpoint<never, Row>, "withoutNames">,
  page: Page<Row>,
): Page<Row> {
  return {
    ...page,
    rows: withoutNames === undefined ? page.rows : page.rows.map(withoutNames),
    isNameless: true,
  };
}

/** The body without what names people, for keeping it over years. */
function withoutNames({ nameKeys = [] }: Pick<Endpoint<never, unknown>, "nameKeys">, body: string): string {
  if (nameKeys.length === 0) return body;
  return JSON.stringify(JSON.parse(body), (key, value) => (nameKeys.includes(key) ? undefined : value));
}

function parserOf({ exactNumbers }: { readonly exactNumbers?: true }): (text: string) => unknown {
  return exactNumbers ? parseExact : JSON.parse;
}

/** What of an endpoint says how long its answers are fresh. */
type Aging = Pick<Endpoint<never, unknown>, "dataset" | "subject" | "freshSeconds">;

/** How long an answer waits for the name of its organization, which is asked for once for a key. */
const OWNER_MS = 2_000;

/** By how much the clocks of replicas may differ. */
const CLOCKS_DIFFER_MS = 60_000;

/** How long figures that can still move are kept beyond their freshness, to be shown when upstream fails. */
const STALE_MS = 24 * 3_600_000;

function lifetimeMs({ state }: Page<unknown>): number | null {
  return state === "FINAL" ? null : STALE_MS;
}

/** How long a page is waited for by whoever is in no hurry: the minutes of a day. */
const UNHURRIED_MS = 24 * 3_600_000;

/** Faults in which older figures, marked as such, are better than none. */
const PASSING: readonly ErrorCode[] = [
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_BILLING",
  "UPSTREAM_BUDGET_EXHAUSTED",
  "UPSTREAM_SHAPE",
];

export function isPassing(fault: unknown): fault is GatewayError {
  return fault instanceof GatewayError && PASSING.includes(fault.code);
}

/** Pages are shared between operations; nobody may change one. */
function freeze<T extends object>(page: T): T {
  for (const value of Object.values(page))
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freeze(value);
  return Object.freeze(page);
}
