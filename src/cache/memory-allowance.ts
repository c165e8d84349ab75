import type { Instant } from "../domain/day.ts";
import type { Allowance } from "./shared-store.ts";

/** The allowance of one process. */
export function memoryAllowance(now: () => Instant): Allowance {
  /** When the slots in use are free again, the first first. */
  const used = new Map<string, Instant[]>();
  const blockedUntil = new Map<string, Instant>();
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
      return (inUse[inUse.length - slots] as Instant) - moment;
    },
    async block(bucket, forMs) {
      blockedUntil.set(bucket, Math.max(blockedUntil.get(bucket) ?? 0, now() + forMs));
    },
  };
}
