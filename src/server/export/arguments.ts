import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import { badInput } from "../../errors.ts";
import { nearest } from "./nearest.ts";

/** How a list is read on, which is the export's own business. */
const PAGING: readonly string[] = ["first", "after"];

/** The arguments of a connection that a client can give. */
export function argumentsOf(field: GraphQLField<unknown, unknown>) {
  return field.args.filter(({ name }) => !PAGING.includes(name));
}

/**
 * The arguments of a field from URL parameters: `range.last.days=7` is `range: {last: {days: 7}}`, and a list is a parameter for
 * each entry. Values are as GraphQL takes them in variables; what it makes of them, it says itself.
 */
export function readArguments(
  field: GraphQLField<unknown, unknown>,
  parameters: URLSearchParams,
): Readonly<Record<string, unknown>> {
  const types = new Map(argumentsOf(field).map(({ name, type }) => [name, type]));
  const values: Record<string, unknown> = Object.create(null);
  for (const path of new Set(parameters.keys())) {
    const keys = path.split(".");
    const leaf = keys.pop() as string;
    let [known, at]: [ReadonlyMap<string, GraphQLInputType>, Record<string, unknown>] = [types, values];
    for (const key of keys) {
      known = fieldsOf(typeIn(known, key, path));
      at[key] ??= Object.create(null);
      at = at[key] as Record<string, unknown>;
    }
    at[leaf] = argumentValue(typeIn(known, leaf, path), parameters.getAll(path), path);
  }
  return values;
}

function typeIn(known: ReadonlyMap<string, GraphQLInputType>, key: string, path: string): GraphQLInputType {
  const type = known.get(key);
  if (type !== undefined) return type;
  throw badInput(`There is no parameter \`${path}\`: of \`${key}\`, ${nearest(key, [...known.keys()])}`);
}

function fieldsOf(type: GraphQLInputType): ReadonlyMap<string, GraphQLInputType> {
  const named = getNamedType(type);
  return new Map(
    isInputObjectType(named) ? Object.values(named.getFields()).map((field) => [field.name, field.type]) : [],
  );
}

function argumentValue(wrapped: GraphQLInputType, texts: readonly string[], path: string): unknown {
  const type = isNonNullType(wrapped) ? wrapped.ofType : wrapped;
  const named = getNamedType(type);
  if (isInputObjectType(named))
    throw badInput(
      `\`${path}\` has parts; give one of them, as in \`${path}.${Object.keys(named.getFields())[0]}=…\`.`,
    );
  if (isListType(type)) return texts.map((text) => scalarOf(named.name, text));
  if (texts.length > 1) throw badInput(`\`${path}\` is given ${texts.length} times; it takes one value.`);
  return scalarOf(named.name, texts[0] ?? "");
}

function scalarOf(type: string, text: string): unknown {
  if (NUMBERS.includes(type) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "Boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

const NUMBERS: readonly string[] = ["Int", "Float", "Count"];
