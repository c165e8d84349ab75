import { createHash } from "node:crypto";
import { dimensionKey, isNameless, type ReportRow } from "../domain/bucket.ts";
import { compare, type Decimal, decimalOf, negative } from "../domain/decimal.ts";

/** Arithmetic of one kind of measure. */
export interface Algebra<Measure> {
  readonly plus: (a: Measure, b: Measure) => Measure;
  readonly minus: (a: Measure, b: Measure) => Measure;
  readonly isZero: (a: Measure) => boolean;
  /** What groups are ranked by, largest first. */
  readonly rank: (a: Measure) => Decimal;
}

/** A row of a ranking, with the sort key and the tie-breaking id that place it. */
export interface Ranked<Row> {
  readonly row: Row;
  /** Null: not measured, which comes last. */
  readonly key: Decimal | null;
  readonly id: string;
}

/**
 * One row per group over all windows, largest first. Rankings of several windows cannot be joined end to end: a group that
 * comes second everywhere may lead the sum.
 */
export function merged<Measure>(
  rows: Iterable<ReportRow<Measure>>,
  { plus, rank }: Algebra<Measure>,
): Ranked<ReportRow<Measure>>[] {
  const groups = new Map<string, ReportRow<Measure>>();
  for (const row of rows) {
    const group = dimensionKey(row);
    const before = groups.get(group);
    groups.set(
      group,
      before === undefined
        ? row
        : {
            ...(isNameless(row) ? before : row),
            from: Math.min(before.from, row.from),
            until: Math.max(before.until, row.until),
            measure: plus(before.measure, row.measure),
          },
    );
  }
  return [...groups]
    .map(([group, row]) => ({
      row,
      key: rank(row.measure),
      id: createHash("sha256").update(group).digest("base64url").slice(0, 12),
    }))
    .sort(byRank);
}

export function byRank(
  a: Pick<Ranked<unknown>, "key" | "id">,
  b: Pick<Ranked<unknown>, "key" | "id">,
): number {
  return byKey(a.key, b.key) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
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
    mark = BigInt.asUintN(96, mark + BigInt(`0x${createHash("sha256").update(id).digest("hex")}`));
    return mark.toString(36);
  });
}
