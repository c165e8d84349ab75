import { deserialize, serialize } from "node:v8";
import { zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { type Day, day as dayOfText, daysBetween } from "../../domain/day.ts";
import { parseDecimal } from "../../domain/decimal.ts";
import { badInput } from "../../errors.ts";
import type { FileWriter, WrittenPart } from "./file-writer.ts";
import type { CellKind, CellValue, TableColumn } from "./table.ts";

type SchemaElement = ParquetWriter["schema"][number];

/** Decimals are DECIMAL(38, 18), which databases read without a loss: 20 digits before the point. */
const PRECISION = 38;
const SCALE = 18;
const LIMIT = 10n ** BigInt(PRECISION);

/** A kind of column in Parquet, and how its values are written. */
interface ParquetType {
  readonly element: Omit<SchemaElement, "name">;
  readonly value: (cell: NonNullable<CellValue>, column: string) => unknown;
}

const DECIMAL: ParquetType = {
  element: {
    type: "FIXED_LEN_BYTE_ARRAY",
    type_length: 16,
    converted_type: "DECIMAL",
    precision: PRECISION,
    scale: SCALE,
    logical_type: { type: "DECIMAL", precision: PRECISION, scale: SCALE },
  },
  value: unscaled,
};

const TYPES: Readonly<Record<CellKind, ParquetType>> = {
  text: {
    element: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
    value: (cell) => (typeof cell === "object" ? JSON.stringify(cell) : String(cell)),
  },
  boolean: { element: { type: "BOOLEAN" }, value: (cell) => cell === true },
  date: {
    element: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
    value: (cell) => daysBetween(EPOCH, dayOfText(String(cell))),
  },
  instant: {
    element: {
      type: "INT64",
      converted_type: "TIMESTAMP_MICROS",
      logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
    },
    value: (cell) => BigInt(Date.parse(String(cell))) * 1_000n,
  },
  count: { element: { type: "INT64" }, value: wholeNumber },
  decimal: DECIMAL,
  amount: DECIMAL,
  float: { element: { type: "DOUBLE" }, value: Number },
};

const EPOCH = "1970-01-01" as Day;

/** The digits of a decimal at the scale of the column. Throws BAD_USER_INPUT rather than round. */
function unscaled(cell: NonNullable<CellValue>, column: string): bigint {
  const exact = parseDecimal(String(cell));
  if (exact === null) throw new RangeError(`${column} has a value that is not a decimal`);
  const { units, scale } = exact;
  const rest = scale > SCALE ? units % 10n ** BigInt(scale - SCALE) : 0n;
  const digits = scale > SCALE ? units / 10n ** BigInt(scale - SCALE) : units * 10n ** BigInt(SCALE - scale);
  if (rest === 0n && digits < LIMIT && digits > -LIMIT) return digits;
  throw badInput(
    `\`${column}\` has a number with more digits than DECIMAL(${PRECISION}, ${SCALE}) of Parquet holds; request CSV or NDJSON.`,
  );
}

function wholeNumber(cell: NonNullable<CellValue>, column: string): bigint {
  if (Number.isSafeInteger(cell)) return BigInt(cell as number);
  throw new RangeError(`${column} has a value that is not a whole number`);
}

/** Cells of a row group: few enough that no turn of the thread is long, and enough for a reader to skip by their statistics. */
const GROUP_CELLS = 48_000;
const MIN_GROUP_ROWS = 500;

const SEPARATOR = " ";

/** Description of a row group in the footer. */
type RowGroup = ParquetWriter["row_groups"][number];

/** A Parquet file, a row group at a time. It is readable only once its end is written. */
export class ParquetFile implements FileWriter {
  readonly #columns: readonly TableColumn[];
  readonly #bytes = new ByteWriter();
  readonly #file: ParquetWriter;
  readonly #groupRows: number;
  #groups: string[] = [];
  /** Values of rows that are in no row group yet, by column. */
  #held: unknown[][];
  /** True if a group was written since bytes were last taken. */
  #hasGroup = false;

  constructor(columns: readonly TableColumn[], { bytes, writer }: WrittenPart) {
    this.#columns = columns;
    this.#groupRows = Math.max(MIN_GROUP_ROWS, Math.floor(GROUP_CELLS / columns.length));
    this.#held = columns.map(() => []);
    this.#file = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: "root", num_children: columns.length },
        ...columns.map(({ name, kind }) => ({
          name,
          repetition_type: "OPTIONAL" as const,
          ...TYPES[kind].element,
        })),
      ],
      codec: "ZSTD",
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
      createdBy: "claude-analytics-gateway",
    });
    if (writer === null) return;
    this.#bytes.index = 0; // the first bytes of the file are written already
    this.#bytes.offset = bytes;
    this.#groups = writer === "" ? [] : writer.split(SEPARATOR);
    this.#file.row_groups = this.#groups.map(
      (group) => deserialize(Buffer.from(group, "base64")) as RowGroup,
    );
    this.#file.num_rows = this.#file.row_groups.reduce((rows, group) => rows + group.num_rows, 0n);
  }

  /** The descriptions of the row groups so far, which the footer lists. */
  get state(): string {
    return this.#groups.join(SEPARATOR);
  }

  get #heldRows(): number {
    return this.#held[0]?.length ?? 0;
  }

  write(rows: readonly (readonly CellValue[])[]): void {
    for (const [i, { name, kind }] of this.#columns.entries()) {
      const { value } = TYPES[kind];
      const values = this.#held[i] as unknown[];
      for (const row of rows) {
        const cell = row[i] ?? null;
        values.push(cell === null ? null : value(cell, name));
      }
    }
    if (this.#heldRows >= this.#groupRows) this.#writeGroup();
  }

  /** Waits for the rows of a group; what is left of a chunk after its groups is a smaller one. */
  take(): Uint8Array | null {
    if (!this.#hasGroup) return null;
    this.#writeGroup();
    return this.#written();
  }

  end(): Uint8Array {
    this.#writeGroup();
    this.#file.finish();
    return this.#written();
  }

  /** Writes the rows that are held, if there are any. */
  #writeGroup(): void {
    const rowGroupSize = this.#heldRows;
    if (rowGroupSize === 0) return;
    const columnData = this.#columns.map(({ name }, i) => ({
      name,
      data: this.#held[i] as unknown[],
      offsetIndex: false,
    }));
    this.#file.write({ columnData, rowGroupSize });
    this.#groups.push(serialize(this.#file.row_groups.at(-1)).toString("base64"));
    this.#held = this.#columns.map(() => []);
    this.#hasGroup = true;
  }

  #written(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    this.#hasGroup = false;
    return bytes;
  }
}
