import { inPieces, sortedInPieces, type ThreadTurn } from "../../domain/pieces.ts";
import { type Figure, groupIn, type Kind } from "./figure.ts";

/** Returns what each group has come to by the end of each of its buckets, by cell. */
export async function runningTotals<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly (Row & { readonly isOther?: boolean })[],
  turn: ThreadTurn,
): Promise<ReadonlyMap<string, Measure>> {
  const sums = new Map<string, Measure>();
  const totals = new Map<string, Measure>();
  const byTime = await sortedInPieces(rows, (a, b) => a.from - b.from, turn);
  await inPieces(byTime, turn, (row) => {
    const group = groupIn(kind, row);
    const sum = sums.get(group);
    const total = sum === undefined ? row.measure : kind.algebra.plus(sum, row.measure);
    sums.set(group, total);
    totals.set(`${row.from} ${group}`, total);
  });
  return totals;
}
