import type { Archive } from "./archive.ts";
import type { ArchiveCall } from "./sqlite-archive-worker.ts";
import { sqliteThread } from "./sqlite-thread.ts";
import type { SqliteOptions } from "./sqlite-worker.ts";

/** An archive in one file, for the processes of one machine. */
export function sqliteArchive({
  onFault = () => {},
  ...workerData
}: SqliteOptions & {
  /** Called when a damaged file has been moved aside. */
  readonly onFault?: (fault: unknown) => void;
}): Archive {
  const worker = new URL("./sqlite-archive-worker.ts", import.meta.url);
  const { about, ask, dispose } = sqliteThread<ArchiveCall>(worker, workerData, onFault, {
    part: "archive",
  });
  return {
    about,
    get: (key) => ask({ op: "get", key }),
    has: (key) => ask({ op: "has", key }),
    put: (key, value) => ask({ op: "put", key, value }),
    append: (log, lines) => ask({ op: "append", log, lines: [...lines] }),
    names: (log) => ask({ op: "names", log }),
    read: async (log, names) => new Map(await ask<[string, Uint8Array][]>({ op: "read", log, names })),
    drop: (log, names) => ask({ op: "drop", log, names }),
    dispose: () => dispose({ op: "close" }),
  };
}
