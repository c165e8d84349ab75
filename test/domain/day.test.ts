import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDays,
  addMonths,
  day,
  dayOf,
  daysBetween,
  earlier,
  later,
  parseDay,
  parseInstant,
  startOf,
  startOfMonth,
  startOfQuarter,
  startOfWeek,
  startOfYear,
} from "../../src/domain/day.ts";
import { days, forAll } from "../arbitrary.ts";

const DAY_MS = 86_400_000;

describe("parseDay", () => {
  test.each(["2026-01-01", "2028-02-29", "2000-02-29", "2026-12-31", "0001-01-01", "9999-12-31"])(
    "takes %s",
    (text) => expect(parseDay(text)).toBe(text),
  );

  test.each([
    "2026-02-30",
    "2026-02-29",
    "1900-02-29",
    "2026-04-31",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-01-32",
    "0000-01-01",
    "-001-01-01",
    "+002026-01-01",
    "2026-1-1",
    "26-01-01",
    "20260101",
    "2026/01/01",
    "2026-01-01T00:00:00Z",
    "2026-01-01[u-ca=hebrew]",
    " 2026-01-01",
    "2026-01-01 ",
    "2026-01-01\n",
    "٢٠٢٦-٠١-٠١",
    "today",
    "",
  ])("refuses %j", (text) => expect(parseDay(text)).toBeNull());

  test("no text whatever throws", () => {
    forAll([fc.string()], (text) => void parseDay(text));
  });
});

test("a literal that is not a day throws", () => {
  expect(() => day("2026-02-30")).toThrow(RangeError);
});

describe("parseInstant", () => {
  test.each([
    ["2026-11-22T12:00:00Z", Date.UTC(2026, 10, 22, 12)],
    ["2026-11-22T12:00Z", Date.UTC(2026, 10, 22, 12)],
    ["2026-11-22T12:00:00.250Z", Date.UTC(2026, 10, 22, 12, 0, 0, 250)],
    ["2026-11-22T12:00:00.123456789Z", Date.UTC(2026, 10, 22, 12, 0, 0, 123)],
    ["2026-11-22T12:00:00+05:30", Date.UTC(2026, 10, 22, 6, 30)],
    ["2026-01-01T00:00:00-01:00", Date.UTC(2026, 0, 1, 1)],
  ])("takes %s", (text, instant) => expect(parseInstant(text)).toBe(instant));

  test.each([
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T12:60:00Z",
    "2026-11-22T12:00:00+99:00",
    "2026-11-22T12:00:00",
    "2026-11-22",
    "2026-11-22 12:00:00Z",
    "2026-11-22T12:00:00z",
    "2026-11-22T12:00:00Z[UTC]",
    "1795348800",
    "",
  ])("refuses %j", (text) => expect(parseInstant(text)).toBeNull());
});

describe("counting days", () => {
  test("adding and counting undo each other", () => {
    forAll([days, fc.integer({ min: -20_000, max: 20_000 })], (from, n) => {
      expect(daysBetween(from, addDays(from, n))).toBe(n);
      expect(addDays(addDays(from, n), -n)).toBe(from);
    });
  });

  test("the day between any two is what adding says", () => {
    forAll([days, days], (a, b) => expect(addDays(a, daysBetween(a, b))).toBe(b));
  });

  test("days sort as text", () => {
    forAll([days, days], (a, b) => expect(a < b).toBe(daysBetween(a, b) > 0));
  });

  test("every instant of a day falls on it", () => {
    forAll([days, fc.integer({ min: 0, max: DAY_MS - 1 })], (day, ms) =>
      expect(dayOf(startOf(day) + ms)).toBe(day),
    );
  });

  test("the instant before a day falls on the one before", () => {
    forAll([days], (day) => expect(dayOf(startOf(day) - 1)).toBe(addDays(day, -1)));
  });

  test("29 February comes in 2028 and not in 2027", () => {
    expect(addDays(day("2028-02-28"), 1)).toBe("2028-02-29");
    expect(addDays(day("2027-02-28"), 1)).toBe("2027-03-01");
  });
});

describe("months", () => {
  test("a month after the 31st ends with the shorter month", () => {
    expect(addMonths(day("2026-01-31"), 1)).toBe("2026-02-28");
    expect(addMonths(day("2028-01-31"), 1)).toBe("2028-02-29");
    expect(addMonths(day("2026-12-31"), 2)).toBe("2027-02-28");
  });

  test("from a first, months there and back are the same day", () => {
    forAll([days, fc.integer({ min: -600, max: 600 })], (any, n) => {
      const first = startOfMonth(any);
      expect(addMonths(addMonths(first, n), -n)).toBe(first);
    });
  });
});

test("from a first, months later are those of the calendar", () => {
  forAll([fc.integer({ min: 1, max: 12 }), fc.integer({ min: -2_000, max: 2_000 })], (month, n) => {
    const first = day(`2026-${String(month).padStart(2, "0")}-01`);
    expect(addMonths(first, n)).toBe(Temporal.PlainDate.from(first).add({ months: n }).toString());
  });
});

describe("beginnings", () => {
  test("each is not after the day, and its own beginning", () => {
    for (const start of [startOfWeek, startOfMonth, startOfQuarter, startOfYear]) {
      forAll([days], (any) => {
        expect(start(any) <= any).toBe(true);
        expect(start(start(any))).toBe(start(any));
      });
    }
  });

  test("a week begins on Monday, less than 7 days ago", () => {
    forAll([days], (any) => {
      expect(new Date(startOf(startOfWeek(any))).getUTCDay()).toBe(1);
      expect(daysBetween(startOfWeek(any), any)).toBeLessThan(7);
    });
  });

  test.each([
    ["2026-01-01", "2026-01-01"],
    ["2026-03-31", "2026-01-01"],
    ["2026-04-01", "2026-04-01"],
    ["2026-08-31", "2026-07-01"],
    ["2026-12-31", "2026-10-01"],
  ])("the quarter of %s begins on %s", (any, first) => expect(startOfQuarter(day(any))).toBe(first));
});

test("earlier and later pick the two of a pair", () => {
  forAll([days, days], (a, b) => expect([earlier(a, b), later(a, b)]).toEqual([a, b].toSorted()));
});
