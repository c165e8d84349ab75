import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Comparison, counterpart, rangeBefore } from "../../src/domain/comparison.ts";
import { addMonths, day, startOf } from "../../src/domain/day.ts";
import { daysIn, splitByDay, splitByMonth } from "../../src/domain/range.ts";
import { bucketAround, requestedWidth } from "../../src/domain/series.ts";
import { closeRanges, forAll, ranges } from "../arbitrary.ts";

const comparisons = fc.constantFrom<Comparison>("PREVIOUS_PERIOD", "MONTH_BEFORE", "YEAR_BEFORE");

function range(from: string, until: string) {
  return { from: day(from), until: day(until) };
}

describe("the period before", () => {
  test.each<[string, Comparison, [string, string], [string, string]]>([
    ["ten days", "PREVIOUS_PERIOD", ["2026-11-11", "2026-11-21"], ["2026-11-01", "2026-11-11"]],
    ["days over a leap day", "PREVIOUS_PERIOD", ["2028-03-01", "2028-03-02"], ["2028-02-29", "2028-03-01"]],
    ["days over a new year", "PREVIOUS_PERIOD", ["2027-01-01", "2027-01-08"], ["2026-12-25", "2027-01-01"]],
    ["a whole month", "MONTH_BEFORE", ["2026-10-01", "2026-11-01"], ["2026-09-01", "2026-10-01"]],
    [
      "a month after a shorter one",
      "MONTH_BEFORE",
      ["2026-03-01", "2026-04-01"],
      ["2026-02-01", "2026-03-01"],
    ],
    [
      "a month after a longer one",
      "MONTH_BEFORE",
      ["2026-02-01", "2026-03-01"],
      ["2026-01-01", "2026-02-01"],
    ],
    ["a month so far", "MONTH_BEFORE", ["2026-11-01", "2026-11-23"], ["2026-10-01", "2026-10-23"]],
    [
      "a month that is over but for a day",
      "MONTH_BEFORE",
      ["2026-03-01", "2026-03-31"],
      ["2026-02-01", "2026-03-01"],
    ],
    [
      "a day that the month before has not",
      "MONTH_BEFORE",
      ["2026-03-29", "2026-03-30"],
      ["2026-03-01", "2026-03-01"],
    ],
    ["the last day of a month", "MONTH_BEFORE", ["2026-03-31", "2026-04-01"], ["2026-03-01", "2026-03-01"]],
    [
      "days that the month before has in part",
      "MONTH_BEFORE",
      ["2026-03-28", "2026-04-01"],
      ["2026-02-28", "2026-03-01"],
    ],
    [
      "days from one that the month before has not",
      "MONTH_BEFORE",
      ["2026-03-30", "2026-04-03"],
      ["2026-03-01", "2026-03-03"],
    ],
    [
      "the last day of a shorter month",
      "MONTH_BEFORE",
      ["2026-04-30", "2026-05-01"],
      ["2026-03-30", "2026-04-01"],
    ],
    ["a quarter, as months", "MONTH_BEFORE", ["2026-07-01", "2026-10-01"], ["2026-06-01", "2026-09-01"]],
    ["a leap February", "YEAR_BEFORE", ["2028-02-01", "2028-03-01"], ["2027-02-01", "2027-03-01"]],
    ["a leap day", "YEAR_BEFORE", ["2028-02-29", "2028-03-01"], ["2027-03-01", "2027-03-01"]],
    ["the day before a leap day", "YEAR_BEFORE", ["2028-02-28", "2028-02-29"], ["2027-02-28", "2027-03-01"]],
    [
      "a February after a leap year",
      "YEAR_BEFORE",
      ["2029-02-01", "2029-03-01"],
      ["2028-02-01", "2028-03-01"],
    ],
    ["a year", "YEAR_BEFORE", ["2027-01-01", "2028-01-01"], ["2026-01-01", "2027-01-01"]],
  ])("of %s (%s)", (_name, comparison, [from, until], [fromBefore, untilBefore]) => {
    expect(rangeBefore(comparison, range(from, until))).toEqual(range(fromBefore, untilBefore));
  });

  test("has no day only where none of the range's days is in the month or year before", () => {
    forAll([closeRanges, comparisons], (asked, comparison) => {
      const before = rangeBefore(comparison, asked);
      const months = comparison === "YEAR_BEFORE" ? -12 : -1;
      const isThere = splitByDay(asked).some(
        ({ from }) => addMonths(from, months).slice(8) === from.slice(8),
      );
      expect(daysIn(before) > 0).toBe(comparison === "PREVIOUS_PERIOD" || isThere);
      if (comparison === "PREVIOUS_PERIOD") {
        expect(daysIn(before)).toBe(daysIn(asked));
        expect(before.until).toBe(asked.from);
      }
    });
  });

  test("is made up of what its days are compared with, one by one, over every two months", () => {
    const first = day("2027-01-01"); // two leap years and two that are not, over every length of a month
    for (const comparison of ["MONTH_BEFORE", "YEAR_BEFORE"] as const) {
      for (let month = 0; month < 36; month++) {
        const asked = { from: addMonths(first, month), until: addMonths(first, month + 2) };
        let end = rangeBefore(comparison, asked).from;
        for (const each of splitByDay(asked)) {
          const before = rangeBefore(comparison, each);
          expect(before.from).toBe(end);
          end = before.until;
          for (const { from } of splitByDay(before))
            expect(counterpart(comparison, each, from)).toBe(each.from);
        }
        expect(end).toBe(rangeBefore(comparison, asked).until);
      }
    }
  });

  test("sets each of its days against one day of the range, in their order", () => {
    forAll([closeRanges, comparisons], (asked, comparison) => {
      const days = splitByDay(rangeBefore(comparison, asked)).map(({ from }) => from);
      const against = days.map((before) => counterpart(comparison, asked, before));
      expect(against).toEqual(against.toSorted());
      for (const each of against) expect(each >= asked.from && each < asked.until).toBe(true);
      if (comparison === "PREVIOUS_PERIOD") expect(new Set(against).size).toBe(daysIn(asked));
    });
  });

  test("sets a day of a month against the same day, where both months have it", () => {
    forAll([closeRanges], (asked) => {
      for (const { from } of splitByDay(rangeBefore("MONTH_BEFORE", asked))) {
        const against = counterpart("MONTH_BEFORE", asked, from);
        const same = addMonths(from, 1);
        if (same.slice(8) === from.slice(8) && same >= asked.from && same < asked.until)
          expect(against).toBe(same);
      }
    });
  });
});

describe("buckets of weeks and months", () => {
  const buckets = fc.constantFrom("WEEK" as const, "MONTH" as const);
  const spanOf = (day: { from: string; until: string }) => ({
    from: startOf(day.from as never),
    until: startOf(day.until as never),
  });

  test("hold every day of the range once, and touch", () => {
    forAll(
      [ranges, buckets],
      (asked, bucket) => {
        const spans = splitByDay(asked).map((each) => bucketAround(bucket, spanOf(each), asked));
        let end = startOf(asked.from);
        for (const { from, until } of new Map(spans.map((span) => [span.from, span])).values()) {
          expect(from).toBe(end);
          end = until;
        }
        expect(end).toBe(startOf(asked.until));
      },
      { numRuns: 30 },
    );
  });

  test("are calendar months, cut where the range is", () => {
    forAll(
      [ranges],
      (asked) => {
        const months = splitByMonth(asked).map(({ from }) => startOf(from));
        const spans = splitByDay(asked).map((each) => bucketAround("MONTH", spanOf(each), asked).from);
        expect([...new Set(spans)]).toEqual(months);
      },
      { numRuns: 30 },
    );
  });

  test.each([
    ["2026-01-01", "2025-12-29", "2026-01-05"], // week 1 of 2026 begins in 2025
    ["2026-12-31", "2026-12-28", "2027-01-04"], // week 53 of 2026
    ["2027-01-03", "2026-12-28", "2027-01-04"],
    ["2027-12-31", "2027-12-27", "2028-01-03"], // week 52 of 2027
    ["2028-01-03", "2028-01-03", "2028-01-10"], // week 1 of 2028
    ["2028-02-29", "2028-02-28", "2028-03-06"],
  ])("the ISO week of %s begins on Monday %s", (at, monday, next) => {
    const wide = range("2020-01-01", "2032-01-01");
    const within = bucketAround("WEEK", spanOf(range(at, at)), wide);
    expect(within).toEqual({ from: startOf(day(monday)), until: startOf(day(next)), isPartial: false });
  });

  test("are requested as days", () => {
    expect((["NONE", "DAY", "HOUR", "MINUTE", "WEEK", "MONTH"] as const).map(requestedWidth)).toEqual([
      "NONE",
      "DAY",
      "HOUR",
      "MINUTE",
      "DAY",
      "DAY",
    ]);
  });
});
