import type { AlertStore } from "../cache/alert-store.ts";
import type { Context } from "../context.ts";
import { type Alert, type AlertSubject, alertId, type RiseRule, type RiseSubject } from "../domain/alert.ts";
import type { SpendBudget } from "../domain/budget.ts";
import type { Day, Instant } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { isTransient } from "../upstream/pages/freshness.ts";
import { LOG, type Webhook } from "./webhook.ts";

/** The parts of the operator's file that alerts depend on. */
export interface AlertRules {
  readonly budgets: readonly SpendBudget[];
  readonly webhooks: readonly Webhook[];
  readonly rises: RiseRule | null;
}

export interface JudgingOptions {
  readonly store: AlertStore;
  /** Names the upstream, so that alerts of a sandbox and of real organizations are never taken for each other. */
  readonly source: string;
  readonly rules: () => AlertRules;
  /** Receives rises that raise no alert. */
  readonly onUnraised: (unraised: UnraisedRises) => void;
  /** Called when an alert is not recorded because the store has no room. */
  readonly onFull: () => void;
}

/** Sudden rises without an alert of their own. */
export interface UnraisedRises {
  readonly organization: string;
  /** Null: of all kinds. */
  readonly subject: RiseSubject | null;
  readonly range: DayRange;
  /** How many; null: the days were not judged. */
  readonly rises: number | null;
}

/** How far the export of an organization has got. */
export interface OrganizationExport {
  readonly watermark: Instant | null;
  readonly completeThrough: Day | null;
  /** It could not be read for now. */
  readonly isFailed: boolean;
}

export const NO_EXPORT: OrganizationExport = { watermark: null, completeThrough: null, isFailed: false };

/** One judgement of a tenant. */
export class Judging {
  readonly ctx: Context;
  readonly at: Instant;
  readonly #options: JudgingOptions;
  /** Some of it failed for now. */
  isPartial = false;

  constructor(ctx: Context, options: JudgingOptions, at: Instant) {
    this.ctx = ctx;
    this.at = at;
    this.#options = options;
  }

  /** Records an alert, with a delivery to the log and to each webhook that wants its event. */
  async record(
    of: AlertSubject,
    figures: Omit<Alert, keyof AlertSubject | "id" | "recordedAt">,
  ): Promise<void> {
    const { store, source, rules, onFull } = this.#options;
    const webhooks = rules().webhooks.filter(({ events }) => events.has(of.event));
    const alert = { ...of, ...figures, id: alertId(source, of), recordedAt: this.at };
    const said = await store.record(alert, [LOG, ...webhooks.map(({ name }) => name)]);
    if (said !== "full") return;
    this.isPartial = true;
    onFull();
  }

  reportUnraised(unraised: UnraisedRises): void {
    this.#options.onUnraised(unraised);
  }
}

/** Returns a budget that stands for all spend of an organization. */
export function wholeOrganization(organization: string): SpendBudget {
  const amount = { cents: { units: 1n, scale: 0 }, currency: "USD" };
  return {
    name: "",
    organization,
    subject: "ORGANIZATION",
    subjectId: null,
    period: "MONTH",
    amount,
    thresholds: [],
  };
}

/** Returns true for a fault that may not be there later. */
export function passes(fault: GatewayError): boolean {
  return ["DIRECTORY_NOT_READY", "OPERATION_TIMEOUT"].includes(fault.code) || isTransient(fault);
}

/**
 * Judges days or months, one by one. Returns the last one that is judged. A fault that passes ends it, and the next judgement goes on
 * from there; what can never be judged is passed over, such as a day without figures of the weeks before it.
 */
export async function judgeEach(
  judging: Judging,
  all: readonly Day[],
  before: Day | null,
  judge: (each: Day) => Promise<void>,
): Promise<Day | null> {
  let judged = before;
  for (const each of all) {
    try {
      await judge(each);
    } catch (fault) {
      if (!(fault instanceof GatewayError)) throw fault;
      if (passes(fault)) {
        judging.isPartial = true;
        return judged;
      }
    }
    judged = each;
  }
  return judged;
}
