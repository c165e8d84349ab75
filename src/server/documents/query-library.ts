import { readdirSync, readFileSync } from "node:fs";
import type { Credentials } from "../../upstream/access/credential.ts";

const OPERATIONS = new URL("../../../schema/operations/", import.meta.url);

/** The documents of the query library, in the order of their file names. */
export function queryLibrary(): string[] {
  return readdirSync(OPERATIONS)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => readFileSync(new URL(name, OPERATIONS), "utf8"));
}

/** Returns the name of the query to begin with: one that the configured keys can answer. */
export function firstQuery({ analytics }: Credentials): string {
  return analytics === null ? "CostByDay" : "PeopleThisWeek";
}
