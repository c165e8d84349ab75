import { expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { settingFaults } from "../setting-faults.ts";

const JWT = {
  AUTH: "jwt",
  JWT_JWKS_URL: "https://idp.example.com/keys",
  JWT_ISSUER: "https://idp.example.com,https://other.example.com",
  JWT_AUDIENCE: "analytics",
};
const SIGN_IN = {
  ...JWT,
  OIDC_CLIENT_ID: "pages",
  PUBLIC_URL: "https://analytics.example.com",
  SESSION_KEYS: "a secret of thirty-two characters",
};

test("a client, an origin and a secret offer sign-in by the first issuer", () => {
  const { auth } = readConfig(SIGN_IN).access;
  expect(auth.kind === "jwt" && auth.signIn).toMatchObject({
    issuer: new URL("https://idp.example.com"),
    clientId: "pages",
    clientSecret: null,
    scopes: "openid profile email",
    sessionMs: 43_200_000,
  });
  const { auth: other } = readConfig({ ...SIGN_IN, OIDC_ISSUER: "https://other.example.com" }).access;
  expect(other.kind === "jwt" && other.signIn?.issuer.host).toBe("other.example.com");
  const { auth: plain } = readConfig(JWT).access;
  expect(plain.kind === "jwt" && plain.signIn).toBeNull();
});

test("every fault of sign-in is named at once, without a secret", () => {
  const faults = settingFaults({
    ...JWT,
    OIDC_CLIENT_ID: "pages",
    OIDC_ISSUER: "https://evil.example.com",
    OIDC_SCOPES: "profile",
    OIDC_PARAMETERS: "state=1",
    PUBLIC_URL: "http://analytics.example.com/path",
    SESSION_KEYS: "too short a secret",
    SESSION_LENGTH: "5",
  });
  expect(faults).toEqual([
    "PUBLIC_URL is not an https origin (http for a loopback address) without a path, such as https://analytics.example.com.",
    "OIDC_SCOPES lacks openid, without which there is no sign-in.",
    "OIDC_PARAMETERS has state, which the gateway sets itself.",
    "SESSION_KEYS is not a key of 32 characters or more, or two of them with a comma between.",
    "SESSION_LENGTH is not a whole number from 300 to 604800.",
    "OIDC_ISSUER is not one of JWT_ISSUER, so the gateway would accept none of its tokens.",
  ]);
});

test.each<[string, Record<string, string>, string]>([
  [
    "without an origin and a secret",
    { ...JWT, OIDC_CLIENT_ID: "pages" },
    "OIDC_CLIENT_ID is set, and PUBLIC_URL and SESSION_KEYS are not.",
  ],
  [
    "without a client",
    { ...JWT, SESSION_KEYS: SIGN_IN.SESSION_KEYS },
    "SESSION_KEYS is set, and OIDC_CLIENT_ID is not.",
  ],
  [
    "with another way to authenticate",
    { AUTH: "none", OIDC_CLIENT_ID: "pages" },
    "OIDC_CLIENT_ID is set, and AUTH is not jwt.",
  ],
  [
    "by an issuer that is no URL",
    { ...SIGN_IN, JWT_ISSUER: "accounts.google.com" },
    "OIDC_CLIENT_ID is set, and the first of JWT_ISSUER is not an https URL (http for a loopback address) where a discovery document can be read.",
  ],
  [
    "over http beyond loopback",
    { ...SIGN_IN, PUBLIC_URL: "http://analytics.example.com" },
    "PUBLIC_URL is not an https origin (http for a loopback address) without a path, such as https://analytics.example.com.",
  ],
])("sign-in %s is refused at start", (_which, settings, fault) => {
  expect(settingFaults(settings)).toEqual([fault]);
});

test.each<Record<string, string>>([{}, { AUTH: "tokens", TOKENS_FILE: "tokens.json" }, JWT])(
  "PUBLIC_URL is that of the links in alerts and of the metadata for agents without a sign-in too: %j",
  (settings) => {
    const { server } = readConfig({ ...settings, PUBLIC_URL: "https://analytics.example.com" });
    expect(server.publicUrl?.href).toBe("https://analytics.example.com/");
  },
);
