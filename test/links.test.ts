import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompactSign, EncryptJWT, UnsecuredJWT } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Environment } from "../src/settings/settings.ts";
import { gateway } from "./gateway.ts";
import { Issuer, sign, signingKey } from "./issuer.ts";
import { memoryArchive } from "./memory-archive.ts";

const folder = mkdtempSync(join(tmpdir(), "links-"));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY = "a-key-of-links-with-32-characters-or-more";
const OTHER_KEY = "another-key-of-links-with-32-characters";

const tokenOf = (name: string) => `cag_${name.padEnd(40, "x")}`;
const CALLERS = [
  { name: "owner", role: "OWNER" },
  { name: "admin", role: "ADMIN" },
  { name: "analyst", role: "ANALYST" },
  { name: "member", role: "MEMBER", email: "someone@ternplover.example" },
  { name: "wallboard", role: "OWNER", documents: ["CostByModel"] },
  { name: "leaver", role: "OWNER", expiresAt: "2026-11-23T00:00:00Z" },
] as const;

type Entry = Readonly<Record<string, unknown>> & { readonly name: string };

function served(settings: Environment = {}, archive = memoryArchive(), entries: readonly Entry[] = CALLERS) {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  const write = (listed: readonly Entry[]) =>
    writeFileSync(
      path,
      JSON.stringify(
        listed.map((entry) => ({
          ...entry,
          sha256: createHash("sha256").update(tokenOf(entry.name)).digest("hex"),
        })),
      ),
    );
  write(entries);
  let elapsed = 0;
  const opened = gateway({
    sandbox: { users: 30 },
    archive,
    pace: { now: () => elapsed, sleep: async () => {} },
    settings: {
      AUTH: "tokens",
      TOKENS_FILE: path,
      LINK_KEYS: KEY,
      CACHE_URL: "sqlite:unused.db",
      ...settings,
    },
  });
  const request = async (target: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
    const response = await opened.app.fetch(`http://gateway.test${target}`, init);
    const text = await response.text();
    const body = text.startsWith("{") ? JSON.parse(text) : null;
    const [error] = body?.errors ?? [];
    return {
      status: response.status,
      headers: response.headers,
      text,
      body,
      code: error?.extensions.code,
      message: error?.message as string | undefined,
    };
  };
  const make = (content: object, as = "owner") =>
    request("/links", {
      method: "POST",
      headers: { authorization: `Bearer ${tokenOf(as)}`, "content-type": "application/json" },
      body: JSON.stringify(content),
    });
  return {
    ...opened,
    archive,
    request,
    make,
    view: (url: string, headers: Record<string, string> = {}) => request(url, { headers }),
    revoke: (id: string, as: string) =>
      request(`/links/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${tokenOf(as)}` } }),
    /** Changes the tokens, and lets the gateway look at the file again. */
    change(listed: readonly Entry[]) {
      write(listed);
      elapsed += 60_000;
    },
  };
}

const linkIn = (url: string) => new URL(url, "http://gateway.test").searchParams.get("link") ?? "";

test("a link shows the picture without a token, also inside pages of other origins", async () => {
  const { make, view, request } = served();
  const made = await make({
    document: "CostByModel",
    variables: { range: { period: "LAST_MONTH" } },
    days: 7,
  });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: expect.stringMatching(/^[\w-]{16}\.[\w-]{22}$/),
    url: expect.stringMatching(/^\/chart\/CostByModel\.svg\?link=[\w.-]+$/),
    expiresAt: "2026-11-29T12:00:00.000Z",
    identity: "pseudonym",
  });
  const foreign = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
  const seen = await view(made.body.url, foreign);
  expect([seen.status, seen.headers.get("content-type")]).toEqual([200, "image/svg+xml; charset=utf-8"]);
  expect(seen.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  expect((await view(`${made.body.url}&theme=dark`)).text).toContain("#1d1d1b");
  expect((await request("/chart/CostByModel.svg")).status).toBe(401);
});

test("a relative period is that of the view", async () => {
  const { make, view, at } = served();
  const { body } = await make({ document: "CostByModel", variables: { range: { period: "LAST_MONTH" } } });
  expect((await view(body.url)).text).toContain("1 Oct – 31 Oct 2026");
  at("2026-12-05T12:00:00Z");
  expect((await view(body.url)).text).toContain("1 Nov – 30 Nov 2026");
});

describe("a link is refused, without a reason that a stranger could use,", () => {
  const INVALID = "The link is not valid: it may have expired or been revoked. Ask its sender for a new one.";
  const refused = { status: 401, code: "UNAUTHENTICATED", message: INVALID };

  test("once it has expired", async () => {
    const { make, view, at, audited } = served();
    const { body } = await make({ document: "CostByModel", days: 1 });
    at("2026-11-23T11:59:00Z");
    expect((await view(body.url)).status).toBe(200);
    at("2026-11-23T12:01:00Z");
    expect(await view(body.url)).toMatchObject(refused);
    expect(audited.at(-1)).toMatchObject({ outcome: "UNAUTHENTICATED", reason: "link expired" });
  });

  test("once it is revoked, by replicas and after a restart too", async () => {
    const first = served();
    const { body } = await first.make({ document: "Connectors" }, "admin");
    expect(await first.revoke(body.id, "analyst")).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect((await first.revoke(body.id, "admin")).status).toBe(204);
    expect(await first.view(body.url)).toMatchObject(refused);
    const replica = served({}, first.archive);
    expect(await replica.view(body.url)).toMatchObject(refused);
    expect((await replica.revoke(body.id, "admin")).status).toBe(204);
  });

  test("when anything in it is changed, cut off or added", async () => {
    const { make, view, seen } = served();
    const { body } = await make({ document: "CostByModel" });
    const link = linkIn(body.url);
    const parts = link.split(".");
    expect(parts).toHaveLength(5);
    const flipped = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    const forged = [
      link.slice(0, -1),
      link.slice(0, -6),
      `${link}AAAA`,
      `${link}.AAAA`,
      parts.slice(0, 4).join("."),
      [...parts.slice(0, 4), ""].join("."),
      parts.with(3, flipped(parts[3] ?? "", 10)).join("."),
      parts.with(4, flipped(parts[4] ?? "", 0)).join("."),
      parts.with(2, flipped(parts[2] ?? "", 0)).join("."),
      parts.with(0, Buffer.from('{"alg":"none"}').toString("base64url")).join("."),
      "",
      "x",
      "null",
      "A".repeat(4_001),
      "A.".repeat(1_900),
    ];
    const before = seen.length;
    for (const each of forged)
      expect(await view(`/chart/CostByModel.svg?link=${encodeURIComponent(each)}`), each).toMatchObject(
        refused,
      );
    expect(seen.length).toBe(before);
  });

  test("when it is made with another key or another algorithm", async () => {
    const { view } = served();
    const other = served({ LINK_KEYS: OTHER_KEY });
    const { body } = await other.make({ document: "CostByModel" });
    expect(await view(body.url)).toMatchObject(refused);
    const claims = {
      jti: "x",
      aud: "chart",
      maker: "owner",
      document: "x",
      variables: {},
      identity: "full",
      scopes: [],
    };
    const key = new TextEncoder().encode(KEY.slice(0, 32));
    const links = [
      new UnsecuredJWT(claims).setExpirationTime("1y").encode(),
      await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "HS256" })
        .sign(key),
      await new EncryptJWT(claims)
        .setExpirationTime("1y")
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .encrypt(key),
      await new EncryptJWT(claims)
        .setExpirationTime("1y")
        .setProtectedHeader({ alg: "A256KW", enc: "A256GCM" })
        .encrypt(key),
    ];
    for (const link of links)
      expect(await view(`/chart/CostByModel.svg?link=${link}`)).toMatchObject(refused);
  });

  test("once its maker has no token any more, and the token of its maker has expired", async () => {
    const { make, view, change, at } = served();
    const [own, leavers] = [
      await make({ document: "CostByModel" }),
      await make({ document: "CostByModel" }, "leaver"),
    ];
    expect((await view(leavers.body.url)).status).toBe(200);
    at("2026-11-24T00:00:00Z");
    expect(await view(leavers.body.url)).toMatchObject(refused);
    expect((await view(own.body.url)).status).toBe(200);
    change(CALLERS.filter(({ name }) => name !== "owner"));
    expect(await view(own.body.url)).toMatchObject(refused);
  });
});

test("a link is for one document with one set of variables", async () => {
  const { make, view } = served();
  const { body } = await make({ document: "CostByModel" });
  const link = linkIn(body.url);
  expect(await view(`/chart/TopSpenders.svg?link=${link}`)).toMatchObject({ status: 403, code: "FORBIDDEN" });
  for (const more of [
    "range.period=THIS_YEAR",
    "organization=console",
    "measure=requests",
    "list=cost",
    `link=${link}`,
  ])
    expect(await view(`${body.url}&${more}`)).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
  expect((await view(`/q/CostByModel?link=${link}`)).status).toBe(401);
  expect((await view(`/graphql?link=${link}&query={viewer{role}}`)).status).toBe(401);
});

describe("a link never shows more than its maker may read:", () => {
  test("a maker makes no link to what they may not read", async () => {
    const { make, seen } = served();
    const refused = await make({ document: "CostByModel" }, "admin");
    expect([refused.status, refused.code]).toEqual([403, "FORBIDDEN"]);
    expect(refused.message).toContain("may not read `cost`");
    expect(seen).toEqual([]);
  });

  test("a maker who loses a scope narrows the links made before, and one who gains some widens none", async () => {
    const { make, view, change } = served();
    const byOwner = await make({ document: "CostByModel" });
    const byAnalyst = await make({ document: "ClaudeCodeByPerson" }, "analyst");
    change([
      { name: "owner", role: "ADMIN" },
      { name: "analyst", role: "OWNER" },
    ]);
    expect((await view(byOwner.body.url)).status).toBe(403);
    expect((await view(byAnalyst.body.url)).text).toMatch(/^<svg.*@pseudonym\.invalid/);
  });

  test("people have names only where the maker may read them and asks for that", async () => {
    const { make, view } = served();
    const document = "ClaudeCodeByPerson";
    const [plain, named] = [await make({ document }), await make({ document, identity: "full" })];
    expect((await view(plain.body.url)).text).toMatch(/^<svg.*@pseudonym\.invalid/);
    expect((await view(plain.body.url)).text).not.toContain("ternplover.example");
    expect((await view(named.body.url)).text).toMatch(/^<svg.*ternplover\.example/);
    expect(await make({ document, identity: "full" }, "analyst")).toMatchObject({ status: 403 });
    expect(await make({ document, identity: "none" }, "analyst")).toMatchObject({ status: 403 });
    const needsNames = await make({ document: "TopSpenders" });
    expect([needsNames.status, needsNames.body.errors[0].extensions.field]).toEqual([
      403,
      "cost.nodes.accountStatus",
    ]);
  });

  test("a caller limited to documents makes links to those alone, and a member none", async () => {
    const { make, view, change } = served();
    expect(await make({ document: "TopSpenders" }, "wallboard")).toMatchObject({ status: 403 });
    const { body } = await make({ document: "CostByModel" }, "wallboard");
    expect((await view(body.url)).status).toBe(200);
    change([{ name: "wallboard", role: "OWNER", documents: ["TopSpenders"] }]);
    expect((await view(body.url)).status).toBe(401);
    expect(await make({ document: "MyFigures" }, "member")).toMatchObject({ status: 401 });
    change(CALLERS);
    expect(await make({ document: "MyFigures" }, "member")).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  test("a link opens nothing but its picture", async () => {
    const { make, request } = served();
    const link = linkIn((await make({ document: "CostByModel" })).body.url);
    const bearer = await request("/graphql?query={viewer{role}}", {
      headers: { authorization: `Bearer ${link}` },
    });
    expect(bearer.status).toBe(401);
    const plan = await request(`/chart/CostByModel.svg?link=${link}`, { headers: { explain: "1" } });
    expect(plan.text).toMatch(/^<svg/);
    const posted = await request(`/chart/CostByModel.svg?link=${link}`, { method: "POST" });
    expect(posted.status).toBe(415);
  });
});

test("with AUTH=jwt a link has the rights of the token that made it", async () => {
  const issuer = await Issuer.start();
  const key = await signingKey("ES256");
  issuer.keys = [{ ...key.jwk, kid: "k1", alg: "ES256" }];
  const opened = gateway({
    sandbox: { users: 12 },
    archive: memoryArchive(),
    settings: {
      AUTH: "jwt",
      JWT_JWKS_URL: `${issuer.origin}/keys`,
      JWT_ISSUER: "https://idp.example.com",
      JWT_AUDIENCE: "claude-analytics",
      LINK_KEYS: KEY,
      CACHE_URL: "sqlite:unused.db",
    },
  });
  const claims = { iss: "https://idp.example.com", aud: "claude-analytics", sub: "someone@example.com" };
  const made = async (role: string) => {
    const exp = Date.parse("2026-11-22T13:00:00Z") / 1_000;
    const token = await sign(key, { alg: "ES256", kid: "k1" }, { ...claims, role, exp });
    const response = await opened.app.fetch("http://gateway.test/links", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ document: "CostByModel" }),
    });
    return response.json();
  };
  const view = async ({ url }: { url: string }) =>
    (await opened.app.fetch(`http://gateway.test${url}`)).status;
  const byOwner = await made("owner");
  expect(byOwner.expiresAt).toBe("2026-11-29T12:00:00.000Z");
  expect((await made("admin")).errors[0].extensions.code).toBe("FORBIDDEN");
  expect(await view(byOwner)).toBe(200);
  opened.at("2026-11-29T12:00:01Z");
  expect(await view(byOwner)).toBe(401);
});

test("keys rotate: the one before opens links, the new one makes them, and one that is gone ends its links", async () => {
  const archive = memoryArchive();
  const before = served({}, archive);
  const { body } = await before.make({ document: "CostByModel" });
  const during = served({ LINK_KEYS: `${OTHER_KEY}, ${KEY}` }, archive);
  expect((await during.view(body.url)).status).toBe(200);
  expect((await during.revoke(body.id, "owner")).status).toBe(204);
  const newer = await during.make({ document: "CostByModel" });
  expect((await before.view(newer.body.url)).status).toBe(401);
  const after = served({ LINK_KEYS: OTHER_KEY }, archive);
  expect((await after.view(newer.body.url)).status).toBe(200);
  expect((await after.view(body.url)).status).toBe(401);
});

test("a link says nothing of its maker, rights or variables to a reader", async () => {
  const { make } = served();
  const { body } = await make({ document: "CostByDay", variables: { range: { last: { days: 7 } } } });
  const readable = linkIn(body.url)
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString("latin1"))
    .join(" ");
  expect(readable).not.toMatch(/owner|spend:read|days|CostByDay/);
});

test("the audit log has the id of a link at its making, views and revocation, and never the link", async () => {
  const { make, view, revoke, audited } = served();
  const { body } = await make({ document: "CostByModel" });
  await view(body.url);
  await revoke(body.id, "owner");
  expect(audited).toMatchObject([
    { kind: "link", caller: { name: "owner" }, link: body.id, status: 201 },
    { kind: "graphql", caller: { name: `link ${body.id}` }, trusted: "CostByModel", status: 200 },
    { kind: "link", caller: { name: "owner" }, link: body.id, status: 204 },
  ]);
  expect(JSON.stringify(audited)).not.toContain(linkIn(body.url).slice(-30));
});

test("the views of one link in a minute are limited, and those of another are not", async () => {
  const { make, view } = served({ LINK_VIEWS_PER_MINUTE: "2" });
  const [one, two] = [await make({ document: "CostByModel" }), await make({ document: "CostByModel" })];
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await view(one.body.url)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await view(two.body.url)).status).toBe(200);
});

test("an archive that is away refuses views, and a revocation that it does not keep is an error", async () => {
  const { make, view, revoke, archive } = served();
  const { body } = await make({ document: "CostByModel" });
  archive.room = false;
  expect((await revoke(body.id, "owner")).status).toBe(503);
  archive.isAway = true;
  expect(await view(body.url)).toMatchObject({ status: 503, code: "AUTHENTICATION_UNAVAILABLE" });
});

test.each([
  [{}, "`document` is missing"],
  [{ document: "CostByModels" }, "did you mean CostByModel?"],
  [{ document: "CostByModel", variables: [] }, "`variables` is not an object"],
  [{ document: "CostByModel", variables: { range: { last: {} } } }, "$range"],
  [{ document: "CostByModel", days: 31 }, "from 1 to 30 (LINK_MAX_DAYS)"],
  [{ document: "CostByModel", days: 0.5 }, "from 1 to 30"],
  [{ document: "CostByModel", identity: "all" }, "`identity` is not one of"],
  [{ document: "CostByModel", measure: "net usd" }, "`measure` is not a path"],
  [{ document: "CostByModel", measure: "net.us" }, "Unknown measure `net.us`: did you mean net.usd?"],
  [{ document: "CostByModel", list: "costs" }, "Unknown list `costs`: did you mean cost?"],
  [{ document: "CostByModel", scopes: [] }, "Unknown field `scopes`"],
  [{ document: "CostByModel", variables: { organization: "x".repeat(5_000) } }, "the maximum is 4000"],
])("a request for a link with %j is refused with what would work", async (content, message) => {
  const made = await served().make(content);
  expect(made.status).toBeGreaterThanOrEqual(400);
  expect(made.status).toBeLessThan(500);
  expect(made.message).toContain(message);
});

test("links are made by POST with JSON and a token, and there are none without LINK_KEYS", async () => {
  const { request } = served();
  expect((await request("/links", { method: "POST", body: "{}" })).status).toBe(401);
  const headers = { authorization: `Bearer ${tokenOf("owner")}` };
  expect((await request("/links", { headers })).status).toBe(405);
  expect((await request("/links/x", { headers })).status).toBe(405);
  expect((await request("/links", { method: "POST", body: "{}", headers })).status).toBe(415);
  expect((await request("/links/x", { method: "DELETE", headers })).status).toBe(400);
  const off = gateway({ sandbox: { users: 12 } });
  const none = await off.app.fetch("http://gateway.test/links", { method: "POST" });
  expect(none.status).toBe(404);
});

describe("settings of links", () => {
  const base = {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test",
    AUTH: "tokens",
    TOKENS_FILE: "tokens.json",
    CACHE_URL: "sqlite:cache.db",
    LINK_KEYS: KEY,
  };
  const jwt = {
    AUTH: "jwt",
    TOKENS_FILE: "",
    JWT_JWKS_URL: "https://idp.example.com/keys",
    JWT_ISSUER: "https://idp.example.com",
    JWT_AUDIENCE: "claude-analytics",
  };

  test.each<[Environment, RegExp]>([
    [{ LINK_KEYS: "short" }, /LINK_KEYS is not a key of 32 characters or more/],
    [{ LINK_KEYS: `${KEY},${KEY}` }, /LINK_KEYS has the same key twice/],
    [{ LINK_KEYS: `${KEY},${OTHER_KEY},${KEY}x` }, /LINK_KEYS has more than two keys/],
    [{ AUTH: "none", TOKENS_FILE: "" }, /LINK_KEYS is set, and AUTH is none/],
    [{ CACHE_URL: "memory:" }, /LINK_KEYS is set, and CACHE_URL is memory:/],
    [{ LINK_KEYS: "", LINK_MAX_DAYS: "7" }, /LINK_MAX_DAYS is set, and LINK_KEYS is not/],
    [{ LINK_MAX_DAYS: "366" }, /LINK_MAX_DAYS is not a whole number from 1 to 365/],
    [{ ...jwt, LINK_MAX_DAYS: "8" }, /LINK_MAX_DAYS is more than 7/],
  ])("%j is a fault at start", (settings, fault) => {
    expect(() => readConfig({ ...base, ...settings })).toThrow(fault);
  });

  test("give links 30 days, and 7 where only an issuer knows the rights of a caller", () => {
    expect(readConfig(base).links).toEqual({ keys: [KEY], maxDays: 30, viewsPerMinute: 60 });
    expect(readConfig({ ...base, ...jwt }).links?.maxDays).toBe(7);
    expect(readConfig({ ...base, LINK_KEYS: "" }).links).toBeNull();
  });

  test("make links of the sandbox too, which keeps revocations as it keeps figures", () => {
    expect(readConfig({ ...base, ANTHROPIC_ANALYTICS_KEY: "" }).links).not.toBeNull();
  });
});
