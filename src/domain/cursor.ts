import { shortHash } from "./short-hash.ts";

/** Where in a list a row stands, so that reading on from it costs one request. */
export type CursorPlace =
  /**
   * In a page run: the window, the upstream token of the page (null: its first), the row's index in that page and a mark that
   * identifies it.
   */
  | { readonly window: number; readonly token: string | null; readonly index: number; readonly mark: string }
  /** In a ranking: a mark of the row and all before it. */
  | { readonly mark: string };

/** A short name for a query and its arguments; a cursor of one query fits no other. */
export function digestOf(query: unknown): string {
  return hash(JSON.stringify(query));
}

/** An opaque cursor for a place in the answer of the query that `digest` names. */
export function formatCursor(place: CursorPlace, digest: string): string {
  const fields = "window" in place ? [place.window, place.token, place.index, place.mark] : [place.mark];
  const text = JSON.stringify(fields);
  return Buffer.from(hash(digest + text) + text).toString("base64url");
}

/** The place a cursor names, or null where it is damaged or belongs to another query. */
export function parseCursor(cursor: string, digest: string): CursorPlace | null {
  if (cursor.length > MAX_LENGTH || !/^[\w-]+$/.test(cursor)) return null;
  const decoded = Buffer.from(cursor, "base64url").toString("utf8");
  // One spelling per place: spare bits and bytes that are not UTF-8 would decode to the same text.
  if (Buffer.from(decoded).toString("base64url") !== cursor) return null;
  const text = decoded.slice(HASH_LENGTH);
  if (decoded.slice(0, HASH_LENGTH) !== hash(digest + text)) return null;
  try {
    return placeOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Far beyond any token upstream has shown. */
const MAX_LENGTH = 32_768;
const HASH_LENGTH = 16;

function hash(text: string): string {
  return shortHash(text, HASH_LENGTH);
}

/** Anyone can compute the hash, so what it covers is still checked. */
function placeOf(fields: unknown): CursorPlace | null {
  if (!Array.isArray(fields)) return null;
  const [a, b, c, d] = fields;
  if (fields.length === 1) return typeof a === "string" ? { mark: a } : null;
  const valid =
    Number.isSafeInteger(a) &&
    a >= 0 &&
    (b === null || typeof b === "string") &&
    Number.isSafeInteger(c) &&
    c >= 0 &&
    typeof d === "string";
  return fields.length === 4 && valid ? { window: a, token: b, index: c, mark: d } : null;
}
