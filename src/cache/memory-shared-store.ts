import { LRUCache } from "lru-cache";
import { memoryRateLimiter } from "./memory-rate-limiter.ts";
import type { SharedStore } from "./shared-store.ts";

/** From here on, leases that have ended are dropped. */
const MAX_LEASES = 1_000;

/** A store in the memory of one process, which others reach through messages to it. `now` tells milliseconds since some moment. */
export function memorySharedStore(maxBytes: number, now: () => number): SharedStore {
  const entries = new LRUCache<string, { readonly value: Uint8Array; readonly until: number }>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }, key) => value.length + key.length,
  });
  const leases = new Map<string, { readonly holder: string; readonly until: number }>();
  const holderOf = (name: string): string | null => {
    const lease = leases.get(name);
    return lease === undefined || now() >= lease.until ? null : lease.holder;
  };
  return {
    ...memoryRateLimiter(now),
    about: { store: "memory" },
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      if (now() < entry.until) return entry.value;
      entries.delete(key);
      return null;
    },
    async set(key, value, lifetimeMs) {
      entries.set(key, { value, until: lifetimeMs === null ? Number.POSITIVE_INFINITY : now() + lifetimeMs });
    },
    async delete(key) {
      entries.delete(key);
    },
    async acquire(name, holder, lifetimeMs) {
      if ((holderOf(name) ?? holder) !== holder) return false;
      // Those of processes that died are never released.
      if (leases.size >= MAX_LEASES)
        for (const each of leases.keys()) if (holderOf(each) === null) leases.delete(each);
      leases.set(name, { holder, until: now() + lifetimeMs });
      return true;
    },
    async release(name, holder) {
      if (leases.get(name)?.holder === holder) leases.delete(name);
    },
    async dispose() {},
  };
}
