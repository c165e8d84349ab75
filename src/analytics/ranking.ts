import { hash } from "node:crypto";
import { dimensionKey, isNameless, type ReportRow } from "../domain/bucket.ts";
import { compare, type Decimal, decimalOf, negative } from "../domain/decimal.ts";
import type { PageSource } from "../upstream/walk.ts";

/** Arithmetic of one kind of measure. */
export interface Algebra<Measure> {
  readonly plus: (a: Measure, b: Measure) => Measure;
  readonly minus: (a: Measure, b: Measure) => Measure;
  /** So many parts, as equal as can be, that add up to the whole. */
  readonly split: (a: Measure, count: number) => readonly Measure[];
  readonly isZero: (a: Measure) => boolean;
  /** What groups are ranked by, largest first. */
  readonly rank: (a: Measure) => Decimal;
}

/** The sum of measures; null of none, since nothing says what zero of them is. */
export function sumOf<Measure>(
  { plus }: Pick<Algebra<Measure>, "plus">,
  measures: readonly Measure[],
): Measure | null {
  return measures.reduce<Measure | null>((sum, each) => (sum === null ? each : plus(sum, each)), null);
}

/** A row of a ranking, with the sort key and the tie-breaking id that place it. */
export interface Ranked<Row> {
  readonly row: Row;
  /** Null: not measured, which comes last. */
  readonly key: Decimal | null;
  /** What orders rows of one key, such as those of one bucket; left out where the id alone does. */
  readonly next?: Decimal | null | undefined;
  readonly id: string;
}

/** A list that is ordered as a whole, and the pages it was read from. */
export interface Ranking<Row> {
  readonly ranked: readonly Ranked<Row>[];
  readonly sources: readonly PageSource[];
}

/**
 * One row per group over all windows, largest first. Rankings of several windows cannot be joined end to end: a group that
 * comes second everywhere may lead the sum.
 */
export class Groups<Measure, Row extends ReportRow<Measure> = ReportRow<Measure>> {
  readonly #groups = new Map<string, Ranked<Row>>();
  readonly #algebra: Algebra<Measure>;
  readonly #idOf: (group: string) => string;

  constructor(algebra: Algebra<Measure>, idOf: (group: string) => string = digestOfGroup) {
    this.#algebra = algebra;
    this.#idOf = idOf;
  }

  add(row: Row): void {
    const { plus, rank } = this.#algebra;
    const group = dimensionKey(row);
    const before = this.#groups.get(group);
    if (before === undefined) {
      this.#groups.set(group, { row, key: rank(row.measure), id: this.#idOf(group) });
      return;
    }
    const measure = plus(before.row.measure, row.measure);
    const from = Math.min(before.row.from, row.from);
    const until = Math.max(before.row.until, row.until);
    this.#groups.set(group, {
      row: { ...(isNameless(row) ? before.row : row), from, until, measure, ...together(before.row, row) },
      key: rank(measure),
      id: before.id,
    });
  }

  ranked(): Ranked<Row>[] {
    return [...this.#groups.values()].sort(byRank);
  }
}

/** Who is behind two rows that are added up. */
export function together(a: ReportRow<unknown>, b: ReportRow<unknown>): Pick<ReportRow<unknown>, "crowd"> {
  return a.crowd === undefined ? {} : { crowd: a.crowd.and(b.crowd) };
}

/** All rows at once. */
export function merged<Measure, Row extends ReportRow<Measure>>(
  rows: Iterable<Row>,
  algebra: Algebra<Measure>,
): Ranked<Row>[] {
  const groups = new Groups<Measure, Row>(algebra);
  for (const row of rows) groups.add(row);
  return groups.ranked();
}

function digestOfGroup(group: string): string {
  return hash("sha256", group, "base64url").slice(0, 12);
}

/** The same ranking with other rows. Each is made when it is looked at: there can be tens of thousands, and a client sees a page. */
export function dressed<Plain, Row>(
  ranked: readonly Ranked<Plain>[],
  rowOf: (row: Plain) => Row,
): Ranked<Row>[] {
  return ranked.map((each) => ({
    key: each.key,
    next: each.next,
    id: each.id,
    get row() {
      return rowOf(each.row);
    },
  }));
}

type Rank = Pick<Ranked<unknown>, "key" | "next" | "id">;

export function byRank(a: Rank, b: Rank): number {
  return (
    byKey(a.key, b.key) || byKey(a.next ?? null, b.next ?? null) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

function byKey(a: Decimal | null, b: Decimal | null): number {
  return a === null || b === null ? Number(a === null) - Number(b === null) : compare(b, a);
}

/** Rows by a measure, from either end. Those without one come last whichever it is, and ties go by id. */
export function rankedBy<Row>(
  rows: readonly Row[],
  measure: (row: Row) => number | Decimal | null,
  idOf: (row: Row) => string,
  descending = true,
): Ranked<Row>[] {
  return rows
    .map((row) => {
      const value = measure(row);
      const key = typeof value === "number" ? decimalOf(value) : value;
      return { row, key: key === null || descending ? key : negative(key), id: idOf(row) };
    })
    .sort(byRank);
}

/**
 * For each row of a ranking, a mark of it and all rows before it, whatever their order among themselves. While it stays the same
 * no row has passed the place after it, and reading on from there neither repeats nor misses one.
 */
export function marksOf(ids: readonly string[]): string[] {
  let mark = 0n;
  return ids.map((id) => {
    mark = BigInt.asUintN(96, mark + BigInt(`0x${hash("sha256", id, "hex")}`));
    return mark.toString(36);
  });
}
