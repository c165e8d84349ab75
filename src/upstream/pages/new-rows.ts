import type { RowId } from "../endpoint.ts";

const REMEMBERED = 10_000;

/** A page that was compared with its own rows and with those of all pages before it, and repeats none. */
interface DistinctPage {
  /** The page before it; null: it is the first. */
  readonly after: DistinctPage | null;
}

/** By the rows of the page. A stored page is read again and again, after the same pages. */
const distinctPages = new WeakMap<readonly unknown[], DistinctPage>();

/** Leaves out the rows that upstream sends again within one run of pages. */
export class NewRows {
  readonly #known = new Set<RowId>();
  readonly #isBounded: boolean;
  /** Pages that repeat nothing, as is known: their ids are needed once a page comes of which it is not. */
  #uncompared: (() => readonly (RowId | null)[])[] = [];
  /** The page before, if it and all before it repeat nothing; null: there is none. Undefined: some do, or it is not known. */
  #last: DistinctPage | null | undefined = null;

  /** `isBounded` forgets old ids: a row that is sent again comes soon after, and all ids of a long list take more memory than its rows. */
  constructor(isBounded: boolean) {
    this.#isBounded = isBounded;
  }

  /** Returns the rows that were not met before; a row without an id never was. */
  of<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    const known = this.#isBounded ? undefined : distinctPages.get(rows);
    if (known !== undefined && known.after === this.#last) {
      this.#last = known;
      this.#uncompared.push(() => rows.map(idOf));
      return rows;
    }
    const isFirst = this.#last === null && this.#known.size === 0;
    const fresh = isFirst ? this.#begin(rows, idOf) : this.#following(rows, idOf);
    this.#last = fresh.length === rows.length && !this.#isBounded ? this.#noted(rows) : undefined;
    return fresh;
  }

  /** Leaves the ids of the first page for the second: most lists have one page, and its own rows were compared before. */
  #begin<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    const distinct = distinctRows(rows, idOf);
    this.#uncompared.push(() => distinct.map(idOf));
    return distinct;
  }

  #following<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    for (const ids of this.#uncompared) for (const id of ids()) this.#isNew(id);
    this.#uncompared = [];
    const fresh = rows.filter((row) => this.#isNew(idOf(row)));
    if (this.#isBounded) this.#forgetOldest();
    return fresh;
  }

  #noted(rows: readonly unknown[]): DistinctPage | undefined {
    if (this.#last === undefined) return undefined;
    const page = { after: this.#last };
    distinctPages.set(rows, page);
    return page;
  }

  #isNew(id: RowId | null): boolean {
    if (id === null) return true;
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    return true;
  }

  #forgetOldest(): void {
    for (const id of this.#known) {
      if (this.#known.size <= REMEMBERED) return;
      this.#known.delete(id);
    }
  }
}

const distinctOf = new WeakMap<readonly unknown[], readonly unknown[]>();

/** Returns the rows of a page without those that it repeats. Kept by the page: a stored one is read again and again. */
export function distinctRows<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
  const before = distinctOf.get(rows) as readonly Row[] | undefined;
  if (before !== undefined) return before;
  const ids = new Set<RowId>();
  const distinct = rows.filter((row) => {
    const id = idOf(row);
    if (id === null) return true;
    return ids.size !== ids.add(id).size;
  });
  const kept = distinct.length === rows.length ? rows : distinct;
  distinctOf.set(rows, kept);
  return kept;
}
