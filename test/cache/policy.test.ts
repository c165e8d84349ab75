import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Finality, finalityOf, leastSettled, type Subject } from "../../src/cache/policy.ts";
import { addDays, addMonths, day, dayOf, startOf, startOfMonth } from "../../src/domain/day.ts";
import { type DayRange, oneDay } from "../../src/domain/range.ts";
import { forAll, ranges } from "../arbitrary.ts";

const HOUR_MS = 3_600_000;
const RANK: Readonly<Record<Finality, number>> = { OPEN: 0, SETTLING: 1, FINAL: 2 };

const subjects = fc.constantFrom<Subject>("activity", "money", "live");

/** A range with an export from shortly before it to a few months after it. */
const exported = fc
  .tuple(ranges, fc.integer({ min: -10 * 24, max: 100 * 24 }))
  .map(([range, hours]): [DayRange, number] => [range, startOf(range.until) + hours * HOUR_MS]);

function range(from: string, until: string): DayRange {
  return { from: day(from), until: day(until) };
}

function at(text: string): number {
  return Date.parse(text);
}

describe("activity of 10 October", () => {
  const tenth = oneDay(day("2026-10-10"));

  test.each([
    ["2026-10-10T23:59:59Z", "OPEN"],
    ["2026-10-11T00:00:00Z", "SETTLING"],
    ["2026-11-09T23:59:59Z", "SETTLING"],
    ["2026-11-10T00:00:00Z", "FINAL"],
    ["2026-11-11T00:00:00Z", "FINAL"],
  ] as const)("exported at %s is %s", (watermark, state) =>
    expect(finalityOf("activity", tenth, at(watermark))).toBe(state),
  );
});

describe.each([29, 30, 31])("%i days after the last day's end", (age) => {
  test("activity is final from the 30th on", () => {
    forAll([ranges, fc.integer({ min: 0, max: 24 * HOUR_MS - 1 })], (about, ms) =>
      expect(finalityOf("activity", about, startOf(addDays(about.until, age)) + ms)).toBe(
        age < 30 ? "SETTLING" : "FINAL",
      ),
    );
  });
});

describe("money", () => {
  test("of 1 October is older than 30 days on 1 November, yet waits for the week after its month", () => {
    const first = oneDay(day("2026-10-01"));
    expect(finalityOf("activity", first, at("2026-11-01T00:00:00Z"))).toBe("FINAL");
    expect(finalityOf("money", first, at("2026-11-01T00:00:00Z"))).toBe("SETTLING");
    expect(finalityOf("money", first, at("2026-11-07T23:59:59Z"))).toBe("SETTLING");
    expect(finalityOf("money", first, at("2026-11-08T00:00:00Z"))).toBe("FINAL");
  });

  test("of the last of a month waits for its 30 days", () => {
    const last = oneDay(day("2026-10-31"));
    expect(finalityOf("money", last, at("2026-11-30T23:59:59Z"))).toBe("SETTLING");
    expect(finalityOf("money", last, at("2026-12-01T00:00:00Z"))).toBe("FINAL");
  });

  test("of several months waits for the last one", () => {
    const across = range("2026-09-15", "2026-10-02");
    expect(finalityOf("money", across, at("2026-11-07T23:59:59Z"))).toBe("SETTLING");
    expect(finalityOf("money", across, at("2026-11-08T00:00:00Z"))).toBe("FINAL");
  });

  test("up to the first of a month does not wait for that month", () => {
    expect(finalityOf("money", range("2026-09-01", "2026-10-01"), at("2026-10-31T00:00:00Z"))).toBe("FINAL");
  });

  test("is final exactly when activity is and 7 days have passed since its month", () => {
    forAll([exported], ([about, watermark]) => {
      const monthEnd = addMonths(startOfMonth(addDays(about.until, -1)), 1);
      const closed = dayOf(watermark) >= addDays(monthEnd, 7);
      expect(finalityOf("money", about, watermark) === "FINAL").toBe(
        closed && finalityOf("activity", about, watermark) === "FINAL",
      );
    });
  });
});

describe("finality", () => {
  test("is never lost as the watermark moves on", () => {
    forAll([subjects, exported, fc.nat({ max: 500 * 24 })], (subject, [about, watermark], hours) => {
      const before = RANK[finalityOf(subject, about, watermark)];
      expect(RANK[finalityOf(subject, about, watermark + hours * HOUR_MS)]).toBeGreaterThanOrEqual(before);
    });
  });

  test("of a range is that of none of its parts less settled", () => {
    forAll([subjects, exported, fc.nat()], (subject, [about, watermark], pick) => {
      const length = Math.round((startOf(about.until) - startOf(about.from)) / (24 * HOUR_MS));
      const part = oneDay(addDays(about.from, pick % length));
      expect(RANK[finalityOf(subject, part, watermark)]).toBeGreaterThanOrEqual(
        RANK[finalityOf(subject, about, watermark)],
      );
    });
  });

  test("never comes without a watermark", () => {
    forAll([subjects, ranges], (subject, about) => expect(finalityOf(subject, about, null)).toBe("OPEN"));
  });

  test("never comes to look-ups, however old", () => {
    forAll([exported], ([about, watermark]) => {
      expect(finalityOf("live", about, watermark)).toBe("OPEN");
      expect(finalityOf("activity", null, watermark)).toBe("OPEN");
    });
  });

  test("begins to settle when the export has covered the last day", () => {
    forAll([ranges], (about) => {
      expect(finalityOf("activity", about, startOf(about.until) - 1)).toBe("OPEN");
      expect(finalityOf("activity", about, startOf(about.until))).toBe("SETTLING");
    });
  });
});

test("several figures are as settled as the least settled of them", () => {
  const states = fc.array(fc.constantFrom<Finality>("OPEN", "SETTLING", "FINAL"), { minLength: 1 });
  forAll([states], (all) =>
    expect(RANK[leastSettled(all)]).toBe(Math.min(...all.map((state) => RANK[state]))),
  );
});
