import { type Decimal, timesPowerOfTen } from "./decimal.ts";

/** An exact amount in minor units of a currency, such as cents. Amounts of different currencies are never added or compared. */
export interface MinorAmount {
  readonly minorUnits: Decimal;
  /** ISO 4217 code. */
  readonly currency: string;
}

/** Digits of a minor unit by ISO 4217, where they are not two (list one, 2026). */
const EXPONENTS: Readonly<Record<string, number>> = {
  ...exponentOf(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...exponentOf(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...exponentOf(4, "CLF UYW"),
};

function exponentOf(digits: number, currencies: string): Readonly<Record<string, number>> {
  return Object.fromEntries(currencies.split(" ").map((currency) => [currency, digits]));
}

/** Recognizes the form of an ISO 4217 code. */
export function isCurrency(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

/** True for a code that ISO 4217 lists: what people write can be misspelt, and has other digits then. */
export function isListedCurrency(text: string): boolean {
  return Intl.supportedValuesOf("currency").includes(text);
}

/** The amount in whole units of its currency: 1234 is 12.34 dollars, 1234 yen, 1.234 dinars. */
export function wholeUnits({ minorUnits, currency }: MinorAmount): Decimal {
  return timesPowerOfTen(minorUnits, -(EXPONENTS[currency] ?? 2));
}

/** The amount in minor units of its currency; null where it has more decimals than the currency. */
export function minorUnitsOf(amount: Decimal, currency: string): Decimal | null {
  const minorUnits = timesPowerOfTen(amount, EXPONENTS[currency] ?? 2);
  return minorUnits.scale === 0 ? minorUnits : null;
}
