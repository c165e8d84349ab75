import type { DatabaseSync } from "node:sqlite";
import { workerData } from "piscina";
import { ARCHIVE_FILE } from "./archive-file.ts";
import { inDurableTransaction } from "./sqlite-file.ts";
import { type SqliteAnswer, WorkerFile } from "./sqlite-thread.ts";
import type { SqliteOptions } from "./sqlite-worker.ts";

/** Message to the worker: one call of the archive behind it. */
export type ArchiveCall =
  | { readonly op: "get" | "has"; readonly key: string }
  | { readonly op: "put"; readonly key: string; readonly value: Uint8Array }
  | {
      readonly op: "append";
      readonly log: string;
      readonly lines: readonly (readonly [string, Uint8Array])[];
    }
  | { readonly op: "names"; readonly log: string }
  | { readonly op: "read" | "drop"; readonly log: string; readonly names: readonly string[] }
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
      case "append":
        return inDurableTransaction(database, () => {
          const add = database.prepare("INSERT OR IGNORE INTO logs (log, name, value) VALUES (?, ?, ?)");
          for (const [name, value] of call.lines) add.run(call.log, name, value);
        });
      case "names":
        return database
          .prepare("SELECT name FROM logs WHERE log = ?")
          .all(call.log)
          .map(({ name }) => name);
      case "read": {
        const line = database.prepare("SELECT value FROM logs WHERE log = ? AND name = ?");
        return call.names.flatMap((name) => {
          const found = line.get(call.log, name);
          return found === undefined ? [] : [[name, found.value]];
        });
      }
      case "drop":
        return inDurableTransaction(database, () => {
          const drop = database.prepare("DELETE FROM logs WHERE log = ? AND name = ?");
          for (const name of call.names) drop.run(call.log, name);
        });
    }
  });
}

function has(database: DatabaseSync, key: string): boolean {
  return database.prepare("SELECT 1 FROM entries WHERE key = ?").get(key) !== undefined;
}

function put(database: DatabaseSync, key: string, value: Uint8Array): boolean {
  if (has(database, key)) return true;
  const kept = inDurableTransaction(database, () =>
    database
      .prepare(
        "INSERT OR IGNORE INTO entries (key, bytes, value) SELECT ?, ?, ? WHERE (SELECT COALESCE(SUM(bytes), 0) FROM entries) + ? <= ?",
      )
      .run(key, value.length, value, value.length, maxBytes),
  );
  return kept.changes === 1 || has(database, key);
}
