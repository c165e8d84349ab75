import { readdirSync, readFileSync } from "node:fs";

const OPERATIONS = new URL("../../../schema/operations/", import.meta.url);

/** The documents of the query library, in the order of their file names. */
export function queryLibrary(): string[] {
  return readdirSync(OPERATIONS)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => readFileSync(new URL(name, OPERATIONS), "utf8"));
}
