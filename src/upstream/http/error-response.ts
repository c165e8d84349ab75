import type { Dispatcher } from "undici";
import type { Instant } from "../../domain/day.ts";
import { HttpFailure } from "./http-failure.ts";
import { retryAfterOf, single } from "./retry-after.ts";

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
    retryAfter: retryAfterOf(response.headers, now),
    isHopeless: header("x-should-retry") === "false",
    ...refusalOf(text),
  });
}

/** Clients see the id, so it must look like one. */
function idOf(header: string | undefined): string | undefined {
  return header !== undefined && /^[\w-]{1,64}$/.test(header) ? header : undefined;
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
