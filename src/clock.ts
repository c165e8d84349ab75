import type { Instant } from "./domain/day.ts";

/** The machine's clock, or one that starts at `start` and ticks on from there. */
export function clockFrom(start: Instant | null): () => Instant {
  if (start === null) return Date.now;
  const begun = performance.now();
  return () => Math.floor(start + performance.now() - begun);
}
