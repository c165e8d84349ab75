import type { Environment } from "../src/settings/settings.ts";
import { withBudgets } from "./budgets/files.ts";
import { type GatewayOptions, gateway } from "./gateway.ts";
import { revisedArchive } from "./recorded/revised-archive.ts";

/** Settings that a document of the query library needs to have rows. */
export function settingsFor(file: string): Environment {
  if (file !== "54-budgets.graphql") return {};
  return withBudgets([
    { name: "Everything", amountUsd: 120_000 },
    { name: "Opus", amountUsd: 40_000, model: "claude-opus-4-6" },
  ]);
}

/** Documents that find a person by the caller, who is not known in most tests, or by an address. */
export const OWN: ReadonlySet<string> = new Set(["48-my-figures.graphql", "53-my-spend-limits.graphql"]);

/** Options of the gateway of a document: what was recorded before, where it is about that. */
export async function gatewayFor(file: string): Promise<Pick<GatewayOptions, "archive">> {
  return file === "55-revisions.graphql" ? { archive: await revisedArchive({ users: 60 }) } : {};
}

/** Variables that a document of the query library needs in a simulated organization of 60 members. */
export async function variablesFor(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!OWN.has(file)) return {};
  const { data } = await gateway({ sandbox: { users: 60 } }).ask(
    "{ users(range: { last: { days: 7 } }, first: 1) { nodes { email } } }",
  );
  return { email: data.users.nodes[0].email };
}
