import { readFileSync, statSync } from "node:fs";
import { repeatedKey, syntaxFaultAt } from "./json.ts";

/** A file of the operator that cannot be used. The message continues "the file …" and repeats nothing of its content. */
export class UnreadableFile extends Error {
  readonly isMissing: boolean;

  constructor(message: string, isMissing = false) {
    super(message);
    this.isMissing = isMissing;
  }
}

/** Reads a file of the operator; undefined after reporting why it cannot be used. */
export function readOrReport<T>(
  read: () => T,
  report: (why: string, fault: UnreadableFile) => void,
): T | undefined {
  try {
    return read();
  } catch (fault) {
    if (!(fault instanceof UnreadableFile)) throw fault;
    report(fault.message, fault);
    return undefined;
  }
}

/**
 * Returns the text of a file in UTF-8, or in UTF-16 with a byte order mark. Throws UnreadableFile for anything else: a file in
 * another encoding still decodes to something, and two names that differ in one letter would become one.
 */
export function readTextFile(path: string | URL): string {
  const bytes = readable(() => readFileSync(path));
  const text = decoded(bytes);
  for (const [character, reason] of TELLTALES) {
    const at = text.indexOf(character);
    if (at >= 0) throw new UnreadableFile(`${reason} (line ${lineAt(text, at)}); save it as UTF-8`);
  }
  return text;
}

/** Far more than a key or a token has. */
const MAX_KEY_BYTES = 65_536;

/**
 * Returns the secret in a file, which is one line, without a byte order mark and blanks around it. Throws UnreadableFile for anything that
 * can be endless, such as a device.
 */
export function readKeyFile(path: string): string {
  const stats = readable(() => statSync(path));
  if (!stats.isFile()) throw new UnreadableFile("is not a regular file");
  if (stats.size > MAX_KEY_BYTES)
    throw new UnreadableFile(`has more than ${MAX_KEY_BYTES} bytes, and a key is shorter`);
  const key = readTextFile(path).trim();
  if (/[\r\n]/.test(key)) throw new UnreadableFile("has several lines, and a secret is one line");
  return key;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    throw new UnreadableFile(`cannot be read (${code ?? "unknown reason"})`, code === "ENOENT");
  }
}

/** Returns a field name as a fault can repeat it: one that can hold a key, a name of a person or an address is not repeated. */
export function fieldText(name: string, otherwise = "a field"): string {
  return /^[A-Za-z][A-Za-z_]{0,23}\d{0,2}$/.test(name) ? `\`${name}\`` : otherwise;
}

/** Returns the fault of a field that a file's entries do not have. */
export function unknownField(name: string, known: readonly string[]): string {
  return `unknown field ${fieldText(name, "of another name")}; use one of ${known.join(", ")}`;
}

/** Returns what a file of JSON holds; throws UnreadableFile. */
export function readJsonFile(path: string | URL): unknown {
  return parseJson(readTextFile(path));
}

/** Returns what the text of a file holds; throws UnreadableFile. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new UnreadableFile("is empty");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableFile(`is not JSON (${placeIn(text, syntaxFaultAt(text))})`);
  }
  const key = repeatedKey(text);
  if (key === null) return value;
  throw new UnreadableFile(`has ${fieldText(key, "a key")} twice in one object, and only one would count`);
}

const REPLACEMENT = "\uFFFD";

/** Characters of a text that was decoded with the wrong encoding. */
const TELLTALES = [
  ["\0", "holds NUL characters, as UTF-16 without a byte order mark does"],
  [REPLACEMENT, "holds U+FFFD, which marks a character that an earlier conversion lost"],
] as const;

function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile(
      encoding === "utf-8"
        ? `is not UTF-8 (line ${undecodableLine(bytes)}), perhaps Windows-1252; save it as UTF-8`
        : "has a byte order mark of UTF-16 but is not valid UTF-16; save it as UTF-8",
    );
  }
}

/** In UTF-8 the byte of a line feed is a line feed wherever it stands. */
function undecodableLine(bytes: Buffer): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      decoder.decode(bytes.subarray(start, next));
    } catch {
      return line;
    }
    start = next;
  }
  return line;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function placeIn(text: string, index: number): string {
  return `line ${lineAt(text, index)} column ${index - text.lastIndexOf("\n", index - 1)}`;
}
