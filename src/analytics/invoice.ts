import type { Finality } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import type { MinorAmount } from "../domain/currency.ts";
import { type Day, startOf } from "../domain/day.ts";
import { type Decimal, negative, plus, sum } from "../domain/decimal.ts";
import type { SpendAmounts } from "../domain/money.ts";
import type { DayRange } from "../domain/range.ts";
import { splitByDay } from "../domain/range.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { stateBy } from "./analysis/finality.ts";
import { LEFT_OUT_OF_PARENT, leftOutOf } from "./children.ts";
import { costReport } from "./cost.ts";
import { type FreshnessState, freshnessOf } from "./freshness.ts";
import { sumOf } from "./ranking.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor, type ReportPlan, type ReportPlans } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import type { ReportChoice, Source } from "./report/report.ts";

/** Reasons why an invoice can be more or less than upstream's figures. */
export const INVOICE_REASONS = {
  CREDITS: "Credits reduce an invoice, and upstream states cost before credits. Enter those of the invoice.",
  SEATS: "Upstream states no seat fees. Enter those of the invoice.",
  TAXES: "Upstream states no taxes. Enter those of the invoice.",
  DISCOUNT:
    "The invoice is at list price (`basis: LIST`), and `net` is after discount: the amount at list price less the amount charged.",
  ROUNDING: "An invoice is in whole minor units of its currency, and upstream's figures are not rounded.",
  OPEN_DAYS: "Upstream's export does not cover these days completely: more cost can come.",
  SETTLING_DAYS: "Upstream can still revise the cost of these days.",
  DAYS_NOT_COVERED: "Upstream has no figures for these days yet.",
  CHILDREN_LEFT_OUT: LEFT_OUT_OF_PARENT,
  OTHER_CURRENCY: "The invoice is in another currency than upstream's figures, so they cannot be compared.",
} as const;

export type InvoiceReason = keyof typeof INVOICE_REASONS;

/** An invoice as a client enters it, in minor units of its currency. */
export interface Invoice {
  readonly currency: string;
  readonly amount: Decimal;
  /** Lines that upstream does not state; null where they are not entered. */
  readonly credits: Decimal | null;
  readonly seats: Decimal | null;
  readonly taxes: Decimal | null;
  readonly basis: "NET" | "LIST";
}

/** One reason, with the part of the difference that it explains. */
export interface InvoicePart {
  readonly reason: InvoiceReason;
  /** Null: unknown. */
  readonly amount: MinorAmount | null;
  readonly days: readonly Day[];
}

/** An invoice beside the cost of the same days. */
export interface InvoiceComparison {
  readonly range: DayRange;
  readonly source: Source;
  readonly invoiced: MinorAmount;
  /** Null: upstream has no figures. */
  readonly total: SpendAmounts | null;
  /** Amount of the invoice less the amount charged; null where the two cannot be compared. */
  readonly difference: MinorAmount | null;
  readonly parts: readonly InvoicePart[];
  /** The difference less the known parts. */
  readonly unexplained: MinorAmount | null;
  readonly freshness: FreshnessState;
}

/** Plans the total of the days, day by day, since days differ in how settled they are. */
export function invoicePlans(ctx: Context, choice: ReportChoice, range: DayRange): ReportPlans<SpendAmounts> {
  const question = { range, bucket: "DAY", groupBy: [], filter: {} } as const;
  return plansFor(ctx.upstream, costReport, choice, question, ctx.now());
}

/** Sets an invoice against the cost of the days. */
export function compareInvoice(
  upstream: Upstream,
  plans: ReportPlans<SpendAmounts>,
  requested: DayRange,
  invoice: Invoice,
): Promise<InvoiceComparison> {
  return answerBy(upstream, plans, (plan) => compared(upstream, plan, requested, invoice));
}

async function compared(
  upstream: Upstream,
  plan: ReportPlan<SpendAmounts>,
  requested: DayRange,
  invoice: Invoice,
): Promise<InvoiceComparison> {
  const { rows, sources } = await readReport(upstream, plan);
  const { endpoint } = plan.resource;
  const total = sumOf(
    plan.algebra,
    rows.map(({ measure }) => measure),
  );
  const { range } = plan.windows;
  const stateAt = stateBy(endpoint.subject, sources);
  const days = splitByDay(range).map((day) => ({
    day: day.from,
    state: stateAt({ from: startOf(day.from), until: startOf(day.until) }),
  }));
  const inState = (state: Finality) => days.filter((each) => each.state === state).map(({ day }) => day);
  const notCovered = splitByDay({ from: range.until, until: requested.until }).map(({ from }) => from);
  const unknownParts = [
    partOfDays("OPEN_DAYS", inState("OPEN")),
    partOfDays("SETTLING_DAYS", inState("SETTLING")),
    partOfDays("DAYS_NOT_COVERED", notCovered),
    leftOutOf(plan) === null ? [] : [{ reason: "CHILDREN_LEFT_OUT" as const, amount: null, days: [] }],
  ].flat();
  return {
    range,
    source: plan.source.source,
    invoiced: { minorUnits: invoice.amount, currency: invoice.currency },
    total,
    ...explained(invoice, total, unknownParts),
    freshness: freshnessOf(endpoint.dataset, sources),
  };
}

function partOfDays(reason: InvoiceReason, days: readonly Day[]): InvoicePart[] {
  return days.length === 0 ? [] : [{ reason, amount: null, days }];
}

/** Explains as much of the difference as is known. The rest stays, whatever it is. */
function explained(
  { currency, amount, credits, seats, taxes, basis }: Invoice,
  total: SpendAmounts | null,
  unknownParts: readonly InvoicePart[],
): Pick<InvoiceComparison, "difference" | "parts" | "unexplained"> {
  if (total !== null && total.net.currency !== currency) {
    const other = { reason: "OTHER_CURRENCY", amount: null, days: [] } as const;
    return { difference: null, parts: [other, ...unknownParts], unexplained: null };
  }
  const part = (reason: InvoiceReason, minorUnits: Decimal | null): InvoicePart => ({
    reason,
    amount: minorUnits && { minorUnits, currency },
    days: [],
  });
  const entered = [part("CREDITS", credits && negative(credits)), part("SEATS", seats), part("TAXES", taxes)];
  if (total === null) return { difference: null, parts: [...entered, ...unknownParts], unexplained: null };
  const net = total.net.cents;
  const list = total.list?.cents ?? null;
  const discount = basis === "NET" ? [] : [part("DISCOUNT", list && plus(list, negative(net)))];
  const charged = basis === "LIST" && list !== null ? list : net;
  const rounding = part("ROUNDING", plus(wholeMinorUnits(charged), negative(charged)));
  const parts = [...entered, ...discount, rounding, ...unknownParts];
  const difference = plus(amount, negative(net));
  const known = sum(parts.flatMap((each) => each.amount?.minorUnits ?? []));
  return {
    difference: { minorUnits: difference, currency },
    parts,
    unexplained: { minorUnits: plus(difference, negative(known)), currency },
  };
}

/** Rounds to whole minor units, half away from zero as invoices do. */
function wholeMinorUnits({ units, scale }: Decimal): Decimal {
  const one = 10n ** BigInt(scale);
  const size = units < 0n ? -units : units;
  const whole = (size * 2n + one) / (one * 2n);
  return { units: units < 0n ? -whole : whole, scale: 0 };
}
