import type { CellValue } from "./table.ts";

/** Part of a file that an earlier writer left. */
export interface WrittenPart {
  readonly bytes: number;
  /** State of its writer; null: nothing is written, or the format needs none. */
  readonly writer: string | null;
}

/** Turns rows into the bytes of one file. */
export interface FileWriter {
  /** Takes rows, which need not be in bytes yet. */
  write(rows: readonly (readonly CellValue[])[]): void;
  /** Returns the bytes of all rows that it took since the last ones; null where it waits for more rows. */
  take(): Uint8Array | null;
  /** Returns the bytes that complete the file. */
  end(): Uint8Array;
  /** State that continues the file after the bytes returned so far. */
  readonly state: string | null;
}
