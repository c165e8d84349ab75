import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Environment } from "../src/settings/settings.ts";
import { gateway, NOW } from "./gateway.ts";
import { Issuer, type SigningKey, sign, signingKey } from "./issuer.ts";

const doc = readFileSync(new URL("../docs/sign-in.md", import.meta.url), "utf8");

/** The settings of a recipe, as the documentation has them. */
function recipe(product: string): Environment & { readonly [name: string]: string } {
  const section = doc.split(/^## /m).find((each) => each.startsWith(`${product}\n`)) ?? "";
  const block = /```ini\n([^`]+)```/.exec(section)?.[1] ?? "";
  return Object.fromEntries(
    block
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

const SECONDS = Date.parse(NOW) / 1_000;
const TIMES = { iat: SECONDS - 60, nbf: SECONDS - 60, exp: SECONDS + 3_600 };

interface Product {
  readonly alg: string;
  /** A key as the product publishes it. */
  readonly published: (jwk: object, kid: string) => object;
  /** What else its answer has beside the keys. */
  readonly more?: object;
  /** Claims of its tokens, and the viewer of each; a string is the reason why there is none. */
  readonly tokens: readonly (readonly [claims: object, viewer: object | string])[];
}

const RSA = (jwk: object, kid: string) => ({ kty: "RSA", alg: "RS256", kid, use: "sig", ...jwk });
const ALL = ["activity:read", "identity:read", "keys:read", "limits:read", "operate", "spend:read"];
const OKTA = { ver: 1, jti: "AT.k2h5", iss: "https://example.okta.com/oauth2/default", aud: "api://default" };
const TENANT = "9188040d-0000-4000-8000-112233445566";
const ENTRA = {
  aud: "6e74172b-0000-4000-8000-665544332211",
  iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  aio: "AXQAi/8TAAAA",
  azpacr: "0",
  rh: "0.ARoA",
  tid: TENANT,
  uti: "fqiBqXLPj0eQa82S",
  ver: "2.0",
};
const AUTH0 = { iss: "https://example.eu.auth0.com/", azp: "my_client" };
const AUTH0_API = "https://analytics.example.com";
const KEYCLOAK = {
  jti: "0c6b4e3e",
  iss: "https://sso.example.com/realms/corp",
  aud: ["analytics", "account"],
  typ: "Bearer",
  azp: "dashboard",
  acr: "1",
  "allowed-origins": ["https://dashboard.example.com"],
};
const NO_ROLE = /^claim .+: none of its names \(\d+\) is in JWT_ROLE_MAP$/;

const PRODUCTS: Readonly<Record<string, Product>> = {
  Okta: {
    alg: "RS256",
    published: RSA,
    tokens: [
      [
        {
          ...OKTA,
          cid: "0oa1web",
          uid: "00u1ada",
          scp: ["openid", "profile"],
          auth_time: SECONDS,
          sub: "ada@corp.example",
          groups: ["Everyone", "claude-analysts", "claude-owners"],
        },
        { name: "ada@corp.example", role: "OWNER", scopes: ALL },
      ],
      [
        {
          ...OKTA,
          cid: "0oa1web",
          uid: "00u1bob",
          scp: ["openid"],
          sub: "bob@corp.example",
          groups: ["Everyone"],
        },
        { role: "MEMBER", scopes: [] },
      ],
      [
        { ...OKTA, cid: "0oa8h2k5reporting", scp: ["activity:read"], sub: "0oa8h2k5reporting" },
        { name: "0oa8h2k5reporting", role: "SERVICE", scopes: ["activity:read"] },
      ],
      [{ ...OKTA, cid: "0oa1other", scp: ["activity:read"], sub: "0oa1other" }, "unknown role"],
    ],
  },
  "Entra ID": {
    alg: "RS256",
    published: (jwk, kid) => ({
      kty: "RSA",
      use: "sig",
      kid,
      x5t: kid,
      ...jwk,
      x5c: ["MIIC"],
      cloud_instance_name: "microsoftonline.com",
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    }),
    tokens: [
      [
        {
          ...ENTRA,
          azp: "b14f2a11",
          name: "Ada Lovelace",
          oid: "7f000001-ada",
          preferred_username: "ada@corp.example",
          roles: ["Analytics.Member", "Analytics.Analyst"],
          scp: "access_as_user",
          sub: "pairwise-ada",
          upn: "ada@corp.example",
        },
        { name: "7f000001-ada", role: "ANALYST", scopes: ["activity:read", "spend:read"] },
      ],
      [
        {
          ...ENTRA,
          aud: `api://${ENTRA.aud}`,
          azp: "c25f",
          azpacr: "1",
          idtyp: "app",
          oid: "7f000001-app",
          roles: ["Analytics.Service", "activity:read", "keys:read"],
          sub: "7f000001-app",
        },
        { name: "7f000001-app", role: "SERVICE", scopes: ["activity:read", "keys:read"] },
      ],
      [{ ...ENTRA, oid: "7f000001-eve", sub: "e", scp: "access_as_user" }, "claim roles"],
    ],
  },
  Auth0: {
    alg: "RS256",
    published: (jwk, kid) => ({ kty: "RSA", use: "sig", ...jwk, kid, x5t: kid, x5c: ["MIID"], alg: "RS256" }),
    tokens: [
      [
        {
          ...AUTH0,
          sub: "auth0|61a0",
          aud: [AUTH0_API, "https://example.eu.auth0.com/userinfo"],
          scope: "openid profile email",
          permissions: [],
          [`${AUTH0_API}/roles`]: ["claude-member", "claude-owner"],
          [`${AUTH0_API}/email`]: "ada@corp.example",
          [`${AUTH0_API}/email_verified`]: true,
        },
        { name: "auth0|61a0", role: "OWNER", scopes: ALL },
      ],
      [
        {
          ...AUTH0,
          sub: "my_client@clients",
          aud: AUTH0_API,
          scope: "activity:read",
          gty: "client-credentials",
          permissions: ["activity:read", "spend:read"],
        },
        { name: "my_client@clients", role: "SERVICE", scopes: ["activity:read", "spend:read"] },
      ],
      [{ ...AUTH0, sub: "auth0|62b0", aud: AUTH0_API, [`${AUTH0_API}/roles`]: ["editor"] }, "unknown role"],
    ],
  },
  Keycloak: {
    alg: "RS256",
    published: (jwk, kid) => ({
      kid,
      kty: "RSA",
      alg: "RS256",
      use: "sig",
      x5c: ["MIIC"],
      x5t: kid,
      "x5t#S256": kid,
      ...jwk,
    }),
    tokens: [
      [
        {
          ...KEYCLOAK,
          sub: "f1d2",
          sid: "a1",
          realm_access: {
            roles: ["default-roles-corp", "offline_access", "claude-analyst", "uma_authorization"],
          },
          resource_access: { account: { roles: ["manage-account"] } },
          scope: "openid email profile",
          email_verified: true,
          preferred_username: "ada",
          email: "ada@corp.example",
        },
        { name: "f1d2", role: "ANALYST", scopes: ["activity:read", "spend:read"] },
      ],
      [
        {
          ...KEYCLOAK,
          sub: "f1d3",
          realm_access: { roles: ["claude-service"] },
          resource_access: { account: { roles: [] } },
          scope: "email activity:read",
          client_id: "reporting",
        },
        { name: "f1d3", role: "SERVICE", scopes: ["activity:read"] },
      ],
      [
        {
          ...KEYCLOAK,
          sub: "f1d4",
          realm_access: { roles: ["admin", "owner"] },
          resource_access: { analytics: { roles: ["claude-member"] } },
        },
        { name: "f1d4", role: "MEMBER" },
      ],
      [{ ...KEYCLOAK, sub: "f1d5", realm_access: { roles: ["admin", "owner"] } }, "unknown role"],
      [{ ...KEYCLOAK, aud: "account", sub: "f1d6", realm_access: { roles: ["claude-owner"] } }, "claim aud"],
    ],
  },
  Google: {
    alg: "RS256",
    published: (jwk, kid) => ({ ...jwk, kid, use: "sig", kty: "RSA", alg: "RS256" }),
    tokens: [
      ["https://accounts.google.com", "ada@corp.example", true, { name: "1076", role: "OWNER", scopes: ALL }],
      ["accounts.google.com", "bob@corp.example", true, { name: "1076", role: "MEMBER" }],
      ["https://accounts.google.com", "ada@corp.example", false, { name: "1076", role: "MEMBER" }],
    ].map(([iss, email, email_verified, viewer]) => [
      {
        iss,
        azp: "web",
        aud: "407408718192-example.apps.googleusercontent.com",
        sub: "1076",
        hd: "corp.example",
        email,
        email_verified,
      },
      viewer as object,
    ]),
  },
  "Google Identity-Aware Proxy": {
    alg: "ES256",
    published: (jwk, kid) => ({ alg: "ES256", use: "sig", kid, ...jwk }),
    tokens: [
      [
        {
          iss: "https://cloud.google.com/iap",
          aud: "/projects/123456789012/global/backendServices/9876543210987654321",
          azp: "/projects/123456789012/global/backendServices/9876543210987654321",
          sub: "accounts.google.com:1076",
          email: "ada@corp.example",
          hd: "corp.example",
          identity_source: "GOOGLE",
          google: { access_levels: ["accessPolicies/1/accessLevels/office"] },
        },
        { name: "accounts.google.com:1076", role: "OWNER", scopes: ALL },
      ],
    ],
  },
  "Cloudflare Access": {
    alg: "RS256",
    published: (jwk, kid) => ({ kid, kty: "RSA", alg: "RS256", use: "sig", ...jwk }),
    more: {
      public_cert: { kid: "a", cert: "-----BEGIN CERTIFICATE-----" },
      public_certs: [{ kid: "a", cert: "-" }],
    },
    tokens: [
      [
        { sub: "7335d417", email: "eve@corp.example", custom: { groups: ["staff", "claude-owners"] } },
        { name: "7335d417", role: "OWNER", scopes: ALL },
      ],
      [
        { sub: "7335d418", email: "ada@corp.example" },
        { name: "7335d418", role: "ANALYST" },
      ],
      [
        { sub: "", common_name: "88bf3b6d86161464f6509f7219099e57.access" },
        { name: "88bf3b6d86161464f6509f7219099e57.access", role: "ANALYST" },
      ],
      [{ sub: "7335d419", email: "eve@corp.example" }, "unknown role"],
    ].map(([claims, viewer]) => [
      {
        aud: ["32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"],
        iss: "https://example.cloudflareaccess.com",
        type: "app",
        identity_nonce: "6ei69kawdKzMIAPF",
        country: "US",
        ...(claims as object),
      },
      viewer as object | string,
    ]),
  },
};

let issuer: Issuer;
const keys = new Map<string, readonly [SigningKey, SigningKey]>();
beforeAll(async () => {
  issuer = await Issuer.start();
  for (const alg of ["RS256", "ES256"]) keys.set(alg, [await signingKey(alg), await signingKey(alg)]);
});

/** A gateway with the settings of a recipe, whose issuer is on loopback. */
function signedIn(product: string, more: Environment = {}) {
  const settings = recipe(product);
  const path = new URL(settings.JWT_JWKS_URL ?? "").pathname;
  const opened = gateway({
    sandbox: { users: 20 },
    settings: { ...settings, JWT_JWKS_URL: issuer.origin + path, ...more },
  });
  const header = settings.JWT_HEADER ?? "authorization";
  const send = async (headers: Record<string, string>) => {
    const response = await opened.app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query: "{ viewer { name role scopes } }" }),
    });
    return { status: response.status, body: await response.json() };
  };
  const as = (token: string) => send({ [header]: header === "authorization" ? `Bearer ${token}` : token });
  return { ...opened, path, header, send, as };
}

/** A token as the product signs it, with one of its two published keys. */
function issued(product: string, claims: object): Promise<string> {
  const { alg, published, more = {} } = PRODUCTS[product] as Product;
  const [one, two] = keys.get(alg) as readonly [SigningKey, SigningKey];
  // What is published for encryption fits the same ids, and no token.
  const encryption = { ...two.jwk, kid: "two", use: "enc", alg: "RSA-OAEP" };
  issuer.keys = [
    published(one.jwk, "one"),
    published(two.jwk, "two"),
    ...(alg === "RS256" ? [encryption] : []),
  ];
  issuer.more = more;
  return sign(two, { alg, kid: "two" }, { ...TIMES, ...claims });
}

test("each recipe becomes one with sign-in on the pages, by the settings of the page and a secret", () => {
  const more = recipe("Sign-in on the pages");
  expect(Object.keys(more)).toEqual(["OIDC_CLIENT_ID", "PUBLIC_URL"]);
  for (const product of Object.keys(PRODUCTS)) {
    const { auth } = readConfig({ ...recipe(product), ...more, SESSION_KEYS: "s".repeat(32) }).access;
    expect(auth.kind === "jwt" && auth.signIn?.clientId, product).toBe("claude-analytics");
  }
});

test("there is a recipe for each product, and each is run", () => {
  const recipes = doc.split(/^## /m).filter((section) => section.includes("```ini\nAUTH=jwt"));
  expect(recipes.map((section) => section.split("\n")[0])).toEqual(Object.keys(PRODUCTS));
});

describe.each(Object.entries(PRODUCTS))("the recipe for %s", (product, { tokens }) => {
  test.each(tokens)("reads %j as %j", async (claims, expected) => {
    const { as, audited, path } = signedIn(product);
    issuer.paths.length = 0;
    const { status, body } = await as(await issued(product, claims));
    expect(issuer.paths).toEqual([path]);
    if (typeof expected === "object") {
      expect([status, body.errors]).toEqual([200, undefined]);
      expect(body.data.viewer).toMatchObject(expected);
    } else {
      expect(status).toBe(401);
      expect(audited[0]?.reason).toMatch(expected === "unknown role" ? NO_ROLE : expected);
    }
  });
});

describe("a token in the header of a proxy", () => {
  const PROXY = "Cloudflare Access";
  const [claims] = PRODUCTS[PROXY]?.tokens[0] ?? [{}];

  test("is the only one that is read, whatever stands in the others", async () => {
    const { send, header, audited } = signedIn(PROXY);
    const token = await issued(PROXY, claims);
    const forged = `${token.slice(0, -20)}${"A".repeat(20)}`;
    for (const headers of [
      { [header]: token },
      { [header]: `Bearer ${token}` },
      { [header]: token, authorization: "Bearer of-another-service" },
      { [header]: token, authorization: `Bearer ${forged}`, cookie: "CF_Authorization=x" },
    ])
      expect((await send(headers)).status).toBe(200);
    const named = { authorization: `Bearer ${token}`, cookie: `CF_Authorization=${token}` };
    for (const headers of [
      named,
      { ...named, [header]: forged },
      { ...named, [header]: `${token}, ${token}` },
    ]) {
      const { status, body } = await send(headers);
      expect(status).toBe(401);
      expect(JSON.stringify(body)).not.toContain("eyJ");
    }
    const { body } = await send(named);
    expect(body.errors[0].message).toBe(
      "Authentication is required: the header `cf-access-jwt-assertion` must hold a token; no other header is read.",
    );
    expect(JSON.stringify(audited)).not.toContain("eyJ");
  });

  test("may be sent by pages of listed origins, and lets pages of others run nothing", async () => {
    const { app, header, seen } = signedIn(PROXY, { ALLOWED_ORIGINS: "https://dashboard.example.com" });
    const preflight = (origin: string) =>
      app.fetch("http://gateway.test/graphql", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": header,
        },
      });
    const listed = await preflight("https://dashboard.example.com");
    expect(listed.headers.get("access-control-allow-headers")?.toLowerCase()).toContain(header);
    expect(listed.headers.get("access-control-allow-credentials")).toBeNull();
    const other = await preflight("https://evil.example");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    // The proxy adds the token to whatever a browser sends with its cookie.
    const token = await issued(PROXY, claims);
    const foreign = await app.fetch("http://gateway.test/graphql?query={organization{name}}", {
      headers: { [header]: token, origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    });
    expect(foreign.status).toBe(403);
    expect(seen).toEqual([]);
  });
});
