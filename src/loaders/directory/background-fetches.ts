import { randomUUID } from "node:crypto";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Instant } from "../../domain/day.ts";
import { GatewayError } from "../../errors.ts";
import type { OperationOptions } from "../../upstream/budget/operation.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { PartNote, PartNotes } from "./notes.ts";
import { type DirectoryPart, type HeldPart, type Parts, type Progress, REFRESH_MS, sizeOf } from "./part.ts";
import { readPart } from "./read-part.ts";

/** One replica fetches a part and renews its lease as it goes. A page can wait for the next minute's requests. */
export const LEASE_MS = 90_000;

/** Pages or groups between two notes of the progress. */
const STEPS = 10;

export interface BackgroundFetchesOptions {
  readonly operation: (asker: OperationOptions) => Upstream;
  readonly now: () => Instant;
  /** Null: this process is alone. */
  readonly store: SharedStore | null;
  readonly keyOf: (part: DirectoryPart) => string;
  readonly notes: PartNotes;
  /** Is called with a part that has been fetched. */
  readonly onFetched: <P extends DirectoryPart>(part: P, held: HeldPart<Parts[P]>) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Another replica has taken over the fetch while this one was held up. */
class Superseded extends Error {}

/**
 * Fetches parts in the background, page by page into the store, each by one replica at a time. A fetch that ends early is
 * continued later, because every part is made of pages that are stored as any other.
 */
export class BackgroundFetches {
  readonly #options: BackgroundFetchesOptions;
  readonly #running = new Map<DirectoryPart, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: BackgroundFetchesOptions) {
    this.#options = options;
  }

  isRunning(part: DirectoryPart): boolean {
    return this.#running.has(part);
  }

  /** Begins to fetch a part, unless it is being fetched here. */
  begin(part: DirectoryPart, progress: Progress): void {
    if (this.#stopping.signal.aborted || this.#running.has(part)) return;
    const fetching = this.#fetch(part, progress)
      .catch((fault: unknown) => {
        // Upstream's faults pass, and the next question begins again; a fetch that was superseded is not a fault.
        if (!(fault instanceof GatewayError || fault instanceof Superseded)) this.#options.onFault(fault);
      })
      .finally(() => this.#running.delete(part));
    this.#running.set(part, fetching);
  }

  /** The upstream that background fetches read; `since` is the oldest page they take from the store. */
  upstream(since?: Instant): Upstream {
    return this.#options.operation({
      signal: this.#stopping.signal,
      priority: "refresh",
      unbounded: true,
      ...(since === undefined ? {} : { since }),
    });
  }

  /** Ends all fetches at once; what they have stored is kept. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  /** Fetches a part; pages that are too young to be refreshed are left as they are. */
  async #fetch(part: DirectoryPart, progress: Progress): Promise<void> {
    const { now, store, keyOf, notes, onFetched } = this.#options;
    const name = keyOf(part);
    const holder = randomUUID();
    const lease = async () => (await store?.acquire(name, holder, LEASE_MS)) ?? true;
    if (!(await lease())) return;
    const before = await notes.of(part);
    const note = (step: Progress, wholeAt: PartNote["wholeAt"]) =>
      notes.write(part, { ...step, wholeAt, usedAt: before?.usedAt ?? now(), at: now() });
    let steps = 0;
    let isOver = false; // requests that were under way when one failed come in later
    try {
      await note(progress, before?.wholeAt ?? null);
      const held = await readPart(part, this.upstream(now() - REFRESH_MS), async (step) => {
        steps++;
        if (steps % STEPS !== 0) return;
        if (!(await lease())) throw new Superseded();
        if (isOver) return;
        await note({ done: step.done, total: step.total ?? before?.total ?? null }, before?.wholeAt ?? null);
      });
      onFetched(part, held);
      const all = sizeOf(held.value);
      await note({ done: all, total: all }, held.fetchedAt);
    } catch (fault) {
      isOver = true;
      const last = notes.ownOf(part);
      if (!(fault instanceof Superseded) && last !== null) await notes.write(part, { ...last, at: 0 });
      throw fault;
    } finally {
      await store?.release(name, holder);
    }
  }
}
