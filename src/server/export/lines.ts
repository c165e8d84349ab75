import { inertText, quoted } from "../../domain/csv.ts";
import type { FileWriter } from "./file-writer.ts";
import { type CellValue, isNumeric, type TableColumn } from "./table.ts";

/** Rows as lines of UTF-8 text. */
export interface LineFormat {
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
const csv: LineFormat = {
  contentType: "text/csv; charset=utf-8; header=present",
  header: (columns) => `${columns.map(({ name }) => textCell(name)).join(",")}\n`,
  rows(columns, rows) {
    const isText = columns.map(({ kind }) => !isNumeric(kind));
    let written = "";
    for (const row of rows) {
      for (let i = 0; i < isText.length; i++) {
        if (i > 0) written += ",";
        written += cell(row[i] ?? null, isText[i] === true);
      }
      written += "\n";
    }
    return written;
  },
  manifestLine: null,
};

/** A text that a cell holds as it is: nearly all do, and a row has a dozen. */
const PLAIN = /^[^=+\-@\t\r＝＋－＠",\n][^",\n\r]*$/;

function cell(value: CellValue, isText: boolean): string {
  if (value === null) return "";
  if (typeof value === "string") {
    if (PLAIN.test(value)) return value;
    return isText || !value.startsWith("-") ? textCell(value) : quoted(value);
  }
  return typeof value === "object" ? quoted(JSON.stringify(value)) : String(value);
}

function textCell(text: string): string {
  return quoted(inertText(text));
}

/** One JSON object a line, by the names of the columns. Readers take each line for a row, so that a manifest is one only on request. */
const ndjson: LineFormat = {
  contentType: "application/x-ndjson; charset=utf-8",
  header: () => "",
  rows(columns, rows) {
    const keys = columns.map(({ name }, i) => `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`);
    let written = "";
    for (const row of rows) {
      for (let i = 0; i < keys.length; i++) written += keys[i] + JSON.stringify(row[i] ?? null);
      written += "}\n";
    }
    return written;
  },
  manifestLine: (manifest) => `${JSON.stringify({ manifest })}\n`,
};

export const LINES = { csv, ndjson } as const;

/** Writes rows as soon as it takes them. */
export class LineWriter implements FileWriter {
  readonly state = null;
  readonly #format: LineFormat;
  readonly #columns: readonly TableColumn[];
  #parts: Uint8Array[];

  constructor(format: LineFormat, columns: readonly TableColumn[], isNew: boolean) {
    this.#format = format;
    this.#columns = columns;
    this.#parts = isNew ? [Buffer.from(format.header(columns))] : [];
  }

  write(rows: readonly (readonly CellValue[])[]): void {
    this.#parts.push(Buffer.from(this.#format.rows(this.#columns, rows)));
  }

  take(): Uint8Array {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    return bytes;
  }

  end(): Uint8Array {
    return this.take();
  }
}
