import type { OutageSubject } from "../errors.ts";

/**
 * The longest that a bucket is blocked. Past it one request finds out how things stand: an upstream, or something before it, that
 * says `retry-after: 99999999` by mistake must not end a gateway for years.
 */
export const LONGEST_BLOCK_MS = 3_600_000;

/** Used part of a bucket. */
export interface Occupancy {
  /** In how many milliseconds each slot that is in use is free again, the first first. */
  readonly freeInMs: readonly number[];
  /** Milliseconds for which no slot is given out, free or not. */
  readonly blockedMs: number;
}

/** Who may start how many upstream requests, when. */
export interface RateLimiter {
  /**
   * Takes one of the `slots` of a bucket, each of which is free again `windowMs` after it was taken. 0: taken. Else the
   * milliseconds until one is free; nothing was taken.
   */
  take(bucket: string, slots: number, windowMs: number): Promise<number>;
  /** Blocks the slots of the bucket for so long, at most LONGEST_BLOCK_MS. */
  block(bucket: string, forMs: number): Promise<void>;
  /** Takes nothing. */
  occupancy(bucket: string): Promise<Occupancy>;
}

/**
 * State that the replicas of a gateway share. All of it can be lost at any time: the next answer then costs a request, and is
 * right all the same.
 */
export interface SharedStore extends RateLimiter {
  /** Dependency and its place, for the log. */
  readonly about: OutageSubject;
  /** Null: not there, or no longer. */
  get(key: string): Promise<Uint8Array | null>;
  /** Null keeps the value for good, as far as there is room. */
  set(key: string, value: Uint8Array, lifetimeMs: number | null): Promise<void>;
  delete(key: string): Promise<void>;
  /** Claims the name for `holder` and states for how long from now: one that has it already keeps it. It loses it sooner by releasing it. */
  acquire(name: string, holder: string, lifetimeMs: number): Promise<boolean>;
  /** Does nothing where another replica holds the name. */
  release(name: string, holder: string): Promise<void>;
  dispose(): Promise<void>;
}
