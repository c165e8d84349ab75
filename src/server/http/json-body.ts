import { repeatedKey } from "../../json.ts";

/**
 * Parses a body as JSON. Rejects bytes that are not UTF-8, and repeated keys, which have no meaning: a reader before the
 * gateway, such as a filtering proxy, may have used the other value.
 */
export function readBody(bytes: Uint8Array, what = "The body"): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new MalformedBody(`${what} is not UTF-8; send JSON in UTF-8.`);
  }
  return readJson(text, what);
}

/** Parses a parameter of the URL, which is text. */
export function readJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedBody(`${what} is not JSON.`);
  }
  const key = repeatedKey(text);
  if (key !== null)
    throw new MalformedBody(`${what} has \`${key.slice(0, 100)}\` twice in one object; give it once.`);
  return value;
}

export class MalformedBody extends Error {}

/** JSON allows no byte order mark, so it stays and is rejected. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
