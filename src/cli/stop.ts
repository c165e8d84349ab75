import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { exitOnceRead } from "./standard-streams.ts";

/** How often connections that have become idle are looked for. */
const LOOK_MS = 100;

/** Time that an answer takes beyond its operation. */
export const SLACK_MS = 2_000;

export const STOPPING = "received a signal to stop; finishing the requests in progress";

interface Stoppable {
  /** Makes `/readyz` state that no more requests should be sent. */
  startDraining(): void;
  dispose(): Promise<void>;
}

interface StopTimes {
  /** How long requests are still taken. */
  readonly drainDelayMs: number;
  /** How long those under way may take after that. */
  readonly graceMs: number;
}

/**
 * On SIGTERM, SIGINT or SIGHUP: say so on /readyz, stop accepting, let what is under way finish, then let go of the rest.
 * Connections are closed with their last answer: one that a client keeps open would hold the process.
 */
export function stopOnSignal(server: Server, app: Stoppable, { drainDelayMs, graceMs }: StopTimes): void {
  /** The latest response on each connection. */
  const latest = new Map<Socket, ServerResponse>();
  let stopping = false;
  server.on("connection", (socket: Socket) => socket.once("close", () => latest.delete(socket)));
  server.prependListener("request", ({ socket }, response) => {
    latest.set(socket, response);
    if (stopping) response.setHeader("connection", "close");
  });
  const close = () => {
    setTimeout(() => exitOnceRead(1), graceMs).unref();
    setInterval(() => server.closeIdleConnections(), LOOK_MS).unref();
    server.close(async () => {
      await app.dispose();
      await exitOnceRead(0);
    });
    server.closeIdleConnections();
  };
  const stop = () => {
    if (stopping) return;
    stopping = true;
    app.startDraining();
    for (const response of latest.values())
      if (!response.headersSent) response.setHeader("connection", "close");
    if (drainDelayMs === 0) close();
    else setTimeout(close, drainDelayMs);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
}
