import type { DatabaseSync } from "node:sqlite";
import { workerData } from "piscina";
import { KEPT_MS, LONGEST_WAIT_MS } from "./alert-store.ts";
import { ARCHIVE_FILE } from "./archive-file.ts";
import { inDurableTransaction } from "./sqlite-file.ts";
import { type SqliteAnswer, WorkerFile } from "./sqlite-thread.ts";

export interface SqliteAlertsOptions {
  readonly path: string;
  readonly maxAlerts: number;
}

/** Message to the worker: one call of the alert store behind it. */
export type AlertCall =
  | {
      readonly op: "record";
      readonly id: string;
      readonly recordedAt: number;
      readonly body: string;
      readonly targets: readonly string[];
    }
  | { readonly op: "lease"; readonly now: number; readonly until: number; readonly limit: number }
  | {
      readonly op: "settle";
      readonly id: string;
      readonly target: string;
      readonly state: string;
      readonly at: number;
      readonly nextAt: number;
    }
  | {
      readonly op: "list";
      readonly recordedAt: number;
      readonly id: string;
      readonly limit: number;
    }
  | { readonly op: "counts" }
  | { readonly op: "note"; readonly name: string }
  | { readonly op: "setNote"; readonly name: string; readonly text: string }
  | { readonly op: "close" };

const { path, maxAlerts } = workerData as SqliteAlertsOptions;
const file = new WorkerFile(path, ARCHIVE_FILE);

export default function answer(call: AlertCall): SqliteAnswer {
  if (call.op === "close") return file.end();
  return file.answer((database) => answerFrom(database, call));
}

function answerFrom(database: DatabaseSync, call: Exclude<AlertCall, { op: "close" }>): unknown {
  switch (call.op) {
    case "record":
      return record(database, call);
    case "lease":
      return lease(database, call);
    case "settle":
      inDurableTransaction(database, () =>
        database
          .prepare(
            "UPDATE deliveries SET state = ?, attempts = attempts + 1, at = ?, next_at = ? WHERE alert = ? AND target = ? AND state = 'PENDING'",
          )
          .run(call.state, call.at, call.nextAt, call.id, call.target),
      );
      return null;
    case "list": {
      const deliveriesOf = database.prepare(
        "SELECT target, state, attempts, at FROM deliveries WHERE alert = ? ORDER BY target",
      );
      const alerts = database
        .prepare(
          "SELECT id, body FROM alerts WHERE (recorded_at, id) < (?, ?) ORDER BY recorded_at DESC, id DESC LIMIT ?",
        )
        .all(call.recordedAt, call.id, call.limit);
      return alerts.map(({ id, body }) => ({ body, deliveries: deliveriesOf.all(id as string) }));
    }
    case "counts":
      return database
        .prepare("SELECT target, state, COUNT(*) AS count FROM deliveries GROUP BY target, state")
        .all();
    case "note":
      return database.prepare("SELECT text FROM notes WHERE name = ?").get(call.name)?.text ?? null;
    case "setNote":
      inDurableTransaction(database, () =>
        database.prepare("INSERT OR REPLACE INTO notes (name, text) VALUES (?, ?)").run(call.name, call.text),
      );
      return null;
  }
}

function record(
  database: DatabaseSync,
  { id, recordedAt, body, targets }: AlertCall & { readonly op: "record" },
): "new" | "known" | "full" {
  const isKnown = () => database.prepare("SELECT 1 FROM alerts WHERE id = ?").get(id) !== undefined;
  if (isKnown()) return "known";
  return inDurableTransaction(database, () => {
    if (isKnown()) return "known";
    const count = () => Number(database.prepare("SELECT COUNT(*) AS count FROM alerts").get()?.count);
    if (count() >= maxAlerts) {
      database
        .prepare("DELETE FROM deliveries WHERE alert IN (SELECT id FROM alerts WHERE recorded_at < ?)")
        .run(recordedAt - KEPT_MS);
      database.prepare("DELETE FROM alerts WHERE recorded_at < ?").run(recordedAt - KEPT_MS);
      if (count() >= maxAlerts) return "full";
    }
    database.prepare("INSERT INTO alerts (id, recorded_at, body) VALUES (?, ?, ?)").run(id, recordedAt, body);
    const deliver = database.prepare(
      "INSERT INTO deliveries (alert, target, state, attempts, at, next_at) VALUES (?, ?, 'PENDING', 0, NULL, ?)",
    );
    for (const target of targets) deliver.run(id, target, recordedAt);
    return "new";
  });
}

function lease(
  database: DatabaseSync,
  { now, until, limit }: AlertCall & { readonly op: "lease" },
): readonly unknown[] {
  const find = database.prepare(
    "SELECT alert, target, attempts, body FROM deliveries JOIN alerts ON id = alert WHERE state = 'PENDING' AND next_at NOT BETWEEN ? AND ? ORDER BY next_at, alert, target LIMIT ?",
  );
  const due = () => find.all(now + 1, now + LONGEST_WAIT_MS, limit);
  // Most who ask find nothing, which needs no writing.
  if (due().length === 0) return [];
  return inDurableTransaction(database, () => {
    const leased = due();
    const hold = database.prepare("UPDATE deliveries SET next_at = ? WHERE alert = ? AND target = ?");
    for (const { alert, target } of leased) hold.run(until, alert as string, target as string);
    return leased;
  });
}
