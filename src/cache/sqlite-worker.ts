import type { DatabaseSync } from "node:sqlite";
import { workerData } from "piscina";
import { LONGEST_BLOCK_MS, type Occupancy } from "./shared-store.ts";
import { type FileKind, inTransaction } from "./sqlite-file.ts";
import { type SqliteAnswer, WorkerFile } from "./sqlite-thread.ts";

/** Message to the worker: one call of the store behind it. */
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

const TABLES = `
CREATE TABLE pages (key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX pages_by_use ON pages (used_at);
CREATE TABLE locks (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE slots (bucket TEXT NOT NULL, free_at INTEGER NOT NULL);
CREATE INDEX slots_by_bucket ON slots (bucket, free_at);
CREATE TABLE blocks (bucket TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Its mark reads `CAGc`. All of it can be fetched again: a new layout may drop what an older one holds. */
const CACHE_FILE: FileKind = { applicationId: 0x43414763, migrations: [TABLES], unmarked: TABLES };

const { path, maxBytes } = workerData as SqliteOptions;
/** When entries were last read; written now and then, since reading should not write. */
const read = new Map<string, number>();

const file = new WorkerFile(path, CACHE_FILE);
let database: DatabaseSync;
let one: ReturnType<typeof statements>;

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

export default function answer(call: SqliteCall): SqliteAnswer {
  if (call.op === "close") return file.end(() => inTransaction(database, noteReads));
  return file.answer((opened) => {
    if (opened !== database) {
      database = opened;
      one = statements(opened);
    }
    return answerFromOpen(call);
  });
}

function answerFromOpen(call: Exclude<SqliteCall, { op: "close" }>): unknown {
  switch (call.op) {
    case "get": {
      const row = one.get.get(call.key, call.now) as { value: Uint8Array } | undefined;
      if (row === undefined) return null;
      read.set(call.key, call.now);
      if (read.size >= NOTED_AFTER) inTransaction(database, noteReads);
      return row.value;
    }
    case "set":
      if (call.value.length > maxBytes) return null;
      return inTransaction(database, () => {
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
      return inTransaction(database, () => {
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
  }
}
