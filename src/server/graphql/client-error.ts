import { GraphQLError } from "graphql";
import type { ErrorCode } from "../../errors.ts";

/** An error as a client may see it. */
export class ClientError extends GraphQLError {
  get code(): ErrorCode {
    return this.extensions.code as ErrorCode;
  }
}

/** How many places of one fault an answer lists. */
const MAX_PATHS = 20;

/**
 * Makes one error of all that have the same cause at the same field: an outage would repeat one sentence for each row of a list.
 * `count` says how many values it stands for, and `paths` lists the first of them.
 */
export function mergeRepeated(errors: readonly ClientError[]): readonly ClientError[] {
  return [...Map.groupBy(errors, causeAndField).values()].map(merge);
}

function causeAndField({ message, path, extensions }: ClientError): string {
  // Attempts at the same thing differ in the time to wait, in upstream's id of the request, and in how far a fetch has come.
  const { retryAfter: _, requestId: __, done, total: ___, ...cause } = extensions;
  const field = path?.filter((step) => typeof step === "string") ?? null;
  return JSON.stringify([field, done === undefined ? message.replace(/\d+ seconds/, "") : null, cause]);
}

function merge(repeated: readonly ClientError[]): ClientError {
  const longest = repeated.reduce((a, b) => (waitOf(b) > waitOf(a) ? b : a));
  const paths = repeated.flatMap(({ path }) => (path === undefined ? [] : [path]));
  const [first, second] = paths;
  if (first === undefined || second === undefined) return longest;
  const { message, nodes, source, positions, extensions } = longest;
  return new ClientError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: first,
    extensions: { ...extensions, count: paths.length, paths: paths.slice(0, MAX_PATHS) },
  });
}

function waitOf({ extensions: { retryAfter } }: ClientError): number {
  return typeof retryAfter === "number" ? retryAfter : 0;
}
