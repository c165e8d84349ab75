import type { Viewer } from "../../domain/viewer.ts";
import { HttpError } from "../http/http-error.ts";

/**
 * Returns the viewer that a token proves, or the reason why it proves none. The reason is for the operator and holds nothing of the
 * token. Throws IssuerUnavailable.
 */
export type Authenticate = (token: string) => Proven | Promise<Proven>;

export type Proven = Viewer | { readonly reason: string };

/** The issuer's keys could not be fetched, so that no token can be checked. */
export class IssuerUnavailable extends Error {}

/** Seconds before an issuer that has failed is asked again. */
export const ISSUER_PAUSE = 5;

/** The header that carries a token where nothing else is set (RFC 6750, 2.1). */
export const AUTHORIZATION = "authorization";

/** Returns the token in a header, or null. Only `authorization` needs the scheme: what a proxy adds is the bare token. */
function tokenIn(value: string | null, header = AUTHORIZATION): string | null {
  const [, scheme, token] = /^(bearer +)?([\w\-.~+/]+=*)$/i.exec(value ?? "") ?? [];
  return token === undefined || (scheme === undefined && header === AUTHORIZATION) ? null : token;
}

type RequestHeaders = Pick<Headers, "get" | "has">;

/** Returns the caller that the headers prove; throws HttpError. */
export type Authenticator = (headers: RequestHeaders) => Viewer | Promise<Viewer>;

/** Returns the signed-in person of a request that the pages send; null for every other request. */
export type AuthenticateSession = (headers: RequestHeaders) => Promise<Proven> | null;

/** How callers prove who they are. */
export interface Authentication {
  readonly authenticate: Authenticate;
  /** The header that carries the token, and the only one that is read. A proxy that adds one passes on what else a client sent. */
  readonly header: string;
  /** Sessions of people who sign in on the pages; null: the pages ask for a token. */
  readonly session: AuthenticateSession | null;
  /** The rights that the caller of a name has now; null where they have none. Undefined: only the issuer of tokens knows. */
  readonly viewerNamed?: (name: string) => Viewer | null;
}

/** Without authentication, every caller is `anybody`. */
export function createAuthenticator(authentication: Authentication | null, anybody: Viewer): Authenticator {
  return (headers) => {
    if (authentication === null) return anybody;
    const { authenticate, header: name, session } = authentication;
    const value = headers.get(name);
    const signedIn = value === null ? (session?.(headers) ?? null) : null;
    if (signedIn !== null) return signedIn.then(personOf);
    const token = tokenIn(value, name);
    if (token === null)
      throw new HttpError(
        "UNAUTHENTICATED",
        name === AUTHORIZATION
          ? "Authentication is required: send the header `authorization: Bearer` with a token."
          : `Authentication is required: the header \`${name}\` must hold a token; no other header is read.`,
        {
          headers: { "www-authenticate": "Bearer" },
          reason: value === null ? "no token" : "not a bearer token",
        },
      );
    const proven = authenticate(token);
    return proven instanceof Promise ? proven.then(viewerOf, unavailable) : viewerOf(proven);
  };
}

function viewerOf(proven: Proven): Viewer {
  if (!("reason" in proven)) return proven;
  throw new HttpError(
    "UNAUTHENTICATED",
    "The token is not valid; it may have expired. Ask the operator of the gateway for a new one.",
    { headers: { "www-authenticate": 'Bearer error="invalid_token"' }, reason: proven.reason },
  );
}

function personOf(proven: Proven): Viewer {
  if (!("reason" in proven)) return proven;
  throw new HttpError("UNAUTHENTICATED", "You are not signed in, or your session has ended; sign in again.", {
    headers: { "www-authenticate": "Bearer" },
    reason: proven.reason,
  });
}

function unavailable(fault: unknown): never {
  if (!(fault instanceof IssuerUnavailable)) throw fault;
  throw new HttpError(
    "AUTHENTICATION_UNAVAILABLE",
    "The issuer of tokens cannot be reached, so no caller can be authenticated; retry later.",
    { details: { retryAfter: ISSUER_PAUSE }, reason: fault.message },
  );
}
