import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Instant } from "../../domain/day.ts";
import { type Identity, isIdentity, isScope, type Scope } from "../../domain/viewer.ts";
import { SealedTexts, type SealOptions } from "../auth/sealed-texts.ts";

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
  /** The organization of fields that name none; null: none. */
  readonly organization: string | null;
  /** Names of the organizations that it may read; null: all. */
  readonly organizations: readonly string[] | null;
  readonly expiresAt: Instant;
}

/** The longest link that is read. */
export const MAX_LINK = 4_000;

/** Makes and opens links. A variable can name a person, so a link is encrypted. */
export class LinkSeal {
  readonly #texts: SealedTexts;
  readonly #secrets: readonly string[];

  constructor(options: SealOptions) {
    this.#texts = new SealedTexts(options);
    this.#secrets = options.secrets;
  }

  /** An id that shows, with the keys alone, who made a link. */
  newId(maker: string): string {
    const random = randomBytes(12).toString("base64url");
    return `${random}.${markOf(this.#secrets[0] ?? "", random, maker)}`;
  }

  /** True if the id is of a link that this caller made. */
  isMadeBy(id: string, maker: string): boolean {
    const [random = "", mark = ""] = id.split(".");
    return this.#secrets.some((secret) => {
      const expected = Buffer.from(markOf(secret, random, maker));
      const given = Buffer.from(mark);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  seal({ id, expiresAt, ...content }: LinkContent): Promise<string> {
    return this.#texts.seal("link", { jti: id, ...content }, expiresAt);
  }

  /** The content of a link, or the reason why it is not one. The reason is for the operator. */
  async open(link: string): Promise<LinkContent | { readonly reason: string }> {
    if (link.length > MAX_LINK) return { reason: "link too long" };
    const opened = await this.#texts.open("link", link);
    if (opened.payload === null) return { reason: `link ${opened.reason}` };
    return contentOf(opened.payload) ?? { reason: "link of another version" };
  }
}

function markOf(secret: string, random: string, maker: string): string {
  const key = new Uint8Array(hkdfSync("sha256", secret, "claude-analytics-gateway", "maker of a link", 32));
  return createHmac("sha256", key).update(`${random} ${maker}`).digest("base64url").slice(0, MARK_LENGTH);
}

const MARK_LENGTH = 22;

/** Only the gateway can have written it; another version may have done so. */
function contentOf({ jti, exp, ...payload }: JWTPayload): LinkContent | null {
  const { maker, document, variables, list = null, measure = null, identity, scopes } = payload;
  const { organization = null, organizations = null } = payload;
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
    isPath(organization) &&
    (organizations === null || (Array.isArray(organizations) && organizations.every(isText))) &&
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
    organization: organization as string | null,
    organizations: organizations as string[] | null,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
