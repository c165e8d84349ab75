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
import type { Child } from "./enrolment.ts";
import { factsOf, wantedGroups } from "./filters.ts";
import type { Question } from "./question.ts";

/** Sums of a combination of dimension values in a bucket. Its key begins with the number of the bucket and that of the child with the actor. */
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

/** The rows of an organization; of a parent, those of its children. */
export function rowsAnswer<Totals extends { add(fact: Fact): void }>(
  ledger: Ledger,
  children: readonly Child[],
  { query, now }: Request,
  requested: Question,
  measure: Measure<Totals>,
): ListAnswer<Row<Totals>> {
  const shown = children.filter(({ hipaa }) => !hipaa).map((child) => child.ledger);
  const ledgers = children.length === 0 ? [ledger] : shown;
  const organizationOf = (key: readonly Value[]) => (ledgers[Number(key[1])] ?? ledger).organization;
  const orderBy = query.text("order_by") ?? measure.usual;
  const byTime = orderBy === "time" && requested.width !== null;
  const metric = measure.metrics[orderBy] ?? measure.metrics[measure.usual];
  if (metric === undefined) throw new TypeError(`no metric ${orderBy}`);
  const ascending = query.text("order") === "asc";
  const rows = ledger.answers.remember(
    [measure.name, requested, orderBy, ascending, ...shown.map(({ organization }) => organization.seed)],
    () => ranked(cellsOf(ledgers, requested, measure), metric, byTime, ascending),
    ({ length }) => length * (requested.split.costType || requested.split.tokenType ? 4 : 1),
  );
  const excludes = query.flag("exclude_deleted_users");
  const actorPlace = requested.dimensions.indexOf("actor") + KEY_PLACES;
  return {
    rows,
    render: ({ key, sums }) => {
      const bounds = boundsOf(requested, key);
      const group = groupOf(organizationOf(key), requested, key, now);
      return measure
        .wire(sums)
        .map((part) => ({ ...bounds, group: { ...group, ...part.group }, ...part.measures }));
    },
    dropped: ({ key }) =>
      excludes && isDeleted(organizationOf(key), requested.kind, key[actorPlace] ?? null, now),
    envelope: {
      data_refreshed_at: requested.watermark === null ? null : timestamp(requested.watermark),
      organization_id: ledger.organization.directories[requested.kind].id,
    },
  };
}

/** The values of the dimensions follow the bucket and the child in the key of a row. */
const KEY_PLACES = 2;

function cellsOf<Totals extends { add(fact: Fact): void }>(
  ledgers: readonly Ledger[],
  requested: Question,
  measure: Measure<Totals>,
): readonly Row<Totals>[] {
  const cells = new Cells(measure.totals);
  for (const [child, ledger] of ledgers.entries()) addCells(cells, ledger, child, requested, measure);
  return cells.list();
}

function addCells<Totals extends { add(fact: Fact): void }>(
  cells: Cells<Totals>,
  ledger: Ledger,
  child: number,
  requested: Question,
  { leavesOut }: Measure<Totals>,
): void {
  const { organization } = ledger;
  const { span, width, dimensions } = requested;
  const readers = dimensions.map((dimension) =>
    dimension === "rbac_group_id" ? () => null : valueIn(organization, dimension),
  );
  const isByGroup = dimensions.includes("rbac_group_id");
  const groupPlace = dimensions.indexOf("rbac_group_id") + KEY_PLACES;
  const actorPlace = dimensions.indexOf("actor") + KEY_PLACES;
  const isByActor = dimensions.includes("actor");
  const wanted = wantedGroups(organization, requested);
  for (const fact of factsOf(ledger, requested)) {
    if (leavesOut?.(fact)) continue;
    const bucket = width === null ? null : Math.floor((fact.at - span.from) / WIDTHS[width]);
    const key: Value[] = [bucket, 0];
    for (const read of readers) key.push(read(fact));
    // Actors are numbered within their organization; all other values are ids or words.
    if (isByActor && key[actorPlace] !== null) key[1] = child;
    if (!isByGroup) {
      cells.at(key).add(fact);
      continue;
    }
    for (const id of groupsOf(organization, fact)) {
      if (wanted === null || (id !== null && wanted.has(id))) cells.at(key.with(groupPlace, id)).add(fact);
    }
  }
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
    const value = key[i + KEY_PLACES] ?? null;
    group[dimension] = dimension === "actor" ? wireActor(organization, kind, value, now) : value;
  }
  return group as Record<Dimension, unknown>;
}
