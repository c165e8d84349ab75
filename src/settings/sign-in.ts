import { isSecureUrl, oneOrTwoKeys, seconds, text } from "./formats.ts";
import { PUBLIC_URL } from "./public-url.ts";
import {
  fileOf,
  InvalidText,
  optional,
  type SettingFormat,
  type SettingsReader,
  setting,
  subjectOf,
} from "./setting.ts";

/** Sign-in of people on the pages, by the issuer of `AUTH=jwt` (OpenID Connect). */
export interface SignInConfig {
  /** The issuer that publishes the discovery document. */
  readonly issuer: URL;
  readonly clientId: string;
  /** Null: a public client, which proves itself by PKCE alone. */
  readonly clientSecret: string | null;
  /** Separated by blanks. */
  readonly scopes: string;
  /** Parameters of the authorization request beside those of OpenID Connect. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Origin of the pages, as browsers see it. */
  readonly publicUrl: URL;
  /** The first one seals cookies; each opens them. */
  readonly sessionKeys: readonly string[];
  /** Longest time from sign-in to the end of the session. */
  readonly sessionMs: number;
}

const SCOPES: SettingFormat<string> = {
  parse(value) {
    const scopes = value.split(/\s+/);
    if (!scopes.includes("openid")) throw new InvalidText(" lacks openid, without which there is no sign-in");
    return scopes.every((each) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(each)) ? scopes.join(" ") : null;
  },
  expected: "scopes separated by blanks",
  values: "scopes separated by blanks",
};

/** Parameters that the gateway sets itself. Another value would break the sign-in, or its protection. */
const OWN_PARAMETERS = [
  ...["client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"],
  ...["code_challenge", "code_challenge_method", "request", "request_uri"],
];

const PARAMETERS: SettingFormat<ReadonlyMap<string, string>> = {
  parse(value) {
    const entries = [...new URLSearchParams(value)];
    const own = entries.map(([name]) => name).find((name) => OWN_PARAMETERS.includes(name));
    if (own !== undefined) throw new InvalidText(` has ${own}, which the gateway sets itself`);
    const parameters = new Map(entries);
    const isPlain = entries.every(([name, each]) => /^\w+$/.test(name) && each !== "");
    return isPlain && parameters.size === entries.length ? parameters : null;
  },
  expected:
    "parameters as in a URL, each once, such as audience=https://analytics.example.com&hd=corp.example",
  values: "parameters as in a URL",
};

const clientSecretFile = fileOf("OIDC_CLIENT_SECRET");
const sessionKeysFile = fileOf("SESSION_KEYS");

export const SIGN_IN = {
  clientId: optional({
    name: "OIDC_CLIENT_ID",
    format: text("client id"),
    whenUnset: "the pages ask for a token",
    meaning:
      "Client of your identity provider by which people sign in on the pages, with `AUTH=jwt`. Its redirect URI is `PUBLIC_URL` followed by `/sign-in/callback`.",
    example: "claude-analytics",
  }),
  clientSecret: optional({
    name: "OIDC_CLIENT_SECRET",
    format: text("secret"),
    whenUnset: "a public client",
    meaning: "Secret of that client.",
    secret: true,
    file: clientSecretFile,
  }),
  clientSecretFile,
  issuer: optional({
    name: "OIDC_ISSUER",
    format: text("https URL"),
    whenUnset: "the first of `JWT_ISSUER`",
    meaning: "Issuer that people sign in with; one of `JWT_ISSUER`.",
    example: "https://idp.example.com",
  }),
  scopes: setting({
    name: "OIDC_SCOPES",
    default: "openid profile email",
    format: SCOPES,
    meaning:
      "Scopes that a sign-in requests. With `offline_access` most issuers let a session be renewed without a new sign-in.",
  }),
  parameters: optional({
    name: "OIDC_PARAMETERS",
    format: PARAMETERS,
    meaning: "Further parameters of the request to sign in.",
    example: "audience=https://analytics.example.com",
  }),
  sessionKeys: optional({
    name: "SESSION_KEYS",
    format: oneOrTwoKeys("seals sessions"),
    meaning:
      "Secrets that sessions are sealed with, the same on all replicas. The first one seals sessions, the second one keeps those valid that were sealed with it before. Required with `OIDC_CLIENT_ID`.",
    secret: true,
    file: sessionKeysFile,
  }),
  sessionKeysFile,
  sessionMs: setting({
    name: "SESSION_LENGTH",
    default: "43200",
    format: seconds(300, 604_800),
    meaning: "Longest time until a person must sign in again. A session never outlasts the issuer's token.",
  }),
};

const REQUIRED = [PUBLIC_URL, SIGN_IN.sessionKeys];

/** Replaces a URL that is missing or invalid, which is a fault already. */
const NO_URL = new URL("https://invalid.invalid");

/** Reads the sign-in of the pages; null without a client. */
export function signInConfig(
  reader: SettingsReader,
  issuers: readonly string[],
  publicUrl: URL | null,
): SignInConfig | null {
  const values = reader.readAll(SIGN_IN);
  const { clientId, issuer, sessionKeys } = values;
  if (clientId === null) {
    const others = reader.changed(Object.values(SIGN_IN));
    if (others.length > 0) reader.faults.push(`${subjectOf(others)} set, and OIDC_CLIENT_ID is not.`);
    return null;
  }
  const missing = REQUIRED.filter((each) => !reader.isStated(each)).map(({ name }) => name);
  if (missing.length > 0) reader.faults.push(`OIDC_CLIENT_ID is set, and ${subjectOf(missing)} not.`);
  return {
    clientId,
    clientSecret: values.clientSecret,
    scopes: values.scopes,
    parameters: values.parameters ?? new Map(),
    sessionMs: values.sessionMs,
    issuer: issuerUrl(reader, issuer, issuers),
    publicUrl: publicUrl ?? NO_URL,
    sessionKeys: sessionKeys ?? [],
  };
}

function issuerUrl(reader: SettingsReader, stated: string | null, issuers: readonly string[]): URL {
  const [first] = issuers;
  if (stated !== null && issuers.length > 0 && !issuers.includes(stated))
    reader.faults.push(
      "OIDC_ISSUER is not one of JWT_ISSUER, so the gateway would accept none of its tokens.",
    );
  const url = URL.parse(stated ?? first ?? NO_URL.href);
  if (isSecureUrl(url)) return url;
  const name = stated === null ? "the first of JWT_ISSUER" : "OIDC_ISSUER";
  reader.faults.push(
    `OIDC_CLIENT_ID is set, and ${name} is not an https URL (http for a loopback address) where a discovery document can be read.`,
  );
  return NO_URL;
}
