import { LONGEST_BLOCK_MS, type RateLimiter } from "../../cache/shared-store.ts";
import { GatewayError } from "../../errors.ts";
import { backoff, type Pace } from "../http/pace.ts";

/** Who is asking: clients that wait, figures being refreshed behind an answer, final days being fetched ahead. */
export type Priority = "interactive" | "refresh" | "warm";

/** Requests an organization may be sent in a minute: of figures, of look-ups and of spend limits, which upstream counts apart. */
interface Limits {
  readonly analytics: number;
  readonly lookups: number;
  readonly spendLimits: number;
}

export interface BudgetOptions {
  readonly rateLimiter: RateLimiter;
  readonly limits: Limits;
  readonly pace: Pace;
  /** First pause after a refusal that does not say how long; doubles each time. */
  readonly backoffMs: number;
}

/** The bucket that a request takes from: the organization of the key, and which of its limits. */
export interface BudgetBucket {
  readonly organization: string;
  readonly family: keyof Limits;
}

/** Remaining requests of a budget now. */
export interface Availability {
  /** Requests a minute. */
  readonly limit: number;
  /** Requests that could be sent at once. */
  readonly left: number;
  /** Milliseconds until the last of those asked about could leave. */
  readonly waitMs: number;
}

/** One request that wants to leave. */
export interface Turn extends BudgetBucket {
  readonly priority: Priority;
  /** For whom, of those who share the rate limit. */
  readonly caller: string;
  readonly dataset: string;
  /** How long the caller can wait for it. */
  readonly maxWaitMs: number;
}

/** A little more than the minute upstream counts by: requests do not arrive as evenly as they leave. */
const WINDOW_MS = 60_500;

/** How much of the rate limit each priority may have in use; what is left over is for those before it. */
const SHARE: Readonly<Record<Priority, number>> = { interactive: 1, refresh: 0.75, warm: 0.5 };

const ORDER: readonly Priority[] = ["interactive", "refresh", "warm"];

/** How much of the rate limit one caller may have in use while another one has been seen … */
const ONE_CALLERS = 0.75;

/** … so lately. */
const SEEN_MS = 10 * 60_000;

/** The longest pause after refusals that do not say how long. */
const LONGEST_BACKOFF_MS = 60_000;

interface Waiter {
  readonly turn: Turn;
  readonly latest: number;
  readonly go: () => void;
  readonly fail: (fault: GatewayError) => void;
}

/** Requests that wait for one bucket; `arrived` ends the server's sleep. */
interface Queue {
  waiters: Waiter[];
  arrived: PromiseWithResolvers<void>;
}

/** When upstream last answered 429 without Retry-After, and how often in a row. */
interface Refusals {
  readonly times: number;
  readonly at: number;
}

/**
 * Gives out the requests of a minute in order of priority, then to the caller with the fewest, then of arrival. A request that
 * would wait longer than it can is rejected at once, with the time to retry. Priorities hold between replicas; each replica
 * counts the requests of callers for itself.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #callers = new Map<string, Callers>();
  readonly #refusals = new Map<string, Refusals>();

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the request may leave. Rejects with UPSTREAM_BUDGET_EXHAUSTED where that would be too late, and gives its
   * place free when it is not wanted any more.
   */
  enter(turn: Turn, unwanted: AbortSignal): Promise<void> {
    if (unwanted.aborted) return Promise.reject(abandoned(turn));
    const bucket = bucketOf(turn);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const latest = this.#options.pace.now() + turn.maxWaitMs;
    const waiter: Waiter = { turn, latest, go: resolve, fail: reject };
    const leave = () => {
      const waiting = this.#queues.get(bucket);
      if (waiting?.waiters.includes(waiter)) {
        waiting.waiters = waiting.waiters.filter((each) => each !== waiter);
        reject(abandoned(turn));
      }
    };
    unwanted.addEventListener("abort", leave, { once: true });
    const served = promise.finally(() => unwanted.removeEventListener("abort", leave));
    const queue = this.#queues.get(bucket);
    if (queue !== undefined) {
      queue.waiters.push(waiter);
      queue.arrived.resolve();
      return served;
    }
    const begun = { waiters: [waiter], arrived: Promise.withResolvers<void>() };
    this.#queues.set(bucket, begun);
    void this.#serve(bucket, begun);
    return served;
  }

  /**
   * Records that upstream rejected a request that left at `leftAt`, and returns the milliseconds for which the whole
   * organization pauses. Where upstream names no time, they double from rejection to rejection; requests that left together
   * count once.
   */
  async block(turn: Turn, retryAfter: number | undefined, leftAt: number): Promise<number> {
    const bucket = bucketOf(turn);
    const before = this.#refusals.get(bucket) ?? { times: 0, at: Number.NEGATIVE_INFINITY };
    const times = leftAt > before.at ? before.times + 1 : before.times;
    this.#refusals.set(bucket, { times, at: this.#options.pace.now() });
    const forMs = retryAfter
      ? Math.min(retryAfter * 1_000, LONGEST_BLOCK_MS)
      : backoff(this.#options.backoffMs, times, LONGEST_BACKOFF_MS);
    await this.#options.rateLimiter.block(bucket, forMs);
    return forMs;
  }

  /** Upstream has answered a request that left at `leftAt`. */
  answered(turn: Turn, leftAt: number): void {
    const bucket = bucketOf(turn);
    const refusals = this.#refusals.get(bucket);
    if (refusals !== undefined && leftAt > refusals.at) this.#refusals.delete(bucket);
  }

  /** Returns the rest of the minute, and when the last of so many more requests could leave. Takes nothing. */
  async availability(
    bucket: BudgetBucket,
    requests: number,
    priority: Priority = "interactive",
  ): Promise<Availability> {
    const limit = Math.max(1, Math.floor(this.#options.limits[bucket.family] * SHARE[priority]));
    const { freeInMs, blockedMs } = await this.#options.rateLimiter.occupancy(bucketOf(bucket));
    const left = Math.max(0, limit - freeInMs.length);
    if (requests === 0) return { limit, left: blockedMs > 0 ? 0 : left, waitMs: 0 };
    // Each further minute gives out as many as there are slots, at the moments at which they were taken before.
    const last = requests - 1;
    const slot = last % limit;
    const freeIn = slot < left ? 0 : (freeInMs.slice(-limit)[slot - left] ?? 0);
    const waitMs = freeIn + WINDOW_MS * Math.floor(last / limit);
    return { limit, left: blockedMs > 0 ? 0 : left, waitMs: Math.max(waitMs, blockedMs) };
  }

  /** When a request that may leave leaves, for `block` and `answered`. */
  now(): number {
    return this.#options.pace.now();
  }

  /** Lets waiters go one by one until none is left. */
  async #serve(bucket: string, queue: Queue): Promise<void> {
    const { rateLimiter, limits, pace } = this.#options;
    const callers = this.#callers.getOrInsertComputed(bucket, () => new Callers());
    for (;;) {
      callers.see(queue.waiters, pace.now());
      queue.waiters.sort(
        ({ turn: a }, { turn: b }) =>
          ORDER.indexOf(a.priority) - ORDER.indexOf(b.priority) || callers.had(a) - callers.had(b),
      );
      const capped = (turn: Turn) => callers.waitOf(turn, limits[turn.family], pace.now());
      this.#refuseLate(queue, 0, 0, capped);
      const first = queue.waiters.find(({ turn }) => capped(turn) === 0) ?? queue.waiters[0];
      if (first === undefined) break;
      const { family, priority } = first.turn;
      const slots = Math.max(1, Math.floor(limits[family] * SHARE[priority]));
      const wait = capped(first.turn) || (await rateLimiter.take(bucket, slots, WINDOW_MS));
      if (wait === 0) {
        // The first may have left meanwhile; the slot then goes to the next in the queue.
        const next = queue.waiters.includes(first) ? first : queue.waiters[0];
        queue.waiters = queue.waiters.filter((each) => each !== next);
        if (next !== undefined) callers.leaves(next.turn, pace.now());
        next?.go();
        continue;
      }
      this.#refuseLate(queue, wait, WINDOW_MS / slots, capped);
      if (queue.waiters.length === 0) break;
      queue.arrived = Promise.withResolvers();
      await Promise.race([pace.sleep(Math.min(wait, LONGEST_SLEEP_MS)), queue.arrived.promise]);
    }
    this.#queues.delete(bucket);
  }

  /** The first waits `wait`; each further one about the time that a slot takes to come back. */
  #refuseLate(queue: Queue, wait: number, perSlot: number, capped: (turn: Turn) => number): void {
    const now = this.#options.pace.now();
    const kept: Waiter[] = [];
    for (const waiter of queue.waiters) {
      const needed = Math.max(wait + kept.length * perSlot, capped(waiter.turn));
      if (now + needed <= waiter.latest) kept.push(waiter);
      else waiter.fail(exhausted(waiter.turn, Math.max(1, Math.ceil(needed / 1_000))));
    }
    queue.waiters = kept;
  }
}

/** Requests of each caller of one bucket in this minute, and the recent callers. */
class Callers {
  /** When the requests left, the first first. */
  readonly #departures = new Map<string, number[]>();
  readonly #seen = new Map<string, number>();

  see(waiters: readonly Waiter[], now: number): void {
    for (const { turn } of waiters) this.#seen.set(turn.caller, now);
    for (const [caller, at] of this.#seen) if (at + SEEN_MS < now) this.#seen.delete(caller);
    for (const [caller, departures] of this.#departures) {
      const past = departures.findIndex((at) => at + WINDOW_MS > now);
      if (past < 0) this.#departures.delete(caller);
      else if (past > 0) departures.splice(0, past);
    }
  }

  leaves({ caller }: Turn, now: number): void {
    this.#departures.getOrInsertComputed(caller, () => []).push(now);
  }

  had({ caller }: Turn): number {
    return this.#departures.get(caller)?.length ?? 0;
  }

  /** Milliseconds until the caller has not had more than its part. Alone, it may have all there is. */
  waitOf({ caller }: Turn, limit: number, now: number): number {
    const most = Math.max(1, Math.floor(limit * ONE_CALLERS));
    if (this.#seen.size < 2) return 0;
    const blocking = this.#departures.get(caller)?.at(-most);
    return blocking === undefined ? 0 : Math.max(0, blocking + WINDOW_MS - now);
  }
}

/** Others can arrive that go first, and slots can come back early. */
const LONGEST_SLEEP_MS = 250;

function bucketOf({ organization, family }: BudgetBucket): string {
  return `${organization} ${family}`;
}

function abandoned({ dataset }: Turn): GatewayError {
  return new GatewayError("OPERATION_TIMEOUT", `No caller waits for ${dataset} any more.`, { dataset });
}

function exhausted({ dataset }: Turn, retryAfter: number): GatewayError {
  return new GatewayError(
    "UPSTREAM_BUDGET_EXHAUSTED",
    `The upstream requests of this minute are used up, for the organization or for this caller, so ${dataset} could not be read in time; retry in ${retryAfter} seconds.`,
    { dataset, retryAfter },
  );
}
