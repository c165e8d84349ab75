import type { Pseudonyms } from "../../domain/pseudonym.ts";

/** Replaces a text that must not be read: the same text has the same digest while the secret is the same. */
export type Digest = (text: string) => string;

/** Enough to tell the texts of a log apart, and too few to hold one. */
const LENGTH = 12;

/** Not the digest that addresses are shown by: the log would reveal the person behind a pseudonym. */
const PURPOSE = "log";

export function digestBy(pseudonyms: Pseudonyms): Digest {
  return (text) => `h:${pseudonyms.digest(`${PURPOSE} ${text}`, LENGTH)}`;
}
