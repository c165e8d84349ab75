import type { BudgetSubject } from "./budget.ts";
import type { Instant } from "./day.ts";
import { compare, negative, plus, times } from "./decimal.ts";
import type { MoneyAmount } from "./money.ts";
import type { DayRange } from "./range.ts";
import { shortHash } from "./short-hash.ts";

/** The events that alerts are about. */
export const ALERT_EVENTS = {
  BUDGET_THRESHOLD: "The spend of a budget has reached a threshold.",
  BUDGET_PROJECTED: "The spend of a budget is projected to pass its amount before the period ends.",
  SPEND_RISE: "A complete day cost much more than the same weekday of the four weeks before.",
  MONTH_FINAL: "The spend of a month no longer changes.",
} as const;

export type AlertEvent = keyof typeof ALERT_EVENTS;

export function isAlertEvent(text: unknown): text is AlertEvent {
  return typeof text === "string" && Object.hasOwn(ALERT_EVENTS, text);
}

/** The subject of an alert: each has one alert, however often it is judged. */
export interface AlertSubject {
  readonly event: AlertEvent;
  /** Name of the organization. */
  readonly organization: string;
  readonly subject: BudgetSubject;
  /** Id of the team, workspace or key, or name of the model. Null for an organization, and for a person, whom no alert names. */
  readonly subjectId: string | null;
  /** Digest of the name of the budget, which may be that of a person; null for events that are about no budget. */
  readonly budget: string | null;
  /** The threshold that was reached; null for other events. */
  readonly percent: number | null;
  /** The period of the budget, the day that rose, or the month. */
  readonly range: DayRange;
}

/** One alert. It is never changed, and holds no name or address of a person. */
export interface Alert extends AlertSubject {
  /** Digest of the subject: equal in every replica and after every restart. */
  readonly id: string;
  readonly recordedAt: Instant;
  /** The export that the figures are from; null where upstream names none. */
  readonly watermark: Instant | null;
  /** Net spend of the range when the alert was recorded. */
  readonly spent: MoneyAmount;
  /** The amount of the budget, or the mean of the four days before; null for a month. */
  readonly expected: MoneyAmount | null;
  /** The spend that the whole period is projected to have; null for other events, and without whole days. */
  readonly projected: MoneyAmount | null;
  /** The figures are of a parent organization and can lack those of some of its children. */
  readonly lacksChildren: boolean;
  /** Rises of the same day and kind of subject that have no alert; 0 for other events. */
  readonly otherRises: number;
}

const ID_LENGTH = 22;

/** Returns the id of the alert about a subject; `source` tells apart the upstreams that one store has served. */
export function alertId(source: string, of: AlertSubject): string {
  const { event, organization, subject, subjectId, budget, percent, range } = of;
  const parts = [source, event, organization, subject, subjectId, budget, percent, range.from, range.until];
  return `alert_${shortHash(JSON.stringify(parts), ID_LENGTH)}`;
}

/** Returns the digest that stands for a budget in alerts. */
export function budgetDigest({
  organization,
  name,
}: {
  readonly organization: string;
  readonly name: string;
}): string {
  return shortHash(JSON.stringify([organization, name]), ID_LENGTH);
}

/** The subjects that a rule for rises can be about. */
export const RISE_SUBJECTS = ["ORGANIZATION", "TEAM", "API_KEY"] as const satisfies readonly BudgetSubject[];

export type RiseSubject = (typeof RISE_SUBJECTS)[number];

/** The operator's rule for a sudden rise. */
export interface RiseRule {
  readonly of: readonly RiseSubject[];
  /** How much more than the mean of four weeks a day must cost: 100 is twice as much. */
  readonly percent: number;
  /** The difference that a rise has at the least, so that small amounts raise no alert. */
  readonly floor: MoneyAmount;
}

/** The number of weeks that a day is compared with, by their same weekday. */
export const RISE_WEEKS = 4;

/** Returns true if a day costs so much more than the mean of the same weekday in four weeks as the rule states. */
export function isRise(
  { percent, floor }: Omit<RiseRule, "of">,
  spent: MoneyAmount,
  fourWeeks: MoneyAmount,
): boolean {
  const fourTimes = times(spent.cents, RISE_WEEKS);
  const isLarger = compare(times(fourTimes, 100), times(fourWeeks.cents, 100 + percent)) >= 0;
  const difference = plus(fourTimes, negative(fourWeeks.cents));
  return isLarger && compare(difference, times(floor.cents, RISE_WEEKS)) >= 0;
}
