import type { Plugin } from "graphql-yoga";
import type { Viewer } from "../domain/viewer.ts";
import type { ErrorCode } from "../errors.ts";
import { IssuerUnavailable } from "./jwt.ts";

/** The viewer that a token proves, or null. */
export type Authenticate = (token: string) => Viewer | null | Promise<Viewer | null>;

/** Longer ones are no tokens; they are refused unread. */
const MAX_LENGTH = 8_192;

/** The token of an `authorization` header (RFC 6750, 2.1); null where there is none, or not one. It is never read from elsewhere. */
export function bearerOf(header: string | null): string | null {
  if (header === null || header.length > MAX_LENGTH) return null;
  return /^bearer +([\w\-.~+/]+=*)$/i.exec(header)?.[1] ?? null;
}

/**
 * Lets nobody ask who does not prove who they are, whatever they ask for. What is open to all, such as health and the page of
 * GraphiQL, is answered before. `viewers` tells the others who asks.
 */
export function authenticated(authenticate: Authenticate, viewers: WeakMap<Request, Viewer>): Plugin {
  return {
    async onRequest({ request, fetchAPI, endResponse }) {
      const refuse = ({ status, headers, ...error }: Refusal) =>
        endResponse(
          new fetchAPI.Response(JSON.stringify({ errors: [error] }), {
            status,
            headers: { "content-type": "application/json; charset=utf-8", ...headers },
          }),
        );
      const token = bearerOf(request.headers.get("authorization"));
      if (token === null) return refuse(MISSING);
      try {
        const viewer = await authenticate(token);
        if (viewer === null) return refuse(UNKNOWN);
        viewers.set(request, viewer);
      } catch (fault) {
        if (!(fault instanceof IssuerUnavailable)) throw fault;
        refuse(UNAVAILABLE);
      }
    },
  };
}

interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
  readonly extensions: { readonly code: ErrorCode; readonly retryAfter?: number };
}

const MISSING: Refusal = {
  status: 401,
  headers: { "www-authenticate": "Bearer" },
  message: "Say who you are: send the header `authorization: Bearer` with a token.",
  extensions: { code: "UNAUTHENTICATED" },
};

const UNKNOWN: Refusal = {
  status: 401,
  headers: { "www-authenticate": 'Bearer error="invalid_token"' },
  message: "This token lets nobody in; it may have expired. Ask the operator of the gateway for another.",
  extensions: { code: "UNAUTHENTICATED" },
};

const RETRY_AFTER = 5;

const UNAVAILABLE: Refusal = {
  status: 503,
  headers: { "retry-after": String(RETRY_AFTER) },
  message: "The issuer of tokens cannot be reached, so that nobody can be let in; ask again later.",
  extensions: { code: "AUTHENTICATION_UNAVAILABLE", retryAfter: RETRY_AFTER },
};
