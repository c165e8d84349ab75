import { print } from "graphql";
import { type AnswerError, GatewayError } from "./gateway-error.ts";
import type { TypedDocument } from "./typed-document.ts";

export interface ClientOptions {
  /** Address of GraphQL, such as `https://gateway.example.com/graphql`; a page of the same origin can use `/graphql`. */
  readonly url: string | URL;
  /** Token of the caller, or a function that returns one for each request. */
  readonly token?: string | (() => string | Promise<string>);
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends requests; the global `fetch` by default. */
  readonly fetch?: (url: string | URL, init: RequestInit) => Promise<Response>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** An answer of which fields may have failed. */
export interface Answer<Data> {
  readonly data: Data;
  /** Empty if the answer is complete. A null in `data` is a failure only if an error has its path. */
  readonly errors: readonly AnswerError[];
  /** Freshness, warnings and the cost of the answer. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Variables may be left out where none is required. */
type Parameters<Variables> =
  Record<never, never> extends Variables
    ? [variables?: Variables, options?: RequestOptions]
    : [variables: Variables, options?: RequestOptions];

export interface Client {
  /** Returns the data of a complete answer. Throws GatewayError if any field failed: a failed list looks like an empty one. */
  readonly request: <Data, Variables>(
    document: TypedDocument<Data, Variables>,
    ...parameters: Parameters<Variables>
  ) => Promise<Data>;
  /** Returns the answer with the errors of its fields. Throws GatewayError only if there is no data. */
  readonly answer: <Data, Variables>(
    document: TypedDocument<Data, Variables>,
    ...parameters: Parameters<Variables>
  ) => Promise<Answer<Data>>;
}

interface Body {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Creates a client of a gateway for browsers, workers and servers. */
export function createClient({ url, token, headers = {}, fetch = globalThis.fetch }: ClientOptions): Client {
  async function send(
    document: TypedDocument<unknown, never>,
    variables: unknown,
    { signal }: RequestOptions = {},
  ) {
    const current = typeof token === "function" ? await token() : token;
    try {
      return await fetch(url, {
        method: "POST",
        headers: {
          accept: "application/graphql-response+json, application/json;q=0.9",
          "content-type": "application/json",
          ...(current === undefined ? {} : { authorization: `Bearer ${current}` }),
          ...headers,
        },
        body: JSON.stringify({ query: print(document), variables }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      const { location } = globalThis as { readonly location?: { readonly href: string } };
      const isWhole = URL.canParse(url, location?.href);
      const why = isWhole
        ? "The gateway did not answer."
        : `\`${url}\` is not a whole URL, such as https://analytics.example.com/graphql.`;
      throw new GatewayError("NO_ANSWER", why, { cause });
    }
  }

  const answer: Client["answer"] = async (document, ...[variables, options]) => {
    const response = await send(document, variables, options);
    const place = { status: response.status, requestId: response.headers.get("x-request-id") };
    const { data, errors = [], extensions = {} } = await bodyOf(response, place, options?.signal);
    if (data === undefined || data === null) throw failed(errors, place);
    return { data: data as never, errors, extensions, ...place };
  };

  return {
    answer,
    request: async (document, ...parameters) => {
      const { data, errors, ...place } = await answer(document, ...parameters);
      if (errors.length > 0) throw failed(errors, { ...place, data });
      return data;
    },
  };
}

interface Place {
  readonly status?: number;
  readonly requestId?: string | null;
}

async function bodyOf(response: Response, place: Place, signal?: AbortSignal): Promise<Body> {
  let body: unknown;
  try {
    body = JSON.parse(await response.text());
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const isCutOff = !(cause instanceof SyntaxError);
    throw isCutOff
      ? new GatewayError("NO_ANSWER", "The answer of the gateway broke off.", { ...place, cause })
      : new GatewayError("NO_GATEWAY", `The answer with status ${response.status} is not JSON.`, {
          ...place,
          cause,
        });
  }
  if (typeof body === "object" && body !== null && ("data" in body || "errors" in body)) return body as Body;
  throw new GatewayError(
    "NO_GATEWAY",
    `The answer with status ${response.status} is not one of GraphQL.`,
    place,
  );
}

function failed(errors: readonly AnswerError[], details: Place & { readonly data?: unknown }): GatewayError {
  const [first] = errors;
  if (first === undefined)
    return new GatewayError("NO_GATEWAY", "The answer has neither data nor errors.", details);
  return new GatewayError(first.extensions?.code ?? "INTERNAL_SERVER_ERROR", first.message, {
    ...details,
    errors,
  });
}
