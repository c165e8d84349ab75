/** A query that a reader has saved under a name. */
export interface SavedQuery {
  readonly name: string;
  readonly query: string;
  readonly variables: string;
}

const KEY = "workbench.queries";
const FORMAT = "claude-analytics-queries";

/** Adds queries; one of the same name is replaced. Sorted by name. */
export function withQueries(queries: readonly SavedQuery[], added: readonly SavedQuery[]): SavedQuery[] {
  const byName = new Map([...queries, ...added].map((query) => [query.name, query]));
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name));
}

export function withoutQuery(queries: readonly SavedQuery[], name: string): SavedQuery[] {
  return queries.filter((query) => query.name !== name);
}

export function renamedQuery(queries: readonly SavedQuery[], from: string, to: string): SavedQuery[] {
  const query = queries.find(({ name }) => name === from);
  return query === undefined
    ? [...queries]
    : withQueries(withoutQuery(queries, from), [{ ...query, name: to }]);
}

/** The queries as a file. */
export function exportedQueries(queries: readonly SavedQuery[]): string {
  return `${JSON.stringify({ format: FORMAT, version: 1, queries }, null, 2)}\n`;
}

/** Reads a file of queries. Null: it is another kind of file, or damaged. */
export function importedQueries(text: string): SavedQuery[] | null {
  try {
    const { format, queries } = JSON.parse(text);
    return format === FORMAT ? readQueries(queries) : null;
  } catch {
    return null;
  }
}

function readQueries(queries: unknown): SavedQuery[] | null {
  if (!Array.isArray(queries)) return null;
  const read = queries.flatMap((each) =>
    typeof each?.name === "string" && typeof each.query === "string"
      ? [
          {
            name: each.name,
            query: each.query,
            variables: typeof each.variables === "string" ? each.variables : "",
          },
        ]
      : [],
  );
  return read.length === queries.length ? read : null;
}

/** The queries saved in this browser. */
export function storedQueries(storage: Pick<Storage, "getItem">): SavedQuery[] {
  try {
    return readQueries(JSON.parse(storage.getItem(KEY) ?? "[]")) ?? [];
  } catch {
    return [];
  }
}

/** Returns false if the browser stores nothing. */
export function storeQueries(storage: Pick<Storage, "setItem">, queries: readonly SavedQuery[]): boolean {
  try {
    storage.setItem(KEY, JSON.stringify(queries));
    return true;
  } catch {
    return false;
  }
}
