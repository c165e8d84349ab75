import { type Finality, leastSettled } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import { type Day, type Instant, later } from "../domain/day.ts";
import type { SpendAmounts } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { sortedInPieces, type ThreadTurn } from "../domain/pieces.ts";
import { type DayRange, splitByMonth } from "../domain/range.ts";
import type { Dimension, ReportQuestion } from "../domain/report.ts";
import type { TokenCounts } from "../domain/tokens.ts";
import { badInput } from "../errors.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { costReport } from "./cost.ts";
import { oldest } from "./freshness.ts";
import { answerBy } from "./report/answer.ts";
import { plansFor, type ReportPlan, type ReportPlans } from "./report/plan.ts";
import { rowsOfReport } from "./report/read.ts";
import type { Report, ReportChoice, ReportSource, Source } from "./report/report.ts";
import type { Cells, SpendCell } from "./spend-cells.ts";
import { Days, daysOf, gatheredDays, type ReportDay, type ReportDays } from "./spend-days.ts";
import { usageReport } from "./usage.ts";

/** Usage and cost of one identity with one product and model on one day. */
export interface SpendLine extends SpendCell {
  readonly day: Day;
  /** Null: no cost is recorded. */
  readonly spend: SpendAmounts | null;
  /** Null: no tokens are recorded, as for runs of code. */
  readonly tokens: TokenCounts | null;
}

/** All lines of a day, in an order of their own: that of account, product and model. */
interface SpendDay {
  readonly day: Day;
  readonly lines: readonly SpendLine[];
  readonly state: Finality;
  /** The older of the exports behind it; null where upstream does not say. */
  readonly refreshedAt: Instant | null;
  /** Instant that all of its figures are as of; null where upstream has not exported the day yet. */
  readonly asOf: Instant | null;
}

/** Spend line by line, from the first source that answers. */
export interface SpendDays {
  readonly source: Source;
  /** The report the amounts are from. */
  readonly dataset: Dataset;
  readonly organization: OrganizationKind;
  /** The days it is about: those requested, without days that have not come yet. */
  readonly range: DayRange;
  readonly days: AsyncGenerator<SpendDay, void, void>;
}

export interface SpendQuestion extends ReportChoice {
  readonly range: DayRange;
  /** The first day still to be read; the whole range if omitted. */
  readonly from?: Day;
}

/** Dimensions that lines are split by, as far as each source has them. */
const UNIFIED: Splits = { cost: ["ACTOR", "MODEL", "PRODUCT"], usage: ["ACTOR", "MODEL", "PRODUCT"] };
const LEGACY: Readonly<Record<OrganizationKind, Splits>> = {
  ENTERPRISE: { cost: ["MODEL", "PRODUCT", "USER"], usage: ["MODEL", "PRODUCT", "USER"] },
  CONSOLE: { cost: ["DESCRIPTION"], usage: ["MODEL"] },
};

interface Splits {
  readonly cost: readonly Dimension[];
  readonly usage: readonly Dimension[];
}

function splitsOf({ organization, source }: ReportSource<unknown>): Splits {
  return source === "UNIFIED" ? UNIFIED : LEGACY[organization];
}

/**
 * Every line of cost and tokens of the range, day by day, oldest first; the sum of the lines is the total of `cost`, to the last
 * digit. Requests cover a month at a time, and a day is held in memory. What the reports of people leave out is a line
 * without an actor, made of the organization's report less theirs.
 */
export async function readSpend(ctx: Context, question: SpendQuestion): Promise<SpendDays> {
  const { upstream } = ctx;
  return answerBy(upstream, plansOf(ctx, question), async (plan) => {
    const { source, organization } = plan.source;
    const { range } = plan.windows;
    const { dataset } = plan.resource.endpoint;
    const days = spendDays(upstream, plan, {
      ...range,
      from: later(range.from, question.from ?? range.from),
    });
    const first = await days.next(); // whether upstream refuses the source shows here
    return { source, dataset, organization, range, days: resumed(first, days) };
  });
}

async function* resumed<T>(
  first: IteratorResult<T, void>,
  rest: AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return();
  }
}

/** The newer reports, then the older ones of the same organization, as far as they reach back. */
function plansOf(
  { upstream, now }: Context,
  { range, organization, source }: SpendQuestion,
): ReportPlans<SpendAmounts> {
  const sources = costReport.sources
    .filter((each) => each.organization === organization && (source === "AUTO" || each.source === source))
    .map((each) => ({ each, question: questionOf(range, splitsOf(each).cost) }));
  const reaching = sources.filter(
    ({ each, question }) => range.from >= earliestDay(each.resourceFor(question).endpoint, now()),
  );
  const plans = (requested: typeof sources) =>
    requested.map(({ each, question }) => plansFor(upstream, costReport, each, question, now())[0]);
  const [first, ...others] = plans(reaching);
  if (first !== undefined) return [first, ...others];
  const [early] = plans(sources.slice(0, 1)); // throws, and says from when on it could be asked
  if (early !== undefined) return [early];
  throw badInput(`\`source\` must be AUTO, UNIFIED or LEGACY, not ${source}.`);
}

function questionOf(range: DayRange, groupBy: readonly Dimension[]): ReportQuestion {
  return { range, bucket: "DAY", groupBy, filter: {} };
}

async function* spendDays(
  upstream: Upstream,
  plan: ReportPlan<SpendAmounts>,
  range: DayRange,
): AsyncGenerator<SpendDay, void, void> {
  if (range.from >= range.until) return;
  const { cost, usage } = splitsOf(plan.source);
  const read = <Measure>(report: Report<Measure>, groupBy: readonly Dimension[]) =>
    new Days(reportDays(upstream, report, plan.source, questionOf(range, groupBy), plan.asOf));
  const all: readonly Dimension[] = ["MODEL", "PRODUCT"];
  const isOfPeople = cost.includes("USER");
  const reports = {
    cost: read(costReport, cost),
    usage: read(usageReport, usage),
    allCost: isOfPeople ? read(costReport, all) : null,
    allUsage: isOfPeople ? read(usageReport, all) : null,
  };
  const open = Object.values(reports).filter((report) => report !== null);
  try {
    for (;;) {
      const next = await Promise.all(open.map((report) => report.next()));
      const day = next.filter((each) => each !== null).sort()[0];
      if (day === undefined) return;
      const cost = reports.cost.take(day);
      const usage = reports.usage.take(day);
      const allCost = reports.allCost?.take(day) ?? null;
      const allUsage = reports.allUsage?.take(day) ?? null;
      const attributed = joined(day, cost?.cells, usage?.cells);
      const remainders = joined(
        day,
        await restOf(allCost, cost, upstream.turn),
        await restOf(allUsage, usage, upstream.turn),
      );
      const lines = await sortedInPieces([...attributed, ...remainders], byKey, upstream.turn);
      yield { day, lines, ...ageOf([cost, usage, allCost, allUsage]) };
    }
  } finally {
    await Promise.all(open.map((report) => report.close()));
  }
}

function reportDays<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  choice: ReportChoice,
  question: ReportQuestion,
  asOf: Instant,
): ReportDays<Measure> {
  const [plan] = plansFor(upstream, report, choice, question, asOf);
  const months = splitByMonth(plan.windows.range);
  return question.groupBy.includes("USER")
    ? gatheredDays(upstream, plan, months)
    : daysOf(rowsOfReport(upstream, plan, months), plan.algebra);
}

/** Figures of the organization beyond those of its people. */
async function restOf<Measure>(
  all: ReportDay<Measure> | null,
  people: ReportDay<Measure> | null,
  turn: ThreadTurn,
): Promise<Cells<Measure> | undefined> {
  return people === null ? all?.cells : all?.cells.without(people.cells, turn);
}

interface KeyedLine extends SpendLine {
  readonly key: string;
}

function joined(day: Day, cost?: Cells<SpendAmounts>, usage?: Cells<TokenCounts>): KeyedLine[] {
  const lines: KeyedLine[] = [];
  for (const { key, actor, product, model, measure: spend } of cost?.values() ?? []) {
    const tokens = usage?.get(key)?.measure ?? null;
    lines.push({ key, day, actor, product, model, spend, tokens });
  }
  for (const { key, actor, product, model, measure: tokens } of usage?.values() ?? []) {
    if (cost?.get(key) === undefined) lines.push({ key, day, actor, product, model, spend: null, tokens });
  }
  return lines;
}

function byKey(a: KeyedLine, b: KeyedLine): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function ageOf(
  days: readonly (Omit<ReportDay<unknown>, "cells"> | null)[],
): Pick<SpendDay, "state" | "refreshedAt" | "asOf"> {
  const there = days.filter((day) => day !== null);
  return {
    state: leastSettled(there.map(({ state }) => state)),
    refreshedAt: oldest(there.map(({ refreshedAt }) => refreshedAt)),
    asOf: oldest(there.map(({ asOf }) => asOf)),
  };
}
