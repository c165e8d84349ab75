import { csvText, inertText } from "../../domain/csv.ts";

type Cell = string | number | boolean | null;
type Row = Readonly<Record<string, Cell>>;

/**
 * Path of a list or an object in an answer, such as `connectors.nodes.byGroup`: rows of the last list have the columns of those that they
 * are in before their own.
 */
export type RowsPath<Data> = {
  [Name in keyof Data & string]: ItemOf<NonNullable<Data[Name]>> extends infer Item extends object
    ? Name | `${Name}.${RowsPath<Item>}`
    : never;
}[keyof Data & string];

type ItemOf<Value> = Value extends readonly (infer Item)[] ? NonNullable<Item> : Value;

/** The rows at a path of an answer as CSV, in the form of the gateway's files; null: there are none. */
export function csvOfAnswer(data: unknown, path: string): string | null {
  const rows = rowsAt(data, path.split("."), "", {});
  if (rows.length === 0) return null;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  // An object that is null in some rows has no columns there.
  const columns = names.filter((name) => !names.some((other) => other.startsWith(`${name}_`)));
  return csvText(
    columns,
    rows.map((row) => columns.map((name) => cellOf(row[name] ?? null))),
  );
}

function rowsAt(value: unknown, path: readonly string[], prefix: string, outer: Row): readonly Row[] {
  if (Array.isArray(value)) return value.flatMap((item) => rowsOfItem(item, path, prefix, outer));
  if (!isObject(value)) return [];
  const [name, ...rest] = path;
  if (name === undefined) return [{ ...outer, ...leavesOf(value, prefix) }];
  const isInner = Object.keys(outer).length > 0;
  return rowsAt(value[name], rest, isInner && name !== "nodes" ? `${prefix}${name}_` : prefix, outer);
}

function rowsOfItem(item: unknown, path: readonly string[], prefix: string, outer: Row): readonly Row[] {
  const [name] = path;
  if (!isObject(item)) return [];
  if (name === undefined) return rowsAt(item, path, prefix, outer);
  const { [name]: _, ...own } = item;
  return rowsAt(item, path, prefix, { ...outer, ...leavesOf(own, prefix) });
}

function leavesOf(value: Readonly<Record<string, unknown>>, prefix: string): Row {
  const leaves = Object.entries(value).flatMap(([key, inner]): readonly (readonly [string, Cell])[] => {
    const name = `${prefix}${key}`;
    if (Array.isArray(inner)) return [];
    if (isObject(inner)) return Object.entries(leavesOf(inner, `${name}_`));
    return [[name, inner as Cell]];
  });
  return Object.fromEntries(leaves);
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

function cellOf(cell: Cell): string {
  if (cell === null) return "";
  return typeof cell === "string" && !DECIMAL.test(cell) ? inertText(cell) : String(cell);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
