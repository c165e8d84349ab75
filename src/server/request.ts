import { GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";

/**
 * What is not a GraphQL request is the client's fault, with a code, and is not run. A POST must be JSON: the other types Yoga
 * reads are those that a page of another origin can send without asking first.
 */
export function readRequests(): Plugin {
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
      if (requestParser === undefined) return;
      setRequestParser(async (read) => {
        try {
          return await requestParser(read);
        } catch (fault) {
          if (fault instanceof GraphQLError) throw fault;
          throw badRequest(400, "The parameters `variables` and `extensions` must be JSON.");
        }
      });
    },
  };
}

const JSON_TYPE = /^application\/(graphql\+)?json *(;|$)/i;

function badRequest(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST", http: { status } } });
}

const MAX_TOKENS = 2_000;

/** Long documents cost more to validate than any question is worth; deep ones overflow the stack of whatever walks them. */
export function boundDocuments(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parseFn(source, { ...options, maxTokens: MAX_TOKENS });
        } catch (fault) {
          throw fault instanceof RangeError
            ? new GraphQLError("Syntax Error: the document is nested too deeply.")
            : fault;
        }
      });
    },
  };
}
