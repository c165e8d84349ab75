import type { Pseudonyms } from "../../domain/pseudonym.ts";

/** Stands for a text that is not to be read: the same text has the same one, as long as the secret is. */
export type Digest = (text: string) => string;

/** Enough to tell the texts of a log apart, and too few to hold one. */
const LENGTH = 12;

/** Not the digest that an address is shown by: the log would tell whose pseudonym it is. */
const PURPOSE = "log";

export function digestBy(pseudonyms: Pseudonyms): Digest {
  return (text) => `h:${pseudonyms.digest(`${PURPOSE} ${text}`, LENGTH)}`;
}
