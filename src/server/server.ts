import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLSchema } from "graphql";
import { createYoga, useReadinessCheck } from "graphql-yoga";
import type { Context } from "../context.ts";
import type { Instant } from "../domain/day.ts";
import { NOBODY, type Viewer } from "../domain/viewer.ts";
import type { Asker } from "../upstream/operation.ts";
import { type Authenticate, authenticated, doorkeeper } from "./authenticate.ts";
import { boundCost } from "./cost.ts";
import { callDocuments, isCall } from "./documents/call.ts";
import { type DocumentsOptions, findDocuments } from "./documents/request.ts";
import { clientError, translateErrors } from "./errors.ts";
import { exportsOverHttp } from "./export/http.ts";
import { introspection, schemaView } from "./introspection.ts";
import { reportUsage } from "./operation.ts";
import { corsOf, protective, refuseForeign } from "./origin.ts";
import { playground } from "./playground.ts";
import { boundDocuments, readRequests } from "./request.ts";

const GRAPHQL = "/graphql";

/** Answers 200 as long as the process runs. */
export const HEALTH = "/healthz";

/** Answers 200 as long as requests should be sent here; 503 from the moment the process is told to end. Asks nobody. */
export const READINESS = "/readyz";

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  /** What one operation has in hand, as its viewer sees people. */
  readonly context: (asker: Asker, viewer: Viewer) => Context;
  readonly now: () => Instant;
  readonly operationTimeoutMs: number;
  /** Whether anybody is told what there is to ask. */
  readonly introspection: boolean;
  readonly playground: boolean;
  readonly documents: DocumentsOptions;
  /** Whose pages may read answers. */
  readonly allowedOrigins: readonly string[];
  readonly isReady: () => boolean;
  /** Null: nobody is asked who they are. */
  readonly authenticate: Authenticate | null;
  /** Who everybody is then. */
  readonly anybody: Viewer;
  /** Told of faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/** The HTTP edge: GraphQL on /graphql, GraphiQL for browsers on the same path, trusted documents on /q/, files on /export/, liveness and readiness. */
export function createServer({
  schema,
  context,
  now,
  operationTimeoutMs,
  onFault,
  authenticate,
  anybody,
  allowedOrigins,
  documents,
  ...options
}: ServerOptions) {
  const viewerOf = doorkeeper(authenticate, anybody);
  const contextOf = (asker: Asker, viewer: Viewer): Context => ({
    ...context({ ...asker, caller: viewer.name || (asker.caller ?? "") }, viewer),
    now: instantOf(now()),
  });
  const view = schemaView(schema, options.introspection);
  const files = exportsOverHttp({ schema, view, context: contextOf, viewerOf, onFault });
  const viewers = new WeakMap<Request, Viewer>();
  const suggestsTo = (request: Request) => view.isWhole(viewers.get(request) ?? NOBODY);
  const yoga = createYoga<Partial<NodeRequest>, Context>({
    schema,
    context: ({ request, req, res }): Context =>
      contextOf(
        {
          signal: patience(request.signal, operationTimeoutMs, res),
          caller: req?.socket.remoteAddress ?? "",
        },
        viewers.get(request) ?? NOBODY,
      ),
    plugins: [
      protective(allowedOrigins),
      useReadinessCheck({ endpoint: READINESS, check: options.isReady }),
      options.playground && playground(GRAPHQL),
      authenticated(viewerOf, viewers),
      refuseForeign(allowedOrigins),
      readRequests(),
      findDocuments(documents, viewers),
      boundDocuments(),
      reportUsage(),
      introspection(view),
      boundCost(onFault),
      translateErrors(onFault, suggestsTo),
      callDocuments(schema, documents.trusted, viewers, suggestsTo),
    ],
    graphqlEndpoint: GRAPHQL,
    healthCheckEndpoint: HEALTH,
    landingPage: false,
    graphiql: false,
    maskedErrors: { maskError: (error) => clientError(error, onFault) },
    cors: corsOf(allowedOrigins),
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    logging: false,
  });
  return {
    async fetch(input: string | Request, init: RequestInit = {}): Promise<Response> {
      const { pathname } = new URL(typeof input === "string" ? input : input.url);
      if (files.serves(pathname)) return files.fetch(new Request(input, init));
      if (isCall(pathname) && new Request(input, init).method === "HEAD") {
        const { status, headers } = await yoga.fetch(new Request(input, { ...init, method: "GET" }));
        return new Response(null, { status, headers });
      }
      return typeof input === "string" ? yoga.fetch(input, init) : yoga.fetch(input);
    },
    /** A node:http listener. */
    handle(request: IncomingMessage, response: ServerResponse): void {
      const path = request.url ?? "";
      // Node leaves the body out all the same: what was asked for is fixed in the response.
      if (isCall(path) && request.method === "HEAD") request.method = "GET";
      if (files.serves(path)) void files.handle(request, response);
      else void yoga(request, response);
    },
    async dispose(): Promise<void> {
      await yoga.dispose();
    },
  };
}

/** What a node:http listener adds to a request. */
interface NodeRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Far more than a question with its variables takes. */
const MAX_BODY_BYTES = 2 ** 20;

/** One operation sees one moment: a query that runs over midnight does not mix two days. */
function instantOf(moment: Instant): () => Instant {
  return () => moment;
}

/**
 * Ends when the client leaves or the time is up. With the answer both are forgotten: a timer that stayed would hold, for as long
 * as an operation may take, what it was set for.
 */
function patience(client: AbortSignal, timeoutMs: number, response?: ServerResponse): AbortSignal {
  const over = new AbortController();
  const late = () => over.abort(new DOMException("the operation took too long", "TimeoutError"));
  const timer = setTimeout(late, timeoutMs).unref();
  const leave = () => {
    clearTimeout(timer);
    over.abort(client.reason);
  };
  if (client.aborted) leave();
  client.addEventListener("abort", leave, { once: true });
  response?.once("finish", () => {
    clearTimeout(timer);
    client.removeEventListener("abort", leave);
  });
  return over.signal;
}
