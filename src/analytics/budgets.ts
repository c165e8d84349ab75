import type { Context } from "../context.ts";
import {
  type BudgetSpend,
  type BudgetStatus,
  budgetPeriodOn,
  type SpendBudget,
  statusOfBudget,
} from "../domain/budget.ts";
import { addDays, type Day, dayOf, daysBetween, earlier, startOf } from "../domain/day.ts";
import { type MoneyAmount, NO_MONEY, plusMoney, type SpendAmounts } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { type DayRange, daysIn, sameRange, splitByDay } from "../domain/range.ts";
import type { Filter, ReportQuestion } from "../domain/report.ts";
import { badInput, unseen } from "../errors.ts";
import { loader } from "../loaders/loader.ts";
import { teamsCalled, teamsNow } from "../loaders/teams.ts";
import { enterpriseMembers } from "../upstream/endpoints/members.ts";
import type { PageProvenance } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import { stateBy } from "./analysis/finality.ts";
import {
  type BudgetQuestion,
  gone,
  idsOf,
  isPersonByAddress,
  nearestTo,
  splitOf,
  subjectsWithoutRows,
} from "./budget-subjects.ts";
import { leftOutOf } from "./children.ts";
import { costReport } from "./cost.ts";
import { type FreshnessState, freshnessOf } from "./freshness.ts";
import { organizationNamed } from "./organizations.ts";
import { answerBy } from "./report/answer.ts";
import { refuseLateExport } from "./report/exported-days.ts";
import { likelyPlan, planBy, plansFor, type ReportPlan, type ReportPlans } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import { requestsOfReport } from "./report/requests.ts";
import { rankByTeam, requestsByTeam } from "./team-report.ts";

/** A budget with its spend in one period. */
export interface BudgetFigures extends BudgetStatus {
  readonly spend: BudgetSpend;
  readonly freshness: FreshnessState;
  /** Usage that the spend can lack; null: nothing is known to be missing. */
  readonly notIncluded: string | null;
}

type Read = Pick<BudgetFigures, "spend" | "freshness" | "notIncluded">;

/** Returns the figures of a budget in the period of a day. Budgets that are read at once share their requests. */
export async function figuresOfBudget(
  ctx: Context,
  budget: SpendBudget,
  on: Day = dayOf(ctx.now()),
): Promise<BudgetFigures> {
  const read = await spendBySubject(ctx, questionOf(ctx, budget, on)).load(budget.subjectId ?? "");
  if (read === null) throw new Error("a budget was not read");
  return { ...read, ...statusOfBudget(budget, read.spend) };
}

/** Plans the requests for the figures of budgets in the periods of today. */
export function requestsOfBudgets(ctx: Context, budgets: readonly SpendBudget[]): readonly FieldRequests[] {
  const today = dayOf(ctx.now());
  const questions = Map.groupBy(budgets, (budget) => JSON.stringify(questionOf(ctx, budget, today)));
  return [...questions.values()].flatMap((alike): readonly FieldRequests[] => {
    const [first] = alike;
    if (first === undefined) return [];
    const question = questionOf(ctx, first, today);
    const range = rangeSoFar(ctx, question.period);
    if (question.subject === "TEAM") return requestsOfTeams(ctx, question.organization, range);
    const ids = alike.flatMap(({ subjectId }) => subjectId ?? []);
    const plans = plansOfDays(ctx, question, range, ids);
    const lookups = ids.some((id) => isPersonByAddress(question.subject, id))
      ? [requestsFor(enterpriseMembers, [{}])]
      : [];
    return [requestsOfReport(likelyPlan(ctx.upstream, plans), null), ...lookups];
  });
}

function questionOf(ctx: Context, { organization, subject, period }: SpendBudget, on: Day): BudgetQuestion {
  return {
    organization: organizationNamed(ctx, organization),
    subject,
    period: budgetPeriodOn(period, on),
  };
}

/** The days of a period up to and including today. */
function rangeSoFar({ now }: Context, { from, until }: DayRange): DayRange {
  return { from, until: earlier(until, addDays(dayOf(now()), 1)) };
}

const spendBySubject = loader(async (ctx, question: BudgetQuestion, ids) => {
  if (question.subject === "TEAM") return spendOfTeams(ctx, question, ids);
  const known = await idsOf(ctx, question.subject, ids);
  const found = [...new Set([...known.values()].filter((id) => typeof id === "string"))].sort();
  if (found.length === 0)
    return new Map([...known].filter((pair): pair is [string, Error] => pair[1] instanceof Error));
  const days = await readDays(ctx, question, found);
  const without = found.filter((id) => !days.name(id));
  const judged = without.length === 0 ? null : await subjectsWithoutRows(ctx, question, without);
  return new Map(
    [...known].map(([id, of]): [string, Read | Error] => {
      const subject = of instanceof Error ? of : (judged?.get(of) ?? of);
      return [id, subject instanceof Error ? subject : days.of(subject)];
    }),
  );
});

function plansOfDays(
  ctx: Context,
  { organization, subject }: Pick<BudgetQuestion, "organization" | "subject">,
  range: DayRange,
  ids: readonly string[],
): ReportPlans<SpendAmounts> {
  const split = splitOf(subject);
  const filter: Filter = split?.isFiltered ? { [split.dimension]: [...ids].sort() } : {};
  const groupBy = split === null ? [] : [split.dimension];
  const question: ReportQuestion = { range, bucket: "DAY", groupBy, filter };
  return plansFor(ctx.upstream, costReport, { organization, source: "AUTO" }, question, ctx.now());
}

interface DaysRead {
  /** True if a row names the subject. */
  readonly name: (id: string) => boolean;
  readonly of: (id: string) => Read;
}

/** Reads the days of several subjects at once. */
async function readDays(ctx: Context, question: BudgetQuestion, ids: readonly string[]): Promise<DaysRead> {
  const { subject, period } = question;
  const range = rangeSoFar(ctx, period);
  const split = splitOf(subject);
  return answerBy(ctx.upstream, plansOfDays(ctx, question, range, ids), async (plan) => {
    const { rows, sources } = await readReport(ctx.upstream, plan);
    const freshness = checkedFreshness(ctx, plan, sources);
    const wholeDays = wholeDaysOf(plan, sources);
    const byId = Map.groupBy(rows, (row) => (split === null ? "" : split.idOf(row)));
    const of = (id: string): Read => {
      const byDay: MoneyAmount[] = Array.from({ length: daysIn(range) }, () => NO_MONEY);
      for (const { from, measure } of byId.get(id) ?? []) {
        const i = daysBetween(range.from, dayOf(from));
        byDay[i] = plusMoney(byDay[i] ?? NO_MONEY, measure.net);
      }
      const sumOf = (days: readonly MoneyAmount[]) => days.reduce(plusMoney, NO_MONEY);
      const wholeSpent = sumOf(byDay.slice(0, wholeDays));
      const spend = { period, spent: sumOf(byDay), wholeDays, wholeSpent, byDay };
      return { freshness, spend, notIncluded: leftOutOf(plan) };
    };
    return { name: (id) => byId.has(id), of };
  });
}

/** How many days from the first on the export covers whole. */
function wholeDaysOf(
  { resource, windows }: ReportPlan<SpendAmounts>,
  sources: readonly PageProvenance[],
): number {
  const stateAt = stateBy(resource.endpoint.subject, sources);
  const days = splitByDay(windows.range);
  const open = days.findIndex(
    ({ from, until }) => stateAt({ from: startOf(from), until: startOf(until) }) === "OPEN",
  );
  return open < 0 ? days.length : open;
}

/** Throws NOT_YET_AVAILABLE where the export is unusually late. */
function checkedFreshness(
  { now }: Context,
  { resource, windows }: ReportPlan<SpendAmounts>,
  sources: readonly PageProvenance[],
): FreshnessState {
  const { dataset, watermarked } = resource.endpoint;
  if (watermarked && sources.every(({ asOf }) => asOf === null))
    refuseLateExport(dataset, windows.range.from, now());
  return freshnessOf(dataset, sources);
}

function plansOfTeams(
  ctx: Context,
  organization: OrganizationKind,
  range: DayRange,
): ReportPlans<SpendAmounts> {
  const question = {
    range,
    bucket: "NONE",
    groupBy: ["TEAM"],
    filter: {},
    overlap: "COUNT_IN_EACH",
  } as const;
  return plansFor(ctx.upstream, costReport, { organization, source: "AUTO" }, question, ctx.now());
}

/** The whole days end before today, on a day that is known when the figures are. */
function requestsOfTeams(
  ctx: Context,
  organization: OrganizationKind,
  range: DayRange,
): readonly FieldRequests[] {
  const plan = likelyPlan(ctx.upstream, plansOfTeams(ctx, organization, range));
  const until = earlier(range.until, dayOf(ctx.now()));
  const whole = { from: range.from, until };
  const isRead = until > range.from && !sameRange(whole, range);
  return [
    ...requestsByTeam(ctx, plan, null),
    ...(isRead ? requestsByTeam(ctx, planOver(plan, whole, ctx), null) : []),
  ];
}

function planOver(plan: ReportPlan<SpendAmounts>, range: DayRange, ctx: Context): ReportPlan<SpendAmounts> {
  return planBy(plan.source, plan.algebra, { ...plan.question, range }, ctx.now());
}

/**
 * Reads teams by people over the whole range: their days one by one would be a row for each person and day, and with that many
 * upstream requests. The whole days are a second reading.
 */
async function spendOfTeams(
  ctx: Context,
  { organization, period }: BudgetQuestion,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Read | Error>> {
  const { all } = await teamsNow(ctx);
  const range = rangeSoFar(ctx, period);
  return answerBy(ctx.upstream, plansOfTeams(ctx, organization, range), async (plan) => {
    const soFar = await rankByTeam(ctx, plan);
    const freshness = checkedFreshness(ctx, plan, soFar.sources);
    const wholeDays = wholeDaysOf(plan, soFar.sources);
    const whole = { from: range.from, until: addDays(range.from, wholeDays) };
    const isWhole = sameRange(whole, range);
    const ofWhole =
      wholeDays === 0 || isWhole ? soFar.rows : (await rankByTeam(ctx, planOver(plan, whole, ctx))).rows;
    const netOf = (rows: typeof soFar.rows, teamId: string): MoneyAmount | Error => {
      const row = rows.find(({ team }) => team?.kind === "team" && team.team.teamId === teamId);
      if (row === undefined) return NO_MONEY;
      return (row.groupSize?.isEnough ?? true) ? row.measure.net : unseen("Spend of so few people of a team");
    };
    return new Map(
      ids.map((id): [string, Read | Error] => {
        const [team, other] = teamsCalled(id, all);
        if (team === undefined) {
          const names = all.map(({ name }) => name);
          return [id, gone("No team has the id or name of this budget", nearestTo(id, names))];
        }
        if (other !== undefined)
          return [id, badInput("Several teams have the name of this budget; BUDGETS_FILE can state the id.")];
        const spent = netOf(soFar.rows, team.teamId);
        const wholeSpent = wholeDays === 0 ? NO_MONEY : netOf(ofWhole, team.teamId);
        if (spent instanceof Error) return [id, spent];
        if (wholeSpent instanceof Error) return [id, wholeSpent];
        const spend = { period, spent, wholeDays, wholeSpent, byDay: null };
        return [id, { freshness, spend, notIncluded: leftOutOf(plan) }];
      }),
    );
  });
}
