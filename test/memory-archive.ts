import type { Archive } from "../src/cache/archive.ts";

/** An archive in memory, which can be full or away. */
export function memoryArchive(): Archive & {
  readonly keys: Map<string, Uint8Array>;
  readonly logs: Map<string, Map<string, Uint8Array>>;
  room: boolean;
  isAway: boolean;
} {
  const keys = new Map<string, Uint8Array>();
  const logs = new Map<string, Map<string, Uint8Array>>();
  const linesOf = (log: string) => {
    if (archive.isAway) throw new Error("away");
    return logs.getOrInsertComputed(log, () => new Map());
  };
  const archive = {
    about: { store: "archive", at: "memory" } as unknown as Archive["about"],
    keys,
    logs,
    room: true,
    isAway: false,
    async get(key: string) {
      if (archive.isAway) throw new Error("away");
      return keys.get(key) ?? null;
    },
    has: async (key: string) => keys.has(key),
    async put(key: string, value: Uint8Array) {
      if (archive.isAway) throw new Error("away");
      if (archive.room && !keys.has(key)) keys.set(key, value);
      return archive.room;
    },
    async append(log: string, lines: ReadonlyMap<string, Uint8Array>) {
      for (const [name, value] of lines) linesOf(log).getOrInsert(name, value);
    },
    names: async (log: string) => [...linesOf(log).keys()],
    async read(log: string, names: readonly string[]) {
      return new Map([...linesOf(log)].filter(([name]) => names.includes(name)));
    },
    async drop(log: string, names: readonly string[]) {
      for (const name of names) linesOf(log).delete(name);
    },
    dispose: async () => {},
  };
  return archive;
}
