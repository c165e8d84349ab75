import { type LibraryQuery, readLibraryQuery } from "./library.ts";

const texts = import.meta.glob<string>("../../../schema/operations/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The query library, in the order of its files. */
export const LIBRARY: readonly LibraryQuery[] = Object.keys(texts)
  .sort()
  .map((file) => readLibraryQuery(texts[file] ?? ""));

export function libraryText(name: string): string | null {
  return LIBRARY.find((query) => query.name === name)?.text ?? null;
}

/** Name of the document with this text; null: it is not in the library. */
export function libraryName(text: string): string | null {
  return LIBRARY.find((query) => query.text.trim() === text.trim())?.name ?? null;
}
