import { csvText, inertText } from "../../domain/csv.ts";
import type { AnswerCell, AnswerColumn } from "./answer-columns.ts";
import type { AnswerTable } from "./answer-tables.ts";

/** Rows as CSV in the form of the gateway's files: every digit, an empty cell where there is no value. */
export function csvOf(columns: readonly AnswerColumn[], rows: AnswerTable["rows"]): string {
  return csvText(
    columns.map(({ name }) => name),
    rows.map((row) => row.map((cell, i) => fileCell(cell, columns[i]))),
  );
}

/** Rows as text that a spreadsheet takes from the clipboard. */
export function tsvOf(columns: readonly AnswerColumn[], rows: AnswerTable["rows"]): string {
  const plain = (text: string) => text.replaceAll(/[\t\r\n]+/g, " ");
  const lines = rows.map((row) => row.map((cell, i) => plain(fileCell(cell, columns[i]))).join("\t"));
  return [columns.map(({ name }) => name).join("\t"), ...lines].join("\n");
}

function fileCell(cell: AnswerCell, column: AnswerColumn | undefined): string {
  if (cell === null) return "";
  return column?.kind === "text" ? inertText(String(cell)) : String(cell);
}
