import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import type { KeyFamily } from "../endpoint.ts";

/** An upstream key, or an OAuth token, that can be sent but not printed. */
export class Credential {
  readonly #key: string;
  /** Tells two keys apart without telling what they are; part of every cache key. */
  readonly fingerprint: string;

  readonly #scheme: "key" | "bearer";

  constructor(key: string, scheme: "key" | "bearer" = "key") {
    this.#key = key;
    this.#scheme = scheme;
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

  /** Returns the header that proves the sender: `x-api-key` for a key, `authorization` for an OAuth token. */
  headers(): Readonly<Record<string, string>> {
    return this.#scheme === "key" ? { "x-api-key": this.#key } : { authorization: `Bearer ${this.#key}` };
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
