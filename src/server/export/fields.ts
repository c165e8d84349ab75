import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from "graphql";
import { isNode } from "../../../schema/framework/visible.ts";
import type { Viewer } from "../../domain/viewer.ts";
import { badInput } from "../../errors.ts";
import { isPermitted } from "../../planning/permissions.ts";
import { fieldPlanOf, identifyingFieldsOf } from "../../planning/plan.ts";
import { isConnection } from "../../planning/rows.ts";
import { nearest } from "../http/did-you-mean.ts";
import { type CellKind, isNumeric, type Reader, type TableColumn } from "./table.ts";

/** The columns of lists for which all fields would be a poor default. */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  users: ["userId", "email", "activity"],
  idleSeats: ["userId", "email", "name", "joinedAt"],
};

/** Figures made of those of other rows too: they are no columns unless requested, and are never added up. */
const DERIVED: readonly string[] = ["comparison", "runningTotal"];

/** A column of a list, and where in its rows the value is. */
export interface FieldColumn extends TableColumn {
  readonly path: readonly string[];
}

/** The dimensions that rows are split by: fields of other dimensions have no values. */
type Split = readonly string[];

/**
 * The columns that `fields` names: paths such as `cost.net.usd`, where a path to an object stands for its own fields. Without
 * any, the columns are the fields of the row that cost no request of their own.
 */
export function columnsOf(
  schema: GraphQLSchema,
  list: string,
  node: GraphQLObjectType,
  fields: string | null,
  split: Split,
  { viewer, visible }: Reader,
): FieldColumn[] {
  const named = fields?.split(",").map((path) => path.trim());
  const columns =
    named === undefined
      ? defaultColumns(schema, list, node, split)
      : [...new Set(named)].flatMap((path) => at(schema, visible, node, path.split("."), split));
  // Columns that are not requested by name are those the viewer may see.
  const shown =
    fields === null ? columns.filter(({ path }) => isVisible(schema, node, path, viewer)) : columns;
  const distinct = [...new Map(shown.map((column) => [column.name, column])).values()];
  if (distinct.length <= MAX_COLUMNS) return distinct;
  throw badInput(`\`fields\` names ${distinct.length} columns; the maximum is ${MAX_COLUMNS}.`);
}

/** Lists the columns of a file without `fields`, which are the same for all callers. */
export function defaultColumns(
  schema: GraphQLSchema,
  list: string,
  node: GraphQLObjectType,
  split: Split,
): FieldColumn[] {
  const paths = DEFAULTS[list];
  return paths === undefined
    ? labelsFirst(node, own(schema, node, [], split))
    : paths.flatMap((path) => at(schema, null, node, path.split("."), split));
}

function isVisible(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  [head, ...rest]: readonly string[],
  viewer: Viewer,
): boolean {
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[head ?? ""] : undefined;
  const next = field === undefined ? schema.getType(head ?? "") : getNamedType(field.type);
  if (field !== undefined && !isPermitted(field, { viewer })) return false;
  return next === undefined || isVisible(schema, next, rest, viewer);
}

/** The columns that identify a row, before its measures. */
function labelsFirst(node: GraphQLObjectType, columns: readonly FieldColumn[]): FieldColumn[] {
  const isLabel = ({ kind, path: [head, ...rest] }: FieldColumn) => {
    const field = node.getFields()[head ?? ""];
    const isDimension = field !== undefined && fieldPlanOf(field).dimension !== undefined;
    return isDimension || (!isNumeric(kind) && rest.length === 0);
  };
  return [...columns.filter(isLabel), ...columns.filter((column) => !isLabel(column))];
}

const MAX_COLUMNS = 250;

/** The columns at a path, walked down from a type; a part of it can name one of the kinds an object can be of. */
function at(
  schema: GraphQLSchema,
  visible: GraphQLSchema | null,
  root: GraphQLNamedType,
  path: readonly string[],
  split: Split,
): FieldColumn[] {
  let parent: GraphQLNamedType = root;
  let type: AnyType = root;
  let isListed = false;
  for (const [depth, key] of path.entries()) {
    parent = getNamedType(type);
    const next = choicesOf(schema, parent).get(key);
    if (next === undefined) {
      const place = path.slice(0, depth).join(".") || parent.name;
      throw badInput(
        `Unknown field \`${path.join(".")}\`: in \`${place}\`, ${nearest(key, namesIn(visible, parent))}`,
      );
    }
    isListed ||= isList(next);
    type = next;
  }
  const columns = below(schema, parent, type, path, split);
  return isListed ? columns.map((each) => ({ ...each, kind: "text" })) : columns;
}

type AnyType = GraphQLOutputType | GraphQLNamedType;

function isList(type: AnyType): boolean {
  return isListType(getNullableType(type));
}

function choicesOf(schema: GraphQLSchema, type: GraphQLNamedType): ReadonlyMap<string, AnyType> {
  const kinds = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  return new Map<string, AnyType>([
    ...fields.filter(isReadable).map((field) => [field.name, field.type] as const),
    ...kinds.map((kind) => [kind.name, kind] as const),
  ]);
}

/** The segments that a path can have, as far as the caller may see them. */
function namesIn(visible: GraphQLSchema | null, { name }: GraphQLNamedType): string[] {
  const type = visible?.getType(name);
  return visible && type ? [...choicesOf(visible, type).keys()] : [];
}

/** A field that needs no argument. A list that pages would be cut short without a word. */
function isReadable({ args, type }: GraphQLField<unknown, unknown>): boolean {
  return !args.some(isRequiredArgument) && !isConnection(getNamedType(type));
}

/** Lists the columns at or below a value: the value itself, else its short form, else its fields. */
function below(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  type: AnyType,
  path: readonly string[],
  split: Split,
): FieldColumn[] {
  const named = getNamedType(type);
  if (isLeafType(named)) return [{ name: path.join("."), kind: columnKindOf(parent, type, path), path }];
  const short = identifyingFieldsOf(named);
  if (short !== null) return short.map((each) => textAt([...path, ...each.split(".")]));
  return isObjectType(named) ? own(schema, named, path, split) : [textAt([...path, "__typename"])];
}

/** The fields of a row itself: values, and objects that are part of it rather than things of their own. */
function own(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  path: readonly string[],
  split: Split,
): FieldColumn[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const { dimension, hiddenBy, readsAll, requests } = fieldPlanOf(field);
    // Not measured by what rows are split by, or of all rows at once, which every page would read again.
    if ((hiddenBy !== undefined && split.includes(hiddenBy)) || readsAll === true) return [];
    const isSplit = dimension !== undefined && split.includes(dimension);
    if (dimension !== undefined && !isSplit) return [];
    const named = getNamedType(field.type);
    const isThing = isObjectType(named) && isNode(named);
    const isFree = field.args.length === 0 && requests === undefined;
    const isPart = isFree && !isThing && (isLeafType(named) || !isList(field.type));
    if ((!isPart && !isSplit) || field.name === "id" || DERIVED.includes(field.name)) return [];
    // What only a look-up tells of the person that rows are split by is requested by name.
    if (isSplit && isLeafType(named) && requests !== undefined && field.name !== "email") return [];
    // Rows that name a person have the address as the report shows it, without a look-up.
    if (named.name === "User" && type.getFields().email) return [textAt([...path, field.name, "userId"])];
    return below(schema, type, field.type, [...path, field.name], split);
  });
}

function textAt(path: readonly string[]): FieldColumn {
  return { name: path.join("."), kind: "text", path };
}

/** Amounts are added up: those of Money, and neither ratios nor what is worked out from amounts (DerivedMoney). */
export function columnKindOf(parent: GraphQLNamedType, type: AnyType, path: readonly string[]): CellKind {
  const kind = (!isList(type) && KINDS.get(getNamedType(type).name)) || "text";
  const isAdditive = parent.name === "Money" && !path.some((part) => DERIVED.includes(part));
  return kind === "decimal" && isAdditive ? "amount" : kind;
}

/** Kinds of the scalars that are not texts. */
const KINDS: ReadonlyMap<string, CellKind> = new Map([
  ["Boolean", "boolean"],
  ["Count", "count"],
  ["Date", "date"],
  ["DateTime", "instant"],
  ["Decimal", "decimal"],
  ["Difference", "count"],
  ["Float", "float"],
  ["Int", "count"],
]);

/** Columns as a selection: what they share of their paths is selected once. */
export function selectionOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  columns: readonly FieldColumn[],
): string {
  return printed(
    schema,
    type,
    columns.map(({ path }) => path),
  );
}

function printed(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  paths: readonly (readonly string[])[],
): string {
  const choices = choicesOf(schema, type);
  const heads = Map.groupBy(paths, ([head]) => head as string);
  const parts = [...heads].map(([head, under]) => {
    const rests = under.map(([, ...rest]) => rest).filter((rest) => rest.length > 0);
    const next = choices.get(head);
    if (rests.length === 0 || next === undefined) return head;
    const isKind = isAbstractType(type) && isObjectType(next) && next.name === head;
    return `${isKind ? `... on ${head}` : head} ${printed(schema, getNamedType(next), rests)}`;
  });
  return `{ ${[...(isAbstractType(type) ? ["__typename"] : []), ...parts].join(" ")} }`;
}

/** The value at a path of a row as the graph gave it, from its `from`-th segment on; of a list, of each of its entries. */
export function valueAt(value: unknown, path: readonly string[], from = 0): unknown {
  let at = value;
  for (let i = from; i < path.length; i++) {
    if (at === null || at === undefined) return null;
    if (Array.isArray(at)) return at.map((entry) => valueAt(entry, path, i));
    const row = at as Readonly<Record<string, unknown>>;
    const segment = path[i] ?? "";
    if (Object.hasOwn(row, segment)) at = row[segment];
    else if (row.__typename !== segment) return null;
  }
  return at ?? null;
}
