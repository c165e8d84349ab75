import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from "graphql";
import type { Config } from "../../config.ts";
import type { Context } from "../../context.ts";
import type { Instant } from "../../domain/day.ts";
import { execute } from "../../execution/execute.ts";
import { coerceVariables, operationOf } from "../../planning/operation.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import { type AnswerCache, answerKey } from "../answers/answer-cache.ts";
import { compressed } from "../answers/compressed.ts";
import { documentFinder } from "../documents/find-documents.ts";
import { ParsedDocuments } from "../documents/parsed-documents.ts";
import type { TrustedDocuments } from "../documents/trusted.ts";
import type { Exchange, Reply, RequestHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { refuseForeign } from "../http/origin.ts";
import { type RequestRecord, USAGE } from "../http/request-record.ts";
import { boundRequest } from "../limits/bound.ts";
import type { Callers } from "../limits/callers.ts";
import { executedOperation, requestedOperation } from "../observability/audit.ts";
import type { Digest } from "../observability/digest.ts";
import { answerOf } from "./answer.ts";
import type { AnswerForm } from "./answer-form.ts";
import { answerFreshness, withFreshness } from "./freshness.ts";
import { type SchemaView, schemaToRun } from "./introspection.ts";
import { boundCost, wantsPlan } from "./request-cost.ts";
import {
  acceptedType,
  badRequest,
  bodyOf,
  checkContent,
  checkMethod,
  checkParams,
  type MediaType,
  type ParseParams,
} from "./request-params.ts";
import { clientError, httpErrorOf, translateErrors } from "./translate-errors.ts";

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
  /** Operations are described for the audit log. */
  readonly isAudited: boolean;
  /** Operations are identified for metrics. */
  readonly isMeasured: boolean;
  readonly digest: Digest;
  /** Receives faults that clients see only as INTERNAL_SERVER_ERROR. */
  readonly onFault: (fault: unknown) => void;
}

/**
 * GraphQL over HTTP, for the routes that carry it. Requests are refused in this order: how many there are, how large they are, which
 * document they name, whether it fits the schema, and what it costs.
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
  isMeasured,
  digest,
  onFault,
}: GraphQLOptions) {
  const documents = new ParsedDocuments(schema, limits.request);
  const findDocument = documentFinder({ ...access.documents, trusted });

  /** Finds the operation of a request. Throws where it names none, or where it is not GraphQL. */
  function requested({ head, record }: Exchange, parse: ParseParams, body: Uint8Array): Requested {
    checkMethod(head);
    const given = parse(head, body);
    const isExplained = wantsPlan(head);
    if (isAudited || isMeasured) record.operation = requestedOperation(given, isExplained, documents);
    // Before texts are found by their hash, so that none is registered that is too long.
    boundRequest(given, limits.request);
    const { query, operationName, variables } = checkParams(findDocument(given, record));
    const { document, sha256, faults } = documents.find(query);
    const definition = getOperationAST(document, operationName);
    if (!definition) throw badRequest(400, "Could not determine what operation to execute.");
    if (definition.operation === "mutation" && head.method === "GET") throw mutationByGet();
    if (faults.length === 0 && record.operation !== null)
      record.operation = isAudited
        ? executedOperation({ schema, definition, sha256, variables }, record.operation, digest)
        : { ...record.operation, sha256 };
    return { document, text: query, definition, operationName, variables, faults, isExplained };
  }

  function contextFor({ record, leaving }: Exchange): Context {
    return contextOf(record, { signal: deadline(leaving(), limits.operationTimeoutMs, record) });
  }

  /** Runs the operation of a request. */
  async function run(
    exchange: Exchange,
    { document, operationName, variables, faults, isExplained }: Requested,
  ): Promise<ExecutionResult> {
    if (faults.length > 0) return { errors: faults };
    const ctx = contextFor(exchange);
    const args = { schema, document, operationName, variableValues: variables, contextValue: ctx };
    const { record } = exchange;
    const result = await execution(args, isExplained, record).catch((fault: unknown) => ({
      errors: [clientError(fault, onFault)],
    }));
    return withFreshness(result, ctx, record, answers !== null);
  }

  /** Executes an operation, unless its variables, its rights or its cost forbid it. */
  async function execution(
    args: ExecutionArgs,
    isExplained: boolean,
    record: RequestRecord,
  ): Promise<ExecutionResult> {
    const operation = operationOf(args);
    if (operation === null) throw new Error("a valid document has an operation that cannot be planned");
    if ("faults" in operation) return { errors: operation.faults };
    const own = schemaToRun(view, operation);
    if (own instanceof GraphQLError) return { errors: [own] };
    const decision = await boundCost(operation, { limits: limits.request, callers, isExplained });
    if ("answer" in decision) return decision.answer;
    const { usage } = operation.ctx.upstream;
    const before = usage.requests; // of a page that was read before
    try {
      const pause = () => {
        record.isLong = true;
        return operation.ctx.upstream.pauseAnswer();
      };
      return await execute({ ...args, schema: own }, pause, undefined, record.trace?.enter ?? null);
    } finally {
      decision.settle(usage.requests - before);
    }
  }

  /** Answers a request by executing it. */
  async function executed(
    exchange: Exchange,
    parse: ParseParams,
    body: Uint8Array,
    type: MediaType,
  ): Promise<Reply> {
    const { record } = exchange;
    const result = await Promise.try(() => run(exchange, requested(exchange, parse, body))).catch(
      (fault: unknown) => ({ errors: [clientError(fault, onFault)] }),
    );
    const translated = translateErrors(result, onFault, () => view.isComplete(record.viewer));
    for (const { code } of translated.errors ?? []) record.codes.add(code);
    return answerOf(translated, type, record.isLong);
  }

  /** Answers a request in another form, which has no place for errors beside data: the first one is thrown. */
  async function formed(
    exchange: Exchange,
    parse: ParseParams,
    body: Uint8Array,
    form: AnswerForm,
  ): Promise<Reply> {
    const { head, record } = exchange;
    const { document, text, definition, variables, faults } = requested(exchange, parse, body);
    const coerced = coerceVariables(schema, definition, variables);
    const ctx = contextFor(exchange);
    const whole = (result: ExecutionResult): ExecutionResult["data"] => {
      const { data, errors } = translateErrors(result, onFault, () => view.isComplete(record.viewer));
      if (errors?.[0] !== undefined) throw httpErrorOf(errors[0]);
      return data;
    };
    whole({ errors: [...faults, ...("faults" in coerced ? coerced.faults : [])] });
    return form.write({
      head,
      schema,
      document,
      text,
      definition,
      variables,
      values: "faults" in coerced ? {} : coerced.variables,
      maxFirst: ctx.maxFirst,
      async run(version, variableValues) {
        // Every run is a context for what is read once for an operation, and shares what limits it.
        const operationName = definition.name?.value ?? null;
        const contextValue = { ...ctx };
        const args = { schema, document: version, operationName, variableValues, contextValue };
        const result = await execution(args, false, record);
        const { upstream, warnings } = ctx;
        const data = whole(withFreshness(result, ctx, record, answers !== null));
        return { data: data ?? {}, freshness: answerFreshness(upstream), warnings };
      },
    });
  }

  /** Answers a request from the kept answers, or by executing it. `form` replaces the form of GraphQL; a plan keeps that. */
  async function respond(
    exchange: Exchange,
    parse: ParseParams,
    form: AnswerForm | null = null,
  ): Promise<Reply> {
    const { head, record } = exchange;
    // A reader with no more than a URL may not see the plan.
    const other = wantsPlan(head) && form?.isEmbeddable !== true ? null : form;
    const type = other === null ? acceptedType(head) : "application/json";
    if (form?.isEmbeddable !== true) refuseForeign(head, server.allowedOrigins);
    await callers.enter(record.caller);
    checkContent(head, limits.request);
    const body = head.method === "POST" ? await bodyOf(exchange, limits.request) : NO_BODY;
    const isKeepable = answers !== null && !isUncached(head);
    const key = isKeepable ? answerKey(head, record, body) : null;
    const found = key === null ? null : answers?.find(key, record);
    if (found) return labelled(await found.reply(head, now()), record, "hit");
    const answer =
      other === null
        ? await executed(exchange, parse, body, type)
        : await formed(exchange, parse, body, other);
    const kept = key === null ? null : (answers?.keep(key, answer, record) ?? null);
    if (kept !== null) return labelled(await kept.reply(head, record.receivedAt), record, "fwd=miss; stored");
    return labelled(await compressed(answer, head), record, isKeepable ? "fwd=miss" : "fwd=bypass");
  }

  return { respond };
}

const NO_BODY = new Uint8Array();

/** The operation that a request names. */
interface Requested {
  readonly document: DocumentNode;
  readonly text: string;
  readonly definition: OperationDefinitionNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Errors by which the document does not fit the schema. */
  readonly faults: readonly GraphQLError[];
  readonly isExplained: boolean;
}

function mutationByGet(): HttpError {
  return new HttpError("BAD_REQUEST", "Can only perform a mutation operation from a POST request.", {
    status: 405,
    headers: { allow: "POST" },
  });
}

/** True for requests that must be executed: for a plan, which has no figures, or by the client's own wish (RFC 9111, 5.2.1.4). */
function isUncached(head: RequestHead): boolean {
  return wantsPlan(head) || /no-(cache|store)/i.test(head.headers.get("cache-control") ?? "");
}

/** States how the cache was used (RFC 9211), and what the answer has cost. */
function labelled(answer: Reply, record: RequestRecord, status: string): Reply {
  const { requests, cacheHits, waitMs } = record.spent;
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
