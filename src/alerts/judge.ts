import { randomUUID } from "node:crypto";
import { type BudgetFigures, figuresOfBudget } from "../analytics/budgets.ts";
import { costReport } from "../analytics/cost.ts";
import { organizationOfDataset } from "../analytics/datasets.ts";
import { spendOfDay } from "../analytics/day-spend.ts";
import { type AlertStore, KEPT_MS } from "../cache/alert-store.ts";
import { finalityOf } from "../cache/policy.ts";
import type { SharedStore } from "../cache/shared-store.ts";
import type { Context, ReadableOrganization } from "../context.ts";
import {
  type Alert,
  type AlertSubject,
  alertId,
  budgetDigest,
  isRise,
  RISE_WEEKS,
  type RiseRule,
  type RiseSubject,
} from "../domain/alert.ts";
import { budgetPeriodOn, type SpendBudget, thresholdsReached } from "../domain/budget.ts";
import {
  addDays,
  addMonths,
  type Day,
  dayOf,
  daysBetween,
  type Instant,
  startOfMonth,
} from "../domain/day.ts";
import { compare, formatDecimal } from "../domain/decimal.ts";
import { moneyPer } from "../domain/measures.ts";
import { type MoneyAmount, minusMoney, NO_MONEY, plusMoney } from "../domain/money.ts";
import { type DayRange, oneDay, sameRange } from "../domain/range.ts";
import { shortHash } from "../domain/short-hash.ts";
import { type ErrorCode, GatewayError } from "../errors.ts";
import { teamsCalled, teamsNow } from "../loaders/teams.ts";
import type { UpstreamState } from "../upstream/observer.ts";
import { isTransient } from "../upstream/pages/freshness.ts";
import { type JudgedBudget, type Judgement, judgementIn } from "./judgement.ts";
import { LOG, type Webhook } from "./webhook.ts";

/** The parts of the operator's file that alerts depend on. */
export interface AlertRules {
  readonly budgets: readonly SpendBudget[];
  readonly webhooks: readonly Webhook[];
  readonly rises: RiseRule | null;
}

export interface JudgeOptions {
  readonly store: AlertStore;
  /** Elects the replica that judges. Where it is away each judges, and the store records once all the same. Null: this process is alone. */
  readonly shared: SharedStore | null;
  /** Names the upstream, so that alerts of a sandbox and of real organizations are never taken for each other. */
  readonly source: string;
  readonly rules: () => AlertRules;
  /** Makes a context of each tenant for one judgement. */
  readonly contexts: (signal: AbortSignal) => readonly Context[];
  readonly states: readonly UpstreamState[];
  readonly now: () => Instant;
  /** Receives the budgets that cannot be judged, once for each cause. */
  readonly onUnjudged: (budget: SpendBudget, code: ErrorCode) => void;
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

/** Figures of a period change by late usage for a week after it; then it is no longer judged. */
const LATE_DAYS = 7;

/** Without news of an export, spend is read again after this time. */
const POLL_MS = 3_600_000;

/** Judgements that failed for now are repeated after this time. */
const REPEAT_MS = 300_000;

/** Longest time for one judgement, which waits for its turns among the upstream requests. */
const JUDGEMENT_MS = 240_000;

/** The rises of one day and kind of subject that alerts are recorded for, the largest first; each states how many others there are. */
const MAX_RISES = 20;

/** How many months back final ones are looked for: an alert of an earlier one would be removed at once. */
const FINAL_MONTHS = Math.floor(KEPT_MS / (31 * 86_400_000));

/** Complete days that one judgement compares at the most, the newest ones: a gateway can have been away for longer. */
const RISE_DAYS = 14;

/** Judges spend against budgets and rules when a new export is known, and records an alert for each crossing. */
export class AlertJudge {
  readonly #options: JudgeOptions;
  readonly #holder = randomUUID();
  readonly #unjudged = new Map<string, ErrorCode>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** Judges the tenants that may have new figures. Throws where the store of alerts cannot be used. */
  async judge(stopping: AbortSignal): Promise<void> {
    for (const state of this.#options.states) {
      if (stopping.aborted) return;
      if (await this.#isDue(state)) await this.#judgeAlone(state, stopping);
    }
  }

  /** Returns the newest judgement of a tenant; null before the first. */
  async judgementOf({ tenant }: Pick<UpstreamState, "tenant">): Promise<Judgement | null> {
    const note = await this.#options.store.note(this.#nameOf(tenant.name));
    return note === null ? null : judgementIn(note);
  }

  #nameOf(tenant: string | null): string {
    return JSON.stringify(["judgement", this.#options.source, tenant]);
  }

  /** True where a newer export is known, the rules have changed, or nothing was read for a while. Makes no request. */
  async #isDue(state: UpstreamState): Promise<boolean> {
    const judgement = await this.judgementOf(state);
    if (judgement === null || judgement.rules !== this.#rulesDigest()) return true;
    const since = this.#options.now() - judgement.at;
    if (since < 0 || since >= (judgement.isPartial ? REPEAT_MS : POLL_MS)) return true;
    if (judgement.isPartial) return false;
    return state.tenant.organizations.some(({ name, kind }) => {
      const seen = judgement.organizations[name]?.watermark ?? null;
      const known = costReport.datasets
        .filter((dataset) => organizationOfDataset(dataset) === kind)
        .map((dataset) => state.accessStatus(dataset)?.refreshedAt ?? null);
      return known.some((each) => each !== null && (seen === null || each > seen));
    });
  }

  async #judgeAlone(state: UpstreamState, stopping: AbortSignal): Promise<void> {
    const { shared, contexts } = this.#options;
    const name = this.#nameOf(state.tenant.name);
    if (shared !== null && !(await shared.acquire(name, this.#holder, JUDGEMENT_MS + 60_000))) return;
    try {
      const before = await this.judgementOf(state);
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(JUDGEMENT_MS)]);
      const ctx = contexts(signal).find(({ upstream }) => upstream.tenant.name === state.tenant.name);
      if (ctx === undefined) return;
      const judgement = await this.#judgement(ctx, before);
      await this.#options.store.setNote(name, JSON.stringify(judgement));
    } finally {
      await shared?.release(name, this.#holder);
    }
  }

  async #judgement(ctx: Context, before: Judgement | null): Promise<Judgement> {
    const { now } = this.#options;
    const at = now();
    const rules = this.#rulesDigest();
    const organizations = ctx.organizations.readable.filter(
      ({ tenant, hasKey }) => hasKey && tenant === ctx.upstream.tenant.name,
    );
    const exports = await Promise.all(organizations.map((each) => this.#exportOf(ctx, each)));
    const isSame = organizations.every(({ name }, i) => {
      const watermark = exports[i]?.watermark ?? null;
      return watermark !== null && watermark === before?.organizations[name]?.watermark;
    });
    if (before !== null && isSame && before.rules === rules && !before.isPartial) return { ...before, at };
    const judged = new Judging(ctx, this.#options, at);
    const budgets = await this.#judgeBudgets(judged, organizations);
    const judgedOrganizations: Record<string, Judgement["organizations"][string]> = {};
    for (const [i, organization] of organizations.entries()) {
      const seen = exports[i] ?? NO_EXPORT;
      const earlier = before?.organizations[organization.name] ?? null;
      if (seen.isFailed) judged.isPartial = true;
      judgedOrganizations[organization.name] = {
        watermark: seen.watermark,
        risesOn: await this.#judgeRises(judged, organization, seen, earlier?.risesOn ?? null),
        finalMonth: await judgeMonths(judged, organization, seen, earlier?.finalMonth ?? null),
      };
    }
    return { at, rules, isPartial: judged.isPartial, organizations: judgedOrganizations, budgets };
  }

  /** Reads the spend of this month, which says how far the export has got. */
  async #exportOf(ctx: Context, { name }: ReadableOrganization): Promise<Export> {
    try {
      const { freshness } = await figuresOfBudget(ctx, wholeOrganization(name));
      return {
        watermark: freshness.refreshedAt,
        completeThrough: freshness.completeThrough,
        isFailed: false,
      };
    } catch (fault) {
      if (!(fault instanceof GatewayError)) throw fault;
      return { ...NO_EXPORT, isFailed: passes(fault) };
    }
  }

  async #judgeBudgets(
    judging: Judging,
    organizations: readonly ReadableOrganization[],
  ): Promise<readonly JudgedBudget[]> {
    const names = new Set(organizations.map(({ name }) => name));
    const budgets = this.#options.rules().budgets.filter(({ organization }) => names.has(organization));
    // Read at once, they share their requests.
    const all = await Promise.all(budgets.map((budget) => this.#judgeBudget(judging, budget)));
    return all.flatMap((each) => each ?? []);
  }

  async #judgeBudget(judging: Judging, budget: SpendBudget): Promise<JudgedBudget | null> {
    const { ctx, at } = judging;
    const digest = budgetDigest(budget);
    const today = dayOf(at);
    const late = addDays(today, -LATE_DAYS);
    const [now, earlier] = [today, late].map((day) => budgetPeriodOn(budget.period, day));
    const days = now && earlier && sameRange(now, earlier) ? [today] : [late, today];
    try {
      const figures = await Promise.all(days.map((day) => figuresOfBudget(ctx, budget, day)));
      for (const each of figures) await this.#recordCrossings(judging, budget, each);
      this.#unjudged.delete(digest);
      const current = figures.at(-1);
      return current === undefined
        ? null
        : { budget: digest, share: formatDecimal(current.share), state: current.state };
    } catch (fault) {
      if (!(fault instanceof GatewayError)) throw fault;
      if (passes(fault)) judging.isPartial = true;
      else if (this.#unjudged.get(digest) !== fault.code) {
        this.#unjudged.set(digest, fault.code);
        this.#options.onUnjudged(budget, fault.code);
      }
      return null;
    }
  }

  async #recordCrossings(judging: Judging, budget: SpendBudget, figures: BudgetFigures): Promise<void> {
    const { spend, state, projected, freshness, notIncluded } = figures;
    const { organization, subject } = budget;
    const of = {
      organization,
      subject,
      subjectId: await subjectIdOf(judging.ctx, budget),
      budget: budgetDigest(budget),
      range: spend.period,
    };
    const amounts = {
      watermark: freshness.refreshedAt,
      spent: spend.spent,
      expected: budget.amount,
      lacksChildren: notIncluded !== null,
      otherRises: 0,
    };
    for (const percent of thresholdsReached(budget, spend.spent))
      await judging.record({ ...of, event: "BUDGET_THRESHOLD", percent }, { ...amounts, projected: null });
    if (state === "AT_RISK")
      await judging.record({ ...of, event: "BUDGET_PROJECTED", percent: null }, { ...amounts, projected });
  }

  /**
   * Judges each day that has become complete since the last judgement, once, and at first the newest alone. Returns the newest day that
   * is judged; null: none is, or there is no rule.
   */
  async #judgeRises(
    judging: Judging,
    organization: ReadableOrganization,
    { completeThrough, watermark }: Export,
    before: Day | null,
  ): Promise<Day | null> {
    const { rises } = this.#options.rules();
    if (rises === null) return null;
    this.#reportUnjudgedDays(organization, completeThrough, before);
    return judgeEach(judging, daysToJudge(before, completeThrough), before, async (day) => {
      for (const subject of rises.of) {
        const isSplit = subject !== "TEAM" || organization.kind === "ENTERPRISE";
        if (isSplit) await recordRises(judging, { organization, subject, day, watermark, rule: rises });
      }
    });
  }

  #reportUnjudgedDays({ name }: ReadableOrganization, completeThrough: Day | null, before: Day | null): void {
    if (before === null || completeThrough === null) return;
    const range = { from: addDays(before, 1), until: addDays(completeThrough, 1 - RISE_DAYS) };
    if (range.from < range.until)
      this.#options.onUnraised({ organization: name, subject: null, range, rises: null });
  }

  /** Changes with every rule that can lead to another alert. */
  #rulesDigest(): string {
    const { budgets, rises } = this.#options.rules();
    const digits = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
    return shortHash(JSON.stringify([budgets, rises], digits), 22);
  }
}

/** How far the export of an organization has got. */
interface Export {
  readonly watermark: Instant | null;
  readonly completeThrough: Day | null;
  /** It could not be read for now. */
  readonly isFailed: boolean;
}

const NO_EXPORT: Export = { watermark: null, completeThrough: null, isFailed: false };

/** One judgement of a tenant. */
class Judging {
  readonly ctx: Context;
  readonly at: Instant;
  readonly #options: JudgeOptions;
  /** Some of it failed for now. */
  isPartial = false;

  constructor(ctx: Context, options: JudgeOptions, at: Instant) {
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

function wholeOrganization(organization: string): SpendBudget {
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
function passes(fault: GatewayError): boolean {
  return ["DIRECTORY_NOT_READY", "OPERATION_TIMEOUT"].includes(fault.code) || isTransient(fault);
}

/** Returns the subject of a budget as alerts name it: teams by id, and people not at all. */
async function subjectIdOf(ctx: Context, { subject, subjectId }: SpendBudget): Promise<string | null> {
  if (subject === "PERSON") return null;
  if (subject !== "TEAM") return subjectId;
  const [team] = teamsCalled(subjectId ?? "", (await teamsNow(ctx)).all);
  return team?.teamId ?? null;
}

/** Records each month that has become final since the last judgement, and at first the newest alone. Returns the newest recorded one. */
function judgeMonths(
  judging: Judging,
  { name }: ReadableOrganization,
  { watermark }: Export,
  before: Day | null,
): Promise<Day | null> {
  return judgeEach(judging, monthsToJudge(before, watermark), before, async (month) => {
    const { spend, notIncluded } = await figuresOfBudget(judging.ctx, wholeOrganization(name), month);
    await judging.record(
      {
        event: "MONTH_FINAL",
        organization: name,
        subject: "ORGANIZATION",
        subjectId: null,
        budget: null,
        percent: null,
        range: spend.period,
      },
      {
        watermark,
        spent: spend.spent,
        expected: null,
        projected: null,
        lacksChildren: notIncluded !== null,
        otherRises: 0,
      },
    );
  });
}

/**
 * Judges days or months, one by one. Returns the last one that is judged. A fault that passes ends it, and the next judgement goes on
 * from there; what can never be judged is passed over, such as a day without figures of the weeks before it.
 */
async function judgeEach(
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

/** The complete days after one, oldest first; of the newest ones at most `RISE_DAYS`. Without one before, the newest alone. */
function daysToJudge(before: Day | null, completeThrough: Day | null): readonly Day[] {
  if (completeThrough === null) return [];
  const count = before === null ? 1 : Math.min(RISE_DAYS, daysBetween(before, completeThrough));
  return Array.from({ length: Math.max(0, count) }, (_, i) => addDays(completeThrough, i + 1 - count));
}

/** The final months after one, oldest first, by their first days. Without one before, the newest alone. */
function monthsToJudge(before: Day | null, watermark: Instant | null): readonly Day[] {
  if (watermark === null) return [];
  const month = startOfMonth(dayOf(watermark));
  const final = Array.from({ length: FINAL_MONTHS }, (_, i) => addMonths(month, -1 - i)).filter(
    (from) => finalityOf("money", { from, until: addMonths(from, 1) }, watermark) === "FINAL",
  );
  const wanted = before === null ? final.slice(0, 1) : final.filter((from) => from > before);
  return wanted.toReversed();
}

interface RiseQuestion {
  readonly organization: ReadableOrganization;
  readonly subject: RiseSubject;
  readonly day: Day;
  readonly watermark: Instant | null;
  readonly rule: RiseRule;
}

/** Compares a complete day with the same weekday of four weeks: five days are read, of which the earlier ones are mostly kept. */
async function recordRises(
  judging: Judging,
  { organization: { name, kind }, subject, day, watermark, rule }: RiseQuestion,
): Promise<void> {
  const days = Array.from({ length: RISE_WEEKS + 1 }, (_, week) => addDays(day, -7 * week));
  const [today, ...earlier] = await Promise.all(
    days.map((each) => spendOfDay(judging.ctx, kind, subject, each)),
  );
  const before = earlier.map(({ bySubject }) => bySubject);
  const all = [...(today?.bySubject ?? [])]
    .map(([id, spent]) => {
      const fourWeeks = before.reduce((sum, each) => plusMoney(sum, each.get(id) ?? NO_MONEY), NO_MONEY);
      return { id, spent, fourWeeks, mean: moneyPer(fourWeeks, RISE_WEEKS) ?? NO_MONEY };
    })
    .filter(({ spent, fourWeeks }) => isRise(rule, spent, fourWeeks))
    .sort((a, b) => byDifference(b, a));
  const range = oneDay(day);
  const otherRises = Math.max(0, all.length - MAX_RISES);
  if (otherRises > 0) judging.reportUnraised({ organization: name, subject, range, rises: otherRises });
  for (const { id, spent, mean } of all.slice(0, MAX_RISES))
    await judging.record(
      {
        event: "SPEND_RISE",
        organization: name,
        subject,
        subjectId: subject === "ORGANIZATION" ? null : id,
        budget: null,
        percent: null,
        range,
      },
      {
        watermark,
        spent,
        expected: mean,
        projected: null,
        lacksChildren: today?.notIncluded != null,
        otherRises,
      },
    );
}

interface Rise {
  readonly id: string;
  readonly spent: MoneyAmount;
  readonly mean: MoneyAmount;
}

function byDifference(a: Rise, b: Rise): number {
  const difference = ({ spent, mean }: Rise) => minusMoney(spent, mean).cents;
  return compare(difference(a), difference(b)) || (a.id < b.id ? 1 : -1);
}
