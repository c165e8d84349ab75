import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  Kind,
  print,
  typeFromAST,
  type VariableDefinitionNode,
} from "graphql";
import type { GraphQLParams, Plugin } from "graphql-yoga";
import { coercedBy } from "../../../schema/selected.ts";
import { NOBODY, type Viewer } from "../../domain/viewer.ts";
import { badInput, GatewayError } from "../../errors.ts";
import { withoutSuggestion } from "../errors.ts";
import { readParameters } from "../parameters.ts";
import { otherDocument, refused } from "./refusal.ts";
import type { TrustedDocument, TrustedDocuments } from "./trusted.ts";

const PATH = "/q/";

/** Asks for the plan, and is no variable. */
const EXPLAIN = "explain";

/** Whether a path calls a document. */
export function isCall(path: string): boolean {
  return path.startsWith(PATH);
}

/**
 * Trusted documents by name: GET /q/NAME, with their variables as parameters. What comes of it is a request like any other, by the
 * document's id. As the last of the plugins it answers what Yoga would take for a path that is not there.
 */
export function callDocuments(
  schema: GraphQLSchema,
  trusted: TrustedDocuments,
  viewers: WeakMap<Request, Viewer>,
  suggestsTo: (request: Request) => boolean,
): Plugin {
  return {
    async onRequest({ request, url, requestHandler, serverContext, endResponse }) {
      if (isCall(url.pathname)) endResponse(await requestHandler(request, serverContext));
    },
    onRequestParse({ request, url, setRequestParser }) {
      if (!isCall(url.pathname)) return;
      if (request.method !== "GET")
        throw refused(
          "BAD_REQUEST",
          405,
          `Documents are called with GET on ${PATH}NAME; POST goes to /graphql.`,
          {
            headers: { allow: "GET, HEAD" },
          },
        );
      setRequestParser(() => {
        const document = documentOf(url.pathname, trusted, viewers.get(request) ?? NOBODY);
        const variables = variablesOf(schema, document, url.searchParams, suggestsTo(request));
        return { documentId: document.hash, variables } as GraphQLParams;
      });
    },
  };
}

function documentOf(path: string, trusted: TrustedDocuments, viewer: Viewer): TrustedDocument {
  const name = decoded(path.slice(PATH.length));
  const called = trusted.called(name);
  const permitted = called.filter((document) => trusted.permits(viewer, document));
  const [document] = permitted;
  if (permitted.length > 1)
    throw refused(
      "BAD_USER_INPUT",
      400,
      `${permitted.length} documents are named ${name}; call one of them by its id, as in GET ${PATH}ID.`,
    );
  if (document !== undefined) return document;
  if (viewer.documents !== null) throw otherDocument(viewer.documents);
  throw refused("NOT_FOUND", 404, `There is no trusted document \`${name}\`: ${trusted.nearest(name)}`);
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
  { operation }: TrustedDocument,
  parameters: URLSearchParams,
  suggests: boolean,
): Readonly<Record<string, unknown>> {
  const { variableDefinitions = [] } = operation;
  const own = new URLSearchParams(parameters);
  own.delete(EXPLAIN);
  try {
    const types = typesOf(schema, variableDefinitions);
    const values = readParameters(types, own, suggests ? [...types.keys()] : null);
    for (const { variable, type, defaultValue } of variableDefinitions)
      if (type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined && !(variable.name.value in values))
        throw badInput(`The parameter \`${variable.name.value}\` is missing; it is a ${print(type)}.`);
    const coerced = coercedBy(schema, operation, { ...values });
    const [wrong] = "faults" in coerced ? coerced.faults : [];
    if (wrong !== undefined) {
      const message = suggests ? wrong.message : withoutSuggestion(wrong.message);
      throw badInput(message.replace(/^Variable "\$/, 'Parameter "'));
    }
    return values;
  } catch (fault) {
    if (!(fault instanceof GatewayError)) throw fault;
    throw refused(fault.code, 400, fault.message);
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
