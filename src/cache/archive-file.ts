import { DatabaseSync } from "node:sqlite";
import type { AlertRecord, Delivery } from "./alert-store.ts";
import { alertIn, alertText } from "./alert-text.ts";
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
    "CREATE TABLE logs (log TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (log, name)) WITHOUT ROWID;",
  ],
  unmarked: null,
};

/** Where the archive of a SQLite store is: beside it, under a name that `rm cache.db*` spares. */
export function archivePath(path: string): string {
  return `${path.replace(/\.(db|sqlite3?)$/, "")}-archive.db`;
}

/** One value of an archive under its key, one line of a log, or one alert. */
export type ArchiveEntry =
  | { readonly key: string; readonly value: Uint8Array }
  | { readonly log: string; readonly name: string; readonly value: Uint8Array }
  | AlertRecord;

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
    const append = database.prepare("INSERT OR IGNORE INTO logs (log, name, value) VALUES (?, ?, ?)");
    const addAlert = database.prepare("INSERT INTO alerts (id, recorded_at, body) VALUES (?, ?, ?)");
    const addDelivery = database.prepare(
      "INSERT INTO deliveries (alert, target, state, attempts, at, next_at) VALUES (?, ?, ?, ?, ?, 0)",
    );
    database.exec("BEGIN");
    for await (const entry of entries) {
      if ("key" in entry) {
        add.run(entry.key, entry.value.length, entry.value);
        continue;
      }
      if ("log" in entry) {
        append.run(entry.log, entry.name, entry.value);
        continue;
      }
      const { id, recordedAt } = entry.alert;
      addAlert.run(id, recordedAt, alertText(entry.alert));
      for (const { target, state, attempts, at } of entry.deliveries)
        addDelivery.run(id, target, state, attempts, at);
    }
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
    const alerts = hasTable(database, "backup", "alerts") ? addAlerts(database) : 0;
    const lines = hasTable(database, "backup", "logs") ? addLines(database) : 0;
    database.exec("COMMIT");
    return Number(changes) + alerts + lines;
  } finally {
    database.close(); // takes back what was not committed
  }
}

/** Adds alerts that are missing, as they are in the backup: those that were pending are delivered again, under the same ids. */
function addAlerts(database: DatabaseSync): number {
  database.exec(
    "INSERT INTO main.deliveries SELECT * FROM backup.deliveries WHERE alert NOT IN (SELECT id FROM main.alerts)",
  );
  const added = database.prepare("INSERT OR IGNORE INTO main.alerts SELECT * FROM backup.alerts").run();
  return Number(added.changes);
}

/** Adds lines of logs that are missing. */
function addLines(database: DatabaseSync): number {
  const added = database.prepare("INSERT OR IGNORE INTO main.logs SELECT * FROM backup.logs").run();
  return Number(added.changes);
}

/** Backups of the first version have no alerts, and those of the second no logs. */
function hasTable(database: DatabaseSync, schema: "main" | "backup", table: "alerts" | "logs"): boolean {
  const named = `SELECT 1 FROM ${schema}.sqlite_schema WHERE type = 'table' AND name = ?`;
  return database.prepare(named).get(table) !== undefined;
}

/** Reads the entries of a backup. */
export function* readArchive(from: string): Generator<ArchiveEntry> {
  checkedArchive(from);
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    for (const row of database.prepare("SELECT key, value FROM entries").iterate())
      yield { key: String(row.key), value: row.value as Uint8Array };
    if (hasTable(database, "main", "logs"))
      for (const row of database.prepare("SELECT log, name, value FROM logs").iterate())
        yield { log: String(row.log), name: String(row.name), value: row.value as Uint8Array };
    if (!hasTable(database, "main", "alerts")) return;
    const deliveries = database.prepare(
      "SELECT target, state, attempts, at FROM deliveries WHERE alert = ? ORDER BY target",
    );
    for (const { id, body } of database.prepare("SELECT id, body FROM alerts").iterate()) {
      const alert = alertIn(String(body));
      if (alert === null) throw new FileRefusal("NEWER_FILE");
      yield { alert, deliveries: deliveries.all(String(id)) as unknown as Delivery[] };
    }
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
    const count = (table: "entries" | "alerts" | "logs") =>
      Number(database.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get()?.rows);
    const added = (["alerts", "logs"] as const).filter((table) => hasTable(database, "main", table));
    return added.map(count).reduce((sum, rows) => sum + rows, count("entries"));
  } catch (fault) {
    throw isDamage(fault) ? new FileRefusal("SQLITE_CORRUPT") : fault;
  } finally {
    database.close();
  }
}
