import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, type Decimal, formatDecimal, parseDecimal } from "../../src/domain/decimal.ts";
import { FORMATS, snakeCase } from "../../src/server/export/format.ts";
import { ParquetFile } from "../../src/server/export/parquet-file.ts";
import type { CellValue, Table, TableColumn } from "../../src/server/export/table.ts";
import { type Piece, piecesOf } from "../../src/server/export/write.ts";
import { sweep } from "../deep.ts";
import { gateway } from "../gateway.ts";
import { download, refusalOf, rowsOf } from "./download.ts";
import { columnsOf, duckdb, fileOf, type PrintedRow, parquetOf } from "./duckdb.ts";
import { optionsFor, PARAMETERS } from "./exports.ts";

test("DuckDB sums a month of spend to the last digit of the total cost", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  const file = await parquetOf(gate, "spend.parquet?period=LAST_MONTH");
  const [sums] = await duckdb(`SELECT sum(net_usd) AS net, sum(gross_usd) AS list FROM '${file}'`);
  const { data } = await gate.ask(
    "{ cost(range: { period: LAST_MONTH }) { total { net { usd } list { usd } } } }",
  );
  expect(same(sums?.net, data.cost.total.net.usd), `${sums?.net} = ${data.cost.total.net.usd}`).toBe(true);
  expect(same(sums?.list, data.cost.total.list.usd)).toBe(true);
  expect(await columnsOf(file)).toEqual({
    date: "DATE",
    organization_id: "VARCHAR",
    user_email: "VARCHAR",
    account_id: "VARCHAR",
    product: "VARCHAR",
    model: "VARCHAR",
    model_family: "VARCHAR",
    requests: "BIGINT",
    prompt_tokens: "BIGINT",
    completion_tokens: "BIGINT",
    net_usd: "DECIMAL(38,18)",
    gross_usd: "DECIMAL(38,18)",
  });
});

function same(a: string | null | undefined, b: string | null | undefined): boolean {
  return compare(parseDecimal(a ?? "") as Decimal, parseDecimal(b ?? "") as Decimal) === 0;
}

sweep([...PARAMETERS].map(([name, parameters]) => ({ name, parameters })))(
  "$name has the cells of the CSV file, null where that is empty",
  async ({ name, parameters }) => {
    const settings = { MAX_FIRST: "50" };
    const gate = gateway({ sandbox: { users: 60 }, settings, ...(await optionsFor(name)) });
    const file = await parquetOf(gate, `${name}.parquet?${parameters}`);
    const csv = await download(gate, `${name}.csv?${parameters}`);
    const types = await columnsOf(file);
    const rows = await duckdb(`SELECT * FROM '${file}'`);
    const expected = rowsOf(csv);
    const paths = (csv.split("\n")[0] ?? "").split(",");
    expect(Object.keys(types)).toEqual(name === "spend" || name === "focus" ? paths : paths.map(snakeCase));
    const documented = documentedColumns(name);
    for (const column of Object.entries(types)) expect(documented).toContainEqual(column);
    expect(rows.length).toBe(expected.length);
    for (const [i, row] of rows.entries())
      for (const [j, [column, type]] of Object.entries(types).entries()) {
        const cell = expected[i]?.[paths[j] ?? ""];
        expect(printedAs(type, row[column] ?? null, cell ?? ""), `${column} of row ${i}`).toBe(cell);
      }
  },
);

/** Names and types of the columns of an export in docs/export-columns.md. */
function documentedColumns(name: string): [name: string, type: string][] {
  const page = readFileSync(new URL("../../docs/export-columns.md", import.meta.url), "utf8");
  const [table = ""] = page.split(`\n## ${name}\n`)[1]?.split("\n## ") ?? [];
  const rows = table.matchAll(/^\| `[^`]+` \| `([^`]+)` \| (.+) \|$/gm);
  return [...rows].map(([, column = "", type = ""]) => [column, type]);
}

/** A value that DuckDB printed, as the CSV file writes it. */
function printedAs(type: string, value: string | null, cell: string): string {
  if (value === null) return "";
  if (type === "TIMESTAMP WITH TIME ZONE") {
    const instant = new Date(value.replace(" ", "T").replace(/\+00$/, "Z")).toISOString();
    return cell.includes(".") ? instant : instant.replace(".000Z", "Z"); // FOCUS has no fractions of a second
  }
  if (type === "DECIMAL(38,18)") return same(value, cell) ? cell : value;
  return type === "VARCHAR" && /^[=+\-@\t\r＝＋－＠]/.test(value) ? `'${value}` : value;
}

const KINDS = ["text", "boolean", "date", "instant", "count", "decimal", "amount", "float"] as const;
const COLUMNS: readonly TableColumn[] = KINDS.map((kind) => ({ name: kind, kind }));

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat(18))
  .map(([units, scale]) => formatDecimal({ units: units / 10n ** BigInt(18 - scale), scale }));
const days = fc.date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });

const cells = fc.tuple(
  fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.string())),
  fc.boolean(),
  days.map((instant) => instant.toISOString().slice(0, 10)),
  days.map((instant) => instant.toISOString()),
  fc.maxSafeInteger(),
  decimals,
  decimals,
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
);
const rows = fc.array(
  fc
    .tuple(cells, fc.array(fc.nat(KINDS.length - 1)))
    .map(([row, nulls]) => row.map((cell, i): CellValue => (nulls.includes(i) ? null : cell))),
);

/** A table in chunks of rows. */
function tableOf(chunks: readonly (readonly (readonly CellValue[])[])[]): Table {
  const about = {
    organization: "o",
    source: "s",
    range: null,
    state: null,
    refreshedAt: null,
    asOf: null,
    stale: false,
  };
  return {
    columns: COLUMNS,
    isByDay: false,
    async *chunks(from) {
      for (let i = Number(from ?? 0); i < chunks.length; i++) {
        const next = i + 1 < chunks.length ? `${i + 1}` : null;
        yield { rows: chunks[i] ?? [], next, about, window: null, done: null };
      }
    },
  };
}

async function written(pieces: AsyncGenerator<Piece, void, void>): Promise<Piece[]> {
  return Array.fromAsync(pieces);
}

const bytesOf = (pieces: readonly Piece[]) => Buffer.concat(pieces.map(({ bytes }) => bytes));

test("any values come back as they were, and nulls as nulls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), async (chunks) => {
      const file = fileOf(bytesOf(await written(piecesOf(tableOf(chunks), FORMATS.parquet))));
      const exact = `SELECT text, boolean, date, epoch_us(instant) AS instant, count, "decimal", amount, "float" FROM '${file}'`;
      expect(await duckdb(exact)).toEqual(chunks.flat().map(printedRow));
    }),
    { numRuns: 40 },
  );
});

function printedRow([
  text,
  boolean,
  date,
  instant,
  count,
  decimal,
  amount,
  float,
]: readonly CellValue[]): PrintedRow {
  const padded = (value: CellValue) => {
    const { units, scale } = parseDecimal(String(value)) as Decimal;
    return value === null ? null : formatDecimal({ units: units * 10n ** BigInt(18 - scale), scale: 18 });
  };
  const orNull = (value: CellValue, print: (value: NonNullable<CellValue>) => string) =>
    value === null ? null : print(value);
  return {
    text: orNull(text ?? null, (value) =>
      (typeof value === "object" ? JSON.stringify(value) : String(value)).toWellFormed(),
    ),
    boolean: orNull(boolean ?? null, String),
    date: orNull(date ?? null, String),
    instant: orNull(instant ?? null, (value) => `${Date.parse(String(value))}000`),
    count: orNull(count ?? null, String),
    decimal: decimal === null ? null : padded(decimal ?? null),
    amount: amount === null ? null : padded(amount ?? null),
    float: expect.toSatisfy((value: string | null) =>
      float === null ? value === null : Number(value) === float,
    ),
  };
}

describe("a file of several row groups", () => {
  const chunks = Array.from({ length: 12 }, (_, chunk) =>
    Array.from({ length: 4_000 }, (_, i): CellValue[] => {
      const row = chunk * 4_000 + i;
      return [
        `row ${row}`,
        row % 2 === 0,
        "2026-11-01",
        "2026-11-01T00:00:00Z",
        row,
        `${row}.01`,
        null,
        row / 8,
      ];
    }),
  );

  test("has groups of a bounded size, and all rows in order", async () => {
    const file = fileOf(bytesOf(await written(piecesOf(tableOf(chunks), FORMATS.parquet))));
    const [sums] = await duckdb(
      `SELECT count(*) AS rows, sum("decimal") AS total, bool_and(count = file_row_number) AS ordered FROM read_parquet('${file}', file_row_number = true)`,
    );
    expect(sums).toMatchObject({ rows: "48000", ordered: "true" });
    expect(same(sums?.total, "1151976480.00")).toBe(true);
    const groups = await duckdb(
      `SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata('${file}')`,
    );
    expect(groups.length).toBeGreaterThan(1);
    for (const { rows } of groups) expect(Number(rows)).toBeLessThan(6_500);
  });

  test("continued after any piece is the file of an uninterrupted run", async () => {
    const pieces = await written(piecesOf(tableOf(chunks), FORMATS.parquet));
    expect(pieces.length).toBeGreaterThan(2);
    for (const [i, { mark }] of pieces.slice(0, -1).entries()) {
      const rest = await written(
        piecesOf(tableOf(chunks), FORMATS.parquet, JSON.parse(JSON.stringify(mark))),
      );
      expect(bytesOf([...pieces.slice(0, i + 1), ...rest]).equals(bytesOf(pieces))).toBe(true);
      expect(rest.at(-1)?.mark).toEqual(pieces.at(-1)?.mark);
    }
  });
});

test.each(["0.0000000000000000001", "100000000000000000000", "-100000000000000000000"])(
  "a number that DECIMAL(38, 18) cannot hold is refused, not rounded (%s)",
  (number) => {
    const file = new ParquetFile([{ name: "usd", kind: "amount" }], { bytes: 0, writer: null });
    file.write([["99999999999999999999.99999999999999999900"]]); // zeros at the end are no digits
    expect(() => file.write([[number]])).toThrow(
      /`usd` has a number with more digits than DECIMAL\(38, 18\)/,
    );
  },
);

test("a file without a row has its columns", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  const file = await parquetOf(gate, "spend.parquet?from=2026-05-01&until=2026-05-02"); // nobody worked
  expect(await duckdb(`SELECT count(*) AS rows, sum(net_usd) AS sum FROM '${file}'`)).toEqual([
    { rows: "0", sum: null },
  ]);
});

test("columns that would have one name in the file are refused", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  expect(await refusalOf(gate, "teams.parquet?range.last.days=7&fields=teamId,team.id")).toMatchObject({
    status: 400,
    message: expect.stringContaining("`team_id`"),
  });
});
