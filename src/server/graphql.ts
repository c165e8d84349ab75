import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLSchema } from "graphql";
import { createYoga, useReadinessCheck } from "graphql-yoga";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import { NOBODY, type Viewer } from "../domain/viewer.ts";
import type { Asker } from "../upstream/operation.ts";
import { type Audit, noted } from "./audit.ts";
import { authenticated, type ViewerOf } from "./authenticate.ts";
import { boundCost } from "./cost.ts";
import type { Digest } from "./digest.ts";
import { callDocuments, isCall } from "./documents/call.ts";
import { findDocuments } from "./documents/request.ts";
import type { TrustedDocuments } from "./documents/trusted.ts";
import { entrance } from "./entrance.ts";
import { clientError, translateErrors } from "./errors.ts";
import { introspection, type SchemaView } from "./introspection.ts";
import { knownOperations } from "./known-operations.ts";
import { boundRequests, forgetInvalid, parserCache } from "./limits/bound.ts";
import type { Callers } from "./limits/callers.ts";
import { reportUsage } from "./operation.ts";
import { type CrossOrigin, corsOf, protective, refuseForeign } from "./origin.ts";
import { playground } from "./playground.ts";
import { answerInJson, readRequests, refuseOtherPaths } from "./request.ts";

const GRAPHQL = "/graphql";

/** Answers 200 as long as the process runs. */
export const HEALTH = "/healthz";

/** Answers 200 as long as requests should be sent here; 503 from the moment the process is told to end. Asks nobody. */
export const READINESS = "/readyz";

const NOTHING_HERE =
  "There is nothing here; GraphQL is on /graphql, trusted documents are on /q/NAME, and files on /export/NAME.csv.";

function isGraphQL(path: string): boolean {
  return path === GRAPHQL || path === `${GRAPHQL}/` || isCall(path);
}

export interface GraphQLOptions extends Pick<CrossOrigin, "onForeignOrigin"> {
  readonly schema: GraphQLSchema;
  /** The settings of the HTTP edge. */
  readonly config: Pick<Config, "server" | "access" | "limits">;
  readonly trusted: TrustedDocuments;
  readonly isReady: () => boolean;
  /** Told of every operation and file; null: nobody keeps account. */
  readonly audit: Audit | null;
  /** What stands in the audit log for texts. */
  readonly digest: Digest;
  /** Told of faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/** What the server shares with what else it serves. */
interface Shared {
  readonly contextOf: (asker: Asker, viewer: Viewer) => Context;
  readonly viewerOf: ViewerOf;
  /** The header that tokens are read from. */
  readonly tokenHeader: string;
  readonly view: SchemaView;
  readonly callers: Callers;
  /** Counts a request of a caller. */
  readonly enter: (viewer: Viewer, address: string) => void;
}

/**
 * GraphQL over HTTP, with GraphiQL on the same path, trusted documents by name, liveness and readiness. What is to be refused is
 * refused in the order of the plugins: who asks, how much they ask, what they ask, and what it costs.
 */
export function graphqlOverHttp(
  {
    schema,
    config: { server, access, limits },
    trusted,
    onForeignOrigin,
    isReady,
    audit,
    digest,
    onFault,
  }: GraphQLOptions,
  { contextOf, viewerOf, tokenHeader, view, callers, enter }: Shared,
) {
  const viewers = new WeakMap<Request, Viewer>();
  const kept = parserCache();
  const suggestsTo = (request: Request) => view.isWhole(viewers.get(request) ?? NOBODY);
  return createYoga<Partial<NodeRequest>, Context>({
    schema,
    context: ({ request, req, res }): Context =>
      contextOf(
        {
          signal: patience(request.signal, limits.operationTimeoutMs, res),
          caller: req?.socket.remoteAddress ?? "",
        },
        viewers.get(request) ?? NOBODY,
      ),
    plugins: [
      protective(server.allowedOrigins),
      useReadinessCheck({ endpoint: READINESS, check: isReady }),
      access.playground && playground(GRAPHQL, tokenHeader),
      entrance(access.playground),
      audit !== null && noted(isGraphQL, digest),
      authenticated(viewerOf, viewers),
      refuseOtherPaths((path) => isGraphQL(path) || path === HEALTH, NOTHING_HERE),
      answerInJson(isGraphQL),
      refuseForeign(server.allowedOrigins),
      {
        onRequestParse: ({ request, serverContext }) => {
          const { req } = serverContext as Partial<NodeRequest>;
          enter(viewers.get(request) ?? NOBODY, req?.socket.remoteAddress ?? "");
        },
      },
      readRequests(limits.request),
      // Before texts are found by their hash, so that none is registered that is too long.
      boundRequests(limits.request),
      knownOperations(),
      forgetInvalid(kept),
      findDocuments({ ...access.documents, trusted }, viewers),
      reportUsage(),
      introspection(view),
      boundCost({ limits: limits.request, callers, onFault }),
      translateErrors(onFault, suggestsTo),
      callDocuments(schema, trusted, viewers, suggestsTo),
    ],
    graphqlEndpoint: GRAPHQL,
    healthCheckEndpoint: HEALTH,
    landingPage: false,
    graphiql: false,
    maskedErrors: { maskError: (error) => clientError(error, onFault) },
    cors: corsOf({ ...server, onForeignOrigin }),
    multipart: false,
    maxRequestBodySize: limits.request.MAX_BODY_BYTES,
    parserAndValidationCache: kept,
    logging: false,
  });
}

/** What a node:http listener adds to a request. */
interface NodeRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
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
