import { setImmediate } from "node:timers/promises";
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
import { fairTurn } from "../../domain/fair-turn.ts";
import type { ThreadTurn } from "../../domain/pieces.ts";
import { execute } from "../../execution/execute.ts";
import { deliveryFaults, executeInParts, type Payload } from "../../execution/incremental.ts";
import { coerceVariables, operationOf } from "../../planning/operation.ts";
import { beginAhead } from "../../planning/requests.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import { type AnswerCache, answerKey } from "../answers/answer-cache.ts";
import { compressed } from "../answers/compressed.ts";
import { documentFinder } from "../documents/find-documents.ts";
import { ParsedDocuments } from "../documents/parsed-documents.ts";
import type { TrustedDocuments } from "../documents/trusted.ts";
import { type Exchange, Reply, type RequestHead } from "../http/exchange.ts";
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
import { type AnswerInParts, responseInParts } from "./parts.ts";
import { boundCost, wantsPlan } from "./request-cost.ts";
import {
  type AcceptedTypes,
  acceptedTypes,
  badRequest,
  bodyOf,
  checkContent,
  checkMethod,
  checkParams,
  notAcceptable,
  notInParts,
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
  async function requested(
    { head, record }: Exchange,
    parse: ParseParams,
    body: Uint8Array,
  ): Promise<Requested> {
    checkMethod(head);
    const given = parse(head, body);
    const isExplained = wantsPlan(head);
    if (isAudited || isMeasured) record.operation = requestedOperation(given, isExplained, documents);
    // Before texts are found by their hash, so that none is registered that is too long.
    boundRequest(given, limits.request);
    const { query, operationName, variables } = checkParams(findDocument(given, record));
    // Parsing and validating take a third of the time of a first answer. Of many with a new text, the first one alone does it.
    if (!documents.has(query)) await setImmediate();
    const isKnown = documents.has(query);
    const { document, inParts, sha256, faults: ofDocument } = documents.find(query);
    if (!isKnown) await fairTurn();
    const definition = getOperationAST(document, operationName);
    if (!definition) throw badRequest(400, "Could not determine what operation to execute.");
    if (definition.operation === "mutation" && head.method === "GET") throw mutationByGet();
    const faults =
      inParts === null || ofDocument.length > 0
        ? ofDocument
        : faultsOfDelivery(inParts, definition, variables);
    if (faults.length === 0 && record.operation !== null)
      record.operation = isAudited
        ? executedOperation({ schema, definition, sha256, variables }, record.operation, digest)
        : { ...record.operation, sha256 };
    return { document, inParts, text: query, definition, operationName, variables, faults, isExplained };
  }

  /** Faults of variables alone are found when the operation begins. */
  function faultsOfDelivery(
    inParts: DocumentNode,
    definition: OperationDefinitionNode,
    variables: Requested["variables"],
  ): readonly GraphQLError[] {
    const coerced = coerceVariables(schema, definition, variables);
    return "faults" in coerced ? [] : deliveryFaults(schema, inParts, coerced.variables);
  }

  function contextFor({ head, record, leaving }: Exchange): Context {
    return contextOf(record, {
      signal: deadline(leaving(), limits.operationTimeoutMs, record),
      ...(isPastFreshness(head, record) && { since: record.receivedAt }),
    });
  }

  /** Runs the operation of a request. */
  async function run(
    exchange: Exchange,
    { document, operationName, variables, faults, isExplained }: Requested,
    inParts: DocumentNode | null,
  ): Promise<ExecutionResult | OpenAnswer> {
    if (faults.length > 0) return { errors: faults };
    const ctx = contextFor(exchange);
    const args = { schema, document, operationName, variableValues: variables, contextValue: ctx };
    const { record } = exchange;
    if (inParts !== null) {
      const opened = await open(args, inParts, record);
      if ("rest" in opened) return { ...opened, ctx };
      return withFreshness(opened, ctx, record, answers !== null);
    }
    const result = await execution(args, isExplained, record).catch(failed);
    return withFreshness(result, ctx, record, answers !== null);
  }

  function failed(fault: unknown): ExecutionResult {
    return { errors: [clientError(fault, onFault)] };
  }

  /** Begins to execute an operation in parts. One that has but one part is whole. */
  async function open(
    args: ExecutionArgs,
    inParts: DocumentNode,
    record: RequestRecord,
  ): Promise<ExecutionResult | AnswerInParts> {
    const begun = await begin(args, false, record).catch(failed);
    if (!("schema" in begun)) return begun;
    const { settle, pause } = begun;
    const enter = record.trace?.enter ?? null;
    const parts = executeInParts({ ...args, schema: begun.schema }, inParts, { pause, enter });
    const rest = settling(parts, settle);
    const first = await rest.next();
    if (first.done === true) throw new Error("an answer has no part");
    if (first.value.hasNext) return { first: first.value, rest };
    await rest.return();
    const { hasNext: _, ...result } = first.value;
    return result;
  }

  /** Executes an operation, unless its variables, its rights or its cost forbid it. */
  async function execution(
    args: ExecutionArgs,
    isExplained: boolean,
    record: RequestRecord,
  ): Promise<ExecutionResult> {
    const begun = await begin(args, isExplained, record);
    if (!("schema" in begun)) return begun;
    try {
      const enter = record.trace?.enter ?? null;
      return await execute({ ...args, schema: begun.schema }, begun.pause, undefined, enter);
    } finally {
      begun.settle();
    }
  }

  /** Decides whether an operation may run. Returns the answer in its place if not. */
  async function begin(
    args: ExecutionArgs,
    isExplained: boolean,
    record: RequestRecord,
  ): Promise<Begun | ExecutionResult> {
    const operation = operationOf(args);
    if (operation === null) throw new Error("a valid document has an operation that cannot be planned");
    if ("faults" in operation) return { errors: operation.faults };
    const own = schemaToRun(view, operation);
    if (own instanceof GraphQLError) return { errors: [own] };
    const decision = await boundCost(operation, { limits: limits.request, callers, isExplained });
    if ("answer" in decision) return decision.answer;
    const { upstream } = operation.ctx;
    const { usage } = upstream;
    const before = usage.requests; // of a page that was read before
    const settle = () => decision.settle(usage.requests - before);
    const ahead = beginAhead(decision.fields);
    return {
      schema: own,
      pause: () => {
        record.pauses++;
        return upstream.pauseAnswer();
      },
      // Its rows may have failed before those requests were made.
      settle: ahead === null ? settle : () => void ahead.then(settle),
    };
  }

  /** Answers a request by executing it. */
  async function executed(
    exchange: Exchange,
    parse: ParseParams,
    body: Uint8Array,
    { whole, inParts }: AcceptedTypes,
  ): Promise<Reply | Response> {
    const { head, record } = exchange;
    const result = await Promise.try(async () => {
      const operation = await requested(exchange, parse, body);
      const { faults, isExplained } = operation;
      const isInParts = inParts !== null && faults.length === 0 && !isExplained && mayStream(record);
      const document = isInParts ? operation.inParts : null;
      // A fault, or a plan, is not in parts whatever the document: its client needs it more than a type that it lists.
      if (whole === null && document === null && faults.length === 0 && !isExplained) throw notInParts();
      return run(exchange, operation, document);
    }).catch(failed);
    const translate = (each: ExecutionResult) =>
      translateErrors(each, onFault, () => view.isComplete(record.viewer));
    if ("rest" in result) {
      const { ctx, ...answer } = result;
      const extensions = () => withFreshness({}, ctx, record, false).extensions;
      if (inParts === null) throw new Error("an answer in parts was not accepted");
      return responseInParts(answer, {
        head,
        record,
        type: inParts,
        translate,
        turn: fairTurn,
        extensions,
        onFault,
      });
    }
    const translated = translate(result);
    for (const { code } of translated.errors ?? []) record.codes.add(code);
    return answerOf(translated, whole ?? "application/graphql-response+json", record.isLong);
  }

  /** Answers a request in another form, which has no place for errors beside data: the first one is thrown. */
  async function formed(
    exchange: Exchange,
    parse: ParseParams,
    body: Uint8Array,
    form: AnswerForm,
  ): Promise<Reply> {
    const { head, record } = exchange;
    const { document, text, definition, variables, faults } = await requested(exchange, parse, body);
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
  async function respond(exchange: Exchange, parse: ParseParams, form: AnswerForm): Promise<Reply>;
  async function respond(
    exchange: Exchange,
    parse: ParseParams,
    form?: AnswerForm | null,
  ): Promise<Reply | Response>;
  async function respond(
    exchange: Exchange,
    parse: ParseParams,
    form: AnswerForm | null = null,
  ): Promise<Reply | Response> {
    const { head, record } = exchange;
    // A reader with no more than a URL may not see the plan.
    const isExplained = wantsPlan(head);
    const other = isExplained && form?.isEmbeddable !== true ? null : form;
    const types = acceptedTypes(head);
    if (other === null && types.whole === null && types.inParts === null) throw notAcceptable();
    if (form?.isEmbeddable !== true) refuseForeign(head, server.allowedOrigins);
    const entering = callers.enter(record.caller);
    if (entering !== undefined) await entering;
    checkContent(head, limits.request);
    const body = head.method === "POST" ? await bodyOf(exchange, limits.request) : NO_BODY;
    const isKeepable = answers !== null && !isExplained && !isUncached(head);
    const key = isKeepable ? answerKey(head, record, body) : null;
    const found = key === null ? null : answers?.find(key, record);
    if (found) return labelled(await found.reply(head, now()), record, "hit");
    const answer =
      other === null
        ? await executed(exchange, parse, body, types)
        : await formed(exchange, parse, body, other);
    if (!(answer instanceof Reply)) return answer; // in parts, and never kept
    const kept = key === null ? null : (answers?.keep(key, answer, record) ?? null);
    if (kept !== null) return labelled(await kept.reply(head, record.receivedAt), record, "fwd=miss; stored");
    return labelled(await compressed(answer, head), record, statusOf(head, record, isKeepable));
  }

  return { respond };
}

const NO_BODY = Buffer.alloc(0);

/** An operation that may run. */
interface Begun {
  readonly schema: GraphQLSchema;
  readonly pause: ThreadTurn;
  /** Counts towards the share of its caller what it has cost. */
  readonly settle: () => void;
}

interface OpenAnswer extends AnswerInParts {
  readonly ctx: Context;
}

/** Settles an operation once its last part is read, or its reader has left. */
async function* settling(
  payloads: AsyncGenerator<Payload, void, void>,
  settle: () => void,
): AsyncGenerator<Payload, void, void> {
  try {
    yield* payloads;
  } finally {
    settle();
  }
}

/** HTTP/1.0 has no way to send a body without its length, and HEAD asks for the head alone. */
function mayStream({ incoming }: RequestRecord): boolean {
  return incoming.method !== "HEAD" && incoming.httpVersion !== "1.0";
}

/** The operation that a request names. */
interface Requested {
  readonly document: DocumentNode;
  /** With `@defer` and `@stream`; null: it has neither. */
  readonly inParts: DocumentNode | null;
  readonly text: string;
  readonly definition: OperationDefinitionNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Errors by which the document does not fit the schema, or a variable its `@defer` or `@stream`. */
  readonly faults: readonly GraphQLError[];
  readonly isExplained: boolean;
}

function mutationByGet(): HttpError {
  return new HttpError("BAD_REQUEST", "Can only perform a mutation operation from a POST request.", {
    status: 405,
    headers: { allow: "POST" },
  });
}

/** True for requests that must be executed by the client's own wish (RFC 9111, 5.2.1.4). */
function isUncached({ headers }: RequestHead): boolean {
  const directives = headers.get("cache-control");
  return directives !== null && /no-(cache|store)/i.test(directives);
}

/**
 * True for the request directive `no-cache` (RFC 9111, 5.2.1.4) of a caller who operates the gateway: figures that can still change are
 * requested of upstream again, however fresh they are. From others it only bypasses kept answers, since all callers share the requests.
 */
function isPastFreshness({ headers }: RequestHead, { viewer }: RequestRecord): boolean {
  return (
    viewer.scopes.has("operate") && /(^|[\s,])no-cache($|[\s,])/i.test(headers.get("cache-control") ?? "")
  );
}

function statusOf(head: RequestHead, record: RequestRecord, isKeepable: boolean): string {
  if (isKeepable) return "fwd=miss";
  return isPastFreshness(head, record) && !wantsPlan(head) ? "fwd=request" : "fwd=bypass";
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
