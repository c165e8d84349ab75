import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Context } from "../context.ts";
import type { Instant } from "../domain/day.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { AllowedHosts } from "../settings/server.ts";
import type { Asker } from "../upstream/operation.ts";
import { Admission } from "./admission.ts";
import { auditEntry, type Ending } from "./audit.ts";
import { AUTHORIZATION, type Authentication, doorkeeper, Refusal, type ViewerOf } from "./authenticate.ts";
import { Exchange, exchanges, REQUEST_ID } from "./exchange.ts";
import { exportsOverHttp } from "./export/http.ts";
import { type GraphQLOptions, graphqlOverHttp, HEALTH, READINESS } from "./graphql.ts";
import { schemaView } from "./introspection.ts";
import { Callers } from "./limits/callers.ts";
import { malformedRequest, type ParserFault, rawResponse } from "./malformed.ts";
import { isForUs, nameIn, PROTECTIVE } from "./origin.ts";

export interface ServerOptions extends GraphQLOptions {
  /** What one operation has in hand, as its viewer sees people. */
  readonly context: (asker: Asker, viewer: Viewer) => Context;
  readonly now: () => Instant;
  /** Null: nobody is asked who they are. */
  readonly authentication: Authentication | null;
  /** Who everybody is then. */
  readonly anybody: Viewer;
}

/** The HTTP edge: GraphQL on /graphql, GraphiQL for browsers on the same path, trusted documents on /q/, files on /export/, liveness and readiness. */
export function createServer(options: ServerOptions) {
  const { schema, context, now, trusted, audit, digest, onFault } = options;
  const { server, access, limits } = options.config;
  const viewerOf = known(doorkeeper(options.authentication, options.anybody));
  const contextOf = (asker: Asker, viewer: Viewer): Context => {
    const made = context({ ...asker, caller: viewer.name || (asker.caller ?? "") }, viewer);
    const { usage, datasets } = made.upstream;
    exchanges.getStore()?.spending.push({ usage, datasets });
    return { ...made, now: instantOf(now()) };
  };
  const tokenHeader = options.authentication?.header ?? AUTHORIZATION;
  const view = schemaView(schema, access.introspection);
  const callers = new Callers(limits.caller, now);
  const enter = (viewer: Viewer, address: string) => callers.enter(viewer.name || address);
  const files = exportsOverHttp({ schema, view, context: contextOf, viewerOf, enter, digest, onFault });
  const yoga = graphqlOverHttp(options, { contextOf, viewerOf, tokenHeader, view, callers, enter });
  const admission = new Admission(limits.maxConcurrent);
  const over = (exchange: Exchange, ending: Ending) => {
    const nameOf = (hash: string) => trusted.find(hash)?.name ?? null;
    const entry = audit && auditEntry(exchange, { digest, trusted: nameOf }, ending);
    if (entry) audit(entry);
  };
  const answer = (exchange: Exchange, request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "";
    const isFile = files.serves(path);
    if (isFile) exchange.kind = "export";
    try {
      refuseOddTargets(request);
      // Node leaves the body out all the same: what was asked for is fixed in the response. Of a file no row is to be read.
      if (request.method === "HEAD" && !isFile) request.method = "GET";
      if (path !== HEALTH && path !== READINESS) {
        refuseOtherHosts(request, server.allowedHosts);
        exchange.place = admission.enter(isFile || wantsPage(request));
      }
      void (isFile ? files.handle(request, response) : yoga(request, response));
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      exchange.codes.add(fault.code);
      refuse(response, fault);
    }
  };
  return {
    async fetch(input: string | Request, init: RequestInit = {}): Promise<Response> {
      const request =
        typeof input === "string" ? { url: input, method: "GET", headers: new Headers(init.headers) } : input;
      const { pathname } = new URL(request.url);
      const exchange = new Exchange(request.headers.get(REQUEST_ID), "", now());
      const isFile = files.serves(pathname);
      if (isFile) exchange.kind = "export";
      const response = await exchanges.run(exchange, async () => {
        if (isFile) return files.fetch(new Request(input, init), (status) => over(exchange, { status }));
        if ((init.method ?? request.method) === "HEAD") {
          const { status, headers } = await yoga.fetch(new Request(input, { ...init, method: "GET" }));
          return new Response(null, { status, headers });
        }
        return typeof input === "string" ? yoga.fetch(input, init) : yoga.fetch(input);
      });
      response.headers.set(REQUEST_ID, exchange.requestId);
      if (!isFile) over(exchange, { status: response.status });
      return response;
    },
    /** A node:http listener. */
    handle(request: IncomingMessage, response: ServerResponse): void {
      const { socket } = request;
      const id = request.headers[REQUEST_ID];
      const exchange = new Exchange(typeof id === "string" ? id : null, socket.remoteAddress ?? "", now());
      const before = socket.bytesWritten;
      response.setHeader(REQUEST_ID, exchange.requestId);
      response.once("close", () => {
        exchange.place?.leave();
        over(exchange, {
          status: response.statusCode,
          bytes: socket.bytesWritten - before,
          left: !response.writableFinished,
        });
      });
      exchanges.run(exchange, answer, exchange, request, response);
    },
    /** Answers what Node's parser could not read. A request that is only too long is a user's: it leaves a line in the audit log. */
    reject(fault: ParserFault, socket: Socket): void {
      const refusal = malformedRequest(fault, limits.request);
      const exchange = new Exchange(null, socket.remoteAddress ?? "", now());
      const response = rawResponse(refusal, { [REQUEST_ID]: exchange.requestId });
      if (refusal.code === "LIMIT_EXCEEDED") exchange.codes.add(refusal.code);
      over(exchange, { status: refusal.status, bytes: Buffer.byteLength(response) });
      socket.end(response);
    },
    async dispose(): Promise<void> {
      await yoga.dispose();
    },
  };
}

/** Notes who asks, and lets nobody hold more than there is for one. */
function known(viewerOf: ViewerOf): ViewerOf {
  return async (header) => {
    const exchange = exchanges.getStore();
    try {
      const viewer = await viewerOf(header);
      if (exchange !== undefined) exchange.viewer = viewer;
      exchange?.place?.hold(viewer.name || exchange.address);
      return viewer;
    } catch (fault) {
      if (exchange !== undefined && fault instanceof Refusal) {
        exchange.codes.add(fault.code);
        exchange.reason = fault.reason;
      }
      throw fault;
    }
  };
}

/**
 * Targets that are whole URLs are for proxies, and this is none; a host that is no name would stand before the path, or be one;
 * TRACE would send back what it was sent, a token included.
 */
function refuseOddTargets({ url, method, headers: { host } }: IncomingMessage): void {
  if (host && nameIn(host) === null)
    throw new Refusal(
      400,
      {},
      "BAD_REQUEST",
      "The header `host` must be a name or an address, and a port if any.",
    );
  if (!url?.startsWith("/"))
    throw new Refusal(
      400,
      {},
      "BAD_REQUEST",
      "The target must be a path such as /graphql; this is no proxy.",
    );
  if (method === "TRACE")
    throw new Refusal(405, { allow: "GET, HEAD, POST, OPTIONS" }, "BAD_REQUEST", "Ask with GET or POST.");
}

function refuseOtherHosts({ headers }: IncomingMessage, allowed: AllowedHosts): void {
  if (isForUs(headers.host, allowed)) return;
  throw new Refusal(
    421,
    {},
    "BAD_REQUEST",
    "The gateway does not go by this name; ask it by its address, or let its operator add the name to ALLOWED_HOSTS.",
  );
}

function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.accept?.includes("text/html") === true;
}

function refuse(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...PROTECTIVE,
    ...headers,
  });
  response.end(body);
}

/** One operation sees one moment: a query that runs over midnight does not mix two days. */
function instantOf(moment: Instant): () => Instant {
  return () => moment;
}
