import { type Finality, finalityOf, type Subject } from "../cache/policy.ts";
import { dimensionKey, NO_DIMENSIONS, type ReportRow, type Span } from "../domain/bucket.ts";
import {
  addDays,
  addMonths,
  type Day,
  dayOf,
  earlier,
  type Instant,
  later,
  startOf,
  startOfMonth,
} from "../domain/day.ts";
import { nameOf, type OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import type { Bucket, Dimension, FilterDimension, ReportQuestion } from "../domain/report.ts";
import { badInput, GatewayError } from "../errors.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import type { ReportNames } from "../upstream/endpoints/report-query.ts";
import { isRefusal } from "../upstream/http/failure.ts";
import { mapPages, type Walk, type Whole, walkOf, whole, wholeOf } from "../upstream/pages/iterate.ts";
import { earliestDay, notCovered, type Windows, windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { dimensionsOfAny, matchesAny, refuseAlternatives } from "./alternatives.ts";
import { keyText } from "./organizations.ts";
import { type Algebra, largestFirst, sumOf } from "./ranking.ts";

/** Which of an organization's reports answer: the newer ones, or the older ones. */
export type Source = "UNIFIED" | "LEGACY";

/** Whose reports are to answer, and which of them; AUTO leaves the latter to the gateway. */
export interface ReportChoice {
  readonly organization: OrganizationKind;
  readonly source: Source | "AUTO";
}

/** A resource that answers a report: its pages hold time buckets with rows in them, or rows. */
export type Resource<Measure> =
  | { readonly pages: "buckets"; readonly endpoint: Endpoint<ReportQuestion, Bucket<Measure>> }
  | {
      readonly pages: "rows";
      readonly endpoint: Endpoint<ReportQuestion, ReportRow<Measure>>;
      /** Rows of a series come oldest first, and those of a bucket largest first. */
      readonly isOrdered: boolean;
    };

/** One source of a report. */
export interface ReportSource<Measure> {
  readonly source: Source;
  /** Whose figures they are. */
  readonly organization: OrganizationKind;
  readonly names: ReportNames;
  readonly resourceFor: (question: ReportQuestion) => Resource<Measure>;
  /** A bucket keeps only its largest groups, this many; null keeps all. */
  readonly largestGroups: number | null;
  readonly onlyDays: boolean;
}

export function buckets<Measure>(endpoint: Endpoint<ReportQuestion, Bucket<Measure>>): Resource<Measure> {
  return { pages: "buckets", endpoint };
}

export function rows<Measure>(
  endpoint: Endpoint<ReportQuestion, ReportRow<Measure>>,
  isOrdered: boolean,
): Resource<Measure> {
  return { pages: "rows", endpoint, isOrdered };
}

/** What can be asked of several organizations in the same words. */
export interface Report<Measure> {
  readonly algebra: Algebra<Measure>;
  /** Of one organization in order of preference. */
  readonly sources: readonly ReportSource<Measure>[];
}

/** A row as clients see it. */
export interface GatewayRow<Measure> extends ReportRow<Measure> {
  /** It stands for the groups that upstream left out of the bucket. */
  readonly isRemainder: boolean;
  readonly state: Finality;
}

/** A question with the source that answers it and the windows it is asked in. */
export interface ReportPlan<Measure> {
  readonly question: ReportQuestion;
  readonly source: ReportSource<Measure>;
  readonly algebra: Algebra<Measure>;
  readonly resource: Resource<Measure>;
  readonly windows: Windows;
  /** What upstream is asked about a piece of the range. */
  readonly questionFor: (piece: DayRange) => ReportQuestion;
  /** When it was made. */
  readonly asOf: Instant;
}

/** Ways to answer one question about one organization, the preferred one first. */
export type ReportPlans<Measure> = readonly [ReportPlan<Measure>, ...ReportPlan<Measure>[]];

/** The sources that are chosen from. */
function sourcesOf<Measure>(
  { sources }: Report<Measure>,
  { organization, source }: ReportChoice,
): readonly ReportSource<Measure>[] {
  return sources.filter(
    (each) => each.organization === organization && (source === "AUTO" || each.source === source),
  );
}

/**
 * The sources of the chosen organization that know every dimension the question splits by and filters on: another
 * organization's figures are no substitute. Where none does, the error says what stands in the way and who knows it.
 */
export function plansFor<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  choice: ReportChoice,
  question: ReportQuestion,
  now: Instant,
): ReportPlans<Measure> {
  refuseAlternatives(question);
  const able = sourcesOf(report, choice).filter((source) => obstacle(source, question) === null);
  const [preferred] = able;
  if (preferred === undefined) throw unanswerable(upstream, report, choice, question);
  // One organization's sources reach back differently far.
  const [first = preferred, ...others] = able.filter(
    (each) => question.range.from >= earliestDay(each.resourceFor(askedOf(each, question)).endpoint, now),
  );
  const plan = (source: ReportSource<Measure>) => planBy(source, report.algebra, question, now);
  return [plan(first), ...others.map(plan)];
}

/**
 * How one source answers a question. Days that upstream has let go of are in the plan: they are answered from what was kept of
 * them. Throws NOT_COVERED for days before there was anything, and NOT_YET_AVAILABLE.
 */
export function planBy<Measure>(
  source: ReportSource<Measure>,
  algebra: Algebra<Measure>,
  question: ReportQuestion,
  now: Instant,
): ReportPlan<Measure> {
  const asked = askedOf(source, question);
  const resource = source.resourceFor(asked);
  const cut = question.bucket === "MINUTE" ? "day" : undefined;
  const windows = windowsOf(
    resource.endpoint,
    question.range,
    now,
    cut,
    resource.endpoint.coverage?.earliest,
  );
  const questionFor = (piece: DayRange) => sharedQuestion(resource, { ...asked, range: piece }, now);
  return { question, source, algebra, resource, windows, questionFor, asOf: now };
}

/** The plan that will answer, as far as is known of what upstream refuses. */
export function likelyPlan<Measure>(upstream: Upstream, plans: ReportPlans<Measure>): ReportPlan<Measure> {
  return plans.find(({ resource }) => !upstream.standing(resource.endpoint.dataset)?.refusal) ?? plans[0];
}

/** The question with people in place of their teams, which upstream does not know; as it is where a source knows no people. */
function askedOf<Measure>({ names }: ReportSource<Measure>, question: ReportQuestion): ReportQuestion {
  const { groupBy } = question;
  const people = peopleIn(names);
  if (people === null || !groupBy.includes("TEAM")) return question;
  const others = groupBy.filter((dimension) => dimension !== "TEAM");
  return { ...question, groupBy: [...new Set([...others, people])].sort() };
}

/** Whether the rows of a plan are only those of people: usage that is nobody's is missing from them. */
export function lacksNobody<Measure>({ source, questionFor, windows }: ReportPlan<Measure>): boolean {
  return source.organization === "ENTERPRISE" && questionFor(windows.range).groupBy.includes("USER");
}

/**
 * The answer by the first plan whose source upstream lets the gateway ask. One it refuses is passed over for a while, as long
 * as another can answer.
 */
export async function answerBy<Measure, Answer>(
  upstream: Upstream,
  plans: ReportPlans<Measure>,
  ask: (plan: ReportPlan<Measure>) => Promise<Answer>,
): Promise<Answer> {
  const [plan, ...others] = plans;
  await refuseLetGo(upstream, plan.resource, requestsOfReport(plan, null), plan.asOf);
  const [next, ...rest] = others;
  if (next === undefined) return ask(plan);
  const instead = () => answerBy(upstream, [next, ...rest], ask);
  try {
    const answer = await upstream.attempt(plan.resource.endpoint.dataset, () => ask(plan));
    return answer ?? (await instead());
  } catch (fault) {
    if (!isRefusal(fault)) throw fault;
    const answer = await instead();
    upstream.remember(fault);
    return answer;
  }
}

/** What the rows of a plan tell: what they are split by, and what comes with it. */
export function dimensionsOf<Measure>({ question, source }: ReportPlan<Measure>): readonly Dimension[] {
  return question.groupBy.flatMap((dimension) => [dimension, ...(source.names.fills?.[dimension] ?? [])]);
}

/** What stands in the way at each source of the choice, and where the question, or the dimension that is unknown, can go. */
function unanswerable<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  choice: ReportChoice,
  question: ReportQuestion,
): GatewayError {
  const chosen = sourcesOf(report, choice);
  const obstacles = chosen.map((source) => ({ source, ...(obstacle(source, question) ?? NOTHING) }));
  const name = `\`${nameOf(choice.organization)}\``;
  const [first, ...others] = obstacles;
  if (first === undefined) return badInput(`${name} has no such report.`);
  const isOne = others.every(({ what }) => what === first.what);
  const what = isOne
    ? `${choice.source === "AUTO" ? name : `${choice.source} of ${name}`} ${first.what}`
    : `${name} cannot answer this: ${obstacles.map(({ source, what }) => `${source.source} ${what}`).join("; ")}`;
  const elsewhere = elsewhereFor(upstream, report, choice, question);
  const hints = [others.length === 0 ? first.instead : undefined, elsewhere];
  const sentence = [what, ...hints.filter((hint) => typeof hint === "string")].join("; ");
  const isDeadEnd = elsewhere === null && others.length > 0;
  return badInput(`${sentence}.${isDeadEnd ? " `datasets` lists what each one knows." : ""}`);
}

/** Who could answer instead: another source of the organization, another organization, or who knows what is unknown here. */
function elsewhereFor<Measure>(
  upstream: Upstream,
  report: Report<Measure>,
  { organization, source }: ReportChoice,
  question: ReportQuestion,
): string | null {
  const able = report.sources.filter((each) => obstacle(each, question) === null);
  const sibling = able.find((each) => each.organization === organization && each.source !== source);
  if (sibling !== undefined) return `\`source: ${sibling.source}\` can`;
  const ask = (kind: OrganizationKind) =>
    `ask with \`organization: "${nameOf(kind)}"\` (${keyText(upstream, kind)})`;
  const other = able.find((each) => each.organization !== organization);
  if (other !== undefined) return `\`${nameOf(other.organization)}\` can: ${ask(other.organization)}`;
  const own = report.sources.filter((each) => each.organization === organization);
  const unknown = dimensionsOfQuestion(question).filter(
    (dimension) => !own.some((each) => knows(each, dimension)),
  );
  const known = unknown.flatMap((dimension) => {
    const knower = report.sources.find((each) => knows(each, dimension));
    return knower === undefined
      ? []
      : [`${dimension} is known to \`${nameOf(knower.organization)}\`: ${ask(knower.organization)}`];
  });
  return known.length === 0 ? null : known.join("; ");
}

function dimensionsOfQuestion({ groupBy, filter }: ReportQuestion): string[] {
  return [...new Set([...groupBy, ...Object.keys(filter)])];
}

function knows({ names }: ReportSource<unknown>, dimension: string): boolean {
  return (dimensionsKnown(names) as string[]).includes(dimension) || Object.hasOwn(names.filter, dimension);
}

interface Obstacle {
  readonly what: string;
  readonly instead?: string;
}

const NOTHING: Obstacle = { what: "does not answer this" };

/** Why a source cannot answer; null where it can. */
function obstacle<Measure>(source: ReportSource<Measure>, wanted: ReportQuestion): Obstacle | null {
  const { names, onlyDays, largestGroups } = source;
  if (wanted.any !== undefined && largestGroups !== null)
    return {
      what: `keeps the ${largestGroups} largest groups of a bucket, so it cannot answer \`filter.any\``,
    };
  const question = askedOf(source, wanted);
  const groupBy: readonly string[] = dimensionsKnown(names);
  const unknown = wanted.groupBy.filter((dimension) => !groupBy.includes(dimension));
  if (unknown.length > 0)
    return { what: `cannot group by ${unknown.join(", ")}`, instead: `it groups by ${groupBy.join(", ")}` };
  const filters = Object.keys(names.filter);
  const unfiltered = Object.keys(question.filter).filter((dimension) => !filters.includes(dimension));
  if (unfiltered.length > 0)
    return {
      what: `cannot filter on ${unfiltered.join(", ")}`,
      instead: `it filters on ${filters.join(", ") || "nothing"}`,
    };
  if (
    wanted.groupBy.includes("TEAM") &&
    question.groupBy.includes("USER") &&
    question.groupBy.includes("GROUP")
  )
    return { what: "cannot group people by TEAM and by GROUP: those in several groups count in each" };
  const clash = names.apart?.find(
    ([split, other]) => question.groupBy.includes(split) && involves(question, other),
  );
  if (clash !== undefined)
    return { what: `cannot group by ${clash[0]} and by ${clash[1]}, nor filter on it` };
  const counted = question.groupBy.filter(
    (dimension) => dimension !== "COST_TYPE" && dimension !== "TOKEN_TYPE",
  );
  if (names.maxGroups !== undefined && counted.length > names.maxGroups)
    return {
      what: `takes ${names.maxGroups} dimensions at once, besides COST_TYPE and TOKEN_TYPE, not ${counted.length}`,
    };
  if (onlyDays && (question.bucket === "HOUR" || question.bucket === "MINUTE"))
    return { what: "has no buckets shorter than a day" };
  return null;
}

/** What rows can be split by; by team, the gateway's own dimension, where people can be told apart. */
export function dimensionsKnown(names: ReportNames): Dimension[] {
  const known = Object.keys(names.groupBy) as Dimension[];
  return peopleIn(names) === null ? known : [...known, "TEAM"];
}

/** The dimension that tells people apart; by ACTOR, if there is one, usage that is nobody's has rows too. Null: none does. */
export function peopleIn({ groupBy }: ReportNames): "ACTOR" | "USER" | null {
  return (["ACTOR", "USER"] as const).find((dimension) => Object.hasOwn(groupBy, dimension)) ?? null;
}

function involves({ groupBy, filter }: ReportQuestion, dimension: FilterDimension): boolean {
  return groupBy.includes(dimension) || filter[dimension] !== undefined;
}

/**
 * The rows of a plan as a walk: oldest first where there are buckets, and largest first within each. Where a resource does not send
 * its rows in that order, they come in its ranking within each window.
 */
export function walkReport<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  pieces: readonly DayRange[] = plan.windows.pieces,
): Walk<GatewayRow<Measure>> {
  const { resource } = plan;
  const isWanted = matchesAny(plan.question);
  const questions = pieces.map((piece) => plan.questionFor(piece));
  const ready = () =>
    refuseLetGo(upstream, resource, requestsTo(resource, plan.questionFor, { pieces }, null), plan.asOf);
  const { subject } = resource.endpoint;
  if (resource.pages === "rows") {
    const walk = within(walkOf(upstream, resource.endpoint, questions), pieces, subject, ready);
    return mapPages(walk, ({ rows, seen }) => {
      const stateOf = statesBy(seen);
      return rows.filter(isWanted).map((row) => ({ ...row, isRemainder: false, state: stateOf(row) }));
    });
  }
  const walk = within(walkOf(upstream, resource.endpoint, questions), pieces, subject, ready);
  return mapPages(walk, async (page) => {
    const { range } = questions[page.window] as ReportQuestion;
    const rows = await withRemainders(upstream, plan, range, page.rows);
    const stateOf = statesBy(page.seen);
    return rows.filter(isWanted).map((row) => ({ ...row, state: stateOf(row) }));
  });
}

/** Whether a walk of a plan comes in the order that series are shown in. */
export function isOrdered<Measure>({ resource }: ReportPlan<Measure>): boolean {
  return resource.pages === "buckets" || resource.isOrdered;
}

/** Plans the requests for the rows of a plan. */
export function requestsOfReport<Measure>(plan: ReportPlan<Measure>, enough: number | null): FieldRequests {
  return requestsTo(plan.resource, plan.questionFor, plan.windows, enough);
}

/** Plans the requests for the total of a plan. */
export function requestsOfTotal<Measure>(plan: ReportPlan<Measure>): FieldRequests {
  const { resource, questionFor } = ungroupedPlan(plan);
  return requestsTo(resource, questionFor, plan.windows, null);
}

function requestsTo<Measure>(
  { pages, endpoint }: Resource<Measure>,
  questionFor: ReportPlan<Measure>["questionFor"],
  { pieces }: Pick<Windows, "pieces">,
  enough: number | null,
): FieldRequests {
  const questions = pieces.map(questionFor);
  return pages === "rows"
    ? requestsFor(endpoint, questions, enough, pieces)
    : requestsFor(endpoint, questions, enough, pieces);
}

/** The first of the days that upstream has let go of and that are not kept; null where all can be answered. Costs no request. */
async function firstLetGo(upstream: Upstream, { plans }: FieldRequests, earliest: Day): Promise<Day | null> {
  const letGo = plans.filter(({ range }) => range !== null && range.from < earliest);
  const kept = await Promise.all(letGo.map((plan) => plan.kept(upstream)));
  return letGo.find((_, i) => !kept[i]?.isWhole)?.range?.from ?? null;
}

/** Whether every day of a plan can be asked for, or is kept. */
export async function isAnswerable<Measure>(upstream: Upstream, plan: ReportPlan<Measure>): Promise<boolean> {
  const earliest = earliestDay(plan.resource.endpoint, plan.asOf);
  return (await firstLetGo(upstream, requestsOfReport(plan, null), earliest)) === null;
}

async function refuseLetGo<Measure>(
  upstream: Upstream,
  { endpoint }: Resource<Measure>,
  requests: FieldRequests,
  asOf: Instant,
): Promise<void> {
  const earliest = earliestDay(endpoint, asOf);
  const missing = await firstLetGo(upstream, requests, earliest);
  if (missing !== null) throw notCovered(endpoint.dataset, earliest, missing);
}

/** What of a walk is about the days that were wanted, where whole months were asked for. */
function within<Row extends Span>(
  walk: Walk<Row>,
  pieces: readonly DayRange[],
  subject: Subject,
  ready: () => Promise<void>,
): Walk<Row> {
  return async function* (from) {
    await ready();
    for await (const page of walk(from)) {
      const piece = pieces[page.window] as DayRange;
      const [begin, end] = [startOf(piece.from), startOf(piece.until)];
      const rows = page.rows.filter((row) => row.from >= begin && row.until <= end);
      yield { ...page, rows, covers: piece, state: finalityOf(subject, piece, page.seen) };
    }
  };
}

/** Every row of a plan, window by window. */
export async function readReport<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
): Promise<Whole<GatewayRow<Measure>>> {
  const { rows, sources } = await wholeOf(
    plan.windows.pieces.map((piece) => walkReport(upstream, plan, [piece])),
  );
  return { rows: toldApart(plan, rows), sources };
}

/**
 * Rows without an actor can be of several identities that upstream hides: those of the Console, and any that read alike within one
 * bucket. They must not be added up as one. In the Enterprise organization they are otherwise usage that has no identity.
 */
export function toldApart<Measure, Row extends ReportRow<Measure>>(
  { question, source }: ReportPlan<Measure>,
  rows: readonly Row[],
): readonly Row[] {
  if (!question.groupBy.includes("ACTOR")) return rows;
  const nameless = rows.filter(({ actor }) => actor === null);
  const different = new Set(nameless.map((row) => `${row.from} ${dimensionKey(row)}`));
  const areHidden = source.organization === "CONSOLE" || different.size < nameless.length;
  return areHidden ? rows.map((row, i) => (row.actor === null ? { ...row, hidden: i } : row)) : rows;
}

/** The state of a row, worked out once for all rows of one span: a page has a thousand rows, and a few buckets. */
function statesBy(seen: Instant | null): (row: Span) => Finality {
  const states = new Map<string, Finality>();
  return ({ from, until }) => {
    const span = `${from} ${until}`;
    const state =
      states.get(span) ??
      finalityOf("money", { from: dayOf(from), until: addDays(dayOf(until - 1), 1) }, seen);
    states.set(span, state);
    return state;
  };
}

/** The exact total of a plan's range and filters, whatever it is grouped by; null where upstream has no row at all. */
export async function totalOf<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
): Promise<Measure | null> {
  const { rows } = await wholeOf(plan.windows.pieces.map((piece) => ungrouped(upstream, plan, piece)));
  return sumOf(
    plan.algebra,
    rows.filter(matchesAny(plan.question)).map(({ measure }) => measure),
  );
}

/** Split by nothing but what tells which rows are wanted. */
function ungroupedPlan<Measure>({ question, source, asOf }: ReportPlan<Measure>) {
  const whole = { ...question, groupBy: dimensionsOfAny(question) };
  const resource = source.resourceFor(whole);
  return {
    resource,
    questionFor: (piece: DayRange) => sharedQuestion(resource, { ...whole, range: piece }, asOf),
  };
}

/** One row for each bucket of the piece, or for all of it. */
export function ungrouped<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  piece: DayRange,
): Walk<ReportRow<Measure>> {
  const { resource, questionFor } = ungroupedPlan(plan);
  const question = questionFor(piece);
  const pieces = [piece];
  const ready = () =>
    refuseLetGo(upstream, resource, requestsTo(resource, questionFor, { pieces }, null), plan.asOf);
  const { subject } = resource.endpoint;
  if (resource.pages === "rows")
    return within(walkOf(upstream, resource.endpoint, [question]), pieces, subject, ready);
  const buckets = within(walkOf(upstream, resource.endpoint, [question]), pieces, subject, ready);
  return mapPages(buckets, (page) => page.rows.flatMap(({ rows }) => rows));
}

/**
 * The days of a plan that are surely whole by upstream's export. Throws NOT_YET_AVAILABLE. The newest month tells, unless no export
 * covers it yet, as on its first day: then the month before does.
 */
export async function wholeDaysOf<Measure>(upstream: Upstream, plan: ReportPlan<Measure>): Promise<DayRange> {
  const { from } = plan.windows.range;
  for (const piece of plan.windows.pieces.toReversed()) {
    const seen = await exportOf(upstream, plan, piece);
    const until = seen === null ? piece.from : earlier(piece.until, dayOf(seen));
    if (until > piece.from) return { from, until };
  }
  const { dataset } = plan.resource.endpoint;
  throw new GatewayError(
    "NOT_YET_AVAILABLE",
    `${dataset} has no whole day from ${from} on yet; leave \`incomplete\` out to see what there is.`,
    { dataset },
  );
}

/** How far upstream's export reaches into a piece, which its first page says; null where none covers it. */
async function exportOf<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  piece: DayRange,
): Promise<Instant | null> {
  for await (const { seen } of ungrouped(upstream, plan, piece)(null)) return seen;
  return null;
}

/** Upstream exports at least once in a day: what began so many days ago has an export, or that is late. */
export const EXPORT_DAYS = 2;

/** Plans the requests that say which days of a plan are whole. */
export function requestsOfWholeDays<Measure>(plan: ReportPlan<Measure>): FieldRequests {
  const { plans } = requestsOfTotal(plan);
  const recent = addDays(dayOf(plan.asOf), -EXPORT_DAYS);
  const telling = plan.windows.pieces.findLastIndex((piece) => piece.from < recent);
  return { plans: plans.slice(Math.max(telling, 0)), enough: null };
}

/** Dimensions with few values: a month of days by one or two of them is a page. */
const FEW_VALUES: ReadonlySet<Dimension> = new Set([
  "PRODUCT",
  "MODEL",
  "CONTEXT_WINDOW",
  "INFERENCE_GEO",
  "SPEED",
  "SERVICE_TIER",
  "COST_TYPE",
  "TOKEN_TYPE",
  "ACTOR_TYPE",
  "CLAUDE_TAG_CATEGORY",
]);

/**
 * The question as upstream is asked it: by whole months of days where that costs no more, so that all questions about a month
 * are one and the same, wherever they begin and end. Final days are not asked for together with days that still move: their
 * answer is kept for good.
 */
function sharedQuestion<Measure>(
  { pages, endpoint }: Resource<Measure>,
  question: ReportQuestion,
  asOf: Instant,
): ReportQuestion {
  const { range, bucket, groupBy } = question;
  if (bucket === "HOUR" || bucket === "MINUTE") return question;
  const few = groupBy.every((each) => FEW_VALUES.has(each)) && groupBy.length <= (bucket === "DAY" ? 2 : 1);
  if (pages === "rows" && !few) return question;
  const month = monthAround(range, endpoint, asOf);
  const isFinal = (days: DayRange) => finalityOf(endpoint.subject, days, asOf) === "FINAL";
  return isFinal(range) && !isFinal(month) ? question : { ...question, range: month, bucket: "DAY" };
}

/** The calendar month that a piece of one is in, as far as upstream can be asked for it; all of it where it cannot be. */
function monthAround(piece: DayRange, endpoint: Resource<unknown>["endpoint"], asOf: Instant): DayRange {
  const first = startOfMonth(piece.from);
  const earliest = earliestDay(endpoint, asOf);
  return {
    from: piece.from < earliest ? later(first, endpoint.coverage?.earliest ?? first) : later(first, earliest),
    until: earlier(addMonths(first, 1), later(addDays(dayOf(asOf), 1), piece.until)),
  };
}

/**
 * The rows of a page of buckets. Upstream cuts a bucket off after its largest groups without a word; where one may have been
 * cut, what its rows lack of the bucket's total becomes a row of its own, so that sums always match.
 */
async function withRemainders<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  window: DayRange,
  buckets: readonly Bucket<Measure>[],
): Promise<Omit<GatewayRow<Measure>, "state">[]> {
  const { source, question, algebra } = plan;
  const cut = (bucket: Bucket<Measure>) =>
    source.largestGroups !== null && bucket.rows.length >= source.largestGroups;
  let totals = new Map<Instant, ReportRow<Measure>>();
  if (question.groupBy.length > 0 && buckets.some(cut)) {
    if (question.groupBy.includes("GROUP")) {
      throw badInput(
        `Upstream keeps ${source.largestGroups} groups of a bucket, and people in several groups count in each, so what is left out cannot be stated; group by fewer dimensions or filter.`,
      );
    }
    const { rows } = await whole(ungrouped(upstream, plan, window));
    totals = new Map(rows.map((total) => [total.from, total]));
  }
  return buckets.flatMap((bucket) => {
    const rows = largestFirst(bucket.rows, algebra).map((row) => ({ ...row, isRemainder: false }));
    const total = cut(bucket) ? totals.get(bucket.from) : undefined;
    if (total === undefined) return rows;
    const rest = rows.reduce<Measure>((left, row) => algebra.minus(left, row.measure), total.measure);
    return algebra.isZero(rest)
      ? rows
      : [
          ...rows,
          { ...NO_DIMENSIONS, from: bucket.from, until: bucket.until, measure: rest, isRemainder: true },
        ];
  });
}
