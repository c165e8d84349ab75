import { encodeEntry, type Kept } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Instant } from "../../domain/day.ts";
import type { Access } from "../access/access.ts";
import type { KeyOrganizations } from "../access/key-organizations.ts";
import type { Operation } from "../budget/operation.ts";
import type { Endpoint } from "../endpoint.ts";
import { failureOf } from "../errors/failure.ts";
import { UpstreamRefusal } from "../errors/refusal.ts";
import type { HttpAnswer } from "../http/attempt.ts";
import { bodyTurn } from "../http/body-turn.ts";
import type { UpstreamObserver } from "../observer.ts";
import { type AddressOptions, addressOf, type PageAddress, type PageQuestion } from "./address.ts";
import type { BackgroundWrites } from "./background-writes.ts";
import { type PageFreshness, storageLifetimeMs } from "./freshness.ts";
import { type DayPage, decodePage, finalDaysOf, type Page } from "./page.ts";
import type { PageArchive } from "./page-archive.ts";
import type { PageStore } from "./page-store.ts";
import type { Recordings } from "./recordings.ts";
import { shared } from "./replicas.ts";
import type { Sender } from "./sender.ts";
import { withoutNulls } from "./without-nulls.ts";

export interface PageSourceOptions extends AddressOptions {
  readonly memory: PageStore;
  /** The store that replicas share; null without one. */
  readonly shared: SharedStore | null;
  readonly archive: PageArchive;
  readonly recordings: Recordings;
  readonly writes: BackgroundWrites;
  readonly freshness: PageFreshness;
  readonly sender: Sender;
  readonly access: Access;
  readonly organizations: KeyOrganizations;
  /** Null: nothing is measured. */
  readonly observer: UpstreamObserver | null;
  readonly now: () => Instant;
  /** Longest wait for a replica that is requesting the same page. */
  readonly timeoutMs: number;
}

/** A page with the body it was decoded from. */
interface Fetched<Row> {
  readonly page: Page<Row>;
  readonly kept: Kept;
}

/** Obtains a page that this process does not hold: from the archive, from what replicas share, or from upstream; then stores it. */
export class PageSource {
  readonly #options: PageSourceOptions;

  constructor(options: PageSourceOptions) {
    this.#options = options;
  }

  /** `bypass` ignores the archive and the shared store. Throws what a client would see. */
  async obtain<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    unwanted: AbortSignal,
    bypass: boolean,
  ): Promise<Page<Row>> {
    const address = addressOf(this.#options, question);
    const fetchPage = () => this.#fetch(operation, question, address, unwanted);
    try {
      return this.#options.shared === null || bypass
        ? await this.#fromUpstream(operation, question, address.key, fetchPage)
        : await this.#fromReplicas(operation, question, address.key, this.#options.shared, fetchPage);
    } catch (fault) {
      throw await this.#noted(failureOf(fault, question.endpoint, question.params, question.token), question);
    }
  }

  /** Makes one request and stores nothing of its response. Throws what a client would see. */
  async probe<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>, params: P): Promise<void> {
    const { json } = await this.answer(operation, endpoint, params);
    try {
      decodePage(endpoint, params, null, json, this.#options.now());
    } catch (fault) {
      throw failureOf(fault, endpoint, params, null);
    }
  }

  /** Makes one request and returns its response without reading it. Throws what a client would see. */
  async answer<P, Row>(operation: Operation, endpoint: Endpoint<P, Row>, params: P): Promise<HttpAnswer> {
    const question = { endpoint, params, token: null };
    try {
      const address = addressOf(this.#options, question);
      return await this.#options.sender.send(operation, question, address, operation.signal);
    } catch (fault) {
      throw failureOf(fault, endpoint, params, null);
    }
  }

  async #fromUpstream<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    key: string,
    fetchPage: () => Promise<Fetched<Row>>,
  ): Promise<Page<Row>> {
    const { observer, shared: store, writes } = this.#options;
    const { page, kept } = await fetchPage();
    observer?.found(question.endpoint.dataset, "upstream", page);
    if (store !== null) {
      await writes.earlier(); // one can hold the page that this one replaces
      const stored = { ...kept, body: storedBody(question.endpoint, kept.body) };
      await store.set(key, await encodeEntry(stored), storageLifetimeMs(page));
    }
    await this.#archive(operation, question, page, kept.body);
    return this.#hold(operation, question.endpoint, key, page, kept.body.length);
  }

  async #fromReplicas<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    key: string,
    store: SharedStore,
    fetchPage: () => Promise<Fetched<Row>>,
  ): Promise<Page<Row>> {
    const { archive, freshness, memory, now, observer, timeoutMs, writes } = this.#options;
    const { endpoint } = question;
    const archived = await archive.get(question);
    if (archived !== null) {
      countHit(operation, endpoint);
      observer?.found(endpoint.dataset, "archive", archived);
      return archived;
    }
    const startedAt = now();
    let body = "";
    const { page, bytes, isKept } = await shared(
      {
        store,
        key,
        read: (kept) => {
          body = kept.body;
          return memory.decode(question, kept);
        },
        isUsable: (found) =>
          operation.accepts(found) && (found.fetchedAt >= startedAt || freshness.isFresh(found, endpoint)),
        stored: (text) => storedBody(endpoint, text),
        lifetimeMs: storageLifetimeMs,
        maxWaitMs: isInteractive(operation) ? timeoutMs : null,
        writes,
      },
      async () => {
        const fetched = await fetchPage();
        body = fetched.kept.body;
        return fetched;
      },
    );
    await this.#archive(operation, question, page, body);
    if (isKept) countHit(operation, endpoint);
    observer?.found(endpoint.dataset, isKept ? "shared" : "upstream", page);
    return this.#hold(operation, endpoint, key, page, bytes);
  }

  async #fetch<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    address: PageAddress,
    unwanted: AbortSignal,
  ): Promise<Fetched<Row>> {
    const { sender, access, organizations, recordings, now } = this.#options;
    const { endpoint, params, token } = question;
    const { json, body } = await sender.send(operation, question, address, unwanted);
    const fetchedAt = now();
    await bodyTurn(body, { isBegun: true });
    const page = decodePage(endpoint, params, token, json, fetchedAt);
    await bodyTurn(body, { isBegun: true });
    await recordings.saw(endpoint, page);
    access.answered(endpoint.dataset, page.watermark);
    if (!endpoint.isOfBothKinds) await organizations.learn(endpoint.key);
    await Promise.all(
      finalDaysOf(endpoint, params, json, page).map((day) => this.#storeDay(operation, endpoint, day)),
    );
    return { page, kept: { key: address.key, body, fetchedAt } };
  }

  /** Stores a final day of a longer response, so that other ranges reuse it. */
  async #storeDay<P, Row>(
    operation: Operation,
    endpoint: Endpoint<P, Row>,
    { params, page, body }: DayPage<P, Row>,
  ): Promise<void> {
    const { key } = addressOf(this.#options, { endpoint, params, token: null });
    this.#hold(operation, endpoint, key, page, body.length);
    await this.#share(operation, { key, body, fetchedAt: page.fetchedAt }, null);
  }

  async #share(operation: Operation, kept: Kept, lifetimeMs: number | null): Promise<void> {
    const { shared } = this.#options;
    if (shared === null) return;
    await this.#write(operation, kept.body.length, async () =>
      shared.set(kept.key, await encodeEntry(kept), lifetimeMs),
    );
  }

  async #archive<P, Row>(
    operation: Operation,
    question: PageQuestion<P, Row>,
    page: Page<Row>,
    body: string,
  ): Promise<void> {
    const { archive } = this.#options;
    if (!archive.takes(question.endpoint, page)) return;
    await this.#write(operation, body.length, () => archive.put(question, page, body));
  }

  /** Writes behind the answer of an interactive operation; others have time, and are not read again at once. */
  async #write(operation: Operation, bytes: number, write: () => Promise<void>): Promise<void> {
    await (isInteractive(operation) ? this.#options.writes.add(bytes, write) : write());
  }

  #hold<P, Row>(
    { noStore }: Operation,
    endpoint: Endpoint<P, Row>,
    key: string,
    page: Page<Row>,
    bytes: number,
  ): Page<Row> {
    return noStore ? page : this.#options.memory.put(endpoint, key, page, bytes);
  }

  /** Remembers a refusal of the dataset or of the key. */
  async #noted<P, Row>(failure: unknown, { endpoint }: PageQuestion<P, Row>): Promise<unknown> {
    const { access, organizations } = this.#options;
    if (failure instanceof UpstreamRefusal && failure.reason !== "REFUSED") {
      access.refused(failure);
      if (failure.reason === "KEY_REFUSED") await organizations.forget(endpoint.key);
    }
    return failure;
  }
}

/** Rows that can be columns read a member that is null like one that is missing. */
function storedBody({ columns }: Pick<Endpoint<never, unknown>, "columns">, body: string): string {
  return columns === undefined ? body : withoutNulls(body);
}

function isInteractive({ priority }: Operation): boolean {
  return priority === "interactive";
}

/** Counts a page that needed no request after all. */
function countHit(operation: Operation, { dataset }: Pick<Endpoint<never, unknown>, "dataset">): void {
  operation.refund(dataset);
  operation.usage.cacheHits++;
}
