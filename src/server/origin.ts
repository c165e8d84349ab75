import type { CORSOptions, Plugin } from "graphql-yoga";

/** What pages of other origins may send; a token is theirs to send, and cookies are never asked for. */
const HEADERS = ["authorization", "content-type", "explain"];

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
      maxAge: PREFLIGHT_SECONDS,
    };
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
