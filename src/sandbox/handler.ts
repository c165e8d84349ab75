import { setTimeout as wait } from "node:timers/promises";
import { bodyOf } from "./body.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";
import type { Handle, Protocol, WireResponse } from "./protocol.ts";
import { TokenBuckets } from "./token-buckets.ts";

/** Answers requests to `endpoints`; cursors are bound to `organization` among other things. */
export function createHandler(
  endpoints: readonly Endpoint[],
  organization: string,
  protocol: Protocol,
): Handle {
  const served = { endpoints, organization, protocol, buckets: new TokenBuckets() };
  const { latencyMs = 0 } = protocol;
  let requests = 0;
  return async (request, signal) => {
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
    requests += 1;
    const id = `req_${String(requests).padStart(24, "0")}`;
    const headers: Record<string, string> = { "request-id": id, "content-type": "application/json" };
    try {
      return response(200, headers, bodyOf(served, request, headers));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : null;
      if (refusal === null) protocol.failed?.(error);
      return response(refusal?.status ?? 500, headers, JSON.stringify(envelopeOf(refusal, id)));
    }
  };
}

/** A failure without an API error is a fault of the sandbox: it shows as `api_error` and reveals nothing. */
function envelopeOf(refusal: Refusal | null, id: string): object {
  const { type = "api_error", message = "Unexpected failure", code } = refusal ?? {};
  const details = code === undefined ? {} : { details: { error_code: code } };
  return { type: "error", error: { type, message, ...details }, request_id: id };
}

function response(status: number, headers: Record<string, string>, body: string): WireResponse {
  return { status, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) }, body };
}
