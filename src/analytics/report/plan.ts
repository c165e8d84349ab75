import type { Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import type { Dimension, ReportQuestion } from "../../domain/report.ts";
import { earliestDay, type Windows, windowsOf } from "../../upstream/pages/windows.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { dimensionsOfAny, refuseAlternatives } from "../alternatives.ts";
import type { Algebra } from "../ranking.ts";
import { obstacleTo } from "./obstacle.ts";
import type { Report, ReportChoice, ReportSource } from "./report.ts";
import type { Resource } from "./resource.ts";
import { sharedQuestion } from "./shared-question.ts";
import { reportOf, sourcesOf, withPeople } from "./sources.ts";
import { unanswerable } from "./unanswerable.ts";

/** A question with the source that answers it and the windows it is read in. */
export interface ReportPlan<Measure> {
  readonly question: ReportQuestion;
  readonly source: ReportSource<Measure>;
  readonly algebra: Algebra<Measure>;
  readonly resource: Resource<Measure>;
  readonly windows: Windows;
  /** Returns the question that upstream is sent about some of the days. */
  readonly questionFor: (range: DayRange) => ReportQuestion;
  /** When it was made. */
  readonly asOf: Instant;
}

/** Plans that answer one question about one organization, the preferred one first. */
export type ReportPlans<Measure> = readonly [ReportPlan<Measure>, ...ReportPlan<Measure>[]];

/**
 * Plans a question for every source of the chosen organization that can answer it. Another organization's figures are not a
 * substitute. Throws BAD_USER_INPUT where no source can, with the reason and who can.
 */
export function plansFor<Measure>(
  upstream: Upstream,
  ofAny: Report<Measure>,
  choice: ReportChoice,
  question: ReportQuestion,
  now: Instant,
): ReportPlans<Measure> {
  refuseAlternatives(question);
  const report = reportOf(ofAny, upstream.tenant);
  const able = sourcesOf(report, choice).filter((source) => obstacleTo(source, question) === null);
  const [preferred] = able;
  if (preferred === undefined) throw unanswerable(upstream, report, choice, question);
  // One organization's sources reach back differently far.
  const [first = preferred, ...others] = able.filter(
    (each) => question.range.from >= earliestDay(each.resourceFor(withPeople(each, question)).endpoint, now),
  );
  const plan = (source: ReportSource<Measure>) => planBy(source, report.algebra, question, now);
  return [plan(first), ...others.map(plan)];
}

/**
 * Plans how one source answers a question. Days that upstream no longer answers are in the plan: they are read from the archive.
 * Throws NOT_COVERED for days before the first figures, and NOT_YET_AVAILABLE.
 */
export function planBy<Measure>(
  source: ReportSource<Measure>,
  algebra: Algebra<Measure>,
  question: ReportQuestion,
  now: Instant,
): ReportPlan<Measure> {
  const byPeople = withPeople(source, question);
  const resource = source.resourceFor(byPeople);
  const cut = question.bucket === "MINUTE" ? "day" : undefined;
  const windows = windowsOf(
    resource.endpoint,
    question.range,
    now,
    cut,
    resource.endpoint.coverage?.earliest,
  );
  const questionFor = (range: DayRange) => sharedQuestion(resource, { ...byPeople, range }, now);
  return { question, source, algebra, resource, windows, questionFor, asOf: now };
}

/** The plan for the total of another one: grouped only by the dimensions that tell which rows are wanted. */
export function planOfTotal<Measure>(plan: ReportPlan<Measure>): ReportPlan<Measure> {
  const question = { ...plan.question, groupBy: dimensionsOfAny(plan.question) };
  const resource = plan.source.resourceFor(question);
  const questionFor = (range: DayRange) => sharedQuestion(resource, { ...question, range }, plan.asOf);
  return { ...plan, question, resource, questionFor };
}

/** The plan that will answer, as far as it is known which datasets upstream refuses. */
export function likelyPlan<Measure>(upstream: Upstream, plans: ReportPlans<Measure>): ReportPlan<Measure> {
  return plans.find(({ resource }) => !upstream.accessStatus(resource.endpoint.dataset)?.refusal) ?? plans[0];
}

/** The dimensions of a plan's rows: those grouped by, and those that upstream fills beside them. */
export function dimensionsOf<Measure>({ question, source }: ReportPlan<Measure>): readonly Dimension[] {
  return question.groupBy.flatMap((dimension) => [dimension, ...(source.names.fills?.[dimension] ?? [])]);
}

/** Usage without a person is missing from the rows of a plan. */
export function listsOnlyPeople<Measure>({ source, questionFor, windows }: ReportPlan<Measure>): boolean {
  return source.organization === "ENTERPRISE" && questionFor(windows.range).groupBy.includes("USER");
}
