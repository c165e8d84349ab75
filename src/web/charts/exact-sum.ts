import { type Decimal, formatDecimal, parseDecimal, sum } from "../../domain/decimal.ts";

/** Adds values to the last digit; null: one is missing, or has another form. */
export function exactSum(values: readonly (number | string | boolean | null)[]): string | null {
  const amounts: Decimal[] = [];
  for (const value of values) {
    const amount = value === null ? null : parseDecimal(String(value));
    if (amount === null) return null;
    amounts.push(amount);
  }
  return formatDecimal(sum(amounts));
}
