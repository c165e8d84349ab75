import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import type { KeyFamily } from "../endpoint.ts";

/** An upstream key that can be sent but not printed. */
export class Credential {
  readonly #key: string;
  /** Tells two keys apart without telling what they are; part of every cache key. */
  readonly fingerprint: string;

  constructor(key: string) {
    this.#key = key;
    this.fingerprint = createHash("sha256")
      .update("claude-analytics-gateway credential\0")
      .update(key)
      .digest("base64url")
      .slice(0, 16);
  }

  /** A secret for another purpose, which does not tell the key. */
  derive(purpose: string): string {
    return createHmac("sha256", this.#key).update(`claude-analytics-gateway ${purpose}`).digest("base64url");
  }

  header(): string {
    return this.#key;
  }

  toString(): string {
    return "[key]";
  }

  toJSON(): string {
    return "[key]";
  }

  [inspect.custom](): string {
    return "[key]";
  }
}

export type Credentials = Readonly<Record<KeyFamily, Credential | null>>;
