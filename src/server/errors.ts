import { GraphQLError } from "graphql";
import { type ErrorCode, GatewayError } from "../errors.ts";

/**
 * What a client sees of an error: ours with their code and details, GraphQL's own with a code, and anything else as a fault of
 * the gateway without a word of what it was. The one translation.
 */
export function clientError(error: unknown, report: (fault: unknown) => void): GraphQLError {
  const outer = error instanceof GraphQLError ? error : null;
  const cause = innermost(error);
  if (cause instanceof GatewayError) return located(outer, cause.message, cause.code, cause.details);
  if (outer !== null && outer.originalError === undefined) {
    const { code, http } = outer.extensions;
    const known = typeof code === "string" && code !== "" ? (code as ErrorCode) : "GRAPHQL_VALIDATION_FAILED";
    return located(outer, outer.message, known, http === undefined ? {} : { http });
  }
  report(cause);
  return located(
    outer,
    "The gateway failed to answer; the fault is in its log.",
    "INTERNAL_SERVER_ERROR",
    {},
  );
}

/** graphql wraps what a resolver or a scalar throws, sometimes twice. */
function innermost(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? innermost(error.originalError)
    : error;
}

function located(
  outer: GraphQLError | null,
  message: string,
  code: ErrorCode,
  details: object,
): GraphQLError {
  return new GraphQLError(message, {
    nodes: outer?.nodes ?? null,
    source: outer?.source ?? null,
    positions: outer?.positions ?? null,
    path: outer?.path ?? null,
    extensions: { code, ...details },
  });
}
