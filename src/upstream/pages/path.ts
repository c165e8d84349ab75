import type { Endpoint, QueryValue } from "../endpoint.ts";

/** One spelling per question: parameters sorted by name, lists in order, brackets as they are. */
export function canonicalPath<P, Row>(endpoint: Endpoint<P, Row>, params: P, token: string | null): string {
  const query: Record<string, QueryValue> = {
    ...endpoint.query(params),
    limit: endpoint.pageSize?.(params),
    [endpoint.paging === "id" ? "after_id" : "page"]: token ?? undefined,
  };
  const pairs: string[] = [];
  for (const name of Object.keys(query).sort()) {
    const value = query[name];
    if (value === undefined) continue;
    const encodedName = encoded(name);
    const values = Array.isArray(value) ? value.toSorted() : [String(value)];
    for (const each of values) pairs.push(`${encodedName}=${encoded(each)}`);
  }
  const path = typeof endpoint.path === "string" ? endpoint.path : endpoint.path(params);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

/** Encodes a text as a form does. Most texts stand for themselves: a path is made for every look at a stored page. */
function encoded(text: string): string {
  return /^[\w*.-]*$/.test(text) ? text : new URLSearchParams([["", text]]).toString().slice(1);
}

/** An id as one segment of a path. Dots alone would lead elsewhere, encoded or not. */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new RangeError("not an id");
  return encodeURIComponent(id);
}
