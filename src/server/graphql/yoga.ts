import type { GraphQLSchema } from "graphql";
import { createYoga, type Plugin, type YogaInitialContext } from "graphql-yoga";
import type { Config } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { Viewer } from "../../domain/viewer.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import { findDocuments } from "../documents/find-documents.ts";
import type { TrustedDocuments } from "../documents/trusted.ts";
import { refuseForeign } from "../http/origin.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { boundRequests, forgetInvalid, parserCache } from "../limits/bound.ts";
import type { Callers } from "../limits/callers.ts";
import { recordOperations } from "../observability/audit.ts";
import type { Digest } from "../observability/digest.ts";
import { introspection, type SchemaView } from "./introspection.ts";
import { knownOperations } from "./known-operations.ts";
import { boundCost } from "./request-cost.ts";
import { checkAccepted, readRequests } from "./request-params.ts";
import type { YogaServerContext } from "./server-context.ts";
import { clientError, translateErrors } from "./translate-errors.ts";
import { usageExtension } from "./usage-extension.ts";

export interface GraphQLOptions {
  readonly schema: GraphQLSchema;
  /** The settings of the HTTP edge. */
  readonly config: Pick<Config, "server" | "access" | "limits">;
  readonly trusted: TrustedDocuments;
  readonly view: SchemaView;
  readonly callers: Callers;
  readonly contextOf: (record: RequestRecord, options: OperationOptions) => Context;
  readonly isAudited: boolean;
  readonly digest: Digest;
  /** Told of faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/**
 * GraphQL over HTTP, for the routes that carry it. Requests are refused in the order of the plugins: how many there are, what they
 * ask, and what it costs.
 */
export function createGraphQL({
  schema,
  config: { server, access, limits },
  trusted,
  view,
  callers,
  contextOf,
  isAudited,
  digest,
  onFault,
}: GraphQLOptions) {
  const kept = parserCache();
  const suggestsTo = (viewer: Viewer) => view.isComplete(viewer);
  const yoga = createYoga<YogaServerContext, Context>({
    schema,
    context: ({ request, record }: YogaInitialContext & YogaServerContext): Context =>
      contextOf(record, { signal: deadline(request.signal, limits.operationTimeoutMs, record.completed) }),
    plugins: [
      isAudited && recordOperations(digest),
      refuseForeign(server.allowedOrigins),
      countOperations(callers),
      readRequests(limits.request),
      // Before texts are found by their hash, so that none is registered that is too long.
      boundRequests(limits.request),
      knownOperations(),
      forgetInvalid(kept),
      findDocuments({ ...access.documents, trusted }),
      usageExtension(),
      introspection(view),
      boundCost({ limits: limits.request, callers, onFault }),
      translateErrors(onFault, suggestsTo),
    ],
    graphqlEndpoint: "/*", // the table of routes decides which paths are GraphQL
    healthCheckEndpoint: " ", // no URL ends with it; probes are routes
    landingPage: false,
    graphiql: false,
    maskedErrors: { maskError: (error) => clientError(error, onFault) },
    cors: false,
    multipart: false,
    maxRequestBodySize: limits.request.MAX_BODY_BYTES,
    parserAndValidationCache: kept,
    logging: false,
  });
  return {
    respond(request: Request, context: YogaServerContext): Response | Promise<Response> {
      checkAccepted(request);
      return yoga.handleRequest(request, context);
    },
    dispose: () => yoga.dispose(),
  };
}

function countOperations(callers: Callers): Plugin<object, YogaServerContext> {
  return {
    onRequestParse: ({ serverContext: { record } }) => callers.enter(record.caller),
  };
}

/**
 * Aborts when the client leaves or the time is up. Both are forgotten once the request is completed: a timer that stayed would hold
 * the operation in memory for the whole time limit.
 */
function deadline(client: AbortSignal, timeoutMs: number, completed: Promise<unknown>): AbortSignal {
  const over = new AbortController();
  const late = () => over.abort(new DOMException("the operation took too long", "TimeoutError"));
  const timer = setTimeout(late, timeoutMs).unref();
  const leave = () => {
    clearTimeout(timer);
    over.abort(client.reason);
  };
  if (client.aborted) leave();
  client.addEventListener("abort", leave, { once: true });
  void completed.then(() => {
    clearTimeout(timer);
    client.removeEventListener("abort", leave);
  });
  return over.signal;
}
