import type { SpendLine } from "../../analytics/spend.ts";
import { addDays, addMonths, type Day, startOfMonth } from "../../domain/day.ts";
import { totalTokens } from "../../domain/tokens.ts";
import { badInput } from "../../errors.ts";
import {
  amountColumn,
  COLUMNS,
  countColumn,
  instantColumn,
  type Payer,
  type SpendLayout,
  textColumn,
} from "./spend.ts";

const PROVIDER = "Anthropic";
const SERVICE = { ENTERPRISE: "Claude Enterprise", CONSOLE: "Claude API" } as const;

/**
 * Spend in the columns of FOCUS 1.2 (https://focus.finops.org), those it makes mandatory first. What upstream does not tell is
 * null where the specification allows that, and else left out; docs/exports.md says which and why.
 */
export const FOCUS: SpendLayout = {
  columns: [
    amountColumn("BilledCost", ({ spend }) => spend?.net),
    textColumn("BillingAccountId", (_, { organizationId }) => organizationId),
    textColumn("BillingAccountName", (_, { name }) => name),
    textColumn("BillingCurrency", ({ spend }) => spend?.net.currency ?? null),
    instantColumn("BillingPeriodEnd", ({ day }) => midnight(addMonths(startOfMonth(day), 1))),
    instantColumn("BillingPeriodStart", ({ day }) => midnight(startOfMonth(day))),
    textColumn("ChargeCategory", () => "Usage"),
    textColumn("ChargeClass", () => null),
    textColumn("ChargeDescription", described),
    textColumn("ChargeFrequency", () => "Usage-Based"),
    instantColumn("ChargePeriodEnd", ({ day }) => midnight(addDays(day, 1))),
    instantColumn("ChargePeriodStart", ({ day }) => midnight(day)),
    countColumn("ConsumedQuantity", tokensOf),
    textColumn("ConsumedUnit", unitOf),
    amountColumn("ContractedCost", ({ spend }) => spend?.net),
    amountColumn("EffectiveCost", ({ spend }) => spend?.net),
    textColumn("InvoiceIssuerName", () => PROVIDER),
    amountColumn("ListCost", ({ spend }) => spend?.list),
    countColumn("PricingQuantity", tokensOf),
    textColumn("PricingUnit", unitOf),
    textColumn("ProviderName", () => PROVIDER),
    textColumn("PublisherName", () => PROVIDER),
    textColumn("RegionId", () => null),
    textColumn("RegionName", () => null),
    textColumn("ResourceId", () => null),
    textColumn("ResourceName", () => null),
    textColumn("ResourceType", () => null),
    textColumn("ServiceCategory", () => "AI and Machine Learning"),
    textColumn("ServiceName", (_, { kind }) => SERVICE[kind]),
    textColumn("ServiceSubcategory", () => "Generative AI"),
    textColumn("SubAccountId", () => null),
    textColumn("SubAccountName", () => null),
    textColumn("SubAccountType", () => null),
    textColumn("Tags", () => null),
    COLUMNS.account("x_AccountId"),
    COLUMNS.completion("x_CompletionTokens"),
    COLUMNS.model("x_Model"),
    COLUMNS.product("x_Product"),
    COLUMNS.prompt("x_PromptTokens"),
    COLUMNS.requests("x_Requests"),
    COLUMNS.email("x_UserEmail"),
  ],
  /** Usage without a cost has no charge; a cost without a list price cannot be stated in FOCUS. */
  shows({ spend }) {
    if (spend !== null && spend.list === null)
      throw badInput(
        "FOCUS needs a list price, which the older reports of the Console lack; use `source=UNIFIED`, or request spend.csv.",
      );
    return spend !== null;
  },
};

function midnight(day: Day): string {
  return `${day}T00:00:00Z`;
}

function described({ product, model }: SpendLine, { kind }: Payer): string {
  const what = product === null ? SERVICE[kind] : `${SERVICE[kind]} (${product})`;
  return model === null ? `Usage of ${what}` : `Usage of ${what} with ${model}`;
}

/** Null where no tokens were counted, as for runs of code and web searches. */
function tokensOf({ tokens }: SpendLine): number | null {
  return tokens === null ? null : totalTokens(tokens);
}

function unitOf(line: SpendLine): string | null {
  return tokensOf(line) === null ? null : "Tokens";
}
