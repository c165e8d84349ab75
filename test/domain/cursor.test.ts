import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CursorPlace, digestOf, formatCursor, parseCursor } from "../../src/domain/cursor.ts";
import { forAll } from "../arbitrary.ts";

const DIGEST = digestOf(["users", { day: "2026-11-01" }]);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Any text, with marks that decoders put where they cannot read. */
const texts = fc.string({ unit: "binary", maxLength: 60 }).map((text) => `${text}\u{FFFD}`);

const walked: fc.Arbitrary<CursorPlace> = fc.record({
  window: fc.nat(),
  token: fc.oneof(fc.constant(null), fc.string({ maxLength: 200 }), texts),
  index: fc.nat(),
  mark: fc.string(),
});
const ranked: fc.Arbitrary<CursorPlace> = fc.record({ mark: fc.oneof(fc.string(), texts) });
const places = fc.oneof(walked, ranked);

/** A cursor as anyone could make it who has read the source. */
function forged(text: string, digest = DIGEST): string {
  const hash = createHash("sha256")
    .update(digest + text)
    .digest("base64url")
    .slice(0, 16);
  return Buffer.from(hash + text).toString("base64url");
}

describe("a cursor", () => {
  test("names its place in pages", () => {
    forAll([walked], (place) => expect(parseCursor(formatCursor(place, DIGEST), DIGEST)).toEqual(place));
  });

  test("names its place in a ranking", () => {
    forAll([ranked], (place) => expect(parseCursor(formatCursor(place, DIGEST), DIGEST)).toEqual(place));
  });

  test("differs from that of any other place", () => {
    forAll([places, places], (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(formatCursor(a, DIGEST) === formatCursor(b, DIGEST)).toBe(same);
    });
  });

  test("needs no escaping in a URL", () => {
    forAll([places], (place) => expect(formatCursor(place, DIGEST)).toMatch(/^[\w-]+$/));
  });
});

describe("null comes of", () => {
  test("a cursor with any one character changed", () => {
    forAll(
      [places, fc.nat(), fc.constantFrom(...ALPHABET)],
      (place, at, other) => {
        const cursor = formatCursor(place, DIGEST);
        const i = at % cursor.length;
        fc.pre(cursor[i] !== other);
        expect(parseCursor(cursor.slice(0, i) + other + cursor.slice(i + 1), DIGEST)).toBeNull();
      },
      { numRuns: 500 },
    );
  });

  test("a byte that is not UTF-8, where the mark for one stands", () => {
    const cursor = formatCursor({ window: 0, token: "\u{FFFD}".repeat(3), index: 0, mark: "m" }, DIGEST);
    const damaged = Buffer.from(cursor, "base64url");
    damaged[damaged.indexOf(0xef)] = 0xf0;
    expect(parseCursor(damaged.toString("base64url"), DIGEST)).toBeNull();
  });

  test("a cursor cut short at either end", () => {
    forAll([places, fc.integer({ min: 1 })], (place, by) => {
      const cursor = formatCursor(place, DIGEST);
      const cut = 1 + (by % cursor.length);
      expect(parseCursor(cursor.slice(0, -cut), DIGEST)).toBeNull();
      expect(parseCursor(cursor.slice(cut), DIGEST)).toBeNull();
    });
  });

  test("a cursor twice over", () => {
    forAll([places], (place) =>
      expect(parseCursor(formatCursor(place, DIGEST).repeat(2), DIGEST)).toBeNull(),
    );
  });

  test("a cursor with padding, space or the other base64 alphabet", () => {
    const cursor = formatCursor({ window: 0, token: "a", index: 0, mark: "m" }, DIGEST);
    for (const spelled of [
      `${cursor}=`,
      ` ${cursor}`,
      `${cursor}\n`,
      `${cursor.slice(0, -1)}+`,
      `${cursor}/`,
    ])
      expect(parseCursor(spelled, DIGEST)).toBeNull();
  });

  test("a cursor of another query", () => {
    forAll([places, fc.jsonValue()], (place, query) =>
      expect(parseCursor(formatCursor(place, DIGEST), digestOf([query]))).toBeNull(),
    );
  });

  test("any text at all", () => {
    forAll([fc.string()], (text) => expect(parseCursor(text, DIGEST)).toBeNull());
    forAll([fc.string({ unit: fc.constantFrom(...ALPHABET) })], (text) =>
      expect(parseCursor(text, DIGEST)).toBeNull(),
    );
  });

  test("a text too long to be one", () => {
    expect(parseCursor(formatCursor({ mark: "a".repeat(40_000) }, DIGEST), DIGEST)).toBeNull();
  });

  test.each([
    "",
    "null",
    "1",
    '"text"',
    "{}",
    '{"window":0,"token":null,"index":0}',
    "[]",
    "[0]",
    "[0,null]",
    "[0,null,0,0]",
    "[0,null,0]",
    '[-1,null,0,"m"]',
    '[0,null,-1,"m"]',
    '[0.5,null,0,"m"]',
    '[0,null,0.5,"m"]',
    '[1e300,null,0,"m"]',
    '[9007199254740992,null,0,"m"]',
    '["0",null,0,"m"]',
    '[0,null,"0","m"]',
    '[0,1,0,"m"]',
    '[0,{},0,"m"]',
    '[0,[],0,"m"]',
    '[null,null,null,"m"]',
    '["mark",1]',
    '["mark","more"]',
    "[null]",
    "[[]]",
    "[0,null,0",
    "[0,null,0]]",
  ])("a well-sealed %j", (text) => expect(parseCursor(forged(text), DIGEST)).toBeNull());

  test("anything well-sealed that is not a place", () => {
    forAll([fc.json()], (text) => {
      const place = parseCursor(forged(text), DIGEST);
      if (place !== null) expect(["window,token,index,mark", "mark"]).toContain(Object.keys(place).join());
    });
  });
});

test("the seal of the forger is the right one", () => {
  expect(parseCursor(forged('[2,"token",7,"m"]'), DIGEST)).toEqual({
    window: 2,
    token: "token",
    index: 7,
    mark: "m",
  });
});

describe("a digest", () => {
  test("is the same for the same query", () => {
    expect(digestOf(["users", { day: "2026-11-01" }])).toBe(DIGEST);
  });

  test("differs with every argument", () => {
    forAll([fc.jsonValue(), fc.jsonValue()], (a, b) =>
      expect(digestOf([a]) === digestOf([b])).toBe(JSON.stringify([a]) === JSON.stringify([b])),
    );
  });
});
