import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import { badInput } from "../../errors.ts";
import { nearest } from "./did-you-mean.ts";

/**
 * Values of the given types from URL parameters: `range.last.days=7` is `range: {last: {days: 7}}`, as is
 * `range={"last":{"days":7}}`, and a list is a parameter for each entry. Values are as in GraphQL variables, and GraphQL itself
 * reports their faults. `visible` are the names that hints to the caller may contain; null: none at all.
 */
export function readParameters(
  types: ReadonlyMap<string, GraphQLInputType>,
  parameters: URLSearchParams,
  visible: readonly string[] | null,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const path of new Set(parameters.keys())) {
    const whole = wholeOf(path, parameters);
    if (whole !== null)
      throw badInput(`\`${whole}\` is given as a whole and in parts by \`${path}\`; use one of the two.`);
    const keys = path.split(".");
    const leaf = keys.pop() as string;
    let [known, at]: [Known, Record<string, unknown>] = [{ types, names: visible ?? [] }, values];
    for (const key of keys) {
      known = fieldsOf(typeIn(known, key, path), visible !== null);
      at[key] ??= Object.create(null);
      at = at[key] as Record<string, unknown>;
    }
    at[leaf] = argumentValue(typeIn(known, leaf, path), parameters.getAll(path), path, visible !== null);
  }
  return values;
}

/** Returns the part of a path that is given as a whole as well; null where none is. */
function wholeOf(path: string, parameters: URLSearchParams): string | null {
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1))
    if (parameters.has(path.slice(0, dot))) return path.slice(0, dot);
  return null;
}

/** Parameters that can be given, and those of their names that hints may show. */
interface Known {
  readonly types: ReadonlyMap<string, GraphQLInputType>;
  readonly names: readonly string[];
}

function typeIn({ types, names }: Known, key: string, path: string): GraphQLInputType {
  const type = types.get(key);
  if (type !== undefined) return type;
  throw badInput(`Unknown parameter \`${path}\`: ${partOf(path, key)}${nearest(key, names)}`);
}

/** Says which part of a path is not known, where it is not all of it. */
function partOf(path: string, key: string): string {
  if (key === path) return "";
  const above = path.split(".").slice(0, path.split(".").indexOf(key));
  return above.length === 0 ? `there is no \`${key}\`; ` : `of \`${above.join(".")}\`, `;
}

function fieldsOf(type: GraphQLInputType, isVisible: boolean): Known {
  const named = getNamedType(type);
  const fields = isInputObjectType(named) ? Object.values(named.getFields()) : [];
  const types = new Map(fields.map((field) => [field.name, field.type]));
  return { types, names: isVisible ? [...types.keys()] : [] };
}

function argumentValue(
  wrapped: GraphQLInputType,
  texts: readonly string[],
  path: string,
  isVisible: boolean,
): unknown {
  const type = isNonNullType(wrapped) ? wrapped.ofType : wrapped;
  const named = getNamedType(type);
  const read = (text: string) =>
    isInputObjectType(named) ? objectOf(named, text, path, isVisible) : scalarOf(named.name, text);
  if (isListType(type)) return texts.map(read);
  if (texts.length > 1) throw badInput(`\`${path}\` is given ${texts.length} times; it takes one value.`);
  return read(texts[0] ?? "");
}

function objectOf(type: GraphQLInputObjectType, text: string, path: string, isVisible: boolean): unknown {
  const example = isVisible ? `, as in \`${path}.${Object.keys(type.getFields())[0]}=…\`` : "";
  if (!/^\s*\{/.test(text))
    throw badInput(`\`${path}\` has parts; give one of them${example}, or all as JSON.`);
  try {
    return JSON.parse(text);
  } catch {
    throw badInput(`\`${path}\` starts like JSON but is not valid JSON; give its parts instead${example}.`);
  }
}

function scalarOf(type: string, text: string): unknown {
  if (NUMBERS.includes(type) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "Boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

const NUMBERS: readonly string[] = ["Int", "Float", "Count"];
