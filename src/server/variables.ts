import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";
import { parseDay } from "../domain/day.ts";
import type { Digest } from "./digest.ts";

const MAX_ITEMS = 20;
const MAX_DEPTH = 6;

/**
 * The variables that a document declares, by name, with what may stand in a log: numbers, booleans, days and values of enums as
 * they are, any other text as a digest. Of a long list it is the beginning, and how many more there were. What nothing declares
 * is left out, its name too: it is the caller's text.
 */
export function redactVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  digest: Digest,
): Readonly<Record<string, unknown>> {
  const declared = variableDefinitions.flatMap(({ variable, type }) => {
    const known = typeFromAST(schema, type) as GraphQLInputType | undefined;
    return known === undefined ? [] : [{ name: variable.name.value, type: known }];
  });
  return redactArguments(declared, given, digest);
}

/** The same of arguments, by their names and types. */
export function redactArguments(
  declared: readonly { readonly name: string; readonly type: GraphQLInputType }[],
  given: Readonly<Record<string, unknown>>,
  digest: Digest,
): Readonly<Record<string, unknown>> {
  const shown = declared.filter(({ name }) => Object.hasOwn(given, name)).slice(0, MAX_ITEMS);
  return Object.fromEntries(shown.map(({ name, type }) => [name, redactValue(type, given[name], digest, 0)]));
}

function redactValue(wrapped: GraphQLInputType, value: unknown, digest: Digest, depth: number): unknown {
  const type = getNullableType(wrapped);
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  if (depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) {
    const item = isListType(type) ? type.ofType : type;
    const items = value.slice(0, MAX_ITEMS).map((each) => redactValue(item, each, digest, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length - MAX_ITEMS} more`] : items;
  }
  if (isListType(type)) return redactValue(type.ofType, value, digest, depth);
  if (typeof value === "object") {
    const fields = isInputObjectType(type) ? type.getFields() : {};
    const known = Object.values(fields).filter(({ name }) => Object.hasOwn(value, name));
    return Object.fromEntries(
      known.map(({ name, type: of }) => [
        name,
        redactValue(of, (value as Readonly<Record<string, unknown>>)[name], digest, depth + 1),
      ]),
    );
  }
  const text = String(value);
  const isPlain = isEnumType(type) ? type.getValue(text) !== undefined : parseDay(text) !== null;
  return isPlain ? text : digest(text);
}
