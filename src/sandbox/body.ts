import { readFileSync } from "node:fs";
import { admit, type Credential, credentialOf } from "./credential.ts";
import { type Endpoint, Refusal } from "./endpoint.ts";
import { PAGING_PARAMETERS } from "./page.ts";
import { pagedAnswer } from "./paged-answer.ts";
import type { Protocol, WireRequest } from "./protocol.ts";
import { CheckedQuery } from "./query.ts";
import { countRequest } from "./rate-limit.ts";
import { betasOf, versionOf } from "./required-headers.ts";
import { type Route, routeOf } from "./route.ts";
import type { TokenBuckets } from "./token-buckets.ts";

/** The state that a handler answers from. */
export interface Served {
  readonly endpoints: readonly Endpoint[];
  /** Cursors are bound to it among other things. */
  readonly organization: string;
  readonly protocol: Protocol;
  readonly buckets: TokenBuckets;
}

/** Returns the body of a response, and adds its headers to `sent`. Throws a Refusal. */
export function bodyOf(
  served: Served,
  { method, path: target, headers }: WireRequest,
  sent: Record<string, string>,
): string {
  const { endpoints, protocol, buckets } = served;
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
  if (protocol.rateLimit === "on") countRequest(buckets, route.endpoint, credential, protocol, sent);
  admit(route.endpoint, credential);
  return JSON.stringify(answerOf(served, route, search, headers, credential));
}

const CONTRACT_PATH = "/openapi.yaml";

function contract(): string {
  return readFileSync(new URL("./openapi.yaml", import.meta.url), "utf8");
}

function answerOf(
  { organization, protocol }: Served,
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
  return pagedAnswer(endpoint, {
    query,
    path,
    now: protocol.now(),
    version,
    betas,
    key,
    organization,
    credential,
  });
}
