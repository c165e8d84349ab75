import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { inertText, quoted } from "../../domain/csv.ts";
import { type Decimal, formatDecimal, parseDecimal, sum } from "../../domain/decimal.ts";
import { fileLink } from "../links.ts";
import type { GatewayAnswer } from "./answer.ts";
import {
  type AnswerField,
  answerFields,
  bucketArgument,
  groupingOf,
  implementsAny,
  isListField,
  isPaged,
} from "./answer-types.ts";

export type AnswerCell = string | number | boolean | null;

/** Kind of the values of a column, from its type. */
export type ColumnKind = "usd" | "count" | "number" | "day" | "time" | "flag" | "text";

/** Meaning of a column in its row, from its type; null: none but its value. */
export type ColumnRole = "bucket" | "state" | "other" | "group" | "measure" | null;

export interface AnswerColumn {
  /** Path below the row: `net.usd`. */
  readonly name: string;
  readonly path: readonly string[];
  readonly kind: ColumnKind;
  readonly role: ColumnRole;
  readonly description: string;
  /** True if its values may be added over the rows of the list. */
  readonly isAdditive: boolean;
}

/** A list of an answer, flat. */
export interface AnswerTable {
  /** Path in the answer: `cost`. */
  readonly name: string;
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly AnswerCell[])[];
  /** Part of the list that the rows are; "unknown": the answer does not show it. */
  readonly extent: "whole" | "cut" | "unknown";
  /** Length of the buckets of the rows; null: the rows are not buckets of time. */
  readonly bucket: "DAY" | "WEEK" | "MONTH" | null;
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
  const dimensions = inherited.length > 0 ? null : dimensionsOf(rowType, grouping, asked);
  const leaves = leavesOf(rowFields, []);
  const own = leaves.map((leaf) => columnOf(leaf, rowType, dimensions));
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

function lengthOf(asked: string | null, hasDays: boolean): AnswerTable["bucket"] {
  if (asked === "DAY" || asked === "WEEK" || asked === "MONTH") return asked;
  return asked === null && hasDays ? "DAY" : null;
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

interface Leaf {
  readonly path: readonly string[];
  /** The fields from the row to the value. */
  readonly fields: readonly AnswerField[];
}

export function leavesOf(fields: readonly AnswerField[], around: readonly AnswerField[]): Leaf[] {
  return fields.flatMap((each) => {
    if (isListField(each) || isPaged(getNamedType(each.field.type))) return [];
    const through = [...around, each];
    return each.fields.length > 0
      ? leavesOf(each.fields, through)
      : [{ path: through.map(({ key }) => key), fields: through }];
  });
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

function columnOf({ path, fields }: Leaf, rowType: GraphQLNamedType, dimensions: Dimensions): AnswerColumn {
  const kind = kindOf(fields);
  const role = roleOf(fields, kind, rowType);
  return {
    name: path.join("."),
    path,
    kind,
    role,
    description: fields.findLast(({ field }) => field.description)?.field.description ?? "",
    isAdditive: role === "measure" && isAdditiveOver(fields, dimensions),
  };
}

export function kindOf(fields: readonly AnswerField[]): ColumnKind {
  const last = fields.at(-1);
  if (last === undefined || isListType(getNullableType(last.field.type))) return "text";
  switch (getNamedType(last.field.type).name) {
    case "Decimal":
      return last.parent.name === "Money" && last.field.name === "usd" ? "usd" : "number";
    case "Float":
      return "number";
    case "Count":
    case "Difference":
    case "Int":
      return "count";
    case "Date":
      return "day";
    case "DateTime":
      return "time";
    case "Boolean":
      return "flag";
    default:
      return "text";
  }
}

const SERIES_ROW = "SeriesRow";

function roleOf(fields: readonly AnswerField[], kind: ColumnKind, rowType: GraphQLNamedType): ColumnRole {
  const last = fields.at(-1);
  if (last === undefined) return null;
  const type = getNamedType(last.field.type);
  const isOwn = fields.length === 1;
  const isSeries = implementsAny(rowType, [SERIES_ROW]);
  if (type.name === "Finality") return "state";
  if (isOwn && isSeries && last.field.name === "from") return "bucket";
  if (isOwn && isSeries && last.field.name === "isOther") return "other";
  if (isOwn && kind === "day" && isNonNullType(last.field.type)) return "bucket";
  if (kind === "usd" || kind === "count" || kind === "number") return "measure";
  return kind === "text" && !isListType(getNullableType(last.field.type)) ? "group" : null;
}

/** Dimensions by which the rows of a list differ, as descriptions name them; null: rows overlap, so that nothing may be added. */
type Dimensions = readonly string[] | null;

/** Rows in which people, or what they do, count more than once. */
const OVERLAPPING = ["TeamProfile", "GroupProfile", "GroupPart", "ProductPart"];
const OVERLAPPING_GROUPS = ["TEAM", "GROUP"];
const GROUP_DIMENSIONS: Readonly<Record<string, string>> = { USER: "people", MODEL: "models" };

/** A dimension that only what is additive without a condition can be added over. */
const ANY = "any";

function dimensionsOf(
  rowType: GraphQLNamedType,
  grouping: readonly string[],
  bucket: string | null,
): Dimensions {
  if (implementsAny(rowType, OVERLAPPING)) return null;
  if (grouping.some((each) => OVERLAPPING_GROUPS.includes(each))) return null;
  const isPeople = implementsAny(rowType, ["UserProfile"]);
  const isSeries = implementsAny(rowType, [SERIES_ROW]);
  const isDays =
    isObjectType(rowType) &&
    Object.values(rowType.getFields()).some(
      ({ type }) => isNonNullType(type) && getNamedType(type).name === "Date",
    );
  const dimensions = [
    ...grouping.map((each) => GROUP_DIMENSIONS[each] ?? ANY),
    ...((isSeries && bucket !== null && bucket !== "NONE") || isDays ? ["days"] : []),
    ...(isPeople ? ["people"] : []),
  ];
  return isPeople || isSeries || isDays ? dimensions : [...dimensions, ANY];
}

/** Reads the descriptions of a value: each that states something must allow it, and one at least must. */
function isAdditiveOver(fields: readonly AnswerField[], dimensions: Dimensions): boolean {
  if (dimensions === null) return false;
  let isStated = false;
  for (const { field } of fields) {
    const text = (field.description ?? "").replaceAll(/\s+/g, " ");
    if (/\bnot additive\b|\bcumulative\b|can add up to less/i.test(text)) return false;
    const stated = /\badditive\b([^.;:]*)/i.exec(text);
    if (stated === null) continue;
    const condition = stated[1] ?? "";
    if (/\bover\b/.test(condition) && !dimensions.every((each) => covers(condition, each))) return false;
    isStated = true;
  }
  return isStated;
}

function covers(condition: string, dimension: string): boolean {
  return condition.includes(dimension) || (dimension === "days" && /\b(time|ranges)\b/.test(condition));
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

/** Adds values to the last digit; null: one is missing, or has another form. */
export function exactSum(values: readonly AnswerCell[]): string | null {
  const amounts: Decimal[] = [];
  for (const value of values) {
    const amount = value === null ? null : parseDecimal(String(value));
    if (amount === null) return null;
    amounts.push(amount);
  }
  return formatDecimal(sum(amounts));
}

export interface TableSums {
  /** One for each column; null: it has no sum. */
  readonly sums: readonly (string | null)[];
  /** Says why there is none where a reader would look for one; empty: nothing to say. */
  readonly note: string;
}

/** Adds the values of the columns that may be added. */
export function sumsOf({ columns, rows, extent }: AnswerTable): TableSums {
  const none = columns.map(() => null);
  const measures = columns.filter(({ role }) => role === "measure");
  if (measures.length === 0 || rows.length < 2) return { sums: none, note: "" };
  if (!measures.some(({ isAdditive }) => isAdditive))
    return { sums: none, note: "No totals: these figures may not be added over these rows." };
  if (extent !== "whole")
    return {
      sums: none,
      note:
        extent === "cut"
          ? "No totals: this is one page of a longer list."
          : "No totals: the answer does not show that these are all rows (pageInfo { hasNextPage } does).",
    };
  const sums = columns.map(({ isAdditive }, i) =>
    isAdditive ? exactSum(rows.map((row) => row[i] ?? null)) : null,
  );
  const isMissing = columns.some(({ isAdditive }, i) => isAdditive && sums[i] === null);
  const isPart = measures.some(({ isAdditive }) => !isAdditive);
  return {
    sums,
    note: isMissing
      ? "A column with a missing value, or with one that may not be added, has no total."
      : isPart
        ? "Only figures that may be added have a total."
        : "",
  };
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

/** Rows as CSV in the form of the gateway's files: every digit, an empty cell where there is no value. */
export function csvOf(columns: readonly AnswerColumn[], rows: AnswerTable["rows"]): string {
  const lines = rows.map((row) => row.map((cell, i) => quoted(fileCell(cell, columns[i]))).join(","));
  return `${[columns.map(({ name }) => quoted(name)).join(","), ...lines].join("\n")}\n`;
}

/** Rows as text that a spreadsheet takes from the clipboard. */
export function tsvOf(columns: readonly AnswerColumn[], rows: AnswerTable["rows"]): string {
  const plain = (text: string) => text.replaceAll(/[\t\r\n]+/g, " ");
  const lines = rows.map((row) => row.map((cell, i) => plain(fileCell(cell, columns[i]))).join("\t"));
  return [columns.map(({ name }) => name).join("\t"), ...lines].join("\n");
}

function fileCell(cell: AnswerCell, column: AnswerColumn | undefined): string {
  if (cell === null) return "";
  return column?.kind === "text" ? inertText(String(cell)) : String(cell);
}
