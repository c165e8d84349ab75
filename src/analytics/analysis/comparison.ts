import type { Span } from "../../domain/bucket.ts";
import { type Comparison, counterpart } from "../../domain/comparison.ts";
import { type Day, dayOf, startOf } from "../../domain/day.ts";
import { inPieces, type ThreadTurn } from "../../domain/pieces.ts";
import type { DayRange } from "../../domain/range.ts";
import { type Analysed, cellOf, type Figure, type Kind } from "./figure.ts";

/** Sets every row against its compared one; groups that had something and have nothing now become rows of nothing. */
export async function against<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  now: readonly Analysed<Row, Measure>[],
  before: readonly Analysed<Row, Measure>[],
  turn: ThreadTurn,
): Promise<Analysed<Row, Measure>[]> {
  const nothingOf = (measure: Measure) => kind.algebra.minus(measure, measure);
  const earlier = new Map<string, Analysed<Row, Measure>>();
  await inPieces(before, turn, (row) => void earlier.set(cellOf(kind, row), row));
  const compared: Analysed<Row, Measure>[] = [];
  await inPieces(now, turn, (row) => {
    const cell = cellOf(kind, row);
    const was = earlier.get(cell)?.measure ?? nothingOf(row.measure);
    earlier.delete(cell);
    compared.push({ ...row, before: was });
  });
  await inPieces([...earlier.values()], turn, (row) => {
    compared.push({ ...row, measure: nothingOf(row.measure), before: row.measure });
  });
  return compared;
}

/** A row of the compared period, at the time of the range that it is set against. */
export function setAgainst<Row extends Span>(compare: Comparison, range: DayRange): (row: Row) => Row {
  const shifts = new Map<Day, number>();
  return (row) => {
    const day = dayOf(row.from);
    const shift = shifts.get(day) ?? startOf(counterpart(compare, range, day)) - startOf(day);
    shifts.set(day, shift);
    return { ...row, from: row.from + shift, until: row.until + shift };
  };
}
