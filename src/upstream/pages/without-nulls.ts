/**
 * Runs of members that are null, in JSON without spaces: up to the brace after them, or after the brace or comma before them. A quote
 * that ends a text is followed by none of the characters of a name, so nothing within a text is found.
 */
const NULL_MEMBERS = /(?:,"\w+":null)+(?=\})|([{,])(?:"\w+":null,)+/g;

/** Returns a JSON text without members that are null: of reports they are half, and each reader would parse them. */
export function withoutNulls(json: string): string {
  return json.replace(NULL_MEMBERS, "$1");
}
