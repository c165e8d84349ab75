import { described, firstSentence, type JsonSchema } from "./json-schema.ts";
import type { DocumentTool } from "./tools.ts";

/** A tool in the list of all tools. */
export type ListedTool = Pick<DocumentTool, "name" | "description" | "inputSchema" | "outputSchema">;

/** Arguments that most tools have. The instructions of the server say what they mean. */
const COMMON: ReadonlySet<string> = new Set(["range", "first", "after", "organization", "explain"]);

/** Enums of answers with more values are text here, and objects with more properties are lists of names. */
const MAX_NAMES = 8;

/**
 * A tool with its types, and with the words that no other tool has: agents read the list of all tools before
 * the first call. `analytics://tools/{name}` describes every argument and every field of the answer.
 */
export function briefTool({ name, question, inputSchema, outputSchema }: DocumentTool): ListedTool {
  const { required } = inputSchema;
  const given = propertiesOf(inputSchema).map(([argument, schema]) => {
    const types = typesOf(schema, COMMON.has(argument) ? MAX_NAMES : Number.POSITIVE_INFINITY);
    const meaning = COMMON.has(argument) ? undefined : firstSentence(textOf(schema));
    const words = [meaning, textOf(types)].filter((each) => each !== undefined);
    const { maxProperties } = schema; // one of several
    const stated = { ...types, ...(maxProperties === undefined ? {} : { maxProperties }) };
    return [argument, described(stated, words.join(" "))] as const;
  });
  const answer = propertiesOf(outputSchema).filter(([part]) => part === "data");
  return {
    name,
    description: question,
    inputSchema: { type: "object", properties: Object.fromEntries(given), ...(required ? { required } : {}) },
    outputSchema: {
      type: "object",
      properties: Object.fromEntries(answer.map(([part, schema]) => [part, typesOf(schema, MAX_NAMES)])),
    },
  };
}

function propertiesOf({ properties }: JsonSchema): [string, JsonSchema][] {
  return Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>);
}

function textOf({ description }: JsonSchema): string | undefined {
  return description as string | undefined;
}

/** A schema without its words, and without bounds that the gateway checks and explains by itself. */
function typesOf(schema: JsonSchema, maxValues: number): JsonSchema {
  const { type, enum: values, items, default: value } = schema;
  const properties = propertiesOf(schema);
  const isWide = properties.length > MAX_NAMES && "additionalProperties" in schema;
  return {
    ...(type === undefined ? {} : { type }),
    ...(Array.isArray(values) && values.length <= maxValues ? { enum: values } : {}),
    ...(isWide ? { description: `Keys: ${properties.map(([name]) => name).join(", ")}.` } : {}),
    ...(properties.length === 0 || isWide
      ? {}
      : {
          properties: Object.fromEntries(properties.map(([name, each]) => [name, typesOf(each, maxValues)])),
        }),
    ...(items === undefined ? {} : { items: typesOf(items as JsonSchema, maxValues) }),
    ...(value === undefined ? {} : { default: value }),
  };
}
