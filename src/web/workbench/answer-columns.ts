import {
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { type AnswerField, implementsAny, isListField, isPaged } from "./answer-types.ts";
import { enumPath } from "./enum-name.ts";

export type AnswerCell = string | number | boolean | null;

/** Kind of the values of a column, from its type. */
export type ColumnKind = "usd" | "count" | "number" | "day" | "time" | "flag" | "text";

/** Meaning of a column in its row, from its type; null: none but its value. */
export type ColumnRole = "bucket" | "state" | "other" | "no-team" | "remainder" | "group" | "measure" | null;

export interface AnswerColumn {
  /** Path below the row: `net.usd`. */
  readonly name: string;
  readonly path: readonly string[];
  readonly kind: ColumnKind;
  readonly role: ColumnRole;
  readonly description: string;
  /** Names of the fields that its figure is of, in the case of an enum: `ACTIVITY_CHAT_MESSAGES`. */
  readonly figure: string;
  /** True for the value of a figure in the period that its row is compared with. */
  readonly isBefore: boolean;
  /** True if its values may be added over the rows of the list. */
  readonly isAdditive: boolean;
}

/** A value of a row. */
export interface Leaf {
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

export function answerColumnOf(
  { path, fields }: Leaf,
  rowType: GraphQLNamedType,
  dimensions: RowDimensions,
): AnswerColumn {
  const kind = kindOf(fields);
  const role = roleOf(fields, kind, rowType);
  const before = fields.findIndex(
    ({ field, parent }) => field.name === "before" && isObjectType(parent) && "change" in parent.getFields(),
  );
  return {
    name: path.join("."),
    path,
    kind,
    role,
    description: fields.findLast(({ field }) => field.description)?.field.description ?? "",
    figure: enumPath((before > 0 ? fields.slice(before - 1, before) : fields).map(({ field }) => field)),
    isBefore: before > 0,
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
  if (isOwn && kind === "flag") return flagRole(last.field.description ?? "");
  if (isOwn && kind === "day" && isNonNullType(last.field.type)) return "bucket";
  if (kind === "usd" || kind === "count" || kind === "number") return "measure";
  return kind === "text" && !isListType(getNullableType(last.field.type)) ? "group" : null;
}

/** A row that stands for several groups says so by a flag. */
function flagRole(description: string): ColumnRole {
  const [, stated = ""] = /^True if (?:it|the row) stands for (.*)/s.exec(description) ?? [];
  if (stated.startsWith("people without a team")) return "no-team";
  return stated.includes("upstream left out") ? "remainder" : null;
}

/** RowDimensions by which the rows of a list differ, as descriptions name them; null: rows overlap, so that nothing may be added. */
export type RowDimensions = readonly string[] | null;

/** Rows in which people, or what they do, count more than once. */
const OVERLAPPING = ["TeamProfile", "GroupProfile", "GroupPart", "ProductPart"];
export const OVERLAPPING_GROUPS = ["TEAM", "GROUP"];
const GROUP_DIMENSIONS: Readonly<Record<string, string>> = { USER: "people", MODEL: "models" };

/** A dimension that only what is additive without a condition can be added over. */
const ANY = "any";

/** RowDimensions that the rows of a list with this grouping and bucket differ by. */
export function rowDimensionsOf(
  rowType: GraphQLNamedType,
  grouping: readonly string[],
  bucket: string | null,
): RowDimensions {
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
function isAdditiveOver(fields: readonly AnswerField[], dimensions: RowDimensions): boolean {
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
