import type { Socket } from "node:net";
import { Request, Response } from "@whatwg-node/fetch";
import type { Viewer } from "../domain/viewer.ts";
import type { Agent } from "./agents/mcp-server.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { refusedBy } from "./graphql/translate-errors.ts";
import { type Exchange, Reply } from "./http/exchange.ts";
import { asResponse, fetchExchange } from "./http/fetch-adapter.ts";
import { malformedRequest, type ParserFault, rawResponse } from "./http/malformed.ts";
import { nodeListener } from "./http/node-adapter.ts";
import {
  type CrossOrigin,
  PROTECTIVE,
  refuseOtherHosts,
  requestedHost,
  shareAcrossOrigins,
} from "./http/origin.ts";
import { currentRequest, type Incoming, REQUEST_ID, RequestRecord } from "./http/request-record.ts";
import { routeFinder, wantsPage } from "./http/routes.ts";
import { Admission } from "./limits/admission.ts";
import { auditEntry } from "./observability/audit.ts";
import { NOWHERE, type RoutesOptions, servedRoutes } from "./served-routes.ts";

export interface ServerOptions extends RoutesOptions, Pick<CrossOrigin, "onForeignOrigin"> {
  /** Every caller, without authentication. */
  readonly anybody: Viewer;
}

/** The HTTP edge: one pipeline from request to response, as a function (`fetch`) and behind a node:http server (`handle`). */
export function createServer(options: ServerOptions) {
  const { trusted, audit, metrics, tracing, digest, now, onFault } = options;
  const { server, limits } = options.config;
  const authenticate = createAuthenticator(options.authentication, options.anybody);
  const { routes, mcp } = servedRoutes(options, authenticate);
  const findRoute = routeFinder(routes);
  const admission = new Admission(limits.maxConcurrent);
  const shareWithPages = shareAcrossOrigins({ ...server, onForeignOrigin: options.onForeignOrigin });

  /** Refuses in this order: odd targets, other hosts, overload, methods, callers; then the route answers. */
  function answer(exchange: Exchange): Response | Reply | Promise<Response | Reply> {
    const { head, record } = exchange;
    const route = findRoute(head, record.incoming.target) ?? NOWHERE;
    const isPreflight = head.method === "OPTIONS" && route.kind !== "export";
    if (!isPreflight) record.kind = route.kind;
    if (route !== NOWHERE) record.route = route.path;
    const host = requestedHost(head, record.incoming.target);
    record.isProbe = route.access === "probe";
    if (record.isProbe) return route.respond(exchange);
    refuseOtherHosts(host, server.allowedHosts);
    const place = admission.enter(route.kind === "export" || wantsPage(head));
    record.onCompleted(() => place.leave());
    if (isPreflight) return new Reply(204, ["content-length", "0"], null);
    route.check?.(head, record);
    if (route.access !== "authenticated") return route.respond(exchange);
    const admit = (viewer: Viewer) => {
      record.viewer = viewer;
      place.hold(record.caller);
      return route.respond(exchange);
    };
    const viewer = route.authenticate?.(head) ?? authenticate(head.headers);
    return viewer instanceof Promise ? viewer.then(admit) : admit(viewer);
  }

  async function respond(exchange: Exchange): Promise<Response | Reply> {
    const { record } = exchange;
    let response: Response | Reply;
    try {
      response = await answer(exchange);
    } catch (fault) {
      response = refusedBy(fault, record, onFault).response;
    }
    const { status, headers } = response;
    for (const [name, value] of PROTECTIVE_FIELDS) if (!headers.has(name)) headers.set(name, value);
    headers.set(REQUEST_ID, record.id);
    if (record.kind !== "export") shareWithPages(exchange, headers);
    if (record.incoming.method !== "HEAD") return response;
    return response instanceof Reply
      ? new Reply(status, response.headers.fields, null)
      : new Response(null, { status, headers: response.headers });
  }

  const readings = { digest, trusted: (hash: string) => trusted.find(hash)?.name ?? null };
  const documentOf = ({ operation }: RequestRecord): string | null => {
    const sha256 = operation?.sha256 ?? null;
    return sha256 === null ? null : readings.trusted(sha256);
  };
  const open = (incoming: Incoming): RequestRecord => {
    const record = new RequestRecord(incoming, now());
    if (audit !== null)
      record.onCompleted((completion) => {
        const entry = auditEntry(record, readings, completion);
        if (entry !== null) audit(entry);
      });
    if (metrics !== null)
      record.onCompleted((completion) => {
        if (!record.isProbe) metrics.completed(record, documentOf(record), completion);
      });
    if (tracing !== null) record.trace = tracing.begin(record, documentOf);
    return record;
  };
  return {
    async fetch(input: string | Request, init: RequestInit = {}): Promise<Response> {
      const request = typeof input === "string" ? new Request(input, init) : input;
      const { headers, method } = request;
      const { host, pathname, search } = new URL(request.url);
      if (!headers.has("host")) headers.set("host", host);
      const id = headers.get(REQUEST_ID);
      const traceparent = headers.get("traceparent");
      const target = pathname + search;
      const record = open({ id, method, target, httpVersion: "1.1", traceparent, address: "" });
      const response = await currentRequest.run(record, async () =>
        asResponse(await respond(fetchExchange(request, record))),
      );
      const complete = () => record.complete({ status: response.status });
      if (record.trailers === null) complete();
      else void record.trailers.then(complete);
      return response;
    },
    handle: nodeListener(respond, open),
    /** Makes servers of the Model Context Protocol for an agent that may read what every caller may without authentication. */
    async mcp() {
      const { mcpServer } = await import("./agents/mcp-server.ts");
      return () => mcpServer(mcp, localAgent(options.anybody, open));
    },
    /** Answers what Node's parser could not read. A request that is only too long leaves a line in the audit log. */
    reject(fault: ParserFault, socket: Socket): void {
      const error = malformedRequest(fault, limits.request);
      const address = socket.remoteAddress ?? "";
      const record = open({ ...UNREAD, address });
      const response = rawResponse(error, { [REQUEST_ID]: record.id });
      if (error.code === "LIMIT_EXCEEDED") record.codes.add(error.code);
      record.complete({ status: error.status, bytes: Buffer.byteLength(response) });
      socket.end(response);
    },
  };
}

const UNREAD = { id: null, method: "", target: "", httpVersion: "", traceparent: null };

const PROTECTIVE_FIELDS = Object.entries(PROTECTIVE);

/** The agent that has started the gateway. Each of its calls is recorded as a request. */
function localAgent(viewer: Viewer, open: (incoming: Incoming) => RequestRecord): Agent {
  return {
    viewer,
    async call(signal, work) {
      const record = open({ ...UNREAD, method: "POST", target: "/mcp", address: "" });
      record.viewer = viewer;
      record.route = "/mcp";
      try {
        return await currentRequest.run(record, () => work({ record, signal }));
      } finally {
        record.complete({ status: 200, isAborted: signal.aborted });
      }
    },
  };
}
