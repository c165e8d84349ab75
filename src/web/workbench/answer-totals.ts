import { exactSum } from "../charts/exact-sum.ts";
import type { AnswerTable } from "./answer-tables.ts";

export interface TableSums {
  /** One for each column; null: it has no sum. */
  readonly sums: readonly (string | null)[];
  /** Says why a total is missing where a reader would look for one; empty: nothing to say. */
  readonly note: string;
}

/** Adds the values of the columns that may be added. */
export function sumsOf({ columns, rows, extent }: AnswerTable): TableSums {
  const none = columns.map(() => null);
  const measures = columns.filter(({ role }) => role === "measure");
  if (measures.length === 0 || rows.length < 2) return { sums: none, note: "" };
  if (!measures.some(({ isAdditive }) => isAdditive))
    return { sums: none, note: "No totals: these figures may not be added over these rows." };
  if (extent !== "whole")
    return {
      sums: none,
      note:
        extent === "cut"
          ? "No totals: this is one page of a longer list."
          : "No totals: the answer does not show that these are all rows (pageInfo { hasNextPage } does).",
    };
  const sums = columns.map(({ isAdditive }, i) =>
    isAdditive ? exactSum(rows.map((row) => row[i] ?? null)) : null,
  );
  const isMissing = columns.some(({ isAdditive }, i) => isAdditive && sums[i] === null);
  const isPart = measures.some(({ isAdditive }) => !isAdditive);
  return {
    sums,
    note: isMissing
      ? "A column with a missing value, or with one that may not be added, has no total."
      : isPart
        ? "Only figures that may be added have a total."
        : "",
  };
}
