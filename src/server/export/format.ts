import type { FileWriter, WrittenPart } from "./file-writer.ts";
import { LINES, type LineFormat, LineWriter } from "./lines.ts";
import type { TableColumn } from "./table.ts";

/** How a file of rows is written. */
export interface FileFormat {
  readonly contentType: string;
  /** True if the bytes are compressed, so that a content coding gains nothing. */
  readonly isCompressed: boolean;
  /** Name of the column in the file for a path of the graph, such as `cost.net.usd`. */
  columnName(path: string): string;
  /** Begins a file, or continues one after its first bytes. */
  open(columns: readonly TableColumn[], from: WrittenPart): Promise<FileWriter>;
  /** Returns the manifest as a line after the last row; null where a line can only be a row. */
  readonly manifestLine: ((manifest: object) => string) | null;
}

function linesFormat(format: LineFormat): FileFormat {
  return {
    contentType: format.contentType,
    isCompressed: false,
    columnName: (path) => path,
    open: async (columns, { bytes }) => new LineWriter(format, columns, bytes === 0),
    manifestLine: format.manifestLine,
  };
}

/** Columnar, typed and compressed; its writer is loaded for the first file. Its column names need no quotes in a warehouse. */
const parquet: FileFormat = {
  contentType: "application/vnd.apache.parquet",
  isCompressed: true,
  columnName: snakeCase,
  async open(columns, from) {
    const { ParquetFile } = await import("./parquet-file.ts");
    return new ParquetFile(columns, from);
  },
  manifestLine: null,
};

/** A path of the graph as one word: `actor.UserActor.email` is `actor_user_actor_email`. */
export function snakeCase(path: string): string {
  return path
    .split(".")
    .map((segment) =>
      segment
        .replace(/^_+/, "")
        .replace(/(?<=[a-z\d])[A-Z]/g, "_$&")
        .toLowerCase(),
    )
    .join("_");
}

export const FORMATS = { csv: linesFormat(LINES.csv), ndjson: linesFormat(LINES.ndjson), parquet } as const;

export type FormatName = keyof typeof FORMATS;
