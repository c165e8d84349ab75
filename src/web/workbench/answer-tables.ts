import { type GraphQLNamedType, type GraphQLSchema, getNamedType } from "graphql";
import type { BucketLength } from "../charts/format.ts";
import { fileLink } from "../links.ts";
import type { GatewayAnswer } from "./answer.ts";
import {
  type AnswerCell,
  type AnswerColumn,
  answerColumnOf,
  type ColumnRole,
  kindOf,
  leavesOf,
  rowDimensionsOf,
} from "./answer-columns.ts";
import {
  type AnswerField,
  answerFields,
  bucketArgument,
  groupingOf,
  isListField,
  isPaged,
} from "./answer-types.ts";

/** A list of an answer, flat. */
export interface AnswerTable {
  /** Path in the answer: `cost`. */
  readonly name: string;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly AnswerCell[])[];
  /** Part of the list that the rows are; "unknown": the answer does not show it. */
  readonly extent: "whole" | "cut" | "unknown";
  /** Length of the buckets of the rows; null: the rows are not buckets of time. */
  readonly bucket: BucketLength | null;
  /** Amounts of the whole list that the answer states, by the name of their column. */
  readonly totals: Readonly<Record<string, AnswerCell>>;
  /** The whole list as a file of the gateway; null: it has none. */
  readonly file: string | null;
}

/** Lists of an answer as tables, in the order of the query; those within rows have a table of their own. */
export function tablesOf(schema: GraphQLSchema, answer: GatewayAnswer): readonly AnswerTable[] {
  const fields = answerFields(schema, answer);
  const { data, errors = [] } = answer.body;
  if (fields === null || !data) return [];
  const tables: AnswerTable[] = [];
  findTables(fields, data, [], tables);
  if (errors.length === 0) return tables;
  return tables.map((table) => (table.extent === "whole" ? { ...table, extent: "unknown" as const } : table));
}

function findTables(
  fields: readonly AnswerField[],
  value: unknown,
  path: readonly string[],
  tables: AnswerTable[],
): void {
  if (!isObject(value)) return;
  for (const each of fields) {
    const inner = value[each.key];
    const here = [...path, each.key];
    if (isListField(each) || isPaged(getNamedType(each.field.type)))
      addTable(each, [{ value: inner, parents: [] }], here, { columns: [], bucket: null }, tables);
    else findTables(each.fields, inner, here, tables);
  }
}

/** The lists that the answer to a query can have, each with the measures of its rows. */
export function listNames(
  fields: readonly AnswerField[],
  path: readonly string[] = [],
): readonly { readonly name: string; readonly measures: readonly string[] }[] {
  return listsIn(fields, path).flatMap(({ path: here, list }) => {
    const { rowFields, rowType } = rowsOf(list);
    const columns = leavesOf(rowFields, []).map((leaf) => answerColumnOf(leaf, rowType, null));
    const measures = columns.flatMap(({ name, role }) => (role === "measure" ? [name] : []));
    return [{ name: here.join("."), measures }, ...listNames(rowFields, here)];
  });
}

interface Occurrence {
  readonly value: unknown;
  /** Cells of the rows that the list is in. */
  readonly parents: readonly AnswerCell[];
}

/** The rows that a list is in. */
interface Surroundings {
  readonly columns: readonly AnswerColumn[];
  readonly bucket: AnswerTable["bucket"];
}

/** Columns of the rows around a list that say which row it is of. */
const NAMING: readonly ColumnRole[] = ["bucket", "group"];

function addTable(
  list: AnswerField,
  occurrences: readonly Occurrence[],
  path: readonly string[],
  around: Surroundings,
  tables: AnswerTable[],
): void {
  const inherited = around.columns;
  const { rowFields, rowType } = rowsOf(list);
  const grouping = groupingOf(list);
  const asked = bucketArgument(list);
  const isNested = inherited.length > 0 || path.length > 1;
  const dimensions = inherited.length > 0 ? null : rowDimensionsOf(rowType, grouping, asked);
  const leaves = leavesOf(rowFields, []);
  const own = leaves.map((leaf) => answerColumnOf(leaf, rowType, dimensions));
  const columns = [...inherited, ...own];
  const rows: { cells: AnswerCell[]; node: unknown }[] = [];
  let hasHoles = false;
  for (const { value, parents } of occurrences)
    for (const node of nodesIn(list, value)) {
      if (isObject(node))
        rows.push({ cells: [...parents, ...leaves.map((leaf) => cellAt(node, leaf.path))], node });
      else hasHoles = true;
    }
  const days = own.some(({ role, kind }) => role === "bucket" && kind === "day");
  const only = occurrences.length === 1 ? occurrences[0]?.value : undefined;
  const bucket = own.some(({ role }) => role === "bucket") ? lengthOf(asked, days) : around.bucket;
  tables.push({
    name: path.join("."),
    columns,
    rows: rows.map(({ cells }) => cells),
    extent: hasHoles || inherited.length > 0 ? "unknown" : extentOf(list, only, rows.length),
    bucket,
    totals: totalsIn(list, only, own),
    file: isNested || !isPaged(getNamedType(list.field.type)) ? null : fileOf(list),
  });
  const naming = columns.flatMap(({ role }, i) => (NAMING.includes(role) ? [i] : []));
  for (const inner of listsIn(rowFields, [])) {
    const within = rows.map(({ cells, node }) => ({
      value: valueAt(node, inner.path),
      parents: naming.map((i) => cells[i] ?? null),
    }));
    const named = naming.flatMap((i) => columns[i] ?? []).map((column) => ({ ...column, isAdditive: false }));
    if (within.some(({ value }) => nodesIn(inner.list, value).length > 0))
      addTable(inner.list, within, [...path, ...inner.path], { columns: named, bucket }, tables);
  }
}

const LENGTHS: readonly BucketLength[] = ["MINUTE", "HOUR", "DAY", "WEEK", "MONTH"];

function lengthOf(asked: string | null, hasDays: boolean): AnswerTable["bucket"] {
  const known = LENGTHS.find((each) => each === asked);
  return known ?? (asked === null && hasDays ? "DAY" : null);
}

/** The fields of the rows of a list, through `nodes` or `edges { node }` if it is read in pages. */
function rowsOf(list: AnswerField): { rowFields: readonly AnswerField[]; rowType: GraphQLNamedType } {
  const type = getNamedType(list.field.type);
  if (!isPaged(type)) return { rowFields: list.fields, rowType: type };
  const nodes = list.fields.find(({ field }) => field.name === "nodes");
  const edges = list.fields.find(({ field }) => field.name === "edges");
  const source = nodes ?? edges?.fields.find(({ field }) => field.name === "node");
  return source === undefined
    ? { rowFields: [], rowType: type }
    : { rowFields: source.fields, rowType: getNamedType(source.field.type) };
}

function nodesIn(list: AnswerField, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const nodes = list.fields.find(({ field }) => field.name === "nodes");
  const edges = list.fields.find(({ field }) => field.name === "edges");
  const node = edges?.fields.find(({ field }) => field.name === "node");
  const found = valueAt(value, [(nodes ?? edges)?.key ?? ""]);
  if (!Array.isArray(found)) return [];
  return nodes === undefined ? found.map((edge) => valueAt(edge, [node?.key ?? ""])) : found;
}

function listsIn(
  fields: readonly AnswerField[],
  path: readonly string[],
): { path: readonly string[]; list: AnswerField }[] {
  return fields.flatMap((each) => {
    const here = [...path, each.key];
    return isListField(each) || isPaged(getNamedType(each.field.type))
      ? [{ path: here, list: each }]
      : listsIn(each.fields, here);
  });
}

function extentOf(list: AnswerField, value: unknown, count: number): AnswerTable["extent"] {
  if (!isPaged(getNamedType(list.field.type))) {
    const isLimited = list.field.args.some(
      ({ name, type }) => getNamedType(type).name === "Int" && typeof list.args[name] === "number",
    );
    return isLimited ? "unknown" : "whole";
  }
  const { first, after } = list.args;
  const info = list.fields.find(({ field }) => field.name === "pageInfo");
  const next = info?.fields.find(({ field }) => field.name === "hasNextPage");
  const stated = info && next ? valueAt(value, [info.key, next.key]) : undefined;
  if (stated === true || typeof after === "string") return "cut";
  if (stated === false || (typeof first === "number" && count < first)) return "whole";
  return "unknown";
}

/** The amounts of `total` that have a column of the same path. */
function totalsIn(
  list: AnswerField,
  value: unknown,
  columns: readonly AnswerColumn[],
): Readonly<Record<string, AnswerCell>> {
  const total = list.fields.find(({ field }) => field.name === "total");
  if (total === undefined || !isObject(value) || !isObject(value[total.key])) return {};
  const found: Record<string, AnswerCell> = {};
  for (const { path, fields } of leavesOf(total.fields, [])) {
    const column = columns.find(({ name }) => name === path.join("."));
    if (column?.role === "measure" && column.kind === kindOf(fields))
      found[column.name] = cellAt(value[total.key], path);
  }
  return found;
}

function fileOf({ field, given }: AnswerField): string {
  const { first: _first, after: _after, ...rest } = given;
  return fileLink(field.name, rest);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

export function cellAt(value: unknown, path: readonly string[]): AnswerCell {
  const cell = valueAt(value, path);
  if (cell === undefined || cell === null) return null;
  if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean") return cell;
  return Array.isArray(cell) ? cell.join(", ") : JSON.stringify(cell);
}

/** Sorts the rows by a column; a missing value is last in both directions. */
export function sortedRows(
  { columns, rows }: AnswerTable,
  column: number,
  direction: "ascending" | "descending",
): AnswerTable["rows"] {
  const isNumber = columns[column]?.role === "measure";
  const sign = direction === "ascending" ? 1 : -1;
  return rows.toSorted((left, right) => {
    const [a, b] = [left[column] ?? null, right[column] ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (isNumber ? Number(a) - Number(b) : String(a).localeCompare(String(b), "en"));
  });
}
