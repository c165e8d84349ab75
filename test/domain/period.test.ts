import { describe, expect, test } from "vitest";
import { addDays, day, daysBetween } from "../../src/domain/day.ts";
import { PERIODS, type Period, periodRange } from "../../src/domain/period.ts";
import { daysIn } from "../../src/domain/range.ts";
import { days, forAll } from "../arbitrary.ts";

const NAMES = Object.keys(PERIODS) as Period[];
const RUNNING = NAMES.filter((name) => /TO_DATE|THIS/.test(name));
const OVER = NAMES.filter((name) => !RUNNING.includes(name));

describe.each(NAMES)("%s", (period) => {
  test("holds at least a day, whatever day it is", () => {
    forAll([days], (today) => expect(daysIn(periodRange(period, today))).toBeGreaterThan(0));
  });
});

test.each(RUNNING)("%s ends with today", (period) => {
  forAll([days], (today) => expect(periodRange(period, today).until).toBe(addDays(today, 1)));
});

test.each(OVER)("%s ends before today", (period) => {
  forAll([days], (today) => expect(periodRange(period, today).until <= today).toBe(true));
});

test.each([
  ["YESTERDAY", 1],
  ["LAST_7_DAYS", 7],
  ["LAST_30_DAYS", 30],
  ["LAST_90_DAYS", 90],
  ["LAST_365_DAYS", 365],
] as const)("%s is the %i days before today", (period, length) => {
  forAll([days], (today) => {
    const { from, until } = periodRange(period, today);
    expect(until).toBe(today);
    expect(daysBetween(from, today)).toBe(length);
  });
});

test.each([
  ["LAST_MONTH", "MONTH_TO_DATE", 28, 31],
  ["LAST_QUARTER", "QUARTER_TO_DATE", 90, 92],
  ["LAST_YEAR", "YEAR_TO_DATE", 365, 366],
] as const)("%s ends where %s begins, and is %i to %i days long", (last, toDate, shortest, longest) => {
  forAll([days], (today) => {
    const range = periodRange(last, today);
    expect(range.until).toBe(periodRange(toDate, today).from);
    expect(daysIn(range)).toBeGreaterThanOrEqual(shortest);
    expect(daysIn(range)).toBeLessThanOrEqual(longest);
  });
});

/** Days on which something begins, ends or is missing in other years. */
const TRICKY: Readonly<Record<string, Readonly<Record<Period, string>>>> = {
  "2026-01-01": {
    YESTERDAY: "2025-12-31/2026-01-01",
    LAST_7_DAYS: "2025-12-25/2026-01-01",
    LAST_30_DAYS: "2025-12-02/2026-01-01",
    LAST_90_DAYS: "2025-10-03/2026-01-01",
    LAST_365_DAYS: "2025-01-01/2026-01-01",
    THIS_WEEK: "2025-12-29/2026-01-02",
    MONTH_TO_DATE: "2026-01-01/2026-01-02",
    LAST_MONTH: "2025-12-01/2026-01-01",
    QUARTER_TO_DATE: "2026-01-01/2026-01-02",
    LAST_QUARTER: "2025-10-01/2026-01-01",
    YEAR_TO_DATE: "2026-01-01/2026-01-02",
    LAST_YEAR: "2025-01-01/2026-01-01",
  },
  "2028-02-29": {
    YESTERDAY: "2028-02-28/2028-02-29",
    LAST_7_DAYS: "2028-02-22/2028-02-29",
    LAST_30_DAYS: "2028-01-30/2028-02-29",
    LAST_90_DAYS: "2027-12-01/2028-02-29",
    LAST_365_DAYS: "2027-03-01/2028-02-29",
    THIS_WEEK: "2028-02-28/2028-03-01",
    MONTH_TO_DATE: "2028-02-01/2028-03-01",
    LAST_MONTH: "2028-01-01/2028-02-01",
    QUARTER_TO_DATE: "2028-01-01/2028-03-01",
    LAST_QUARTER: "2027-10-01/2028-01-01",
    YEAR_TO_DATE: "2028-01-01/2028-03-01",
    LAST_YEAR: "2027-01-01/2028-01-01",
  },
  "2026-03-31": {
    YESTERDAY: "2026-03-30/2026-03-31",
    LAST_7_DAYS: "2026-03-24/2026-03-31",
    LAST_30_DAYS: "2026-03-01/2026-03-31",
    LAST_90_DAYS: "2025-12-31/2026-03-31",
    LAST_365_DAYS: "2025-03-31/2026-03-31",
    THIS_WEEK: "2026-03-30/2026-04-01",
    MONTH_TO_DATE: "2026-03-01/2026-04-01",
    LAST_MONTH: "2026-02-01/2026-03-01",
    QUARTER_TO_DATE: "2026-01-01/2026-04-01",
    LAST_QUARTER: "2025-10-01/2026-01-01",
    YEAR_TO_DATE: "2026-01-01/2026-04-01",
    LAST_YEAR: "2025-01-01/2026-01-01",
  },
  // A Monday.
  "2026-11-23": {
    YESTERDAY: "2026-11-22/2026-11-23",
    LAST_7_DAYS: "2026-11-16/2026-11-23",
    LAST_30_DAYS: "2026-10-24/2026-11-23",
    LAST_90_DAYS: "2026-08-25/2026-11-23",
    LAST_365_DAYS: "2025-11-23/2026-11-23",
    THIS_WEEK: "2026-11-23/2026-11-24",
    MONTH_TO_DATE: "2026-11-01/2026-11-24",
    LAST_MONTH: "2026-10-01/2026-11-01",
    QUARTER_TO_DATE: "2026-10-01/2026-11-24",
    LAST_QUARTER: "2026-07-01/2026-10-01",
    YEAR_TO_DATE: "2026-01-01/2026-11-24",
    LAST_YEAR: "2025-01-01/2026-01-01",
  },
  "2026-10-01": {
    YESTERDAY: "2026-09-30/2026-10-01",
    LAST_7_DAYS: "2026-09-24/2026-10-01",
    LAST_30_DAYS: "2026-09-01/2026-10-01",
    LAST_90_DAYS: "2026-07-03/2026-10-01",
    LAST_365_DAYS: "2025-10-01/2026-10-01",
    THIS_WEEK: "2026-09-28/2026-10-02",
    MONTH_TO_DATE: "2026-10-01/2026-10-02",
    LAST_MONTH: "2026-09-01/2026-10-01",
    QUARTER_TO_DATE: "2026-10-01/2026-10-02",
    LAST_QUARTER: "2026-07-01/2026-10-01",
    YEAR_TO_DATE: "2026-01-01/2026-10-02",
    LAST_YEAR: "2025-01-01/2026-01-01",
  },
};

describe.each(Object.entries(TRICKY))("on %s", (today, expected) => {
  test.each(Object.entries(expected) as [Period, string][])("%s is %s", (period, span) => {
    const { from, until } = periodRange(period, day(today));
    expect(`${from}/${until}`).toBe(span);
  });
});
