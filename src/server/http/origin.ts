import { isIP } from "node:net";
import { LRUCache } from "lru-cache";
import type { AllowedHosts } from "../../settings/server.ts";
import type { Exchange, RequestHead, ResponseHeaders } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import { REQUEST_ID, USAGE } from "./request-record.ts";

/** Request headers that pages of listed origins may send. Cookies are not among them: a token is the page's to send. */
const HEADERS: readonly string[] = [
  ...["authorization", "content-type", "explain", REQUEST_ID],
  // Conditional requests, and what libraries for requests add.
  ...["cache-control", "if-none-match", "if-modified-since", "pragma", "x-requested-with"],
  // GraphQL clients: who asks, and what makes a browser ask by preflight.
  ...["apollographql-client-name", "apollographql-client-version", "apollo-require-preflight"],
  ...["x-apollo-operation-id", "x-apollo-operation-name", "x-apollo-operation-type"],
  ...["graphql-client-name", "graphql-client-version", "graphql-require-preflight", "x-graphql-yoga-csrf"],
  // The Model Context Protocol.
  ...["mcp-protocol-version", "mcp-method", "mcp-name"],
  // W3C Trace Context and Baggage (OpenTelemetry and most others), and the formats before them: B3 and Jaeger.
  ...["traceparent", "tracestate", "baggage", "b3", "uber-trace-id"],
  ...["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"],
  // Sentry, Datadog, New Relic, Elastic, Application Insights, X-Ray.
  ...[
    "sentry-trace",
    "newrelic",
    "elastic-apm-traceparent",
    "request-id",
    "request-context",
    "x-amzn-trace-id",
  ],
  ...["x-datadog-origin", "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-tags"],
  ...["x-datadog-trace-id"],
];

/** Response headers that those pages may read. */
const EXPOSED = [
  ...["age", "cache-status", "etag", "freshness", "link", "list-extent"],
  ...[USAGE, REQUEST_ID, "retry-after", "www-authenticate"],
];

/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Settings for pages of other origins. */
export interface CrossOrigin {
  /** Origins with pages that may read answers. */
  readonly allowedOrigins: readonly string[];
  /** Request headers they may send beyond the usual ones; `*` is any. */
  readonly allowedHeaders: readonly string[];
  /** Called with the origin of a page that may not read its answer, once for each of the first few. */
  readonly onForeignOrigin: (origin: string) => void;
}

/** Lets pages of the listed origins read a response. Pages of any other get no header, not even `null`, the origin of sandboxed pages. */
export function shareAcrossOrigins(
  options: CrossOrigin,
): (exchange: Exchange, headers: ResponseHeaders) => void {
  const allowedOrigin = originOf(options);
  const shared = Object.entries({
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": [...new Set([...HEADERS, ...options.allowedHeaders])].sort().join(", "),
    "access-control-expose-headers": EXPOSED.join(", "),
    "access-control-max-age": String(PREFLIGHT_SECONDS),
  });
  return ({ head }, headers) => {
    const origin = allowedOrigin(head);
    if (origin !== null) {
      headers.set("access-control-allow-origin", origin);
      for (const [name, value] of shared) headers.set(name, value);
    }
    if (options.allowedOrigins.length > 0)
      headers.set("vary", [headers.get("vary"), "origin"].filter(Boolean).join(", "));
  };
}

/** Returns the origin of a page that may read its answer; null for any other. */
function originOf({ allowedOrigins, onForeignOrigin }: CrossOrigin): (head: RequestHead) => string | null {
  const notice = onceEach(onForeignOrigin);
  return ({ headers }) => {
    const origin = headers.get("origin");
    if (origin === null) return null;
    if (!allowedOrigins.includes(origin)) {
      // Behind a proxy the host is another name than the page's own origin; the browser knows that they are one.
      const isOwn = headers.get("sec-fetch-site") === "same-origin";
      if (!isOwn && isForeign((name) => headers.get(name)) && isOrigin(origin)) notice(origin);
      return null;
    }
    return origin;
  };
}

/** Callers can make up origins, so only so many are remembered. */
const MAX_NOTICED = 20;

function onceEach(notice: (origin: string) => void): (origin: string) => void {
  const noticed = new Set<string>();
  return (origin) => {
    if (noticed.has(origin) || noticed.size >= MAX_NOTICED) return;
    noticed.add(origin);
    notice(origin);
  };
}

/** `null` is the origin of a page from a file or in a sandbox. */
function isOrigin(text: string): boolean {
  return text === "null" || (text.length <= 255 && /^https?:/.test(text) && URL.parse(text)?.origin === text);
}

/**
 * Tells whether a request is for this gateway. Otherwise a name that is made to resolve to its address has the same origin, and
 * a page under that name could read answers for callers without credentials (DNS rebinding); an address cannot be made to
 * resolve.
 */
function isForUs({ name, isAddress }: Host, allowed: AllowedHosts): boolean {
  return allowed === "*" || isAddress || allowed.includes(name);
}

/**
 * Returns the host that a request is for. Rejects targets that are whole URLs, which are for proxies; hosts that are no name, which would
 * stand before the path or be one; and TRACE, which would send back what it was sent, a token included.
 */
export function requestedHost({ method, headers }: RequestHead, target: string): Host {
  const host = hostIn(headers.get("host"));
  if (!target.startsWith("/"))
    throw new HttpError(
      "BAD_REQUEST",
      "The target must be a path such as /graphql; the gateway is not a proxy.",
    );
  if (method === "TRACE")
    throw new HttpError("BAD_REQUEST", "Use GET or POST.", {
      status: 405,
      headers: { allow: "GET, HEAD, POST, OPTIONS" },
    });
  return host;
}

/** Rejects requests for a host that is not the gateway's. */
export function refuseOtherHosts(host: Host, allowed: AllowedHosts): void {
  if (isForUs(host, allowed)) return;
  throw new HttpError(
    "BAD_REQUEST",
    "The gateway does not serve this host name; use its address, or ask its operator to add the name to ALLOWED_HOSTS.",
    { status: 421 },
  );
}

/** The host of a request, without its port. */
interface Host {
  /** A name or an address; empty where the client sends none. */
  readonly name: string;
  readonly isAddress: boolean;
}

/** Clients send few different hosts, each with every request. */
const hosts = new LRUCache<string, Host>({ max: 100 });

/** The host in a `host` header. Rejects a text that is none, such as one with a path in it. */
export function hostIn(header: string | null | undefined): Host {
  if (!header) return NO_HOST;
  const known = hosts.get(header);
  if (known !== undefined) return known;
  const host = parseHost(header);
  if (host === null)
    throw new HttpError(
      "BAD_REQUEST",
      "The header `host` must be a host name or address, with an optional port.",
    );
  if (header.length <= MAX_HOST) hosts.set(header, host);
  return host;
}

const NO_HOST: Host = { name: "", isAddress: false };

function parseHost(header: string): Host | null {
  const name = /^[\w.:[\]-]+$/.test(header) ? (URL.parse(`http://${header}`)?.hostname ?? null) : null;
  return name === null ? null : { name, isAddress: isIP(name.replace(/^\[|\]$/g, "")) !== 0 };
}

/** The longest name of the DNS, with a port. */
const MAX_HOST = 260;

/** Tells whether a page of another origin makes the browser send a request. A link that its reader follows is not such a request. */
export function isForeign(header: (name: string) => string | null): boolean {
  const origin = header("origin");
  // All that is said of where a web socket is opened from, and by browsers of old: they say it of no GET to their own origin.
  const isSaid = origin !== null && URL.parse(origin)?.host !== header("host");
  const isElsewhere = isSaid || ["cross-site", "same-site"].includes(header("sec-fetch-site") ?? "");
  const isFollowed = header("sec-fetch-dest") === "document" && header("sec-fetch-user") === "?1";
  return isElsewhere && !isFollowed;
}

/** A page that may not read an answer can still make a browser ask by GET, and so spend upstream requests. POST asks first. */
export function refuseForeign({ method, headers }: RequestHead, allowed: readonly string[]): void {
  if (method !== "GET" || allowed.includes(headers.get("origin") ?? "")) return;
  if (!isForeign((name) => headers.get(name))) return;
  throw new HttpError(
    "BAD_REQUEST",
    "Pages of other origins cannot use GET, unless ALLOWED_ORIGINS lists their origin.",
    { status: 403 },
  );
}

/**
 * Headers of every answer and file: browsers use the stated content type, other origins cannot embed it, and caches do not keep
 * it.
 */
export const PROTECTIVE = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;
