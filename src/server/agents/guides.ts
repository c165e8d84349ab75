import { readFileSync } from "node:fs";
import {
  type GraphQLSchema,
  isIntrospectionType,
  isSpecifiedScalarType,
  printSchema,
  printType,
} from "graphql";

const NUMBERS = new URL("../../../docs/numbers.md", import.meta.url);

/** A text that agents can read. */
export interface Guide {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
  readonly read: () => string;
}

/** The pattern of the URI of one type. */
export const TYPE_URI = "analytics://schema/{type}";

/** The pattern of the URI of one tool. */
export const TOOL_URI = "analytics://tools/{name}";

/** The name in a URI of a pattern that ends with one; null for another URI. */
export function nameInUri(uri: string, pattern: string): string | null {
  const prefix = pattern.slice(0, pattern.indexOf("{"));
  return uri.startsWith(prefix) ? uri.slice(prefix.length) : null;
}

/** The guides for a viewer; `schema` is the part that they may know, null where that is nothing. */
export function guidesFor(schema: GraphQLSchema | null): readonly Guide[] {
  return schema === null ? [NUMBERS_GUIDE] : [NUMBERS_GUIDE, ...guidesOf(schema)];
}

const NUMBERS_GUIDE: Guide = {
  uri: "analytics://numbers",
  name: "numbers",
  description: "What the figures mean: days, finality, money, what can be added up.",
  mimeType: "text/markdown",
  read: () => readFileSync(NUMBERS, "utf8"),
};

const known = new WeakMap<GraphQLSchema, readonly Guide[]>();

function guidesOf(schema: GraphQLSchema): readonly Guide[] {
  return known.getOrInsertComputed(schema, () => {
    const mimeType = "application/graphql";
    const query = schema.getQueryType();
    return [
      {
        uri: "analytics://schema",
        name: "schema",
        description: `The fields of a query, and the names of all types; ${TYPE_URI} is one type.`,
        mimeType,
        read: () => `${query ? printType(query) : ""}\n\n# Types: ${namesIn(schema).join(", ")}\n`,
      },
      {
        uri: "analytics://schema.graphql",
        name: "schema.graphql",
        description: "The whole schema: hundreds of kilobytes.",
        mimeType,
        read: () => printSchema(schema),
      },
    ];
  });
}

function namesIn(schema: GraphQLSchema): readonly string[] {
  const types = Object.values(schema.getTypeMap());
  return types
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .map(({ name }) => name)
    .sort();
}

/** One type of a schema, by its URI; null for an unknown one. */
export function typeAt(uri: string, schema: GraphQLSchema | null): string | null {
  const type = schema?.getType(nameInUri(uri, TYPE_URI) ?? "");
  return type === undefined || isIntrospectionType(type) ? null : printType(type);
}
