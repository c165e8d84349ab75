import { EncryptJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { builtFolder } from "../built-folder.ts";
import { gateway } from "../gateway.ts";
import { signingKey } from "../issuer.ts";
import { AUDIENCE, CLIENT, Provider, type TokenResponse } from "./provider.ts";
import { OWN, Visitor } from "./visitor.ts";

const WHO = "{ viewer { name role } }";
const pages = builtFolder();

let provider: Provider;
beforeAll(async () => {
  provider = await Provider.start();
});
beforeEach(() => Object.assign(provider, { ...new Provider(), key: provider.key }));
afterAll(() => provider.stop());

function opened(settings: Record<string, string> = {}) {
  const made = gateway({ sandbox: { users: 20 }, settings: { ...provider.settings, ...settings }, pages });
  return { ...made, visitor: new Visitor(() => made.app), other: new Visitor(() => made.app) };
}

/** The cookie header of a visitor's session. */
const sessionOf = (visitor: Visitor) =>
  `analytics-session=${visitor.cookies.get("analytics-session")?.value}`;

describe("a callback", () => {
  test("counts in the browser that began the sign-in alone, so that no one is signed in as another", async () => {
    const { visitor, other } = opened();
    const back = await visitor.begin(); // of the attacker, who sends it to another person
    const path = back.pathname + back.search;
    expect((await other.open(path)).status).toBe(401);
    await other.begin();
    const page = await other.open(path);
    expect(page.status).toBe(401);
    expect(other.cookies.has("analytics-session")).toBe(false);
    expect(provider.tokenRequests).toEqual([]);
    // What the other person had begun is not spoilt by it.
    expect(other.cookies.has("analytics-sign-in")).toBe(true);
  });

  test("counts once", async () => {
    const { visitor } = opened();
    const back = await visitor.begin();
    const kept = `analytics-sign-in=${visitor.cookies.get("analytics-sign-in")?.value}`;
    expect((await visitor.open(back.pathname + back.search)).status).toBe(303);
    expect((await visitor.open(back.pathname + back.search)).status).toBe(401);
    const replayed = await visitor.send(back.pathname + back.search, { headers: { cookie: kept } });
    expect(replayed.status).toBe(401);
    expect(replayed.headers.getSetCookie()).toEqual([]);
  });

  test("counts for ten minutes", async () => {
    const { visitor, at } = opened();
    const back = await visitor.begin();
    at("2026-11-22T12:10:01Z");
    const page = await visitor.open(back.pathname + back.search);
    expect([page.status, provider.tokenRequests.length]).toEqual([401, 0]);
    expect(await page.text()).toContain("longer than ten minutes");
  });

  test.each([
    ["without a state", (query: URLSearchParams) => query.delete("state")],
    ["with a state twice", (query: URLSearchParams) => query.append("state", "other")],
    ["without a code", (query: URLSearchParams) => query.delete("code")],
    ["with a code twice", (query: URLSearchParams) => query.append("code", "other")],
    ["with a code of its own making", (query: URLSearchParams) => query.set("code", "other")],
    ["of another issuer (RFC 9207)", (query: URLSearchParams) => query.set("iss", "https://evil.example")],
  ])("%s makes no session, and its page repeats nothing of it", async (_which, change) => {
    const { visitor, audited, faults } = opened();
    const back = await visitor.begin();
    const marker = "<script>evil</script>";
    back.searchParams.set("error_description", marker);
    change(back.searchParams);
    const page = await visitor.open(back.pathname + back.search);
    expect(page.status).toBe(401);
    expect(page.headers.getSetCookie().join()).not.toContain("analytics-session");
    expect(await page.text()).not.toMatch(/evil|code-/);
    expect(JSON.stringify([audited, faults.map(String)])).not.toMatch(/evil|code-/);
  });

  test("that says the person has cancelled is answered with a way to another account", async () => {
    const { visitor, audited } = opened();
    const back = await visitor.begin("/sign-in?returnTo=/d/people");
    const query = new URLSearchParams({
      error: "access_denied",
      error_description: "<b>evil</b>",
      state: back.searchParams.get("state") ?? "",
    });
    const page = await visitor.open(`${back.pathname}?${query}`);
    const html = await page.text();
    expect(html).toContain("You did not sign in");
    expect(html).toContain('href="/sign-in?returnTo=%2Fd%2Fpeople&amp;again="');
    expect(html).not.toContain("evil");
    expect(audited.at(-1)?.reason).toBe("the issuer answers access_denied");
    const location = (await visitor.open("/sign-in?again=")).headers.get("location") ?? "";
    expect(new URL(location).searchParams.get("prompt")).toBe("login");
  });

  test("with an error of the issuer's own making repeats it nowhere", async () => {
    const { visitor, audited } = opened();
    const back = await visitor.begin();
    const state = back.searchParams.get("state") ?? "";
    await visitor.open(`${back.pathname}?${new URLSearchParams({ error: "evil <b>", state })}`);
    expect(audited.at(-1)?.reason).toBe("the issuer answers an unknown error");
  });

  test("takes no HEAD and no POST", async () => {
    const { visitor } = opened();
    const back = await visitor.begin();
    for (const method of ["HEAD", "POST"]) {
      const response = await visitor.send(back.pathname + back.search, { method });
      expect([method, response.status]).toEqual([method, 405]);
    }
    expect(provider.tokenRequests).toEqual([]);
  });
});

/** Replaces the ID token of a response. */
const withIdToken =
  (make: (own: Provider) => Promise<string>) => async (response: TokenResponse, own: Provider) => {
    response.body.id_token = await make(own);
  };

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("tokens of the issuer", () => {
  const nonceOf = (own: Provider) => {
    const authorized = own.asked.findLast(({ pathname }) => pathname === "/authorize");
    return authorized?.searchParams.get("nonce") ?? null;
  };
  const claimsOf = (own: Provider) => ({
    iss: own.origin,
    aud: CLIENT,
    sub: "ada",
    role: "owner",
    nonce: nonceOf(own),
    iat: own.now / 1_000,
    exp: own.now / 1_000 + 600,
  });

  test.each<[string, (own: Provider) => Promise<string>]>([
    ["an ID token with the nonce of another sign-in", (own) => own.idToken("another")],
    ["an ID token without a nonce", (own) => own.idToken(null)],
    ["an ID token of another audience", (own) => own.token("another", { nonce: nonceOf(own) })],
    [
      "an ID token for several clients that is another one's",
      (own) => own.idToken(nonceOf(own), { aud: [CLIENT, "other"], azp: "other" }),
    ],
    ["an ID token of another issuer", (own) => own.idToken(nonceOf(own), { iss: "https://evil.example" })],
    ["an expired ID token", (own) => own.idToken(nonceOf(own), { exp: own.now / 1_000 - 60 })],
    [
      "an ID token of a key that is not the issuer's",
      async (own) => own.token(CLIENT, { nonce: nonceOf(own) }, await signingKey("ES256")),
    ],
    [
      "an ID token without a signature",
      async (own) => `${base64url({ alg: "none" })}.${base64url(claimsOf(own))}.`,
    ],
    [
      "an ID token signed with the client's secret",
      async (own) => {
        const { SignJWT } = await import("jose");
        return new SignJWT(claimsOf(own))
          .setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode("a secret of the client: +%/"));
      },
    ],
    ["something else than an ID token", async () => "nothing"],
  ])("%s makes no session", async (_which, make) => {
    for (const metadata of [{}, { id_token_signing_alg_values_supported: ["ES256", "HS256", "none"] }]) {
      provider.metadata = metadata;
      provider.tamper = withIdToken(make);
      const { visitor, audited } = opened();
      const page = await visitor.signIn();
      expect(page.status).toBe(401);
      expect(visitor.cookies.has("analytics-session")).toBe(false);
      expect(audited.at(-1)).toMatchObject({ kind: "sign-in", outcome: "UNAUTHENTICATED" });
    }
  });

  test("an access token for the gateway that is forged makes no session, nor does the ID token beside it", async () => {
    const forged = await signingKey("ES256");
    provider.tamper = async (response, own) => {
      response.body.access_token = await own.token(AUDIENCE, {}, forged);
    };
    const { visitor, audited } = opened();
    expect((await visitor.signIn()).status).toBe(401);
    expect(audited.at(-1)?.reason).toBe("access token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
  });

  test("without a role lead to a page that says so, and the audit log has the claim", async () => {
    provider.claims = { sub: "eve", role: "superuser" };
    const { visitor, audited } = opened();
    const page = await visitor.signIn();
    expect(page.status).toBe(403);
    expect(await page.text()).toContain("has no role in this gateway");
    expect(audited.at(-1)).toMatchObject({
      kind: "sign-in",
      outcome: "FORBIDDEN",
      reason: "access token: claim role: none of its names (1) is a role",
    });
  });

  test("with claims that fit into no cookie make no session, and say so", async () => {
    provider.claims = {
      sub: "ada",
      role: "owner",
      documents: Array.from({ length: 500 }, (_, i) => `Document${i}`),
    };
    const { visitor, audited } = opened();
    expect((await visitor.signIn()).status).toBe(403);
    expect(audited.at(-1)?.reason).toBe("access token: its claims do not fit into a cookie");
  });

  test("of any length are read up to a bound", async () => {
    provider.tamper = (response) => {
      response.body.more = "x".repeat(3 * 2 ** 20);
    };
    const { visitor } = opened();
    expect((await visitor.signIn()).status).toBe(503);
  });

  test("that renew and are too long for a cookie are left out, and sign-in works", async () => {
    provider.hasRefreshTokens = true;
    provider.idClaims = { photo: "x".repeat(6_000) };
    const { visitor } = opened();
    expect((await visitor.signIn()).status).toBe(303);
    expect((await (await visitor.post("/sign-in/renew")).json()).session).not.toBeNull();
  });
});

test.each([
  "https://evil.example/",
  "//evil.example/d/",
  "/\\evil.example/d/",
  "/%09/evil.example",
  "\t//evil.example",
  "https:evil.example",
  "javascript:alert(1)",
  "http://127.0.0.1:4000@evil.example/d/",
  "/d/../../evil",
  "/sign-in/callback?code=1",
  "/export/users.csv",
  `/d/${"x".repeat(5_000)}`,
  "",
])("a person never comes back to %s", async (returnTo) => {
  const { visitor } = opened();
  const response = await visitor.signIn(`/sign-in?returnTo=${encodeURIComponent(returnTo)}`);
  expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
});

describe("a session cookie", () => {
  test("counts for requests of the gateway's own pages alone", async () => {
    const { visitor, seen } = opened();
    await visitor.signIn();
    const requests: readonly Record<string, string>[] = [
      {},
      { "x-csrf": "1" },
      { "sec-fetch-site": "same-origin" },
      { ...OWN, "sec-fetch-site": "same-site" },
      { ...OWN, "sec-fetch-site": "cross-site" },
      { ...OWN, "sec-fetch-site": "none" },
      { ...OWN, origin: "https://evil.example" },
      { ...OWN, origin: "null" },
    ];
    const query = encodeURIComponent("{ users(range: { last: { days: 7 } }, first: 1) { nodes { name } } }");
    for (const headers of requests)
      for (const path of [
        `/graphql?query=${query}`,
        "/q/PeopleThisWeek",
        "/export/users.csv?range.last.days=7",
      ]) {
        const response = await visitor.send(path, { headers });
        expect([path, headers, [401, 403].includes(response.status)]).toEqual([path, headers, true]);
      }
    for (const path of ["/sign-in/end", "/sign-in/renew"])
      expect((await visitor.send(path, { method: "POST" })).status).toBe(403);
    expect(seen).toEqual([]);
    const file = await visitor.send("/export/users.csv?range.last.days=7", { headers: OWN });
    expect(file.status).toBe(200);
    await file.text();
  });

  test("does not count beside a token, not even one that is wrong", async () => {
    const { visitor } = opened();
    await visitor.signIn();
    provider.claims = { sub: "bob", role: "analyst" };
    const authorization = `Bearer ${await provider.token(AUDIENCE)}`;
    expect((await visitor.ask(WHO, { ...OWN, authorization })).body.data.viewer.name).toBe("bob");
    expect((await visitor.ask(WHO, { ...OWN, authorization: "Bearer mistyped" })).status).toBe(401);
    expect((await visitor.ask(WHO, { ...OWN, authorization: "" })).status).toBe(401);
  });

  test("that is changed in any part opens nothing, nor does another kind of cookie in its place", async () => {
    const { visitor } = opened();
    await visitor.signIn();
    const [name = "", value = ""] = sessionOf(visitor).split("=");
    const parts = value.split(".");
    const changed = [
      ...parts.map((part, i) =>
        parts.with(i, `${part.slice(0, 4)}${part[4] === "A" ? "B" : "A"}${part.slice(5)}`).join("."),
      ),
      value.slice(0, -3),
      `${value}A`,
      parts.slice(0, 3).join("."),
      "",
      "x",
      "x".repeat(4_000),
      "x".repeat(20_000),
    ];
    await visitor.begin();
    changed.push(visitor.cookies.get("analytics-sign-in")?.value ?? "");
    changed.push(visitor.cookies.get("analytics-renewal")?.value ?? "");
    changed.push(await provider.token(AUDIENCE));
    for (const each of changed) {
      const { status } = await visitor.ask(WHO, { ...OWN, cookie: `${name}=${each}` });
      expect([each.slice(0, 30), status]).toEqual([each.slice(0, 30), 401]);
    }
  });

  test("of another secret, of another algorithm, or without encryption opens nothing", async () => {
    const { visitor } = opened();
    const { visitor: elsewhere } = opened({ SESSION_KEYS: "another secret of thirty-two characters" });
    await elsewhere.signIn();
    const claims = { sub: "ada", role: "OWNER", scopes: [], label: "", end: 9e15, exp: 4_000_000_000 };
    const key = new TextEncoder().encode("the first secret that seals sessions".slice(0, 32));
    const forged = [
      elsewhere.cookies.get("analytics-session")?.value ?? "",
      `${base64url({ alg: "none" })}.${base64url(claims)}.`,
      await new EncryptJWT(claims).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(key),
      await new EncryptJWT(claims).setProtectedHeader({ alg: "A256KW", enc: "A256GCM" }).encrypt(key),
    ];
    for (const each of forged)
      expect((await visitor.ask(WHO, { ...OWN, cookie: `analytics-session=${each}` })).status).toBe(401);
  });
});

test("a gateway without a client for sign-in has neither its paths nor its cookies", async () => {
  const { visitor } = opened();
  await visitor.signIn();
  const {
    OIDC_CLIENT_ID: _,
    OIDC_CLIENT_SECRET: __,
    PUBLIC_URL: ___,
    SESSION_KEYS: ____,
    ...rest
  } = provider.settings;
  const plain = gateway({ sandbox: { users: 20 }, settings: rest, pages });
  const later = new Visitor(() => plain.app);
  for (const path of ["/sign-in", "/sign-in/session", "/sign-in/callback"])
    expect((await later.send(path, { headers: OWN })).status).toBe(401);
  expect((await later.ask(WHO, { ...OWN, cookie: sessionOf(visitor) })).status).toBe(401);
});
