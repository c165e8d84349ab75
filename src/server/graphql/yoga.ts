import type { GraphQLSchema } from "graphql";
import { createYoga, type Plugin, type YogaInitialContext } from "graphql-yoga";
import type { Config } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { Instant } from "../../domain/day.ts";
import type { Viewer } from "../../domain/viewer.ts";
import { execute } from "../../execution/execute.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import { type AnswerCache, answerKey } from "../answers/answer-cache.ts";
import { compressed } from "../answers/compressed.ts";
import { findDocuments } from "../documents/find-documents.ts";
import type { TrustedDocuments } from "../documents/trusted.ts";
import type { Exchange, Reply, RequestHead } from "../http/exchange.ts";
import { refuseForeign } from "../http/origin.ts";
import { type RequestRecord, USAGE } from "../http/request-record.ts";
import { boundRequests, forgetInvalid, parserCache } from "../limits/bound.ts";
import type { Callers } from "../limits/callers.ts";
import { recordOperations } from "../observability/audit.ts";
import type { Digest } from "../observability/digest.ts";
import { introspection, type SchemaView } from "./introspection.ts";
import { knownOperations } from "./known-operations.ts";
import { boundCost, wantsPlan } from "./request-cost.ts";
import { bodyOf, checkAccepted, checkContent, readParams } from "./request-params.ts";
import type { ParseParams, YogaServerContext } from "./server-context.ts";
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
  /** Null: no answers are kept. */
  readonly answers: AnswerCache | null;
  readonly now: () => Instant;
  readonly isAudited: boolean;
  readonly digest: Digest;
  /** Receives faults that clients see only as INTERNAL_SERVER_ERROR. */
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
  answers,
  now,
  isAudited,
  digest,
  onFault,
}: GraphQLOptions) {
  const kept = parserCache();
  const suggestsTo = (viewer: Viewer) => view.isComplete(viewer);
  const yoga = createYoga<YogaServerContext, Context>({
    schema,
    context: ({ request, record }: YogaInitialContext & YogaServerContext): Context =>
      contextOf(record, { signal: deadline(request.signal, limits.operationTimeoutMs, record) }),
    plugins: [
      executePrepared(),
      isAudited && recordOperations(digest),
      readParams(),
      // Before texts are found by their hash, so that none is registered that is too long.
      boundRequests(limits.request),
      knownOperations(),
      forgetInvalid(kept),
      findDocuments({ ...access.documents, trusted }),
      usageExtension(answers !== null),
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
    maxRequestBodySize: false, // it is read with a bound before
    parserAndValidationCache: kept,
    logging: false,
  });
  /** Answers a request from the kept answers, or by executing it. */
  async function respond(exchange: Exchange, parse: ParseParams): Promise<Response | Reply> {
    const { head, record } = exchange;
    checkAccepted(head);
    refuseForeign(head, server.allowedOrigins);
    await callers.enter(record.caller);
    checkContent(head, limits.request);
    const body = head.method === "POST" ? await bodyOf(exchange, limits.request) : NO_BODY;
    const isKeepable = answers !== null && !isUncached(head);
    const key = isKeepable ? answerKey(head, record, body) : null;
    const found = key === null ? null : answers?.find(key, record);
    if (found) return labelled(await found.reply(head, now()), record, "hit");
    const params = () => parse(head, body);
    const response = await yoga.handleRequest(exchange.request(), { record, params });
    const kept = key === null ? null : ((await answers?.keep(key, response, record)) ?? null);
    if (kept !== null) return labelled(await kept.reply(head, record.receivedAt), record, "fwd=miss; stored");
    return labelled(await compressed(response, head), record, isKeepable ? "fwd=miss" : "fwd=bypass");
  }

  return { respond, dispose: () => yoga.dispose() };
}

const NO_BODY = new Uint8Array();

/** Executes prepared operations, which takes a fraction of the time of Yoga's executor, or graphql's. */
function executePrepared(): Plugin {
  return { onExecute: ({ setExecuteFn }) => setExecuteFn(execute) };
}

/** True for requests that must be executed: for a plan, which has no figures, or by the client's own wish (RFC 9111, 5.2.1.4). */
function isUncached(head: RequestHead): boolean {
  return wantsPlan(head) || /no-(cache|store)/i.test(head.headers.get("cache-control") ?? "");
}

/** States how the cache was used (RFC 9211), and what the answer has cost. */
function labelled<Answer extends Response | Reply>(
  answer: Answer,
  record: RequestRecord,
  status: string,
): Answer {
  let [requests, cacheHits, waitMs] = [0, 0, 0];
  for (const { usage } of record.spending) {
    requests += usage.requests;
    cacheHits += usage.cacheHits;
    waitMs += usage.waitMs;
  }
  answer.headers.set("cache-status", `claude-analytics-gateway; ${status}`);
  answer.headers.set(USAGE, `requests=${requests}, cache-hits=${cacheHits}, wait-ms=${waitMs}`);
  return answer;
}

/**
 * Aborts when the client leaves or the time is up. Both are forgotten once the request is completed: a timer that stayed would hold
 * the operation in memory for the whole time limit.
 */
function deadline(client: AbortSignal, timeoutMs: number, record: RequestRecord): AbortSignal {
  const over = new AbortController();
  const late = () => over.abort(new DOMException("the operation took too long", "TimeoutError"));
  const timer = setTimeout(late, timeoutMs).unref();
  const leave = () => {
    clearTimeout(timer);
    over.abort(client.reason);
  };
  if (client.aborted) leave();
  client.addEventListener("abort", leave, { once: true });
  record.onCompleted(() => {
    clearTimeout(timer);
    client.removeEventListener("abort", leave);
  });
  return over.signal;
}
