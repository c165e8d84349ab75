import { compare, type Decimal, decimalOf, negative, plus, times, ZERO } from "./decimal.ts";
import type { MoneyAmount } from "./money.ts";
import { ratioOf, rounded } from "./ratio.ts";

/**
 * Measures that are computed from others, each defined here once. None is additive: over more days or people they are computed
 * again from the sums of their parts. Shares that belong to one kind of figures stand with it: `cacheReadShare` with tokens,
 * `acceptanceRate` with tool actions.
 */

/** `part / whole`; null where there is no whole. */
export function ratio(part: Decimal, whole: Decimal): Decimal | null {
  const exact = ratioOf(part, whole);
  return exact && rounded(exact);
}

/** The relative change from `before` to `now`: 0.5 is half as much again. Null where `before` is zero. */
export function relativeChange(now: Decimal, before: Decimal): Decimal | null {
  const size = compare(before, ZERO) < 0 ? negative(before) : before;
  return ratio(plus(now, negative(before)), size);
}

/** An amount for each of `count` things, in cents rounded as ratios are; null where there are none. */
export function moneyPer({ cents, currency }: MoneyAmount, count: number): MoneyAmount | null {
  const each = ratio(cents, decimalOf(count));
  return each && { cents: each, currency };
}

/** Lines added and removed in a session of Claude Code on average; null where there was no session, or none was measured. */
export function linesPerSession({ linesAdded, linesRemoved, sessions }: CodeWork): Decimal | null {
  return linesAdded === null || linesRemoved === null || sessions === null
    ? null
    : ratio(decimalOf(linesAdded + linesRemoved), decimalOf(sessions));
}

interface CodeWork {
  readonly linesAdded: number | null;
  readonly linesRemoved: number | null;
  readonly sessions: number | null;
}

/** Projects a period of `days` days from `soFar`, which its first `whole` days made, at their average. */
export function projected(soFar: MoneyAmount, whole: number, days: number): MoneyAmount | null {
  const cents = ratio(times(soFar.cents, days), decimalOf(whole));
  return cents && { cents, currency: soFar.currency };
}
