/** A query to open in a tab. */
export interface OpenedQuery {
  readonly query: string;
  /** JSON, as a reader would write it; empty: none. */
  readonly variables: string;
}

/**
 * Reads the fragment of a link to the workbench: `#document=NAME&variables=JSON` for a document of the library, `#query=TEXT&variables=JSON`
 * for any other. Null: the fragment names no query, or a document that the library lacks.
 */
export function readFragment(fragment: string, textOf: (name: string) => string | null): OpenedQuery | null {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const name = parameters.get("document");
  const query = name === null ? parameters.get("query") : textOf(name);
  if (query === null || query.trim() === "") return null;
  return { query, variables: indented(parameters.get("variables") ?? "") };
}

/** The fragment of a link to a query with its variables. Headers are never part of it. */
export function fragmentOf(
  { query, variables }: OpenedQuery,
  nameOf: (query: string) => string | null,
): string {
  const name = nameOf(query);
  const parameters = new URLSearchParams(name === null ? { query } : { document: name });
  const compacted = compact(variables);
  if (compacted !== "" && compacted !== "{}") parameters.set("variables", compacted);
  return `#${parameters}`;
}

function indented(json: string): string {
  try {
    const text = JSON.stringify(JSON.parse(json), null, 2);
    return text === "{}" ? "" : text;
  } catch {
    return json;
  }
}

function compact(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json.trim();
  }
}
