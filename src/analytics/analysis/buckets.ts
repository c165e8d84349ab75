import type { Finality } from "../../cache/policy.ts";
import type { Span } from "../../domain/bucket.ts";
import type { Instant } from "../../domain/day.ts";
import { inPieces, type ThreadTurn } from "../../domain/pieces.ts";
import type { DayRange } from "../../domain/range.ts";
import { bucketAround, type CoveredBucket, type SeriesBucket } from "../../domain/series.ts";
import { type Analysed, type Figure, groupIn, type Kind } from "./figure.ts";

/** Merges rows to one for each group and bucket. */
export async function inBuckets<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Row[],
  bucket: SeriesBucket,
  range: DayRange,
  stateAt: (span: Span) => Finality,
  turn: ThreadTurn,
): Promise<Analysed<Row, Measure>[]> {
  const spans = new Map<Instant, CoveredBucket>();
  const cells = new Map<Instant, Map<string, { row: Row; span: CoveredBucket; measure: Measure }>>();
  await inPieces(rows, turn, (row) => {
    const around = spans.getOrInsertComputed(row.from, () => bucketAround(bucket, row, range));
    const span = kind.isPiece(row) ? pieceOf(around, row) : around;
    const ofBucket = cells.getOrInsertComputed(span.from, () => new Map());
    const group = groupIn(kind, row);
    const cell = ofBucket.get(group);
    if (cell === undefined) ofBucket.set(group, { row, span, measure: row.measure });
    else
      Object.assign(cell, {
        row: kind.named(cell.row, row),
        measure: kind.algebra.plus(cell.measure, row.measure),
      });
  });
  const rowsOfCells: Analysed<Row, Measure>[] = [];
  await inPieces(
    [...cells.values().flatMap((ofBucket) => ofBucket.values())],
    turn,
    ({ row, span, measure }) => {
      rowsOfCells.push({ ...row, ...span, measure, state: stateAt(span), isOther: false, before: null });
    },
  );
  return rowsOfCells;
}

/** As much of a bucket as a row is about. */
function pieceOf(bucket: CoveredBucket, row: Span): CoveredBucket {
  const from = Math.max(bucket.from, row.from);
  const until = Math.min(bucket.until, row.until);
  return { from, until, isPartial: bucket.isPartial || from > bucket.from || until < bucket.until };
}
