import type { Span } from "../../domain/bucket.ts";
import { startOf } from "../../domain/day.ts";
import type { Decimal } from "../../domain/decimal.ts";
import { inPieces, sortedInPieces, type ThreadTurn } from "../../domain/pieces.ts";
import { bucketAround } from "../../domain/series.ts";
import { type Algebra, byRank, type Rank } from "../ranking.ts";
import type { Analysis } from "./analysis.ts";
import { type Analysed, cellOf, type Figure, type Kind, ranksOf } from "./figure.ts";

/**
 * Keeps the groups with the most of a measure over the whole range, and merges the others of each bucket into one row. Rows
 * about a part of the range cannot match groups of all of it, so they are merged too.
 */
export async function firstOf<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Analysed<Row, Measure>[],
  { top, bucket, range }: Analysis<Row, Measure>,
  measure: (measure: Measure) => Decimal | null,
  turn: ThreadTurn,
): Promise<readonly Analysed<Row, Measure>[]> {
  if (top === null) return rows;
  const { algebra, groupOf } = kind;
  const groups = new Map<string, { readonly name: string; readonly sum: Measure }>();
  const isOfPart = ({ from, until }: Span) => from > startOf(range.from) || until < startOf(range.until);
  await inPieces(rows, turn, (row) => {
    if (row.isRemainder || (kind.isPiece(row) && isOfPart(row))) return;
    const key = groupOf(row);
    const group = groups.get(key);
    const sum = group === undefined ? row.measure : algebra.plus(group.sum, row.measure);
    groups.set(key, { name: group?.name ?? kind.nameOf(row), sum });
  });
  const ranked: (Rank & { readonly group: string })[] = [];
  await inPieces([...groups], turn, ([group, { name, sum }]) => {
    ranked.push({ group, keys: [measure(sum), ...ranksOf(kind, sum)], name });
  });
  const first = (await sortedInPieces(ranked, byRank, turn)).slice(0, top);
  const kept = new Set(first.map(({ group }) => group));
  const others = new Map<string, Analysed<Row, Measure>>();
  const shown: Analysed<Row, Measure>[] = [];
  await inPieces(rows, turn, (row) => {
    if (row.isRemainder || kept.has(groupOf(row))) {
      shown.push(row);
      return;
    }
    const span = bucketAround(bucket, row, range);
    const other = { ...kind.ungrouped(row), ...span, isOther: true, before: row.before };
    merge(others, cellOf(kind, other), other, algebra.plus);
  });
  return [...shown, ...others.values()];
}

function merge<Row extends Figure<Measure>, Measure>(
  cells: Map<string, Analysed<Row, Measure>>,
  key: string,
  row: Analysed<Row, Measure>,
  plus: Algebra<Measure>["plus"],
): void {
  const sum = cells.get(key);
  cells.set(
    key,
    sum === undefined
      ? row
      : {
          ...row,
          measure: plus(sum.measure, row.measure),
          before: sum.before === null || row.before === null ? null : plus(sum.before, row.before),
        },
  );
}
