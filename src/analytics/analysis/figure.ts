import type { Finality, Subject } from "../../cache/policy.ts";
import type { Span } from "../../domain/bucket.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { Algebra } from "../ranking.ts";

/** Measures of one group in one span of time. */
export interface Figure<Measure> extends Span {
  readonly measure: Measure;
  /** It stands for the groups that upstream left out of the bucket. */
  readonly isRemainder: boolean;
  readonly state: Finality;
}

/** Defines how figures of one kind are identified and added, for any dimensions. */
export interface Kind<Row extends Figure<Measure>, Measure> {
  readonly algebra: Pick<Algebra<Measure>, "plus" | "minus" | "rank" | "tieRank">;
  readonly subject: Subject;
  /** Two rows are about the same group when this is equal. */
  readonly groupOf: (row: Row) => string;
  /** Orders groups of equal figures. */
  readonly nameOf: (row: Row) => string;
  /** True if other rows cannot be about the same thing as this row, so that it counts for its own span alone. */
  readonly isPiece: (row: Row) => boolean;
  /** The row without its group: what stands for several. */
  readonly ungrouped: (row: Row) => Row;
  /** Picks the name of a group from two of its rows, the newer one last: names change, and figures kept for long have none. */
  readonly named: (row: Row, newer: Row) => Row;
}

/** A row of an analysis. */
export type Analysed<Row extends Figure<Measure>, Measure> = Row & {
  /** It stands for the groups that are not among the first. */
  readonly isOther: boolean;
  /** The range begins or ends within its bucket, or it is a piece of it; its span is that of the days covered. */
  readonly isPartial: boolean;
  /** Figures of the group in the compared period; null where none is compared. */
  readonly before: Measure | null;
};

/** Which group of which bucket a row is. */
export function cellOf<Row extends Figure<Measure>, Measure>(
  { groupOf }: Pick<Kind<Row, Measure>, "groupOf">,
  row: Row & { readonly isOther?: boolean },
): string {
  return `${row.from} ${groupIn({ groupOf }, row)}`;
}

/** Which group a row is of, the two that stand for others included. */
export function groupIn<Row extends Figure<Measure>, Measure>(
  { groupOf }: Pick<Kind<Row, Measure>, "groupOf">,
  row: Row & { readonly isOther?: boolean },
): string {
  return row.isOther ? "other" : row.isRemainder ? "remainder" : groupOf(row);
}

export function ranksOf<Row extends Figure<Measure>, Measure>(
  { algebra }: Kind<Row, Measure>,
  measure: Measure,
): (Decimal | null)[] {
  return [algebra.rank(measure), algebra.tieRank(measure)];
}
