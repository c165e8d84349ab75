import { type Alert, isAlertEvent } from "../domain/alert.ts";
import { BUDGET_SUBJECTS } from "../domain/budget.ts";
import { parseDay } from "../domain/day.ts";
import { formatDecimal, parseDecimal } from "../domain/decimal.ts";
import type { MoneyAmount } from "../domain/money.ts";

/** Returns an alert as JSON, with exact amounts. */
export function alertText({ spent, expected, projected, ...alert }: Alert): string {
  return JSON.stringify({
    ...alert,
    spent: moneyText(spent),
    expected: expected && moneyText(expected),
    projected: projected && moneyText(projected),
  });
}

function moneyText({ cents, currency }: MoneyAmount): string {
  return `${formatDecimal(cents)} ${currency}`;
}

/** Facts that alerts of earlier versions do not state. */
const UNSTATED = { lacksChildren: false, otherRises: 0 } as const;

type Parsed = { readonly [K in keyof Alert]?: unknown };

/** Reads an alert; null for one of another form, which a newer version of the gateway may have written. */
export function alertIn(text: string): Alert | null {
  const { range, spent, expected, projected, ...parsed }: Parsed = { ...UNSTATED, ...JSON.parse(text) };
  const days: { readonly from?: unknown; readonly until?: unknown } = Object(range);
  const [from, until] = [parseDay(String(days.from)), parseDay(String(days.until))];
  const amounts = [spent, expected, projected].map(moneyIn);
  const { id, event, organization, subject, recordedAt, lacksChildren, otherRises } = parsed;
  const isRead =
    [id, organization].every((each) => typeof each === "string") &&
    isAlertEvent(event) &&
    typeof subject === "string" &&
    Object.hasOwn(BUDGET_SUBJECTS, subject) &&
    [parsed.subjectId, parsed.budget].every((each) => each === null || typeof each === "string") &&
    [parsed.percent, parsed.watermark].every((each) => each === null || Number.isSafeInteger(each)) &&
    Number.isSafeInteger(recordedAt) &&
    typeof lacksChildren === "boolean" &&
    Number.isSafeInteger(otherRises);
  const [net] = amounts;
  if (!isRead || from === null || until === null || !net || amounts.includes(undefined)) return null;
  return {
    ...(parsed as Omit<Alert, "range" | "spent" | "expected" | "projected">),
    range: { from, until },
    spent: net,
    expected: amounts[1] ?? null,
    projected: amounts[2] ?? null,
  };
}

/** Undefined: the text is not an amount. */
function moneyIn(text: unknown): MoneyAmount | null | undefined {
  if (text === null) return null;
  const [amount = "", currency = ""] = typeof text === "string" ? text.split(" ") : [];
  const cents = parseDecimal(amount);
  return cents === null || currency === "" ? undefined : { cents, currency };
}
