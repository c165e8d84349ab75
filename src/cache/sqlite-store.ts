import type { Instant } from "../domain/day.ts";
import type { SharedStore } from "./shared-store.ts";
import { sqliteThread } from "./sqlite-thread.ts";
import type { SqliteCall, SqliteOptions } from "./sqlite-worker.ts";

/**
 * A store in one file, for the processes of one machine. SQLite runs on a worker instead of the thread that answers clients, so
 * a slow disk delays only those who wait for it.
 */
export function sqliteStore({
  now,
  onFault = () => {},
  ...workerData
}: SqliteOptions & {
  readonly now: () => Instant;
  /** Called when a damaged file has been moved aside. */
  readonly onFault?: (fault: unknown) => void;
}): SharedStore {
  const thread = sqliteThread<SqliteCall>(
    new URL("./sqlite-worker.ts", import.meta.url),
    workerData,
    onFault,
  );
  const { about, ask } = thread;
  return {
    about,
    get: (key) => ask({ op: "get", key, now: now() }),
    set: (key, value, lifetimeMs) => {
      const expiresAt = lifetimeMs === null ? null : now() + lifetimeMs;
      return ask({ op: "set", key, value, expiresAt, now: now() });
    },
    delete: (key) => ask({ op: "delete", key }),
    acquire: (name, holder, lifetimeMs) =>
      ask({ op: "acquire", name, holder, now: now(), until: now() + lifetimeMs }),
    release: (name, holder) => ask({ op: "release", name, holder }),
    take: (bucket, slots, windowMs) => ask({ op: "take", bucket, slots, windowMs, now: now() }),
    block: (bucket, forMs) => ask({ op: "block", bucket, now: now(), until: now() + Math.ceil(forMs) }),
    occupancy: (bucket) => ask({ op: "occupancy", bucket, now: now() }),
    dispose: () => thread.dispose({ op: "close" }),
  };
}
