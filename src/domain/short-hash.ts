import { hash } from "node:crypto";

/** Returns the first characters of a SHA-256 in base64url: six bits each, for names that need not be secret. */
export function shortHash(text: string, length: number): string {
  return hash("sha256", text, "base64url").slice(0, length);
}
