import { GraphQLError } from "graphql";
import type { ErrorCode } from "../../errors.ts";

/** In our own words, with nothing in it that its caller may not be told. */
export class RefusedRequest extends GraphQLError {}

/**
 * Why a request is not run, with the status of its answer. Where `isGraphQL`, clients that take application/json are answered with
 * 200 as for every other error.
 */
export function refused(
  code: ErrorCode,
  status: number,
  message: string,
  {
    isGraphQL = false,
    headers = {},
  }: { isGraphQL?: boolean; headers?: Readonly<Record<string, string>> } = {},
): RefusedRequest {
  return new RefusedRequest(message, { extensions: { code, http: { status, spec: isGraphQL, headers } } });
}

/** What a caller is told who may run only some documents: which those are, and of others not even whether they are there. */
export function otherDocument(theirs: ReadonlySet<string>): GraphQLError {
  const names = [...theirs].join(", ") || "no document";
  return refused(
    "FORBIDDEN",
    403,
    `You may run ${names} and nothing else, by name as in GET /q/NAME, or by id; ask the operator of the gateway for more.`,
  );
}
