import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose";
import type { Instant } from "../../domain/day.ts";
import { type Identity, isIdentity, isScope, type Scope } from "../../domain/viewer.ts";

/** The picture that a link is to, and the rights it is drawn with. A reader of the link can neither see nor change it. */
export interface LinkContent {
  readonly id: string;
  /** Name of the caller who made it. */
  readonly maker: string;
  /** Hash of the document. */
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly list: string | null;
  readonly measure: string | null;
  readonly identity: Identity;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Instant;
}

/** The longest link that is read. */
export const MAX_LINK = 4_000;

/** Direct encryption with AES-GCM (RFC 7518, 4.5 and 5.3), and nothing else: the header of a link chooses no algorithm. */
const ALGORITHM = { alg: "dir", enc: "A256GCM" } as const;
const AUDIENCE = "chart";

interface LinkKey {
  readonly id: string;
  readonly encryption: Uint8Array;
  readonly identification: Uint8Array;
}

/** Makes and opens links with keys derived from the operator's secrets. A variable can name a person, so a link is encrypted. */
export class LinkSeal {
  readonly #keys: readonly LinkKey[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => ({
      id: Buffer.from(derived(secret, "key id", 6)).toString("base64url"),
      encryption: derived(secret, "encryption", 32),
      identification: derived(secret, "identification", 32),
    }));
  }

  /** An id that shows, with the keys alone, who made a link. */
  newId(maker: string): string {
    const random = randomBytes(12).toString("base64url");
    return `${random}.${markOf(this.#newest, random, maker)}`;
  }

  /** True if the id is of a link that this caller made. */
  isMadeBy(id: string, maker: string): boolean {
    const [random = "", mark = ""] = id.split(".");
    return this.#keys.some((key) => {
      const expected = Buffer.from(markOf(key, random, maker));
      const given = Buffer.from(mark);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  async seal({ id, expiresAt, ...content }: LinkContent, now: Instant): Promise<string> {
    const key = this.#newest;
    return new EncryptJWT({ ...content })
      .setProtectedHeader({ ...ALGORITHM, kid: key.id })
      .setJti(id)
      .setAudience(AUDIENCE)
      .setIssuedAt(seconds(now))
      .setExpirationTime(seconds(expiresAt))
      .encrypt(key.encryption);
  }

  /** The content of a link, or the reason why it is not one. The reason is for the operator. */
  async open(link: string, now: Instant): Promise<LinkContent | { readonly reason: string }> {
    if (link.length > MAX_LINK) return { reason: "link too long" };
    try {
      const { payload } = await jwtDecrypt(link, ({ kid }) => this.#keyOf(kid), {
        keyManagementAlgorithms: [ALGORITHM.alg],
        contentEncryptionAlgorithms: [ALGORITHM.enc],
        audience: AUDIENCE,
        currentDate: new Date(now),
        requiredClaims: ["exp", "jti"],
      });
      return contentOf(payload) ?? { reason: "link of another version" };
    } catch (fault) {
      if (fault instanceof errors.JWTExpired) return { reason: "link expired" };
      return { reason: `link ${fault instanceof errors.JOSEError ? fault.code : "malformed"}` };
    }
  }

  get #newest(): LinkKey {
    const [key] = this.#keys;
    if (key === undefined) throw new RangeError("links need a key");
    return key;
  }

  #keyOf(id: unknown): Uint8Array {
    const key = this.#keys.find((each) => each.id === id);
    if (key === undefined) throw new errors.JWEDecryptionFailed();
    return key.encryption;
  }
}

function derived(secret: string, use: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "claude-analytics-gateway links", use, bytes));
}

function markOf({ identification }: LinkKey, random: string, maker: string): string {
  return createHmac("sha256", identification)
    .update(`${random} ${maker}`)
    .digest("base64url")
    .slice(0, MARK_LENGTH);
}

const MARK_LENGTH = 22;

function seconds(instant: Instant): number {
  return Math.floor(instant / 1_000);
}

/** Only the gateway can have written it; another version may have done so. */
function contentOf({ jti, exp, ...payload }: JWTPayload): LinkContent | null {
  const { maker, document, variables, list = null, measure = null, identity, scopes } = payload;
  const isPath = (path: unknown) => path === null || typeof path === "string";
  const isRight =
    typeof jti === "string" &&
    typeof exp === "number" &&
    typeof maker === "string" &&
    typeof document === "string" &&
    typeof variables === "object" &&
    variables !== null &&
    isPath(list) &&
    isPath(measure) &&
    isIdentity(identity) &&
    Array.isArray(scopes) &&
    scopes.every(isScope);
  if (!isRight) return null;
  return {
    id: jti,
    expiresAt: exp * 1_000,
    maker,
    document,
    variables: variables as LinkContent["variables"],
    list: list as string | null,
    measure: measure as string | null,
    identity,
    scopes,
  };
}
