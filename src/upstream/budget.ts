import type { Allowance } from "../cache/shared-store.ts";
import { GatewayError } from "../errors.ts";

/** Who is asking: clients that wait, figures being refreshed behind an answer, final days being fetched ahead. */
export type Priority = "interactive" | "refresh" | "warm";

/** Requests an organization may be sent in a minute: of figures and of look-ups, which upstream counts apart. */
export interface Limits {
  readonly analytics: number;
  readonly lookups: number;
}

/** Time as it passes, whatever the date is said to be. */
export interface Pace {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export interface BudgetOptions {
  readonly allowance: Allowance;
  readonly limits: Limits;
  readonly pace: Pace;
}

/** One request that wants to leave. */
export interface Turn {
  /** Whose allowance it takes from: the key, and which of its limits. */
  readonly organization: string;
  readonly family: keyof Limits;
  readonly priority: Priority;
  readonly dataset: string;
  /** How long the caller can wait for it. */
  readonly patienceMs: number;
}

/** A little more than the minute upstream counts by: requests do not arrive as evenly as they leave. */
const WINDOW_MS = 60_500;

/** How much of the allowance each priority may have in use; what is left over is for those before it. */
const SHARE: Readonly<Record<Priority, number>> = { interactive: 1, refresh: 0.75, warm: 0.5 };

const ORDER: readonly Priority[] = ["interactive", "refresh", "warm"];

interface Waiter {
  readonly turn: Turn;
  readonly latest: number;
  readonly go: () => void;
  readonly fail: (fault: GatewayError) => void;
}

/** Those who wait for one bucket; `arrived` ends the server's sleep. */
interface Queue {
  waiters: Waiter[];
  arrived: PromiseWithResolvers<void>;
}

/**
 * The requests that one minute allows, given out in order of priority and then of arrival. Who would have to wait longer than
 * it can is told so at once, and when to come back.
 */
export class Budget {
  readonly #options: BudgetOptions;
  readonly #queues = new Map<string, Queue>();

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
    const latest = this.#options.pace.now() + turn.patienceMs;
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

  /** Upstream has said that nobody of the organization shall ask for so long. */
  async block(turn: Turn, forMs: number): Promise<void> {
    await this.#options.allowance.block(bucketOf(turn), forMs);
  }

  /** Lets waiters go one by one until none is left. */
  async #serve(bucket: string, queue: Queue): Promise<void> {
    const { allowance, limits, pace } = this.#options;
    for (;;) {
      queue.waiters.sort((a, b) => ORDER.indexOf(a.turn.priority) - ORDER.indexOf(b.turn.priority));
      this.#refuseLate(queue, 0, 0);
      const [first] = queue.waiters;
      if (first === undefined) break;
      const { family, priority } = first.turn;
      const slots = Math.max(1, Math.floor(limits[family] * SHARE[priority]));
      const wait = await allowance.take(bucket, slots, WINDOW_MS);
      if (wait === 0) {
        // The first may have left meanwhile; what was taken is the next one's then, whoever that is.
        const next = queue.waiters.includes(first) ? first : queue.waiters[0];
        queue.waiters = queue.waiters.filter((each) => each !== next);
        next?.go();
        continue;
      }
      this.#refuseLate(queue, wait, WINDOW_MS / slots);
      if (queue.waiters.length === 0) break;
      queue.arrived = Promise.withResolvers();
      await Promise.race([pace.sleep(Math.min(wait, LONGEST_SLEEP_MS)), queue.arrived.promise]);
    }
    this.#queues.delete(bucket);
  }

  /** The first waits `wait`; each further one about as long as a slot takes to come back. */
  #refuseLate(queue: Queue, wait: number, perSlot: number): void {
    const now = this.#options.pace.now();
    const kept: Waiter[] = [];
    for (const waiter of queue.waiters) {
      const needed = wait + kept.length * perSlot;
      if (now + needed <= waiter.latest) kept.push(waiter);
      else waiter.fail(exhausted(waiter.turn, Math.max(1, Math.ceil(needed / 1_000))));
    }
    queue.waiters = kept;
  }
}

/** Others can arrive that go first, and slots can come back early. */
const LONGEST_SLEEP_MS = 250;

function bucketOf({ organization, family }: Turn): string {
  return `${organization} ${family}`;
}

function abandoned({ dataset }: Turn): GatewayError {
  return new GatewayError("OPERATION_TIMEOUT", `Nobody waits for ${dataset} any more.`, { dataset });
}

function exhausted({ dataset }: Turn, retryAfter: number): GatewayError {
  return new GatewayError(
    "UPSTREAM_BUDGET_EXHAUSTED",
    `The organization's upstream requests of this minute are used up, and ${dataset} could not be asked for in time; ask again in ${retryAfter} seconds.`,
    { dataset, retryAfter },
  );
}
