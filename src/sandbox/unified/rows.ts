import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import type { ListAnswer, Request } from "../endpoint.ts";
import type { Fact } from "../ledger/fact.ts";
import type { Ledger } from "../ledger.ts";
import type { Organization } from "../organization.ts";
import { type Cell, Cells, compareKeys, type Value } from "../reports/cells.ts";
import { WIDTHS } from "../reports/question.ts";
import { isDeleted, wireActor } from "./actor.ts";
import { DIMENSIONS, type Dimension, groupsOf, valueIn } from "./dimensions.ts";
import { factsOf, wantedGroups } from "./filters.ts";
import type { Question } from "./question.ts";

/** Sums of a combination of dimension values in a bucket. Its key begins with the bucket's number. */
export type Row<Totals> = Cell<Totals>;

/** Differences between the usage report and the cost report. */
export interface Measure<Totals> {
  readonly name: string;
  readonly totals: () => Totals;
  /** Facts without a figure in this report; a combination of nothing else is absent. */
  readonly leavesOut?: (fact: Fact) => boolean;
  /** The measure for each value of `order_by` but `time`. */
  readonly metrics: Readonly<Record<string, (sums: Totals) => number | bigint>>;
  /** The metric of `order_by` left out, and among the rows of one bucket where they go by time. */
  readonly usual: string;
  /** Sums of a combination: one entry, or one per component it is split into. */
  readonly wire: (sums: Totals) => readonly { readonly group: object; readonly measures: object }[];
}

export function rowsAnswer<Totals extends { add(fact: Fact): void }>(
  ledger: Ledger,
  { query, now }: Request,
  requested: Question,
  measure: Measure<Totals>,
): ListAnswer<Row<Totals>> {
  const { organization } = ledger;
  const orderBy = query.text("order_by") ?? measure.usual;
  const byTime = orderBy === "time" && requested.width !== null;
  const metric = measure.metrics[orderBy] ?? measure.metrics[measure.usual];
  if (metric === undefined) throw new TypeError(`no metric ${orderBy}`);
  const ascending = query.text("order") === "asc";
  const rows = ledger.answers.remember(
    [measure.name, requested, orderBy, ascending],
    () => ranked(cellsOf(ledger, requested, measure), metric, byTime, ascending),
    ({ length }) => length * (requested.split.costType || requested.split.tokenType ? 4 : 1),
  );
  const excludes = query.flag("exclude_deleted_users");
  const actorPlace = requested.dimensions.indexOf("actor") + 1;
  return {
    rows,
    render: ({ key, sums }) => {
      const bounds = boundsOf(requested, key);
      const group = groupOf(organization, requested, key, now);
      return measure
        .wire(sums)
        .map((part) => ({ ...bounds, group: { ...group, ...part.group }, ...part.measures }));
    },
    dropped: ({ key }) => excludes && isDeleted(organization, requested.kind, key[actorPlace] ?? null, now),
    envelope: {
      data_refreshed_at: requested.watermark === null ? null : timestamp(requested.watermark),
      organization_id: organization.directories[requested.kind].id,
    },
  };
}

function cellsOf<Totals extends { add(fact: Fact): void }>(
  ledger: Ledger,
  requested: Question,
  { totals, leavesOut }: Measure<Totals>,
): readonly Row<Totals>[] {
  const { organization } = ledger;
  const { span, width, dimensions } = requested;
  const cells = new Cells(totals);
  const readers = dimensions.map((dimension) =>
    dimension === "rbac_group_id" ? () => null : valueIn(organization, dimension),
  );
  const groupPlace = dimensions.indexOf("rbac_group_id") + 1;
  const wanted = wantedGroups(organization, requested);
  for (const fact of factsOf(ledger, requested)) {
    if (leavesOut?.(fact)) continue;
    const bucket = width === null ? null : Math.floor((fact.at - span.from) / WIDTHS[width]);
    const key: Value[] = [bucket];
    for (const read of readers) key.push(read(fact));
    if (groupPlace === 0) {
      cells.at(key).add(fact);
      continue;
    }
    for (const id of groupsOf(organization, fact)) {
      if (wanted === null || (id !== null && wanted.has(id))) cells.at(key.with(groupPlace, id)).add(fact);
    }
  }
  return cells.list();
}

/** Across the whole result, largest first unless `ascending`; by time, the rows of one bucket are always largest first. */
function ranked<Totals>(
  cells: readonly Row<Totals>[],
  metric: (sums: Totals) => number | bigint,
  byTime: boolean,
  ascending: boolean,
): readonly Row<Totals>[] {
  const sign = ascending ? 1 : -1;
  return cells
    .map((cell) => ({ cell, value: metric(cell.sums), bucket: Number(cell.key[0]) }))
    .sort((a, b) => {
      if (byTime && a.bucket !== b.bucket) return sign * (a.bucket - b.bucket);
      if (a.value !== b.value) return (byTime ? -1 : sign) * (a.value < b.value ? -1 : 1);
      return compareKeys(a.cell.key, b.cell.key);
    })
    .map(({ cell }) => cell);
}

function boundsOf({ span, width }: Question, key: readonly Value[]) {
  const from = width === null ? span.from : span.from + Number(key[0]) * WIDTHS[width];
  const until = width === null ? span.until : from + WIDTHS[width];
  return { starting_at: timestamp(from), ending_at: timestamp(until) };
}

/** The keys of a row: every dimension, null where it was not requested. */
function groupOf(
  organization: Organization,
  { kind, dimensions }: Question,
  key: readonly Value[],
  now: Instant,
): Readonly<Record<Dimension, unknown>> {
  const group = Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, null as unknown]));
  for (const [i, dimension] of dimensions.entries()) {
    const value = key[i + 1] ?? null;
    group[dimension] = dimension === "actor" ? wireActor(organization, kind, value, now) : value;
  }
  return group as Record<Dimension, unknown>;
}
