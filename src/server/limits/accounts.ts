import { LRUCache } from "lru-cache";
import type { Instant } from "../../domain/day.ts";
import type { RequestName } from "../../planning/estimate.ts";

type Eventually<T> = T | Promise<T>;

/** Operations that a caller was given of its minute. */
export interface Grant {
  /** None: the minute is used up. */
  readonly operations: number;
  /** How long they can be used, or, where there are none, how long it takes until one is free. */
  readonly ms: number;
  /** The second they count in. */
  readonly second: Instant;
}

/** Upstream requests that are held against a caller. */
export type Hold =
  | { readonly id: number }
  /** Nothing is held: there were so many too many, and they are free in so many milliseconds. */
  | { readonly excess: number; readonly ms: number };

/** The use of this minute by each caller. */
export interface CallerAccounts {
  /** Takes an operation from the minute of a caller that has `limit` of them. */
  takeOperation(caller: string, limit: number): Eventually<Pick<Grant, "operations" | "ms">>;
  /** Holds the requests with these names, except those that are held already. */
  hold(caller: string, limit: number, names: readonly RequestName[]): Eventually<Hold>;
  /** Ends a hold: so many requests were made. */
  settle(id: number, requests: number): void;
}

const MINUTE_MS = 60_000;

/** The number of recent callers that are remembered; a caller who returns after so many others starts anew. */
const REMEMBERED = 10_000;

/** The part of what is left of a minute that one grant can take. */
const GRANTED_PART = 1 / 8;

/** Accounts in the memory of one process. */
export class MemoryAccounts implements CallerAccounts {
  readonly #now: () => Instant;
  // Bounded by size: a `max` reserves memory for all of them at once.
  readonly #accounts = new LRUCache<string, Account>({ maxSize: REMEMBERED, sizeCalculation: () => 1 });
  readonly #holds = new Map<number, (requests: number | null) => void>();
  #lastId = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  takeOperation(caller: string, limit: number): Grant {
    return this.grant(caller, limit, 1);
  }

  /** Gives as many operations as are wanted, or a part of what is left, and one at the least. They count now, used or not. */
  grant(caller: string, limit: number, wanted: number): Grant {
    const { operations } = this.#account(caller);
    const now = this.#now();
    const left = limit - operations.sum(now);
    if (left <= 0) return { operations: 0, ms: operations.freeInMs(now, 1), second: 0 };
    const granted = Math.min(wanted, Math.max(1, Math.floor(left * GRANTED_PART)));
    const { until } = operations.add(now, granted);
    return { operations: granted, ms: until - now, second: until };
  }

  /** Takes operations back that were granted in a second and not used. */
  giveBack(caller: string, second: Instant, operations: number): void {
    this.#account(caller).operations.remove(second, operations);
  }

  hold(caller: string, limit: number, names: readonly RequestName[]): Hold {
    const account = this.#account(caller);
    const now = this.#now();
    const excess = account.requests.sum(now) + account.unheld(names).length - limit;
    if (excess > 0) return { excess, ms: account.requests.freeInMs(now, excess) };
    const id = ++this.#lastId;
    this.#holds.set(id, account.hold(names, now));
    return { id };
  }

  /** Null: what was made is not known, so that all that was held counts. */
  settle(id: number, requests: number | null): void {
    this.#holds.get(id)?.(requests);
    this.#holds.delete(id);
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

  unheld(names: readonly RequestName[]): RequestName[] {
    return names.filter((each) => !this.#held.has(each));
  }

  hold(names: readonly RequestName[], now: Instant): (requests: number | null) => void {
    const own = this.unheld(names);
    for (const each of own) this.#held.add(each);
    const second = this.requests.add(now, own.length);
    return (requests) => {
      for (const each of own) this.#held.delete(each);
      if (requests !== null) this.requests.change(second, requests - own.length);
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
  /** Of all seconds: to add them up for each operation takes longer than anything else about its limits. */
  #sum = 0;

  add(now: Instant, count: number): Second {
    const until = (Math.floor(now / 1_000) + 1) * 1_000;
    const last = this.#seconds.at(-1);
    const second = last?.until === until ? last : { until, count: 0 };
    if (second !== last) this.#seconds.push(second);
    this.change(second, count);
    return second;
  }

  /** Adds to a second that was there; one that has passed no longer counts. */
  change(second: Second, count: number): void {
    if (count === 0 || this.#seconds.lastIndexOf(second) < 0) return;
    second.count += count;
    this.#sum += count;
  }

  remove(until: Instant, count: number): void {
    const second = this.#seconds.find((each) => each.until === until);
    if (second !== undefined) this.change(second, -Math.min(count, second.count));
  }

  sum(now: Instant): number {
    const counts = ({ until }: Second) => until + MINUTE_MS > now && until <= now + 1_000;
    const [first] = this.#seconds;
    const last = this.#seconds.at(-1);
    // A clock that was set back leaves none behind that would count for longer.
    if (first && last && !(counts(first) && counts(last))) {
      this.#seconds = this.#seconds.filter(counts);
      this.#sum = this.#seconds.reduce((sum, { count }) => sum + count, 0);
    }
    return this.#sum;
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
