import { repeatedKey } from "../../json.ts";

/**
 * What a body says. Bytes that are no UTF-8 are not guessed at, and a key that is given twice has no meaning: whoever looked at
 * the body before, such as a proxy that filters, may have read the other one. Throws where it is no JSON, or neither.
 */
export function readBody(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw new MalformedBody("The body is not UTF-8; send JSON in UTF-8.");
  }
  return readJson(text, "The body");
}

/** The same of a parameter of the URL, which is text. */
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

/** A byte order mark is no JSON, so it is left where it is. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
