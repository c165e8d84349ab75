import { LEFT_OUT_OF_PARENT } from "../analytics/children.ts";
import { type Alert, budgetDigest } from "../domain/alert.ts";
import type { SpendBudget } from "../domain/budget.ts";
import { addDays, rfc3339 } from "../domain/day.ts";
import { formatDecimal } from "../domain/decimal.ts";
import { dollars, type MoneyAmount } from "../domain/money.ts";
import type { WebhookFormat } from "./webhook.ts";

export interface MessageOptions {
  /** The budgets of now, which name those of alerts. */
  readonly budgets: readonly SpendBudget[];
  /** Origin that links begin with; null: links are paths of the gateway. */
  readonly publicUrl: URL | null;
}

/** Returns the budget that an alert is about; null for other alerts, and where the operator has removed or renamed it. */
export function budgetOf(alert: Pick<Alert, "budget">, budgets: readonly SpendBudget[]): SpendBudget | null {
  return budgets.find((each) => budgetDigest(each) === alert.budget) ?? null;
}

/** Returns the body of a request. It holds no name or address of a person but the operator's own name of a budget. */
export function messageBody(alert: Alert, format: WebhookFormat, options: MessageOptions): string {
  return JSON.stringify(
    format === "slack" ? { text: escaped(slackText(alert, options)) } : jsonMessage(alert, options),
  );
}

function jsonMessage(alert: Alert, { budgets, publicUrl }: MessageOptions) {
  const { id, event, organization, subject, subjectId, percent, range, recordedAt, watermark } = alert;
  const { spent, expected, projected } = alert;
  return {
    type: event,
    timestamp: rfc3339(recordedAt),
    data: {
      id,
      organization,
      subject,
      subjectId,
      budget: budgetOf(alert, budgets)?.name ?? null,
      percent,
      from: range.from,
      until: range.until,
      spentUsd: usd(spent),
      expectedUsd: expected && usd(expected),
      projectedUsd: projected && usd(projected),
      refreshedAt: watermark === null ? null : rfc3339(watermark),
      notIncluded: alert.lacksChildren ? LEFT_OUT_OF_PARENT : null,
      otherRises: alert.otherRises,
      files: event === "MONTH_FINAL" ? filesOf(alert, publicUrl) : [],
    },
  };
}

function usd(money: MoneyAmount): string {
  return formatDecimal(dollars(money));
}

/** Links to the files of a range. They need the rights of the caller who opens them. */
function filesOf({ range, organization }: Alert, publicUrl: URL | null): readonly string[] {
  const query = new URLSearchParams({ from: range.from, until: range.until, organization });
  return ["spend", "focus"].map((name) => {
    const path = `/export/${name}.csv?${query}`;
    return publicUrl === null ? path : new URL(path, publicUrl).href;
  });
}

function slackText(alert: Alert, options: MessageOptions): string {
  const { otherRises, lacksChildren } = alert;
  return [
    eventText(alert, options),
    ...(otherRises > 0
      ? [`${otherRises} smaller ${otherRises === 1 ? "rise has" : "rises have"} no message.`]
      : []),
    ...(lacksChildren ? [LEFT_OUT_OF_PARENT] : []),
  ].join(" ");
}

function eventText(alert: Alert, options: MessageOptions): string {
  const { range, organization, spent, expected, projected, percent } = alert;
  const days = `${range.from} to ${addDays(range.until, -1)} (UTC)`;
  const ofBudget = () => {
    const name = budgetOf(alert, options.budgets)?.name;
    return `${name === undefined ? "A budget" : `The budget "${name}"`} of ${organization}`;
  };
  switch (alert.event) {
    case "BUDGET_THRESHOLD":
      return `${ofBudget()} has reached ${percent} % of ${amount(expected)}: ${amount(spent)} spent from ${days}.`;
    case "BUDGET_PROJECTED":
      return `${ofBudget()} is projected to pass ${amount(expected)}: ${amount(spent)} spent so far, ${amount(projected)} expected from ${days}.`;
    case "SPEND_RISE":
      return `Spend of ${subjectText(alert)} rose on ${range.from} (UTC): ${amount(spent)}, after ${amount(expected)} on average on this weekday of the four weeks before.`;
    case "MONTH_FINAL": {
      const files = filesOf(alert, options.publicUrl);
      return `The spend of ${organization} from ${days} is final: ${amount(spent)}. ${files.join(" ")}`;
    }
  }
}

const SUBJECT_WORDS: Readonly<Partial<Record<Alert["subject"], string>>> = {
  TEAM: "the team",
  API_KEY: "the API key",
};

function subjectText({ subject, subjectId, organization }: Alert): string {
  const words = SUBJECT_WORDS[subject];
  return words === undefined || subjectId === null
    ? organization
    : `${words} ${subjectId} of ${organization}`;
}

/** Messages round to the cent; the graph and the JSON format have every digit. */
function amount(money: MoneyAmount | null): string {
  if (money === null) return "an unknown amount";
  return new Intl.NumberFormat("en-US", { style: "currency", currency: money.currency }).format(
    usd(money) as Intl.StringNumericLiteral,
  );
}

/** Slack reads these three characters as its own. https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
