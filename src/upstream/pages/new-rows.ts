import type { RowId } from "../endpoint.ts";

const REMEMBERED = 10_000;

/** Leaves out the rows that upstream sends again within one run of pages. */
export class NewRows {
  readonly #known = new Set<RowId>();
  readonly #isBounded: boolean;
  /** The ids of the first page; null before it. */
  #first: (() => readonly (RowId | null)[]) | null = null;

  /** `isBounded` forgets old ids: a row that is sent again comes soon after, and all ids of a long list take more memory than its rows. */
  constructor(isBounded: boolean) {
    this.#isBounded = isBounded;
  }

  /** Returns the rows that were not met before; a row without an id never was. */
  of<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    return this.#first === null ? this.#begin(rows, idOf) : this.#following(rows, idOf);
  }

  /** Leaves the ids of the first page for the second: most lists have one page, and its own rows were compared before. */
  #begin<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    const distinct = distinctRows(rows, idOf);
    this.#first = () => distinct.map(idOf);
    return distinct;
  }

  #following<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    if (this.#known.size === 0) for (const id of this.#first?.() ?? []) this.#isNew(id);
    const fresh = rows.filter((row) => this.#isNew(idOf(row)));
    if (this.#isBounded) this.#forgetOldest();
    return fresh;
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
