import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeEntry, encodeEntry, type Kept } from "../../cache/entry.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { BackgroundWrites } from "./background-writes.ts";

/** An upstream body as one replica got it, read. */
export interface Shared<Page> {
  readonly page: Page;
  readonly bytes: number;
  /** Another replica, or this one before its restart, had requested it. */
  readonly isKept: boolean;
}

export interface Sharing<Page> {
  readonly store: SharedStore;
  readonly key: string;
  /** Reads a kept body; throws where it is not what it should be. */
  readonly read: (kept: Kept) => Page;
  readonly isUsable: (page: Page) => boolean;
  /** Makes the body that is stored, which `read` reads like the one that upstream sent. */
  readonly stored: (body: string) => string;
  /** How long it is worth keeping; null for good. */
  readonly lifetimeMs: (page: Page) => number | null;
  /**
   * Maximum time that others wait for a replica that fetches and is alive. Null: others do not wait, since this one has no
   * deadline.
   */
  readonly maxWaitMs: number | null;
  /** Stores the page behind its reader, while others wait. Null: the reader waits too. */
  readonly writes: BackgroundWrites | null;
}

/** A replica that fetches renews its lease: no other waits longer than this for one that died, as by kill -9. */
const LEASE_MS = 4_000;

/** How soon a replica looks whether another one has the answer yet, and how often at the least. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 200;

/**
 * Reads a page that replicas share: from the store, else one of them fetches it while the others wait. A replica that has waited
 * its maximum fetches the page too, so that it does not inherit a hang.
 */
export async function shared<Page>(
  { store, key, read, isUsable, stored, lifetimeMs, maxWaitMs, writes }: Sharing<Page>,
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

  const askAndKeep = async (keep: (bytes: number, write: Write) => Promise<void>): Promise<Shared<Page>> => {
    // The previous holder of the name may have stored the answer since the lookup.
    const found = await kept();
    if (found !== null) return found;
    const { page, kept: entry } = await ask();
    const bytes = entry.body.length;
    await keep(bytes, async () => {
      const encoded = await encodeEntry({ ...entry, body: stored(entry.body) });
      await store.set(key, encoded, lifetimeMs(page));
    });
    return { page, bytes, isKept: false };
  };
  if (maxWaitMs === null) return askAndKeep((_bytes, write) => write());

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
  const release = async () => {
    clearInterval(renewal);
    await store.release(key, holder);
  };
  let isHeld = true;
  try {
    return await askAndKeep(async (bytes, write) => {
      if (writes === null) return write();
      isHeld = false;
      await writes.add(bytes, () => write().finally(release));
    });
  } finally {
    if (isHeld) await release();
  }
}

type Write = () => Promise<void>;
