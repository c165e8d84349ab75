import { causeCodeOf, Outage, type OutageSubject } from "../errors.ts";
import type { RateLimiter, SharedStore } from "./shared-store.ts";

/**
 * How long one call may take before the store counts as away, counted in ticks of the event loop: a process too busy to
 * read the answer that is there must not blame the store.
 */
const TIMEOUT_MS = 800;
const TICK_MS = 100;

/** How long nothing is asked of a store that is away. */
const REST_MS = 5_000;

/** An outage is over when nothing has failed for so long: a full disk fails now and then, and is one outage. */
const QUIET_MS = 30_000;

export interface GuardOptions {
  /** Stands in for the store's own while that is away. */
  readonly rateLimiter: RateLimiter;
  /** Called with an Outage, once for each cause of one outage. */
  readonly onFault: (fault: unknown) => void;
  readonly onRecovery: (about: OutageSubject, seconds: number) => void;
  /** Milliseconds since some moment. */
  readonly now?: () => number;
  /** How long one call may take; 800 by default. */
  readonly timeoutMs?: number;
}

/** Calls a store, leaves it alone for a while after it failed or hung, and tells of each outage once. */
export class Guard {
  readonly #about: OutageSubject;
  readonly #options: Pick<GuardOptions, "onFault" | "onRecovery"> & { readonly now: () => number };
  readonly #ticks: number;
  #restsUntil = Number.NEGATIVE_INFINITY;
  #outage: { readonly since: number; failedAt: number; readonly codes: Set<string> } | null = null;

  constructor(
    about: OutageSubject,
    {
      onFault,
      onRecovery,
      now = () => performance.now(),
      timeoutMs = TIMEOUT_MS,
    }: Omit<GuardOptions, "rateLimiter">,
  ) {
    this.#about = about;
    this.#ticks = Math.ceil(timeoutMs / TICK_MS);
    this.#options = { onFault, onRecovery, now };
  }

  async call<T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
    if (this.#options.now() < this.#restsUntil) return otherwise();
    const late = afterTicks(this.#ticks, () => outageOf(this.#about, "ETIMEDOUT"));
    try {
      const work = ask();
      work.catch(() => {}); // it may fail after it was given up
      const answer = await Promise.race([work, late.promise]);
      this.#works();
      return answer;
    } catch (fault) {
      this.#fails(fault);
      return otherwise();
    } finally {
      late.cancel();
    }
  }

  #fails(fault: unknown): void {
    const at = this.#options.now();
    this.#restsUntil = at + REST_MS;
    this.#outage ??= { since: at, failedAt: at, codes: new Set() };
    this.#outage.failedAt = at;
    const outage = outageFrom(this.#about, fault);
    if (this.#outage.codes.has(outage.code)) return;
    this.#outage.codes.add(outage.code);
    this.#options.onFault(outage);
  }

  #works(): void {
    if (this.#outage === null || this.#options.now() < this.#outage.failedAt + QUIET_MS) return;
    this.#options.onRecovery(this.#about, Math.round((this.#outage.failedAt - this.#outage.since) / 1_000));
    this.#outage = null;
  }
}

/**
 * Wraps a store so that its failures do no harm: one that fails or hangs is not used for a while, and its entries count as
 * missing. Replicas then hold no names, so an answer may be fetched twice, and is right.
 */
export function guardedStore(store: SharedStore, { rateLimiter, ...options }: GuardOptions): SharedStore {
  const { about } = store;
  const guard = new Guard(about, options);
  const call = <T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>) => guard.call(ask, otherwise);
  const nothing = () => {};
  return {
    about,
    get: (key) =>
      call(
        () => store.get(key),
        () => null,
      ),
    set: (key, value, lifetimeMs) => call(() => store.set(key, value, lifetimeMs), nothing),
    delete: (key) => call(() => store.delete(key), nothing),
    acquire: (name, holder, lifetimeMs) =>
      call(
        () => store.acquire(name, holder, lifetimeMs),
        () => true,
      ),
    release: (name, holder) => call(() => store.release(name, holder), nothing),
    take: (bucket, slots, windowMs) =>
      call(
        () => store.take(bucket, slots, windowMs),
        () => rateLimiter.take(bucket, slots, windowMs),
      ),
    async block(bucket, forMs) {
      await rateLimiter.block(bucket, forMs);
      await call(() => store.block(bucket, forMs), nothing);
    },
    occupancy: (bucket) =>
      call(
        () => store.occupancy(bucket),
        () => rateLimiter.occupancy(bucket),
      ),
    dispose: () => store.dispose(),
  };
}

/** Rejects after so many ticks of the event loop, unless it is cancelled. */
export function afterTicks(ticks: number, fault: () => Error) {
  const { promise, reject } = Promise.withResolvers<never>();
  let passed = 0;
  const timer = setInterval(() => {
    passed++;
    if (passed === ticks) reject(fault());
  }, TICK_MS);
  return { promise, cancel: () => clearInterval(timer) };
}

/** A store that fails, in a sentence that says what an operator can do where the code tells. */
export function outageOf(about: OutageSubject, code: string, cause?: unknown): Outage {
  const hint = hintOf(code);
  const { part, follows } = HARM[about.part ?? "store"];
  return new Outage(
    `the ${part} cannot be used${hint === null ? "" : `: ${hint}`}; ${follows}`,
    code,
    about,
    cause,
  );
}

const HARM = {
  store: { part: "store", follows: "answers stay correct but take more upstream requests" },
  archive: { part: "archive", follows: "days that upstream no longer serves cannot be answered" },
  alerts: { part: "store of alerts", follows: "alerts are recorded and sent once it works again" },
} as const;

/** The outage that a fault of a store is; one that is an outage already stays as it is. */
export function outageFrom(about: OutageSubject, fault: unknown): Outage {
  return fault instanceof Outage ? fault : outageOf(about, causeCodeOf(fault), fault);
}

/** Faults that an operator must fix before the gateway starts; null for transient faults. */
export function refusalOf(fault: unknown): string | null {
  if (!(fault instanceof Outage)) return null;
  const mistake = mistakeOf(fault);
  const { store, path, host } = fault.about;
  return (
    mistake &&
    `CACHE_URL names a store that cannot be used: ${mistake} (${store} ${path ?? host}, ${fault.code}).`
  );
}

/** Returns what the operator has to correct before the gateway starts, without a place; null for transient faults. */
export function mistakeOf({ code }: Outage): string | null {
  return Object.hasOwn(MISTAKES, code) ? (MISTAKES[code] ?? null) : null;
}

function hintOf(code: string): string | null {
  return [MISTAKES, TRANSIENT].find((hints) => Object.hasOwn(hints, code))?.[code] ?? null;
}

/** Faults that are there until an operator does something. */
const MISTAKES: Readonly<Record<string, string>> = {
  FOREIGN_FILE: "the file was not created by this gateway and is left unchanged; set another path",
  NEWER_FILE: "a newer version of the gateway created the file; start that version or set another path",
  NOT_A_FILE: "the path is a folder or a device; set the path of a file",
  ORPHAN_WAL:
    "the file is empty or missing, but database changes (-wal or -journal) are beside it; move those away or set another path",
  ENOENT: "its folder does not exist; create it or set another path",
  ENOTDIR: "a part of its path is a file, not a folder; set another path",
  ENAMETOOLONG: "its path is too long",
  EACCES: "the gateway is not permitted to read and write it; grant its user access or set another path",
  EPERM: "the gateway is not permitted to read and write it; grant its user access or set another path",
  NOAUTH: "it requires a password; put a colon, the password and an @ before the host in CACHE_URL",
  WRONGPASS: "it does not accept the user or password in CACHE_URL",
  DB_NUMBER: "it has no database with the number in CACHE_URL (a cluster has only one); omit the number",
  NOPERM:
    "its user is not permitted to run the commands that the gateway needs: GET, SET, UNLINK, EVAL and those of its scripts, on keys that begin with claude-analytics-gateway:",
};

/** Faults that can pass by themselves. */
const TRANSIENT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no server listens there",
  ENOTFOUND: "no host has this name",
  ETIMEDOUT: "it does not answer in time",
  READONLY: "it is a read-only replica",
  LOADING: "it is reading its data from disk",
  MASTERDOWN: "it is a replica, and its primary is unavailable",
  CLUSTERDOWN: "the cluster has no node for some of the keys",
  OOM: "it is full; set its maxmemory-policy to volatile-lru, or give it more memory",
  MISCONF: "it cannot write to its disk and therefore rejects writes",
  ENOSPC: "its disk is full",
  EROFS: "its disk is read-only",
  SQLITE_FULL: "its disk is full",
  SQLITE_READONLY: "the gateway is not permitted to write the file",
  SQLITE_BUSY: "another process has been writing to it for too long",
};
