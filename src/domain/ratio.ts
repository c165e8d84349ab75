import type { Decimal } from "./decimal.ts";

/** An exact fraction; the denominator is positive. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Decimal places that a ratio is rounded to, half to even. A ratio of two exact figures is rarely a decimal number itself. */
export const RATIO_PLACES = 12;

/** One number to another; null where the other is zero. */
export function ratioOf(numerator: Decimal, denominator: Decimal): Ratio | null {
  const over = 10n ** BigInt(numerator.scale);
  const under = 10n ** BigInt(denominator.scale);
  return fraction(numerator.units * under, denominator.units * over);
}

export function minus(a: Ratio, b: Ratio): Ratio {
  return {
    numerator: a.numerator * b.denominator - b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

/** Ratio of one to the other; null where the other is zero. */
export function quotient(a: Ratio, b: Ratio): Ratio | null {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator);
}

function fraction(numerator: bigint, denominator: bigint): Ratio | null {
  if (denominator === 0n) return null;
  return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator };
}

/** Rounds a ratio to the nearest decimal of RATIO_PLACES places, half to even. */
export function rounded({ numerator, denominator }: Ratio): Decimal {
  const scaled = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(RATIO_PLACES);
  const [whole, rest] = [scaled / denominator, scaled % denominator];
  const isUp = rest * 2n > denominator || (rest * 2n === denominator && whole % 2n === 1n);
  const units = whole + (isUp ? 1n : 0n);
  return { units: numerator < 0n ? -units : units, scale: RATIO_PLACES };
}
