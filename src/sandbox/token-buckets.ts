import type { Instant } from "../domain/day.ts";
import type { Endpoint } from "./endpoint.ts";

/** Requests an organization may make in a minute, all its keys together. */
const PER_MINUTE = { analytics: 60, lookups: 100, console: 60, spendLimits: 60 } as const;

export interface Grant {
  readonly granted: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** When the bucket is full again. */
  readonly fullAt: Instant;
  /** Until the next request would be granted; 0 when it would be now. */
  readonly waitMs: number;
}

/**
 * Token buckets, one per organization and rate limit. A bucket is kept as the instant at which it is full again,
 * which is exact: a request moves it on by the time one token takes. A refused request takes nothing.
 */
export class TokenBuckets {
  readonly #fullAt = new Map<string, Instant>();

  take(organization: string, rateLimit: Endpoint["rateLimit"], now: Instant): Grant {
    const bucket = `${organization} ${rateLimit}`;
    const limit = PER_MINUTE[rateLimit];
    const tokenMs = 60_000 / limit;
    const before = Math.max(this.#fullAt.get(bucket) ?? now, now);
    const granted = before + tokenMs - now <= 60_000;
    const fullAt = granted ? before + tokenMs : before;
    this.#fullAt.set(bucket, fullAt);
    return {
      granted,
      limit,
      remaining: Math.floor((60_000 - (fullAt - now)) / tokenMs),
      fullAt,
      waitMs: Math.max(0, fullAt + tokenMs - now - 60_000),
    };
  }
}
