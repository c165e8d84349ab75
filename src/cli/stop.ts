import type { Server, ServerResponse } from "node:http";

/** How often connections that have become idle are looked for. */
const LOOK_MS = 100;

/**
 * On SIGTERM, SIGINT or SIGHUP: stop accepting, let what is under way finish, then let go of the rest; after `graceMs` at the
 * latest. Connections are closed with their last answer: one that a client keeps open would hold the process.
 */
export function stopOnSignal(server: Server, dispose: () => Promise<void>, graceMs: number): void {
  const underWay = new Set<ServerResponse>();
  let stopping = false;
  server.prependListener("request", (_request, response) => {
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
    if (stopping) response.setHeader("connection", "close");
  });
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), graceMs).unref();
    for (const response of underWay) if (!response.headersSent) response.setHeader("connection", "close");
    setInterval(() => server.closeIdleConnections(), LOOK_MS).unref();
    server.close(async () => {
      await dispose();
      process.exit(0);
    });
    server.closeIdleConnections();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
}
