import type { RateLimiter } from "./shared-store.ts";

/** Limits the requests of one process; `now` tells milliseconds since some moment. */
export function memoryRateLimiter(now: () => number): RateLimiter {
  /** When the slots in use are free again, the first first. */
  const used = new Map<string, number[]>();
  const blockedUntil = new Map<string, number>();
  return {
    async take(bucket, slots, windowMs) {
      const moment = now();
      const wait = (blockedUntil.get(bucket) ?? moment) - moment;
      if (wait > 0) return wait;
      const inUse = (used.get(bucket) ?? []).filter((freeAt) => freeAt > moment);
      used.set(bucket, inUse);
      if (inUse.length < slots) {
        inUse.push(moment + windowMs);
        return 0;
      }
      return (inUse[inUse.length - slots] as number) - moment;
    },
    async block(bucket, forMs) {
      blockedUntil.set(bucket, Math.max(blockedUntil.get(bucket) ?? 0, now() + forMs));
    },
    async occupancy(bucket) {
      const moment = now();
      const freeInMs = (used.get(bucket) ?? []).map((freeAt) => freeAt - moment).filter((ms) => ms > 0);
      return { freeInMs, blockedMs: Math.max(0, (blockedUntil.get(bucket) ?? moment) - moment) };
    },
  };
}
