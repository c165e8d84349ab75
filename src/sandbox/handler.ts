import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Instant } from "../domain/day.ts";
import { Allowances } from "./allowance.ts";
import { admit, type Credential, credentialOf } from "./credential.ts";
import { type Endpoint, Refusal, type Request } from "./endpoint.ts";
import { PAGING_PARAMETERS } from "./page.ts";
import { pagedAnswer } from "./paged-answer.ts";
import { CheckedQuery } from "./query.ts";
import { type Route, routeOf } from "./route.ts";

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
  /** The one clock: data, exports, cursors and allowances go by it. */
  readonly now: () => Instant;
  /** Allowances refill by `now`; on a clock that stands still they never do. */
  readonly rateLimit: "on" | "off";
  /** True if a 429 says how long to wait (default); upstream promises it nowhere. */
  readonly retryAfter?: boolean;
  /** Real milliseconds before an answer; none by default. */
  readonly latencyMs?: number;
  /** Told of an endpoint that failed; the client only sees a 500. */
  readonly failed?: (error: unknown) => void;
}

/** Answers requests to `endpoints`; cursors are bound to `organization` among other things. */
export function createHandler(
  endpoints: readonly Endpoint[],
  organization: string,
  protocol: Protocol,
): Handle {
  const { now, retryAfter = true, latencyMs = 0 } = protocol;
  const allowances = new Allowances();
  let requests = 0;

  return async (request, signal) => {
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal });
    requests += 1;
    const id = `req_${String(requests).padStart(24, "0")}`;
    const headers: Record<string, string> = { "request-id": id, "content-type": "application/json" };
    try {
      return response(200, headers, bodyOf(request, headers));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : null;
      if (refusal === null) protocol.failed?.(error);
      return response(refusal?.status ?? 500, headers, JSON.stringify(envelopeOf(refusal, id)));
    }
  };

  function bodyOf({ method, path: target, headers }: WireRequest, sent: Record<string, string>): string {
    const [path = "", search = ""] = target.split(/\?(.*)/s, 2);
    const route = path === CONTRACT_PATH ? null : routeOf(endpoints, path);
    if (path !== CONTRACT_PATH && route === null) throw new Refusal(404, `No such path: ${path}`);
    if (method !== "GET") {
      sent.allow = "GET";
      throw new Refusal(405, `Only GET is served here, not ${method}`);
    }
    if (route === null) {
      sent["content-type"] = "application/yaml";
      return contract();
    }
    const credential = credentialOf(headers);
    if (protocol.rateLimit === "on") spend(route.endpoint, credential, sent);
    admit(route.endpoint, credential);
    return JSON.stringify(answerOf(route, search, headers, credential));
  }

  function spend({ allowance }: Endpoint, credential: Credential, sent: Record<string, string>): void {
    const grant = allowances.take(credential.organization, allowance, now());
    sent["anthropic-ratelimit-requests-limit"] = String(grant.limit);
    sent["anthropic-ratelimit-requests-remaining"] = String(grant.remaining);
    sent["anthropic-ratelimit-requests-reset"] = new Date(grant.fullAt).toISOString();
    if (grant.granted) return;
    if (retryAfter) sent["retry-after"] = String(Math.ceil(grant.waitMs / 1000));
    throw new Refusal(429, `Too many requests for this organization: ${grant.limit} a minute are allowed`);
  }

  function answerOf(
    { endpoint, path }: Route,
    search: string,
    headers: WireRequest["headers"],
    credential: Credential,
  ): object {
    const version = versionOf(endpoint, headers);
    const betas = betasOf(endpoint, headers);
    const known = { ...PAGING_PARAMETERS[endpoint.paging.style], ...endpoint.parameters };
    const query = new CheckedQuery(search, known);
    const key = credential.kind;
    return pagedAnswer(endpoint, { query, path, now: now(), version, betas, key, organization, credential });
  }
}

const CONTRACT_PATH = "/openapi.yaml";

function contract(): string {
  return readFileSync(new URL("./openapi.yaml", import.meta.url), "utf8");
}

function versionOf({ version }: Endpoint, headers: WireRequest["headers"]): Request["version"] {
  const sent = headers["anthropic-version"];
  if (sent === "2023-06-01" || sent === "2026-10-21") return sent;
  if (sent === undefined && version === "optional") return "2023-06-01";
  throw new Refusal(
    400,
    `anthropic-version: ${sent ?? "required"}; live versions are 2023-06-01 and 2026-10-21`,
  );
}

function betasOf({ beta }: Endpoint, headers: WireRequest["headers"]): ReadonlySet<string> {
  const betas = new Set((headers["anthropic-beta"] ?? "").split(",").map((value) => value.trim()));
  if (beta !== undefined && !betas.has(beta))
    throw new Refusal(400, `anthropic-beta: ${beta} is needed here`);
  return betas;
}

/** A failure that is no refusal is ours: it shows as `api_error` and tells nothing. */
function envelopeOf(refusal: Refusal | null, id: string): object {
  const { type = "api_error", message = "Unexpected failure", code } = refusal ?? {};
  const details = code === undefined ? {} : { details: { error_code: code } };
  return { type: "error", error: { type, message, ...details }, request_id: id };
}

function response(status: number, headers: Record<string, string>, body: string): WireResponse {
  return { status, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) }, body };
}
