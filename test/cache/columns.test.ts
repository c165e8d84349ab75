import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ColumnReader, ColumnWriter } from "../../src/cache/columns.ts";
import { forAllAsync } from "../arbitrary.ts";

const turn = async () => {};
const keys = fc.oneof(fc.constantFrom("amount", "actor", "id", "ünï", "a.b", "", "toString"), fc.string());
const leaves = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.constantFrom("41280.000000", "0.1", "USD", "", "null", "\n", "\u2028", "😀", "\ud800"),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { maxLength: 3 }),
);
const { row } = fc.letrec((tie) => ({
  row: fc.dictionary(
    keys.filter((key) => key !== "__proto__"),
    fc.oneof({ depthSize: "small", withCrossShrink: true }, leaves, tie("row")),
    { maxKeys: 6, noNullPrototype: true },
  ),
}));
const rows = fc.array(row as fc.Arbitrary<object>, { maxLength: 8 });
/** Many rows with few values, as reports have. */
const alike = fc
  .tuple(rows, fc.integer({ min: 1, max: 6 }))
  .map(([few, times]) => Array(times).fill(few).flat());
const pages = fc.array(fc.oneof(rows, alike), { minLength: 1, maxLength: 4 });

function textOf(written: readonly (readonly unknown[])[]): string {
  const writer = new ColumnWriter();
  for (const [i, page] of written.entries())
    writer.add(
      { token: i === 0 ? null : `page ${i}`, fetchedAt: 1_000 + i, envelope: { has_more: true, i } },
      page,
    );
  return [...writer.lines(true)].join("\n");
}

/** A member that is null reads like one that is missing. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])),
  );
}

describe("rows in columns", () => {
  test("come back page by page as they were, but for members that are null", () =>
    forAllAsync([pages], async (written) => {
      const columns = await ColumnReader.read(textOf(written), turn);
      expect(columns?.head.pages).toEqual(
        written.map((page, i) => ({
          token: i === 0 ? null : `page ${i}`,
          fetchedAt: 1_000 + i,
          envelope: { has_more: true, i },
          rows: page.length,
        })),
      );
      expect(written.map((_, i) => columns?.rowsOf(i))).toEqual(
        written.map((page) => page.map(withoutNulls)),
      );
    }));

  test("are not read from a text that is cut off or has a line less", () =>
    forAllAsync([pages, fc.nat()], async (written, at) => {
      const text = textOf(written);
      const cut = await ColumnReader.read(text.slice(0, at % text.length), turn);
      const lines = text.split("\n");
      // A cut between two lines leaves whole columns; the checksum of the entry around the text detects that.
      if (!lines.some((_, i) => lines.slice(0, i).join("\n").length === at % text.length))
        expect(cut).toBeNull();
    }));

  test.each([
    ["fewer values than rows", [["id"], ["a"], [0]]],
    ["more values than rows", [["id"], ["a", "b", "c"]]],
    ["a value that is not there", [["id"], ["a"], [0, 1]]],
    ["no path", [[], ["a", "b"]]],
    ["a key that no object can be given", [["__proto__"], ["a", "b"]]],
  ])("are not read from a column with %s", async (_, column) => {
    const head = JSON.stringify({
      pages: [{ token: null, fetchedAt: 1, envelope: {}, rows: 2 }],
      areDistinct: true,
    });
    expect(await ColumnReader.read(`${head}\n${JSON.stringify(column)}`, turn)).toBeNull();
  });

  test("are refused for a row that is not an object, or has the key __proto__", () => {
    const page = { token: null, fetchedAt: 1, envelope: {} };
    expect(() => new ColumnWriter().add(page, [1])).toThrow(RangeError);
    expect(() => new ColumnWriter().add(page, [JSON.parse('{"__proto__": 1}')])).toThrow(RangeError);
  });
});
