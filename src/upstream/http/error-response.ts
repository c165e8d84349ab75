import type { Dispatcher } from "undici";
import type { Instant } from "../../domain/day.ts";
import { HttpFailure } from "./http-failure.ts";

/** Reads a response that is not a 200: its status, how long to wait, and what the error envelope says. */
export function failedResponse(
  response: Pick<Dispatcher.ResponseData, "statusCode" | "headers">,
  text: string,
  place: Pick<HttpFailure, "host" | "proxy">,
  now: Instant,
): HttpFailure {
  const header = (name: string) => single(response.headers[name]);
  return new HttpFailure("status", {
    status: response.statusCode,
    ...place,
    requestId: idOf(header("request-id")),
    retryAfter: secondsToWait(header("retry-after"), header("date"), now),
    isHopeless: header("x-should-retry") === "false",
    ...refusalOf(text),
  });
}

/**
 * `Retry-After` in either of its forms (RFC 9110, 10.2.3), in seconds. A date is one of the clock that the answer is dated by,
 * which need not be this one.
 */
function secondsToWait(
  header: string | undefined,
  date: string | undefined,
  now: Instant,
): number | undefined {
  if (header === undefined) return undefined;
  const sentAt = Date.parse(date ?? "") || now;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - sentAt) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER);
}

/** A year; a longer wait is a fault. */
const MAX_RETRY_AFTER = 31_536_000;

/** Clients see the id, so it must look like one. */
function idOf(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w-]{1,64}$/.test(header) ? header : undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

interface ErrorEnvelope {
  readonly error?: {
    readonly message?: unknown;
    readonly details?: { readonly error_code?: unknown } | null;
  };
}

/** Reads the error envelope, as far as there is one. */
function refusalOf(text: string): Partial<Pick<HttpFailure, "upstreamMessage" | "errorCode">> {
  try {
    const error = (JSON.parse(text) as ErrorEnvelope | null)?.error;
    const code = error?.details?.error_code;
    return {
      ...(typeof error?.message === "string" ? { upstreamMessage: error.message } : {}),
      ...(typeof code === "string" ? { errorCode: code } : {}),
    };
  } catch {
    return {};
  }
}
