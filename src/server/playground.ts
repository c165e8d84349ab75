import { readdirSync, readFileSync } from "node:fs";
import type { GraphiQLOptions } from "graphql-yoga";

const OPERATIONS = new URL("../../schema/operations/", import.meta.url);

/** GraphiQL opens on the query library, a tab for each question. */
export function playground(): GraphiQLOptions {
  return {
    title: "Claude analytics",
    defaultTabs: queryLibrary().map((query) => ({ query })),
    defaultEditorToolsVisibility: "variables",
    shouldPersistHeaders: false,
  };
}

/** The documents of the query library, in the order of their file names. */
export function queryLibrary(): string[] {
  return readdirSync(OPERATIONS)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => readFileSync(new URL(name, OPERATIONS), "utf8"));
}
