import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  Kind,
  print,
  typeFromAST,
  type VariableDefinitionNode,
} from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import { coerceVariables } from "../../planning/operation.ts";
import type { ParseParams } from "../graphql/request-params.ts";
import { withoutSuggestion, withWaysOfRange } from "../graphql/translate-errors.ts";
import { HttpError } from "../http/http-error.ts";
import { readParameters } from "../http/parameters.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { ORGANIZATION } from "../http/requested-organization.ts";
import { operationIn, otherDocument, type TrustedDocument, type TrustedDocuments } from "./trusted.ts";

/** Path below which trusted documents are called. */
export const CALLS = "/q/";

/** Parameters that do not set a variable: they request the plan, or another form of the answer. */
const OTHER_PARAMETERS: readonly string[] = ["explain", "format", ORGANIZATION];

/** A path that names a document, and parameters of it that do not set a variable. */
export interface CallPlace {
  readonly prefix: string;
  readonly ending: string;
  readonly others: readonly string[];
}

const CALL: CallPlace = { prefix: CALLS, ending: "", others: OTHER_PARAMETERS };

/**
 * Reads a call of a trusted document, GET /q/NAME with its variables as parameters, as the GraphQL request for the document's id.
 * Other methods are rejected. `suggestsTo` tells whether hints may name any parameter.
 */
export function parseCall(options: CallsOptions, record: RequestRecord, place = CALL): ParseParams {
  const { schema, suggestsTo } = options;
  return ({ method, url }) => {
    refuseMethods(method, place);
    const { pathname, searchParams } = new URL(url);
    const document = placedDocument(pathname, options, record.viewer, place);
    const own = new URLSearchParams(searchParams);
    // A document can have a variable for the organization, which then says the same.
    for (const name of place.others)
      if (name !== ORGANIZATION || !hasVariable(document, name)) own.delete(name);
    const variables = variablesOf(schema, document, own, suggestsTo(record.viewer));
    return { documentId: document.hash, variables };
  };
}

function hasVariable(document: TrustedDocument, name: string): boolean {
  return (
    operationIn(document).variableDefinitions?.some(({ variable }) => variable.name.value === name) ?? false
  );
}

/** Rejects methods other than GET and HEAD. */
export function refuseMethods(method: string, { prefix, ending }: CallPlace): void {
  if (method === "GET") return;
  throw new HttpError(
    "BAD_REQUEST",
    `Call documents with GET on ${prefix}NAME${ending}; send POST to /graphql.`,
    { status: 405, headers: { allow: "GET, HEAD" } },
  );
}

export interface CallsOptions {
  readonly schema: GraphQLSchema;
  readonly trusted: TrustedDocuments;
  readonly suggestsTo: (viewer: Viewer) => boolean;
}

/** The document that a path names. Throws HttpError where no document has that name, or where the viewer may not run it. */
export function placedDocument(
  path: string,
  { trusted }: CallsOptions,
  viewer: Viewer,
  { prefix, ending }: CallPlace,
): TrustedDocument {
  const name = decoded(path.slice(prefix.length));
  if (!name.endsWith(ending))
    throw new HttpError(
      "NOT_FOUND",
      `Use ${prefix}NAME${ending} with the name of a trusted document; ${CALLS} lists the names.`,
    );
  return documentNamed(name.slice(0, name.length - ending.length), trusted, viewer);
}

/** The document of a name or id that a viewer may run. Throws HttpError. */
export function documentNamed(name: string, trusted: TrustedDocuments, viewer: Viewer): TrustedDocument {
  const called = trusted.called(name);
  const permitted = called.filter((document) => trusted.allows(viewer, document));
  const [document] = permitted;
  if (permitted.length > 1)
    throw new HttpError(
      "BAD_USER_INPUT",
      `${permitted.length} documents are named ${name}; call one of them by its id, as in GET ${CALLS}ID.`,
    );
  if (document !== undefined) return document;
  if (viewer.documents !== null) throw otherDocument(viewer.documents);
  throw new HttpError("NOT_FOUND", `Unknown trusted document \`${name}\`: ${trusted.nearest(name)}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function variablesOf(
  schema: GraphQLSchema,
  document: TrustedDocument,
  parameters: URLSearchParams,
  suggests: boolean,
): Readonly<Record<string, unknown>> {
  const operation = operationIn(document);
  const { variableDefinitions = [] } = operation;
  try {
    const types = typesOf(schema, variableDefinitions);
    const values = readParameters(types, parameters, suggests ? [...types.keys()] : null);
    for (const { variable, type, defaultValue } of variableDefinitions)
      if (type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined && !(variable.name.value in values))
        throw badInput(`The parameter \`${variable.name.value}\` is missing; it is a ${print(type)}.`);
    const coerced = coerceVariables(schema, operation, values);
    const [wrong] = "faults" in coerced ? coerced.faults : [];
    if (wrong !== undefined) {
      const message = suggests ? withWaysOfRange(wrong.message) : withoutSuggestion(wrong.message);
      throw badInput(message.replace(/^Variable "\$/, 'Parameter "'));
    }
    return values;
  } catch (fault) {
    if (!(fault instanceof GatewayError)) throw fault;
    throw HttpError.of(fault, 400);
  }
}

function typesOf(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ReadonlyMap<string, GraphQLInputType> {
  return new Map(
    definitions.flatMap(({ variable, type }) => {
      const known = typeFromAST(schema, type);
      return isInputType(known) ? [[variable.name.value, known] as const] : [];
    }),
  );
}
