import type { Instant } from "../domain/day.ts";

export interface WireRequest {
  readonly method: string;
  /** Path and query string. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Rejects only when `signal` is aborted. */
export type Handle = (request: WireRequest, signal?: AbortSignal) => Promise<WireResponse>;

export interface Protocol {
  /** The one clock: data, exports, cursors and rate limits go by it. */
  readonly now: () => Instant;
  /** Rate limits refill by `now`; on a clock that stands still they never do. */
  readonly rateLimit: "on" | "off";
  /** True if a 429 says how long to wait (default); upstream promises it nowhere. */
  readonly retryAfter?: boolean;
  /** Real milliseconds before an answer; none by default. */
  readonly latencyMs?: number;
  /** Receives an endpoint that failed; the client only sees a 500. */
  readonly failed?: (error: unknown) => void;
}
