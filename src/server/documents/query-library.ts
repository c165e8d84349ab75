import { readdirSync, readFileSync } from "node:fs";
import type { TenantConfig } from "../../settings/organizations.ts";

const OPERATIONS = new URL("../../../schema/operations/", import.meta.url);

/** The documents of the query library, in the order of their file names. */
export function queryLibrary(): string[] {
  return readdirSync(OPERATIONS)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => readFileSync(new URL(name, OPERATIONS), "utf8"));
}

/** Returns the name of the query to begin with: one that the key of the first organization can answer. */
export function firstQuery([first]: readonly TenantConfig[]): string {
  return first?.credentials.analytics ? "PeopleThisWeek" : "CostByDay";
}
