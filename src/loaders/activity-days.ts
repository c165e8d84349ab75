import { type Finality, finalityOf } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import type { ActiveUsers, ActivityDay, Seats } from "../domain/activity.ts";
import { addDays, type Day, dayOf, earlier, type Instant, later } from "../domain/day.ts";
import { type DayRange, oneDay, splitByDay } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { ENGAGEMENT_LAG_MS } from "../upstream/endpoints/coverage.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { collect, mapPages, pagesOf } from "../upstream/pages/iterate.ts";
import { type Covered, earliestDay, windowsOf } from "../upstream/pages/windows.ts";
import { type FieldRequests, requestsFor } from "../upstream/plan.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { loader } from "./loader.ts";

/** A day, and whether its figures can still move. */
export interface SettlingDay extends ActivityDay {
  readonly state: Finality;
  /** True if its seats are those of now; a final day can have them from when it was first asked for. */
  readonly isSeated: boolean;
}

/**
 * The days of the range that upstream has aggregated, oldest first. What is kept of final days is not asked for again: the
 * others are one request, from the first that is missing to the last.
 */
export async function activityDays(ctx: Context, asked: DayRange): Promise<readonly SettlingDay[]> {
  const { range } = windowsOf(activitySummaries, asked, ctx.now());
  const days = splitByDay(range);
  const kept = await Promise.all(days.map((day) => ctx.upstream.kept(activitySummaries, { range: day })));
  const span = spanOf(days.filter((_, i) => kept[i] === null));
  const found = kept.flatMap((page) => page?.rows ?? []).map((day) => settling(day, "FINAL"));
  if (span === null) return found;
  const others = await untilNewest(span, (range) => summaries(ctx, range));
  const all = [...found.filter(({ date }) => date < span.from || date >= span.until), ...others];
  const newest = all.findLast(({ isSeated }) => isSeated) ?? null;
  return all
    .map((day) => (day.isSeated || newest === null ? day : withSeats(day, newest)))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

function settling(day: ActivityDay, state: Finality): SettlingDay {
  return { ...day, state, isSeated: state !== "FINAL" };
}

/** Plans the requests of `activityDays`. */
export function activityDayRequests(ctx: Context, asked: DayRange): FieldRequests {
  const { range } = windowsOf(activitySummaries, asked, ctx.now());
  const kept = async (upstream: Upstream) => {
    const days = splitByDay(range);
    const pages = await Promise.all(
      days.map((day) => upstream.peek(activitySummaries, { range: day }, null)),
    );
    const span = spanOf(days.filter((_, i) => pages[i]?.state !== "FINAL"));
    const isComplete =
      span === null || (await upstream.peek(activitySummaries, { range: span }, null)) !== null;
    return { rows: 0, isComplete };
  };
  const name = `ACTIVITY_SUMMARIES from ${range.from} until ${range.until}`;
  return { plans: [{ endpoint: activitySummaries, range, name, kept }], enough: null };
}

/** From the first of some days to the last; null where there are none. They come oldest first. */
function spanOf(days: readonly DayRange[]): DayRange | null {
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? null : { from: first.from, until: last.until };
}

/**
 * Upstream says of every day how many seats there are now, so a day that is kept for good would tell of another moment than the
 * days beside it. It takes them from one that still moves; a range of final days alone asks for that when seats are wanted.
 */
export async function seated(ctx: Context, day: SettlingDay): Promise<SettlingDay> {
  return day.isSeated ? day : withSeats(day, await newestDay(ctx));
}

function withSeats(day: SettlingDay, newest: Seats | null): SettlingDay {
  return { ...day, ...seatsOf(newest, day.all), isSeated: true };
}

/** Null while upstream cannot be asked: final days need it for nothing but their seats. */
async function newestDay(ctx: Context): Promise<Seats | null> {
  try {
    return (await lastDays(ctx)).at(-1) ?? null;
  } catch (fault) {
    if (fault instanceof GatewayError) return null;
    throw fault;
  }
}

function seatsOf(newest: Seats | null, { daily, weekly, monthly }: ActiveUsers) {
  const { seats, pendingInvites, scienceEntitled } = newest ?? UNKNOWN;
  const share = (people: number | null) =>
    people === null || seats === null ? null : adoption(people, seats);
  return {
    seats,
    pendingInvites,
    scienceEntitled,
    dailyAdoption: share(daily),
    weeklyAdoption: share(weekly),
    monthlyAdoption: share(monthly),
  };
}

const UNKNOWN: Seats = { seats: null, pendingInvites: null, scienceEntitled: null };

/** As upstream states it: a percentage with two decimals, at most 100, since people without a seat any more count too. */
function adoption(people: number, seats: number): number {
  return seats === 0 ? 0 : Math.min(100, Math.round((people / seats) * 10_000) / 100);
}

/** Those of the days that upstream has aggregated; `days` come oldest first. */
export async function aggregatedDays(ctx: Context, days: readonly DayRange[]): Promise<readonly DayRange[]> {
  const last = days.at(-1);
  if (last !== undefined && !mayBeUncounted(last, ctx)) return days;
  const newest = (await lastDays(ctx)).at(-1)?.date;
  return newest === undefined ? [] : days.filter((day) => day.from <= newest);
}

/**
 * Returns those of the days that upstream has aggregated, oldest first. Throws NOT_YET_AVAILABLE where that is none of them, and
 * where they were named by date and one is missing.
 */
export async function countedDays(
  { dataset }: Covered,
  days: readonly DayRange[],
  isRelative: boolean,
  ctx: Context,
): Promise<readonly DayRange[]> {
  const counted = await aggregatedDays(ctx, days);
  const missing = isRelative ? days[0] : days[counted.length];
  if (missing === undefined || (isRelative && counted.length > 0)) return counted;
  throw uncounted(dataset, missing.from, (await lastDays(ctx)).at(-1)?.date ?? null);
}

/** Names the newest day beside one that upstream has not aggregated yet. */
function uncounted(dataset: string, day: Day, newestDay: Day | null): GatewayError {
  const newest = newestDay === null ? "no day is available yet" : `the newest day is ${newestDay}`;
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `${dataset} has no figures for ${day} yet; ${newest}.`,
    newestDay === null ? { dataset } : { dataset, newestDay },
  );
}

/** True if upstream has to be asked which days it has aggregated. */
export function mayBeUncounted({ from }: DayRange, { now }: Context): boolean {
  return from >= addDays(dayOf(now()), -AGGREGATION_DAYS);
}

/** Upstream aggregates a day some time on the next; after two it surely has. */
const AGGREGATION_DAYS = 2;

/** How many whole days the last ones are. */
const LAST_DAYS = 30;

/** How far back the newest day is looked for: as many whole days as that, though the newest ones are not whole yet. */
const REACH_DAYS = LAST_DAYS + AGGREGATION_DAYS;

/** The summaries of the last days there are. */
export async function lastDays(ctx: Context): Promise<readonly SettlingDay[]> {
  const known = reach(ctx, dayOf(ctx.now()));
  return known.from >= known.until
    ? []
    : untilNewest(known, ({ until }) => summaries(ctx, reach(ctx, until)));
}

/** The last days before one, as far as there can be any. */
export function reach({ now }: Context, until: Day): DayRange {
  return { from: later(addDays(until, -REACH_DAYS), earliestDay(activitySummaries, now())), until };
}

/** The last 30 days that are surely counted in full, oldest first, whatever the hour; there is one, or it is an error. */
export async function lastWholeDays(ctx: Context): Promise<readonly [SettlingDay, ...SettlingDay[]]> {
  const [first, ...others] = (await lastDays(ctx)).filter(isComplete).slice(-LAST_DAYS);
  if (first === undefined) throw noWholeDay(earliestDay(activitySummaries, ctx.now()));
  return [first, ...others];
}

/** The newest day that is certainly complete. */
export async function newestWholeDay(ctx: Context): Promise<Day> {
  const days = await lastWholeDays(ctx);
  return (days.at(-1) ?? days[0]).date;
}

/** The same as far as the clock tells, which is right unless upstream is late. */
export function likelyNewestDay(now: Instant): Day {
  return addDays(dayOf(now - ENGAGEMENT_LAG_MS), -1);
}

/** Days of the range that are certainly complete, which are all up to some day. */
export async function wholeDays(ctx: Context, asked: DayRange): Promise<DayRange> {
  const { range } = windowsOf(activitySummaries, asked, ctx.now(), "day");
  return mayBeUncounted(lastDayOf(range), ctx) ? untilDay(range, await newestWholeDay(ctx)) : range;
}

/** The range without the days after one. */
export function untilDay({ from, until }: DayRange, newest: Day): DayRange {
  const end = earlier(until, addDays(newest, 1));
  if (from >= end) throw noWholeDay(from);
  return { from, until: end };
}

export function lastDayOf({ until }: DayRange): DayRange {
  return oneDay(addDays(until, -1));
}

/** Returns the state of figures of activity as far as the clock tells; asks nothing. */
export function activityState(range: DayRange, now: Instant): Finality {
  return finalityOf("activity", range, now - ENGAGEMENT_LAG_MS);
}

export function isComplete({ state }: Pick<SettlingDay, "state">): boolean {
  return state !== "OPEN";
}

function noWholeDay(from: Day): GatewayError {
  return new GatewayError(
    "NOT_YET_AVAILABLE",
    `No day from ${from} on is complete yet; a UTC day is complete by 17:00 UTC of the next day.`,
    { dataset: "ACTIVITY_SUMMARIES" },
  );
}

/** True if the summary of a day is among the last ones. */
export function isRecent(day: Day, { now }: Context): boolean {
  return day >= addDays(dayOf(now()), -REACH_DAYS);
}

/** The summary of each day; null where upstream has none. One request for all, which recent days share with `lastDays`. */
export const summaryOfDay = loader(async (ctx, _params: Record<never, never>, keys) => {
  const days = (keys as readonly Day[]).toSorted();
  const [first, last] = [days[0] as Day, days.at(-1) as Day];
  const found = await (isRecent(first, ctx)
    ? lastDays(ctx)
    : activityDays(ctx, { from: first, until: addDays(last, 1) }));
  return new Map(found.map((day): [string, SettlingDay] => [day.date, day]));
});

/**
 * What `ask` says of the range, or of as much of it as upstream has aggregated. Upstream states nowhere else which day is the
 * newest, but in the refusal of one that is too new.
 */
async function untilNewest<T>(range: DayRange, ask: (range: DayRange) => Promise<T>): Promise<T> {
  try {
    return await ask(range);
  } catch (fault) {
    const newest = fault instanceof GatewayError ? fault.details.newestDay : undefined;
    if (newest === undefined || newest < range.from) throw fault;
    return ask({ from: range.from, until: addDays(newest, 1) });
  }
}

/** Upstream aggregates a day at this hour of the next at the earliest. */
const AGGREGATION_HOUR_MS = 10 * 3_600_000;

/**
 * The days a list of activity is about, as far as the clock tells. A range relative to now ends with the newest day that upstream can
 * have aggregated. Throws NOT_YET_AVAILABLE for days named by date that it cannot have, and where none is left.
 */
export function countedRange(
  endpoint: Covered,
  asked: DayRange,
  isRelative: boolean,
  { now }: Pick<Context, "now">,
): DayRange {
  const { range } = windowsOf(endpoint, asked, now());
  // Stated days are not cut at today: what is left would be an answer to another question.
  const counted = isRelative ? withoutUncounted(range, now()) : { from: range.from, until: asked.until };
  return statedRange(counted, now(), endpoint.dataset);
}

/** Returns a range of figures of activity as stated by date. Throws NOT_YET_AVAILABLE where upstream cannot have aggregated all of it. */
export function statedRange(range: DayRange, now: Instant, dataset = "USER_ACTIVITY"): DayRange {
  const end = countedUntil(now);
  if (range.until <= end) return range;
  throw uncounted(dataset, addDays(range.until, -1), addDays(end, -1));
}

/** Leaves off the days that upstream cannot have aggregated yet, unless there is no other day. */
export function withoutUncounted(range: DayRange, now: Instant): DayRange {
  const until = countedUntil(now);
  return range.from < until && until < range.until ? { from: range.from, until } : range;
}

/** The day after the newest one that upstream can have aggregated. */
function countedUntil(now: Instant): Day {
  return dayOf(now - AGGREGATION_HOUR_MS);
}

/** What `ask` says of a range; of one relative to now, as much of it as upstream has aggregated. */
export function overCounted<T>(
  endpoint: Covered,
  asked: DayRange,
  isRelative: boolean,
  ctx: Pick<Context, "now">,
  ask: (range: DayRange) => Promise<T>,
): Promise<T> {
  const range = countedRange(endpoint, asked, isRelative, ctx);
  return isRelative ? untilNewest(range, ask) : ask(range);
}

async function summaries({ upstream }: Context, range: DayRange): Promise<readonly SettlingDay[]> {
  const run = mapPages(pagesOf(upstream, activitySummaries, [{ range }]), ({ rows, asOf }) =>
    rows.map((day) => settling(day, finalityOf("activity", oneDay(day.date), asOf))),
  );
  return (await collect(run)).rows;
}

/** Plans the request that says which day is the newest that upstream has aggregated. */
export function newestDayRequests(ctx: Context): FieldRequests {
  return requestsFor(activitySummaries, [{ range: reach(ctx, dayOf(ctx.now())) }]);
}
