import type { Archive } from "../src/cache/archive.ts";

/** An archive in memory, which can be full or away. */
export function memoryArchive(): Archive & {
  readonly keys: Map<string, Uint8Array>;
  room: boolean;
  isAway: boolean;
} {
  const keys = new Map<string, Uint8Array>();
  const archive = {
    about: { store: "archive", at: "memory" } as unknown as Archive["about"],
    keys,
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
    dispose: async () => {},
  };
  return archive;
}
