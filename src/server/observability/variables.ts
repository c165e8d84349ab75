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
import { parseDay } from "../../domain/day.ts";
import { ORGANIZATIONS } from "../../domain/organization.ts";
import type { Digest } from "./digest.ts";

const MAX_ITEMS = 20;
const MAX_DEPTH = 6;
/** Longer lines are cut in the middle by readers of logs. */
const MAX_LENGTH = 4_096;

/**
 * Variables as a log holds them: one text each, `range.last.days=7`, with a dot for each level and an entry for each item of a list,
 * as in the parameters of a file. A log store gives each key one type, so the shape must not follow the operation. Numbers, booleans,
 * days, values of enums and names of organizations stand as they are, any other text as a digest. Of a long list the first items are
 * shown, and how many more there are.
 */
export type LoggedVariables = readonly string[];

/** The variables that a document declares. Others are left out, their names too: those are the caller's text. */
export function redactVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  digest: Digest,
): LoggedVariables {
  const declared = variableDefinitions.flatMap(({ variable, type }) => {
    const known = typeFromAST(schema, type) as GraphQLInputType | undefined;
    return known === undefined ? [] : [{ name: variable.name.value, type: known }];
  });
  return redactArguments(declared, given, digest);
}

/** Redacts arguments, by their names and types. */
export function redactArguments(
  declared: readonly { readonly name: string; readonly type: GraphQLInputType }[],
  given: Readonly<Record<string, unknown>>,
  digest: Digest,
): LoggedVariables {
  const shown = declared.filter(({ name }) => Object.hasOwn(given, name));
  return shown.flatMap(({ name, type }) => entriesOf(name, type, given[name], digest, 0));
}

function entriesOf(
  path: string,
  wrapped: GraphQLInputType,
  value: unknown,
  digest: Digest,
  depth: number,
): string[] {
  const type = getNullableType(wrapped);
  if (value === null || typeof value === "number" || typeof value === "boolean") return [`${path}=${value}`];
  if (depth === MAX_DEPTH) return [`${path}=…`];
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path}=[]`];
    const item = isListType(type) ? type.ofType : type;
    const items = value.slice(0, MAX_ITEMS).flatMap((each) => entriesOf(path, item, each, digest, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `${path}=… ${value.length - MAX_ITEMS} more`] : items;
  }
  if (isListType(type)) return entriesOf(path, type.ofType, value, digest, depth);
  if (typeof value === "object") {
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const known = fields.filter(({ name }) => Object.hasOwn(value, name));
    if (known.length === 0) return [`${path}={}`];
    const values = value as Readonly<Record<string, unknown>>;
    return known.flatMap(({ name, type: of }) =>
      entriesOf(`${path}.${name}`, of, values[name], digest, depth + 1),
    );
  }
  const text = String(value);
  const isPlain = isEnumType(type)
    ? type.getValue(text) !== undefined
    : parseDay(text) !== null || ORGANIZATIONS.some((each) => each.name === text);
  return [`${path}=${isPlain ? text : digest(text)}`];
}

/** The first entries, as many as a line has room for, and how many more there are. */
export function bounded(entries: readonly string[]): LoggedVariables {
  let length = 0;
  const fitting = entries.findIndex((entry) => {
    length += entry.length;
    return length > MAX_LENGTH;
  });
  return fitting < 0 ? entries : [...entries.slice(0, fitting), `… ${entries.length - fitting} more`];
}
