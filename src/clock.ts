import type { Instant } from "./domain/day.ts";

/** The machine's clock, or one that was at `start` at a moment, by the machine's clock, and ticks on from there. */
export function clockFrom(start: Instant | null, startedAt = Date.now()): () => Instant {
  if (start === null) return Date.now;
  const begun = performance.now() - (Date.now() - startedAt);
  return () => Math.floor(start + performance.now() - begun);
}
