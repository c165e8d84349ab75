import { expect, test } from "vitest";
import { FORMATS } from "../../src/server/export/format.ts";
import type { CellValue, Table } from "../../src/server/export/table.ts";
import { type Piece, piecesOf } from "../../src/server/export/write.ts";

/** A table of one chunk. */
function tableOf(rows: readonly (readonly CellValue[])[]): Table {
  return {
    columns: [
      { name: "name", kind: "text" },
      { name: "usd", kind: "amount" },
    ],
    isByDay: false,
    async *chunks() {
      const about = {
        organization: "enterprise",
        source: "UNIFIED_ENTERPRISE_COST",
        range: null,
        state: null,
        refreshedAt: null,
        asOf: null,
        stale: false,
      };
      yield { rows, next: null, about, window: null, done: 1 };
    },
  };
}

async function only(pieces: AsyncGenerator<Piece, void, void>): Promise<Piece> {
  const all = await Array.fromAsync(pieces);
  expect(all).toHaveLength(1);
  return all[0] as Piece;
}

test("a chunk of many rows is written in parts, with turns for other work in between, and is one piece", async () => {
  const rows = Array.from({ length: 2_000 }, (_, i) => [`name ${i}`, "0.01"]);
  const order: string[] = [];
  setImmediate(() => order.push("other work"));
  const { bytes, mark } = await only(piecesOf(tableOf(rows), FORMATS.csv));
  order.push("piece");
  expect(order).toEqual(["other work", "piece"]);
  expect(bytes.toString()).toBe(`name,usd\n${rows.map((row) => `${row.join(",")}\n`).join("")}`);
  expect(mark).toMatchObject({
    rows: 2_000,
    bytes: bytes.length,
    totals: { usd: "20.00" },
    isComplete: true,
  });
});

test("a file without a row has its header, and zero for the sum of an amount", async () => {
  const { bytes, mark } = await only(piecesOf(tableOf([]), FORMATS.csv));
  expect(bytes.toString()).toBe("name,usd\n");
  expect(mark).toMatchObject({ rows: 0, totals: { usd: "0" }, isComplete: true });
});
