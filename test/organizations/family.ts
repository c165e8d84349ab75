import { simulatedOrganizationId } from "../../src/domain/simulated-id.ts";
import type { Environment } from "../../src/settings/settings.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { organizationsFile } from "./three.ts";

const SEED = 1;
const USERS = 20;

/** Settings of a gateway with a parent organization, by its key alone, and two children that it names. */
export function familySettings(): Environment {
  const child = (name: string, index: number) => ({
    name,
    kind: "enterprise",
    parent: "holding",
    id: simulatedOrganizationId({ seed: SEED + index, users: USERS }, "ENTERPRISE"),
  });
  const parent = { name: "holding", kind: "enterprise", keyVariable: "KEY_OF_PARENT", isParent: true };
  return {
    ANTHROPIC_ANALYTICS_KEY: "",
    ANTHROPIC_ADMIN_KEY: "",
    ORGANIZATIONS_FILE: organizationsFile([parent, child("north", 1), child("south", 2)]),
    KEY_OF_PARENT: `sk-ant-api01-x-seed${SEED}`,
  } as Environment;
}

/** The sandbox of that parent; its last child has HIPAA readiness. */
export function familyOfSandbox() {
  const child = (index: number, hipaa: boolean) => ({
    ledger: ledgerOf(simulated({ seed: SEED + index, users: USERS })),
    hipaa,
  });
  return { users: USERS, seed: SEED, children: [child(1, false), child(2, false), child(3, true)] };
}
