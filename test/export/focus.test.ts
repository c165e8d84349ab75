import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseDecimal } from "../../src/domain/decimal.ts";
import { FOCUS } from "../../src/server/export/focus.ts";
import { sweep } from "../deep.ts";
import { gateway } from "../gateway.ts";
import { download, type Row, rowsOf } from "./download.ts";
import { columnsOf, parquetOf } from "./duckdb.ts";

/*
 * The normative requirements of FOCUS 1.2 (FOCUS_Spec, tag v1.2, specification/columns and specification/attributes) that a file alone can
 * be held to, written down anew: the official validator is a program in Python. Those about unit prices, commitments, corrections and
 * taxes have no rows here to apply to.
 */

type Level = "mandatory" | "conditional" | "recommended";

interface FocusColumn {
  readonly level: Level;
  readonly nullable: boolean;
  readonly type: "decimal" | "string" | "instant" | "json";
}

const DECIMALS = [
  "BilledCost",
  "ContractedCost",
  "EffectiveCost",
  "ListCost",
  "PricingQuantity",
  "ConsumedQuantity",
];
const INSTANTS = ["BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"];

const LEVELS: Readonly<Record<Level, string>> = {
  mandatory: `BilledCost BillingAccountId BillingAccountName? BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeClass?
    ChargeDescription? ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost PricingQuantity?
    PricingUnit? ProviderName PublisherName ServiceCategory ServiceName`,
  conditional: `BillingAccountType CapacityReservationId? CapacityReservationStatus? CommitmentDiscountCategory? CommitmentDiscountId?
    CommitmentDiscountName? CommitmentDiscountQuantity? CommitmentDiscountStatus? CommitmentDiscountType? CommitmentDiscountUnit?
    ConsumedQuantity? ConsumedUnit? ContractedUnitPrice? ListUnitPrice? PricingCategory? PricingCurrency?
    PricingCurrencyContractedUnitPrice? PricingCurrencyEffectiveCost? PricingCurrencyListUnitPrice? RegionId? RegionName? ResourceId?
    ResourceName? ResourceType? SkuId? SkuMeter? SkuPriceDetails? SkuPriceId? SubAccountId? SubAccountName? SubAccountType? Tags?`,
  recommended: "AvailabilityZone? ChargeFrequency InvoiceId? ServiceSubcategory",
};

const SPECIFICATION: ReadonlyMap<string, FocusColumn> = new Map(
  Object.entries(LEVELS).flatMap(([level, names]) =>
    names.split(/\s+/).map((each) => {
      const name = each.replace("?", "");
      const type = DECIMALS.includes(name)
        ? "decimal"
        : INSTANTS.includes(name)
          ? "instant"
          : name === "Tags"
            ? "json"
            : "string";
      return [name, { level: level as Level, nullable: each.endsWith("?"), type }] as const;
    }),
  ),
);

const NAMES = FOCUS.columns.map(({ name }) => name);

test("the specification has 57 columns", () => expect(SPECIFICATION.size).toBe(57));

test("every mandatory column is there, once, and every other name is a custom column", () => {
  const mandatory = [...SPECIFICATION].filter(([, { level }]) => level === "mandatory").map(([name]) => name);
  expect(NAMES).toEqual(expect.arrayContaining(mandatory));
  expect(new Set(NAMES).size).toBe(NAMES.length);
  const custom = NAMES.filter((name) => !SPECIFICATION.has(name));
  expect(custom.filter((name) => !/^x_[A-Z][A-Za-z]*$/.test(name))).toEqual([]);
  const own = NAMES.slice(0, NAMES.length - custom.length);
  expect([own, custom]).toEqual([own.toSorted(), custom.toSorted()]); // in this order, each alphabetically
});

test("docs/exports.md names every column of the specification that is left out", () => {
  const page = readFileSync(new URL("../../docs/exports.md", import.meta.url), "utf8");
  const section = page.split("\n## FOCUS\n")[1]?.split("\n## ")[0] ?? "";
  const missing = [...SPECIFICATION.keys()].filter((name) => !NAMES.includes(name));
  expect(missing.length).toBeGreaterThan(10);
  expect(missing.filter((name) => !new RegExp(`\`${name}\``).test(section))).toEqual([]);
});

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const MIDNIGHT_OF_MONTH = /^\d{4}-\d{2}-01T00:00:00Z$/;

/** What a row does not keep to, by the name of the column. */
function faultsOf(row: Row): string[] {
  const faults: string[] = [];
  const expectThat = (holds: boolean, what: string) => {
    if (!holds) faults.push(what);
  };
  const value = (name: string) => row[name] ?? "";
  for (const name of NAMES) {
    const column = SPECIFICATION.get(name);
    if (column === undefined) continue;
    const text = value(name);
    if (!column.nullable) expectThat(text !== "", `${name} is null`);
    if (text === "") continue;
    if (column.type === "decimal")
      expectThat(/^-?\d+(\.\d+)?$/.test(text) && parseDecimal(text) !== null, `${name} is no number`);
    if (column.type === "instant") expectThat(INSTANT.test(text), `${name} is no instant`);
    if (column.type === "string") expectThat(text === text.trim(), `${name} has blanks around it`);
  }
  expectThat(/^[A-Z]{3}$/.test(value("BillingCurrency")), "BillingCurrency is no code of ISO 4217");
  expectThat(value("ChargeCategory") === "Usage", "ChargeCategory");
  expectThat(value("ChargeClass") === "", "ChargeClass of a charge that is no correction");
  expectThat(value("ChargeFrequency") === "Usage-Based", "ChargeFrequency");
  expectThat(value("ServiceCategory") === "AI and Machine Learning", "ServiceCategory");
  expectThat(value("ServiceSubcategory") === "Generative AI", "ServiceSubcategory is none of its category");
  expectThat(MIDNIGHT_OF_MONTH.test(value("BillingPeriodStart")), "BillingPeriodStart");
  expectThat(MIDNIGHT_OF_MONTH.test(value("BillingPeriodEnd")), "BillingPeriodEnd");
  expectThat(value("ChargePeriodStart") < value("ChargePeriodEnd"), "a charge period ends after it begins");
  expectThat(
    value("BillingPeriodStart") <= value("ChargePeriodStart") &&
      value("ChargePeriodEnd") <= value("BillingPeriodEnd"),
    "a charge is of its billing period",
  );
  for (const kind of ["Pricing", "Consumed"])
    expectThat(
      (value(`${kind}Quantity`) === "") === (value(`${kind}Unit`) === ""),
      `${kind}Unit goes with its quantity`,
    );
  for (const part of ["Region", "Resource", "SubAccount"])
    expectThat(value(`${part}Id`) !== "" || value(`${part}Name`) === "", `${part}Name without an id`);
  // Stated in docs/exports.md: tool runs and the like are charged in units that upstream does not state.
  expectThat(
    value("PricingQuantity") !== "" || value("x_PromptTokens") === "",
    "PricingQuantity is null though tokens are known",
  );
  return faults;
}

sweep(["period=LAST_MONTH", "period=LAST_MONTH&source=LEGACY", "period=LAST_MONTH&organization=console"])(
  "every row keeps to FOCUS 1.2 (%s)",
  async (parameters) => {
    const gate = gateway({ sandbox: { users: 40, seed: 3 } });
    const rows = rowsOf(await download(gate, `focus.csv?${parameters}`));
    expect(rows.length).toBeGreaterThan(100);
    expect([...new Set(rows.flatMap(faultsOf))]).toEqual([]);
    // The deviation that the page states: the Console charges for tool runs.
    expect(rows.some((row) => row.PricingQuantity === "")).toBe(parameters.includes("console"));
  },
);

test("the types in Parquet are those of the specification", async () => {
  const gate = gateway({ sandbox: { users: 20 } });
  const types = await columnsOf(await parquetOf(gate, "focus.parquet?period=YESTERDAY"));
  for (const [name, type] of Object.entries(types)) {
    const column = SPECIFICATION.get(name);
    const expected = {
      decimal: /^(DECIMAL\(38,18\)|BIGINT)$/,
      instant: /^TIMESTAMP WITH TIME ZONE$/,
      string: /^VARCHAR$/,
      json: /^VARCHAR$/,
    };
    if (column !== undefined) expect(type, name).toMatch(expected[column.type]);
  }
});
