import { decodeEntry } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Endpoint } from "../endpoint.ts";
import { type AddressOptions, addressOf, type PageQuestion } from "./address.ts";
import type { PageFreshness } from "./freshness.ts";
import type { Page } from "./page.ts";
import type { PageArchive } from "./page-archive.ts";
import type { PageStore } from "./page-store.ts";

export interface StoredPagesOptions extends AddressOptions {
  readonly memory: PageStore;
  /** The store that replicas share; null without one. */
  readonly shared: SharedStore | null;
  readonly archive: PageArchive;
  readonly freshness: PageFreshness;
}

/** The pages that cost no upstream request. */
export class StoredPages {
  readonly #options: StoredPagesOptions;

  constructor(options: StoredPagesOptions) {
    this.#options = options;
  }

  /** Returns a page that this process holds and that is final or fresh; undefined where it must be looked for. */
  atHand<P, Row>(
    question: PageQuestion<P, Row>,
    { key } = addressOf(this.#options, question),
  ): Page<Row> | undefined {
    const { memory, freshness } = this.#options;
    const { endpoint } = question;
    const page = memory.atHand(endpoint, key);
    return page !== undefined && freshness.isFresh(page, endpoint) ? page : undefined;
  }

  /** Returns a page that is final or fresh; null where a request would be needed. `noStore` keeps it out of this process. */
  peek<P, Row>(question: PageQuestion<P, Row>, noStore = false): Promise<Page<Row> | null> {
    const isFresh = (page: Page<Row>) => this.#options.freshness.isFresh(page, question.endpoint);
    return this.#find(question, isFresh, noStore);
  }

  /** Returns all pages of a question, each at most a day old and marked where it is not fresh; null where one is missing. */
  async all<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<readonly Page<Row>[] | null> {
    const { freshness } = this.#options;
    const pages: Page<Row>[] = [];
    const seen = new Set<string | null>();
    for (let token: string | null = null; !seen.has(token); ) {
      seen.add(token);
      const page: Page<Row> | null = await this.#find({ endpoint, params, token }, (found) =>
        freshness.isServableOnError(found),
      );
      if (page === null) return null;
      pages.push(freshness.isFresh(page, endpoint) ? page : { ...page, stale: "TOO_EXPENSIVE" });
      if (page.next === null) return pages;
      token = page.next;
    }
    return null;
  }

  /** Looks in this process, in the shared store and in the archive, in that order. */
  async #find<P, Row>(
    question: PageQuestion<P, Row>,
    isUsable: (page: Page<Row>) => boolean,
    noStore = false,
  ): Promise<Page<Row> | null> {
    const { memory, shared, archive } = this.#options;
    const { key } = addressOf(this.#options, question);
    await memory.prepare(key);
    const held = memory.get(question.endpoint, key);
    if (held !== undefined && (held.state === "FINAL" || isUsable(held))) return held;
    const bytes = (await shared?.get(key)) ?? null;
    const entry = bytes === null ? null : await decodeEntry(key, bytes);
    if (entry === null) return archive.get(question);
    try {
      const decoded = memory.decode(question, entry);
      // A request can have ended since.
      const newer = memory.get(question.endpoint, key);
      if (newer !== undefined && newer.fetchedAt > decoded.fetchedAt) return isUsable(newer) ? newer : null;
      const page = noStore ? decoded : memory.put(question.endpoint, key, decoded, entry.body.length);
      void archive.put(question, page, entry.body).catch(() => {}); // the next process that reads the page tries again
      return isUsable(page) ? page : null;
    } catch {
      return archive.get(question); // an earlier version read the contract otherwise: the entry counts as missing
    }
  }
}
