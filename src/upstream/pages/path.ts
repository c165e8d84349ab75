import type { Endpoint, QueryValue } from "../endpoint.ts";

/** One spelling per question: parameters sorted by name, lists in order, brackets as they are. */
export function canonicalPath<P, Row>(endpoint: Endpoint<P, Row>, params: P, token: string | null): string {
  const query = endpoint.query(params);
  const ofToken = endpoint.paging === "id" ? "after_id" : "page";
  const path = typeof endpoint.path === "string" ? endpoint.path : endpoint.path(params);
  let pairs = "";
  for (const name of sortedNames(endpoint, query, ofToken)) {
    const value = name === ofToken ? token : name === LIMIT ? endpoint.pageSize?.(params) : query[name];
    if (Array.isArray(value)) for (const each of value.toSorted()) pairs += pair(name, each);
    else if (value !== undefined && value !== null) pairs += pair(name, String(value));
  }
  return pairs === "" ? path : `${path}?${pairs.slice(1)}`;
}

const LIMIT = "limit";

/** The parameters that an endpoint has been asked with, sorted: to sort those of each question takes longer than all else about it. */
const known = new WeakMap<object, string[]>();

function sortedNames(
  endpoint: object,
  query: Readonly<Record<string, QueryValue>>,
  ofToken: string,
): readonly string[] {
  const names = known.getOrInsertComputed(endpoint, () => [LIMIT, ofToken].sort());
  const before = names.length;
  for (const name in query) if (!names.includes(name)) names.push(name);
  return names.length === before ? names : names.sort();
}

function pair(name: string, value: string): string {
  return `&${encoded(name)}=${encoded(value)}`;
}

/** Encodes a text as a form does. Most texts stand for themselves, times but for their colons. */
function encoded(text: string): string {
  return /^[\w*.:-]*$/.test(text)
    ? text.replaceAll(":", "%3A")
    : new URLSearchParams([["", text]]).toString().slice(1);
}

/** An id as one segment of a path. Dots alone would lead elsewhere, encoded or not. */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new RangeError("not an id");
  return encodeURIComponent(id);
}
