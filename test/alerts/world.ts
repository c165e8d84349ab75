import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UnraisedRises } from "../../src/alerts/judging.ts";
import type { AlertStore } from "../../src/cache/alert-store.ts";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { withBudgets } from "../budgets/files.ts";
import { gateway, NOW } from "../gateway.ts";
import { SECRET } from "./receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "alerts-"));
let files = 0;

export const newPath = () => join(folder, `${files++}-archive.db`);

/** Settings of a gateway with budgets and receivers. */
export function alertSettings(budgets: readonly object[], others: object): Environment {
  return { ...withBudgets(budgets, others), ...SECRET } as Environment;
}

export interface ReplicaOptions {
  readonly settings: Environment;
  readonly now?: string;
  readonly path?: string;
  readonly seed?: number;
  /** A store that outlives the replica, in place of one in a file. */
  readonly store?: AlertStore;
}

/** A replica of a gateway over the sandbox; those with one path share their alerts. */
export async function replica({ settings, now = NOW, path = newPath(), seed = 1, store }: ReplicaOptions) {
  const logged: string[] = [];
  const failures: object[] = [];
  const unjudged: unknown[] = [];
  const unraised: UnraisedRises[] = [];
  const alertStore = store ?? sqliteAlerts({ path });
  if (store === undefined) await alertStore.note("begun"); // on a busy machine its thread can take longer than a gateway waits for a store
  const opened = gateway({
    now,
    sandbox: { users: 40, seed },
    settings,
    alertStore,
    alertLog: {
      onAlert: ({ id }) => logged.push(id),
      onFailure: (failure) => failures.push(failure),
      onUnjudged: ({ name }, code) => unjudged.push([name, code]),
      onUnraised: (each) => unraised.push(each),
      onFull: () => {},
    },
  });
  return { ...opened, logged, failures, unjudged, unraised, run: () => opened.app.runAlerts() };
}
