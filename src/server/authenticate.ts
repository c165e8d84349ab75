import type { FetchAPI, Plugin } from "graphql-yoga";
import type { Viewer } from "../domain/viewer.ts";
import type { ErrorCode, ErrorDetails } from "../errors.ts";

/**
 * The viewer that a token proves, or why it proves nobody: that is for the operator, and nothing of the token is in it. Throws
 * IssuerUnavailable.
 */
export type Authenticate = (token: string) => Proven | Promise<Proven>;

export type Proven = Viewer | { readonly reason: string };

/** The issuer's keys could not be fetched: nobody's token is wrong for it. */
export class IssuerUnavailable extends Error {}

/** How long an issuer that has failed is left alone, in seconds. */
export const ISSUER_PAUSE = 5;

/** The header that carries a token where nothing else is set (RFC 6750, 2.1). */
export const AUTHORIZATION = "authorization";

/** The token in a header; null where there is none. Only `authorization` needs the scheme: what a proxy adds is the bare token. */
export function tokenIn(value: string | null, header = AUTHORIZATION): string | null {
  const [, scheme, token] = /^(bearer +)?([\w\-.~+/]+=*)$/i.exec(value ?? "") ?? [];
  return token === undefined || (scheme === undefined && header === AUTHORIZATION) ? null : token;
}

/** Why somebody is not let in, as an answer says it. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly code: ErrorCode;
  /** What the operator may know of it, and the answer does not say. */
  readonly reason: string | null;
  readonly details: ErrorDetails;

  constructor(
    status: number,
    headers: Refusal["headers"],
    code: ErrorCode,
    message: string,
    reason: string | null = null,
    details: ErrorDetails = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get extensions(): ErrorDetails & { readonly code: ErrorCode } {
    const retryAfter = this.headers["retry-after"];
    return {
      code: this.code,
      ...this.details,
      ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
    };
  }

  get body(): string {
    return JSON.stringify({ errors: [{ message: this.message, extensions: this.extensions }] });
  }
}

/** The answer of somebody who is refused before GraphQL is asked. */
export function refusedWith({ status, headers, body }: Refusal, { Response }: FetchAPI): Response {
  const type = { "content-type": "application/json; charset=utf-8" };
  return new Response(body, { status, headers: { ...type, ...headers } });
}

/** Returns who asks, by the one header that carries tokens; throws Refusal. */
export type ViewerOf = (header: (name: string) => string | null) => Promise<Viewer>;

/** How callers prove who they are. */
export interface Authentication {
  readonly authenticate: Authenticate;
  /** The header that carries the token, and the only one that is read. A proxy that adds one passes on what else a client sent. */
  readonly header: string;
}

/** Without authentication, every caller is `anybody`. */
export function doorkeeper(authentication: Authentication | null, anybody: Viewer): ViewerOf {
  return async (header) => {
    if (authentication === null) return anybody;
    const { authenticate, header: name } = authentication;
    const value = header(name);
    const token = tokenIn(value, name);
    if (token === null)
      throw new Refusal(
        401,
        { "www-authenticate": "Bearer" },
        "UNAUTHENTICATED",
        name === AUTHORIZATION
          ? "Say who you are: send the header `authorization: Bearer` with a token."
          : `Say who you are: the header \`${name}\` must hold a token, and no other header is read.`,
        value === null ? "no token" : "not a bearer token",
      );
    const viewer = await proven(authenticate, token);
    if (!("reason" in viewer)) return viewer;
    throw new Refusal(
      401,
      { "www-authenticate": 'Bearer error="invalid_token"' },
      "UNAUTHENTICATED",
      "This token lets nobody in; it may have expired. Ask the operator of the gateway for another.",
      viewer.reason,
    );
  };
}

async function proven(authenticate: Authenticate, token: string): Promise<Proven> {
  try {
    return await authenticate(token);
  } catch (fault) {
    if (!(fault instanceof IssuerUnavailable)) throw fault;
    throw new Refusal(
      503,
      { "retry-after": String(ISSUER_PAUSE) },
      "AUTHENTICATION_UNAVAILABLE",
      "The issuer of tokens cannot be reached, so that nobody can be let in; ask again later.",
      fault.message,
    );
  }
}

/** Lets nobody ask who is not let in, whatever they ask for, and notes who asks. What is open to all is answered before. */
export function authenticated(viewerOf: ViewerOf, viewers: WeakMap<Request, Viewer>): Plugin {
  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      try {
        viewers.set(request, await viewerOf((name) => request.headers.get(name)));
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        endResponse(refusedWith(refusal, fetchAPI));
      }
    },
  };
}
