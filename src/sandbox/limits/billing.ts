import { SCALE } from "../ledger/prices.ts";

/** Billing currencies of the simulated organization: one with cents, one without, one with thousandths. */
export const CURRENCIES = ["USD", "EUR", "JPY", "KWD"] as const;
export type Currency = (typeof CURRENCIES)[number];

/** Minor units of each for 10,000 cents of a dollar. */
const MINOR_UNITS = { USD: 10_000n, EUR: 9_200n, JPY: 15_000n, KWD: 30_700n } as const satisfies Record<
  Currency,
  bigint
>;

/** Cents of a dollar in whole minor units of a currency, rounded down. */
export function billed(cents: number, currency: Currency): bigint {
  return (BigInt(cents) * MINOR_UNITS[currency]) / 10_000n;
}

const THOUSANDTHS = 10n ** BigInt(SCALE - 3);

/** Hundred-millionths of a cent of a dollar in thousandths of a minor unit, rounded down. */
export function billedThousandths(units: bigint, currency: Currency): bigint {
  return (units * MINOR_UNITS[currency]) / (10_000n * THOUSANDTHS);
}

/** Thousandths of a minor unit with up to three decimals. */
export function thousandthsText(thousandths: bigint): string {
  const decimals = String(thousandths % 1_000n)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return `${thousandths / 1_000n}${decimals === "" ? "" : `.${decimals}`}`;
}
