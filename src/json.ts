/** A string with what follows it, where that makes it a key; or a bracket. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"\s*(:?)|[{}[\]]/g;

/** Returns a key that one object of valid JSON has twice, of which parsers silently keep the last; null where no object does. */
export function repeatedKey(json: string): string | null {
  const open: (Set<string> | null)[] = []; // the keys of each object, and null for each list
  for (const [token, text = "", colon] of json.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (colon === ":") {
      const key = text.includes("\\") ? JSON.parse(`"${text}"`) : text;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}

/** A token of JSON with the blanks before it. */
const NEXT_TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a text of JSON has none of them
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/** The tokens that may follow: a name of a field, the colon behind it, a value, or what comes after a value. */
type Expected = "name" | "colon" | "value" | "end";

/** Returns where a text stops being JSON. Parsers state the place of some faults alone, and of none that people make by hand most. */
export function syntaxFaultAt(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let mayClose = false; // behind an opening bracket; not behind a comma
  NEXT_TOKEN.lastIndex = 0;
  for (;;) {
    const from = NEXT_TOKEN.lastIndex;
    const [whole, mark, literal = ""] = NEXT_TOKEN.exec(text) ?? [];
    if (whole === undefined) return from + (/^[ \t\r\n]*/.exec(text.slice(from))?.[0].length ?? 0);
    const at = from + whole.length - (mark ?? literal).length;
    const isClosing = mark === "}" || mark === "]";
    if (isClosing) {
      if ((expected !== "end" && !mayClose) || open.pop() !== (mark === "}" ? "{" : "[")) return at;
      expected = "end";
    } else if (mark === ",") {
      if (expected !== "end" || open.length === 0) return at;
      expected = open.at(-1) === "{" ? "name" : "value";
    } else if (mark === ":") {
      if (expected !== "colon") return at;
      expected = "value";
    } else if (mark !== undefined) {
      if (expected !== "value") return at;
      open.push(mark);
      expected = mark === "{" ? "name" : "value";
    } else if (expected === "name") {
      if (!literal.startsWith('"')) return at;
      expected = "colon";
    } else {
      if (expected !== "value") return at;
      expected = "end";
    }
    mayClose = mark === "{" || mark === "[";
  }
}
