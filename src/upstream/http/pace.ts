/** Time as it passes, whatever the date is said to be. */
export interface Pace {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** A pause that doubles each time. Jitter keeps replicas that failed together from coming back together. */
export function backoff(firstMs: number, times: number, mostMs: number): number {
  return Math.min(firstMs * 2 ** (times - 1), mostMs) * (0.75 + Math.random() / 4);
}
