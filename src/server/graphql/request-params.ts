import { LRUCache } from "lru-cache";
import type { RequestLimits } from "../../settings/limits.ts";
import { nearest } from "../http/did-you-mean.ts";
import { BodyTooLong, type Exchange, type RequestHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { MalformedBody, readBody, readJson } from "../http/json-body.ts";
import { exceeded } from "../limits/exceeded.ts";

/** A GraphQL request as its client sent it. Nothing in it is checked. */
export interface GraphQLParams {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

/** A GraphQL request with the text of its document. */
export interface CheckedParams {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Reads the GraphQL request in a request; the body of a GET is empty. Throws HttpError. */
export type ParseParams = (head: RequestHead, body: Uint8Array) => GraphQLParams;

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
export async function bodyOf({ readBody }: Exchange, limits: RequestLimits): Promise<Buffer> {
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

/** Rejects requests that are neither GET nor POST. */
export function checkMethod({ method }: RequestHead): void {
  if (method !== "GET" && method !== "POST")
    throw new HttpError("BAD_REQUEST", "GraphQL only supports GET and POST requests.", {
      status: 405,
      headers: { allow: "GET, POST" },
    });
}

/** Checks the types of a GraphQL request; throws HttpError. */
export function checkParams({ query, operationName, variables, extensions }: GraphQLParams): CheckedParams {
  if (query === undefined || query === null) throw badRequest(400, "Must provide query string.");
  if (typeof query !== "string")
    throw badRequest(400, `Expected "query" param to be a string, but given ${typeNameOf(query)}.`);
  if (!isObject(variables ?? {}))
    throw badRequest(
      400,
      `Expected "variables" param to be empty or an object, but given ${typeNameOf(variables)}.`,
    );
  if (!isObject(extensions ?? {}))
    throw badRequest(
      400,
      `Expected "extensions" param to be empty or an object, but given ${typeNameOf(extensions)}.`,
    );
  if (typeof (operationName ?? "") !== "string")
    throw badRequest(400, `"operationName" is not a string, but ${typeNameOf(operationName)}.`);
  return {
    query,
    operationName: (operationName ?? null) as string | null,
    variables: (variables ?? {}) as CheckedParams["variables"],
  };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && !Array.isArray(value);
}

function typeNameOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
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
  const { documentId, operationName, ...others } = params as GraphQLParams;
  return { ...others, documentId: givenText(documentId), operationName: givenText(operationName) };
}

function givenText(value: unknown): unknown {
  return value === "" ? undefined : value;
}

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
  return {
    query: given("query"),
    documentId: given("documentId"),
    operationName: given("operationName"),
    variables: json("variables"),
    extensions: json("extensions"),
  };
}

const BATCH =
  "The body is a list, and one request runs one operation; send each in a separate request, or combine their fields in one operation.";

const JSON_TYPE = /^application\/(graphql\+)?json *(;|$)/i;

/** The media types of answers, the preferred one first. */
export type MediaType = "application/json" | "application/graphql-response+json";

/** The media types of answers in parts (`@defer`, `@stream`). */
export type StreamType = "multipart/mixed" | "text/event-stream";

/** The media types that a client takes: the first of each kind that it lists. */
export interface AcceptedTypes {
  /** Null: no JSON. */
  readonly whole: MediaType | null;
  readonly inParts: StreamType | null;
}

/** Clients send few different values. */
const negotiated = new LRUCache<string, AcceptedTypes>({ max: 200 });

export function acceptedTypes({ headers }: RequestHead): AcceptedTypes {
  const accept = headers.get("accept") || "*/*";
  const known = negotiated.get(accept);
  if (known !== undefined) return known;
  const items = accept.toLowerCase().split(",");
  const types: AcceptedTypes = {
    whole: items.map(typeIn).find((each) => each !== null) ?? null,
    inParts: items.map(streamTypeIn).find((each) => each !== null) ?? null,
  };
  negotiated.set(accept, types);
  return types;
}

/** The refusal of a client that takes no JSON for an answer that is not in parts. */
export function notAcceptable(): HttpError {
  return badRequest(406, "Answers are JSON; send `accept: application/json`.");
}

/** The refusal of a client that takes answers in parts alone for an operation that has none. */
export function notInParts(): HttpError {
  return badRequest(
    406,
    "The answer to this operation is one whole, in JSON; send `accept: multipart/mixed, application/json`.",
  );
}

/** The media type of an answer in parts that an item of the header `accept` takes; null where it takes none, or one of another format. */
function streamTypeIn(item: string): StreamType | null {
  const [type = "", ...parameters] = item.split(";").map((each) => each.trim());
  const isOther = parameters.some(
    (each) => /^q=0(\.0*)?$/.test(each) || /^(incrementalspec|deferspec)=(?!"?20220824"?$)/.test(each),
  );
  if (isOther) return null;
  return type === "multipart/mixed" || type === "text/event-stream" ? type : null;
}

/** The media type that an item of the header `accept` takes; null where it takes no JSON in UTF-8. */
function typeIn(item: string): MediaType | null {
  const [type = "", ...parameters] = item.split(";").map((each) => each.trim());
  if (parameters.some((each) => each.includes("charset=") && each !== "charset=utf-8")) return null;
  if (type === "application/graphql-response+json") return type;
  return ["application/json", "application/*", "*/*"].includes(type) ? "application/json" : null;
}

export function badRequest(status: number, message: string): HttpError {
  return new HttpError("BAD_REQUEST", message, { status });
}

function tooLong(limits: RequestLimits, bytes?: number): HttpError {
  return HttpError.of(exceeded(limits, "MAX_BODY_BYTES", bytes), 413);
}
