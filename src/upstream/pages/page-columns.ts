import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { ColumnReader, ColumnWriter } from "../../cache/columns.ts";
import { decodeEntry, type Kept } from "../../cache/entry.ts";
import type { Store } from "../../cache/memory-store.ts";
import { finalityOf } from "../../cache/policy.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Instant } from "../../domain/day.ts";
import type { Operation } from "../budget/operation.ts";
import type { Endpoint, RowId } from "../endpoint.ts";
import { type AddressOptions, addressOf } from "./address.ts";
import type { BackgroundWrites } from "./background-writes.ts";
import type { FetchedPages, Page } from "./page.ts";
import { type PageArchive, unset } from "./page-archive.ts";
import { type PageStore, removeNames } from "./page-store.ts";

export interface PageColumnsOptions extends AddressOptions {
  readonly archive: PageArchive;
  /** Columns are made of the pages in it; null: none are made. */
  readonly shared: SharedStore | null;
  /** Columns that were read wait here for the next reader. */
  readonly store: Store;
  readonly pages: PageStore;
  readonly writes: BackgroundWrites;
  readonly now: () => Instant;
}

/** Pages of a question that has been read to its end, while it was final. They hold no name or address of a person. */
export interface ColumnRun<Row> extends FetchedPages {
  readonly rows: number;
  /** When the first of its pages was fetched. */
  readonly fetchedAt: Instant;
  /** No row comes twice, on one page or on several. */
  readonly areDistinct: boolean;
  has(token: string | null): boolean;
  /** Returns a page. Throws WireError where an earlier version read the contract otherwise. */
  page(token: string | null): Page<Row>;
}

const PREFIX = "columns ";

/** Of larger lists, the columns would take too much memory at once. */
const MAX_ROWS = 150_000;

/** Other replicas leave columns to the one that makes them. */
const LEASE_MS = 60_000;

/** Columns take some tenths of a second to make for a hundred pages: one list at a time. */
export class PageColumns {
  readonly #options: PageColumnsOptions;
  /** Questions that need nothing from this process any more, by key. */
  readonly #done = new Set<string>();
  #making: Promise<unknown> = Promise.resolve();

  constructor(options: PageColumnsOptions) {
    this.#options = options;
  }

  /** True for a final question that columns can answer, if there is an archive that can hold them. */
  canHave<P, Row>({ columns, subject, rangeOf }: Endpoint<P, Row>, params: P): boolean {
    const { archive, now } = this.#options;
    return (
      archive.isThere && columns?.(params) === true && finalityOf(subject, rangeOf(params), now()) === "FINAL"
    );
  }

  /** Returns the run of a question as an operation may use it; null where none is kept. An archive that cannot be read has none. */
  async find<P, Row>(
    endpoint: Endpoint<P, Row>,
    params: P,
    { noStore }: Pick<Operation, "noStore">,
  ): Promise<ColumnRun<Row> | null> {
    if (!this.canHave(endpoint, params)) return null;
    try {
      return (await this.#columnsOf(endpoint, params, noStore)) ?? (await this.#onlyPageOf(endpoint, params));
    } catch {
      return null;
    }
  }

  /** Makes the columns of a question from final pages in the shared store, unless they are there. */
  keep<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<unknown> {
    const { key } = addressOf(this.#options, { endpoint, params, token: null });
    if (endpoint.columns === undefined || this.#options.shared === null || this.#done.has(key))
      return this.#making;
    if (this.#done.size >= MAX_DONE) this.#done.clear();
    this.#done.add(key);
    const made = () => this.#make(endpoint, params, key).catch(() => {}); // the next process that reads all pages tries again
    this.#making = this.#making.then(made);
    return this.#making;
  }

  async #columnsOf<P, Row>(
    endpoint: Endpoint<P, Row>,
    params: P,
    noStore: boolean,
  ): Promise<ColumnRun<Row> | null> {
    const { archive, store, pages } = this.#options;
    const question = { endpoint, params, token: null };
    const name = PREFIX + addressOf(this.#options, question).key;
    const held = store.get(name)?.value as ColumnReader | undefined;
    if (held !== undefined) return runOf(pages, endpoint, params, held);
    for await (const { body } of archive.entries(question, PREFIX)) {
      const columns = await ColumnReader.read(body, setImmediate);
      if (columns === null || columns.head.pages.length === 0) continue;
      if (!noStore) store.set(name, { value: columns, bytes: body.length });
      return runOf(pages, endpoint, params, columns);
    }
    return null;
  }

  /** A list of one page is archived as that page. */
  async #onlyPageOf<P, Row>(endpoint: Endpoint<P, Row>, params: P): Promise<ColumnRun<Row> | null> {
    const { archive, pages } = this.#options;
    const question = { endpoint, params, token: null };
    for await (const entry of archive.entries(question)) {
      const page = removeNames(endpoint, pages.decode(question, entry));
      if (page.next !== null) return null;
      const { fetchedAt, rows } = page;
      return {
        rows: rows.length,
        fetchedAt,
        areDistinct: false,
        has: (token) => token === null,
        fetchedWith: (token) => (token === null ? fetchedAt : null),
        page: () => page,
      };
    }
    return null;
  }

  async #make<P, Row>(endpoint: Endpoint<P, Row>, params: P, key: string): Promise<void> {
    const { archive, shared, now, writes } = this.#options;
    const question = { endpoint, params, token: null };
    await writes.earlier(); // of the pages that the columns are made of
    const text = async () => {
      const holder = randomUUID();
      if (shared === null || !(await shared.acquire(PREFIX + key, holder, LEASE_MS))) return null;
      try {
        return await this.#textOf(shared, endpoint, params);
      } finally {
        await shared.release(PREFIX + key, holder);
      }
    };
    await archive.add(question, now(), text, PREFIX);
  }

  /** Null where a page is missing or still moves, or where there are too many rows. */
  async #textOf<P, Row>(shared: SharedStore, endpoint: Endpoint<P, Row>, params: P): Promise<string | null> {
    const writer = new ColumnWriter();
    const ids = new Set<RowId>();
    const tokens = new Set<string | null>();
    let areDistinct = true;
    for (let token: string | null = null; ; ) {
      if (tokens.size === tokens.add(token).size) return null;
      const question = { endpoint, params, token };
      const entry = await entryOf(shared, addressOf(this.#options, question).key);
      if (entry === null) return null;
      const json = JSON.parse(entry.body);
      const page: Page<Row> = this.#options.pages.read(question, json, entry.fetchedAt);
      if (page.state !== "FINAL" || writer.rows + page.rows.length > MAX_ROWS) return null;
      for (const row of page.rows) {
        const id = endpoint.rowId(row, params);
        if (id !== null && ids.size === ids.add(id).size) areDistinct = false;
      }
      unset(json, endpoint.nameKeys ?? []);
      const { data, ...envelope } = json;
      writer.add({ token, fetchedAt: entry.fetchedAt, envelope }, data);
      await setImmediate();
      if (page.next === null) break;
      token = page.next;
    }
    const lines: string[] = [];
    for (const line of writer.lines(areDistinct)) {
      lines.push(line);
      await setImmediate();
    }
    return lines.join("\n");
  }
}

const MAX_DONE = 10_000;

async function entryOf(shared: SharedStore, key: string): Promise<Kept | null> {
  const bytes = await shared.get(key);
  return bytes === null ? null : decodeEntry(key, bytes);
}

function runOf<P, Row>(
  pages: PageStore,
  endpoint: Endpoint<P, Row>,
  params: P,
  columns: ColumnReader,
): ColumnRun<Row> {
  const { head } = columns;
  const places = new Map(head.pages.map((page, i) => [page.token, { ...page, i }]));
  return {
    rows: head.pages.reduce((sum, { rows }) => sum + rows, 0),
    fetchedAt: Math.min(...head.pages.map(({ fetchedAt }) => fetchedAt)),
    areDistinct: head.areDistinct,
    has: (token) => places.has(token),
    fetchedWith: (token) => places.get(token)?.fetchedAt ?? null,
    page(token) {
      const place = places.get(token);
      if (place === undefined) throw new RangeError("not one of these pages");
      const { i, envelope, fetchedAt } = place;
      const body = { ...envelope, data: columns.rowsOf(i) };
      return removeNames(endpoint, pages.read({ endpoint, params, token }, body, fetchedAt));
    },
  };
}
