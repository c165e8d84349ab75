import { Response } from "@whatwg-node/fetch"; // computes `content-length` and is sent without a stream
import { type ErrorCode, type ErrorDetails, GatewayError } from "../../errors.ts";

/** HTTP status of a request that is refused with a code. A refusal about HTTP itself states a closer one of the same class. */
const STATUS = {
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  CURSOR_INVALID: 400,
  CURSOR_EXPIRED: 400,
  NOT_COVERED: 400,
  NOT_YET_AVAILABLE: 400,
  LIMIT_EXCEEDED: 400,
  TOO_EXPENSIVE: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  DOCUMENT_NOT_TRUSTED: 403,
  NOT_FOUND: 404,
  PERSISTED_QUERY_NOT_FOUND: 404,
  CALLER_RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  UPSTREAM_AUTH: 502,
  UPSTREAM_REFUSED: 502,
  UPSTREAM_SHAPE: 502,
  AUTHENTICATION_UNAVAILABLE: 503,
  DIRECTORY_NOT_READY: 503,
  NOT_CONFIGURED: 503,
  NOT_ENTITLED: 503,
  OVERLOADED: 503,
  UPSTREAM_BILLING: 503,
  UPSTREAM_BUDGET_EXHAUSTED: 503,
  UPSTREAM_RATE_LIMITED: 503,
  UPSTREAM_UNAVAILABLE: 503,
  OPERATION_TIMEOUT: 504,
} as const satisfies Record<ErrorCode, number>;

/** Codes about the operation: clients that accept application/json alone get them with 200 (GraphQL over HTTP, 6.4.1). */
const OF_OPERATION: readonly ErrorCode[] = ["LIMIT_EXCEEDED", "TOO_EXPENSIVE", "PERSISTED_QUERY_NOT_FOUND"];

/** Codes that refuse the whole request wherever they are thrown. */
const OF_REQUEST: readonly ErrorCode[] = [...OF_OPERATION, "CALLER_RATE_LIMITED"];

interface HttpErrorOptions {
  /** Where the code alone does not say it. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly details?: ErrorDetails;
  /** For the audit log only. */
  readonly reason?: string | null;
}

/** A refusal of a whole request. `retryAfter` in the details becomes the header `retry-after`. */
export class HttpError extends GatewayError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    { status = STATUS[code], headers = {}, details = {}, reason = null }: HttpErrorOptions = {},
  ) {
    super(code, message, details);
    const { retryAfter } = details;
    this.name = "HttpError";
    this.status = status;
    this.headers = retryAfter === undefined ? headers : { ...headers, "retry-after": String(retryAfter) };
    this.reason = reason;
  }

  /** The refusal of a request because of an error in it. */
  static of({ code, message, details }: GatewayError, status?: number): HttpError {
    return new HttpError(code, message, { details, ...(status !== undefined && { status }) });
  }

  get body(): string {
    const extensions = { code: this.code, ...this.details };
    return JSON.stringify({ errors: [{ message: this.message, extensions }] });
  }

  get response(): Response {
    return new Response(this.body, { status: this.status, headers: { ...JSON_TYPE, ...this.headers } });
  }
}

export const JSON_TYPE = { "content-type": "application/json; charset=utf-8" } as const;

/** What Yoga reads as `extensions.http`: the status of an answer that this error refuses; null: the answer has the others' data. */
export function httpExtension(error: GatewayError): object | null {
  if (!(error instanceof HttpError || OF_REQUEST.includes(error.code))) return null;
  const { code, status, headers } = error instanceof HttpError ? error : HttpError.of(error);
  return { status, headers, spec: OF_OPERATION.includes(code) && status === STATUS[code] };
}
