import { DatabaseSync } from "node:sqlite";
import { BUSY_MS, claimOf, type FileKind, FileRefusal, isDamage, openFile } from "./sqlite-file.ts";

/**
 * The file of an archive, which reads `CAGa`, and that of a backup. Every version stays readable: a migration is added at the end, and
 * none is ever changed.
 */
export const ARCHIVE_FILE: FileKind = {
  applicationId: 0x43414761,
  migrations: [
    "CREATE TABLE entries (key TEXT PRIMARY KEY, bytes INTEGER NOT NULL, value BLOB NOT NULL);",
    `CREATE TABLE alerts (id TEXT PRIMARY KEY, recorded_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX alerts_by_time ON alerts (recorded_at, id);
CREATE TABLE deliveries (alert TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, at INTEGER, next_at INTEGER NOT NULL, PRIMARY KEY (alert, target)) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'PENDING';
CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;`,
  ],
  unmarked: null,
};

/** Where the archive of a SQLite store is: beside it, under a name that `rm cache.db*` spares. */
export function archivePath(path: string): string {
  return `${path.replace(/\.(db|sqlite3?)$/, "")}-archive.db`;
}

/** One value of an archive under its key. */
export interface ArchiveEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Copies the file of an archive as it is at one moment, while others write to it. */
export function copyArchive(path: string, to: string): number {
  const claim = claimOf(path, ARCHIVE_FILE);
  if (claim !== "ours") throw new FileRefusal(claim === "damaged" ? "SQLITE_CORRUPT" : "ENOENT");
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    database.prepare("VACUUM INTO ?").run(to);
    return checkedArchive(to);
  } finally {
    database.close();
  }
}

/** Writes a new file of an archive. */
export async function writeArchive(to: string, entries: AsyncIterable<ArchiveEntry>): Promise<number> {
  const database = openFile(to, ARCHIVE_FILE, () => {});
  try {
    const add = database.prepare("INSERT OR IGNORE INTO entries (key, bytes, value) VALUES (?, ?, ?)");
    database.exec("BEGIN");
    for await (const { key, value } of entries) add.run(key, value.length, value);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
  return checkedArchive(to);
}

/** Adds to the archive in `path` what it lacks of the one in `from`, all of it or nothing; returns how many entries are new. */
export function addArchive(path: string, from: string, maxBytes: number): number {
  checkedArchive(from);
  const database = openFile(path, ARCHIVE_FILE, (to) => {
    throw new FileRefusal(`the archive was damaged and is kept as ${to}`);
  });
  try {
    database.prepare("ATTACH ? AS backup").run(from);
    database.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
    const { changes } = database
      .prepare(
        "INSERT OR IGNORE INTO main.entries (key, bytes, value) SELECT key, bytes, value FROM backup.entries",
      )
      .run();
    const { bytes } = database.prepare("SELECT COALESCE(SUM(bytes), 0) AS bytes FROM main.entries").get() as {
      bytes: number;
    };
    if (bytes > maxBytes) throw new NoRoom(bytes);
    database.exec("COMMIT");
    return Number(changes);
  } finally {
    database.close(); // takes back what was not committed
  }
}

/** Reads the entries of a backup. */
export function* readArchive(from: string): Generator<ArchiveEntry> {
  checkedArchive(from);
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    for (const row of database.prepare("SELECT key, value FROM entries").iterate())
      yield { key: String(row.key), value: row.value as Uint8Array };
  } finally {
    database.close();
  }
}

/** There is more than ARCHIVE_BYTES allows. */
export class NoRoom extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super("no room");
    this.name = "NoRoom";
    this.bytes = bytes;
  }
}

/** How many entries a backup has. Throws where it is not one, or is damaged in any place. */
function checkedArchive(path: string): number {
  const claim = claimOf(path, ARCHIVE_FILE);
  if (claim === "missing") throw new FileRefusal("ENOENT");
  if (claim === "damaged") throw new FileRefusal("SQLITE_CORRUPT");
  if (claim !== "ours") throw new FileRefusal("FOREIGN_FILE");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const { integrity_check: verdict } = database.prepare("PRAGMA integrity_check").get() ?? {};
    if (verdict !== "ok") throw new FileRefusal("SQLITE_CORRUPT");
    return Number(database.prepare("SELECT COUNT(*) AS entries FROM entries").get()?.entries);
  } catch (fault) {
    throw isDamage(fault) ? new FileRefusal("SQLITE_CORRUPT") : fault;
  } finally {
    database.close();
  }
}
