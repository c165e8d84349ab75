import type { SpendLine } from "../../analytics/spend.ts";
import { addDays, addMonths, type Day, startOfMonth } from "../../domain/day.ts";
import { totalTokens } from "../../domain/tokens.ts";
import { badInput } from "../../errors.ts";
import { amount, COLUMNS, number, type Payer, type SpendLayout, text } from "./spend.ts";

const PROVIDER = "Anthropic";
const SERVICE = { ENTERPRISE: "Claude Enterprise", CONSOLE: "Claude API" } as const;

/**
 * Spend in the columns of FOCUS 1.2 (https://focus.finops.org), those it makes mandatory first. What upstream does not tell is
 * null where the specification allows that, and else left out; docs/exports.md says which and why.
 */
export const FOCUS: SpendLayout = {
  columns: [
    amount("BilledCost", ({ spend }) => spend?.net),
    text("BillingAccountId", (_, { organizationId }) => organizationId),
    text("BillingAccountName", (_, { name }) => name),
    text("BillingCurrency", ({ spend }) => spend?.net.currency ?? null),
    text("BillingPeriodEnd", ({ day }) => midnight(addMonths(startOfMonth(day), 1))),
    text("BillingPeriodStart", ({ day }) => midnight(startOfMonth(day))),
    text("ChargeCategory", () => "Usage"),
    text("ChargeClass", () => null),
    text("ChargeDescription", described),
    text("ChargeFrequency", () => "Usage-Based"),
    text("ChargePeriodEnd", ({ day }) => midnight(addDays(day, 1))),
    text("ChargePeriodStart", ({ day }) => midnight(day)),
    number("ConsumedQuantity", tokensOf),
    text("ConsumedUnit", unitOf),
    amount("ContractedCost", ({ spend }) => spend?.net),
    amount("EffectiveCost", ({ spend }) => spend?.net),
    text("InvoiceIssuerName", () => PROVIDER),
    amount("ListCost", ({ spend }) => spend?.list),
    number("PricingQuantity", tokensOf),
    text("PricingUnit", unitOf),
    text("ProviderName", () => PROVIDER),
    text("PublisherName", () => PROVIDER),
    text("RegionId", () => null),
    text("RegionName", () => null),
    text("ResourceId", () => null),
    text("ResourceName", () => null),
    text("ResourceType", () => null),
    text("ServiceCategory", () => "AI and Machine Learning"),
    text("ServiceName", (_, { kind }) => SERVICE[kind]),
    text("ServiceSubcategory", () => "Generative AI"),
    text("SubAccountId", () => null),
    text("SubAccountName", () => null),
    text("SubAccountType", () => null),
    text("Tags", () => null),
    COLUMNS.account("x_AccountId"),
    COLUMNS.completion("x_CompletionTokens"),
    COLUMNS.model("x_Model"),
    COLUMNS.product("x_Product"),
    COLUMNS.prompt("x_PromptTokens"),
    COLUMNS.requests("x_Requests"),
    COLUMNS.email("x_UserEmail"),
  ],
  /** Usage without a cost is no charge; a cost without a list price cannot be told in FOCUS. */
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
