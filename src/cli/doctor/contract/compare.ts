import { parseDay, parseInstant } from "../../../domain/day.ts";
import type { Shape } from "./shape.ts";

/** A difference between answers and the contract. It names a place in the contract and types of JSON: no value and no name of data. */
export interface ShapeDifference {
  readonly kind: "new" | "missing" | "type";
  /** Place in the body, such as `data[].user.id`; `…` stands for a name that is not shown. */
  readonly path: string;
  /** Types by the contract; empty for a new field. */
  readonly expected: readonly string[];
  /** Types in the answer; empty for a missing field. */
  readonly found: readonly string[];
  /** True if it is in every object with this place, false if in some. */
  readonly isEverywhere: boolean;
}

/** Stands for a name that may be data. */
const HIDDEN = "…";

/** Compares a body with its shape. Names of new fields are shown if `isPublic` says that they can be no data. */
export function compareShape(
  body: unknown,
  shape: Shape,
  isPublic: (name: string) => boolean,
): readonly ShapeDifference[] {
  const differences = new Map<string, Found>();
  /** Objects and lists by their place: how many could have had a difference there. */
  const visits = new Map<string, number>();

  function note(
    kind: ShapeDifference["kind"],
    path: string,
    around: string,
    expected: readonly string[],
    found: string | null,
  ): void {
    const entry = differences.getOrInsertComputed(`${kind} ${path}`, () => ({
      difference: { kind, path, expected, found: [], isEverywhere: false },
      found: new Set<string>(),
      times: 0,
      around,
    }));
    if (found !== null) entry.found.add(found);
    entry.times++;
  }

  function visit(value: unknown, expected: Shape, path: string, around: string): void {
    visits.set(path, (visits.get(path) ?? 0) + 1);
    const type = typeOf(value);
    const found = isOf(type, expected.types) ? formOf(value, expected) : type;
    if (found !== null) note("type", path, around, typesOf(expected), found);
    else if (Array.isArray(value)) {
      const place = `${path}[]`;
      for (const item of value) {
        if (expected.items !== undefined) visit(item, expected.items, place, place);
      }
    } else if (typeof value === "object" && value !== null) visitObject(value as Fields, expected, path);
  }

  function visitObject(value: Fields, expected: Shape, path: string): void {
    const { fields = {}, required = [], entries } = expected;
    const at = (name: string) => (path === "" ? name : `${path}.${name}`);
    for (const name of required)
      if (!Object.hasOwn(value, name)) note("missing", at(name), path, typesOf(fields[name]), null);
    // An object without its fields has become something else, such as a map with names of people.
    const isSame = required.every((name) => Object.hasOwn(value, name));
    for (const [name, inner] of Object.entries(value)) {
      const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (known !== undefined) visit(inner, known, at(name), path);
      else if (entries !== undefined) visit(inner, entries, at("*"), at("*"));
      else note("new", at(isSame && isPublic(name) ? name : HIDDEN), path, [], typeOf(inner));
    }
  }

  visit(body, shape, "", "");
  return [...differences.values()].map(({ difference, found, times, around }) => ({
    ...difference,
    found: [...found].sort(),
    isEverywhere: difference.path.endsWith(HIDDEN) ? false : times >= (visits.get(around) ?? 1),
  }));
}

interface Found {
  readonly difference: ShapeDifference;
  readonly found: Set<string>;
  /** Place of the objects or lists that it is in. */
  readonly around: string;
  times: number;
}

type Fields = Readonly<Record<string, unknown>>;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "number") return typeof value;
  return Number.isInteger(value) ? "integer" : "number";
}

function isOf(type: string, types: readonly string[]): boolean {
  return types.length === 0 || types.includes(type) || (type === "integer" && types.includes("number"));
}

/** Null where a text has the form of its shape. */
function formOf(value: unknown, { format }: Shape): string | null {
  if (typeof value !== "string") return null;
  const isRight =
    format === "date-time" ? parseInstant(value) !== null : format !== "date" || parseDay(value) !== null;
  return isRight ? null : "string of another form";
}

function typesOf(shape: Shape | undefined): readonly string[] {
  if (shape === undefined) return [];
  return shape.types.map((type) => (type === "string" && shape.format !== undefined ? shape.format : type));
}
