import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare, formatDecimal, negative, parseDecimal, plus } from "../../src/domain/decimal.ts";
import {
  dollars,
  type MoneyAmount,
  minusMoney,
  plusMoney,
  type SpendAmounts,
  spends,
} from "../../src/domain/money.ts";
import { forAll, moneys, spends as spendings, usd } from "../arbitrary.ts";

const known = spendings.filter(({ list, requests }) => list !== null && requests !== null);
const EUROS: MoneyAmount = { ...usd(5), currency: "EUR" };

function spend(net: MoneyAmount, more: Partial<SpendAmounts> = {}): SpendAmounts {
  return { net, list: null, requests: null, ...more };
}

/** Whether two spends are of equal amounts, however many zeros trail. */
function sameSpend(a: SpendAmounts, b: SpendAmounts): boolean {
  const same = (x: MoneyAmount | null, y: MoneyAmount | null) =>
    x === null || y === null ? x === y : compare(x.cents, y.cents) === 0;
  return same(a.net, b.net) && same(a.list, b.list) && a.requests === b.requests;
}

describe("money", () => {
  test("of one currency adds exactly", () => {
    forAll([moneys, moneys], (a, b) => expect(plusMoney(a, b).cents).toEqual(plus(a.cents, b.cents)));
  });

  test("minus is plus the negative", () => {
    forAll([moneys, moneys], (a, b) =>
      expect(minusMoney(a, b)).toEqual(plusMoney(a, { ...b, cents: negative(b.cents) })),
    );
  });

  test("of different currencies is never added or taken away", () => {
    expect(() => plusMoney(usd(1), EUROS)).toThrow(RangeError);
    expect(() => minusMoney(usd(1), EUROS)).toThrow(RangeError);
  });

  test("in dollars is a hundredth of the cents, with every digit", () => {
    const cents = parseDecimal("41280.000001");
    expect(cents && formatDecimal(dollars({ cents, currency: "USD" }))).toBe("412.80000001");
  });
});

describe("spends", () => {
  test("add in any order", () => {
    forAll([spendings, spendings], (a, b) => expect(spends.plus(a, b)).toEqual(spends.plus(b, a)));
  });

  test("add in any grouping", () => {
    forAll([spendings, spendings, spendings], (a, b, c) =>
      expect(spends.plus(spends.plus(a, b), c)).toEqual(spends.plus(a, spends.plus(b, c))),
    );
  });

  test("are as before when what was added is taken away", () => {
    forAll([known, known], (a, b) => expect(sameSpend(spends.minus(spends.plus(a, b), b), a)).toBe(true));
  });

  test("taken from themselves are zero", () => {
    forAll([spendings], (a) => expect(spends.isZero(spends.minus(a, a))).toBe(true));
  });

  test("have an unknown list price or number of requests when either side's is unknown", () => {
    forAll([spendings, spendings], (a, b) => {
      for (const { list, requests } of [spends.plus(a, b), spends.minus(a, b)]) {
        expect(list === null).toBe(a.list === null || b.list === null);
        expect(requests === null).toBe(a.requests === null || b.requests === null);
      }
    });
  });

  test("in parts add up to the whole, and what is unknown of it is unknown of them", () => {
    forAll([spendings, fc.integer({ min: 1, max: 6 })], (a, count) => {
      const all = spends.split(a, count);
      expect(all).toHaveLength(count);
      expect(sameSpend(all.reduce(spends.plus), a)).toBe(true);
    });
  });

  test("of different currencies are refused", () => {
    expect(() => spends.plus(spend(usd(1)), spend(EUROS))).toThrow(RangeError);
    expect(() => spends.plus(spend(usd(1), { list: usd(1) }), spend(usd(1), { list: EUROS }))).toThrow(
      RangeError,
    );
  });

  test("with a list price but nothing charged are not zero", () => {
    expect(spends.isZero(spend(usd(0), { list: usd(5) }))).toBe(false);
  });

  test("are zero whatever number of zeros is written", () => {
    forAll([fc.nat({ max: 20 })], (scale) =>
      expect(spends.isZero(spend({ cents: { units: 0n, scale }, currency: "USD" }))).toBe(true),
    );
  });

  test("rank by what was charged, not by list price", () => {
    expect(spends.rank(spend(usd(3), { list: usd(9) }))).toEqual(usd(3).cents);
  });
});
