import { isIP } from "node:net";
import { GraphQLError } from "graphql";
import type { CORSOptions, Plugin } from "graphql-yoga";
import type { AllowedHosts } from "../config.ts";
import type { ErrorCode } from "../errors.ts";
import { REQUEST_ID } from "./exchange.ts";

/** What pages of other origins may send; a token is theirs to send, and cookies are never asked for. */
const HEADERS = ["authorization", "content-type", "explain", REQUEST_ID];

/** What they may read of an answer beside its body. */
const EXPOSED = [REQUEST_ID, "retry-after"];

/** How long a browser may remember a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Pages of the listed origins may read answers; to every other one nothing is said, not even `null`, which sandboxed pages are. */
export function corsOf(allowed: readonly string[]): (request: Request) => CORSOptions {
  return ({ headers }) => {
    const origin = headers.get("origin");
    if (origin === null || !allowed.includes(origin)) return false;
    return {
      origin: [origin],
      credentials: false,
      methods: ["GET", "POST"],
      allowedHeaders: HEADERS,
      exposedHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
    };
  };
}

/**
 * Whether a request is for this gateway. A name that is made to lead to its address is else of one origin with it, and the page of
 * that name could read what the gateway answers to nobody in particular (DNS rebinding); an address is made to lead nowhere.
 */
export function isForUs(host: string | undefined, allowed: AllowedHosts): boolean {
  if (allowed === "*") return true;
  const name = nameIn(host ?? "") ?? "";
  return isIP(name.replace(/^\[|\]$/g, "")) !== 0 || allowed.includes(name);
}

/** The name or address in a `host` header, without its port; null where it is none, such as one with a path in it. */
export function nameIn(host: string): string | null {
  return /^[\w.:[\]-]+$/.test(host) ? (URL.parse(`http://${host}`)?.hostname ?? null) : null;
}

/** Whether a page of another origin makes a browser ask, whose reader did not; a link that is followed is asked for. */
export function isForeign(header: (name: string) => string | null): boolean {
  const origin = header("origin");
  // All that is said of where a web socket is opened from, and by browsers of old: they say it of no GET to their own origin.
  const isSaid = origin !== null && URL.parse(origin)?.host !== header("host");
  const isElsewhere = isSaid || ["cross-site", "same-site"].includes(header("sec-fetch-site") ?? "");
  const isFollowed = header("sec-fetch-dest") === "document" && header("sec-fetch-user") === "?1";
  return isElsewhere && !isFollowed;
}

/** A page that may not read an answer can still make a browser ask by GET, and so spend upstream requests. POST asks first. */
export function refuseForeign(allowed: readonly string[]): Plugin {
  return {
    onRequestParse({ request: { method, headers } }) {
      if (method !== "GET" || allowed.includes(headers.get("origin") ?? "")) return;
      if (!isForeign((name) => headers.get(name))) return;
      throw new GraphQLError("Pages of other origins cannot ask by GET.", {
        extensions: { code: "BAD_REQUEST" satisfies ErrorCode, http: { status: 403 } },
      });
    },
  };
}

/** Headers of every answer and file: it is read as what it says it is, and is no other origin's to embed or anybody's to keep. */
export const PROTECTIVE = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

export function protective(allowed: readonly string[]): Plugin {
  return {
    onResponse({ response: { headers } }) {
      for (const [name, value] of Object.entries(PROTECTIVE)) headers.set(name, value);
      if (allowed.length > 0) headers.append("vary", "origin");
    },
  };
}
