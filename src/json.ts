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
