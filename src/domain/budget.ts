import {
  addDays,
  addMonths,
  type Day,
  startOfMonth,
  startOfQuarter,
  startOfWeek,
  startOfYear,
} from "./day.ts";
import { compare, type Decimal, parseDecimal, plus, times, timesPowerOfTen, ZERO } from "./decimal.ts";
import { projected, ratio } from "./measures.ts";
import type { MoneyAmount } from "./money.ts";
import { type DayRange, daysIn } from "./range.ts";
import { ratioOf } from "./ratio.ts";

/** The subjects that a budget can be about. */
export const BUDGET_SUBJECTS = {
  ORGANIZATION: "All spend of the organization.",
  TEAM: "The people of a team, as teams are now. People in several teams count fully in each.",
  WORKSPACE: "A workspace of the Console organization.",
  MODEL: "A model.",
  PERSON: "A person, in the Enterprise organization.",
  API_KEY: "An API key.",
} as const;

export type BudgetSubject = keyof typeof BUDGET_SUBJECTS;

/** The periods of the UTC calendar that a budget can be for. */
export const BUDGET_PERIODS = {
  WEEK: { means: "From Monday to Sunday.", startOf: startOfWeek, next: (start: Day) => addDays(start, 7) },
  MONTH: {
    means: "A calendar month.",
    startOf: startOfMonth,
    next: (start: Day) => addMonths(start, 1),
  },
  QUARTER: {
    means: "A calendar quarter.",
    startOf: startOfQuarter,
    next: (start: Day) => addMonths(start, 3),
  },
  YEAR: { means: "A calendar year.", startOf: startOfYear, next: (start: Day) => addMonths(start, 12) },
} as const satisfies Record<string, { means: string; startOf: (day: Day) => Day; next: (start: Day) => Day }>;

export type BudgetPeriod = keyof typeof BUDGET_PERIODS;

/** Returns the period that a day is in. */
export function budgetPeriodOn(period: BudgetPeriod, day: Day): DayRange {
  const { startOf, next } = BUDGET_PERIODS[period];
  const from = startOf(day);
  return { from, until: next(from) };
}

/** An amount that the operator has set for the net spend of a subject in each period. */
export interface SpendBudget {
  /** Unique; the operator's words. */
  readonly name: string;
  /** Name of its organization. */
  readonly organization: string;
  readonly subject: BudgetSubject;
  /** Id of the workspace or key, name of the model, id or name of the team, address or id of the person; null for an organization. */
  readonly subjectId: string | null;
  readonly period: BudgetPeriod;
  readonly amount: MoneyAmount;
  /** Percent of the amount, ascending. */
  readonly thresholds: readonly number[];
}

/** Spend of a budget's subject in one period, as far as upstream has exported it. */
export interface BudgetSpend {
  readonly period: DayRange;
  /** All of it. Late usage can still be added: it is a lower bound while days are open. */
  readonly spent: MoneyAmount;
  /** The days from the first on that upstream's export covers whole, and their part of the spend. */
  readonly wholeDays: number;
  readonly wholeSpent: MoneyAmount;
  /** Each day's part from the first on; null where days are not read one by one. */
  readonly byDay: readonly MoneyAmount[] | null;
}

/** The states of a budget, the calmest first. */
export const BUDGET_STATES = {
  ON_TRACK: "Below every threshold, and not projected to pass the amount.",
  WARNING: "A threshold below 100 percent is reached.",
  AT_RISK: "The amount is projected to be passed before the period ends.",
  EXHAUSTED: "The amount is spent.",
} as const;

export type SpendBudgetState = keyof typeof BUDGET_STATES;

export interface BudgetStatus {
  readonly state: SpendBudgetState;
  /** Spend divided by the amount. */
  readonly share: Decimal;
  /** The whole period at the average of its whole days; null without any. */
  readonly projected: MoneyAmount | null;
  /** The day on which the amount is reached, or is projected to be; null: not in this period, or unknown. */
  readonly exhaustedOn: Day | null;
}

/** Fewer whole days say too little of a period for a warning. */
export const FEWEST_WHOLE_DAYS = 3;

/** Judges a budget by the spend of one period. Projections use whole days alone: an open day would count as a day of little spend. */
export function statusOfBudget(
  { amount, thresholds }: Pick<SpendBudget, "amount" | "thresholds">,
  spend: BudgetSpend,
): BudgetStatus {
  const { period, spent, wholeDays, wholeSpent } = spend;
  const share = ratio(spent.cents, amount.cents);
  if (share === null) throw new RangeError("a budget of nothing");
  const expected = projected(wholeSpent, wholeDays, daysIn(period));
  const isSpent = compare(spent.cents, amount.cents) >= 0;
  const isOver =
    !isSpent &&
    wholeDays >= FEWEST_WHOLE_DAYS &&
    expected !== null &&
    compare(expected.cents, amount.cents) > 0;
  const isWarned = thresholdsReached({ amount, thresholds }, spent).some((percent) => percent < 100);
  return {
    state: isSpent ? "EXHAUSTED" : isOver ? "AT_RISK" : isWarned ? "WARNING" : "ON_TRACK",
    share,
    projected: expected,
    exhaustedOn: isSpent ? dayReached(amount, spend) : isOver ? dayProjected(amount, spend) : null,
  };
}

/** Returns the thresholds of a budget that an amount reaches. */
export function thresholdsReached(
  { amount, thresholds }: Pick<SpendBudget, "amount" | "thresholds">,
  spent: MoneyAmount,
): readonly number[] {
  return thresholds.filter((percent) => compare(times(spent.cents, 100), times(amount.cents, percent)) >= 0);
}

/** The first day with which the amount was spent; null where days are unknown. */
function dayReached(amount: MoneyAmount, { period, byDay }: BudgetSpend): Day | null {
  let sum = ZERO;
  for (const [i, { cents }] of (byDay ?? []).entries()) {
    sum = plus(sum, cents);
    if (compare(sum, amount.cents) >= 0) return addDays(period.from, i);
  }
  return null;
}

/** The day with which days as the whole ones so far add up to the amount. */
function dayProjected(amount: MoneyAmount, { period, wholeDays, wholeSpent }: BudgetSpend): Day {
  const average = ratioOf(times(amount.cents, wholeDays), wholeSpent.cents);
  if (average === null) throw new RangeError("a projection of nothing");
  const { numerator, denominator } = average;
  const days = (numerator + denominator - 1n) / denominator;
  return addDays(period.from, Number(days) - 1);
}

/** Reads an amount of dollars as an operator writes it; null where it is not a positive one. */
export function dollarAmount(value: unknown): MoneyAmount | null {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,12}(\.\d{1,2})?$/.test(text)) return null;
  const whole = parseDecimal(text);
  if (whole === null || whole.units === 0n) return null;
  return { cents: timesPowerOfTen(whole, 2), currency: "USD" };
}
