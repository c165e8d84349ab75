import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type BudgetSpend,
  budgetPeriodOn,
  dollarAmount,
  FEWEST_WHOLE_DAYS,
  statusOfBudget,
} from "../../src/domain/budget.ts";
import { addDays, day } from "../../src/domain/day.ts";
import type { MoneyAmount } from "../../src/domain/money.ts";
import { daysIn } from "../../src/domain/range.ts";
import { forAll } from "../arbitrary.ts";

const cents = (units: bigint | number) => ({ cents: { units: BigInt(units), scale: 0 }, currency: "USD" });
const PERIODS = Object.keys(BUDGET_PERIODS) as BudgetPeriod[];

describe("a period", () => {
  test.each<[BudgetPeriod, string, string, string]>([
    ["WEEK", "2026-11-22", "2026-11-16", "2026-11-23"],
    ["WEEK", "2026-11-23", "2026-11-23", "2026-11-30"],
    ["MONTH", "2026-02-28", "2026-02-01", "2026-03-01"],
    ["QUARTER", "2026-12-31", "2026-10-01", "2027-01-01"],
    ["YEAR", "2026-01-01", "2026-01-01", "2027-01-01"],
  ])("%s of %s is that of the UTC calendar", (period, on, from, until) => {
    expect(budgetPeriodOn(period, day(on))).toEqual({ from, until });
  });

  test("follows the one before without a gap", () => {
    forAll([fc.constantFrom(...PERIODS), fc.integer({ min: 0, max: 2_000 })], (period, offset) => {
      const on = addDays(day("2025-01-01"), offset);
      const { from, until } = budgetPeriodOn(period, on);
      expect(from <= on && on < until).toBe(true);
      expect(budgetPeriodOn(period, until).from).toBe(until);
      expect(budgetPeriodOn(period, addDays(from, -1)).until).toBe(from);
    });
  });
});

describe("the status of a budget", () => {
  const PERIOD = { from: day("2026-11-01"), until: day("2026-12-01") };
  const spends = fc
    .record({
      byDay: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 30 }),
      open: fc.nat(3),
      amount: fc.integer({ min: 1, max: 20_000 }),
    })
    .map(({ byDay, open, amount }) => ({ byDay, amount, whole: Math.max(0, byDay.length - open) }));

  const thresholds = [50, 80, 100, 120];

  function spendOf(byDay: readonly number[], whole: number): BudgetSpend {
    const sum = (days: readonly number[]) => cents(days.reduce((a, b) => a + b, 0));
    return {
      period: PERIOD,
      spent: sum(byDay),
      wholeDays: whole,
      wholeSpent: sum(byDay.slice(0, whole)),
      byDay: byDay.map((each) => cents(each)),
    };
  }

  /** The same by counting days one by one. */
  function plain(byDay: readonly number[], whole: number, amount: number) {
    const spent = byDay.reduce((a, b) => a + b, 0);
    const wholeSpent = byDay.slice(0, whole).reduce((a, b) => a + b, 0);
    const days = daysIn(PERIOD);
    const isOver = spent < amount && whole >= FEWEST_WHOLE_DAYS && wholeSpent * days > amount * whole;
    let exhaustedOn: string | null = null;
    if (spent >= amount) {
      let sum = 0;
      for (const [i, each] of byDay.entries()) {
        sum += each;
        if (sum >= amount && exhaustedOn === null) exhaustedOn = addDays(PERIOD.from, i);
      }
    } else if (isOver)
      for (let i = 1; i <= days && exhaustedOn === null; i++)
        if (wholeSpent * i >= amount * whole) exhaustedOn = addDays(PERIOD.from, i - 1);
    const isReached = thresholds.some((percent) => percent < 100 && spent * 100 >= amount * percent);
    const state = spent >= amount ? "EXHAUSTED" : isOver ? "AT_RISK" : isReached ? "WARNING" : "ON_TRACK";
    return { state, exhaustedOn };
  }

  test("equals a plain count of its days", () => {
    forAll([spends], ({ byDay, whole, amount }) => {
      const status = statusOfBudget({ amount: cents(amount), thresholds }, spendOf(byDay, whole));
      expect(status).toMatchObject(plain(byDay, whole, amount));
    });
  });

  test("is the same whatever the scale that amounts are written in", () => {
    forAll([spends, fc.nat(8)], ({ byDay, whole, amount }, scale) => {
      const spend = spendOf(byDay, whole);
      const finer = ({ currency, cents: { units } }: MoneyAmount) => ({
        currency,
        cents: { units: units * 10n ** BigInt(scale), scale },
      });
      const written = {
        ...spend,
        spent: finer(spend.spent as never),
        wholeSpent: finer(spend.wholeSpent as never),
      };
      const budget = { amount: cents(amount), thresholds };
      expect({ ...statusOfBudget(budget, written), projected: null }).toEqual({
        ...statusOfBudget(budget, spend),
        projected: null,
      });
    });
  });

  test("has a day of exhaustion that is after its whole days while the amount is not spent", () => {
    forAll([spends], ({ byDay, whole, amount }) => {
      const spend = spendOf(byDay, whole);
      const { state, exhaustedOn } = statusOfBudget({ amount: cents(amount), thresholds }, spend);
      if (state !== "AT_RISK" || exhaustedOn === null) return;
      expect(exhaustedOn >= addDays(PERIOD.from, whole)).toBe(true);
      expect(exhaustedOn < PERIOD.until).toBe(true);
    });
  });
});

test.each([
  [5_000, "500000"],
  ["5000", "500000"],
  ["0.5", "50"],
  ["12.34", "1234"],
  [0, null],
  ["0.00", null],
  [-1, null],
  [0.1, null],
  ["1e3", null],
  ["1.234", null],
  ["", null],
  [null, null],
])("an operator's amount %j is read exactly, or refused", (value, expected) => {
  expect(dollarAmount(value)?.cents.units.toString() ?? null).toBe(expected);
});
