import { hash } from "node:crypto";
import { dimensionKey, isUnnamed, type ReportRow, rowName } from "../domain/bucket.ts";
import { compare, type Decimal, decimalOf, negative } from "../domain/decimal.ts";
import { inPieces, sortedInPieces, type ThreadTurn } from "../domain/pieces.ts";
import type { PageProvenance } from "../upstream/pages/iterate.ts";

/** Arithmetic of one kind of measure. */
export interface Algebra<Measure> {
  readonly plus: (a: Measure, b: Measure) => Measure;
  readonly minus: (a: Measure, b: Measure) => Measure;
  /** So many parts, as equal as can be, that add up to the whole. */
  readonly split: (a: Measure, count: number) => readonly Measure[];
  readonly isZero: (a: Measure) => boolean;
  /** Measure that groups are ranked by, largest first. */
  readonly rank: (a: Measure) => Decimal;
  /** Ranks groups with equal measures, such as those that a discount reduces to zero. */
  readonly tieRank: (a: Measure) => Decimal | null;
}

/** The sum of measures; null of none, since nothing says what zero of them is. */
export function sumOf<Measure>(
  { plus }: Pick<Algebra<Measure>, "plus">,
  measures: readonly Measure[],
): Measure | null {
  return measures.reduce<Measure | null>((sum, each) => (sum === null ? each : plus(sum, each)), null);
}

/** A row of a ranking, and an id that stays the same while its figures move. */
export interface Ranked<Row> {
  readonly row: Row;
  readonly id: string;
}

/** Sort key of a row in a ranking. */
export interface Rank {
  /** Largest first, each where those before it are equal; null is not measured, which comes last. */
  readonly keys: readonly (Decimal | null)[];
  /** Decides where all keys are equal. */
  readonly name: string;
}

/** A list that is ordered as a whole, and the pages it was read from. */
export interface Ranking<Row> {
  readonly ranked: readonly Ranked<Row>[];
  readonly sources: readonly PageProvenance[];
}

/** A ranking that is read on page by page. */
export interface KeptRanking {
  /** The ranking, of which the list that made it knows the rows. */
  readonly ranking: unknown;
  /** Marks of the rows from `rows` on. */
  readonly marks: Iterator<string, void>;
  /** Number of rows that are read. */
  rows: number;
  /** Mark of the last one; null before the first. */
  mark: string | null;
}

class Groups<Measure, Row extends ReportRow<Measure> = ReportRow<Measure>> {
  readonly #groups = new Map<string, Row>();
  readonly #algebra: Algebra<Measure>;

  constructor(algebra: Algebra<Measure>) {
    this.#algebra = algebra;
  }

  add(row: Row): void {
    const group = dimensionKey(row);
    const before = this.#groups.get(group);
    if (before === undefined) {
      this.#groups.set(group, row);
      return;
    }
    const measure = this.#algebra.plus(before.measure, row.measure);
    const from = Math.min(before.from, row.from);
    const until = Math.max(before.until, row.until);
    this.#groups.set(group, {
      ...(isUnnamed(row) ? before : row),
      from,
      until,
      measure,
      ...together(before, row),
    });
  }

  /** The sums, largest first. */
  ranked(turn: ThreadTurn): Promise<Row[]> {
    return largestFirst<Measure, Row>([...this.#groups.values()], this.#algebra, turn);
  }
}

/** Rows by what their groups are ranked by, and by name where that is equal. */
export async function largestFirst<Measure, Row extends ReportRow<Measure>>(
  rows: readonly Row[],
  { rank, tieRank }: Pick<Algebra<Measure>, "rank" | "tieRank">,
  turn: ThreadTurn,
): Promise<Row[]> {
  const ranks = rows.map((row) => ({
    row,
    keys: [rank(row.measure), tieRank(row.measure)],
    get name() {
      return rowName(row); // most figures differ, and then no name is compared
    },
  }));
  return (await sortedInPieces(ranks, byRank, turn)).map(({ row }) => row);
}

/** Who is behind two rows that are added up. */
export function together(
  a: ReportRow<unknown>,
  b: ReportRow<unknown>,
): Pick<ReportRow<unknown>, "groupSize"> {
  return a.groupSize === undefined ? {} : { groupSize: a.groupSize.and(b.groupSize) };
}

/** Adds up the rows of each group, and ranks the sums. */
export async function merged<Measure, Row extends ReportRow<Measure>>(
  rows: readonly Row[],
  algebra: Algebra<Measure>,
  turn: ThreadTurn,
): Promise<Row[]> {
  const groups = new Groups<Measure, Row>(algebra);
  await inPieces(rows, turn, (row) => groups.add(row));
  return groups.ranked(turn);
}

export function byRank(a: Rank, b: Rank): number {
  // Without an iterator: a ranking of 100,000 compares two million times.
  for (let i = 0; i < a.keys.length; i++) {
    const order = byKey(a.keys[i] ?? null, b.keys[i] ?? null);
    if (order !== 0) return order;
  }
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function byKey(a: Decimal | null, b: Decimal | null): number {
  return a === null || b === null ? Number(a === null) - Number(b === null) : compare(b, a);
}

/** Rows by a measure, from either end. Those without one come last whichever it is, and ties go by id. */
export async function rankedBy<Row>(
  rows: readonly Row[],
  measure: (row: Row) => number | Decimal | null,
  idOf: (row: Row) => string,
  turn: ThreadTurn,
  descending = true,
): Promise<Ranked<Row>[]> {
  const ranks: (Rank & Ranked<Row>)[] = [];
  await inPieces(rows, turn, (row) => {
    const value = measure(row);
    const key = typeof value === "number" ? decimalOf(value) : value;
    const id = idOf(row);
    ranks.push({ row, keys: [key === null || descending ? key : negative(key)], name: id, id });
  });
  return sortedInPieces(ranks, byRank, turn);
}

/**
 * For each row of a ranking, a mark of it and all rows before it, whatever their order among themselves. While it stays the same
 * no row has passed the place after it, and reading on from there neither repeats nor misses one.
 */
export function* marksOf(ranked: Iterable<Pick<Ranked<unknown>, "id">>): Generator<string, void, void> {
  let mark = 0n;
  for (const { id } of ranked) {
    mark = BigInt.asUintN(96, mark + BigInt(`0x${hash("sha256", id, "hex")}`));
    yield mark.toString(36);
  }
}
