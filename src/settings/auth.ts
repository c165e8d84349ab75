import { type ClaimNames, ownRole, roleKey } from "../domain/claims.ts";
import { ROLES, type Role } from "../domain/viewer.ts";
import { isLoopback } from "../proxies.ts";
import { commaSeparated, oneOf, text } from "./formats.ts";
import {
  InvalidText,
  optional,
  type SettingFormat,
  type SettingsReader,
  setting,
  subjectOf,
} from "./setting.ts";
import { SIGN_IN, type SignInConfig, signInConfig } from "./sign-in.ts";

export type AuthConfig =
  /** Callers do not authenticate. */
  { readonly kind: "none" } | { readonly kind: "tokens"; readonly path: string } | JwtAuthConfig;

export interface JwtAuthConfig extends ClaimNames {
  readonly kind: "jwt";
  readonly jwksUrl: URL;
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  /** The header with the token, in lower case. */
  readonly header: string;
  /** Null: the pages ask for a token. */
  readonly signIn: SignInConfig | null;
}

/** Headers that browsers or proxies fill with something else. */
const OTHER_HEADERS = [
  "cookie",
  "host",
  "origin",
  "content-type",
  "content-length",
  "x-request-id",
  "explain",
];

const TOKEN_HEADER: SettingFormat<string> = {
  parse(value) {
    const name = value.toLowerCase();
    return /^[a-z\d][a-z\d_-]*$/.test(name) && !OTHER_HEADERS.includes(name) ? name : null;
  },
  expected: "the name of a header for a token, such as authorization or cf-access-jwt-assertion",
  values: "header name",
};

const JWKS_URL: SettingFormat<URL> = {
  parse(value) {
    const url = URL.parse(value);
    if (!isKeysUrl(url)) return null;
    if (url.pathname.includes("/.well-known/openid-configuration"))
      throw new InvalidText(" is the issuer's discovery document; set it to the `jwks_uri` in that document");
    return url;
  },
  expected: "an https URL (http for a loopback address) without credentials",
  values: "https URL",
};

/** Keys fetched in the clear could be replaced on the way, and with them everyone who is authenticated. */
function isKeysUrl(url: URL | null): url is URL {
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

const ONE_CLAIM: SettingFormat<string> = {
  parse(value) {
    if (value.includes(",")) throw new InvalidText(" is more than one claim");
    return value;
  },
  expected: "a claim",
  values: "claim",
};

const ROLE_NAMES = Object.keys(ROLES).map((role) => role.toLowerCase());

const ROLE_MAP: SettingFormat<ReadonlyMap<string, Role>> = {
  parse(value) {
    const entries = value.startsWith("{") ? jsonEntries(value) : value.split(",").map(lastColonOf);
    if (entries === null || entries.length === 0) return null;
    const faults: string[] = [];
    const map = new Map<string, Role>();
    for (const [i, [name, role]] of entries.entries()) {
      const own = typeof role === "string" ? ownRole(role) : undefined;
      const key = roleKey(name);
      if (name === "" || own === undefined)
        faults.push(`: entry ${i + 1} is not a name, a colon and one of ${ROLE_NAMES.join(", ")}`);
      else if (map.has(key) && map.get(key) !== own)
        faults.push(`: entry ${i + 1} gives a name another role than an entry before it`);
      else map.set(key, own);
    }
    if (faults.length > 0) throw new InvalidText(...faults);
    return map;
  },
  expected: 'a JSON object of names and roles, such as {"Claude Owners": "owner"}',
  values: "comma-separated `name:role`, or a JSON object",
};

/** Names of the issuer may contain colons, role names do not, so the last colon separates them. */
function lastColonOf(entry: string): readonly [name: string, role: unknown] {
  const colon = entry.lastIndexOf(":");
  return [entry.slice(0, Math.max(colon, 0)).trim(), entry.slice(colon + 1).trim()];
}

function jsonEntries(value: string): readonly (readonly [name: string, role: unknown])[] | null {
  try {
    return Object.entries(JSON.parse(value) as object);
  } catch {
    return null;
  }
}

const CLAIMS = commaSeparated("comma-separated claims");

export const AUTH = {
  kind: setting({
    name: "AUTH",
    default: "none",
    format: oneOf(["none", "tokens", "jwt"], "none, tokens or jwt"),
    meaning:
      "How callers authenticate: not at all, with a token of `TOKENS_FILE`, or with a JWT of your identity provider (`JWT_*`).",
  }),
  tokensFile: optional({
    name: "TOKENS_FILE",
    format: text("path"),
    meaning:
      "JSON list of `{ name, sha256, role, scopes?, email?, expiresAt?, documents?, organizations?, identity?, teams? }`. The command `token` adds an entry. Changes apply without a restart.",
    example: "tokens.json",
  }),
};

export const JWT = {
  jwksUrl: optional({
    name: "JWT_JWKS_URL",
    format: JWKS_URL,
    meaning: "URL of the issuer's signing keys (`jwks_uri`). Required with `AUTH=jwt`.",
    example: "https://idp.example.com/oauth2/v1/keys",
  }),
  issuers: optional({
    name: "JWT_ISSUER",
    format: commaSeparated("comma-separated issuers"),
    meaning: "Issuers (`iss`) that tokens may name. Required with `AUTH=jwt`.",
    example: "https://idp.example.com",
  }),
  audiences: optional({
    name: "JWT_AUDIENCE",
    format: commaSeparated("comma-separated audiences"),
    meaning: "Audiences (`aud`) that tokens may be for. Required with `AUTH=jwt`.",
    example: "claude-analytics",
  }),
  header: setting({
    name: "JWT_HEADER",
    default: "authorization",
    format: TOKEN_HEADER,
    meaning:
      "The only header that tokens are read from. In a header other than `authorization`, `Bearer` may be left out.",
    example: "cf-access-jwt-assertion",
  }),
  nameClaims: setting({
    name: "JWT_NAME_CLAIM",
    default: "sub",
    format: CLAIMS,
    meaning: "Claims that name the caller. The first one in the token is used.",
  }),
  roleClaims: setting({
    name: "JWT_ROLE_CLAIM",
    default: "role",
    format: CLAIMS,
    meaning: `Claims with the caller's roles, by name or as a path. The highest role applies: ${ROLE_NAMES.map((role) => `\`${role}\``).join(", ")}.`,
    example: "realm_access.roles",
  }),
  roleMap: optional({
    name: "JWT_ROLE_MAP",
    format: ROLE_MAP,
    meaning: "Maps role or group names of the issuer to roles. Names that are not in the map are ignored.",
    example: "Claude Owners:owner,Claude Readers:analyst",
  }),
  scopeClaims: setting({
    name: "JWT_SCOPE_CLAIM",
    default: "scope,scp,permissions",
    format: CLAIMS,
    meaning:
      "Claims with the scopes of the role `service`, or scopes that replace those of the role `lead`: a text separated by spaces, or a list.",
  }),
  emailClaim: setting({
    name: "JWT_EMAIL_CLAIM",
    default: "email",
    format: ONE_CLAIM,
    meaning: "Claim with the caller's email address, which finds their membership and team.",
  }),
  organizationsClaim: optional({
    name: "JWT_ORGANIZATIONS_CLAIM",
    whenUnset: "callers may read all organizations",
    format: ONE_CLAIM,
    meaning:
      "Claim with the names of the organizations that the caller may read: a list, or a text with spaces or commas. A token without it is rejected.",
    example: "claude_organizations",
  }),
  teamsClaim: optional({
    name: "JWT_TEAMS_CLAIM",
    whenUnset: "the teams that they manage by `TEAMS_FILE`",
    format: ONE_CLAIM,
    meaning:
      "Claim with further teams of the role `lead`, by id or name as the gateway shows them: a list, or one as text.",
    example: "claude_teams",
  }),
  emailVerified: setting({
    name: "JWT_EMAIL_VERIFIED",
    default: "claim",
    format: oneOf(["claim", "issuer"], "claim or issuer"),
    meaning:
      "How the address is verified. `claim`: the claim of the same name with `_verified` appended must be true. `issuer`: every address is verified unless that claim is false.",
  }),
};

const REQUIRED = [JWT.jwksUrl, JWT.issuers, JWT.audiences];

/** Replaces a URL that is missing or invalid, which is a fault already. */
const NO_URL = new URL("https://invalid.invalid");

/** Reads how callers authenticate. Settings of another way are faults: the operator believes that they protect the gateway. */
export function authConfig(reader: SettingsReader, publicUrl: URL | null): AuthConfig {
  const kind = reader.read(AUTH.kind);
  const path = reader.read(AUTH.tokensFile);
  if (kind !== "tokens" && path !== null) reader.faults.push("TOKENS_FILE is set, and AUTH is not tokens.");
  if (kind === "tokens" && path === null)
    reader.faults.push("AUTH is tokens, and TOKENS_FILE names no file.");
  const ofJwt = reader.changed([...Object.values(JWT), ...Object.values(SIGN_IN)]);
  if (kind !== "jwt" && ofJwt.length > 0) reader.faults.push(`${subjectOf(ofJwt)} set, and AUTH is not jwt.`);
  if (kind === "jwt") return jwtConfig(reader, publicUrl);
  return kind === "tokens" ? { kind, path: path ?? "" } : { kind };
}

function jwtConfig(reader: SettingsReader, publicUrl: URL | null): AuthConfig {
  const missing = REQUIRED.filter((each) => !reader.isStated(each)).map(({ name }) => name);
  if (missing.length > 0) reader.faults.push(`AUTH is jwt, and ${subjectOf(missing)} not set.`);
  const { jwksUrl, issuers, audiences, emailVerified, ...claims } = reader.readAll(JWT);
  const { emailClaim, roleClaims } = claims;
  if (!reader.isStated(JWT.roleMap) && roleClaims.includes(emailClaim))
    reader.faults.push(
      `JWT_ROLE_CLAIM has ${emailClaim}, the claim with the address, and JWT_ROLE_MAP does not say which address has which role.`,
    );
  return {
    kind: "jwt",
    jwksUrl: jwksUrl ?? NO_URL,
    issuers: issuers ?? [],
    audiences: audiences ?? [],
    signIn: signInConfig(reader, issuers ?? [], publicUrl),
    ...claims,
    vouchesForEmail: emailVerified === "issuer",
  };
}
