import { type MinorAmount, minorUnitsOf } from "./currency.ts";
import { parseDecimal, plus, times, ZERO } from "./decimal.ts";
import type { Member } from "./organization.ts";

/**
 * An amount that the operator assumes, since upstream states no seat fees. It is wrapped, so that it cannot be passed where an amount
 * of a report or of a limit is expected.
 */
export interface AssumedAmount {
  readonly assumed: MinorAmount;
}

/** Monthly price of one seat, from the operator's file. */
export interface SeatPrice {
  /** Name of the organization. */
  readonly organization: string;
  /** Role of the members that it holds for; null: all roles without a price of their own. */
  readonly role: string | null;
  readonly perMonth: AssumedAmount;
}

/** Monthly cost of some seats at the operator's prices. */
export interface SeatCost {
  readonly perMonth: AssumedAmount;
  /** Seats in it. */
  readonly priced: number;
  /** Seats that have no price; they are not in the cost. */
  readonly unpriced: number;
}

/** Returns what the seats of members come to in a month; null where there are no prices. Prices are of one currency. */
export function seatCost(members: readonly Member[], prices: readonly SeatPrice[]): SeatCost | null {
  const [first] = prices;
  if (first === undefined) return null;
  const { currency } = first.perMonth.assumed;
  const byRole = new Map(prices.map(({ role, perMonth }) => [role, perMonth.assumed.minorUnits]));
  let minorUnits = ZERO;
  let priced = 0;
  for (const [role, seats] of Map.groupBy(members, (member) => member.role)) {
    const price = byRole.get(role) ?? byRole.get(null);
    if (price === undefined) continue;
    priced += seats.length;
    minorUnits = plus(minorUnits, times(price, seats.length));
  }
  return { perMonth: { assumed: { minorUnits, currency } }, priced, unpriced: members.length - priced };
}

/** Reads the price of a seat as an operator writes it; null where it is none, or has more decimals than its currency. */
export function seatPriceAmount(value: unknown, currency: string): AssumedAmount | null {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || !/^\d{1,9}(\.\d{1,4})?$/.test(text)) return null;
  const amount = parseDecimal(text);
  const minorUnits = amount && minorUnitsOf(amount, currency);
  return minorUnits && { assumed: { minorUnits, currency } };
}
