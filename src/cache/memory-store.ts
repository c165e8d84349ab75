import { LRUCache } from "lru-cache";

/** Stored form of one upstream answer. */
export interface Entry<Value extends object = object> {
  readonly value: Value;
  /** Size on the wire, which stands for its size in memory. */
  readonly bytes: number;
}

export interface Store {
  get(key: string): Entry | undefined;
  set(key: string, entry: Entry): void;
  delete(key: string): void;
}

/** Keeps the most recently used entries within a bound of bytes. */
export function memoryStore(maxBytes: number): Store {
  const entries = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: (entry, key) => entry.bytes + key.length,
  });
  return {
    get: (key) => entries.get(key),
    set: (key, entry) => void entries.set(key, entry),
    delete: (key) => void entries.delete(key),
  };
}
