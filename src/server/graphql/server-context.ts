import type { GraphQLParams } from "graphql-yoga";
import type { InRequest } from "../http/node-adapter.ts";

/** Yoga's server context: the request, and how its route reads the GraphQL request in it. */
export interface YogaServerContext extends InRequest {
  readonly parserOf: ParserOf;
}

/** Picks how a request is read, or rejects it, before its body is read; throws HttpError. */
export type ParserOf = (request: Request) => (read: Request) => GraphQLParams | Promise<GraphQLParams>;
