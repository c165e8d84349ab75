import { isListedCurrency } from "../domain/currency.ts";
import { type SeatPrice, seatPriceAmount } from "../domain/seat-price.ts";
import { readJsonFile, readOrReport } from "../operator-file.ts";
import type { StatedOrganization } from "./budget-entries.ts";
import { statedOrganizations } from "./budgets.ts";
import { ConfigError } from "./config-error.ts";
import { fieldsOf, type ReportEntryFault } from "./file-fields.ts";
import { text } from "./formats.ts";
import type { TenantConfig } from "./organizations.ts";
import { optional, type SettingsReader } from "./setting.ts";

export const SEAT_PRICES = {
  path: optional({
    name: "SEAT_PRICES_FILE",
    whenUnset: "no prices of seats",
    format: text("path"),
    meaning:
      "JSON list of monthly prices of a seat, `{ amount, currency?, role?, organization? }`, for the assumed cost of seats, which upstream does not state. Changes apply without a restart.",
    example: "seat-prices.json",
  }),
};

export interface SeatPricesConfig {
  readonly path: string;
  /** The prices at start. */
  readonly first: readonly SeatPrice[];
  /** Reads the file again; throws ConfigError. */
  readonly reread: () => readonly SeatPrice[];
}

/** Reads the prices of seats; null without a file. */
export function seatPricesConfig(
  reader: SettingsReader,
  tenants: readonly TenantConfig[],
): SeatPricesConfig | null {
  const path = reader.read(SEAT_PRICES.path);
  if (path === null) return null;
  const organizations = statedOrganizations(tenants).filter(({ kind }) => kind === "ENTERPRISE");
  const reread = () => {
    const faults: string[] = [];
    const prices = readSeatPrices(path, organizations, faults);
    if (faults.length > 0) throw new ConfigError(faults);
    return prices;
  };
  return Object.freeze({ path, first: readSeatPrices(path, organizations, reader.faults), reread });
}

const MAX_PRICES = 1_000;
const FIELDS = ["amount", "currency", "role", "organization"] as const;

/** Reports every fault. */
function readSeatPrices(
  path: string,
  organizations: readonly StatedOrganization[],
  faults: string[],
): readonly SeatPrice[] {
  const fault: ReportEntryFault = (where, what) =>
    faults.push(`SEAT_PRICES_FILE${where && ` ${where}`}: ${what}.`);
  const list = readOrReport(
    () => readJsonFile(path),
    (why) => fault("", `the file ${why}`),
  );
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > MAX_PRICES) {
    fault("", `the file is not a list of at most ${MAX_PRICES} prices, such as [{ "amount": "40.00" }]`);
    return [];
  }
  const prices = list.map((entry, i) => priceIn(entry, `price ${i + 1}`, organizations, fault));
  for (const [i, price] of prices.entries()) {
    if (price === null) continue;
    const earlier = prices.slice(0, i);
    const same = earlier.findIndex(
      (each) => each?.organization === price.organization && each.role === price.role,
    );
    if (same >= 0) fault(`price ${i + 1}`, `is of the same organization and role as price ${same + 1}`);
    const { currency } = price.perMonth.assumed;
    const other = earlier.findIndex(
      (each) => each?.organization === price.organization && each.perMonth.assumed.currency !== currency,
    );
    if (other >= 0)
      fault(`price ${i + 1}`, `has another \`currency\` than price ${other + 1} of the same organization`);
  }
  return Object.freeze(prices.filter((price) => price !== null));
}

function priceIn(
  entry: unknown,
  where: string,
  organizations: readonly StatedOrganization[],
  fault: ReportEntryFault,
): SeatPrice | null {
  const fields = fieldsOf(entry, where, FIELDS, fault);
  if (fields === null) return null;
  const { currency = "USD", role = null } = fields;
  const isCode = typeof currency === "string" && isListedCurrency(currency);
  if (!isCode) fault(where, "`currency` is not an ISO 4217 code, such as USD");
  const perMonth = isCode ? seatPriceAmount(fields.amount, currency) : null;
  if (isCode && perMonth === null)
    fault(
      where,
      '`amount` is not a price per month in whole units of the currency, as a whole number or a text with its decimals, such as 40 or "40.50"',
    );
  const isRole = role === null || (typeof role === "string" && /^[a-z][a-z_]{0,49}$/.test(role));
  if (!isRole) fault(where, "`role` is not a role of members as upstream writes it, such as developer");
  const organization = organizationIn(fields.organization, where, organizations, fault);
  if (perMonth === null || !isRole || organization === null) return null;
  return Object.freeze({ organization, role: role as string | null, perMonth });
}

/** Returns the name of an organization with seats; null after a fault. */
function organizationIn(
  value: unknown,
  where: string,
  organizations: readonly StatedOrganization[],
  fault: ReportEntryFault,
): string | null {
  const names = organizations.map(({ name }) => name).join(", ");
  const [only, ...others] = organizations;
  if (only === undefined) {
    fault(where, "no organization of this gateway has seats; only Enterprise organizations have them");
    return null;
  }
  if (value === undefined && others.length === 0) return only.name;
  const stated = organizations.find(({ name }) => name === value);
  if (stated !== undefined) return stated.name;
  fault(
    where,
    value === undefined
      ? `\`organization\` is missing, and several have seats; use one of ${names}`
      : `\`organization\` is not one of ${names}`,
  );
  return null;
}
