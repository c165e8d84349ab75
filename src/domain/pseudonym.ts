import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

/** Kind of an id. One text has another pseudonym in each kind. */
export type PseudonymKind = "user" | "slack" | "profile";

/** Addresses that no mail reaches (RFC 2606). */
const DOMAIN = "pseudonym.invalid";

const MARK = "p_";

/** Prefixes of ids of people, upstream and here. A prefix says nothing of the person. */
const USER_PREFIX = "user_";

/** Node's types do not list it; it is used like the one they do. */
const AES_SIV = "aes-256-siv" as "aes-256-gcm";

/** It makes its own of the text. */
const NO_IV = Buffer.alloc(0);

/** Of the synthetic initialization vector, which is also what a forged text is known by. */
const TAG_LENGTH = 16;

/**
 * Pseudonyms replace all that identifies a person (GDPR, article 4(5)). A person has the same pseudonym everywhere, on every
 * replica and after a restart, while the secret is the same; without the secret it cannot be reversed. Ids can be reversed with
 * it, since upstream needs them; addresses and names cannot.
 */
export class Pseudonyms {
  readonly #cipherKey: Buffer;
  readonly #hashKey: Buffer;

  constructor(secret: string) {
    const derive = (purpose: string, bytes: number) =>
      Buffer.from(hkdfSync("sha256", secret, "claude-analytics-gateway pseudonyms", purpose, bytes));
    this.#cipherKey = derive("ids", 64);
    this.#hashKey = derive("texts", 32);
  }

  id(id: string, kind: PseudonymKind): string {
    const bare = kind === "user" && id.startsWith(USER_PREFIX) ? id.slice(USER_PREFIX.length) : `:${id}`;
    return `${kind === "user" ? USER_PREFIX : ""}${MARK}${this.seal(bare, kind)}`;
  }

  /** The id a pseudonym stands for; null where it is none that was given out. */
  idOf(pseudonym: string, kind: PseudonymKind): string | null {
    const prefix = kind === "user" ? USER_PREFIX + MARK : MARK;
    const bare = pseudonym.startsWith(prefix) ? this.open(pseudonym.slice(prefix.length), kind) : null;
    if (bare === null) return null;
    return bare.startsWith(":") ? bare.slice(1) : USER_PREFIX + bare;
  }

  /** Letter case aside, as addresses are compared. */
  address(email: string): string {
    return `${this.digest(email.toLowerCase(), 16)}@${DOMAIN}`;
  }

  /** Made from the id: two people of one name have different pseudonyms. */
  name(userId: string): string {
    return `Person ${this.digest(userId, 8)}`;
  }

  /** A text that only this gateway reads, the same for the same text (AES-SIV, RFC 5297). */
  seal(text: string, kind: string): string {
    const cipher = createCipheriv(AES_SIV, this.#cipherKey, NO_IV);
    cipher.setAAD(Buffer.from(kind));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** The text that was sealed; null where it was not, or as something else. */
  open(sealed: string, kind: string): string | null {
    const bytes = Buffer.from(sealed, "base64url");
    // One spelling each: spare bits and foreign characters would read as the same bytes.
    if (bytes.length < TAG_LENGTH || bytes.toString("base64url") !== sealed) return null;
    const cipher = createDecipheriv(AES_SIV, this.#cipherKey, NO_IV);
    cipher.setAAD(Buffer.from(kind));
    cipher.setAuthTag(bytes.subarray(0, TAG_LENGTH));
    try {
      return Buffer.concat([cipher.update(bytes.subarray(TAG_LENGTH)), cipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }

  /** A short name for a text. It is not shown to viewers who could guess the text and check. */
  digest(text: string, length: number): string {
    return createHmac("sha256", this.#hashKey).update(text).digest("hex").slice(0, length);
  }
}

export function isPseudonymousAddress(email: string): boolean {
  return email.toLowerCase().endsWith(`@${DOMAIN}`);
}
