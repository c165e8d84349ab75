import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLSchema } from "graphql";
import { createYoga } from "graphql-yoga";
import type { Context } from "../context.ts";
import type { Instant } from "../domain/day.ts";
import type { Asker } from "../upstream/operation.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { clientError, translateErrors } from "./errors.ts";
import { exportsOverHttp } from "./export/http.ts";
import { reportUsage } from "./operation.ts";
import { playground } from "./playground.ts";
import { boundDocuments, readRequests } from "./request.ts";

const GRAPHQL = "/graphql";

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly operation: (asker: Asker) => Upstream;
  readonly now: () => Instant;
  readonly operationTimeoutMs: number;
  readonly maxFirst: number;
  readonly playground: boolean;
  /** Told of faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/** The HTTP edge: GraphQL on /graphql, GraphiQL for browsers on the same path, files on /export/, liveness on /healthz. */
export function createServer({
  schema,
  operation,
  now,
  operationTimeoutMs,
  maxFirst,
  onFault,
  ...options
}: ServerOptions) {
  const contextOf = (asker: Asker): Context => ({
    upstream: operation(asker),
    now: instantOf(now()),
    maxFirst,
  });
  const files = exportsOverHttp({ schema, context: contextOf, onFault });
  const yoga = createYoga<Partial<NodeRequest>, Context>({
    schema,
    context: ({ request, req }): Context =>
      contextOf({
        signal: patience(request.signal, operationTimeoutMs),
        caller: req?.socket.remoteAddress ?? "",
      }),
    plugins: [
      options.playground && playground(GRAPHQL),
      readRequests(),
      boundDocuments(),
      reportUsage(),
      translateErrors(onFault),
    ],
    graphqlEndpoint: GRAPHQL,
    healthCheckEndpoint: "/healthz",
    landingPage: false,
    graphiql: false,
    maskedErrors: { maskError: (error) => clientError(error, onFault) },
    cors: false,
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    logging: false,
  });
  return {
    async fetch(url: string, init: RequestInit = {}): Promise<Response> {
      return files.serves(new URL(url).pathname)
        ? files.fetch(new Request(url, init))
        : yoga.fetch(url, init);
    },
    /** A node:http listener. */
    handle(request: IncomingMessage, response: ServerResponse): void {
      if (files.serves(request.url ?? "")) void files.handle(request, response);
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
}

/** Far more than a question with its variables takes. */
const MAX_BODY_BYTES = 2 ** 20;

/** One operation sees one moment: a query that runs over midnight does not mix two days. */
function instantOf(moment: Instant): () => Instant {
  return () => moment;
}

/** Ends when the client leaves or the time is up. Yoga's own signal is not one that AbortSignal.any takes. */
function patience(client: AbortSignal, timeoutMs: number): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(client.reason);
  if (client.aborted) leave();
  client.addEventListener("abort", leave, { once: true });
  return AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]);
}
