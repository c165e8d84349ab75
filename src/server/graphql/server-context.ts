import type { GraphQLParams } from "graphql-yoga";
import type { RequestHead } from "../http/exchange.ts";
import type { RequestRecord } from "../http/request-record.ts";

/** Yoga's server context: the record of the request, and the GraphQL request in it. */
export interface YogaServerContext {
  readonly record: RequestRecord;
  /** Throws HttpError where there is none. */
  readonly params: () => GraphQLParams;
}

/** Reads the GraphQL request in a request; the body of a GET is empty. Throws HttpError. */
export type ParseParams = (head: RequestHead, body: Uint8Array) => GraphQLParams;
