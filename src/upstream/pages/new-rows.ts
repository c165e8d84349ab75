import type { RowId } from "../endpoint.ts";

const REMEMBERED = 10_000;

/** Leaves out the rows that upstream sends again within one run of pages. */
export class NewRows {
  readonly #known = new Set<RowId>();
  readonly #isBounded: boolean;
  #duplicates = 0;

  /** `isBounded` forgets old ids: a row that is sent again comes soon after, and all ids of a long list take more memory than its rows. */
  constructor(isBounded: boolean) {
    this.#isBounded = isBounded;
  }

  /** How many rows have been left out. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Returns the rows that were not met before; a row without an id never was. */
  of<Row>(rows: readonly Row[], idOf: (row: Row) => RowId | null): readonly Row[] {
    const fresh = rows.filter((row) => this.#isNew(idOf(row)));
    this.#duplicates += rows.length - fresh.length;
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
