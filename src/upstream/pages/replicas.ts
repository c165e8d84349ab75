import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeEntry, encodeEntry, type Kept } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";

/** An upstream body as one replica got it, read. */
export interface Shared<Page> {
  readonly page: Page;
  readonly bytes: number;
  /** Another replica, or this one before its restart, had asked for it. */
  readonly isKept: boolean;
}

export interface Sharing<Page> {
  readonly store: SharedStore;
  readonly key: string;
  /** Reads a kept body; throws where it is not what it should be. */
  readonly read: (kept: Kept) => Page;
  readonly isUsable: (page: Page) => boolean;
  /** How long it is worth keeping; null for good. */
  readonly lifetimeMs: (page: Page) => number | null;
  /** How long others wait for one that asks and lives, at the most. Null: nobody shall wait for this one, which is in no hurry. */
  readonly maxWaitMs: number | null;
}

/** One that asks says so again and again: of one that has died, as by kill -9, nobody waits for longer than this. */
const LEASE_MS = 4_000;

/** How soon a replica looks whether another one has the answer yet, and how often at the least. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 200;

/**
 * A page that replicas share: as it is kept, else asked for by one of them while the others wait for it. Whoever has
 * waited as long as it can asks too, lest it inherit a hang.
 */
export async function shared<Page>(
  { store, key, read, isUsable, lifetimeMs, maxWaitMs }: Sharing<Page>,
  ask: () => Promise<{ readonly page: Page; readonly kept: Kept }>,
): Promise<Shared<Page>> {
  const kept = async (): Promise<Shared<Page> | null> => {
    const bytes = await store.get(key);
    if (bytes === null) return null;
    const entry = await decodeEntry(key, bytes);
    try {
      if (entry !== null) {
        const page = read(entry);
        return isUsable(page) ? { page, bytes: entry.body.length, isKept: true } : null;
      }
    } catch {
      // Of an older reading of the contract, or damaged in a way that only reading shows.
    }
    await store.delete(key);
    return null;
  };

  const askAndKeep = async (): Promise<Shared<Page>> => {
    // Whoever had the name before may have got the answer since it was looked for.
    const found = await kept();
    if (found !== null) return found;
    const asked = await ask();
    await store.set(key, await encodeEntry(asked.kept), lifetimeMs(asked.page));
    return { page: asked.page, bytes: asked.kept.body.length, isKept: false };
  };
  if (maxWaitMs === null) return askAndKeep();

  const holder = randomUUID();
  const lease = () => store.acquire(key, holder, LEASE_MS);
  const latest = performance.now() + maxWaitMs;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LAST_LOOK_MS)) {
    const found = await kept();
    if (found !== null) return found;
    if (await lease()) break;
    if (performance.now() > latest) break;
    await sleep(pause);
  }
  const renewal = setInterval(() => void lease(), LEASE_MS / 4);
  try {
    return await askAndKeep();
  } finally {
    clearInterval(renewal);
    await store.release(key, holder);
  }
}
