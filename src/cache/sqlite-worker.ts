import { closeSync, openSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { workerData } from "piscina";
import { causeCodeOf } from "../errors.ts";
import { LONGEST_BLOCK_MS, type Occupancy } from "./shared-store.ts";

/** What the worker is asked: one call of the store it stands behind. */
export type SqliteCall =
  | { readonly op: "get"; readonly key: string; readonly now: number }
  | {
      readonly op: "set";
      readonly key: string;
      readonly value: Uint8Array;
      readonly expiresAt: number | null;
      readonly now: number;
    }
  | { readonly op: "delete"; readonly key: string }
  | {
      readonly op: "acquire";
      readonly name: string;
      readonly holder: string;
      readonly now: number;
      readonly until: number;
    }
  | { readonly op: "release"; readonly name: string; readonly holder: string }
  | {
      readonly op: "take";
      readonly bucket: string;
      readonly slots: number;
      readonly windowMs: number;
      readonly now: number;
    }
  | { readonly op: "block"; readonly bucket: string; readonly now: number; readonly until: number }
  | { readonly op: "occupancy"; readonly bucket: string; readonly now: number }
  | { readonly op: "close" };

export interface SqliteOptions {
  readonly path: string;
  readonly maxBytes: number;
}

/** Other processes write to the same file; each waits for its turn so long. */
const BUSY_MS = 1_000;

const TABLES = `
CREATE TABLE IF NOT EXISTS pages (key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_by_use ON pages (used_at);
CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots (bucket TEXT NOT NULL, free_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS slots_by_bucket ON slots (bucket, free_at);
CREATE TABLE IF NOT EXISTS blocks (bucket TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
`;

const DROP_TABLES =
  "DROP TABLE IF EXISTS pages; DROP TABLE IF EXISTS locks; DROP TABLE IF EXISTS slots; DROP TABLE IF EXISTS blocks;";

/** Raised with the tables: what a file of another layout holds is dropped. */
const LAYOUT = 1;

const { path, maxBytes } = workerData as SqliteOptions;
/** When entries were last read; written now and then, since reading should not write. */
const read = new Map<string, number>();

let database: DatabaseSync;
let one: ReturnType<typeof statements>;
let isOpen = false;

/** Opens the file with the first call and after a fault, so that a disk that comes back is used again. */
function open(): void {
  if (isOpen) return;
  database = prepared();
  one = statements(database);
  isOpen = true;
}

/** Damage, or no database at all; it can always be filled again. */
const UNREADABLE: readonly number[] = [11, 26];

function beginAnew(): void {
  if (isOpen) database.close();
  isOpen = false;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

/** The files beside it are made with the same rights. One that is there already keeps its own. */
const OWNER_ONLY = 0o600;

function prepared(): DatabaseSync {
  closeSync(openSync(path, "a", OWNER_ONLY));
  const opened = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = INCREMENTAL;");
    const { user_version: layout } = opened.prepare("PRAGMA user_version").get() as { user_version: number };
    if (layout !== 0 && layout !== LAYOUT) opened.exec(DROP_TABLES);
    opened.exec(`${TABLES} PRAGMA user_version = ${LAYOUT};`);
    return opened;
  } catch (fault) {
    opened.close();
    throw fault;
  }
}

function statements(db: DatabaseSync) {
  return {
    get: db.prepare("SELECT value FROM pages WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)"),
    set: db.prepare(
      "INSERT OR REPLACE INTO pages (key, value, bytes, expires_at, used_at) VALUES (?, ?, ?, ?, ?)",
    ),
    delete: db.prepare("DELETE FROM pages WHERE key = ?"),
    use: db.prepare("UPDATE pages SET used_at = ? WHERE key = ?"),
    expire: db.prepare("DELETE FROM pages WHERE expires_at <= ?"),
    size: db.prepare("SELECT COALESCE(SUM(bytes), 0) AS bytes FROM pages"),
    oldest: db.prepare("SELECT key, bytes FROM pages ORDER BY used_at LIMIT 64"),
    acquire: db.prepare(
      "INSERT INTO locks (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE until <= ? OR holder = excluded.holder",
    ),
    held: db.prepare("SELECT until FROM locks WHERE name = ? AND holder <> ?"),
    release: db.prepare("DELETE FROM locks WHERE name = ? AND holder = ?"),
    blocked: db.prepare("SELECT until FROM blocks WHERE bucket = ?"),
    free: db.prepare("DELETE FROM slots WHERE bucket = ? AND free_at NOT BETWEEN ? AND ?"),
    used: db.prepare("SELECT free_at FROM slots WHERE bucket = ? ORDER BY free_at"),
    take: db.prepare("INSERT INTO slots (bucket, free_at) VALUES (?, ?)"),
    block: db.prepare(
      "INSERT INTO blocks (bucket, until) VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET until = IIF(until > ?, excluded.until, MAX(until, excluded.until))",
    ),
  };
}

/** All of it or nothing, and nobody else's between. */
function alone<T>(work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (fault) {
    database.exec("ROLLBACK");
    throw fault;
  }
}

/** Reads are noted after so many, or before anything is dropped. */
const NOTED_AFTER = 256;

function noteReads(): void {
  for (const [key, at] of read) one.use.run(at, key);
  read.clear();
}

/** Room for so many more bytes: what has expired goes first, then what was used least recently. */
function makeRoom(bytes: number, now: number): void {
  const size = () => (one.size.get() as { bytes: number }).bytes;
  if (size() + bytes <= maxBytes) return;
  noteReads();
  one.expire.run(now);
  for (let used = size(); used + bytes > maxBytes * 0.9; ) {
    const oldest = one.oldest.all() as { key: string; bytes: number }[];
    if (oldest.length === 0) return;
    for (const page of oldest) {
      if (used + bytes <= maxBytes * 0.9) return;
      one.delete.run(page.key);
      used -= page.bytes;
    }
  }
}

/** A block that lies further ahead than one can is of a clock that was ahead itself. */
function blockedMsOf(bucket: string, now: number): number {
  const block = one.blocked.get(bucket) as { until: number } | undefined;
  const ms = Math.max(0, (block?.until ?? now) - now);
  return ms < 2 * LONGEST_BLOCK_MS ? ms : 0;
}

/** The answer to a call, or the code of what went wrong: an error loses its code on the way between threads. */
export type SqliteAnswer = { readonly value: unknown } | { readonly code: string };

export default function answer(call: SqliteCall): SqliteAnswer {
  try {
    return { value: answerOrBeginAnew(call) };
  } catch (fault) {
    return { code: codeOf(fault) };
  }
}

function answerOrBeginAnew(call: SqliteCall): unknown {
  try {
    open();
    return answerFromOpen(call);
  } catch (fault) {
    if (!UNREADABLE.includes(resultOf(fault))) throw fault;
    beginAnew();
    open();
    return answerFromOpen(call);
  }
}

/** SQLite's primary result codes by number. Source: https://sqlite.org/rescode.html */
const RESULT_CODES: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

function codeOf(fault: unknown): string {
  return RESULT_CODES[resultOf(fault)] ?? causeCodeOf(fault);
}

/** SQLite's primary result code, which is the lowest byte of an extended one; 0 for a fault of another kind. */
function resultOf(fault: unknown): number {
  const { errcode }: { errcode?: unknown } = Object(fault);
  return typeof errcode === "number" ? errcode & 0xff : 0;
}

function answerFromOpen(call: SqliteCall): unknown {
  switch (call.op) {
    case "get": {
      const row = one.get.get(call.key, call.now) as { value: Uint8Array } | undefined;
      if (row === undefined) return null;
      read.set(call.key, call.now);
      if (read.size >= NOTED_AFTER) alone(noteReads);
      return row.value;
    }
    case "set":
      if (call.value.length > maxBytes) return null;
      return alone(() => {
        makeRoom(call.value.length, call.now);
        one.set.run(call.key, call.value, call.value.length, call.expiresAt, call.now);
        return null;
      });
    case "delete":
      one.delete.run(call.key);
      return null;
    case "acquire": {
      // Most who ask find it taken, which needs no writing.
      const held = one.held.get(call.name, call.holder) as { until: number } | undefined;
      if (held !== undefined && held.until > call.now) return false;
      return one.acquire.run(call.name, call.holder, call.until, call.now).changes === 1;
    }
    case "release":
      one.release.run(call.name, call.holder);
      return null;
    case "take":
      return alone(() => {
        const blockedMs = blockedMsOf(call.bucket, call.now);
        if (blockedMs > 0) return blockedMs;
        // Those far beyond a window are of a clock that was ahead itself, and has been set right since.
        one.free.run(call.bucket, call.now + 1, call.now + 2 * call.windowMs);
        const used = one.used.all(call.bucket) as { free_at: number }[];
        if (used.length >= call.slots)
          return (used[used.length - call.slots]?.free_at ?? call.now) - call.now;
        one.take.run(call.bucket, call.now + call.windowMs);
        return 0;
      });
    case "block":
      one.block.run(call.bucket, call.until, call.now + 2 * LONGEST_BLOCK_MS);
      return null;
    case "occupancy": {
      const used = one.used.all(call.bucket) as { free_at: number }[];
      const freeInMs = used.map(({ free_at }) => free_at - call.now).filter((ms) => ms > 0);
      return { freeInMs, blockedMs: blockedMsOf(call.bucket, call.now) } satisfies Occupancy;
    }
    case "close":
      alone(noteReads);
      database.close();
      isOpen = false;
      return null;
  }
}
