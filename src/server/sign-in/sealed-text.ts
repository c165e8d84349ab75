import { hkdfSync } from "node:crypto";
import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose";
import type { Instant } from "../../domain/day.ts";

/** Kind of a sealed text. Each has keys that open no other kind. */
type Purpose = "session" | "sign-in" | "renewal";

export interface SealOptions {
  /** The first one seals; each opens. */
  readonly secrets: readonly string[];
  /** Settings that a text depends on. With others it does not open. */
  readonly settings: string;
  readonly now: () => Instant;
}

/**
 * Texts that browsers keep and only this gateway reads: encrypted and authenticated (JWE, `dir` with A256GCM). Every replica and every
 * worker opens them, and so does the next process.
 */
export class SealedTexts {
  readonly #options: SealOptions;

  constructor(options: SealOptions) {
    this.#options = options;
  }

  seal(purpose: Purpose, payload: object, expiresAt: Instant): Promise<string> {
    const [secret = ""] = this.#options.secrets;
    return new EncryptJWT({ ...payload })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .encrypt(this.#key(secret, purpose));
  }

  /** The payload that was sealed; null where it was not, or as another kind, or has expired. */
  async open<Payload>(purpose: Purpose, text: string): Promise<(JWTPayload & Payload) | null> {
    for (const secret of this.#options.secrets)
      try {
        const { payload } = await jwtDecrypt<Payload>(text, this.#key(secret, purpose), {
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
          currentDate: new Date(this.#options.now()),
          requiredClaims: ["exp"],
        });
        return payload;
      } catch (fault) {
        if (!(fault instanceof errors.JOSEError)) throw fault;
      }
    return null;
  }

  #key(secret: string, purpose: Purpose): Uint8Array {
    const info = `${purpose} ${this.#options.settings}`;
    return new Uint8Array(hkdfSync("sha256", secret, "claude-analytics-gateway cookies", info, 32));
  }
}
