import type { Endpoint, QueryValue } from "../endpoint.ts";

/** One spelling per question: parameters sorted by name, lists in order, brackets as they are. */
export function canonicalPath<P, Row>(endpoint: Endpoint<P, Row>, params: P, token: string | null): string {
  const query: Record<string, QueryValue> = {
    ...endpoint.query(params),
    limit: endpoint.pageSize?.(params),
    [endpoint.paging === "id" ? "after_id" : "page"]: token ?? undefined,
  };
  const pairs = Object.entries(query)
    .flatMap(([name, value]) =>
      value === undefined
        ? []
        : Array.isArray(value)
          ? [...value].sort().map((v) => [name, v])
          : [[name, String(value)]],
    )
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = new URLSearchParams(pairs as [string, string][]).toString();
  const path = typeof endpoint.path === "string" ? endpoint.path : endpoint.path(params);
  return text === "" ? path : `${path}?${text}`;
}

/** An id as one segment of a path. Dots alone would lead elsewhere, encoded or not. */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new RangeError("not an id");
  return encodeURIComponent(id);
}
