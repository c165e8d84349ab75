import { GatewayError, Outage, type OutageSubject } from "../errors.ts";
import { Guard, type GuardOptions } from "./guarded-store.ts";
import type { LogLines, Logs } from "./logs.ts";

/**
 * Keeps final figures that cannot be fetched again: upstream stops serving them when they are a year old. Entries are never
 * changed, evicted or dropped, and hold no name or address of a person. The archive is apart from the store, which can be lost
 * at any time.
 */
export interface Archive extends Logs {
  readonly about: OutageSubject;
  get(key: string): Promise<Uint8Array | null>;
  has(key: string): Promise<boolean>;
  /** Keeps a value; one that is there stays. False: there is no room, and nothing was kept. */
  put(key: string, value: Uint8Array): Promise<boolean>;
  dispose(): Promise<void>;
}

/** How much waits for an archive that is away. */
const MAX_WAITING_BYTES = 32 * 2 ** 20;

/**
 * An archive that is left alone for a while after it failed. What could not be kept waits, within a bound, and what it holds cannot be
 * read: that is an error, since the answer without it would be that there is nothing.
 */
export function guardedArchive(archive: Archive, options: Omit<GuardOptions, "rateLimiter">): Archive {
  const { about } = archive;
  const guard = new Guard(about, options);
  const waiting = new Map<string, Uint8Array>();
  const waitingLines: { readonly log: string; readonly lines: LogLines; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  let isFull = false;

  /** True if there was room; null where the archive is away. */
  async function keep(key: string, value: Uint8Array): Promise<boolean | null> {
    const kept = await guard.call<boolean | null>(
      () => archive.put(key, value),
      () => null,
    );
    if (kept === false && !isFull) options.onFault(new Outage(FULL, "ARCHIVE_FULL", about));
    if (kept !== null) isFull = !kept;
    return kept;
  }

  /** Takes room for what waits; false if too much waits already. */
  function hasRoom(bytes: number): boolean {
    if (waitingBytes + bytes > MAX_WAITING_BYTES) {
      options.onFault(new Outage(LOST, "ARCHIVE_AWAY", about));
      return false;
    }
    waitingBytes += bytes;
    return true;
  }

  function wait(key: string, value: Uint8Array): void {
    if (!waiting.has(key) && hasRoom(value.length)) waiting.set(key, value);
  }

  /** False where the archive is away. */
  const append = (log: string, lines: LogLines) =>
    guard.call(
      async () => {
        await archive.append(log, lines);
        return true;
      },
      () => false,
    );

  async function keepWaiting(): Promise<void> {
    for (let next = waitingLines[0]; next !== undefined; next = waitingLines[0]) {
      if (!(await append(next.log, next.lines))) return;
      if (waitingLines[0] !== next) continue; // another call has been faster
      waitingLines.shift();
      waitingBytes -= next.bytes;
    }
    for (const [key, value] of waiting) {
      if ((await keep(key, value)) === null) return;
      waiting.delete(key);
      waitingBytes -= value.length;
    }
  }

  const unreadableLog = () => {
    throw new GatewayError("UPSTREAM_UNAVAILABLE", UNREADABLE_LOG);
  };

  return {
    about,
    get: (key) =>
      guard.call(
        () => archive.get(key),
        () => {
          throw new GatewayError("UPSTREAM_UNAVAILABLE", UNREADABLE);
        },
      ),
    has: (key) =>
      guard.call(
        () => archive.has(key),
        () => waiting.has(key),
      ),
    async put(key, value) {
      const kept = await keep(key, value);
      if (kept === null) wait(key, value);
      else if (waiting.size + waitingLines.length > 0) await keepWaiting();
      return kept ?? false;
    },
    async append(log, lines) {
      const bytes = [...lines.values()].reduce((sum, { length }) => sum + length, 0);
      if (!(await append(log, lines))) {
        if (hasRoom(bytes)) waitingLines.push({ log, lines, bytes });
      } else if (waiting.size + waitingLines.length > 0) await keepWaiting();
    },
    names: (log) => guard.call(() => archive.names(log), unreadableLog),
    read: (log, names) => guard.call(() => archive.read(log, names), unreadableLog),
    drop: (log, names) =>
      guard.call(
        () => archive.drop(log, names),
        () => {},
      ),
    async dispose() {
      await keepWaiting();
      await archive.dispose();
    },
  };
}

const FULL =
  "the archive is full (ARCHIVE_BYTES): it keeps its entries and adds no new final figures; upstream serves those for one year from their day, so raise the limit before that";

const LOST =
  "the archive was unavailable for too long, so some final figures are missing; they are added when they are next queried";

const UNREADABLE_LOG =
  "The archive that keeps what upstream's reports said before cannot be read now; retry later.";

const UNREADABLE =
  "Upstream no longer serves these days, and the archive that keeps them cannot be read now; retry later.";
