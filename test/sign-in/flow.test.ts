import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gateway, NOW } from "../gateway.ts";
import { AUDIENCE, CLIENT, Provider, SECRET } from "./provider.ts";
import { OWN, Visitor } from "./visitor.ts";

const WHO = "{ viewer { name role scopes identity } }";

let provider: Provider;
beforeAll(async () => {
  provider = await Provider.start();
});
beforeEach(() => Object.assign(provider, { ...new Provider(), key: provider.key }));
afterAll(() => provider.stop());

function opened(settings: Record<string, string> = {}, now = NOW) {
  let elapsedMs = 0;
  const pace = { now: () => elapsedMs, sleep: async () => {} };
  const made = gateway({
    sandbox: { users: 20 },
    settings: { ...provider.settings, ...settings },
    now,
    pace,
  });
  const visitor = new Visitor(() => made.app);
  const pass = (ms: number) => {
    elapsedMs += ms;
  };
  return { ...made, visitor, pass };
}

describe("a person who signs in", () => {
  test("comes back to the page they left, and its requests are theirs", async () => {
    const { visitor, audited, faults } = opened();
    const response = await visitor.signIn("/sign-in?returnTo=/d/spend%3Fperiod%3DLAST_MONTH%23top");
    expect([response.status, response.headers.get("location")]).toEqual([
      303,
      "/d/spend?period=LAST_MONTH#top",
    ]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    const { status, body } = await visitor.ask(WHO);
    expect([status, body.data.viewer.name, body.data.viewer.role]).toEqual([200, "ada", "OWNER"]);
    expect(audited.map(({ kind, caller, outcome }) => [kind, caller, outcome])).toEqual([
      ["sign-in", { name: "ada", role: "OWNER", identity: "full" }, "OK"],
      ["graphql", { name: "ada", role: "OWNER", identity: "full" }, "OK"],
    ]);
    expect(JSON.stringify(audited)).not.toContain("code-");
    expect(faults).toEqual([]);
  });

  test("goes to the issuer with PKCE, a state and a nonce, which are different each time", async () => {
    const { visitor } = opened({ OIDC_PARAMETERS: "audience=https://api.example&hd=corp.example" });
    const queries = [];
    for (let i = 0; i < 2; i++) {
      const location = (await visitor.open("/sign-in")).headers.get("location") ?? "";
      queries.push(Object.fromEntries(new URL(location).searchParams));
    }
    const [first, second] = queries;
    expect(first).toEqual({
      response_type: "code",
      client_id: CLIENT,
      redirect_uri: "http://127.0.0.1:4000/sign-in/callback",
      scope: "openid profile email",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      audience: "https://api.example",
      hd: "corp.example",
    });
    for (const name of ["state", "nonce", "code_challenge"] as const)
      expect(first?.[name]).not.toBe(second?.[name]);
  });

  test("keeps no token and no claim that a script or another person could read", async () => {
    const { visitor } = opened();
    await visitor.signIn();
    const [session] = [...visitor.cookies.values()].filter(({ name }) => name === "analytics-session");
    expect(session).toMatchObject({ httpOnly: true, sameSite: "strict", path: "/", maxAge: 3_600 });
    const text = JSON.stringify([...visitor.cookies.values()]);
    for (const part of text.split(/[".]/)) expect(atobOrEmpty(part)).not.toMatch(/ada|owner|Lovelace|code-/i);
    expect(text.length).toBeLessThan(8_000);
  });

  test("over https has cookies that only this host can set and that are never sent in the clear", async () => {
    const { visitor } = opened({ PUBLIC_URL: "https://analytics.example.com" });
    const [header] = (await visitor.open("/sign-in")).headers.getSetCookie();
    expect(header).toMatch(
      /^__Host-analytics-sign-in=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test("is who the ID token says where the access token is not for the gateway", async () => {
    provider.accessToken = "opaque";
    const { visitor, ask } = opened();
    await visitor.signIn();
    expect((await visitor.ask(WHO)).body.data.viewer.role).toBe("OWNER");
    // Nor does that make an ID token a bearer's token.
    const bearer = await visitor.ask(WHO, { authorization: `Bearer ${await provider.idToken(null)}` });
    expect(bearer.status).toBe(401);
    expect(ask).toBeDefined();
  });

  test("is who the access token says where it is for the gateway, whatever the ID token says", async () => {
    provider.idClaims = { role: "owner", sub: "ada-at-the-client" };
    provider.accessClaims = { role: "analyst" };
    const { visitor } = opened();
    await visitor.signIn();
    expect((await visitor.ask(WHO)).body.data.viewer).toMatchObject({ name: "ada", role: "ANALYST" });
  });

  test("reads exactly what their token reads as a bearer's, and counts as one caller with it", async () => {
    const questions = [
      WHO,
      "{ users(range: { last: { days: 7 } }, first: 2) { nodes { name email cost { net { usd } } } } }",
      "{ cost(range: { last: { days: 7 } }) { total { net { usd } } } }",
      "{ user { email } }",
    ];
    const { visitor: probe } = opened();
    await probe.signIn();
    const person = (await probe.ask(questions[1] ?? "")).body.data.users.nodes[0];
    const people: Record<string, unknown>[] = [
      { role: "owner" },
      { role: "admin" },
      { role: "analyst" },
      { role: "member", email: person.email, email_verified: true },
      { role: "member", email: person.email, email_verified: false },
      { role: "service", scope: "activity:read openid" },
      { role: "owner", documents: ["CostByModel"] },
    ];
    for (const claims of people) {
      provider.claims = { sub: "ada", ...claims };
      const { visitor } = opened();
      await visitor.signIn();
      const bearer = `Bearer ${await provider.token(AUDIENCE)}`;
      for (const question of questions) {
        const bySession = await visitor.ask(question);
        const byToken = await visitor.ask(question, { authorization: bearer });
        expect(bySession.body.data, JSON.stringify(claims)).toEqual(byToken.body.data);
        expect(bySession.body.errors).toEqual(byToken.body.errors);
      }
    }
    provider.claims = { sub: "ada", role: "owner" };
    const { visitor } = opened({ CALLER_OPERATIONS_PER_MINUTE: "2" });
    await visitor.signIn();
    const authorization = `Bearer ${await provider.token(AUDIENCE)}`;
    const statuses = [
      (await visitor.ask(WHO)).status,
      (await visitor.ask(WHO, { authorization })).status,
      (await visitor.ask(WHO)).status,
    ];
    expect(statuses).toEqual([200, 200, 429]);
  });

  test("uses any replica with the same secret, and the next process", async () => {
    const replicas = [opened(), opened()];
    let turn = 0;
    const visitor = new Visitor(() => replicas[turn++ % 2]?.app ?? expect.unreachable());
    await visitor.signIn();
    for (let i = 0; i < 4; i++) expect((await visitor.ask(WHO)).status).toBe(200);
  });

  test("stays signed in while the secret is replaced in two steps, and not without the old one", async () => {
    const [old, next] = ["an old secret of thirty-two characters", "a new secret of thirty-two characters"];
    const { visitor } = opened({ SESSION_KEYS: old });
    await visitor.signIn();
    const session = { cookie: `analytics-session=${visitor.cookies.get("analytics-session")?.value}` };
    const statuses = [];
    for (const key of [`${next},${old}`, next]) {
      const { visitor: later } = opened({ SESSION_KEYS: key });
      statuses.push((await later.ask(WHO, { ...OWN, ...session })).status);
    }
    expect(statuses).toEqual([200, 401]);
  });

  test("is signed out by other rules for roles, which the session was not made by", async () => {
    const { visitor } = opened();
    await visitor.signIn();
    const session = { cookie: `analytics-session=${visitor.cookies.get("analytics-session")?.value}` };
    const { visitor: later } = opened({ JWT_ROLE_MAP: "someone-else:owner" });
    expect((await later.ask(WHO, { ...OWN, ...session })).status).toBe(401);
  });
});

describe("a session", () => {
  test("ends with the token it was made from, and the answer says so kindly", async () => {
    const { visitor, at, audited } = opened();
    await visitor.signIn();
    at("2026-11-22T12:59:59Z");
    expect((await visitor.ask(WHO)).status).toBe(200);
    at("2026-11-22T13:00:01Z");
    const { status, body } = await visitor.ask(WHO);
    expect(status).toBe(401);
    expect(body.errors[0].message).toBe("You are not signed in, or your session has ended; sign in again.");
    expect(audited.at(-1)?.reason).toBe("session ended or not ours");
  });

  test("ends after its longest time, however long the token is valid", async () => {
    provider.lifeSeconds = 86_400;
    const { visitor, at } = opened({ SESSION_LENGTH: "600" });
    await visitor.signIn();
    expect(visitor.cookies.get("analytics-session")?.maxAge).toBe(600);
    at("2026-11-22T12:10:01Z");
    expect((await visitor.ask(WHO)).status).toBe(401);
  });

  test("is described to the page of its person, and to no other request", async () => {
    const { visitor } = opened();
    const state = async (headers: Record<string, string>) => {
      const response = await visitor.send("/sign-in/session", { headers });
      return [response.status, await response.json()];
    };
    expect(await state(OWN)).toEqual([200, { session: null, isRenewable: false }]);
    await visitor.signIn();
    expect(await state(OWN)).toEqual([
      200,
      { session: { name: "Ada Lovelace", expiresAt: "2026-11-22T13:00:00.000Z" }, isRenewable: false },
    ]);
    for (const headers of [{}, { "x-csrf": "1" }, { ...OWN, "sec-fetch-site": "same-site" }])
      expect((await state(headers))[0]).toBe(403);
  });

  test("is renewed by a refresh token, which is used once, and not beyond its longest time", async () => {
    provider.hasRefreshTokens = true;
    const { visitor, at } = opened({ SESSION_LENGTH: "7200" });
    await visitor.signIn();
    const renewed = async () => (await visitor.post("/sign-in/renew")).json();
    for (const [clock, expiresAt] of [
      ["2026-11-22T12:59:00Z", "2026-11-22T13:59:00.000Z"],
      ["2026-11-22T13:58:00Z", "2026-11-22T14:00:00.000Z"],
    ] as const) {
      at(clock);
      provider.now = Date.parse(clock);
      expect(await renewed()).toEqual({ session: { name: "Ada Lovelace", expiresAt }, isRenewable: true });
      expect((await visitor.ask(WHO)).status).toBe(200);
    }
    at("2026-11-22T14:00:01Z");
    expect(await renewed()).toEqual({ session: null, isRenewable: false });
    expect(provider.tokenRequests.filter((each) => each.has("refresh_token"))).toHaveLength(2);
  });

  test("that another person's tokens would renew is ended", async () => {
    provider.hasRefreshTokens = true;
    const { visitor, audited } = opened();
    await visitor.signIn();
    provider.claims = { sub: "bob", role: "owner" };
    expect(await (await visitor.post("/sign-in/renew")).json()).toEqual({
      session: null,
      isRenewable: false,
    });
    expect(audited.at(-1)).toMatchObject({ outcome: "UNAUTHENTICATED", reason: "ID token: claim sub" });
    expect((await visitor.ask(WHO)).status).toBe(401);
  });

  test("ends at sign-out, here and at the issuer", async () => {
    const { visitor, audited } = opened();
    await visitor.signIn();
    const { location } = await (await visitor.post("/sign-in/end")).json();
    const url = new URL(location);
    expect(url.origin + url.pathname).toBe(`${provider.origin}/end`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: "1",
      client_id: CLIENT,
      post_logout_redirect_uri: "http://127.0.0.1:4000/",
      id_token_hint: expect.stringMatching(/^ey/),
    });
    expect([...visitor.cookies.keys()]).toEqual([]);
    expect(audited.at(-1)).toMatchObject({ kind: "sign-out", caller: { name: "ada" }, outcome: "OK" });
    expect((await visitor.ask(WHO)).status).toBe(401);
    expect(await (await visitor.post("/sign-in/end")).json()).toEqual({ location: "/" });
  });

  test("ends here where the issuer has no sign-out", async () => {
    provider.metadata = { end_session_endpoint: undefined };
    const { visitor } = opened();
    await visitor.signIn();
    expect(await (await visitor.post("/sign-in/end")).json()).toEqual({ location: "/" });
  });

  test("makes answers that no cache gives to another session", async () => {
    const { visitor } = opened();
    await visitor.signIn();
    const response = await visitor.send(`/graphql?query=${encodeURIComponent("{ datasets { id } }")}`, {
      headers: { ...OWN, accept: "application/json" },
    });
    expect(response.status).toBe(200);
    const { headers } = response;
    if (headers.has("etag")) {
      expect(headers.get("vary")).toContain("cookie");
      expect(headers.get("cache-control")).toBe("private, no-cache");
    } else expect(headers.get("cache-control")).toBe("no-store");
  });
});

describe("while the issuer is down", () => {
  test("the gateway starts, says so once, and signs people in when it is back", async () => {
    provider.down = (_request, response) => response.writeHead(503).end("down");
    const { app, visitor, faults, recoveries, pass } = opened();
    await app.discoverIssuer();
    await app.discoverIssuer();
    pass(6_000);
    await app.discoverIssuer();
    expect(faults.map(String)).toEqual([
      "Outage: the issuer's discovery document cannot be read (status 503), so people cannot sign in on the pages until it can; sessions stay valid",
    ]);
    const page = await visitor.open("/sign-in?returnTo=/d/spend");
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('<a href="/sign-in?returnTo=%2Fd%2Fspend">Try again</a>');
    provider.down = null;
    pass(6_000);
    expect((await visitor.signIn()).status).toBe(303);
    expect(recoveries).toEqual([{ host: new URL(provider.origin).host }]);
  });

  test("a code is not exchanged, the page says so, and sessions go on", async () => {
    const { visitor, audited } = opened();
    await visitor.signIn();
    const back = await visitor.begin();
    provider.down = (request) => request.socket.destroy();
    const page = await visitor.open(back.pathname + back.search);
    expect(page.status).toBe(503);
    expect(await page.text()).toContain("cannot reach your identity provider");
    expect(audited.at(-1)).toMatchObject({ outcome: "AUTHENTICATION_UNAVAILABLE" });
    expect((await visitor.ask(WHO)).status).toBe(200);
  });
});

test("a secret that the issuer rejects is a fault for the operator, without the secret", async () => {
  const { visitor, faults } = opened({ OIDC_CLIENT_SECRET: `${SECRET} mistyped` });
  expect((await visitor.signIn()).status).toBe(401);
  expect(faults.map(String).join()).toContain("check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET");
  expect(faults.map(String).join()).not.toContain(SECRET);
});

function atobOrEmpty(text: string): string {
  return Buffer.from(text, "base64url").toString("latin1");
}
