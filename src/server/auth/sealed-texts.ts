import { hkdfSync } from "node:crypto";
import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose";
import type { Instant } from "../../domain/day.ts";

/** Kind of a sealed text. Each has keys that open no other kind. */
type Purpose = "session" | "sign-in" | "renewal" | "link";

export interface SealOptions {
  /** The first one seals; each opens. */
  readonly secrets: readonly string[];
  /** Settings that a text depends on. With others it does not open. */
  readonly settings?: string;
  readonly now: () => Instant;
}

/** Content of a sealed text. Without a payload, the reason is for the operator. */
export type OpenedText<Payload> =
  | { readonly payload: JWTPayload & Payload }
  | { readonly payload: null; readonly reason: "expired" | "not ours" };

/** Direct encryption with AES-GCM (RFC 7518, 4.5 and 5.3), and nothing else: the header of a text chooses no algorithm. */
const ALGORITHM = { alg: "dir", enc: "A256GCM" } as const;

/**
 * Texts that others keep and only this gateway reads: encrypted and authenticated (JWE). Every replica and every worker opens them, and
 * so does the next process.
 */
export class SealedTexts {
  readonly #options: SealOptions;

  constructor(options: SealOptions) {
    this.#options = options;
  }

  seal(purpose: Purpose, payload: object, expiresAt: Instant): Promise<string> {
    const [secret = ""] = this.#options.secrets;
    return new EncryptJWT({ ...payload })
      .setProtectedHeader(ALGORITHM)
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .encrypt(this.#key(secret, purpose));
  }

  /** Opens a text. Without a payload where it was not sealed here, or for another purpose, or has expired. */
  async open<Payload>(purpose: Purpose, text: string): Promise<OpenedText<Payload>> {
    for (const secret of this.#options.secrets)
      try {
        return await jwtDecrypt<Payload>(text, this.#key(secret, purpose), {
          keyManagementAlgorithms: [ALGORITHM.alg],
          contentEncryptionAlgorithms: [ALGORITHM.enc],
          currentDate: new Date(this.#options.now()),
          requiredClaims: ["exp"],
        });
      } catch (fault) {
        if (fault instanceof errors.JWTExpired) return { payload: null, reason: "expired" };
        if (!(fault instanceof errors.JOSEError)) throw fault;
      }
    return { payload: null, reason: "not ours" };
  }

  #key(secret: string, purpose: Purpose): Uint8Array {
    const info = `${purpose} ${this.#options.settings ?? ""}`;
    return new Uint8Array(hkdfSync("sha256", secret, "claude-analytics-gateway", info, 32));
  }
}
