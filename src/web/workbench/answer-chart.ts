import type { GraphQLSchema } from "graphql";
import { exactSum } from "../charts/exact-sum.ts";
import { formatCount, formatRange, type Unit } from "../charts/format.ts";
import type { RankedRow } from "../charts/ranked-row.ts";
import {
  BEFORE,
  bucketStartOf,
  bucketStarts,
  type SeriesPoint,
  type SeriesShape,
  type Settledness,
  type TimeSeries,
  timeSeries,
  topSeries,
} from "../charts/time-series.ts";
import type { GatewayAnswer } from "./answer.ts";
import { type AnswerCell, type AnswerColumn, type ColumnRole, kindOf, leavesOf } from "./answer-columns.ts";
import { type AnswerTable, cellAt, isObject } from "./answer-tables.ts";
import { type AnswerField, answerFields, isListField } from "./answer-types.ts";
import { endsWithName } from "./enum-name.ts";

/** A chart of one measure of a list, or the reason why it has no chart. */
export type AnswerChart =
  | {
      readonly kind: "series";
      readonly chart: TimeSeries;
      readonly shape: SeriesShape;
      readonly unit: Unit;
      readonly note: string;
    }
  | {
      readonly kind: "ranking";
      readonly rows: readonly RankedRow[];
      readonly heads: readonly [thing: string, value: string];
      /** Head of the values of the compared period; null: the rows are not compared. */
      readonly compared: string | null;
      /** The whole of which the values are parts; null: they are not, or the answer does not state it. */
      readonly total: string | null;
      readonly unit: Unit;
      readonly note: string;
    }
  | { readonly kind: "none"; readonly reason: string };

/** Series that are drawn one by one: as many as there are accents. */
const MOST_SERIES = 4;
const MOST_RANKED = 12;

export function measuresIn({ columns }: AnswerTable): readonly AnswerColumn[] {
  return columns.filter(({ role }) => role === "measure");
}

/** Recognizes the chart of a measure from the meaning of the columns beside it. */
export function chartOf(table: AnswerTable, measure: AnswerColumn): AnswerChart {
  const { columns, rows } = table;
  if (rows.length === 0) return none("The list is empty.");
  const at = columns.indexOf(measure);
  const values = rows.map((row) => row[at] ?? null);
  if (values.every((value) => value === null)) return none(`${measure.name} has no values.`);
  if (values.some((value) => Number(value) < 0))
    return none(`${measure.name} has negative values, which these charts do not show.`);
  const other = columns.findIndex(({ role }) => role === "other");
  const groups = columns.flatMap(({ role }, i) => (role === "group" ? [i] : []));
  const flags = columns.flatMap(({ role }, i) => (FLAGS.includes(role) ? [i] : []));
  const keys = rows.map((row) =>
    JSON.stringify([...flags.map((i) => row[i] === true), ...groups.map((i) => row[i])]),
  );
  const labels = labelsOf(table, groups, other, measure);
  const isOther = (row: readonly AnswerCell[]) => other >= 0 && row[other] === true;
  const compared = comparedColumn(table, measure);
  const before = compared === null ? null : rows.map((row) => row[columns.indexOf(compared)] ?? null);
  const drawn: Drawn = { table, measure, values, before, keys, labels, isOther };
  const bucket = columns.findIndex(({ role }) => role === "bucket");
  if (table.bucket !== null && bucket >= 0) return seriesOf(drawn, bucket, table.bucket);
  if (groups.length === 0)
    return none("The rows have neither a day, week or month nor a name. Select one to see a chart.");
  return rankingOf(drawn, groups.flatMap((i) => columns[i]?.name ?? [])[0] ?? "");
}

/** Flags that tell rows apart which have no name. */
const FLAGS: readonly ColumnRole[] = ["other", "no-team", "remainder"];

interface Drawn {
  readonly table: AnswerTable;
  readonly measure: AnswerColumn;
  readonly values: readonly AnswerCell[];
  /** The values of the compared period; null: the rows are not compared. */
  readonly before: readonly AnswerCell[] | null;
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  readonly isOther: (row: readonly AnswerCell[]) => boolean;
}

/** The column with a measure's values in the compared period. A figure of a comparison is that of the shortest path which ends with its name. */
function comparedColumn(table: AnswerTable, measure: AnswerColumn): AnswerColumn | null {
  if (measure.isBefore) return null;
  const compared = table.columns.find(
    (each) => each.isBefore && each.kind === measure.kind && endsWithName(measure.figure, each.figure),
  );
  if (compared === undefined) return null;
  const [first] = measuresIn(table)
    .filter(
      (each) => !each.isBefore && each.kind === measure.kind && endsWithName(each.figure, compared.figure),
    )
    .toSorted((a, b) => a.path.length - b.path.length);
  return first === measure ? compared : null;
}

function none(reason: string): AnswerChart {
  return { kind: "none", reason };
}

const UNNAMED = "(none)";

/** Names rows by their first name; by all of them where two groups have the same first one. */
function labelsOf(
  { rows, columns }: AnswerTable,
  groups: readonly number[],
  other: number,
  measure: AnswerColumn,
): readonly string[] {
  if (groups.length === 0) return rows.map(() => measure.name);
  const noTeam = columns.findIndex(({ role }) => role === "no-team");
  const remainder = columns.findIndex(({ role }) => role === "remainder");
  // The name of a team is missing in two rows, of which the flag that its description names is true in one.
  const team =
    noTeam < 0 ? undefined : groups.find((i) => columns[i]?.description.includes("`isUnassigned`"));
  const nameIn = (row: readonly AnswerCell[], i: number): readonly string[] => {
    if (row[i] !== null && row[i] !== undefined) return [String(row[i])];
    return i === team ? [row[noTeam] === true ? "No team" : "Without a person"] : [];
  };
  const names = rows.map((row) => {
    if (other >= 0 && row[other] === true) return ["Other"];
    const known = groups.flatMap((i) => nameIn(row, i));
    return known.length === 0 && remainder >= 0 && row[remainder] === true ? ["Left out by upstream"] : known;
  });
  const short = names.map((each) => each[0] ?? UNNAMED);
  const full = names.map((each) => (each.length === 0 ? UNNAMED : each.join(" · ")));
  return new Set(short).size === new Set(full).size ? short : full;
}

function unitOf({ kind }: AnswerColumn): Unit {
  return kind === "usd" ? "usd" : "count";
}

const BUCKETS = { MINUTE: "minute", HOUR: "hour", DAY: "day", WEEK: "week", MONTH: "month" } as const;

/** More buckets than a chart has pixels for. */
const MOST_BUCKETS = 2_000;

function seriesOf(
  { table, measure, values, before, keys, labels, isOther }: Drawn,
  bucket: number,
  length: NonNullable<AnswerTable["bucket"]>,
): AnswerChart {
  const state = table.columns.findIndex(({ role }) => role === "state");
  const points = table.rows.map(
    (row, i): SeriesPoint => ({
      at: String(row[bucket]),
      group: keys[i] ?? "",
      label: labels[i] ?? "",
      value: numberOrText(values[i]),
      state: state < 0 ? null : (row[state] as Settledness | null),
      isOther: isOther(row),
    }),
  );
  if (new Set(points.map(({ at, group }) => `${bucketStartOf(at, length)} ${group}`)).size < points.length)
    return none(`Several rows are of the same ${BUCKETS[length]}. Select the names that tell them apart.`);
  const buckets = new Set(points.map(({ at }) => bucketStartOf(at, length))).size;
  if (buckets > MOST_BUCKETS)
    return none(
      `${formatCount(buckets)} ${BUCKETS[length]}s are more than a chart can show. Ask for fewer days, or longer buckets.`,
    );
  const range = rangeOf(points, length);
  const drawn = timeSeries(points, { length, missing: "gap", ...(range === null ? {} : { range }) });
  const isWhole = table.extent === "whole";
  const mayAdd = measure.isAdditive && isWhole && !values.includes(null);
  const notes = isWhole
    ? []
    : [`The ${BUCKETS[length]}s at the ends may lack rows: this may be one page of the list.`];
  const unit = unitOf(measure);
  const earlier = before !== null && (mayAdd || drawn.series.length === 1) ? before : null;
  const sumBefore = (start: string) => {
    const those = earlier?.filter((_, i) => bucketStartOf(points[i]?.at ?? "", length) === start) ?? [];
    return those.length === 0 ? null : exactSum(those);
  };
  const all =
    earlier === null ? drawn : { ...drawn, before: drawn.buckets.map(({ start }) => sumBefore(start)) };
  if (mayAdd)
    return {
      kind: "series",
      chart: topSeries(all, MOST_SERIES),
      shape: "stacked",
      unit,
      note: notes.join(" "),
    };
  if (all.series.length > MOST_SERIES)
    notes.unshift(
      `The largest ${MOST_SERIES} of ${formatCount(all.series.length)} groups. The table has all of them.`,
    );
  const chart = { ...all, series: all.series.slice(0, MOST_SERIES) };
  return { kind: "series", chart, shape: "lines", unit, note: notes.join(" ") };
}

/** The range from the first bucket to the last one, so that one without a row keeps its place; null: the rows start at other days. */
function rangeOf(
  points: readonly SeriesPoint[],
  length: NonNullable<AnswerTable["bucket"]>,
): { from: string; until: string } | null {
  const starts = [...new Set(points.map(({ at }) => bucketStartOf(at, length)))].sort();
  const [from, last] = [starts[0], starts.at(-1)];
  if (from === undefined || last === undefined) return null;
  const range = { from, until: `${last}~` }; // sorts just behind the last start
  const buckets = bucketStarts(range, length, MOST_BUCKETS);
  const known = new Set(buckets);
  return starts.every((start) => known.has(start)) ? range : null;
}

function numberOrText(value: AnswerCell | undefined): number | string | null {
  return typeof value === "number" || typeof value === "string" ? value : null;
}

function rankingOf(
  { table, measure, values, before, keys, labels, isOther }: Drawn,
  thing: string,
): AnswerChart {
  if (new Set(keys).size < keys.length)
    return none("Several rows have the same name. Select the names that tell them apart.");
  const ranked = table.rows
    .map(
      (row, i): RankedRow => ({
        key: keys[i] ?? "",
        label: labels[i] ?? "",
        value: numberOrText(values[i]),
        ...(before === null ? {} : { before: numberOrText(before[i]) }),
        isOther: isOther(row),
      }),
    )
    .sort(
      (a, b) =>
        Number(a.isOther) - Number(b.isOther) ||
        Number(a.value === null) - Number(b.value === null) ||
        Number(b.value) - Number(a.value),
    );
  const notes =
    table.extent === "whole" ? [] : ["The list may have further rows: the largest are those of this answer."];
  const shown = ranked.slice(0, MOST_RANKED);
  const rest = ranked.slice(MOST_RANKED);
  const left =
    measure.isAdditive && table.extent === "whole" ? exactSum(rest.map(({ value }) => value)) : null;
  if (rest.length > 0 && left !== null)
    shown.push({
      key: "rest",
      label: `Other (${formatCount(rest.length)})`,
      value: left,
      ...(before === null ? {} : { before: exactSum(rest.map((each) => each.before ?? null)) }),
      isOther: true,
    });
  if (rest.length > 0 && left === null)
    notes.unshift(`The largest ${MOST_RANKED} of ${formatCount(ranked.length)}. The table has all of them.`);
  const total = measure.isAdditive ? (table.totals[measure.name] ?? null) : null;
  return {
    kind: "ranking",
    rows: shown,
    heads: [thing, measure.name],
    compared: before === null ? null : BEFORE,
    total: total === null ? null : String(total),
    unit: unitOf(measure),
    note: notes.join(" "),
  };
}

/** A number of an answer that is in no list. */
export interface AnswerNumber {
  /** Path in the answer: `cost.total.net`. */
  readonly name: string;
  readonly value: number | string | null;
  readonly unit: Unit;
  readonly definition: string;
  readonly change?: {
    readonly relative: string | null;
    readonly before: string;
    readonly period: string;
  };
}

/** The amounts and counts of an answer outside its lists, each with its comparison if it is one. */
export function numbersOf(schema: GraphQLSchema, answer: GatewayAnswer): readonly AnswerNumber[] {
  const { data } = answer.body;
  const fields = answerFields(schema, answer);
  return fields === null || !data ? [] : numbersIn(fields, data, []);
}

function numbersIn(fields: readonly AnswerField[], value: unknown, path: readonly string[]): AnswerNumber[] {
  if (!isObject(value)) return [];
  const range = fields.find(({ field }) => field.name === "range");
  const days = range === undefined ? null : value[range.key];
  return fields.flatMap((each): AnswerNumber[] => {
    if (isListField(each)) return [];
    const here = [...path, each.key];
    const inner = value[each.key];
    if (each.fields.length === 0) {
      const kind = kindOf([each]);
      if (kind !== "usd" && kind !== "count") return [];
      const name = kind === "usd" ? path.join(".") : here.join(".");
      return [
        {
          name,
          value: numberOrText(cellAt(value, [each.key])),
          unit: kind,
          definition: each.field.description ?? "",
        },
      ];
    }
    const change = changeIn(each.fields, inner);
    if (change === null) return numbersIn(each.fields, inner, here);
    const { value: now, unit, relative, before } = change;
    return [
      {
        name: here.join("."),
        value: now,
        unit,
        definition: each.field.description ?? "",
        change: { relative, before, period: periodOf(days) },
      },
    ];
  });
}

/** Paths of the numbers that the answer to a query can have outside its lists. */
export function numberNames(fields: readonly AnswerField[], path: readonly string[] = []): readonly string[] {
  return fields.flatMap((each): readonly string[] => {
    if (isListField(each)) return [];
    const here = [...path, each.key];
    if (each.fields.length > 0)
      return isChange(each.fields) ? [here.join(".")] : numberNames(each.fields, here);
    const kind = kindOf([each]);
    return kind === "usd" ? [path.join(".")] : kind === "count" ? [here.join(".")] : [];
  });
}

function isChange(fields: readonly AnswerField[]): boolean {
  return ["before", "change", "relativeChange"].every((name) =>
    fields.some(({ field }) => field.name === name),
  );
}

function periodOf(days: unknown): string {
  return isObject(days) &&
    typeof days.from === "string" &&
    typeof days.until === "string" &&
    days.from < days.until
    ? formatRange({ from: days.from, until: days.until })
    : "the compared period";
}

/** Reads a value that is compared: the one before, and its change. */
function changeIn(fields: readonly AnswerField[], value: unknown) {
  const named = (name: string) => fields.find(({ field }) => field.name === name);
  const [before, change, relative] = [named("before"), named("change"), named("relativeChange")];
  if (before === undefined || change === undefined || relative === undefined) return null;
  for (const { path, fields: through } of leavesOf([before], [])) {
    const kind = kindOf(through);
    if (kind !== "usd" && kind !== "count") continue;
    const earlier = cellAt(value, path);
    const difference = cellAt(value, [change.key, ...path.slice(1)]);
    const now = exactSum([earlier, difference]);
    if (now === null || earlier === null) return null;
    const share = cellAt(value, [relative.key]);
    return {
      value: now,
      unit: kind,
      before: String(earlier),
      relative: share === null ? null : String(share),
    } as const;
  }
  return null;
}
