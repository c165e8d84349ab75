import type { Day } from "./domain/day.ts";

/** Every code a client can meet, and what it means. Codes are stable; sentences are not. */
export const ERROR_CODES = {
  BAD_USER_INPUT:
    "An argument or variable has a value that cannot be served; the message says what would work.",
  CURSOR_INVALID: "The cursor is damaged or belongs to another query; ask again without `after`.",
  CURSOR_EXPIRED: "The data behind the cursor was refreshed; ask again without `after`.",
  FORBIDDEN:
    "The caller may not see this; `scope` or `identity` says what it takes, where that would do, or the message which documents they may run.",
  UNAUTHENTICATED: "The request does not prove who asks; send a token.",
  AUTHENTICATION_UNAVAILABLE: "Nobody can be let in now, because the issuer of tokens cannot be reached.",
  NOT_FOUND: "No such object.",
  NOT_COVERED: "The range lies before the first day the dataset covers.",
  NOT_YET_AVAILABLE: "The range lies after the newest day the dataset has.",
  DIRECTORY_NOT_READY:
    "Who is in the organization, or in which of its groups, is still being fetched; `done` of `total` are there, and `retryAfter` says in about how many seconds the rest is.",
  NOT_ENTITLED: "The organization has no access to this dataset, such as a beta it is not enrolled in.",
  NOT_CONFIGURED: "The gateway has no key for this dataset.",
  LIMIT_EXCEEDED:
    "The request holds more than one may; `limit` names the setting, `max` is what it allows and `value` what there was.",
  CALLER_RATE_LIMITED:
    "The caller has had its part of this minute; `limit` names the setting, `retryAfter` says for how many seconds to wait.",
  TOO_EXPENSIVE: "The query needs more upstream requests than one operation may make.",
  UPSTREAM_AUTH: "The upstream refused the gateway's key for this dataset.",
  UPSTREAM_RATE_LIMITED:
    "The organization's allowance of upstream requests is used up; `retryAfter` says for how many seconds.",
  UPSTREAM_BILLING:
    "The upstream answers nothing because of a spend limit or a billing problem of the organization; `reason` names it, and the message who can lift it. Asking again does not help.",
  UPSTREAM_BUDGET_EXHAUSTED:
    "The upstream requests of this minute are used up, by this gateway and its replicas; `retryAfter` says for how many seconds.",
  UPSTREAM_REFUSED: "The upstream refused the request the gateway made of the query.",
  UPSTREAM_UNAVAILABLE: "The upstream failed or did not answer in time; asking again later may work.",
  UPSTREAM_SHAPE: "The upstream's answer is not what its contract promises, so no figure was taken from it.",
  OVERLOADED:
    "The gateway has as many requests under way as it takes, of all callers or of this one; `retryAfter` says for how many seconds.",
  OPERATION_TIMEOUT: "The operation took longer than the gateway allows.",
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED: "The document does not fit the schema.",
  PERSISTED_QUERY_NOT_FOUND: "No document has this id or hash; where any text may be sent, send it.",
  DOCUMENT_NOT_TRUSTED:
    "The gateway runs trusted documents only, and the text sent is not one, to the letter.",
  BAD_REQUEST: "The HTTP request is not a GraphQL request, nor one for a file.",
  INTERNAL_SERVER_ERROR: "A fault of the gateway itself.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What a client may know about an error beside its sentence. */
export interface ErrorDetails {
  readonly dataset?: string;
  /** Why the dataset is closed to the gateway, as `datasets` says it, or what of billing stands in the way. */
  readonly reason?: string;
  /** The scope its key would need, or the caller. */
  readonly scope?: string;
  /** How the caller would have to see people at the least. */
  readonly identity?: string;
  /** The newest day that can be asked for. */
  readonly newestDay?: Day;
  /** Where in the operation it would cost most, by response names. */
  readonly field?: string;
  /** The fewest upstream requests it would take. */
  readonly requests?: number;
  /** The setting that bounds what there was too much of, what it allows, and how much there was. */
  readonly limit?: string;
  readonly max?: number;
  readonly value?: number;
  /** Status the upstream answered with. */
  readonly status?: number;
  /** Upstream's id of the failed request, for its support. */
  readonly requestId?: string;
  /** How far something is that goes on behind the answer; `total` is missing where it is not known. */
  readonly done?: number;
  readonly total?: number;
  /** Seconds until asking again can work. */
  readonly retryAfter?: number;
}

/** A failure whose sentence is written for clients: it never holds a key, a URL, or text of the upstream. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "GatewayError";
    this.code = code;
    this.details = details;
  }
}

export function forbidden(what: string, scopes: readonly string[]): GatewayError {
  const [scope = "of another caller"] = scopes;
  return new GatewayError(
    "FORBIDDEN",
    `${what} takes the scope ${scopes.join(" or ") || scope}, which you do not have; leave it out, or ask the operator of the gateway for it.`,
    { scope },
  );
}

/** Somebody who sees people in groups alone asks about one of them. */
export function unseen(what: string): GatewayError {
  return new GatewayError(
    "FORBIDDEN",
    `${what} is about people one by one, and you see them in groups only; ask for teams, things used or totals, or ask the operator of the gateway for pseudonyms.`,
    { identity: "pseudonym" },
  );
}

export function badInput(message: string): GatewayError {
  return new GatewayError("BAD_USER_INPUT", message);
}

/**
 * A dependency that does not work: the store, or upstream for a dataset. `code` is that of the cause (`ECONNREFUSED`, `NOAUTH`,
 * `DEPTH_ZERO_SELF_SIGNED_CERT`), and `about` says which dependency it is and where, without credentials. The message is a sentence of
 * this program, never the text of a server.
 */
export class Outage extends Error {
  readonly code: string;
  readonly about: OutageSubject;

  constructor(message: string, code: string, about: OutageSubject, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Outage";
    this.code = code;
    this.about = about;
  }
}

export interface OutageSubject {
  readonly store?: "sqlite" | "redis";
  /** The part of a store that cannot be fetched again. */
  readonly part?: "archive";
  readonly dataset?: string;
  /** Host and port. */
  readonly host?: string;
  /** Host and port of the proxy on the way. */
  readonly proxy?: string;
  /** The file of a store. */
  readonly path?: string;
}

const MAX_CAUSES = 8;

/** The code of the innermost cause that has one, such as `ECONNREFUSED`; without any, the name of the fault. */
export function causeCodeOf(fault: unknown): string {
  let innermost: string | undefined;
  let each = fault;
  for (let i = 0; i < MAX_CAUSES && each instanceof Error; i++) {
    const { code }: Error & { code?: unknown } = each;
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,59}$/.test(code)) innermost = code;
    each = each instanceof AggregateError ? each.errors[0] : each.cause;
  }
  return innermost ?? (fault instanceof Error ? fault.name : typeof fault);
}
