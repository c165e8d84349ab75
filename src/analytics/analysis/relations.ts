import type { DayRange } from "../../domain/range.ts";

/** The totals of an answer, each worked out once, when it is first requested. */
export interface AnswerTotals<Measure> {
  /** The exact total of the range, whatever rows are split by; null where upstream has no figures. */
  total(): Promise<Measure | null>;
  /** The days of the compared period; null where nothing is compared. Throws NOT_COVERED. */
  rangeBefore(): DayRange | null;
  totalBefore(): Promise<Measure | null>;
}

/** Totals that all rows of an answer can be related to. */
export interface Relations<Row, Measure> extends AnswerTotals<Measure> {
  /** Returns the running total of a row's group at the end of its bucket; null where the group is unknown. */
  runningTotal(row: Row): Promise<Measure | null>;
}
