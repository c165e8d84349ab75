import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compare,
  type Decimal,
  decimalOf,
  formatDecimal,
  hundredth,
  negative,
  parseDecimal,
  parts,
  plus,
  sum,
  timesPowerOfTen,
  wholeParts,
  ZERO,
} from "../../src/domain/decimal.ts";
import { decimals, forAll } from "../arbitrary.ts";

const FINEST = 40;

/** The oracle: the same number in units of 10^-40, finer than any that is tried. */
function scaled({ units, scale }: Decimal): bigint {
  return units * 10n ** BigInt(FINEST - scale);
}

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`not a decimal: ${text}`);
  return parsed;
}

/** Texts as upstream may write them: any digits, trailing zeros included. */
const texts = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 1n, max: 10n ** 60n }),
    fc.option(fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 })),
  )
  .map(([below, whole, fraction]) => `${below ? "-" : ""}${whole}${fraction === null ? "" : `.${fraction}`}`);

describe("text", () => {
  test("keeps every digit and every trailing zero there and back", () => {
    forAll([texts], (text) => expect(formatDecimal(decimal(text))).toBe(text));
  });

  test("keeps units and scale back and there", () => {
    forAll([decimals], (x) => expect(parseDecimal(formatDecimal(x))).toEqual(x));
  });

  test.each(["0", "0.00", "0.001", "-0.5", "41280.000000", "12345678901234567890.12345678901234567890"])(
    "%s stays as it is",
    (text) => expect(formatDecimal(decimal(text))).toBe(text),
  );

  test("takes 200 characters and not 201", () => {
    expect(parseDecimal("9".repeat(200))).not.toBeNull();
    expect(parseDecimal("9".repeat(201))).toBeNull();
  });

  test.each([
    "",
    " ",
    " 1",
    "1 ",
    "1\n",
    "1.",
    ".5",
    ".",
    "-",
    "-.5",
    "1e3",
    "1E3",
    "0x10",
    "+1",
    "--1",
    "1-",
    "1.2.3",
    "1,000",
    "1_000",
    "NaN",
    "Infinity",
    "null",
    "١",
    "１",
    "−1",
  ])("%j is refused", (text) => expect(parseDecimal(text)).toBeNull());

  test("no text whatever throws", () => {
    forAll([fc.string()], (text) => void parseDecimal(text));
  });
});

describe("addition", () => {
  test("is exact", () => {
    forAll([decimals, decimals], (a, b) => expect(scaled(plus(a, b))).toBe(scaled(a) + scaled(b)));
  });

  test("is commutative, digits and all", () => {
    forAll([decimals, decimals], (a, b) => expect(plus(a, b)).toEqual(plus(b, a)));
  });

  test("is associative, digits and all", () => {
    forAll([decimals, decimals, decimals], (a, b, c) =>
      expect(plus(plus(a, b), c)).toEqual(plus(a, plus(b, c))),
    );
  });

  test("of zero changes nothing", () => {
    forAll([decimals], (a) => expect(plus(a, ZERO)).toEqual(a));
  });

  test("of the negative leaves nothing", () => {
    forAll([decimals], (a) => expect(plus(a, negative(a)).units).toBe(0n));
  });

  test("of a tenth and two tenths is three tenths", () => {
    expect(formatDecimal(plus(decimal("0.1"), decimal("0.2")))).toBe("0.3");
  });

  test("keeps the finer scale", () => {
    expect(formatDecimal(plus(decimal("1.000"), decimal("2.5")))).toBe("3.500");
  });

  test("of many is the sum, in whatever order", () => {
    const shuffled = fc
      .array(decimals)
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    forAll([shuffled], ([all, others]) => {
      expect(scaled(sum(all))).toBe(all.map(scaled).reduce((a, b) => a + b, 0n));
      expect(sum(others)).toEqual(sum(all));
    });
  });

  test("of none is zero", () => {
    expect(sum([])).toEqual(ZERO);
  });
});

describe("order", () => {
  test("is that of the numbers", () => {
    forAll([decimals, decimals], (a, b) => {
      const [x, y] = [scaled(a), scaled(b)];
      expect(compare(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
    });
  });

  test("is blind to trailing zeros", () => {
    forAll([decimals, fc.integer({ min: 0, max: 20 })], ({ units, scale }, zeros) => {
      const longer = { units: units * 10n ** BigInt(zeros), scale: scale + zeros };
      expect(compare({ units, scale }, longer)).toBe(0);
      expect(compare(longer, { units, scale })).toBe(0);
    });
  });

  test("is not that of the texts", () => {
    expect(compare(decimal("9"), decimal("10"))).toBe(-1);
    expect(compare(decimal("-9"), decimal("-10"))).toBe(1);
  });
});

describe("parts", () => {
  const few = fc.integer({ min: 1, max: 12 });

  test("add up to the whole, and differ by one unit of their last digit at most, the larger first", () => {
    forAll([decimals, few], (whole, count) => {
      const all = parts(whole, count);
      expect(all).toHaveLength(count);
      expect(compare(sum(all), whole)).toBe(0);
      const units = all.map((part) => part.units);
      const [most, least] = [units[0] ?? 0n, units.at(-1) ?? 0n];
      expect(units.every((each) => each === most || each === least)).toBe(true);
      expect([0n, most < 0n ? -1n : 1n]).toContain(most - least);
      expect(new Set(all.map(({ scale }) => scale))).toEqual(new Set([Math.max(whole.scale, 12)]));
    });
  });

  test("of whole numbers are whole", () => {
    forAll([fc.bigInt(), few], (whole, count) => {
      const all = wholeParts(whole, count);
      expect(all.reduce((a, b) => a + b, 0n)).toBe(whole);
      expect(all).toEqual(all.toSorted((a, b) => (whole < 0n ? Number(a - b) : Number(b - a))));
    });
  });

  test("of a cent are one in its twelfth decimal apart, however it is written", () => {
    for (const one of ["1", "1.000"])
      expect(parts(decimal(one), 3).map(formatDecimal)).toEqual([
        "0.333333333334",
        "0.333333333333",
        "0.333333333333",
      ]);
    expect(parts(decimal("-0.0000000000001"), 2).map(formatDecimal)).toEqual([
      "-0.0000000000001",
      "0.0000000000000",
    ]);
    expect(wholeParts(10n, 4)).toEqual([3n, 3n, 2n, 2n]);
  });
});

describe("powers of ten", () => {
  test("a hundredth is exact: a hundred of them make the number", () => {
    forAll([decimals], (x) => expect(compare(sum(Array(100).fill(hundredth(x))), x)).toBe(0));
  });

  test("a hundredth of a cent amount keeps its digits", () => {
    expect(formatDecimal(hundredth(decimal("41280.000000")))).toBe("412.80000000");
    expect(formatDecimal(hundredth(decimal("-7")))).toBe("-0.07");
  });

  test("there and back is the same number", () => {
    forAll([decimals, fc.integer({ min: -50, max: 50 })], (x, power) =>
      expect(compare(timesPowerOfTen(timesPowerOfTen(x, power), -power), x)).toBe(0),
    );
  });

  test("whole numbers stay whole", () => {
    expect(timesPowerOfTen(decimal("15"), 3)).toEqual(decimalOf(15_000));
  });
});

test("a whole number is taken as it is, however large", () => {
  forAll([fc.bigInt()], (x) => expect(formatDecimal(decimalOf(x))).toBe(String(x)));
});

test("a fraction is not a whole number", () => {
  expect(() => decimalOf(1.5)).toThrow(RangeError);
});
