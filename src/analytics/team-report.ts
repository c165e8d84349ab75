import { leastSettled } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import { dimensionKey, NO_DIMENSIONS, type ReportRow } from "../domain/bucket.ts";
import { dayOf, startOf, startOfMonth } from "../domain/day.ts";
import { GroupSize } from "../domain/group-size.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { inPieces, mappedInPieces, type ThreadTurn } from "../domain/pieces.ts";
import { type DayRange, daysOfSpan } from "../domain/range.ts";
import {
  NO_PERSON,
  type PersonKeys,
  type Placement,
  personKey,
  placementKey,
  type Teams,
} from "../domain/team.ts";
import { memberById } from "../loaders/members.ts";
import { teamRequests, teamsNow } from "../loaders/teams.ts";
import { consoleMembers } from "../upstream/endpoints/members.ts";
import { type Collected, collectAll, type PageProvenance, type PageRun } from "../upstream/pages/iterate.ts";
import { type FieldRequests, requestsFor, requestsOfChanges } from "../upstream/plan.ts";
import { type Algebra, merged, sumOf } from "./ranking.ts";
import { listsOnlyPeople, planBy, type ReportPlan } from "./report/plan.ts";
import { pagesOfReport, withHidden } from "./report/read.ts";
import type { GatewayRow } from "./report/report.ts";
import { requestsOfReport, requestsOfTotal } from "./report/requests.ts";
import { peopleIn } from "./report/sources.ts";
import { ungrouped } from "./report/total.ts";

/** A report of people put together by team: its buckets, oldest first, and what is in them more than once. */
interface TeamReport<Measure> {
  /** The rows of a bucket, largest first. */
  readonly buckets: readonly (readonly GatewayRow<Measure>[])[];
  /** By how much the rows add up to more than the whole; null where there are none. */
  readonly overlap: Measure | null;
  readonly sources: readonly PageProvenance[];
}

/** Every team once for the whole range, largest first. */
export async function rankByTeam<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
): Promise<Collected<GatewayRow<Measure>>> {
  const { buckets, sources } = await reportByTeam(ctx, plan, plan.windows.ranges);
  return { rows: buckets.flat(), sources };
}

/**
 * Pages of the rows in order of time, one page per window: the figures of a team are complete only when all people of the window
 * have been read.
 */
export function pagesByTeam<Measure>(ctx: Context, plan: ReportPlan<Measure>): PageRun<GatewayRow<Measure>> {
  return async function* (from) {
    for (const [window, range] of plan.windows.ranges.entries()) {
      if (from !== null && window < from.window) continue;
      const { buckets, sources } = await reportByTeam(ctx, plan, [range]);
      yield {
        ...together(sources, range),
        rows: buckets.flat(),
        window,
        token: null,
        next: null,
        restarted: false,
      };
    }
  };
}

/** How much the rows of all pages count more than once, people in several teams being in each; null: there are no rows. */
export async function overlapOf<Measure>(ctx: Context, plan: ReportPlan<Measure>): Promise<Measure | null> {
  return (await reportByTeam(ctx, plan, plan.windows.ranges)).overlap;
}

/** Plans the requests of a report by team. */
export function requestsByTeam<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  enough: number | null,
): readonly FieldRequests[] {
  return [
    requestsOfReport(plan, enough),
    ...requestsByDay(ctx, plan),
    ...(listsOnlyPeople(plan) ? [requestsOfTotal(plan)] : []),
    ...(lacksAddresses(plan) ? [requestsFor(consoleMembers, [{}])] : []),
    ...teamRequests(ctx),
  ];
}

/** The Console's older report names people by id alone. */
function lacksAddresses<Measure>({ source: { organization, source } }: ReportPlan<Measure>): boolean {
  return organization === "CONSOLE" && source === "LEGACY";
}

async function reportByTeam<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  ranges: readonly DayRange[],
): Promise<TeamReport<Measure>> {
  const teams = await teamsNow(ctx);
  const { rows: read, sources } = await collectAll(
    ranges.map((range) => pagesOfReport(ctx.upstream, plan, [range])),
  );
  const rows = withHidden(plan, read);
  const { turn } = ctx.upstream;
  const { placed, sources: daysRead } = await placedByDay(ctx, plan, teams, rows);
  for (const row of await restOf(ctx, plan, ranges, rows)) placed.push({ row, places: [NO_PERSON] });
  const byBucket = Map.groupBy(placed, ({ row }) => bucketOf(plan, row));
  const shares = new MonthShares(plan.algebra);
  const buckets: InTeams<Measure>[] = [];
  for (const [, bucket] of [...byBucket].sort(([a], [b]) => a - b))
    buckets.push(await inTeams(plan, bucket, shares, turn));
  const none = placed.slice(0, 1).map(({ row: { measure } }) => plan.algebra.minus(measure, measure));
  return {
    buckets: buckets.map(({ rows }) => rows),
    overlap: sumOf(plan.algebra, [...none, ...buckets.flatMap(({ twice }) => twice)]),
    sources: [...sources, ...daysRead],
  };
}

/**
 * Places each row in the teams of its person on its days. The figures of people who change teams within a row are read again, day by day.
 * All others are not read by days, which would be a row for each person and day.
 */
async function placedByDay<Measure>(
  ctx: Context,
  plan: ReportPlan<Measure>,
  teams: Teams,
  rows: readonly GatewayRow<Measure>[],
): Promise<{ readonly placed: Placed<Measure>[]; readonly sources: readonly PageProvenance[] }> {
  const { turn } = ctx.upstream;
  const placed: Placed<Measure>[] = [];
  const moving: GatewayRow<Measure>[] = [];
  const found = await mappedInPieces(rows, turn, async (row): Promise<Placed<Measure> | null> => {
    const person = await personOf(ctx, plan.source.organization, row);
    if (person === null) return { row, places: [NO_PERSON] };
    const places = teams.placesThroughout(person, daysOfSpan(row));
    return places && { row: { ...row, ...groupSizeOf(ctx, plan, row, person) }, places };
  });
  for (const [i, each] of found.entries()) {
    if (each !== null) placed.push(each);
    else moving.push(rows[i] as GatewayRow<Measure>);
  }
  if (moving.length === 0) return { placed, sources: [] };
  const byDay = plansByDay(plan, moving).map((each) => pagesOfReport(ctx.upstream, each));
  const days = await collectAll(byDay);
  const rest = await placedByDay(ctx, plan, teams, days.rows);
  return { placed: [...placed, ...rest.placed], sources: days.sources };
}

/** The most values that upstream takes in a filter. */
const MAX_FILTERED = 100;

/** Plans to read the people of some rows by days. */
function plansByDay<Measure>(
  plan: ReportPlan<Measure>,
  rows: readonly GatewayRow<Measure>[],
): ReportPlan<Measure>[] {
  const bySpan = Map.groupBy(rows, ({ from, until }) => `${from} ${until}`);
  return [...bySpan.values()].flatMap((alike) => {
    const ids = [...new Set(alike.map(idOfPerson))].sort();
    return alike
      .slice(0, 1)
      .flatMap((row) =>
        Array.from({ length: Math.ceil(ids.length / MAX_FILTERED) }, (_, i) =>
          planByDay(plan, daysOfSpan(row), ids.slice(i * MAX_FILTERED, (i + 1) * MAX_FILTERED)),
        ),
      );
  });
}

function planByDay<Measure>(
  { source, algebra, question, asOf }: ReportPlan<Measure>,
  range: DayRange,
  ids: readonly string[],
): ReportPlan<Measure> {
  const people = peopleIn(source.names);
  if (people === null) throw new Error("a report without people is not grouped by team");
  const filter = { ...question.filter, [people]: ids };
  return planBy(source, algebra, { ...question, range, bucket: "DAY", filter }, asOf);
}

function idOfPerson({ user, actor, accountId }: ReportRow<unknown>): string {
  const id = user?.userId ?? (actor?.kind === "person" ? actor.user.userId : accountId);
  if (id === null) throw new Error("a row without a person changes no teams");
  return id;
}

/** Plans the requests for the days of people who change teams within a window. */
function requestsByDay<Measure>(
  { orgDirectory: { teams } }: Context,
  { question, resource, windows }: ReportPlan<Measure>,
): readonly FieldRequests[] {
  if (teams === null || resource.hasBuckets || question.bucket !== "NONE") return [];
  const changing = windows.ranges.map((range) => ({
    range,
    requests: Math.ceil(teams.changesIn(range).people / MAX_FILTERED),
  }));
  return requestsOfChanges(resource.endpoint, changing, question);
}

interface Placed<Measure> {
  readonly row: GatewayRow<Measure>;
  readonly places: readonly Placement[];
}

interface InTeams<Measure> {
  readonly rows: readonly GatewayRow<Measure>[];
  readonly twice: readonly Measure[];
}

/** The rows of one bucket by team. Those of people in the same teams are added up first, so that little is left over to split. */
async function inTeams<Measure>(
  plan: ReportPlan<Measure>,
  placed: readonly Placed<Measure>[],
  shares: MonthShares<Measure>,
  turn: ThreadTurn,
): Promise<InTeams<Measure>> {
  const { question, algebra, windows } = plan;
  const { groupBy, overlap = "COUNT_IN_EACH", bucket } = question;
  const state = leastSettled(placed.map(({ row }) => row.state));
  const span =
    bucket === "NONE" ? { from: startOf(windows.range.from), until: startOf(windows.range.until) } : {};
  const alike = new Map<
    string,
    { readonly places: readonly Placement[]; readonly people: GatewayRow<Measure>[] }
  >();
  await inPieces(placed, turn, ({ row, places }) => {
    const key = JSON.stringify([startOfMonth(dayOf(row.from)), ...places.map(placementKey)]);
    alike
      .getOrInsertComputed(key, () => ({ places, people: [] }))
      .people.push({
        ...row,
        ...span,
        state,
        user: groupBy.includes("USER") ? row.user : null,
        accountId: groupBy.includes("USER") ? row.accountId : null,
        actor: groupBy.includes("ACTOR") ? row.actor : null,
      });
  });
  const twice: Measure[] = [];
  const rows: GatewayRow<Measure>[] = [];
  for (const [key, { places, people }] of alike) {
    await inPieces(await merged(people, algebra, turn), turn, (row) => {
      const group = `${key} ${dimensionKey(row)}`;
      const parts = overlap === "SPLIT" ? shares.of(group, row.measure, places.length) : null;
      if (parts === null) twice.push(...places.slice(1).map(() => row.measure));
      for (const [i, team] of places.entries())
        rows.push({ ...row, team, measure: parts?.[i] ?? row.measure });
    });
  }
  return { rows: await merged(rows, algebra, turn), twice };
}

/**
 * Parts of figures that are split between teams. What is left over at the last digit is given out by calendar month: buckets get what
 * their month has come to by then, less what it had before, so that days, weeks, months and whole ranges add up to one another.
 */
class MonthShares<Measure> {
  readonly #algebra: Algebra<Measure>;
  readonly #sums = new Map<string, Measure>();

  constructor(algebra: Algebra<Measure>) {
    this.#algebra = algebra;
  }

  /** The next figure of a group of one month, oldest first, in so many parts. */
  of(group: string, measure: Measure, count: number): readonly Measure[] {
    const { plus, minus, split } = this.#algebra;
    const before = this.#sums.get(group);
    const sum = before === undefined ? measure : plus(before, measure);
    this.#sums.set(group, sum);
    const parts = split(sum, count);
    if (before === undefined) return parts;
    return split(before, count).map((had, i) => minus(parts[i] ?? had, had));
  }
}

/** The figures without a person, where the report lists people only: the rest of each bucket's total. */
async function restOf<Measure>(
  { upstream }: Context,
  plan: ReportPlan<Measure>,
  ranges: readonly DayRange[],
  rows: readonly GatewayRow<Measure>[],
): Promise<GatewayRow<Measure>[]> {
  if (!listsOnlyPeople(plan)) return [];
  const totals = await collectAll(ranges.map((range) => ungrouped(upstream, plan, range)));
  const state = leastSettled(totals.sources.map((source) => source.state));
  const ofPeople = Map.groupBy(rows, (row) => bucketOf(plan, row));
  return [...Map.groupBy(totals.rows, (row) => bucketOf(plan, row))].flatMap(([bucket, all]) => {
    const [first, ...others] = all;
    if (first === undefined) return [];
    const { plus, minus, isZero } = plan.algebra;
    const total = others.reduce((sum, { measure }) => plus(sum, measure), first.measure);
    const rest = (ofPeople.get(bucket) ?? []).reduce((left, { measure }) => minus(left, measure), total);
    // Of the other dimensions nothing is known, which is what the remainder of a cut bucket is like.
    const isRemainder = plan.question.groupBy.length > 1;
    const { from, until } = first;
    return isZero(rest) ? [] : [{ ...NO_DIMENSIONS, from, until, measure: rest, isRemainder, state }];
  });
}

/** Rows of one bucket have the same number. */
function bucketOf<Measure>({ question }: ReportPlan<Measure>, { from }: ReportRow<Measure>): number {
  return question.bucket === "NONE" ? 0 : from;
}

/** Returns the person of a row; null: none. */
async function personOf(
  ctx: Context,
  organization: OrganizationKind,
  { user, actor, accountId }: ReportRow<unknown>,
): Promise<PersonKeys | null> {
  const person = user ?? (actor?.kind === "person" ? actor.user : null);
  if (person !== null) {
    const userId = organization === "ENTERPRISE" ? person.userId : null;
    const { email = person.formerEmail } = person;
    if (email !== undefined) return { userId, email };
    // Archived figures name people by their ids alone.
    const member = await memberById(ctx, { organization }).load(person.userId);
    return { userId, email: member?.email ?? null };
  }
  if (accountId === null) return null;
  const member = await memberById(ctx, { organization: "CONSOLE" }).load(accountId);
  return { userId: null, email: member?.email ?? null };
}

/** The size of the group, only where it decides what is shown. A person without figures is not counted. */
function groupSizeOf<Measure>(
  { viewer: { minPeople }, orgDirectory }: Context,
  { algebra }: ReportPlan<Measure>,
  { measure }: ReportRow<Measure>,
  person: PersonKeys,
): Pick<ReportRow<Measure>, "groupSize"> {
  if (minPeople === 0) return {};
  return {
    groupSize: new GroupSize(
      minPeople,
      algebra.isZero(measure) ? [] : [personKey(person, orgDirectory.aliases)],
    ),
  };
}

/** The pages of a window as one. */
function together(sources: readonly PageProvenance[], range: DayRange): PageProvenance {
  const oldest = (of: (source: PageProvenance) => number | null) =>
    sources.map(of).reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)), Infinity);
  return {
    watermark: oldest(({ watermark }) => watermark),
    asOf: oldest(({ asOf }) => asOf),
    fetchedAt: Math.min(...sources.map(({ fetchedAt }) => fetchedAt)),
    range,
    state: leastSettled(sources.map(({ state }) => state)),
    stale: sources.find(({ stale }) => stale !== null)?.stale ?? null,
  };
}
