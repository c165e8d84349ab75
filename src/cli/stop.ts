import type { Server } from "node:http";

/** Longest time that answers under way are waited for. */
const GRACE_MS = 10_000;

/** On SIGTERM, SIGINT or SIGHUP: stop accepting, let what is under way finish, then let go of the rest. */
export function stopOnSignal(server: Server, dispose: () => Promise<void>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    server.close(async () => {
      await dispose();
      process.exit(0);
    });
    server.closeIdleConnections();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
}
