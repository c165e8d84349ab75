import { LRUCache } from "lru-cache";
import type { Instant } from "../../domain/day.ts";
import type { RequestName } from "../../planning/estimate.ts";
import type { CallerAccounts, Grant, Hold } from "./accounts.ts";
import { LeasedHolds, type RemoteHolds } from "./leased-holds.ts";

/** The accounts of the process that keeps them for several. */
export interface RemoteAccounts extends RemoteHolds {
  grant(caller: string, limit: number, wanted: number): Promise<Grant>;
  giveBack(caller: string, second: Instant, operations: number): void;
}

interface Lease {
  left: number;
  /** When it ends, by the clock of this process. */
  until: number;
  second: Instant;
  /** The number of operations that the last grant requested. */
  wanted: number;
  refill: Promise<Grant> | null;
}

/** The most operations of one grant. */
const MAX_GRANT = 1_024;

const SWEEP_MS = 1_000;
const REMEMBERED = 10_000;

type Taken = Pick<Grant, "operations" | "ms">;

const TAKEN: Taken = { operations: 1, ms: 0 };

/**
 * Accounts that another process keeps. Operations are taken from it several at a time, more where a caller uses them up within their
 * second, so that most are counted without a message. All that are taken count at once, and those that are left are given back: a
 * caller never has more than its limit, and near it can be refused up to two seconds early.
 */
export class LeasedAccounts implements CallerAccounts {
  readonly #remote: RemoteAccounts;
  readonly #elapsedMs: () => number;
  readonly #holds: LeasedHolds;
  readonly #leases = new LRUCache<string, Lease>({
    max: REMEMBERED,
    dispose: (lease, caller) => this.#giveBack(caller, lease),
  });
  readonly #unused = new Set<string>();

  /** `workers` is the number of the processes that share the accounts. */
  constructor(remote: RemoteAccounts, workers: number, elapsedMs: () => number) {
    this.#remote = remote;
    this.#holds = new LeasedHolds(remote, workers);
    this.#elapsedMs = elapsedMs;
    setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  takeOperation(caller: string, limit: number): Taken | Promise<Taken> {
    const lease = this.#leases.get(caller);
    if (lease === undefined || lease.left === 0 || this.#elapsedMs() >= lease.until)
      return this.#refill(caller, limit);
    lease.left--;
    return TAKEN;
  }

  hold(caller: string, limit: number, names: readonly RequestName[]): Hold | Promise<Hold> {
    return this.#holds.hold(caller, limit, names);
  }

  settle(id: number, requests: number): void {
    this.#holds.settle(id, requests);
  }

  /** Requests of one caller that come together wait for one grant, and for another where it was too small. */
  async #refill(caller: string, limit: number): Promise<Taken> {
    const lease = this.#leases.get(caller) ?? { left: 0, until: 0, second: 0, wanted: 0, refill: null };
    if (!this.#leases.has(caller)) this.#leases.set(caller, lease);
    const isFirst = lease.refill === null;
    lease.refill ??= this.#grant(caller, limit, lease);
    const grant = await lease.refill;
    if (grant.operations === 0) return grant;
    return isFirst ? TAKEN : this.takeOperation(caller, limit);
  }

  async #grant(caller: string, limit: number, lease: Lease): Promise<Grant> {
    const askedAt = this.#elapsedMs();
    lease.wanted = askedAt < lease.until ? Math.min(2 * lease.wanted, MAX_GRANT) : 1;
    this.#giveBack(caller, lease);
    const grant = await this.#remote.grant(caller, limit, lease.wanted).finally(() => {
      lease.refill = null;
    });
    lease.left = Math.max(0, grant.operations - 1); // one is of the request that asked
    lease.second = grant.second;
    lease.until = askedAt + grant.ms; // not later than the second ends there
    if (lease.left > 0) this.#unused.add(caller);
    return grant;
  }

  #sweep(): void {
    for (const caller of this.#unused) {
      const lease = this.#leases.peek(caller);
      if (lease !== undefined && this.#elapsedMs() < lease.until) continue;
      this.#unused.delete(caller);
      if (lease !== undefined) this.#giveBack(caller, lease);
    }
  }

  #giveBack(caller: string, lease: Lease): void {
    if (lease.left > 0) this.#remote.giveBack(caller, lease.second, lease.left);
    lease.left = 0;
  }
}
