import { sqliteAlerts } from "../src/cache/sqlite-alerts.ts";
import type { Environment } from "../src/settings/settings.ts";
import { alert } from "./alerts/alert.ts";
import { newPath } from "./alerts/world.ts";
import { withBudgets } from "./budgets/files.ts";
import { type GatewayOptions, gateway } from "./gateway.ts";
import { familyOfSandbox, familySettings } from "./organizations/family.ts";
import { revisedArchive } from "./recorded/revised-archive.ts";

/** The document that asks about a parent organization. */
export const BY_CHILD = "62-cost-by-child.graphql";

/** Settings that a document of the query library needs to have rows. */
export function settingsFor(file: string): Environment {
  if (file === BY_CHILD) return familySettings();
  if (file !== "54-budgets.graphql") return {};
  return withBudgets([
    { name: "Everything", amountUsd: 120_000 },
    { name: "Opus", amountUsd: 40_000, model: "claude-opus-4-6" },
  ]);
}

/** Documents that find a person by the caller, who is not known in most tests, or by an address. */
export const OWN: ReadonlySet<string> = new Set(["48-my-figures.graphql", "53-my-spend-limits.graphql"]);

/** Options of the gateway of a document: what was recorded before, where it is about that. */
export async function gatewayFor(file: string): Promise<Partial<GatewayOptions>> {
  if (file === BY_CHILD) return { sandbox: familyOfSandbox() };
  if (file === "63-alerts.graphql") {
    const alertStore = sqliteAlerts({ path: newPath() });
    for (const id of ["alert_1", "alert_2"]) await alertStore.record(alert(id), ["log"]);
    return { alertStore };
  }
  return file === "55-revisions.graphql" ? { archive: await revisedArchive({ users: 60 }) } : {};
}

/** Variables that a document of the query library needs in a simulated organization of 60 members. */
export async function variablesFor(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (file === BY_CHILD) return { organization: "holding" };
  if (!OWN.has(file)) return {};
  const { data } = await gateway({ sandbox: { users: 60 } }).ask(
    "{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }",
  );
  return { email: data.users.nodes[0].email };
}
