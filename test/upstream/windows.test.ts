import { describe, expect, test } from "vitest";
import { addDays, type Day, day, dayOf, startOf } from "../../src/domain/day.ts";
import { type DayRange, daysIn, splitByMonth } from "../../src/domain/range.ts";
import { GatewayError } from "../../src/errors.ts";
import type { Coverage } from "../../src/upstream/endpoint.ts";
import { CONSOLE, DAILY, ENGAGEMENT, REPORTS } from "../../src/upstream/endpoints/coverage.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { closeRanges, forAll, ranges } from "../arbitrary.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");

function range(from: string, until: string): DayRange {
  return { from: day(from), until: day(until) };
}

function windows(coverage: Coverage, asked: DayRange, now = NOON, cut?: Coverage["window"]) {
  return windowsOf({ dataset: "THINGS", coverage }, asked, now, cut);
}

/** The refusal of a range, as clients see it. */
function refusal(
  coverage: Coverage,
  asked: DayRange,
  now = NOON,
): Pick<GatewayError, "code" | "message" | "details"> {
  try {
    windows(coverage, asked, now);
  } catch (fault) {
    if (fault instanceof GatewayError) return fault;
    throw fault;
  }
  throw new Error("it was not refused");
}

describe("days that have not come yet", () => {
  test("are left off where today is available", () => {
    expect(windows(CONSOLE, range("2026-11-20", "2026-12-31")).range).toEqual(
      range("2026-11-20", "2026-11-23"),
    );
  });

  test("are left off with today where only whole days are available", () => {
    expect(windows(ENGAGEMENT, range("2026-11-20", "2026-12-31")).range).toEqual(
      range("2026-11-20", "2026-11-22"),
    );
  });

  test("leave a range that is over as it is", () => {
    expect(windows(REPORTS, range("2026-10-01", "2026-11-01")).range).toEqual(
      range("2026-10-01", "2026-11-01"),
    );
  });

  test("alone are NOT_YET_AVAILABLE, with the newest day there is", () => {
    expect(refusal(REPORTS, range("2026-11-23", "2026-11-30"))).toMatchObject({
      code: "NOT_YET_AVAILABLE",
      message: "THINGS ends with 2026-11-22; 2026-11-23 is after that.",
      details: { dataset: "THINGS", newestDay: "2026-11-22" },
    });
  });

  test("include today where only whole days are available", () => {
    expect(refusal(ENGAGEMENT, range("2026-11-22", "2026-11-23"))).toMatchObject({
      code: "NOT_YET_AVAILABLE",
      message: "THINGS ends with 2026-11-21; 2026-11-22 is after that.",
      details: { newestDay: "2026-11-21" },
    });
  });

  test("begin at midnight UTC", () => {
    const lastDay = range("2026-11-22", "2026-11-23");
    expect(windows(ENGAGEMENT, lastDay, Date.parse("2026-11-23T00:00:00Z")).range).toEqual(lastDay);
    expect(refusal(ENGAGEMENT, lastDay, Date.parse("2026-11-22T23:59:59.999Z")).code).toBe(
      "NOT_YET_AVAILABLE",
    );
  });

  test("are the same for ends as far off as can be written", () => {
    expect(windows(CONSOLE, range("2026-11-20", "9999-12-31")).range).toEqual(
      range("2026-11-20", "2026-11-23"),
    );
    expect(refusal(CONSOLE, { from: day("9999-12-31"), until: addDays(day("9999-12-31"), 1) }).code).toBe(
      "NOT_YET_AVAILABLE",
    );
  });
});

describe("days before the first", () => {
  test.each([
    ["a roll-up", ENGAGEMENT, NOON, "2026-01-01"],
    ["a dataset upstream names no first day of", CONSOLE, NOON, "2023-01-01"],
    ["a dataset asked by the day", DAILY, NOON, "2023-01-01"],
    ["a horizon that has not reached the first day", REPORTS, NOON, "2026-01-01"],
    ["a horizon a year later", REPORTS, Date.parse("2027-06-15T09:00:00Z"), "2026-06-16"],
    ["a horizon after a leap day", REPORTS, Date.parse("2028-03-01T00:00:00Z"), "2027-03-03"],
    ["a horizon on the last of a year", REPORTS, Date.parse("2026-12-31T23:59:59Z"), "2026-01-01"],
    ["a horizon on the first of a year", REPORTS, Date.parse("2027-01-01T00:00:00Z"), "2026-01-02"],
  ] as const)("of %s are NOT_COVERED, and the message names the first", (_of, coverage, now, first) => {
    const before = addDays(day(first), -1);
    expect(refusal(coverage, { from: before, until: addDays(before, 30) }, now)).toMatchObject({
      code: "NOT_COVERED",
      message: `THINGS begins on ${first}; ${before} is before that.`,
      details: { dataset: "THINGS", oldestDay: first },
    });
    expect(windows(coverage, { from: day(first), until: addDays(day(first), 30) }, now).range.from).toBe(
      first,
    );
  });

  test("are reported before the length of the range", () => {
    expect(refusal(ENGAGEMENT, range("2020-01-01", "2026-11-01")).code).toBe("NOT_COVERED");
  });
});

describe("too many days at once", () => {
  const LATER = Date.parse("2027-06-15T12:00:00Z");

  test("are refused with the limit and the length", () => {
    expect(refusal(ENGAGEMENT, range("2026-01-01", "2027-01-03"), LATER)).toMatchObject({
      code: "BAD_USER_INPUT",
      message: "THINGS answers for at most 366 days at once; 2026-01-01 to 2027-01-03 is 367.",
    });
  });

  test("are one more than the limit", () => {
    expect(windows(ENGAGEMENT, range("2026-01-01", "2027-01-02"), LATER).ranges).toEqual([
      range("2026-01-01", "2027-01-02"),
    ]);
  });

  test("are counted without those that have not come yet", () => {
    expect(daysIn(windows(ENGAGEMENT, range("2026-01-01", "2030-01-01")).range)).toBe(325);
  });
});

describe("a range is cut", () => {
  const asked = range("2026-09-29", "2026-11-02");

  test("at months for reports", () => {
    expect(windows(REPORTS, asked).ranges).toEqual([
      range("2026-09-29", "2026-10-01"),
      range("2026-10-01", "2026-11-01"),
      range("2026-11-01", "2026-11-02"),
    ]);
  });

  test("into days where upstream answers by the day", () => {
    expect(windows(DAILY, range("2026-10-31", "2026-11-02")).ranges).toEqual([
      range("2026-10-31", "2026-11-01"),
      range("2026-11-01", "2026-11-02"),
    ]);
  });

  test("nowhere for roll-ups", () => {
    expect(windows(ENGAGEMENT, asked).ranges).toEqual([asked]);
  });

  test("as the question wishes where it names a cut", () => {
    expect(windows(REPORTS, asked, NOON, "day").ranges).toHaveLength(34);
    expect(windows(ENGAGEMENT, asked, NOON, "month").ranges).toHaveLength(3);
  });

  test("after the days that have not come are left off", () => {
    expect(windows(REPORTS, range("2026-11-01", "2027-02-01")).ranges).toEqual([
      range("2026-11-01", "2026-11-23"),
    ]);
  });

  test("into pieces that make it up, whatever it is", () => {
    const now = startOf(day("2030-01-01"));
    const open: Coverage = { ...CONSOLE, maxDays: 400 };
    for (const window of ["day", "month", "none"] as const) {
      forAll([closeRanges], (whole) => {
        const cut = windows({ ...open, window }, whole, now);
        expect(cut.range).toEqual(whole);
        expect(cut.ranges.flatMap(daysOf)).toEqual(daysOf(whole));
      });
    }
  });
});

test("no window reaches past the end or before the beginning, at any time of asking", () => {
  forAll([ranges, ranges], (asked, { from }) => {
    const now = startOf(from);
    let cut: ReturnType<typeof windows>;
    try {
      cut = windows(REPORTS, asked, now);
    } catch (fault) {
      expect(fault).toBeInstanceOf(GatewayError);
      return;
    }
    expect(cut.range.from).toBe(asked.from);
    expect(cut.range.until <= addDays(dayOf(now), 1)).toBe(true);
    expect(cut.ranges).toEqual(splitByMonth(cut.range));
  });
});

test("a dataset without days has no windows", () => {
  expect(() =>
    windowsOf({ dataset: "THINGS", coverage: null }, range("2026-01-01", "2026-01-02"), NOON),
  ).toThrow("THINGS has no days");
});

function daysOf({ from, until }: DayRange): Day[] {
  const days: Day[] = [];
  for (let each = from; each < until; each = addDays(each, 1)) days.push(each);
  return days;
}
