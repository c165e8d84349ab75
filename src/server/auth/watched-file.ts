import { statSync } from "node:fs";
import { ConfigError } from "../../settings/config-error.ts";

/** How often files are looked at for changes. */
const LOOK_MS = 1_000;

/** A file that nothing was written to for so long is complete. */
const WRITTEN_MS = 10_000;

/** A changed file of the operator that is in force now. */
export interface FileRead {
  readonly holds: "key" | "tokens" | "budgets" | "seat prices" | "teams and aliases";
  /** Organization of a key, or of the people in teams where organizations are named. */
  readonly organization?: string;
  /** Fingerprint of a key. */
  readonly key?: string;
}

export interface WatchedFileOptions<T> {
  /** Paths of the files that one reading is made of; an empty path names no file. */
  readonly paths: readonly string[];
  /** Reads all of them; throws ConfigError where they cannot be used. */
  readonly read: () => T;
  /** The value at start. */
  readonly first: T;
  /** Called with each later reading, and the one that it replaces. */
  readonly onRead: (reading: T, before: T) => void;
  /** Called once for each fault that lasts; the reading before stays in force. */
  readonly onFault: (fault: unknown) => void;
  /** Note for the operator beside a fault: what stays in force. */
  readonly staying: string;
  /**
   * Waits with a changed file until one look finds it as the last one did, or nothing was written to it for ten seconds. A list that
   * is still being written can be read, and is short.
   */
  readonly settles: boolean;
  /** Milliseconds that have passed. */
  readonly elapsedMs: () => number;
}

/** Returns the latest usable reading of files that may change while the gateway runs; looks at most once a second. */
export function watchedFile<T>({
  paths,
  read,
  first,
  onRead,
  onFault,
  staying,
  settles,
  elapsedMs,
}: WatchedFileOptions<T>): () => T {
  const versionNow = () => paths.map(versionOf).join("\n");
  let reading = first;
  let version = versionNow();
  let seen = version;
  let lookedAt = elapsedMs();
  let reported = "";

  function look(): void {
    const current = versionNow();
    // Only questions look. Where they are rare, the first one after a change would be answered by the reading before it.
    const isSettled = !settles || current === seen || paths.every(isOld);
    seen = current;
    if (!isSettled) return;
    try {
      if (current !== version) {
        const before = reading;
        reading = read();
        onRead(reading, before);
      }
      version = current;
      reported = "";
    } catch (fault) {
      if (!(fault instanceof ConfigError)) throw fault;
      const lasting = new ConfigError([...fault.faults, staying]);
      if (lasting.message !== reported) onFault(lasting);
      reported = lasting.message;
    }
  }

  return () => {
    if (paths.some((path) => path !== "") && elapsedMs() >= lookedAt + LOOK_MS) {
      lookedAt = elapsedMs();
      look();
    }
    return reading;
  };
}

/** Checks, by the clock of the machine, that a file is there and was not written to of late; no file counts as old. */
function isOld(path: string): boolean {
  if (path === "") return true;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Math.max(stats.mtimeMs, stats.ctimeMs) + WRITTEN_MS <= Date.now();
}

/** A file with changed rights counts as another version; a missing or unreadable file is empty text. */
function versionOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return "";
  }
}
