/**
 * An exact decimal number: `units / 10^scale`. Amounts arrive as decimal strings of any length, are added, compared and
 * divided by a hundred, and leave as strings again; nothing here rounds, and the scale upstream wrote is kept
 * (`41280.000000` stays that), which general decimal libraries normalize away.
 */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** Far beyond any amount; keeps a hostile answer from costing quadratic time. */
const MAX_LENGTH = 200;

const SHAPE = /^-?\d+(\.\d+)?$/;

/** The number written as `text` (`-?digits[.digits]`), or null where it is written otherwise. */
export function parseDecimal(text: string): Decimal | null {
  if (text.length > MAX_LENGTH || !SHAPE.test(text)) return null;
  const point = text.indexOf(".");
  if (point < 0) return { units: BigInt(text), scale: 0 };
  return { units: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

export function decimalOf(whole: number | bigint): Decimal {
  return { units: BigInt(whole), scale: 0 };
}

function unitsAt(scale: number, { units, scale: own }: Decimal): bigint {
  return scale === own ? units : units * 10n ** BigInt(scale - own);
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(scale, a) + unitsAt(scale, b), scale };
}

export function negative({ units, scale }: Decimal): Decimal {
  return { units: -units, scale };
}

export function sum(amounts: Iterable<Decimal>): Decimal {
  let total = ZERO;
  for (const amount of amounts) total = plus(total, amount);
  return total;
}

/** The last digit of a part, unless the amount itself has more: fixed, so that parts of sums do not depend on how they are written. */
const PART_SCALE = 12;

/**
 * The amount in `count` parts that add up to it exactly: equal down to the twelfth decimal, or to its own last one where that is
 * finer; what is left over goes to the first parts, one unit of that digit each.
 */
export function parts(amount: Decimal, count: number): Decimal[] {
  const scale = Math.max(amount.scale, PART_SCALE);
  return wholeParts(unitsAt(scale, amount), count).map((units) => ({ units, scale }));
}

/** A whole number in `count` whole parts that add up to it; what is left over goes to the first ones. */
export function wholeParts(whole: bigint, count: number): bigint[] {
  const [each, left] = [whole / BigInt(count), Number(whole % BigInt(count))];
  const one = left < 0 ? -1n : 1n;
  return Array.from({ length: count }, (_, i) => (i < Math.abs(left) ? each + one : each));
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`; trailing zeros do not count. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [unitsAt(scale, a), unitsAt(scale, b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export function times({ units, scale }: Decimal, factor: number): Decimal {
  return { units: units * BigInt(factor), scale };
}

/** Removes zeros at the end of a number beyond so many decimals. */
export function trimmed({ units, scale }: Decimal, leastScale: number): Decimal {
  let [left, decimals] = [units, scale];
  for (; decimals > leastScale && left % 10n === 0n; decimals--) left /= 10n;
  return { units: left, scale: decimals };
}

/** A hundredth: cents as dollars. */
export function hundredth(amount: Decimal): Decimal {
  return timesPowerOfTen(amount, -2);
}

/** The number with its point moved `power` places to the right, or to the left where that is negative. */
export function timesPowerOfTen({ units, scale }: Decimal, power: number): Decimal {
  return scale >= power
    ? { units, scale: scale - power }
    : { units: units * 10n ** BigInt(power - scale), scale: 0 };
}

export function formatDecimal({ units, scale }: Decimal): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
