import { createHmac } from "node:crypto";

/** Stands for a text that is not to be read: the same text has the same one, as long as the key is. */
export type Digest = (text: string) => string;

/** Enough to tell the texts of a log apart, and too few to hold one. */
const LENGTH = 12;

export function digestBy(key: Uint8Array): Digest {
  return (text) => `h:${createHmac("sha256", key).update(text).digest("base64url").slice(0, LENGTH)}`;
}
