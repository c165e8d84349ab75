import { stringify } from "csv-stringify/sync";
import type { CellValue, TableColumn } from "./table.ts";

/** How rows are written; all of it is UTF-8. */
export interface FileFormat {
  readonly contentType: string;
  /** Text before the first row. */
  header(columns: readonly TableColumn[]): string;
  rows(columns: readonly TableColumn[], rows: readonly (readonly CellValue[])[]): string;
  /** The manifest as a line after the last row; null where a line can only be a row. */
  readonly manifestLine: ((manifest: object) => string) | null;
}

/**
 * RFC 4180 with a line feed after each row. A spreadsheet would run a text that begins like a formula, so an apostrophe goes
 * before it; numbers are written as they are. Null is an empty cell.
 */
const csv: FileFormat = {
  contentType: "text/csv; charset=utf-8; header=present",
  header: (columns) => stringify([columns.map(({ name }) => name)], { escape_formulas: true }),
  rows: (columns, rows) =>
    stringify(rows as CellValue[][], {
      escape_formulas: true,
      cast: {
        string: (value, { index }) =>
          value.startsWith("-") && columns[index]?.kind !== "text"
            ? { value, escape_formulas: false }
            : value,
        boolean: (value) => String(value),
        object: (value) => JSON.stringify(value),
      },
    }),
  manifestLine: null,
};

/** One JSON object a line, by the names of the columns. Readers take each line for a row, so that a manifest is one only on request. */
const ndjson: FileFormat = {
  contentType: "application/x-ndjson; charset=utf-8",
  header: () => "",
  rows: (columns, rows) =>
    rows
      .map(
        (row) =>
          `${JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])))}\n`,
      )
      .join(""),
  manifestLine: (manifest) => `${JSON.stringify({ manifest })}\n`,
};

export const FORMATS = { csv, ndjson } as const;

export type FormatName = keyof typeof FORMATS;
