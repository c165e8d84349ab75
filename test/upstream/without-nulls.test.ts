import fc from "fast-check";
import { expect, test } from "vitest";
import { withoutNulls } from "../../src/upstream/pages/without-nulls.ts";

/** Texts that look like JSON, among others. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom('","a":null,"', 'x":null,', '{"a":null}', '\\","a":null', "null", ',"', '":null}'),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "medium" },
    fc.constant(null),
    text,
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("json")),
    fc.dictionary(fc.oneof(fc.constantFrom("a", "b_2"), text), tie("json")),
  ),
}));

/** The value without members that are null; items of lists stay. */
function read(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, read(member)]])),
  );
}

test("a text without nulls reads like the text with them", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(read(JSON.parse(withoutNulls(JSON.stringify(value))))).toEqual(read(value));
    }),
  );
});

test("members that are null are left out, and digits are kept", () => {
  expect(withoutNulls('{"a":null,"b":[{"c":null,"d":1.00,"e":null,"f":null}],"g":null}')).toBe(
    '{"b":[{"d":1.00}]}',
  );
});
