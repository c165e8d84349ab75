import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDay } from "../../src/domain/day.ts";
import { dayFault } from "../../src/domain/day-fault.ts";

const FORM = "a day is written as YYYY-MM-DD";

test.each<[text: string, why: string, nearest: string | null, nearestEnd?: string | null]>([
  ["2026-02-30", "2026-02 has the days 01 to 28", "2026-02-28", "2026-03-01"],
  ["2024-02-30", "2024-02 has the days 01 to 29", "2024-02-29", "2024-03-01"],
  ["2026-11-00", "2026-11 has the days 01 to 30", "2026-11-01"],
  ["2026-13-01", "months are 01 to 12", "2026-12-01"],
  ["2026-00-10", "months are 01 to 12", "2026-01-10"],
  ["2026-2-3", FORM, "2026-02-03"],
  ["2026-10-01T00:00:00Z", FORM, "2026-10-01"],
  ["0000-01-01", FORM, null],
  ["01.10.2026", FORM, null],
  ["", FORM, null],
])("%s is explained, with the nearest day and end", (text, why, nearest, nearestEnd = nearest) => {
  expect(dayFault(text)).toEqual({ why, nearest, nearestEnd });
});

test("the nearest day can be read, whatever year, month and day are stated", () => {
  const upTo = (max: number) => fc.integer({ min: 0, max });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999 }), upTo(99), upTo(99), (year, month, day) => {
      const text = `${String(year).padStart(4, "0")}-${month}-${day}`;
      expect(parseDay(dayFault(text).nearest ?? "")).not.toBeNull();
    }),
  );
});
