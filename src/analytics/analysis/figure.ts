import type { Finality, Subject } from "../../cache/policy.ts";
import type { Span } from "../../domain/bucket.ts";
import type { Decimal } from "../../domain/decimal.ts";
import type { Algebra } from "../ranking.ts";

/** What was measured of one group in one span of time. */
export interface Figure<Measure> extends Span {
  readonly measure: Measure;
  /** It stands for the groups that upstream left out of the bucket. */
  readonly isRemainder: boolean;
  readonly state: Finality;
}

/** How figures of one kind are told apart and added up; whatever dimensions they have. */
export interface Kind<Row extends Figure<Measure>, Measure> {
  readonly algebra: Pick<Algebra<Measure>, "plus" | "minus" | "rank" | "tieRank">;
  readonly subject: Subject;
  /** Two rows are about the same group when this is equal. */
  readonly groupOf: (row: Row) => string;
  /** Orders groups of equal figures. */
  readonly nameOf: (row: Row) => string;
  /** True if a row is of something that cannot be told again in other rows, so that it is about its own span alone. */
  readonly isPiece: (row: Row) => boolean;
  /** The row without its group: what stands for several. */
  readonly ungrouped: (row: Row) => Row;
  /** Which of two rows of one group, the newer one last, says whose it is: names change, and figures kept for long have none. */
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
