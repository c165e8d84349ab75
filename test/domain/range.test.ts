import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, addMonths, day, startOfMonth } from "../../src/domain/day.ts";
import {
  type DayRange,
  daysIn,
  intersection,
  oneDay,
  sameRange,
  splitByDay,
  splitByMonth,
} from "../../src/domain/range.ts";
import { closeRanges, days, forAll, ranges } from "../arbitrary.ts";

function range(from: string, until: string): DayRange {
  return { from: day(from), until: day(until) };
}

/** Whether the pieces, end to end, are the range. */
function expectToMakeUp(pieces: readonly DayRange[], whole: DayRange) {
  expect(pieces.at(0)?.from).toBe(whole.from);
  expect(pieces.at(-1)?.until).toBe(whole.until);
  expect(pieces.slice(1).map(({ from }) => from)).toEqual(pieces.slice(0, -1).map(({ until }) => until));
}

describe("splitByMonth", () => {
  test("gives pieces that make up the range, end to end", () => {
    forAll([ranges], (whole) => expectToMakeUp(splitByMonth(whole), whole));
  });

  test("gives pieces of 1 to 31 days, each within one month", () => {
    forAll([ranges], (whole) => {
      for (const piece of splitByMonth(whole)) {
        expect(daysIn(piece)).toBeGreaterThan(0);
        expect(daysIn(piece)).toBeLessThanOrEqual(31);
        expect(piece.until <= addMonths(startOfMonth(piece.from), 1)).toBe(true);
      }
    });
  });

  test("gives a whole month as the same piece to every range that contains it", () => {
    forAll([days, fc.nat({ max: 400 }), fc.nat({ max: 400 })], (any, before, after) => {
      const from = startOfMonth(any);
      const month = { from, until: addMonths(from, 1) };
      const whole = { from: addDays(from, -before), until: addDays(month.until, after) };
      expect(splitByMonth(whole)).toContainEqual(month);
    });
  });

  test("cuts at leap days and year ends like anywhere else", () => {
    expect(splitByMonth(range("2027-12-31", "2028-03-01"))).toEqual([
      range("2027-12-31", "2028-01-01"),
      range("2028-01-01", "2028-02-01"),
      range("2028-02-01", "2028-03-01"),
    ]);
  });
});

describe("splitByDay", () => {
  test("gives single days that make up the range, end to end", () => {
    forAll(
      [ranges],
      (whole) => {
        const pieces = splitByDay(whole);
        expectToMakeUp(pieces, whole);
        expect(pieces.every((piece) => daysIn(piece) === 1)).toBe(true);
      },
      { numRuns: 20 },
    );
  });
});

describe("intersection", () => {
  test("holds exactly the days that are in both", () => {
    forAll([closeRanges, closeRanges], (a, b) => {
      const inB = new Set(splitByDay(b).map(({ from }) => from));
      const both = splitByDay(a).filter(({ from }) => inB.has(from));
      const shared = intersection(a, b);
      expect(shared === null ? [] : splitByDay(shared)).toEqual(both);
    });
  });

  test("does not depend on the order", () => {
    forAll([closeRanges, closeRanges], (a, b) => expect(intersection(a, b)).toEqual(intersection(b, a)));
  });

  test("of ranges that only touch is nothing", () => {
    expect(intersection(range("2026-01-01", "2026-02-01"), range("2026-02-01", "2026-03-01"))).toBeNull();
  });
});

test("one day holds one day", () => {
  forAll([days], (any) => expect(daysIn(oneDay(any))).toBe(1));
});

test("ranges are the same when both ends are", () => {
  forAll([closeRanges, closeRanges], (a, b) => {
    expect(sameRange(a, { ...a })).toBe(true);
    expect(sameRange(a, b)).toBe(a.from === b.from && a.until === b.until);
  });
});
