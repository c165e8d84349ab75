import type { Allowance, SharedStore } from "./shared-store.ts";

/**
 * How long one call may take before the store counts as away, in ticks of the event loop: a process too busy to read the
 * answer that is there must not blame the store.
 */
const TICKS = 8;
const TICK_MS = 100;

/** How long nothing is asked of a store that is away. */
const REST_MS = 5_000;

export interface GuardOptions {
  /** Stands in for the store's own while that is away. */
  readonly allowance: Allowance;
  /** Told when the store goes away, once for each time. */
  readonly onFault: (fault: unknown) => void;
}

/**
 * A store that cannot hurt: one that fails or hangs is left alone for a while, and what it holds is as good as not there. A
 * name is then everybody's: an answer may be asked for twice, and is right.
 */
export function guardedStore(store: SharedStore, { allowance, onFault }: GuardOptions): SharedStore {
  let restsUntil = 0;

  async function call<T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
    if (performance.now() < restsUntil) return otherwise();
    const { promise: late, reject } = Promise.withResolvers<never>();
    let ticks = 0;
    const timer = setInterval(() => {
      ticks++;
      if (ticks === TICKS) reject(new Error("the shared store does not answer"));
    }, TICK_MS);
    try {
      const work = ask();
      work.catch(() => {}); // it may fail after it was given up
      return await Promise.race([work, late]);
    } catch (fault) {
      if (performance.now() >= restsUntil) onFault(fault);
      restsUntil = performance.now() + REST_MS;
      return otherwise();
    } finally {
      clearInterval(timer);
    }
  }

  const nothing = () => {};
  return {
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
        () => allowance.take(bucket, slots, windowMs),
      ),
    async block(bucket, forMs) {
      await allowance.block(bucket, forMs);
      await call(() => store.block(bucket, forMs), nothing);
    },
    occupancy: (bucket) =>
      call(
        () => store.occupancy(bucket),
        () => allowance.occupancy(bucket),
      ),
    dispose: () => store.dispose(),
  };
}
