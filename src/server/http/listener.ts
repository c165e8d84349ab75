import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { LimitsConfig } from "../../settings/limits.ts";
import type { ParserFault } from "./malformed.ts";

export interface ListenerOptions {
  readonly handle: RequestListener;
  /** Answers a request that could not be parsed. */
  readonly reject: (fault: ParserFault, socket: Socket) => void;
  readonly limits: LimitsConfig;
}

const TIMEOUTS = {
  /** A request is a few packets, 100 KiB of them by default. A client that takes longer holds a connection for nothing. */
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than proxies keep theirs, mostly a minute: what they send on a connection that is just being closed is lost. */
  keepAliveTimeout: 75_000,
};

/** Beyond an operation's own time, how long a client may take nothing of its answer; Node lets it pass once. */
const STALLED_MS = 5_000;

/** A node:http server in front of the gateway. */
export function createListener({ handle, reject, limits }: ListenerOptions): Server {
  const current = new WeakMap<Socket, ServerResponse>();
  const options = { ...TIMEOUTS, maxHeaderSize: limits.request.MAX_HEADER_BYTES };
  const server = createServer(options, (request, response) => {
    const { socket } = request;
    current.set(socket, response);
    // Before Node, which would take the rest of the request however long it is.
    response.prependListener("finish", () => cutOff(request, socket));
    handle(request, response);
  });
  server.on("clientError", (fault: ParserFault, socket: Socket) => {
    const response = current.get(socket);
    // An error in the middle of an earlier answer on the connection would be taken for a part of it.
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || isAnswering) {
      socket.destroy();
      return;
    }
    reject(fault, socket);
    discard(socket);
  });
  server.timeout = limits.operationTimeoutMs + STALLED_MS;
  return server;
}

/**
 * The bytes and the time that the gateway still reads of a body after its answer: the end of a rejected body, but not an endless
 * one.
 */
const LINGER = { bytes: 2 ** 20, ms: 1_000 } as const;

/** A connection that were cut at once would take the answer with it before the client has read it. */
function cutOff(request: IncomingMessage, socket: Socket): void {
  if (request.complete || socket.destroyed) return;
  const most = socket.bytesRead + LINGER.bytes;
  const timer = setTimeout(() => socket.destroy(), LINGER.ms);
  request.once("close", () => clearTimeout(timer));
  request.on("data", () => {
    if (socket.bytesRead > most) socket.destroy();
  });
  request.read(0);
}

/** Drains a connection without a request to read from. */
function discard(socket: Socket): void {
  const most = socket.bytesRead + LINGER.bytes;
  const timer = setTimeout(() => socket.destroy(), LINGER.ms);
  socket.once("close", () => clearTimeout(timer));
  socket.on("data", () => {
    if (socket.bytesRead > most) socket.destroy();
  });
  socket.resume();
}
