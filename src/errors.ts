import type { Day } from "./domain/day.ts";

interface ErrorCodeEntry {
  /** HTTP status of a rejected request; an error about HTTP itself can state a closer one. Errors of single fields leave it at 200. */
  readonly status: number;
  /** Sentences that end with a full stop. */
  readonly meaning: string;
  /** Action for the client. */
  readonly action: string;
}

/** Every code a client can meet. Codes are stable; messages are not. */
export const ERROR_CODES = {
  BAD_USER_INPUT: {
    status: 400,
    meaning: "An argument or variable has a value that cannot be served.",
    action: "Change the value; the message says what would work.",
  },
  CURSOR_INVALID: {
    status: 400,
    meaning: "The cursor is damaged or belongs to another query.",
    action: "Query again without `after`.",
  },
  CURSOR_EXPIRED: {
    status: 400,
    meaning: "The data behind the cursor was refreshed.",
    action: "Query again without `after`.",
  },
  FORBIDDEN: {
    status: 403,
    meaning: "The caller is not authorized for this field, file or document.",
    action:
      "Leave it out, or ask the operator for access: `scope` or `identity` names what is missing, or the message names the documents the caller may run.",
  },
  UNAUTHENTICATED: {
    status: 401,
    meaning: "The request has no valid credentials.",
    action: "Send a token.",
  },
  AUTHENTICATION_UNAVAILABLE: {
    status: 503,
    meaning: "No caller can be authenticated at the moment because the issuer of tokens cannot be reached.",
    action: "Retry after `retryAfter` seconds.",
  },
  NOT_FOUND: {
    status: 404,
    meaning: "The object, document, file or path does not exist.",
    action: "Check the id or name.",
  },
  NOT_COVERED: {
    status: 400,
    meaning: "The range lies before the first day that the dataset covers.",
    action: "Choose a later range; `oldestDay` is the first day that can be queried.",
  },
  NOT_YET_AVAILABLE: {
    status: 400,
    meaning: "The range lies after the newest day of the dataset.",
    action: "Choose an earlier range; `newestDay` is the last day that can be queried.",
  },
  NOT_RECORDED: {
    status: 400,
    meaning:
      "Figures as they stood earlier are wanted at a grain or for a time that this gateway has not recorded. `grain` says what it records, and `recordedFrom` since when.",
    action: "Ask for the recorded grain, or for an instant from `recordedFrom` on.",
  },
  DIRECTORY_NOT_READY: {
    status: 503,
    meaning:
      "The members of the organization, or of its groups, are still being fetched: `done` of `total` are there.",
    action: "Retry after about `retryAfter` seconds.",
  },
  NOT_ENTITLED: {
    status: 503,
    meaning: "The organization has no access to this dataset, such as a beta that it is not enrolled in.",
    action: "Leave the dataset out, or ask for access.",
  },
  NOT_CONFIGURED: {
    status: 503,
    meaning: "The gateway has no key for this dataset.",
    action: "Leave the dataset out, or ask the operator to set the key.",
  },
  LIMIT_EXCEEDED: {
    status: 400,
    meaning:
      "The request exceeds a limit: `limit` names the setting, `max` is its value, and `value` is what the request has. The status is 413 for a body and 431 for headers.",
    action: "Split the request; the message says how.",
  },
  CALLER_RATE_LIMITED: {
    status: 429,
    meaning: "The caller has used its share of this minute; `limit` names the setting.",
    action: "Retry after `retryAfter` seconds.",
  },
  TOO_EXPENSIVE: {
    status: 400,
    meaning:
      "The query needs more upstream requests than one operation may make: `requests` is the fewest it takes, and `field` costs most.",
    action: "Query a shorter range or fewer fields.",
  },
  UPSTREAM_AUTH: {
    status: 502,
    meaning: "The upstream rejected the gateway's key for this dataset.",
    action: "Ask the operator to check the key.",
  },
  UPSTREAM_RATE_LIMITED: {
    status: 503,
    meaning: "The upstream rate limit of the organization is used up.",
    action: "Retry after `retryAfter` seconds.",
  },
  UPSTREAM_BILLING: {
    status: 503,
    meaning:
      "The upstream answers nothing because of a spend limit or a billing problem of the organization, which `reason` names.",
    action: "Do not retry; the message says who can lift it.",
  },
  UPSTREAM_BUDGET_EXHAUSTED: {
    status: 503,
    meaning: "This gateway and its replicas have used the upstream requests of this minute.",
    action: "Retry after `retryAfter` seconds.",
  },
  UPSTREAM_REFUSED: {
    status: 502,
    meaning: "The upstream rejected the request that the gateway made for the query.",
    action: "Report it to the operator with the message.",
  },
  UPSTREAM_UNAVAILABLE: {
    status: 503,
    meaning: "The upstream failed or did not answer in time.",
    action: "Retry later.",
  },
  UPSTREAM_SHAPE: {
    status: 502,
    meaning: "The upstream's answer breaks its contract, so the gateway took no figure from it.",
    action: "Report it to the operator with the message.",
  },
  OVERLOADED: {
    status: 503,
    meaning: "The gateway answers as many requests as it can, of all callers, or of this one (429).",
    action: "Retry after `retryAfter` seconds.",
  },
  OPERATION_TIMEOUT: {
    status: 504,
    meaning: "The operation took longer than the gateway allows.",
    action: "Query less at a time, or retry: what was read is cached.",
  },
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    meaning: "The document is not valid GraphQL syntax.",
    action: "Correct the document; `locations` has the place.",
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    meaning: "The document does not fit the schema.",
    action: "Correct the document; `locations` has the place.",
  },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 404,
    meaning: "No document has this id or hash.",
    action: "Send the text, where the gateway accepts any document.",
  },
  DOCUMENT_NOT_TRUSTED: {
    status: 403,
    meaning: "The gateway runs trusted documents only, and the text is not exactly one of them.",
    action: "Send the id of a trusted document.",
  },
  BAD_REQUEST: {
    status: 400,
    meaning:
      "The HTTP request is neither a GraphQL request nor one for a file. The status can be a closer one, such as 405, 406, 415 or 421.",
    action: "Correct the request; the message says what is expected.",
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    meaning: "The gateway has a fault.",
    action: "Report it to the operator with the `x-request-id` of the answer.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Details of an error for clients, beside its message. */
export interface ErrorDetails {
  readonly dataset?: string;
  /** Why the dataset is closed to the gateway, as `datasets` says it, what of billing stands in the way, or SAME_ORGANIZATION. */
  readonly reason?: string;
  /** The scope its key would need, or the caller. */
  readonly scope?: string;
  /** The scopes of which the caller needs one, where there are several; `scope` is the first. */
  readonly scopes?: readonly string[];
  /** How the caller would have to see people at the least. */
  readonly identity?: string;
  /** The oldest day that can be requested. */
  readonly oldestDay?: Day;
  /** The newest day that can be requested. */
  readonly newestDay?: Day;
  /** Since when figures are recorded, and what they are split by. */
  readonly recordedFrom?: string;
  readonly grain?: readonly string[];
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
  /** Names of the organizations that could be meant. */
  readonly organizations?: readonly string[];
  /** Seconds until asking again can work. */
  readonly retryAfter?: number;
}

/** A failure with a sentence written for clients: it never holds a key, a URL, or text of the upstream. */
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
    `${what} requires the scope ${scopes.join(" or ") || scope}, which you do not have; leave it out, or ask the operator of the gateway for it.`,
    { scope, ...(scopes.length > 1 && { scopes }) },
  );
}

/** A team lead holds scopes within their teams only. */
export function outsideOfTeams(what: string, scope: string): GatewayError {
  return new GatewayError(
    "FORBIDDEN",
    `${what} reaches beyond your teams, and you hold ${scope} within them only. Query \`teams\`, or \`user\` for a current member, on days in these.`,
    { scope },
  );
}

/** A viewer who sees people only in groups queries one of them. */
export function unseen(what: string): GatewayError {
  return new GatewayError(
    "FORBIDDEN",
    `${what} is about individual people, and you see people only in groups. Query teams, totals, or items such as skills, or ask the operator of the gateway for pseudonyms.`,
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
  readonly store?: "memory" | "sqlite" | "redis";
  /** A part of a store that cannot be fetched again. */
  readonly part?: "archive" | "alerts";
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
