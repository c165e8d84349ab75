import { readFileSync } from "node:fs";
import { type GraphQLSchema, Kind, type OperationDefinitionNode, parse, validate } from "graphql";
import { readJsonFile, readOrReport } from "../../operator-file.ts";
import { ConfigError } from "../../settings/config-error.ts";
import { queryLibrary } from "../documents/query-library.ts";
import { hashOf, keyOf, type Listed, TrustedDocuments } from "./trusted.ts";

const LIBRARY = new URL("../../../schema/operations/manifest.json", import.meta.url);

/** Read once, since it ships with the gateway and never changes while that runs. */
let read: Library | null = null;

interface Library {
  readonly listed: readonly Listed[];
  /** Only these documents, where no operator adds any. */
  readonly trusted: TrustedDocuments;
}

/**
 * The query library and what the manifest of an operator adds to it; `path` is empty where there is none. All of it can be run, or
 * a ConfigError says what cannot.
 */
export function readDocuments(schema: GraphQLSchema, path: string): TrustedDocuments {
  read ??= readLibrary();
  const library = read;
  if (path === "") return library.trusted;
  const faults: string[] = [];
  const added = listedIn(path, schema, faults);
  for (const [id, same] of Map.groupBy([...library.listed, ...added], (each) => each.id)) {
    const texts = new Set(same.map(({ text }) => text));
    if (texts.size > 1) faults.push(`DOCUMENTS_FILE: the id ${id} stands for ${texts.size} different texts.`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return new TrustedDocuments(library.listed, added, queryLibrary);
}

/** Reads the query library as it was generated. It was validated then: a start does not parse its documents. */
function readLibrary(): Library {
  const { operations } = JSON.parse(readFileSync(LIBRARY, "utf8")) as {
    readonly operations: readonly Generated[];
  };
  const listed = operations.map(({ id, name, body }) => ({ id, name, text: body }));
  return { listed, trusted: new TrustedDocuments(listed, [], queryLibrary) };
}

/** An operation of the manifest that codegen-manifest.ts writes. */
interface Generated {
  readonly id: string;
  readonly name: string;
  readonly body: string;
}

function listedIn(path: string, schema: GraphQLSchema, faults: string[]): Listed[] {
  const content = readOrReport(
    () => readJsonFile(path),
    (why) => void faults.push(`DOCUMENTS_FILE: the file ${why}.`),
  );
  if (content === undefined) return [];
  const entries = entriesOf(content);
  if (entries === null) {
    faults.push(
      `DOCUMENTS_FILE: the file is neither an apollo-persisted-query-manifest of version 1, nor an object of ids and texts.`,
    );
    return [];
  }
  return entries.flatMap((entry, i) => {
    const label = typeof entry.label === "string" ? ` (${entry.label.slice(0, MAX_LABEL)})` : "";
    const found: string[] = [];
    const listed = documentOf(entry, schema, found);
    faults.push(...found.map((fault) => `DOCUMENTS_FILE: document ${i + 1}${label} ${fault}`));
    return listed === null || found.length > 0 ? [] : [listed];
  });
}

const MAX_LABEL = 100;

interface Entry {
  readonly id: unknown;
  readonly text: unknown;
  /** Undefined where a manifest has none. */
  readonly name?: unknown;
  /** By what to tell it from others. */
  readonly label: unknown;
}

/** Reads a manifest as Apollo's tools write it, or the map that Relay and codegen write. */
function entriesOf(content: unknown): Entry[] | null {
  if (typeof content !== "object" || content === null || Array.isArray(content)) return null;
  const { format, version, operations } = content as Readonly<Record<string, unknown>>;
  if (format === "apollo-persisted-query-manifest") {
    if (version !== 1 || !Array.isArray(operations)) return null;
    return operations.map((each) => ({
      id: each?.id,
      text: each?.body,
      name: each?.name,
      label: each?.name,
    }));
  }
  const map = Object.entries(content);
  return map.every(([, text]) => typeof text === "string")
    ? map.map(([id, text]) => ({ id, text, label: id }))
    : null;
}

/** Far more than a hash or a name takes. */
const ID = /^[\x21-\x7e]{1,256}$/;

function documentOf(entry: Entry, schema: GraphQLSchema, faults: string[]): Listed | null {
  const id = typeof entry.id === "string" ? keyOf(entry.id) : "";
  if (!ID.test(id)) faults.push("has no id of 1 to 256 visible characters.");
  if (typeof entry.text !== "string") {
    faults.push("has no text.");
    return null;
  }
  const text = entry.text;
  // The text was edited or cut off after its id was made, so no caller could request it by its hash.
  if (/^[\da-f]{64}$/.test(id) && id !== hashOf(text))
    faults.push("has an id that is the SHA-256 of another text.");
  const operation = operationOf(text, schema, faults);
  if (operation?.name === undefined) return null;
  const name = operation.name.value;
  if (entry.name !== undefined && entry.name !== name)
    faults.push(`has an operation of another name, ${name}.`);
  return { id, text, name };
}

function operationOf(text: string, schema: GraphQLSchema, faults: string[]): OperationDefinitionNode | null {
  try {
    const document = parse(text);
    for (const { message } of validate(schema, document)) faults.push(`does not fit the schema: ${message}`);
    const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    const [operation] = operations;
    if (operation?.name !== undefined && operations.length === 1) return operation;
    faults.push("is not one operation with a name, and its fragments.");
  } catch (fault) {
    const why = fault instanceof RangeError ? "it is nested too deeply." : (fault as Error).message;
    faults.push(`is not GraphQL: ${why}`);
  }
  return null;
}
