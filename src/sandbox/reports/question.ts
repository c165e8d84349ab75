import { addDays, dayOf, type Instant, startOf } from "../../domain/day.ts";
import { DATA_START, DAY_MS, HOUR_MS, MINUTE_MS, timestamp } from "../calendar.ts";
import { type Query, Refusal, type Request } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger, Span } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "./cells.ts";
import { DIMENSIONS, type Dimension, groupIdsOf, VALUE } from "./dimensions.ts";
import type { Split } from "./totals.ts";

export const WIDTHS = { "1d": DAY_MS, "1h": HOUR_MS, "1m": MINUTE_MS } as const;
export type Width = keyof typeof WIDTHS;

const LONGEST_DAYS = 31;
const HORIZON_DAYS = 365;
const EXPORT_EVERY_MS = 4 * HOUR_MS;

/** One request to an Enterprise report, understood. Plain data, so that equal questions have equal text. */
export interface Question {
  readonly span: Span;
  readonly width: Width | null;
  readonly dimensions: readonly Dimension[];
  readonly split: Split;
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** The export the answer is drawn from; null where the span lies wholly after it. */
  readonly watermark: Instant | null;
}

const FILTERS: readonly (readonly [parameter: string, dimension: Exclude<Dimension, "rbac_group_id">])[] = [
  ["products[]", "product"],
  ["models[]", "model"],
  ["context_windows[]", "context_window"],
  ["inference_geos[]", "inference_geo"],
  ["speeds[]", "speed"],
  ["slack_channel_ids[]", "slack_channel_id"],
  ["claude_tag_categories[]", "claude_tag_category"],
  ["claude_tag_user_ids[]", "claude_tag_user_id"],
];

/** `perUser`: rows without buckets are allowed, and both ends are rounded down to the hour then. */
export function question({ query, now }: Request, perUser: boolean): Question {
  const width = (query.text("bucket_width") as Width | undefined) ?? (perUser ? null : "1d");
  const grouped = query.list("group_by[]");
  if (grouped.includes("claude_tag_user_id")) {
    if (grouped.includes("rbac_group_id"))
      throw new Refusal(400, "group_by[]: claude_tag_user_id excludes rbac_group_id");
    if (query.has("rbac_group_ids[]")) {
      throw new Refusal(400, "rbac_group_ids[]: not together with group_by[]=claude_tag_user_id");
    }
  }
  const names = ["user_ids[]", "rbac_group_ids[]", ...FILTERS.map(([name]) => name)];
  const span = spanOf(query, now, width, perUser);
  const watermark = watermarkAt(now);
  return {
    span,
    width,
    dimensions: DIMENSIONS.filter((dimension) => grouped.includes(dimension)),
    split: { costType: grouped.includes("cost_type"), tokenType: grouped.includes("token_type") },
    filters: Object.fromEntries(
      names.filter((name) => query.has(name)).map((name) => [name, query.list(name)]),
    ),
    watermark: span.from < watermark ? watermark : null,
  };
}

/** The last four-hourly export. */
export function watermarkAt(now: Instant): Instant {
  return now - (now % EXPORT_EVERY_MS);
}

/** `inRows`: buckets are optional; without them both ends are rounded down to the hour, with them `ending_at` is required. */
export function spanOf(
  query: Query,
  now: Instant,
  width: Width | null,
  inRows: boolean,
  widthParameter = "bucket_width",
): Span {
  const start = query.instant("starting_at") ?? now;
  if (inRows && width !== null && !query.has("ending_at")) {
    throw new Refusal(400, `ending_at: required together with ${widthParameter}`);
  }
  const step = WIDTHS[width ?? "1h"];
  const from = start - mod(start, step);
  const longest = inRows && width === "1m" ? DAY_MS : LONGEST_DAYS * DAY_MS;
  const end = query.instant("ending_at") ?? Math.min(now, from + longest);
  const until = width === null ? end - mod(end, HOUR_MS) : end;

  if (start < startOf(DATA_START)) {
    throw new Refusal(400, `starting_at: not before ${timestamp(startOf(DATA_START))}`);
  }
  // Measured from the start of today, so that a question about whole days is good all day.
  const horizon = startOf(addDays(dayOf(now), -HORIZON_DAYS));
  if (start < horizon) throw new Refusal(400, `starting_at: must be within the last ${HORIZON_DAYS} days`);
  if (until <= from) throw new Refusal(400, "ending_at: must be after starting_at");
  if (until - from > longest) {
    const limit = longest === DAY_MS ? `24 hours with ${widthParameter}=1m` : `${LONGEST_DAYS} days`;
    throw new Refusal(400, `ending_at: the range may span at most ${limit}`);
  }
  return { from, until };
}

function mod(value: number, step: number): number {
  return ((value % step) + step) % step;
}

/** The facts a question is about, every filter applied. */
export function* factsOf(ledger: Ledger, { span, watermark, filters }: Question): Iterable<Fact> {
  if (watermark === null) return;
  const { organization } = ledger;
  const userIds = filters["user_ids[]"];
  const people = userIds && peopleOf(organization, userIds);
  const wanted = FILTERS.flatMap(([name, dimension]) => {
    const values = filters[name];
    if (values === undefined) return [];
    const set: ReadonlySet<Value> = new Set(
      values.map((value) => (value === "not_available" ? null : value)),
    );
    return [{ of: VALUE[dimension], set }];
  });
  const groups = groupFilter(organization, filters);
  const known = people && new Set(people);
  const seen = { from: span.from, until: Math.min(span.until, watermark) };
  next: for (const fact of ledger.facts("enterprise", seen, watermark, people)) {
    if (known !== undefined && (fact.person === null || !known.has(fact.person))) continue;
    for (const { of, set } of wanted) if (!set.has(of(fact))) continue next;
    if (groups !== null && !groupIdsOf(organization, fact).some((id) => id !== null && groups.has(id)))
      continue;
    yield fact;
  }
}

function peopleOf(organization: Organization, userIds: readonly string[]): readonly number[] {
  const { enterprise } = organization.directories;
  const indices = userIds.map((id) => enterprise.personIndex(id));
  return [...new Set(indices.filter((index) => index !== null && index <= organization.members))] as number[];
}

function groupFilter(organization: Organization, filters: Question["filters"]): ReadonlySet<string> | null {
  const ids = filters["rbac_group_ids[]"];
  if (ids === undefined) return null;
  return new Set(ids.flatMap((id) => organization.groups.find(id)?.id ?? []));
}

/** A function that gives the tuples of dimension values a fact counts under: several where the person is in several groups. */
export function keysOf(organization: Organization, { dimensions, filters }: Question) {
  const groupPlace = dimensions.indexOf("rbac_group_id");
  const groups = groupFilter(organization, filters);
  const readers = dimensions.map((dimension) =>
    dimension === "rbac_group_id" ? () => null : VALUE[dimension],
  );
  return (fact: Fact): readonly (readonly Value[])[] => {
    const key = readers.map((read) => read(fact));
    if (groupPlace < 0) return [key];
    const ids = groupIdsOf(organization, fact);
    return (groups === null ? ids : ids.filter((id) => id !== null && groups.has(id))).map((id) =>
      key.with(groupPlace, id),
    );
  };
}

export function envelope(organization: Organization, { watermark }: Question) {
  return {
    data_refreshed_at: watermark === null ? null : timestamp(watermark),
    organization_id: organization.directories.enterprise.id,
  };
}
