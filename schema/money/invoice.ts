import { costReport } from "../../src/analytics/cost.ts";
import {
  type InvoiceComparison as ComparisonShape,
  compareInvoice,
  INVOICE_REASONS,
  type Invoice,
  invoicePlans,
  type InvoicePart as PartShape,
} from "../../src/analytics/invoice.ts";
import { nameOf } from "../../src/analytics/organizations.ts";
import { likelyPlan } from "../../src/analytics/report/plan.ts";
import { requestsOfReport } from "../../src/analytics/report/requests.ts";
import { isCurrency, type MinorAmount, minorUnitsOf, wholeUnits } from "../../src/domain/currency.ts";
import { addDays } from "../../src/domain/day.ts";
import { type Decimal, parseDecimal } from "../../src/domain/decimal.ts";
import type { OrganizationKind } from "../../src/domain/organization.ts";
import { type DayRange, daysIn } from "../../src/domain/range.ts";
import { badInput } from "../../src/errors.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { describedValues } from "../framework/described-values.ts";
import { Freshness } from "../framework/freshness.ts";
import { Spend, spendOnly } from "../framework/money.ts";
import { ofOrganization, organizationArg } from "../framework/organization.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { choiceOf, SourceEnum } from "./report-args.ts";

const InvoiceBasis = builder.enumType("InvoiceBasis", {
  description: "Prices that an invoice states.",
  values: {
    NET: { description: "After discount, as `net`." },
    LIST: { description: "Before discount, as `list`." },
  },
});

const line = (what: string) => `${what}, in whole units of \`currency\` as decimal text.` as const;

const InvoiceInput = builder.inputType("InvoiceInput", {
  description:
    "An invoice for the days, as it states its lines. Amounts have no more decimals than their currency.",
  fields: (t) => ({
    amount: t.string({
      required: true,
      description: line('Total of the invoice, credits already taken off, such as `"1234.50"`'),
    }),
    currency: t.string({
      required: true,
      defaultValue: "USD",
      description: "ISO 4217 code. Amounts in other currencies than upstream's, USD, are not compared.",
    }),
    credits: t.string({ description: line("Credits that it takes off, as a positive number") }),
    seats: t.string({ description: line("Seat fees in it") }),
    taxes: t.string({ description: line("Taxes in it") }),
    basis: t.field({
      type: InvoiceBasis,
      required: true,
      defaultValue: "NET",
      description: "Prices of the usage in it.",
    }),
  }),
});

const InvoiceAmount = builder.objectRef<MinorAmount>("InvoiceAmount").implement({
  description:
    "An amount of an invoice that a client has entered, or of its difference from upstream's figures. Exact.",
  fields: (t) => ({
    amount: t.field({
      type: "Decimal",
      description: "The amount in whole units of `currency`, by its digits in ISO 4217. Not additive.",
      resolve: wholeUnits,
    }),
    currency: t.exposeString("currency", { description: "ISO 4217 code." }),
  }),
});

const InvoiceReasonEnum = builder.enumType("InvoiceReason", {
  description: "Reasons why an invoice can be more or less than upstream's figures.",
  values: describedValues(INVOICE_REASONS, (text) => text),
});

const InvoicePart = builder.objectRef<PartShape>("InvoicePart").implement({
  description: "One reason for a difference, with the part of it that it explains.",
  fields: (t) => ({
    reason: t.expose("reason", { type: InvoiceReasonEnum, description: "The reason." }),
    explanation: t.string({
      description: "The reason as a sentence.",
      resolve: ({ reason }) => INVOICE_REASONS[reason],
    }),
    amount: t.expose("amount", {
      type: InvoiceAmount,
      nullable: true,
      description:
        "Part of the difference, negative where it makes the invoice smaller. Exact. Null: unknown; a line of the invoice was not entered, or days can still change.",
    }),
    days: t.expose("days", {
      type: ["Date"],
      description: "UTC days that it is about. Empty: the whole range.",
    }),
  }),
});

interface Comparison extends ComparisonShape {
  readonly organization: OrganizationKind;
}

const InvoiceComparison = builder.objectRef<Comparison>("InvoiceComparison").implement({
  description:
    "An entered invoice beside the cost of the same days. Known parts and `unexplained` come to `difference` exactly. Nothing is assumed to make them agree.",
  fields: (t) => ({
    organization: t.string({
      description: "Organization of the cost, by the name that `organization` arguments take.",
      resolve: ({ organization }, _args, ctx) => nameOf(ctx, organization),
    }),
    source: t.expose("source", { type: SourceEnum, description: "Reports that answered." }),
    range: t.expose("range", {
      type: ResolvedRange,
      description: "The days of the cost, without future days.",
    }),
    invoiced: t.expose("invoiced", { type: InvoiceAmount, description: "The amount that was entered." }),
    total: t.expose("total", {
      type: Spend,
      nullable: true,
      description:
        "Cost of the organization's usage. Exact; additive over ranges that do not overlap. Null: upstream has no figures.",
    }),
    difference: t.expose("difference", {
      type: InvoiceAmount,
      nullable: true,
      description:
        "Amount of the invoice less `total { net }`. Exact; not additive. Null: they cannot be compared, since upstream has no figures or the currency is another.",
    }),
    parts: t.expose("parts", { type: [InvoicePart], description: "Reasons for the difference." }),
    unexplained: t.expose("unexplained", {
      type: InvoiceAmount,
      nullable: true,
      description:
        "The difference less all known parts: zero only if they explain all of it. Exact; not additive. Null: no difference.",
    }),
    freshness: t.expose("freshness", { type: Freshness, description: "Age of the cost." }),
  }),
});

builder.queryField("invoiceComparison", (t) =>
  t.field({
    ...spendOnly(InvoiceComparison),
    description:
      "Compares the amount of an invoice that you enter with the cost of the same days, and explains as much of the difference as is known. The invoice is not stored. One run of upstream pages per month, shared with `cost` by day. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, UPSTREAM_*.",
    sources: costReport.datasets,
    args: {
      range: t.arg({
        type: DateRange,
        required: true,
        description: "UTC days that the invoice is for, at most 366, such as `{ period: LAST_MONTH }`.",
      }),
      invoice: t.arg({ type: InvoiceInput, required: true, description: "The invoice." }),
      source: t.arg({
        type: SourceEnum,
        defaultValue: "AUTO",
        description: "Reports of the organization to read.",
      }),
      ...organizationArg,
    },
    ...ofOrganization,
    requests: ({ args, range }, ctx) =>
      requestsOfReport(likelyPlan(ctx.upstream, invoicePlans(ctx, choiceOf(ctx, args), range)), null),
    resolve: async (_root, { range: rangeInput, invoice, ...args }, ctx) => {
      const range = resolveRange(rangeInput, ctx.now());
      refuseLong(range);
      const choice = choiceOf(ctx, args);
      const plans = invoicePlans(ctx, choice, range);
      const compared = await compareInvoice(ctx.upstream, plans, range, invoiceOf(invoice));
      return { ...compared, organization: choice.organization };
    },
  }),
);

const MAX_DAYS = 366;

/** Days without figures are named one by one. */
function refuseLong(range: DayRange): void {
  const days = daysIn(range);
  if (days <= MAX_DAYS) return;
  const until = addDays(range.from, MAX_DAYS);
  throw badInput(
    `An invoice is for at most ${MAX_DAYS} days, and the range has ${days}; use ${range.from} to ${until}, or shorter ranges.`,
  );
}

type StatedInvoice = typeof InvoiceInput.$inferInput;

function invoiceOf({ currency, amount, credits, seats, taxes, basis }: StatedInvoice): Invoice {
  if (!isCurrency(currency))
    throw badInput("`invoice.currency` is not an ISO 4217 code, such as USD or EUR.");
  return {
    currency,
    basis,
    amount: minorUnitsIn("amount", amount, currency, true),
    credits: optionalLine("credits", credits, currency),
    seats: optionalLine("seats", seats, currency),
    taxes: optionalLine("taxes", taxes, currency),
  };
}

function optionalLine(name: string, text: string | null | undefined, currency: string): Decimal | null {
  return text === null || text === undefined ? null : minorUnitsIn(name, text, currency, false);
}

/** Reads an amount of an invoice. A total can be below zero, where credits are more than the rest. */
function minorUnitsIn(name: string, text: string, currency: string, canBeNegative: boolean): Decimal {
  const amount = /^-?\d{1,12}(\.\d{1,4})?$/.test(text) ? parseDecimal(text) : null;
  const minorUnits = amount && minorUnitsOf(amount, currency);
  if (minorUnits === null)
    throw badInput(
      `\`invoice.${name}\` is not an amount of ${currency}, in whole units and with no more decimals than the currency has, such as "1234.50".`,
    );
  if (!canBeNegative && minorUnits.units < 0n)
    throw badInput(`\`invoice.${name}\` is below zero; enter it as a positive number.`);
  return minorUnits;
}
