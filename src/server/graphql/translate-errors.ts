import { type ExecutionResult, GraphQLError, Kind } from "graphql";
import { ERROR_CODES, type ErrorCode, GatewayError } from "../../errors.ts";
import { HttpError, httpExtension } from "../http/http-error.ts";
import type { RequestRecord } from "../http/request-record.ts";
import { ClientError, mergeRepeated } from "./client-error.ts";

/**
 * Translates an error for a client: ours with their code and details, GraphQL's own with a code, and all others as a fault of
 * the gateway without any of their text. GraphQL's suggestions can contain any name, so only viewers of the whole schema see
 * them. This is the only translation.
 */
export function clientError(
  error: unknown,
  report: (fault: unknown) => void,
  { suggests = false }: { readonly suggests?: boolean } = {},
): ClientError {
  if (error instanceof ClientError) return error;
  const outer = error instanceof GraphQLError ? error : null;
  const cause = innermost(error);
  // Around an error of a variable or a literal, graphql says which one it is.
  if (cause instanceof GatewayError) {
    const http = outer?.path === undefined ? httpExtension(cause) : null;
    return located(outer, outer?.message ?? cause.message, {
      code: cause.code,
      ...cause.details,
      ...(http !== null && { http }),
    });
  }
  // A variable that is null where an argument must not be: graphql notices it only when it runs the operation.
  if (cause instanceof GraphQLError && cause.nodes?.[0]?.kind === Kind.VARIABLE)
    return located(outer, cause.message, { code: "BAD_USER_INPUT" });
  // What has a path and is not ours went wrong while a value was made, which is not the client's doing.
  if (outer !== null && outer.path === undefined && cause instanceof GraphQLError) {
    const message = suggests ? withWaysOfRange(outer.message) : withoutSuggestion(outer.message);
    return located(outer, message, { code: codeOf(outer), ...statusOf(outer) });
  }
  report(cause);
  return located(
    outer,
    "The gateway failed internally; its log has the fault under the `x-request-id` of this answer.",
    {
      code: "INTERNAL_SERVER_ERROR",
    },
  );
}

/** The error as the refusal of a whole request. */
export function httpErrorOf({ code, message, path, extensions }: ClientError): HttpError {
  const { code: _, http: __, ...details } = extensions;
  const field = path === undefined ? {} : { field: path.join(".") };
  return new HttpError(code, message, { details: { ...details, ...field } });
}

/** The refusal of a request that failed, or a fault of the gateway, as the audit log and its caller learn of it. */
export function refusedBy(
  fault: unknown,
  record: RequestRecord,
  onFault: (fault: unknown) => void,
): HttpError {
  const error = fault instanceof HttpError ? fault : httpErrorOf(clientError(fault, onFault));
  record.codes.add(error.code);
  record.reason = error.reason;
  return error;
}

/** graphql ends a message with its suggestion; what a client has written, whatever it says, stands before. */
export function withoutSuggestion(message: string): string {
  const start = message.lastIndexOf(" Did you mean ");
  return start < 0 ? message : message.slice(0, start);
}

/** graphql says that a range has wrong keys, and not which ones are right. */
export function withWaysOfRange(message: string): string {
  if (!/(?:OneOf Input Object|OneOf type|defined by type) "DateRange"/.test(message)) return message;
  const suggestion = / Did you mean [^?]*\?$/.exec(message)?.[0] ?? ""; // stays last, as everywhere
  const fault = sentence(message.slice(0, message.length - suggestion.length));
  return `${fault} State a range in one way: \`between: {from, until}\`, \`last: {days}\` (or weeks, months), or \`period\`.${suggestion}`;
}

/** Translates the errors of an answer for its caller. Errors of validation are kept for all callers. */
export function translateErrors(
  { errors, ...others }: ExecutionResult,
  report: (fault: unknown) => void,
  suggestsToCaller: () => boolean,
): TranslatedResult {
  if (errors === undefined) return others;
  const suggests = suggestsToCaller();
  const reportOnce = onceEach(report);
  return {
    errors: mergeRepeated(errors.map((error) => clientError(error, reportOnce, { suggests }))),
    ...others,
  };
}

/** An answer as its client may see it. */
export interface TranslatedResult extends Omit<ExecutionResult, "errors"> {
  readonly errors?: readonly ClientError[];
}

/** A fault that voids each row of a list is one line of the log. */
function onceEach(report: (fault: unknown) => void): (fault: unknown) => void {
  const reported = new Set<unknown>();
  return (fault) => {
    if (!reported.has(fault)) report(fault);
    reported.add(fault);
  };
}

/** graphql wraps what a resolver or a scalar throws, sometimes twice. */
function innermost(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? innermost(error.originalError)
    : error;
}

/** Errors of parsing and validation have their code; graphql codes none. */
function codeOf({ extensions, nodes }: GraphQLError): ErrorCode {
  const { code, http } = extensions;
  if (typeof code === "string" && Object.hasOwn(ERROR_CODES, code)) return code as ErrorCode;
  if (nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return "BAD_USER_INPUT";
  return http === undefined ? "GRAPHQL_VALIDATION_FAILED" : "BAD_REQUEST";
}

/**
 * The status the error was made with. With `spec` it holds only for clients that take application/graphql-response+json; to the
 * others a request that is one is answered with 200 (GraphQL over HTTP, 6.4.1), and one that is not, or is not allowed, never is.
 */
function statusOf(error: GraphQLError): { http?: object } {
  const { http } = error.extensions as { readonly http?: { readonly spec?: boolean } };
  if (typeof http !== "object") return {};
  return { http: { ...http, spec: http.spec !== false && codeOf(error) !== "BAD_REQUEST" } };
}

function located(
  outer: GraphQLError | null,
  message: string,
  extensions: Readonly<Record<string, unknown>> & { readonly code: ErrorCode },
): ClientError {
  // Clients know this one by its message.
  const text = extensions.code === "PERSISTED_QUERY_NOT_FOUND" ? message : sentence(message);
  return new ClientError(text, {
    nodes: outer?.nodes ?? null,
    source: outer?.source ?? null,
    positions: outer?.positions ?? null,
    path: outer?.path ?? null,
    extensions,
  });
}

const MAX_MESSAGE = 600;

/** graphql quotes the value it refuses, however long, and not always ends with a full stop; what would work stands at the end. */
function sentence(message: string): string {
  const whole =
    message.length <= MAX_MESSAGE
      ? message
      : `${message.slice(0, MAX_MESSAGE / 2)} … ${message.slice(-MAX_MESSAGE / 2)}`;
  return /[.?!]$/.test(whole) ? whole : `${whole}.`;
}
