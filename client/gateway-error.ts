import type { ErrorCode } from "./generated.ts";

/** An error of an answer. */
export interface AnswerError {
  readonly message: string;
  /** Place of the field that failed, or of the first one if `extensions.count` fields failed for one cause. */
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: ErrorCode;
    /** Seconds after which a retry can succeed. */
    readonly retryAfter?: number;
    readonly count?: number;
    readonly paths?: readonly (readonly (string | number)[])[];
    readonly [detail: string]: unknown;
  };
}

/** `NO_ANSWER`: the request or its response was lost. `NO_GATEWAY`: something other than a gateway answered, such as a proxy. */
export type GatewayErrorCode = ErrorCode | "NO_ANSWER" | "NO_GATEWAY";

export interface GatewayErrorDetails {
  readonly errors?: readonly AnswerError[];
  readonly data?: unknown;
  readonly status?: number | null;
  readonly requestId?: string | null;
  readonly cause?: unknown;
}

/** A request without a complete answer. */
export class GatewayError extends Error {
  /** Code of the first error; codes are stable, messages are not. */
  readonly code: GatewayErrorCode;
  /** Everything that failed. Empty for `NO_ANSWER` and `NO_GATEWAY`. */
  readonly errors: readonly AnswerError[];
  /** The part of the answer that did not fail, if any. Its type is that of the document's data, with more nulls. */
  readonly data: unknown;
  /** HTTP status; null without a response. */
  readonly status: number | null;
  /** Seconds after which a retry can succeed; null where no error says so. */
  readonly retryAfter: number | null;
  /** Id of the request in the logs of the gateway. */
  readonly requestId: string | null;

  constructor(code: GatewayErrorCode, message: string, details: GatewayErrorDetails = {}) {
    const { errors = [], data = null, status = null, requestId = null, cause } = details;
    super(message, { cause });
    this.name = "GatewayError";
    this.code = code;
    this.errors = errors;
    this.data = data;
    this.status = status;
    this.requestId = requestId;
    const waits = errors.flatMap(({ extensions: { retryAfter } }) => retryAfter ?? []);
    this.retryAfter = waits.length > 0 ? Math.max(...waits) : null;
  }
}
