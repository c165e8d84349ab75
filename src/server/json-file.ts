import { readFileSync } from "node:fs";

/** A file of JSON that cannot be used; the message says why, as what is told of it, and repeats nothing that is in it. */
export class UnreadFile extends Error {}

/** What a file of JSON holds; throws UnreadFile. */
export function readJsonFile(path: string | URL): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (fault) {
    throw new UnreadFile(`cannot be read (${(fault as NodeJS.ErrnoException).code})`);
  }
  if (text.trim() === "") throw new UnreadFile("is empty");
  try {
    return JSON.parse(text);
  } catch (fault) {
    const where = /\(line \d+ column \d+\)/.exec((fault as Error).message)?.[0];
    throw new UnreadFile(where === undefined ? "is not JSON" : `is not JSON ${where}`);
  }
}
