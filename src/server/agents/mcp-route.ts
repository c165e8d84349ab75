import type { Viewer } from "../../domain/viewer.ts";
import { isLoopback } from "../../proxies.ts";
import type { RequestLimits } from "../../settings/limits.ts";
import { badRequest, bodyOf, checkContent } from "../graphql/request-params.ts";
import { type Exchange, Reply, type RequestHead } from "../http/exchange.ts";
import { HttpError, JSON_TYPE } from "../http/http-error.ts";
import { MalformedBody, readBody } from "../http/json-body.ts";
import { isForeign } from "../http/origin.ts";
import type { Route } from "../http/routes.ts";
import type { Agent, McpOptions } from "./mcp-server.ts";

const PATH = "/mcp";

/** Where clients look for the metadata of a protected resource (RFC 9728, 3.1). */
const METADATA = "/.well-known/oauth-protected-resource";

export interface McpRouteOptions {
  readonly mcp: McpOptions;
  readonly limits: RequestLimits;
  /** Origins with pages that may send requests. */
  readonly allowedOrigins: readonly string[];
  readonly authenticate: (headers: RequestHead["headers"]) => Viewer | Promise<Viewer>;
  /** URLs of the authorization servers that issue tokens for agents; empty: callers have theirs from the operator. */
  readonly issuers: readonly string[];
  /** Origin of the gateway as its clients see it; null: that of the request. */
  readonly publicUrl: URL | null;
}

/** Streamable HTTP of the Model Context Protocol, without sessions, and what OAuth clients read before it. */
export function mcpRoutes({
  mcp,
  limits,
  allowedOrigins,
  authenticate,
  issuers,
  publicUrl,
}: McpRouteOptions): readonly Route[] {
  const originOf = (head: RequestHead) => publicUrl?.origin ?? originIn(head);

  async function challenging(head: RequestHead): Promise<Viewer> {
    try {
      return await authenticate(head.headers);
    } catch (fault) {
      if (!(fault instanceof HttpError && fault.code === "UNAUTHENTICATED")) throw fault;
      const { message, headers, details, reason } = fault;
      const stated = headers["www-authenticate"] ?? "Bearer";
      const place = `resource_metadata="${originOf(head)}${METADATA}${PATH}"`;
      const challenge = `${stated}${stated.includes("=") ? "," : ""} ${place}`;
      throw new HttpError("UNAUTHENTICATED", message, {
        headers: { ...headers, "www-authenticate": challenge },
        details,
        reason,
      });
    }
  }

  async function respond(exchange: Exchange): Promise<Reply> {
    const { head, record } = exchange;
    refuseForeignPages(head, allowedOrigins);
    if (head.method !== "POST")
      throw new HttpError("BAD_REQUEST", "Send messages of the Model Context Protocol with POST.", {
        status: 405,
        headers: { allow: "POST" },
      });
    checkContent(head, limits);
    const message = messageIn(await bodyOf(exchange, limits));
    const signal = exchange.leaving();
    const agent: Agent = {
      viewer: record.viewer,
      call: (cancelled, work) => work({ record, signal: AbortSignal.any([signal, cancelled]) }),
    };
    // The SDK takes memory and time to load, which a gateway without agents does without.
    const { answerMessage } = await import("./mcp-server.ts");
    const headers = READ.flatMap((name): [string, string][] => {
      const value = head.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const request = new globalThis.Request(head.url, { method: "POST", headers, signal });
    const { status, headers: fields, body } = await answerMessage(mcp, agent, request, message);
    const bytes = new Uint8Array(await new globalThis.Response(body).arrayBuffer());
    const type = fields.get("content-type");
    return new Reply(
      status,
      [...(type === null ? [] : ["content-type", type]), "content-length", String(bytes.length)],
      bytes,
    );
  }

  const route: Route = {
    path: PATH,
    description: "tools for agents (Model Context Protocol, streamable HTTP): the trusted documents",
    kind: null,
    access: "authenticated",
    respond,
    ...(issuers.length > 0 ? { authenticate: challenging } : {}),
  };
  if (issuers.length === 0) return [route];
  return [route, metadataRoute((head) => `${originOf(head)}${PATH}`, issuers)];
}

/** Headers of the transport. */
const READ = ["accept", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"];

function metadataRoute(resource: (head: RequestHead) => string, issuers: readonly string[]): Route {
  return {
    path: `${METADATA}${PATH}`,
    aliases: [METADATA],
    description: null,
    kind: null,
    access: "open",
    matches: ({ method }) => method === "GET",
    respond(exchange) {
      const metadata = {
        resource: resource(exchange.head),
        resource_name: "Claude analytics gateway",
        authorization_servers: issuers,
        bearer_methods_supported: ["header"],
      };
      return new Response(JSON.stringify(metadata), { headers: JSON_TYPE });
    },
  };
}

/** A page of another origin must not call tools for its reader, whatever the gateway authenticates by. */
function refuseForeignPages({ headers }: RequestHead, allowed: readonly string[]): void {
  if (allowed.includes(headers.get("origin") ?? "") || !isForeign((name) => headers.get(name))) return;
  throw new HttpError(
    "BAD_REQUEST",
    "Pages of other origins cannot use /mcp, unless ALLOWED_ORIGINS lists their origin.",
    { status: 403 },
  );
}

function messageIn(bytes: Uint8Array): unknown {
  let message: unknown;
  try {
    message = readBody(bytes);
  } catch (fault) {
    throw fault instanceof MalformedBody ? badRequest(400, fault.message) : fault;
  }
  if (Array.isArray(message))
    throw badRequest(400, "The body is a list; send each message in a separate request.");
  return message;
}

/** Names in the DNS are reached through a proxy that ends TLS; addresses and loopback are not. */
function originIn({ url }: RequestHead): string {
  const { protocol, hostname, host } = new URL(url);
  const isPlain = isLoopback(hostname) || /^[\d.]+$|^\[/.test(hostname);
  return `${isPlain ? protocol : "https:"}//${host}`;
}
