import { addDays, type Day, dayOf, type Instant, parseDay } from "../../domain/day.ts";
import {
  DATA_START,
  type DayNumber,
  dayAt,
  dayNumber,
  dayNumberOf,
  HOUR_MS,
  startOfNumber,
} from "../calendar.ts";
import { type Parameter, type Query, Refusal, type Request } from "../endpoint.ts";
import type { Engagement, Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import { isDeleted } from "../organization/groups.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "../reports/cells.ts";

/** Days from `from` up to but not including `until`. */
export interface Days {
  readonly from: DayNumber;
  readonly until: DayNumber;
}

export type Grouping = "product" | "rbac_group_id" | "user_id";

/** One request to an engagement endpoint, understood. Plain data, so that equal questions have equal text. */
export interface Question {
  readonly days: Days;
  /** True if `starting_date` was sent: rows roll up a range, and most counts of different things are estimates. */
  readonly isRange: boolean;
  readonly asOf: Instant;
  readonly groupBy: readonly Grouping[];
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

/** True if a row adds up days or members, so that counts per session or conversation are unknown. */
export function aggregates({ isRange, groupBy }: Question): boolean {
  return isRange || groupBy.includes("rbac_group_id");
}

const LONGEST_DAYS = 366;
const AVAILABLE_AT_HOUR = 10;

/** The newest day that can be requested: a day is aggregated the next morning at ten o'clock UTC. */
function newestDay(now: Instant): DayNumber {
  return dayNumberOf(now - AVAILABLE_AT_HOUR * HOUR_MS) - 1;
}

/** When the figures being served were aggregated. */
export function aggregatedAt(now: Instant): Instant {
  return startOfNumber(newestDay(now) + 1) + AVAILABLE_AT_HOUR * HOUR_MS;
}

/** The parameters of a list with filters and groupings, apart from those of its paging. */
export function engagementParameters(
  filter: RegExp,
  groupings: readonly Grouping[],
): Readonly<Record<string, Parameter>> {
  return {
    date: { type: "day" },
    starting_date: { type: "day" },
    ending_date: { type: "day" },
    "filter[]": { type: "list", maxItems: 100, pattern: filter },
    "group_by[]": { type: "list", maxItems: 100, values: groupings },
    order: { type: "text", values: ["asc", "desc"] },
    order_by: { type: "text" },
  };
}

/** `products`: those the endpoint knows. */
export function question({ query, now }: Request, products = PRODUCTS): Question {
  const isRange = query.has("starting_date");
  const date = dayOfQuery(query, "date");
  if (date !== null && isRange) throw new Refusal(400, "date: not together with starting_date");
  if (date === null && !isRange) throw new Refusal(400, "date: required, unless starting_date is sent");
  if (query.has("ending_date") && !isRange) throw new Refusal(400, "ending_date: needs starting_date");
  return {
    days: date === null ? rangeOf(query, now) : dayRange(date, now),
    isRange,
    asOf: aggregatedAt(now),
    groupBy: [...new Set(query.list("group_by[]"))].sort() as Grouping[],
    filters: filtersOf(query, products),
  };
}

function dayRange(date: Day, now: Instant): Days {
  available("date", date, now);
  const from = dayNumber(date);
  return { from, until: from + 1 };
}

/** The days of `starting_date` and `ending_date` that can be counted already. */
export function rangeOf(query: Query, now: Instant): Days {
  const start = dayOfQuery(query, "starting_date");
  if (start === null) throw new Refusal(400, "starting_date: required");
  available("starting_date", start, now);
  const today = dayOf(now);
  const end = dayOfQuery(query, "ending_date") ?? today;
  if (end > today) throw new Refusal(400, `ending_date: at most today, ${today}; ${latest(now)}`);
  if (end <= start) throw new Refusal(400, "ending_date: must be after starting_date");
  if (end > addDays(start, LONGEST_DAYS)) {
    throw new Refusal(400, `ending_date: at most ${LONGEST_DAYS} days after starting_date`);
  }
  return { from: dayNumber(start), until: Math.min(dayNumber(end), newestDay(now) + 1) };
}

function available(name: string, day: Day, now: Instant): void {
  if (day < DATA_START) throw new Refusal(400, `${name}: not before ${DATA_START}`);
  if (dayNumber(day) > newestDay(now)) {
    throw new Refusal(400, `${name}: ${day} is not available yet; ${latest(now)}`);
  }
}

function latest(now: Instant): string {
  return `the latest available date is ${dayAt(newestDay(now))}`;
}

function dayOfQuery(query: Query, name: string): Day | null {
  return parseDay(query.text(name) ?? "");
}

const PRODUCTS: readonly string[] = ["chat", "claude_code", "cowork", "office_agent", "chat_cowork_unified"];

const FILTER_VALUES: Readonly<Record<string, readonly string[]>> = {
  is_shared: ["false", "true"],
  share_status: ["organization", "private", "public"],
};

export function filtersOf(query: Query, products = PRODUCTS): Question["filters"] {
  const filters: Record<string, string[]> = {};
  for (const entry of query.list("filter[]")) {
    const colon = entry.indexOf(":");
    const [dimension, value] = [entry.slice(0, colon), entry.slice(colon + 1)];
    const allowed = dimension === "product" ? products : FILTER_VALUES[dimension];
    if (allowed !== undefined && !allowed.includes(value)) {
      throw new Refusal(400, `filter[]: ${dimension} is none of ${allowed.join(", ")}`);
    }
    filters[dimension] ??= [];
    filters[dimension].push(value);
  }
  return filters;
}

/** Who passes `filter[]=user_id:` and, by membership on the day, `filter[]=rbac_group_id:`. */
export interface Membership {
  /** Undefined: all people. */
  readonly people: readonly number[] | undefined;
  has(person: Person, day: DayNumber): boolean;
  /** The groups a person's day counts in, as ids; null for people in none. */
  groups(person: Person, day: DayNumber): readonly (string | null)[];
}

export function membership(organization: Organization, filters: Question["filters"]): Membership {
  const users = filters.user_id;
  const wanted = filters.rbac_group_id;
  const groups = wanted && new Set(wanted.map((id) => organization.groups.find(id)));
  const { enterprise } = organization.directories;
  const indices = users?.map((id) => enterprise.personIndex(id));
  return {
    people:
      indices &&
      ([...new Set(indices.filter((index) => index !== null && index < organization.members))] as number[]),
    has: (person, day) =>
      groups === undefined || organization.groups.of(person, day).some((group) => groups.has(group)),
    groups(person, day) {
      const held = organization.groups.of(person, day);
      if (groups !== undefined) return held.filter((group) => groups.has(group)).map(({ id }) => id);
      return held.length === 0 ? [null] : held.map(({ id }) => id);
    },
  };
}

/** A fact as one member's activity. */
export interface Act {
  readonly fact: Fact;
  readonly engagement: Engagement;
  readonly person: Person;
  readonly day: DayNumber;
}

/** Activity of members in a question's days that passes the filters by user, group and product. */
export function* actsOf(ledger: Ledger, { days, asOf, filters }: Question): Iterable<Act> {
  const { organization } = ledger;
  const members = membership(organization, filters);
  const products = filters.product && new Set<string>(filters.product);
  for (const fact of ledger.facts("enterprise", spanOf(days), asOf, members.people)) {
    const { engagement, person: index } = fact;
    if (engagement === null || index === null) continue;
    if (products !== undefined && !products.has(engagement.surface)) continue;
    const person = organization.person(index);
    const day = dayNumberOf(fact.at);
    if (members.has(person, day)) yield { fact, engagement, person, day };
  }
}

export function spanOf({ from, until }: Days) {
  return { from: startOfNumber(from), until: startOfNumber(until) };
}

/** The tuples of `group_by[]` values an act counts under. */
export function groupKeysOf(
  organization: Organization,
  requested: Question,
): (act: Act) => readonly (readonly Value[])[] {
  const members = membership(organization, requested.filters);
  const groupPlace = requested.groupBy.indexOf("rbac_group_id");
  return ({ engagement, person, day }) => {
    const key = requested.groupBy.map((grouping): Value => {
      if (grouping === "product") return engagement.surface;
      return grouping === "user_id" ? organization.directories.enterprise.userId(person.index) : null;
    });
    if (groupPlace < 0) return [key];
    return members.groups(person, day).map((id) => key.with(groupPlace, id));
  };
}

/** The keys of a grouped row: only the dimensions requested, and the name of the group beside its id. */
export function groupKeys(
  organization: Organization,
  requested: Question,
  values: readonly Value[],
  now: Instant,
) {
  const row: Record<string, Value> = {};
  for (const [i, grouping] of requested.groupBy.entries()) {
    row[grouping] = values[i] ?? null;
    if (grouping === "rbac_group_id") row.rbac_group_name = groupName(organization, values[i] ?? null, now);
  }
  return row;
}

function groupName(organization: Organization, id: Value, now: Instant): string | null {
  const group = typeof id === "string" ? organization.groups.find(id) : undefined;
  return group === undefined || isDeleted(group, now) ? null : group.name;
}
