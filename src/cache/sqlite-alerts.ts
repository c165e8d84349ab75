import { type AlertStore, type Delivery, type DeliveryCount, MAX_ALERTS } from "./alert-store.ts";
import { alertIn, alertText } from "./alert-text.ts";
import type { AlertCall, SqliteAlertsOptions } from "./sqlite-alerts-worker.ts";
import { sqliteThread } from "./sqlite-thread.ts";

interface Options extends Pick<SqliteAlertsOptions, "path"> {
  readonly maxAlerts?: number;
  /** Called when a damaged file has been moved aside. */
  readonly onFault?: (fault: unknown) => void;
}

/** Alerts in the file of the archive, for the processes of one machine. */
export function sqliteAlerts({ path, maxAlerts = MAX_ALERTS, onFault = () => {} }: Options): AlertStore {
  const worker = new URL("./sqlite-alerts-worker.ts", import.meta.url);
  const options: SqliteAlertsOptions = { path, maxAlerts };
  const { about, ask, dispose } = sqliteThread<AlertCall>(worker, options, onFault, { part: "alerts" });
  return {
    about,
    record: (alert, targets) =>
      ask({
        op: "record",
        id: alert.id,
        recordedAt: alert.recordedAt,
        body: alertText(alert),
        targets,
      }),
    async lease(now, until, limit) {
      const rows = await ask<{ target: string; attempts: number; body: string }[]>({
        op: "lease",
        now,
        until,
        limit,
      });
      return rows.flatMap(({ body, target, attempts }) => {
        const alert = alertIn(body);
        return alert === null ? [] : [{ alert, target, attempts }];
      });
    },
    settle: (id, target, outcome) =>
      ask({ op: "settle", id, target, ...outcome, nextAt: "nextAt" in outcome ? outcome.nextAt : 0 }),
    async list(after, limit) {
      const place = after ?? { recordedAt: Number.MAX_SAFE_INTEGER, id: "" };
      const rows = await ask<{ body: string; deliveries: Delivery[] }[]>({ op: "list", ...place, limit });
      return rows.flatMap(({ body, deliveries }) => {
        const alert = alertIn(body);
        return alert === null ? [] : [{ alert, deliveries }];
      });
    },
    counts: () => ask<readonly DeliveryCount[]>({ op: "counts" }),
    note: (name) => ask({ op: "note", name }),
    setNote: (name, text) => ask({ op: "setNote", name, text }),
    dispose: () => dispose({ op: "close" }),
  };
}
