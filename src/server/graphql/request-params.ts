import type { GraphQLParams, Plugin } from "graphql-yoga";
import type { RequestLimits } from "../../settings/limits.ts";
import { nearest } from "../http/did-you-mean.ts";
import { BodyTooLong, type Exchange, type RequestHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { MalformedBody, readBody, readJson } from "../http/json-body.ts";
import { exceeded } from "../limits/exceeded.ts";
import type { ParseParams, YogaServerContext } from "./server-context.ts";

/**
 * Rejects with a code what is not a GraphQL request, by its head. A POST must be JSON: the other types are those that a page of another
 * origin can send without a preflight.
 */
export function checkContent({ method, headers }: RequestHead, limits: RequestLimits): void {
  const type = headers.get("content-type") ?? "";
  if (method === "POST" && !JSON_TYPE.test(type)) {
    throw badRequest(415, "The body must be JSON; send `content-type: application/json`.");
  }
  if ((headers.get("content-encoding") ?? "identity") !== "identity") {
    // What is small on the wire can be anything once it is unpacked.
    throw badRequest(415, "The body must not be compressed; send it without `content-encoding`.");
  }
  const declared = Number(headers.get("content-length"));
  if (declared > limits.MAX_BODY_BYTES) throw tooLong(limits, declared);
}

/** Reads the body of a request with a bound. */
export async function bodyOf({ readBody }: Exchange, limits: RequestLimits): Promise<Uint8Array> {
  try {
    return await readBody(limits.MAX_BODY_BYTES);
  } catch (fault) {
    // Whatever else keeps it from being read is the client's doing.
    throw fault instanceof BodyTooLong
      ? tooLong(limits)
      : badRequest(400, "The body ends before it is complete.");
  }
}

/** Reads a GraphQL request as GraphQL over HTTP sends it: from a body by POST, from the URL by GET. */
export const parseParams: ParseParams = ({ method, url }, body) => {
  try {
    return method === "POST" ? inBody(body) : inUrl(new URL(url).searchParams);
  } catch (fault) {
    throw fault instanceof MalformedBody ? badRequest(400, fault.message) : fault;
  }
};

/** Hands Yoga the GraphQL request that the route has read. */
export function readParams(): Plugin<object, YogaServerContext> {
  return {
    onRequestParse: ({ serverContext, setRequestParser }) => setRequestParser(() => serverContext.params()),
  };
}

function inBody(bytes: Uint8Array): GraphQLParams {
  const params = readBody(bytes);
  if (Array.isArray(params)) throw badRequest(400, BATCH);
  if (typeof params !== "object" || params === null)
    throw badRequest(400, 'The body must be an object, such as {"query": "{ __typename }"}.');
  for (const [name, value] of Object.entries(params))
    if (value !== null && !IN_BODY.includes(name))
      throw badRequest(
        400,
        `The body has an unknown key \`${name.slice(0, 100)}\`: ${nearest(name, IN_BODY)}`,
      );
  // An empty text is not given, as in a URL: some clients send every key.
  return Object.fromEntries(
    Object.entries(params).filter(([name, value]) => value !== "" || !TEXTS.includes(name)),
  );
}

const TEXTS: readonly string[] = ["documentId", "operationName"];

const IN_BODY: readonly string[] = ["query", "documentId", "operationName", "variables", "extensions"];

function inUrl(parameters: URLSearchParams): GraphQLParams {
  const given = (name: string): string | undefined => {
    const [text, ...more] = parameters.getAll(name);
    if (more.length > 0) throw badRequest(400, `The parameter \`${name}\` is given twice; give it once.`);
    return text || undefined;
  };
  const json = (name: string) => {
    const text = given(name);
    return text === undefined ? undefined : readJson(text, `The parameter \`${name}\``);
  };
  // What the two that are JSON turn out to be is looked at as it is in a body.
  return {
    query: given("query"),
    documentId: given("documentId"),
    operationName: given("operationName"),
    variables: json("variables"),
    extensions: json("extensions"),
  } as GraphQLParams;
}

const BATCH =
  "The body is a list, and one request runs one operation; send each in a separate request, or combine their fields in one operation.";

const JSON_TYPE = /^application\/(graphql\+)?json *(;|$)/i;

/**
 * Rejects clients that accept no JSON before anything is run. Yoga would run the operation, and then send a stream of one event or
 * nothing at all.
 */
export function checkAccepted({ headers }: RequestHead): void {
  if (!takesJson(headers.get("accept") || "*/*"))
    throw badRequest(406, "Answers are JSON; send `accept: application/json`.");
}

function takesJson(accept: string): boolean {
  return accept
    .toLowerCase()
    .split(",")
    .some((each) => /^\s*(\*\/\*|application\/(\*|json|graphql-response\+json))\s*(;|$)/.test(each));
}

function badRequest(status: number, message: string): HttpError {
  return new HttpError("BAD_REQUEST", message, { status });
}

function tooLong(limits: RequestLimits, bytes?: number): HttpError {
  return HttpError.of(exceeded(limits, "MAX_BODY_BYTES", bytes), 413);
}
