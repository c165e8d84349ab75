import { setImmediate } from "node:timers/promises";
import type { Kept } from "../../cache/entry.ts";
import type { Entry, Store } from "../../cache/memory-store.ts";
import { type Validity, whileCurrent } from "../../cache/validity.ts";
import type { Instant } from "../../domain/day.ts";
import { frozen } from "../../domain/frozen.ts";
import type { Endpoint } from "../endpoint.ts";
import { parseExact } from "../http/wire.ts";
import type { PageQuestion } from "./address.ts";
import type { PageFreshness } from "./freshness.ts";
import { decodePage, MANY_ROWS, type Page } from "./page.ts";

export interface PageStoreOptions {
  readonly store: Store;
  readonly freshness: PageFreshness;
  readonly now: () => Instant;
}

/** The decoded pages in this process. A page loses its names once they are older than a look-up may be. */
export class PageStore {
  readonly #options: PageStoreOptions;
  readonly #validities = new WeakMap<Page<unknown>, Validity>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PageStoreOptions) {
    this.#options = options;
  }

  /**
   * Prepares a long page for a second operation, in a separate turn of the event loop: a question can read a hundred of them. Returns
   * undefined where there is nothing to do.
   */
  prepare(key: string): Promise<unknown> | undefined {
    const page = this.#options.store.get(key)?.value as Page<unknown> | undefined;
    if (page === undefined || !isUnprepared(page)) return undefined;
    this.#turn = this.#turn.then(() => setImmediate()).then(() => frozen(page));
    return this.#turn;
  }

  /** Returns a page for which there is nothing to prepare. */
  atHand<P, Row>(endpoint: Endpoint<P, Row>, key: string): Page<Row> | undefined {
    const page = this.#options.store.get(key)?.value as Page<unknown> | undefined;
    if (page === undefined || isUnprepared(page)) return undefined;
    return this.get(endpoint, key);
  }

  get<P, Row>(endpoint: Endpoint<P, Row>, key: string): Page<Row> | undefined {
    const { store, freshness } = this.#options;
    const entry = store.get(key) as Entry<Page<Row>> | undefined;
    if (entry === undefined) return undefined;
    return freshness.hasOldNames(entry.value)
      ? this.put(endpoint, key, removeNames(endpoint, entry.value), entry.bytes)
      : frozen(entry.value);
  }

  /** Stores a page and returns it. `bytes` is the size of its body. */
  put<P, Row>(endpoint: Endpoint<P, Row>, key: string, page: Page<Row>, bytes: number): Page<Row> {
    this.#options.store.set(key, { value: page, bytes });
    this.#validities.set(page, this.#validityOf(endpoint, key, page));
    return page;
  }

  /** Returns how long an answer may be reused that a page is part of; null for a page that was never stored. */
  validityOf(page: Page<unknown>): Validity | null {
    return this.#validities.get(page) ?? null;
  }

  /** A final page is valid wherever it is, until its names are too old. Any other is valid while it is stored and fresh. */
  #validityOf<P, Row>(endpoint: Endpoint<P, Row>, key: string, page: Page<Row>): Validity {
    const { freshness } = this.#options;
    // Kept answers outlive pages: none may hold the rows in memory.
    const { state, watermark, fetchedAt } = page;
    if (state !== "FINAL") {
      const stored = whileCurrent(page, () => this.get<P, Row>(endpoint, key));
      return {
        isCurrent: () => stored.isCurrent() && freshness.isFresh({ state, watermark, fetchedAt }, endpoint),
      };
    }
    const hasNames = page.areNamesRemoved !== true && endpoint.withoutNames !== undefined;
    return { isCurrent: () => !hasNames || !freshness.hasOldNames({ fetchedAt }) };
  }

  /** Decodes a stored body. Throws as `read` does. */
  decode<P, Row>(question: PageQuestion<P, Row>, { body, fetchedAt }: Kept): Page<Row> {
    const page = this.read(question, parserOf(question.endpoint)(body), fetchedAt);
    return this.#options.freshness.hasOldNames(page) ? removeNames(question.endpoint, page) : page;
  }

  /**
   * Reads a stored body that is parsed, with the names in it. Throws for one from a replica with a clock ahead of this one: it would
   * look fresh, and its days final, too long.
   */
  read<P, Row>(
    { endpoint, params, token }: PageQuestion<P, Row>,
    json: unknown,
    fetchedAt: Instant,
  ): Page<Row> {
    if (fetchedAt > this.#options.now() + MAX_CLOCK_SKEW_MS) throw new RangeError("fetched in the future");
    return decodePage(endpoint, params, token, json, fetchedAt);
  }
}

/** True for a long page that no second operation has read. */
function isUnprepared(page: Page<unknown>): boolean {
  return page.rows.length >= MANY_ROWS && !Object.isFrozen(page);
}

/** The largest difference between the clocks of two replicas. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** Selects the parser for an endpoint: amounts need their digits as upstream sent them. */
export function parserOf({ exactNumbers }: { readonly exactNumbers?: true }): (text: string) => unknown {
  return exactNumbers ? parseExact : JSON.parse;
}

/** Removes names and addresses of people, who may have been renamed or erased since. */
export function removeNames<Row>(
  { withoutNames }: Pick<Endpoint<never, Row>, "withoutNames">,
  page: Page<Row>,
): Page<Row> {
  return {
    ...page,
    rows: withoutNames === undefined ? page.rows : page.rows.map(withoutNames),
    areNamesRemoved: true,
  };
}
