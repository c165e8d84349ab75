import { type Decimal, hundredth, negative, parts, plus, wholeParts, ZERO } from "./decimal.ts";

/** An exact amount in cents of `currency`. Amounts of different currencies are never added. */
export interface MoneyAmount {
  readonly cents: Decimal;
  readonly currency: string;
}

export const NO_MONEY: MoneyAmount = { cents: ZERO, currency: "USD" };

/** Spend: charged (after discount, before credits) and at list price. */
export interface SpendAmounts {
  readonly net: MoneyAmount;
  /** Null where the source states no list price. */
  readonly list: MoneyAmount | null;
  /** Requests behind it; null where upstream does not say (split by cost or token type). */
  readonly requests: number | null;
}

export function dollars(money: MoneyAmount): Decimal {
  return hundredth(money.cents);
}

export function plusMoney(a: MoneyAmount, b: MoneyAmount): MoneyAmount {
  if (a.currency !== b.currency) throw new RangeError(`cannot add ${b.currency} to ${a.currency}`);
  return { cents: plus(a.cents, b.cents), currency: a.currency };
}

export function minusMoney(a: MoneyAmount, b: MoneyAmount): MoneyAmount {
  return plusMoney(a, { ...b, cents: negative(b.cents) });
}

/** Sums and differences of spends; list price and requests stay unknown when either side's are. */
export const spends = {
  plus: (a: SpendAmounts, b: SpendAmounts): SpendAmounts => ({
    net: plusMoney(a.net, b.net),
    list: known(plusMoney, a.list, b.list),
    requests: known((x, y) => x + y, a.requests, b.requests),
  }),
  minus: (a: SpendAmounts, b: SpendAmounts): SpendAmounts => ({
    net: minusMoney(a.net, b.net),
    list: known(minusMoney, a.list, b.list),
    requests: known((x, y) => x - y, a.requests, b.requests),
  }),
  /** Parts that add up to the whole, see `parts`. */
  split: (a: SpendAmounts, count: number): SpendAmounts[] => {
    const net = moneyParts(a.net, count);
    const list = a.list && moneyParts(a.list, count);
    const requests = a.requests === null ? null : wholeParts(BigInt(a.requests), count);
    return net.map((part, i) => ({
      net: part,
      list: list?.[i] ?? null,
      requests: requests === null ? null : Number(requests[i]),
    }));
  },
  isZero: (a: SpendAmounts): boolean =>
    a.net.cents.units === 0n && (a.list?.cents.units ?? 0n) === 0n && (a.requests ?? 0) === 0,
  /** Ranked by net amount, then at list price. */
  rank: (a: SpendAmounts): Decimal => a.net.cents,
  tieRank: (a: SpendAmounts): Decimal | null => a.list?.cents ?? null,
};

function moneyParts({ cents, currency }: MoneyAmount, count: number): MoneyAmount[] {
  return parts(cents, count).map((part) => ({ cents: part, currency }));
}

function known<T>(combine: (a: T, b: T) => T, a: T | null, b: T | null): T | null {
  return a === null || b === null ? null : combine(a, b);
}
