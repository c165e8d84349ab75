import type { Finality } from "../../cache/policy.ts";
import type { Validity } from "../../cache/validity.ts";
import type { Dataset } from "../../domain/dataset.ts";
import { GatewayError } from "../../errors.ts";
import type { Operation, PageAge } from "../budget/operation.ts";
import type { Endpoint, RowId } from "../endpoint.ts";
import { refusedToken } from "../errors/refusal.ts";
import { WireError } from "../http/wire.ts";
import { storageLifetimeMs } from "./freshness.ts";
import { distinctRows, NewRows } from "./new-rows.ts";
import { type FetchedPages, MANY_ROWS, type Page } from "./page.ts";
import type { ColumnRun } from "./page-columns.ts";
import type { HeldPage, Pages } from "./pages.ts";
import type { Sizes } from "./sizes.ts";

/** A page without the rows that an earlier page gave. After a page that says `restarted`, the pages before it are void: the data was refreshed. */
export interface UpstreamPage<Row> extends Page<Row> {
  readonly restarted: boolean;
  /** Notes the state of those of its days that are wanted, where the others are dropped. Left out of pages that are not of upstream. */
  readonly narrow?: (state: Finality) => void;
}

export interface PageRunOptions {
  readonly reader: Pages;
  readonly sizes: Sizes;
}

const RESTARTS = 2;

/** Yields the pages of a question in order, from the one that `from` names or from the first. Ends only where upstream says so. */
export async function* pageRun<P, Row>(
  { reader, sizes }: PageRunOptions,
  operation: Operation,
  endpoint: Endpoint<P, Row>,
  params: P,
  from: string | null,
): AsyncGenerator<UpstreamPage<Row>, void, void> {
  const { dataset } = endpoint;
  const idOf = (row: Row) => endpoint.rowId(row, params);
  let pass = new Pass(operation, from);
  let restarts = 0;
  let restarted = false;
  /** Looked for once a page is not at hand; null: there are none that can be used. */
  let columns: ColumnRun<Row> | null | undefined = reader.columns.canHave(endpoint, params)
    ? undefined
    : null;
  let finding: Promise<ColumnRun<Row> | null> | undefined;
  const compared = operation.noStore ? await operation.wait(reader.distinct.find(endpoint, params)) : null;
  for (let token = from; ; ) {
    const question = { endpoint, params, token };
    let page: Page<Row>;
    /** The page where it is stored: its rows do not wait for the columns of the list. */
    let stored: Page<Row> | null = null;
    const held = restarts === 0 && !columns ? reader.atHand(operation, question) : undefined;
    if (held === undefined && columns === undefined && !reader.holds(operation, question)) {
      const find = () => reader.columns.find(endpoint, params, operation);
      if (operation.noStore || finding === undefined) {
        // An operation that holds no pages holds no columns either, unless pages are missing.
        if (!operation.noStore) finding = find();
        stored = await operation.wait(reader.storedPage(operation, question));
      }
      if (stored === null) columns = await operation.wait(finding ?? find());
    }
    const run = columns?.has(token) === true ? columns : null;
    const known = run?.areDistinct === true ? run : compared;
    let areDistinct: boolean;
    try {
      page =
        held ??
        stored ??
        (await operation.wait(
          run === null
            ? reader.read(operation, question, restarts > 0)
            : reader.readColumns(operation, run, question),
        ));
      areDistinct = known !== null && pass.isOf(known, page);
      if (!areDistinct)
        await pass.compareEarlier(idOf, (earlier) =>
          operation.wait(reader.read(operation, { ...question, token: earlier }, false)),
        );
    } catch (fault) {
      if (run !== null && fault instanceof WireError) {
        // Of an older reading of the contract. The pages are read from the first: they were not compared with one another.
        columns = null;
        pass.undo();
        pass = new Pass(operation, from);
        restarted = true;
        token = from;
        continue;
      }
      if (!refusedToken(fault) || token === null) throw fault;
      // The client's own token has died, or the one its page led to, which is of the same export.
      if (from !== null) throw expired(dataset, fault);
      // The first page may have come from the cache with a token that has died since: start over without it.
      if (restarts === RESTARTS) throw elusive(dataset, fault);
      pass.undo();
      pass = new Pass(operation, null);
      restarts++;
      restarted = true;
      columns = null;
      token = null;
      continue;
    }
    const rows = pass.take(page, reader.validityOf(page), idOf, areDistinct);
    if (from === null) sizes.learn(dataset, pass.sizeAfter(page));
    if (page.rows.length >= MANY_ROWS) await operation.turn();
    yield { ...page, rows, restarted, narrow: pass.narrowing() };
    restarted = false;
    if (page.next === null) {
      if (operation.noStore && from === null && pass.areCompared)
        await operation.wait(reader.distinct.keep(endpoint, params, pass.pages, storageLifetimeMs(page)));
      if (run !== null || from !== null || !pass.areManyFinal) return;
      const kept = reader.columns.keep(endpoint, params);
      if (operation.priority !== "interactive") await operation.wait(kept);
      return;
    }
    pass.follow(page.next, dataset);
    token = page.next;
  }
}

/** Returns the pages of questions that have one each, where this process holds all of them. */
export function onlyPages<P, Row>(
  { reader, sizes }: PageRunOptions,
  operation: Operation,
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
): readonly UpstreamPage<Row>[] | null {
  const held: { readonly params: P; readonly found: HeldPage<Row> }[] = [];
  for (const params of questions) {
    const found = reader.find(operation, { endpoint, params, token: null });
    if (found === undefined || found.page.next !== null) return null;
    held.push({ params, found });
  }
  return held.map(({ params, found }) => {
    const page = reader.take(operation, endpoint, found);
    const used = operation.use(page, reader.validityOf(page));
    const rows = distinctRows(page.rows, (row) => endpoint.rowId(row, params));
    operation.usage.duplicates += page.rows.length - rows.length;
    sizes.learn(endpoint.dataset, { pages: 1, isComplete: true });
    return { ...page, rows, restarted: false, narrow: (state) => operation.narrow(used, state) };
  });
}

/** One pass over the pages, until it ends or has to start over. */
class Pass {
  readonly #operation: Operation;
  readonly #tokens: Set<string>;
  readonly #newRows: NewRows;
  readonly #used: PageAge[] = [];
  readonly #read: Pick<Page<unknown>, "token" | "fetchedAt">[] = [];
  /** Tokens of pages that were not compared, since they were known to be distinct. */
  #uncompared: (string | null)[] = [];
  #rows = 0;
  #duplicates = 0;

  constructor(operation: Operation, from: string | null) {
    this.#operation = operation;
    this.#tokens = new Set(from === null ? [] : [from]);
    this.#newRows = new NewRows(operation.noStore);
  }

  /** Counts a page, and returns its rows without those that came before. `areDistinct`: none of them did. */
  take<Row>(
    page: Page<Row>,
    validity: Validity | null,
    idOf: (row: Row) => RowId | null,
    areDistinct: boolean,
  ): readonly Row[] {
    this.#used.push(this.#operation.use(page, validity));
    this.#read.push({ token: page.token, fetchedAt: page.fetchedAt });
    this.#rows += page.rows.length;
    if (areDistinct) {
      this.#uncompared.push(page.token);
      return page.rows;
    }
    const rows = this.#newRows.of(page.rows, idOf);
    const duplicates = page.rows.length - rows.length;
    this.#duplicates += duplicates;
    this.#operation.usage.duplicates += duplicates;
    return rows;
  }

  /** Reads the pages again that were not compared: the next page is not the one that they are known to differ from. */
  async compareEarlier<Row>(
    idOf: (row: Row) => RowId | null,
    read: (token: string | null) => Promise<Page<Row>>,
  ): Promise<void> {
    const tokens = this.#uncompared;
    this.#uncompared = [];
    for (const token of tokens) this.#newRows.of((await read(token)).rows, idOf);
  }

  /** The pages so far. */
  get pages(): readonly Pick<Page<unknown>, "token" | "fetchedAt">[] {
    return this.#read;
  }

  /** True if many rows were compared, all of them, and none came twice. */
  get areCompared(): boolean {
    return this.#rows >= MANY_ROWS && this.#uncompared.length === 0 && this.#duplicates === 0;
  }

  /** Returns how the newest page is narrowed to some of its days. */
  narrowing(): (state: Finality) => void {
    const page = this.#used.at(-1);
    return (state) => page && this.#operation.narrow(page, state);
  }

  /** True if the pages so far and the next are pages of the run, which then knows whether their rows come again. */
  isOf(run: FetchedPages, next: Page<unknown>): boolean {
    return [...this.#read, next].every(({ token, fetchedAt }) => run.fetchedWith(token) === fetchedAt);
  }

  /** Several pages, all of them final. */
  get areManyFinal(): boolean {
    return this.#used.length > 1 && this.#used.every(({ state }) => state === "FINAL");
  }

  /** How long the list is, as far as it has been read. */
  sizeAfter({ next }: Page<unknown>) {
    const read = this.#used.length;
    return { pages: next === null ? read : read + 1, isComplete: next === null };
  }

  /** Throws where upstream leads back to a page that was read: the list would never end. */
  follow(token: string, dataset: Dataset): void {
    if (this.#tokens.has(token)) {
      throw new GatewayError(
        "UPSTREAM_SHAPE",
        `${dataset} returned the same page twice, so the list is not complete.`,
        { dataset },
      );
    }
    this.#tokens.add(token);
  }

  /** Takes back what the pages counted for: they are void. */
  undo(): void {
    this.#operation.usage.duplicates -= this.#duplicates;
    this.#operation.forget(this.#used);
  }
}

function expired(dataset: Dataset, cause: unknown): GatewayError {
  return new GatewayError(
    "CURSOR_EXPIRED",
    `The data behind this cursor was refreshed; query ${dataset} again without \`after\`.`,
    { dataset },
    cause,
  );
}

function elusive(dataset: Dataset, cause: unknown): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `${dataset} was refreshed repeatedly while it was read; retry later.`,
    { dataset },
    cause,
  );
}
