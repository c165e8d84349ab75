import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimalOf, formatDecimal, negative, parseDecimal } from "../../src/domain/decimal.ts";
import { minus, quotient, RATIO_PLACES, type Ratio, ratioOf, rounded } from "../../src/domain/ratio.ts";
import { decimals, forAll } from "../arbitrary.ts";

const ratios = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([numerator, denominator]): Ratio => ({ numerator, denominator }));

function same(a: Ratio | null, b: Ratio): boolean {
  return a !== null && a.numerator * b.denominator === b.numerator * a.denominator;
}

function decimal(text: string) {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`not a decimal: ${text}`);
  return parsed;
}

describe("a ratio", () => {
  test("to zero, however it is written, is none", () => {
    forAll([decimals], (x) => expect(ratioOf(x, { units: 0n, scale: x.scale })).toBeNull());
    forAll([ratios], (x) => expect(quotient(x, { numerator: 0n, denominator: 7n })).toBeNull());
  });

  test("of a number to itself is one, and to its negative minus one", () => {
    forAll([decimals.filter(({ units }) => units !== 0n)], (x) => {
      expect(same(ratioOf(x, x), { numerator: 1n, denominator: 1n })).toBe(true);
      expect(same(ratioOf(x, negative(x)), { numerator: -1n, denominator: 1n })).toBe(true);
    });
  });

  test("does not hang on trailing zeros", () => {
    expect(same(ratioOf(decimal("1.50"), decimal("3")), { numerator: 1n, denominator: 2n })).toBe(true);
    expect(same(ratioOf(decimal("3"), decimal("0.010")), { numerator: 300n, denominator: 1n })).toBe(true);
  });

  test("keeps its denominator positive through differences and quotients", () => {
    forAll([ratios, ratios], (a, b) => {
      const difference = minus(a, b);
      expect(difference.denominator > 0n).toBe(true);
      expect(same(minus(difference, minus(a, b)), { numerator: 0n, denominator: 1n })).toBe(true);
      const part = quotient(a, b);
      if (part !== null) expect(part.denominator > 0n).toBe(true);
      expect(part === null).toBe(b.numerator === 0n);
    });
  });
});

describe("written down", () => {
  test.each([
    [1n, 3n, "0.333333333333"],
    [2n, 3n, "0.666666666667"],
    [-1n, 3n, "-0.333333333333"],
    [1n, 1n, "1.000000000000"],
    [0n, 5n, "0.000000000000"],
    // Halfway between two: the even one.
    [1n, 2_000_000_000_000n, "0.000000000000"],
    [3n, 2_000_000_000_000n, "0.000000000002"],
    [-3n, 2_000_000_000_000n, "-0.000000000002"],
    [5n, 2_000_000_000_000n, "0.000000000002"],
  ])("%s to %s is %s", (numerator, denominator, text) => {
    expect(formatDecimal(rounded({ numerator, denominator }))).toBe(text);
  });

  test("it is off by half a unit of its last place at most", () => {
    forAll([ratios], (ratio) => {
      const { units, scale } = rounded(ratio);
      expect(scale).toBe(RATIO_PLACES);
      const off = units * ratio.denominator - ratio.numerator * 10n ** BigInt(RATIO_PLACES);
      expect(2n * (off < 0n ? -off : off) <= ratio.denominator).toBe(true);
    });
  });

  test("whole numbers stay as they are", () => {
    forAll([fc.maxSafeNat()], (count) => {
      const ratio = ratioOf(decimalOf(count), decimalOf(1));
      expect(ratio && formatDecimal(rounded(ratio))).toBe(`${count}.${"0".repeat(RATIO_PLACES)}`);
    });
  });
});
