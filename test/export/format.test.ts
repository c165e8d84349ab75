import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LINES } from "../../src/server/export/lines.ts";
import type { CellValue, TableColumn } from "../../src/server/export/table.ts";
import { gateway, json } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { download, rowsOf } from "./download.ts";

const COLUMNS: readonly TableColumn[] = [
  { name: "text", kind: "text" },
  { name: "amount", kind: "amount" },
  { name: "count", kind: "count" },
];

function csv(rows: readonly (readonly CellValue[])[]): string {
  return LINES.csv.header(COLUMNS) + LINES.csv.rows(COLUMNS, rows);
}

describe("CSV", () => {
  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tq", "\rq", '=cmd|"/c calc"!A1', "＝1+1"])(
    "text that a spreadsheet would take for a formula is text (%j)",
    (formula) => {
      expect(rowsOf(csv([[formula, "1", 1]]))).toEqual([{ text: `'${formula}`, amount: "1", count: "1" }]);
    },
  );

  test("numbers are numbers, negative ones too, with every digit", () => {
    expect(csv([["a", "-12.000000001", -3]])).toBe("text,amount,count\na,-12.000000001,-3\n");
  });

  test("null is an empty cell, and lists are JSON", () => {
    expect(csv([[null, null, null]])).toBe("text,amount,count\n,,\n");
    expect(csv([[["a", "b,c"], null, null]])).toBe('text,amount,count\n"[""a"",""b,c""]",,\n');
  });

  test("any text comes back as it was, but for the apostrophe before formulas", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", minLength: 1 }), { minLength: 1 }), (texts) => {
        const read = rowsOf(csv(texts.map((text) => [text, "0", 0])));
        expect(read.map(({ text }) => text)).toEqual(
          texts.map((text) => (/^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text)),
        );
      }),
    );
  });
});

test("NDJSON holds a row a line by the names of the columns, and the manifest in one", () => {
  const { header, rows, manifestLine } = LINES.ndjson;
  const text = header(COLUMNS) + rows(COLUMNS, [["=1\n", "-1.50", 2]]) + manifestLine?.({ rows: 1 });
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([{ text: "=1\n", amount: "-1.50", count: 2 }, { manifest: { rows: 1 } }]);
});

test("addresses that are meant to harm arrive as text, in both formats", async () => {
  const emails = [
    '=HYPERLINK("http://x","y")@example.com',
    'o"brien,\n@example.com',
    "-2+3@example.com",
    "ä@example.com",
  ];
  const gate = gateway({
    routes: {
      [PATHS.users]: () => json(tokenPage(emails.map((email, i) => wireUser(`user_${i}`, { email })))),
    },
  });
  const path = "range.last.days=7&fields=email";
  const rows = rowsOf(await download(gate, `users.csv?${path}`));
  expect(rows.map(({ email }) => email)).toEqual([`'${emails[0]}`, emails[1], `'${emails[2]}`, emails[3]]);
  const lines = (await download(gate, `users.ndjson?${path}`)).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).email)).toEqual(emails);
});
