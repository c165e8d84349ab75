import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
} from "graphql";
import { isPaged } from "../answer-types.ts";

type Field = GraphQLField<unknown, unknown>;

/** A figure of the rows of a subject. */
export interface BuildMeasure {
  /** Path below the row, as the columns of tables have it: `net.usd`. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** Names of those fields as datasets have them: `CostBucket.net`. */
  readonly fieldNames: readonly string[];
}

/** A list of the graph over a range of days, with everything that a query for it can choose. */
export interface BuildSubject {
  /** Path from the root: `dashboard.claudeCode.byDay`. */
  readonly name: string;
  /** The field that takes the range, as datasets name it: `Query.cost`. */
  readonly owner: string;
  readonly path: readonly Field[];
  /** The fields from there to the rows. */
  readonly toRows: readonly Field[];
  readonly row: GraphQLObjectType;
  readonly description: string;
  readonly measures: readonly BuildMeasure[];
  /** Null: its rows are not compared with another period. */
  readonly comparison: BuildComparison | null;
  readonly arguments: SubjectArguments;
}

/** The part of a row that compares it with another period. */
export interface BuildComparison {
  readonly field: Field;
  /** Names the period: an argument of that field, or of the list. */
  readonly argument: GraphQLArgument;
  /** The compared figures, each with its value before and its change. */
  readonly figures: readonly Field[];
}

/** Arguments of a subject by what they choose; null: it has no such argument. */
export interface SubjectArguments {
  readonly range: GraphQLArgument;
  readonly bucket: GraphQLArgument | null;
  readonly groupBy: GraphQLArgument | null;
  readonly filter: GraphQLArgument | null;
  readonly orderBy: GraphQLArgument | null;
  readonly top: GraphQLArgument | null;
  readonly first: GraphQLArgument | null;
  readonly organization: GraphQLArgument | null;
}

/** Levels of types between the root and a list, and between a row and a figure. */
const DEEPEST_LIST = 3;
const DEEPEST_MEASURE = 5;

/** The lists of the graph that take a range of days, by their path. Of several with the same rows, the one nearest to the root. */
export function subjectsOf(schema: GraphQLSchema): readonly BuildSubject[] {
  const query = schema.getQueryType();
  const found = (query ? subjectsIn(query, []) : []).toSorted((a, b) => a.path.length - b.path.length);
  return found.filter(({ row }, i) => found.findIndex((each) => each.row === row) === i);
}

/** Lists that need a store which outlives the gateway, and no dataset says whether there is one. The library has them. */
const RECORDED = new Set(["revisions"]);

function subjectsIn(type: GraphQLObjectType, around: readonly Field[]): BuildSubject[] {
  if (around.length >= DEEPEST_LIST) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    if (RECORDED.has(field.name)) return [];
    const path = [...around, field];
    const range = field.args.find((arg) => getNamedType(arg.type).name === "DateRange");
    if (range !== undefined) return subjectOf(type, path, range) ?? [];
    const inner = getNamedType(field.type);
    const isPart = isObjectType(inner) && !isPaged(inner) && !isListType(getNullableType(field.type));
    return isPart && field.args.every(({ name }) => name === "organization") ? subjectsIn(inner, path) : [];
  });
}

function subjectOf(
  type: GraphQLObjectType,
  path: readonly Field[],
  range: GraphQLArgument,
): BuildSubject | null {
  const field = path.at(-1);
  if (field === undefined || field.args.some((arg) => isRequiredArgument(arg) && arg !== range)) return null;
  const toRows = pathToRows(field);
  const row = toRows && getNamedType((toRows.at(-1) ?? field).type);
  if (toRows === null || !isObjectType(row)) return null;
  const measures = measuresIn(row, [], [], null);
  if (measures.length === 0) return null;
  return {
    name: path.map(({ name }) => name).join("."),
    owner: `${type.name}.${field.name}`,
    path,
    toRows,
    row,
    description: field.description ?? "",
    measures,
    comparison: comparisonOf(row, field),
    arguments: argumentsOf(field, range),
  };
}

/** The fields from a list to its rows: none, `nodes` of a connection, or the list of an answer that has its rows below it; of several, its days. */
function pathToRows(field: Field): readonly Field[] | null {
  const type = getNamedType(field.type);
  if (isListType(getNullableType(field.type))) return [];
  if (!isObjectType(type)) return null;
  const fields = Object.values(type.getFields());
  if (isPaged(type)) return fields.filter(({ name }) => name === "nodes");
  const lists = fields.filter((each) => isPlainList(each));
  const rows = lists.length === 1 ? lists : lists.filter(isOfDays);
  return rows.length === 1 ? rows : null;
}

function isOfDays({ type }: Field): boolean {
  const row = getNamedType(type);
  return isObjectType(row) && "date" in row.getFields();
}

/** True for a list of objects that is read as a whole. */
function isPlainList({ type, args }: Field): boolean {
  return (
    isListType(getNullableType(type)) && isObjectType(getNamedType(type)) && !args.some(isRequiredArgument)
  );
}

/** Types of numbers. */
const NUMBERS: readonly string[] = ["Int", "Float", "Count", "Difference", "Decimal"];

/** The numbers of a row, also within its parts and one list of parts; identities and comparisons have figures of other ranges. */
function measuresIn(
  type: GraphQLObjectType,
  around: readonly Field[],
  namesAround: readonly string[],
  list: Field | null,
): readonly BuildMeasure[] {
  if (around.length >= DEEPEST_MEASURE) return [];
  const fields = Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));
  const whole = fields.find(({ name }) => name === "usd");
  return (whole === undefined ? fields : [whole]).flatMap((field): readonly BuildMeasure[] => {
    const path = [...around, field];
    const names = [...namesAround, `${type.name}.${field.name}`];
    const inner = getNamedType(field.type);
    if (isScalarType(inner)) {
      const isNumber = NUMBERS.includes(inner.name) && !isListType(getNullableType(field.type));
      return isNumber
        ? [
            {
              name: path.map(({ name }) => name).join("."),
              fields: path,
              fieldNames: names,
            },
          ]
        : [];
    }
    if (!isObjectType(inner) || isPaged(inner) || isIdentity(inner) || isComparison(inner)) return [];
    const isList = isListType(getNullableType(field.type));
    if (isList && list !== null) return [];
    return measuresIn(inner, path, names, isList ? field : list);
  });
}

/** An identity is the same for any range; its figures take a range that is given to them. */
function isIdentity(type: GraphQLObjectType): boolean {
  return type.getInterfaces().some(({ name }) => name === "Node");
}

/** A figure beside that of another period, which the query has to name. */
function isComparison(type: GraphQLObjectType): boolean {
  return Object.values(type.getFields()).some((field) => field.name === "before" || isChange(field));
}

function comparisonOf(row: GraphQLObjectType, list: Field): BuildComparison | null {
  const isOfPeriods = ({ type }: GraphQLArgument) => getNamedType(type).name === "Comparison";
  for (const field of Object.values(row.getFields())) {
    const type = getNamedType(field.type);
    if (!isObjectType(type) || !isComparison(type)) continue;
    const argument = field.args.find(isOfPeriods) ?? list.args.find(isOfPeriods);
    if (argument === undefined) continue;
    return { field, argument, figures: Object.values(type.getFields()).filter(isChange) };
  }
  return null;
}

/** True for a figure beside that of another period. */
function isChange({ type }: Field): boolean {
  const compared = getNamedType(type);
  return isObjectType(compared) && "before" in compared.getFields() && "change" in compared.getFields();
}

function argumentsOf({ args }: Field, range: GraphQLArgument): SubjectArguments {
  const named = (name: string) => args.find((arg) => arg.name === name) ?? null;
  const groupBy = args.find(
    ({ type }) => isListType(getNullableType(type)) && isEnumType(getNamedType(type)),
  );
  return {
    range,
    bucket: args.find(({ type }) => isBuckets(getNamedType(type))) ?? null,
    groupBy: groupBy ?? null,
    filter: named("filter"),
    orderBy: named("orderBy"),
    top: named("top"),
    first: named("first"),
    organization: named("organization"),
  };
}

/** True for the lengths of buckets. */
function isBuckets(type: GraphQLNamedType): boolean {
  return isEnumType(type) && type.getValue("WEEK") !== undefined && type.getValue("DAY") !== undefined;
}

/** The list of parts that a measure is in; null: it is of the row itself. */
export function partsOf({ fields }: BuildMeasure): Field | null {
  return fields.find((field) => isListType(getNullableType(field.type))) ?? null;
}

/** True if no value of the type can be missing. */
export function isAlwaysThere({ type }: Field): boolean {
  return isNonNullType(type);
}

/** The values of an enum that an argument takes. */
export function enumValuesOf(argument: { readonly type: GraphQLInputType } | null) {
  const type = argument === null ? null : getNamedType(argument.type);
  return isEnumType(type) ? type.getValues() : [];
}

const PRODUCT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^claude ai\b/i, "Claude.ai"],
  [/\bclaude code\b/i, "Claude Code"],
  [/\bapi\b/i, "API"],
];

/** A name of the schema in words: `claudeCodeRecords` as "Claude Code records". */
export function wordsOf(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  const written = PRODUCT_NAMES.reduce((text, [pattern, product]) => text.replace(pattern, product), words);
  return written.charAt(0).toUpperCase() + written.slice(1);
}
