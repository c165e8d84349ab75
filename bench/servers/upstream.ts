import { parseArgs } from "node:util";
import { clockFrom } from "../../src/clock.ts";
import { parseInstant } from "../../src/domain/day.ts";
import type { Handle } from "../../src/sandbox/protocol.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { serveSandbox } from "../../src/sandbox/server.ts";

/**
 * Upstream: the project's sandbox, which also lists the requests that it has answered.
 *
 *   node bench/servers/upstream.ts --users 1000 --latency-ms 50 --now 2026-12-31T12:00:00Z
 */

/** Answers with the requests since the last time, and forgets them. */
export const REQUESTS_PATH = "/bench/requests";

/** One request that upstream answered. */
export interface UpstreamRequest {
  /** Path and query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

function recording(handle: Handle): Handle {
  let requests: UpstreamRequest[] = [];
  return async (request, signal) => {
    if (request.path === REQUESTS_PATH) {
      const body = JSON.stringify(requests);
      requests = [];
      return { status: 200, headers: { "content-type": "application/json" }, body };
    }
    requests.push({ path: request.path, headers: request.headers });
    return handle(request, signal);
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      users: { type: "string", default: "1000" },
      "latency-ms": { type: "string", default: "0" },
      now: { type: "string", default: "" },
    },
  });
  const { handle } = createSandbox({
    users: Number(values.users),
    seed: 1,
    now: clockFrom(parseInstant(values.now)),
    rateLimit: "off",
    latencyMs: Number(values["latency-ms"]),
  });
  const { url } = await serveSandbox({ handle: recording(handle) }, { port: 0 });
  process.stdout.write(`Try: ${url}\n`);
}
