import type { DatabaseSync } from "node:sqlite";
import { workerData } from "piscina";
import { ARCHIVE_FILE } from "./archive-file.ts";
import { type SqliteAnswer, WorkerFile } from "./sqlite-thread.ts";
import type { SqliteOptions } from "./sqlite-worker.ts";

/** Message to the worker: one call of the archive behind it. */
export type ArchiveCall =
  | { readonly op: "get" | "has"; readonly key: string }
  | { readonly op: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly op: "close" };

const { path, maxBytes } = workerData as SqliteOptions;
const file = new WorkerFile(path, ARCHIVE_FILE);

export default function answer(call: ArchiveCall): SqliteAnswer {
  if (call.op === "close") return file.end();
  return file.answer((database) => {
    switch (call.op) {
      case "get": {
        const row = database.prepare("SELECT value FROM entries WHERE key = ?").get(call.key);
        return row?.value ?? null;
      }
      case "has":
        return has(database, call.key);
      case "put":
        return put(database, call.key, call.value);
    }
  });
}

function has(database: DatabaseSync, key: string): boolean {
  return database.prepare("SELECT 1 FROM entries WHERE key = ?").get(key) !== undefined;
}

function put(database: DatabaseSync, key: string, value: Uint8Array): boolean {
  if (has(database, key)) return true;
  // What is acknowledged survives the loss of power.
  database.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  try {
    const kept = database
      .prepare(
        "INSERT OR IGNORE INTO entries (key, bytes, value) SELECT ?, ?, ? WHERE (SELECT COALESCE(SUM(bytes), 0) FROM entries) + ? <= ?",
      )
      .run(key, value.length, value, value.length, maxBytes);
    database.exec("COMMIT");
    return kept.changes === 1 || has(database, key);
  } catch (fault) {
    database.exec("ROLLBACK");
    throw fault;
  }
}
