import { Piscina } from "piscina";
import type { Instant } from "../domain/day.ts";
import { outageOf } from "./guarded-store.ts";
import type { SharedStore } from "./shared-store.ts";
import type { SqliteAnswer, SqliteCall, SqliteOptions } from "./sqlite-worker.ts";

/**
 * A store in one file, for the processes of one machine. SQLite is not asked on the thread that answers clients: one worker
 * does it, and a slow disk delays nobody who does not wait for it.
 */
export function sqliteStore(options: SqliteOptions & { readonly now: () => Instant }): SharedStore {
  const { now, ...workerData } = options;
  const about = { store: "sqlite", path: options.path } as const;
  const worker = new Piscina({
    filename: new URL("./sqlite-worker.ts", import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    workerData,
  });
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  const ask = async <T>(call: SqliteCall): Promise<T> => {
    if (isClosed) throw new Error("the store is closed");
    const answer: Promise<SqliteAnswer> = worker.run(call);
    underWay.add(answer);
    try {
      const said = await answer;
      if ("code" in said) throw outageOf(about, said.code);
      return said.value as T;
    } finally {
      underWay.delete(answer);
    }
  };
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
    async dispose() {
      isClosed = true;
      await Promise.allSettled(underWay);
      await worker.run({ op: "close" }).catch(() => {}); // the file may be gone or full; it is whole at the next start
      await worker.destroy();
    },
  };
}
