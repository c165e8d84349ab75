import { Response } from "@whatwg-node/fetch"; // computes `content-length` and is sent without a stream
import { ERROR_CODES, type ErrorCode, type ErrorDetails, GatewayError } from "../../errors.ts";

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
    { status = ERROR_CODES[code].status, headers = {}, details = {}, reason = null }: HttpErrorOptions = {},
  ) {
    super(code, message, details);
    const { retryAfter } = details;
    this.name = "HttpError";
    this.status = status;
    this.headers = {
      ...headers,
      ...(status === 406 && { vary: "accept" }), // another client of the same URL has an answer
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    };
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

/** Returns the `extensions.http` by which a refused request gets its status; null where the error refuses a part only. */
export function httpExtension(error: GatewayError): object | null {
  if (!(error instanceof HttpError || OF_REQUEST.includes(error.code))) return null;
  const { code, status, headers } = error instanceof HttpError ? error : HttpError.of(error);
  return { status, headers, spec: OF_OPERATION.includes(code) && status === ERROR_CODES[code].status };
}
