import { GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { RequestLimits } from "../limits.ts";
import { exceeded } from "./limits/exceeded.ts";

/**
 * What is not a GraphQL request is the client's fault, with a code, and is not run. A POST must be JSON: the other types Yoga
 * reads are those that a page of another origin can send without asking first.
 */
export function readRequests(limits: RequestLimits): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const type = request.headers.get("content-type") ?? "";
      if (request.method === "POST" && !JSON_TYPE.test(type)) {
        throw badRequest(415, "The body must be JSON; send `content-type: application/json`.");
      }
      if ((request.headers.get("content-encoding") ?? "identity") !== "identity") {
        // What is small on the wire can be anything once it is unpacked.
        throw badRequest(415, "The body must not be compressed; send it without `content-encoding`.");
      }
      const declared = Number(request.headers.get("content-length"));
      if (declared > limits.MAX_BODY_BYTES) throw exceeded(limits, "MAX_BODY_BYTES", declared);
      if (requestParser === undefined) return;
      setRequestParser(async (read) => {
        try {
          const params = await requestParser(read);
          if (Array.isArray(params)) throw badRequest(400, BATCH);
          return params;
        } catch (fault) {
          if (fault instanceof GraphQLError)
            throw isTooLong(fault) ? exceeded(limits, "MAX_BODY_BYTES") : fault;
          throw badRequest(400, "The parameters `variables` and `extensions` must be JSON.");
        }
      });
    },
  };
}

const BATCH =
  "The body is a list, and one request asks one operation; send each in a request of its own, or put their fields into one operation.";

/** What Yoga says of a body that turns out longer than it may be while it is read. */
function isTooLong({ extensions: { code } }: GraphQLError): boolean {
  return code === "REQUEST_ENTITY_TOO_LARGE";
}

const JSON_TYPE = /^application\/(graphql\+)?json *(;|$)/i;

function badRequest(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST", http: { status } } });
}
