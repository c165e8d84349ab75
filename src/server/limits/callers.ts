import { LRUCache } from "lru-cache";
import type { Instant } from "../../domain/day.ts";
import { GatewayError } from "../../errors.ts";
import { estimate, namesOfRequests, type RequestName, refuseTooExpensive } from "../../planning/estimate.ts";
import type { PlannedField } from "../../planning/requests.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/** Limit of one caller per minute; null: unlimited. */
export interface CallerLimits {
  readonly operations: number | null;
  readonly requests: number | null;
}

const MINUTE_MS = 60_000;

/** The number of recent callers that are remembered; a caller who returns after so many others starts anew. */
const REMEMBERED = 10_000;

/**
 * Use of this minute by each caller: operations, and upstream requests. The requests that an operation will need are known
 * before it runs and count until it has ended; then its actual requests count.
 */
export class Callers {
  readonly #limits: CallerLimits;
  readonly #now: () => Instant;
  readonly #accounts = new LRUCache<string, Account>({ max: REMEMBERED });

  constructor(limits: CallerLimits, now: () => Instant) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts an operation, or a file. Throws CALLER_RATE_LIMITED. */
  enter(caller: string): void {
    const limit = this.#limits.operations;
    if (limit === null) return;
    const { operations } = this.#account(caller);
    const now = this.#now();
    const had = operations.sum(now);
    if (had >= limit)
      throw limited("operations", "CALLER_OPERATIONS_PER_MINUTE", limit, had, operations.freeInMs(now, 1));
    operations.add(now, 1);
  }

  /**
   * Holds the requests of an operation against its caller; the function it returns says, at the end, how many there were. What is
   * kept counts for nothing, nor does what the caller is already waiting for. Throws CALLER_RATE_LIMITED, or TOO_EXPENSIVE where
   * no minute would do.
   */
  async hold(
    caller: string,
    upstream: Upstream,
    fields: readonly PlannedField[],
  ): Promise<(requests: number) => void> {
    const limit = this.#limits.requests;
    if (limit === null || fields.length === 0) return () => {};
    const account = this.#account(caller);
    const now = this.#now();
    const fits = (names: ReadonlySet<RequestName>) =>
      account.requests.sum(now) + account.unheld(names).length <= limit;
    let names = namesOfRequests(fields);
    if (!fits(names)) {
      const plan = await estimate(upstream, fields);
      refuseTooExpensive(plan, limit);
      names = new Set(
        plan.fields.filter(({ refusesItself }) => !refusesItself).flatMap(({ names }) => names),
      );
      const excess = account.requests.sum(now) + account.unheld(names).length - limit;
      if (excess > 0)
        throw limited(
          "upstream requests",
          "CALLER_REQUESTS_PER_MINUTE",
          limit,
          limit + excess,
          account.requests.freeInMs(now, excess),
        );
    }
    return account.hold(names, now);
  }

  #account(caller: string): Account {
    const known = this.#accounts.get(caller);
    if (known !== undefined) return known;
    const account = new Account();
    this.#accounts.set(caller, account);
    return account;
  }
}

class Account {
  readonly operations = new SlidingMinute();
  readonly requests = new SlidingMinute();
  /** Request plans of operations under way, by name. */
  readonly #held = new Set<RequestName>();

  unheld(names: ReadonlySet<RequestName>): RequestName[] {
    return [...names].filter((each) => !this.#held.has(each));
  }

  hold(names: ReadonlySet<RequestName>, now: Instant): (requests: number) => void {
    const own = this.unheld(names);
    for (const each of own) this.#held.add(each);
    const second = this.requests.add(now, own.length);
    return (requests) => {
      for (const each of own) this.#held.delete(each);
      second.count += requests - own.length;
    };
  }
}

interface Second {
  /** When it ends. */
  readonly until: Instant;
  count: number;
}

/** A sum over the last minute, by seconds: what was added counts for a minute, and for up to a second more. */
class SlidingMinute {
  #seconds: Second[] = [];

  add(now: Instant, count: number): Second {
    const until = (Math.floor(now / 1_000) + 1) * 1_000;
    const last = this.#seconds.at(-1);
    const second = last?.until === until ? last : { until, count: 0 };
    if (second !== last) this.#seconds.push(second);
    second.count += count;
    return second;
  }

  sum(now: Instant): number {
    const counts = ({ until }: Second) => until + MINUTE_MS > now && until <= now + 1_000;
    const [first] = this.#seconds;
    const last = this.#seconds.at(-1);
    // A clock that was set back leaves none behind that would count for longer.
    if (first && last && !(counts(first) && counts(last))) this.#seconds = this.#seconds.filter(counts);
    let sum = 0;
    for (const { count } of this.#seconds) sum += count;
    return sum;
  }

  /** Milliseconds until so much of the sum has passed. */
  freeInMs(now: Instant, count: number): number {
    let freed = 0;
    const last = this.#seconds.find((second) => {
      freed += second.count;
      return freed >= count;
    });
    return (last?.until ?? now) + MINUTE_MS - now;
  }
}

function limited(what: string, limit: string, max: number, value: number, waitMs: number): GatewayError {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
  return new GatewayError(
    "CALLER_RATE_LIMITED",
    `You may have ${max} ${what} per minute (${limit}), and this would exceed it; retry in ${retryAfter} seconds.`,
    { limit, max, value, retryAfter },
  );
}
