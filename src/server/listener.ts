import { createServer, type RequestListener, type Server } from "node:http";

export interface ListenerOptions {
  readonly handle: RequestListener;
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

/** A node:http server in front of the gateway. */
export function createListener({ handle, operationTimeoutMs }: ListenerOptions): Server {
  const server = createServer(TIMEOUTS, handle);
  server.timeout = operationTimeoutMs + STALLED_MS;
  return server;
}
