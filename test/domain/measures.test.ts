import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, type Decimal, decimalOf, formatDecimal, parseDecimal } from "../../src/domain/decimal.ts";
import { linesPerSession, moneyPer, projected, ratio, relativeChange } from "../../src/domain/measures.ts";
import { forAll, usd } from "../arbitrary.ts";

function dec(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`not a number: ${text}`);
  return parsed;
}

function text(value: Decimal | null): string | null {
  return value === null ? null : formatDecimal(value);
}

describe("measures worked out from others", () => {
  test("shares of a whole add up to one within half of the last decimal each", () => {
    const parts = fc.array(fc.nat({ max: 10 ** 9 }), { minLength: 1, maxLength: 60 });
    forAll([parts], (counts) => {
      const whole = counts.reduce((a, b) => a + b, 0);
      fc.pre(whole > 0);
      const shares = counts.map((count) => (ratio(decimalOf(count), decimalOf(whole)) as Decimal).units);
      const off = shares.reduce((a, b) => a + b, 0n) - 10n ** 12n;
      expect(2n * (off < 0n ? -off : off) <= BigInt(counts.length)).toBe(true);
    });
  });

  test.each([
    ["3", "2", "0.500000000000"],
    ["0", "2", "-1.000000000000"],
    ["2", "0", null],
    ["0", "0.00", null],
    ["1", "-2", "1.500000000000"],
    ["-3", "-2", "-0.500000000000"],
  ])("%s against %s before is a change of %s", (now, before, expected) => {
    expect(text(relativeChange(dec(now), dec(before)))).toBe(expected);
  });

  test("a change by a part of before is the change: before + relative * before is now", () => {
    forAll(
      [fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), fc.integer({ min: 1, max: 8 })],
      (now, power) => {
        const before = decimalOf(2 ** power);
        const relative = relativeChange(decimalOf(now), before) as Decimal;
        const back = { units: relative.units * before.units + before.units * 10n ** 12n, scale: 12 };
        expect(compare(back, decimalOf(now))).toBe(0);
      },
    );
  });

  test("an amount each keeps the currency, and is nothing of nothing", () => {
    expect(moneyPer({ cents: dec("10"), currency: "EUR" }, 4)).toEqual({
      cents: dec("2.500000000000"),
      currency: "EUR",
    });
    expect(moneyPer(usd(10), 0)).toBeNull();
  });

  test("lines per session need sessions that were measured", () => {
    expect(text(linesPerSession({ linesAdded: 10, linesRemoved: 5, sessions: 4 }))).toBe("3.750000000000");
    expect(linesPerSession({ linesAdded: 10, linesRemoved: 5, sessions: 0 })).toBeNull();
    expect(linesPerSession({ linesAdded: 10, linesRemoved: 5, sessions: null })).toBeNull();
  });

  test("a projection is the average of the whole days times the days of the month", () => {
    expect(text(projected(usd(210), 21, 30)?.cents ?? null)).toBe("300.000000000000");
    expect(text(projected({ cents: dec("0.1"), currency: "USD" }, 3, 31)?.cents ?? null)).toBe(
      "1.033333333333",
    );
    expect(projected(usd(210), 0, 30)).toBeNull();
  });
});
