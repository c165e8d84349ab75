import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { HEALTH, READINESS } from "./server.ts";

export interface ListenerOptions {
  readonly handle: RequestListener;
  /** The most requests answered at once. */
  readonly maxConcurrent: number;
  readonly operationTimeoutMs: number;
}

const TIMEOUTS = {
  /** A request is a few packets, a mebibyte at the most. Who takes longer over it holds a connection for nothing. */
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than proxies keep theirs, mostly a minute: what they send on a connection that is just being closed is lost. */
  keepAliveTimeout: 75_000,
};

/** Beyond an operation's own time, how long a client may take nothing of its answer; Node lets it pass once. */
const STALLED_MS = 5_000;

/** Seconds after which those that were too many can come again: most answers take less. */
const RETRY_AFTER = 1;

/** A node:http server in front of the gateway. Beyond `maxConcurrent` it refuses at once: a long queue answers nobody in time. */
export function createListener({ handle, maxConcurrent, operationTimeoutMs }: ListenerOptions): Server {
  let underWay = 0;
  const server = createServer(TIMEOUTS, (request, response) => {
    if (underWay >= maxConcurrent && request.url !== HEALTH && request.url !== READINESS)
      return refuse(response);
    underWay++;
    response.once("close", () => underWay--);
    handle(request, response);
  });
  server.timeout = operationTimeoutMs + STALLED_MS;
  return server;
}

const OVERLOADED = JSON.stringify({
  errors: [
    {
      message: `The gateway has as many requests under way as it takes; ask again in ${RETRY_AFTER} second.`,
      extensions: { code: "OVERLOADED", retryAfter: RETRY_AFTER },
    },
  ],
});

function refuse(response: ServerResponse): void {
  response.writeHead(503, {
    "content-type": "application/json; charset=utf-8",
    "retry-after": String(RETRY_AFTER),
  });
  response.end(OVERLOADED);
}
