import { type Finality, leastSettled } from "../../cache/policy.ts";
import type { Validity } from "../../cache/validity.ts";
import { type Dataset, isOfDirectory } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";
import { fairTurn } from "../../domain/fair-turn.ts";
import { GatewayError } from "../../errors.ts";
import type { Page } from "../pages/page.ts";
import type { BudgetBucket, Priority } from "./budget.ts";

/** How one asks who reads much and has time. */
export interface ReadOptions {
  /** Waits for its turn until `signal` aborts, and makes all the requests it needs. */
  readonly unbounded?: boolean;
  /** Reads every page once: none is kept in memory, where it would push out what clients ask for again. */
  readonly noStore?: boolean;
  /** Takes no page that can still change and was fetched before this instant. */
  readonly since?: Instant;
}

/** Who asks, and for how long. */
export interface OperationOptions extends ReadOptions {
  /** Aborts when its caller has left, or has reached the maximum wait. */
  readonly signal: AbortSignal;
  /** Interactive by default. */
  readonly priority?: Priority;
  /** One of those who share the rate limit; all who give no name are one. */
  readonly caller?: string;
}

/** Upstream requests and cache hits of an operation so far. */
export interface Usage {
  /** Requests that left for the upstream, retries included. */
  requests: number;
  /** Pages taken from the cache, or from a request another operation had under way. */
  cacheHits: number;
  /** Rows (of some reports: time buckets) that upstream sent again within one page run; they are left out. */
  duplicates: number;
  /** Milliseconds spent waiting for pages, summed over concurrent waits. */
  waitMs: number;
}

/** The least settled, the oldest and the stalest of the figures an operation was given; look-ups have no age. */
export interface Age {
  /** Null: it was given none. */
  readonly state: Finality | null;
  /** The oldest export that can still change. */
  readonly refreshedAt: Instant | null;
  readonly stale: boolean;
}

/** Parts of a page that state the age of its figures. */
export type PageAge = Pick<Page<unknown>, "state" | "watermark" | "stale">;

/** Budget and deadline of one operation. */
export class Operation {
  readonly usage: Usage = { requests: 0, cacheHits: 0, duplicates: 0, waitMs: 0 };
  /** Endpoints that it has read pages of. */
  readonly datasets = new Set<Dataset>();
  /** Pages requested so far, by cache key, so that two fields of one answer never disagree; as they are where they were at hand. */
  readonly pages = new Map<string, Page<unknown> | Promise<Page<unknown>>>();
  /** The bucket of its newest request; null before the first. */
  bucket: BudgetBucket | null = null;
  readonly priority: Priority;
  readonly caller: string;
  /** Aborts when its caller has left, or has reached the maximum wait. */
  readonly signal: AbortSignal;
  readonly unbounded: boolean;
  readonly noStore: boolean;
  readonly #since: Instant;
  readonly #maxRequests: number;
  /** The pages it was given, with the state of those of their days that it wants. */
  readonly #used = new Map<PageAge, Finality>();
  #validities: Set<Validity> | null = new Set();
  #turn: Promise<unknown> = Promise.resolve();
  #pausedLists = 0;
  #begun = 0;
  #claimed = 0;
  /** Requests for the directory, which have a bound of their own: they serve every question of the next hours. */
  #begunForDirectory = 0;

  constructor(
    maxRequests: number,
    {
      signal,
      priority = "interactive",
      caller = "",
      unbounded = false,
      noStore = false,
      since,
    }: OperationOptions,
  ) {
    this.signal = signal;
    this.priority = priority;
    this.caller = caller;
    this.unbounded = unbounded;
    this.noStore = noStore;
    this.#since = since ?? Number.NEGATIVE_INFINITY;
    this.#maxRequests = unbounded ? Number.POSITIVE_INFINITY : maxRequests;
  }

  /** True if a page is final or not too old for this operation. */
  accepts({ state, fetchedAt }: Pick<Page<unknown>, "state" | "fetchedAt">): boolean {
    return state === "FINAL" || fetchedAt >= this.#since;
  }

  spend(dataset: Dataset): void {
    const begun = isOfDirectory(dataset) ? this.#begunForDirectory : this.#begun;
    if (begun >= this.#maxRequests) {
      throw new GatewayError(
        "TOO_EXPENSIVE",
        `This operation has used its ${this.#maxRequests} upstream requests; query a shorter range or fewer rows of ${dataset}.`,
        { dataset },
      );
    }
    this.#count(dataset, 1);
  }

  /** Returns a request that was not needed: a replica had made it. */
  refund(dataset: Dataset): void {
    this.#count(dataset, -1);
  }

  #count(dataset: Dataset, requests: number): void {
    if (isOfDirectory(dataset)) this.#begunForDirectory += requests;
    else this.#begun += requests;
  }

  /** Sets so many requests aside; where fewer are left, none, and it gives their number: part of what is needed is worth nothing. */
  claim(requests: number): number | null {
    const taken = Math.max(this.#begun, this.#claimed);
    const left = Math.max(0, this.#maxRequests - taken);
    if (requests > left) return left;
    this.#claimed = taken + requests;
    return null;
  }

  /** Notes the age and the validity of a page it is given. `forget` takes back the age. */
  use({ range, state, watermark, stale }: Page<unknown>, validity: Validity | null): PageAge {
    this.dependOn(validity);
    const used = { state, watermark, stale };
    if (range !== null) this.#used.set(used, state);
    return used;
  }

  /** Notes that only some days of a page are wanted, which can be more settled than the whole. */
  narrow(page: PageAge, state: Finality): void {
    if (this.#used.has(page)) this.#used.set(page, state);
  }

  /** Removes pages that are void: their page run has restarted. */
  forget(pages: readonly PageAge[]): void {
    for (const page of pages) this.#used.delete(page);
  }

  /** Notes a source of the answer; null: a later change of it cannot be detected. */
  dependOn(validity: Validity | null): void {
    if (validity === null) this.#validities = null;
    else this.#validities?.add(validity);
  }

  /** Everything that the answer is made from; null: some of it may change unnoticed. */
  get validities(): ReadonlySet<Validity> | null {
    return this.#validities;
  }

  /** How old the figures are that it was given. */
  get age(): Age {
    const used = [...this.#used];
    const moving = used.flatMap(([{ watermark }, state]) =>
      state === "FINAL" || watermark === null ? [] : [watermark],
    );
    return {
      state: used.length === 0 ? null : leastSettled(used.map(([, state]) => state)),
      refreshedAt: moving.length === 0 ? null : moving.reduce((a, b) => Math.min(a, b)),
      stale: used.some(([{ stale }]) => stale !== null),
    };
  }

  /**
   * Resolves when other operations have had the thread in between; the calls of one operation resolve in order. Cached answers
   * never wait, and without this a long question would block all others until it is answered.
   */
  turn(): Promise<unknown> {
    this.#turn = this.#turn.then(fairTurn);
    return this.#turn;
  }

  /** Lets other operations have the thread in the middle of a list of the answer. */
  async pauseAnswer(): Promise<void> {
    this.#pausedLists++;
    await this.turn();
    this.#pausedLists--;
  }

  /** Resolves after a turn, once no list of the answer is in a pause: its other items may look up more keys. */
  async keysCollected(): Promise<void> {
    do await this.turn();
    while (this.#pausedLists > 0);
  }

  /** Waits for shared work no longer than the caller does; the work itself goes on for the others. */
  async wait<T>(work: Promise<T>): Promise<T> {
    const started = performance.now();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const leave = () => reject(abandoned(this.signal.reason));
    if (this.signal.aborted) leave();
    this.signal.addEventListener("abort", leave, { once: true });
    work.catch(() => {}); // it may fail after the caller has left
    try {
      return await Promise.race([work, gone]);
    } finally {
      this.signal.removeEventListener("abort", leave);
      this.usage.waitMs += Math.round(performance.now() - started);
    }
  }
}

function abandoned(reason: unknown): GatewayError {
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new GatewayError(
        "OPERATION_TIMEOUT",
        "The operation took longer than allowed; query a shorter range or fewer fields.",
        {},
        reason,
      )
    : new GatewayError(
        "OPERATION_TIMEOUT",
        "The caller disconnected before the answer was ready.",
        {},
        reason,
      );
}
