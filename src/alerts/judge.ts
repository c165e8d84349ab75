import { randomUUID } from "node:crypto";
import { type BudgetFigures, figuresOfBudget } from "../analytics/budgets.ts";
import { costReport } from "../analytics/cost.ts";
import { organizationOfDataset } from "../analytics/datasets.ts";
import type { SharedStore } from "../cache/shared-store.ts";
import type { Context, ReadableOrganization } from "../context.ts";
import { budgetDigest } from "../domain/alert.ts";
import { budgetPeriodOn, type SpendBudget, thresholdsReached } from "../domain/budget.ts";
import { addDays, dayOf, type Instant } from "../domain/day.ts";
import { formatDecimal } from "../domain/decimal.ts";
import { sameRange } from "../domain/range.ts";
import { shortHash } from "../domain/short-hash.ts";
import { type ErrorCode, GatewayError } from "../errors.ts";
import { teamsCalled, teamsNow } from "../loaders/teams.ts";
import type { UpstreamState } from "../upstream/observer.ts";
import { judgeMonths } from "./final-months.ts";
import { type JudgedBudget, type Judgement, judgementIn } from "./judgement.ts";
import {
  Judging,
  type JudgingOptions,
  NO_EXPORT,
  type OrganizationExport,
  passes,
  wholeOrganization,
} from "./judging.ts";
import { judgeRises } from "./rises.ts";

export interface JudgeOptions extends JudgingOptions {
  /** Elects the replica that judges. Where it is away each judges, and the store records once all the same. Null: this process is alone. */
  readonly shared: SharedStore | null;
  /** Makes a context of each tenant for one judgement. */
  readonly contexts: (signal: AbortSignal) => readonly Context[];
  readonly states: readonly UpstreamState[];
  readonly now: () => Instant;
  /** Receives the budgets that cannot be judged, once for each cause. */
  readonly onUnjudged: (budget: SpendBudget, code: ErrorCode) => void;
}

/** Figures of a period change by late usage for a week after it; then it is no longer judged. */
const LATE_DAYS = 7;

/** Without news of an export, spend is read again after this time. */
const POLL_MS = 3_600_000;

/** Judgements that failed for now are repeated after this time. */
const REPEAT_MS = 300_000;

/** Longest time for one judgement, which waits for its turns among the upstream requests. */
const JUDGEMENT_MS = 240_000;

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
    const { rises } = this.#options.rules();
    const judgedOrganizations: Record<string, Judgement["organizations"][string]> = {};
    for (const [i, organization] of organizations.entries()) {
      const seen = exports[i] ?? NO_EXPORT;
      const earlier = before?.organizations[organization.name] ?? null;
      if (seen.isFailed) judged.isPartial = true;
      judgedOrganizations[organization.name] = {
        watermark: seen.watermark,
        risesOn: rises && (await judgeRises(judged, organization, seen, rises, earlier?.risesOn ?? null)),
        finalMonth: await judgeMonths(judged, organization, seen, earlier?.finalMonth ?? null),
      };
    }
    return { at, rules, isPartial: judged.isPartial, organizations: judgedOrganizations, budgets };
  }

  /** Reads the spend of this month, which says how far the export has got. */
  async #exportOf(ctx: Context, { name }: ReadableOrganization): Promise<OrganizationExport> {
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

  /** Changes with every rule that can lead to another alert. */
  #rulesDigest(): string {
    const { budgets, rises } = this.#options.rules();
    const digits = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
    return shortHash(JSON.stringify([budgets, rises], digits), 22);
  }
}

/** Returns the subject of a budget as alerts name it: teams by id, and people not at all. */
async function subjectIdOf(ctx: Context, { subject, subjectId }: SpendBudget): Promise<string | null> {
  if (subject === "PERSON") return null;
  if (subject !== "TEAM") return subjectId;
  const [team] = teamsCalled(subjectId ?? "", (await teamsNow(ctx)).all);
  return team?.teamId ?? null;
}
