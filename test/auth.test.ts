import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../src/server/auth/tokens.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { gateway, NOW } from "./gateway.ts";
import { ask, endAll, run, urlIn } from "./process.ts";
import { settingFaults } from "./setting-faults.ts";

afterEach(endAll);

const folder = mkdtempSync(join(tmpdir(), "auth-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
/** A file of tokens, each with a name and what is said of it. */
function tokensFile(entries: Readonly<Record<string, object>>): string {
  const path = join(folder, `tokens-${files++}.json`);
  write(path, entries);
  return path;
}

function write(path: string, entries: Readonly<Record<string, object>>): void {
  const list = Object.entries(entries).map(([name, entry]) => ({
    name,
    sha256: sha256(tokenOf(name)).toString("hex"),
    ...entry,
  }));
  writeFileSync(path, JSON.stringify(list));
}

/** A token as callers send it. */
const tokenOf = (name: string) => `cag_${name.padEnd(40, "x")}`;

const QUESTION = "{ organization { name } }";

const pages = builtFolder();

function guarded(settings: Environment, now = NOW) {
  let elapsedMs = 0;
  const pace = { now: () => elapsedMs, sleep: async () => {} };
  const opened = gateway({ sandbox: { users: 20 }, settings, now, pace, pages });
  const send = async (
    headers: Record<string, string>,
    path = "/graphql",
    method = "POST",
    query = QUESTION,
  ) => {
    const response = await opened.app.fetch(`http://gateway.test${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(method === "POST" ? { body: JSON.stringify({ query }) } : {}),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const as = (token: string, query = QUESTION) =>
    send({ authorization: `Bearer ${token}` }, "/graphql", "POST", query);
  const pass = (ms: number) => {
    elapsedMs += ms;
  };
  return { ...opened, send, as, pass };
}

describe("tokens", () => {
  const path = tokensFile({
    ada: { role: "OWNER" },
    bob: { role: "ADMIN", expiresAt: "2026-11-22T12:00:00Z" },
  });
  const settings = { AUTH: "tokens", TOKENS_FILE: path };

  test("authenticate their callers, by the header alone", async () => {
    const { as, send, seen } = guarded(settings);
    expect((await send({ authorization: `bearer   ${tokenOf("ada")}` })).status).toBe(200);
    const { status, body } = await as(tokenOf("ada"));
    expect(status).toBe(200);
    expect(JSON.parse(body).data.organization.name).toBeTypeOf("string");
    expect(seen).toHaveLength(1);
  });

  test.each<[string, Record<string, string>]>([
    ["none", {}],
    ["an empty header", { authorization: "" }],
    ["no scheme", { authorization: tokenOf("ada") }],
    ["no token", { authorization: "Bearer" }],
    ["no token but space", { authorization: "Bearer   " }],
    ["another scheme", { authorization: `Basic ${btoa(`ada:${tokenOf("ada")}`)}` }],
    ["two tokens", { authorization: `Bearer ${tokenOf("ada")} ${tokenOf("ada")}` }],
    ["two in one header", { authorization: `Bearer ${tokenOf("ada")}, Bearer ${tokenOf("ada")}` }],
    ["one more letter", { authorization: `Bearer ${tokenOf("ada")}x` }],
    ["one letter less", { authorization: `Bearer ${tokenOf("ada").slice(0, -1)}` }],
    ["other case", { authorization: `Bearer ${tokenOf("ada").toUpperCase()}` }],
    ["its hash", { authorization: `Bearer ${sha256(tokenOf("ada")).toString("hex")}` }],
    ["its name", { authorization: "Bearer ada" }],
    ["`__proto__`", { authorization: "Bearer __proto__" }],
    ["`constructor`", { authorization: "Bearer constructor" }],
    ["quotes", { authorization: `Bearer "${tokenOf("ada")}"` }],
    ["another header", { "x-api-key": tokenOf("ada"), cookie: `token=${tokenOf("ada")}` }],
    ["a very long one", { authorization: `Bearer ${"a".repeat(100_000)}` }],
    ["one that has expired", { authorization: `Bearer ${tokenOf("bob")}` }],
  ])("refuse %s with 401, ask nothing and repeat nothing", async (_what, headers) => {
    const { send, seen } = guarded(settings);
    const { status, headers: said, body } = await send(headers);
    expect(status).toBe(401);
    expect(said.get("www-authenticate")).toMatch(/^Bearer/);
    expect(JSON.parse(body).errors[0].extensions).toEqual({ code: "UNAUTHENTICATED" });
    expect(body).not.toContain("cag_");
    expect(seen).toEqual([]);
  });

  test.each([
    [{}, "no token"],
    [{ authorization: "Basic YTpi" }, "not a bearer token"],
    [{ authorization: `Bearer ${tokenOf("eve")}` }, "unknown"],
    [{ authorization: `Bearer ${tokenOf("bob")}` }, "expired: bob"],
  ])("that are refused say to the operator why: %j", async (headers, reason) => {
    const { send, audited } = guarded(settings);
    await send(headers);
    expect(audited[0]).toMatchObject({ outcome: "UNAUTHENTICATED", reason });
  });

  test("are not read from the URL", async () => {
    const { send, seen } = guarded(settings);
    const query = `?query=${encodeURIComponent(QUESTION)}&access_token=${tokenOf("ada")}&token=${tokenOf("ada")}`;
    expect((await send({}, `/graphql${query}`, "GET")).status).toBe(401);
    expect(seen).toEqual([]);
  });

  test("are required for every path but health, the list of routes and the page of the workbench", async () => {
    const { send } = guarded(settings);
    for (const path of ["/graphql?query={__typename}", "/export/users.csv", "/metrics", "/.env", "/q/any"])
      expect((await send({}, path, "GET")).status, path).toBe(401);
    for (const path of ["/healthz", "/"]) expect((await send({}, path, "GET")).status, path).toBe(200);
    const page = await send({ accept: "text/html" }, "/graphql", "GET");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
  });

  test("change with their file, without a restart; a file that cannot be used changes nothing", async () => {
    const path = tokensFile({ ada: { role: "OWNER" } });
    const { as, faults, filesRead, pass } = guarded({ AUTH: "tokens", TOKENS_FILE: path });
    expect((await as(tokenOf("eve"))).status).toBe(401);
    write(path, { eve: { role: "ADMIN" } });
    pass(1_100);
    expect((await as(tokenOf("eve"))).status).toBe(200);
    expect((await as(tokenOf("ada"))).status).toBe(401);
    writeFileSync(path, "[{");
    pass(1_100);
    expect((await as(tokenOf("eve"))).status).toBe(200);
    expect(faults).toHaveLength(1);
    expect(filesRead).toEqual([{ holds: "tokens" }]);
    expect(String(faults[0])).toMatch(/is not JSON \(line 1 column 3\)\.\n.*stay in force/);
  });

  test("in a file that stays unusable are reported once each time, and stay in force", async () => {
    const path = tokensFile({ ada: { role: "OWNER" } });
    const { as, faults, pass } = guarded({ AUTH: "tokens", TOKENS_FILE: path });
    renameSync(path, `${path}.away`);
    for (const _look of ["first", "second"]) {
      pass(1_050);
      expect((await as(tokenOf("ada"))).status).toBe(200);
    }
    expect(faults.splice(0).map(String)).toEqual([expect.stringContaining("cannot be read (ENOENT)")]);
    renameSync(`${path}.away`, path);
    pass(1_050);
    await as(tokenOf("ada"));
    renameSync(path, `${path}.away`);
    pass(1_050);
    await as(tokenOf("ada"));
    expect(faults).toHaveLength(1);
  });

  test.each<[string, string, string]>([
    ["is not there", "", "cannot be read (ENOENT)"],
    ["is empty", "\n", "is empty"],
    ["is not JSON", '[\n{"name": "a",}]', "is not JSON (line 2 column 14)"],
    ["is not a list", "{}", "is not a list of tokens"],
    ["has one key twice", '[{"role": "ADMIN", "role": "OWNER"}]', "has `role` twice in one object"],
    ["lost a character in a conversion", '[{"name": "K\uFFFDln"}]', "holds U+FFFD"],
  ])("in a file that %s stop the start", (_what, text, expected) => {
    const path = join(folder, `unusable-${files++}.json`);
    if (text !== "") writeFileSync(path, text);
    expect(() => guarded({ AUTH: "tokens", TOKENS_FILE: path })).toThrow(expected);
  });

  test("in a file that every user may write stop the start", () => {
    const path = tokensFile({ ada: { role: "OWNER" } });
    chmodSync(path, 0o646);
    expect(() => guarded({ AUTH: "tokens", TOKENS_FILE: path })).toThrow(
      /every user of this machine may write/,
    );
    chmodSync(path, 0o664);
    guarded({ AUTH: "tokens", TOKENS_FILE: path });
  });

  test("that cannot be used stop the start, with every fault and nothing of a token", () => {
    const path = join(folder, "faulty.json");
    writeFileSync(
      path,
      JSON.stringify([
        { name: "a", sha256: tokenOf("secret"), role: "OWNER" },
        { name: "b", sha256: "0".repeat(64), role: "KING", color: 1, cag_9f8e7d6c5b: 1 },
        { name: "c", sha256: "0".repeat(64), role: "SERVICE" },
        { name: "c", sha256: "0".repeat(64), role: "SERVICE", scopes: ["everything"], expiresAt: "soon" },
        { name: "d", sha256: "0".repeat(64), role: "MEMBER" },
        "e",
        { name: "f", sha256: "0".repeat(64), role: "ANALYST", identity: "full" },
        { name: "g", sha256: "0".repeat(64), role: "OWNER", identity: "masked" },
        {
          name: "h",
          sha256: "0".repeat(64),
          role: "MEMBER",
          email: "h@x.example",
          scopes: ["activity:read"],
        },
        { name: "i", sha256: "1".repeat(64), role: "MEMBER", email: "nobody" },
      ]),
    );
    try {
      guarded({ AUTH: "tokens", TOKENS_FILE: path });
      expect.unreachable();
    } catch (fault) {
      const { faults } = fault as { faults: string[] };
      const text = faults.join("\n");
      expect(text).not.toContain("cag_");
      for (const part of [
        "entry 1: `sha256`",
        "entry 2: `role` is not one of PRIMARY_OWNER",
        "entry 2: unknown field `color`",
        "entry 2: unknown field of another name; use one of name",
        "entry 3: a SERVICE",
        "entry 4: `scopes`",
        "entry 4: `expiresAt`",
        "entry 5: a MEMBER",
        "entry 6: `name`",
        "entry 7: `identity` is full, which requires the scope identity:read",
        "entry 8: `identity` is not one of full, pseudonym, none",
        "entry 9: a MEMBER reads only their own figures and has no `scopes`",
        "entry 10: `email` is not an address",
        "has the `name` of entry",
        "entry 9 has the `sha256` of entry 2",
      ])
        expect(text).toContain(part);
    }
  });
});

describe("the command token", { tags: "deep" }, () => {
  test("adds a token that lets its caller in, prints it once, and keeps its hash alone", async () => {
    const file = join(folder, "made.json");
    const made = await run(
      [
        "token",
        "--name",
        "dashboard",
        "--role",
        "service",
        "--scopes",
        "activity:read",
        "--days",
        "90",
        "--file",
        file,
      ],
      {},
    ).ended();
    expect(made.code).toBe(0);
    const token = /^cag_[\w-]{43}$/m.exec(made.output)?.[0] ?? "";
    expect(readFileSync(file, "utf8")).not.toContain(token);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([
      {
        name: "dashboard",
        sha256: sha256(token).toString("hex"),
        role: "SERVICE",
        scopes: ["activity:read"],
        expiresAt: expect.stringMatching(/Z$/),
      },
    ]);
    const useless = await run(
      ["token", "--name", "x", "--role", "analyst", "--identity", "full"],
      {},
    ).ended();
    expect([useless.code, useless.output]).toEqual([1, expect.stringContaining("identity:read")]);
    expect(useless.output).not.toContain("cag_");
    const limited = ["token", "--name", "x", "--role", "analyst", "--organizations", "console,emea"];
    const elsewhere = await run(limited, {}).ended();
    expect(elsewhere.code).toBe(0);
    expect(elsewhere.output).toContain(
      "emea is not an organization of these settings (enterprise, console);",
    );
    expect(elsewhere.output).not.toContain("console is not");
    const again = await run(["token", "--name", "dashboard", "--role", "owner", "--file", file], {}).ended();
    expect([again.code, again.output]).toEqual([1, expect.stringContaining("has a token named dashboard")]);

    const url = urlIn(
      await run(["serve", "--port", "0"], { AUTH: "tokens", TOKENS_FILE: file, SANDBOX_USERS: "20" }).printed(
        "Try:",
      ),
    );
    expect(await ask(url, QUESTION)).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    const answer = await fetch(new URL("/graphql", url), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: QUESTION }),
    });
    expect(answer.status).toBe(200);
  });

  test("leaves a file as readable as it was, and says why it cannot be written", async () => {
    const file = tokensFile({ ada: { role: "OWNER" } });
    chmodSync(file, 0o640);
    const made = await run(["token", "--name", "bob", "--role", "admin", "--file", file], {}).ended();
    expect([made.code, statSync(file).mode & 0o777]).toEqual([0, 0o640]);
    const nowhere = join(folder, "nowhere", "tokens.json");
    const lost = await run(["token", "--name", "x", "--role", "owner", "--file", nowhere], {}).ended();
    expect([lost.code, lost.output]).toEqual([
      1,
      `${nowhere} cannot be written (ENOENT); nothing was added.\n`,
    ]);
  });

  test("refuses what would open nothing", async () => {
    const unknown = await run(["token", "--name", "x", "--role", "king"], {}).ended();
    expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining("use one of primary_owner")]);
  });
});

describe("JWTs", () => {
  const ISSUER = "https://issuer.example";
  const AUDIENCE = "analytics";
  const keys = {
    one: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    two: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  };
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let published: object[] = [];
  let fetched = 0;
  let isUp = true;
  let issuer: Server;
  let settings: Environment;

  beforeAll(async () => {
    issuer = createServer((_request, response) => {
      fetched++;
      if (isUp)
        response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: published }));
      else response.writeHead(500).end("no");
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    published = [{ ...(await exportJWK(keys.one.publicKey)), kid: "one", alg: "ES256", use: "sig" }];
    settings = {
      AUTH: "jwt",
      JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    };
  });
  afterAll(() => issuer.close());

  const seconds = Date.parse(NOW) / 1_000;

  function signed(
    claims: object = {},
    { key = keys.one.privateKey, kid = "one", alg = "ES256" } = {},
  ): Promise<string> {
    const payload = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "ada",
      role: "owner",
      exp: seconds + 300,
      iat: seconds,
      ...claims,
    };
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
  }

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test("of the issuer, for this audience and in time are accepted, and the keys are fetched once", async () => {
    const { as } = guarded(settings);
    const before = fetched;
    for (const claims of [
      {},
      { role: ["unknown", "Admin"] },
      { exp: seconds - 20 },
      { aud: ["other", AUDIENCE] },
    ])
      expect((await as(await signed(claims))).status).toBe(200);
    expect(fetched - before).toBe(1);
  });

  test.each<[string, () => Promise<string>, reason?: string]>([
    ["an expired one", () => signed({ exp: seconds - 60 }), "claim exp"],
    ["one that holds later", () => signed({ nbf: seconds + 600 })],
    ["one without an end", () => signed({ exp: undefined })],
    ["one without a subject", () => signed({ sub: undefined }), "claim sub"],
    ["one of no name", () => signed({ sub: "" }), "claim sub"],
    ["one of a number", () => signed({ sub: 5 }), "claim sub"],
    ["one of an object", () => signed({ sub: { name: "ada" } })],
    ["one of a list", () => signed({ sub: ["ada"] })],
    ["another issuer's", () => signed({ iss: "https://other.example" }), "claim iss"],
    ["one for others", () => signed({ aud: "billing" }), "claim aud"],
    ["one without a role", () => signed({ role: undefined }), "claim role"],
    [
      "one with an unknown role",
      () => signed({ role: "king" }),
      "claim role: none of its names (1) is a role",
    ],
    ["one with a role that every object has", () => signed({ role: "__proto__" })],
    [
      "one signed with another key",
      () => signed({}, { key: other.privateKey }),
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    ],
    [
      "one that names an unpublished key",
      () => signed({}, { key: other.privateKey, kid: "three" }),
      "ERR_JWKS_NO_MATCHING_KEY",
    ],
    [
      "`alg: none`",
      async () =>
        `${part({ alg: "none" })}.${part({ iss: ISSUER, aud: AUDIENCE, sub: "a", role: "owner", exp: seconds + 300 })}.`,
    ],
    [
      "one signed with the public key as a secret",
      async () => {
        const text = `${part({ alg: "HS256", kid: "one" })}.${part({ iss: ISSUER, aud: AUDIENCE, sub: "a", role: "owner", exp: seconds + 300 })}`;
        const secret = keys.one.publicKey.export({ type: "spki", format: "pem" });
        return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      },
    ],
    [
      "one with changed claims",
      async () => {
        const [header, , signature] = (await signed({ role: "member" })).split(".");
        return `${header}.${part({ iss: ISSUER, aud: AUDIENCE, sub: "a", role: "owner", exp: seconds + 300 })}.${signature}`;
      },
    ],
    ["one without a signature", async () => (await signed()).split(".").slice(0, 2).join(".")],
    ["no JWT", async () => "a.b.c"],
  ])("refuse %s, and tell the operator alone what is wrong", async (_what, make, reason) => {
    const { as, seen, audited } = guarded(settings);
    const { status, body } = await as(await make());
    expect(audited[0]?.reason).toEqual(reason ?? expect.any(String));
    expect(status).toBe(401);
    expect(JSON.parse(body).errors[0].extensions).toEqual({ code: "UNAUTHENTICATED" });
    expect(seen).toEqual([]);
  });

  test("find a member by the address that the issuer says is verified, and by no other", async () => {
    const { data } = await guarded({}).ask(
      "{ users(first: 1, range: { last: { days: 7 } }) { nodes { email } } }",
    );
    const { as, seen } = guarded(settings);
    const [{ email }] = data.users.nodes;
    const answerFor = async (claims: object) =>
      JSON.parse((await as(await signed({ role: "member", email, ...claims }), "{ user { email } }")).body);
    for (const verified of [undefined, null, false, "false", "yes", 1]) {
      const { data, errors } = await answerFor({ email_verified: verified });
      expect([data.user, errors[0].extensions.code], String(verified)).toEqual([null, "FORBIDDEN"]);
      expect(errors[0].message).toContain("`email_verified: true`");
    }
    expect(seen).toEqual([]);
    for (const verified of [true, "true"])
      expect((await answerFor({ email_verified: verified })).data.user).toEqual({ email });
  });

  test("signed with a key published later are accepted when the issuer rotates", async () => {
    const { as } = guarded(settings);
    expect((await as(await signed())).status).toBe(200);
    published = [
      ...published,
      { ...(await exportJWK(keys.two.publicKey)), kid: "two", alg: "RS256", use: "sig" },
    ];
    const rotated = () => signed({}, { key: keys.two.privateKey, kid: "two", alg: "RS256" });
    // Keys are not fetched again within half a minute, lest forged tokens make the gateway hammer the issuer.
    expect((await as(await rotated())).status).toBe(401);
    expect((await guarded(settings).as(await rotated())).status).toBe(200);
    published = published.slice(0, 1);
  });

  test("do not make a gateway hammer an issuer that fails", async () => {
    const { as, audited } = guarded(settings);
    const before = fetched;
    isUp = false;
    for (let i = 0; i < 20; i++) {
      const forged = await signed({}, { key: other.privateKey, kid: `forged-${i}` });
      expect((await as(forged)).status).toBe(503);
    }
    isUp = true;
    expect(fetched - before).toBe(1);
    expect(audited.at(-1)?.reason).toBe("status 500");
  });

  test("of an issuer that cannot be reached are 503, not a refusal", async () => {
    isUp = false;
    const { as, audited } = guarded(settings);
    const { status, headers, body } = await as(await signed());
    isUp = true;
    expect(audited[0]?.reason).toBe("status 500");
    const nobody = createServer().listen(0, "127.0.0.1");
    await once(nobody, "listening");
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    const unheard = guarded({ ...settings, JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks` });
    expect((await unheard.as(await signed())).status).toBe(503);
    expect(unheard.audited[0]?.reason).toBe("ECONNREFUSED");
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    expect(JSON.parse(body).errors[0].extensions).toEqual({
      code: "AUTHENTICATION_UNAVAILABLE",
      retryAfter: 5,
    });
  });
});

describe("settings", () => {
  const JWT = {
    AUTH: "jwt",
    JWT_ISSUER: "i",
    JWT_AUDIENCE: "a",
    JWT_JWKS_URL: "https://issuer.example/keys",
  };

  test("that guard let the gateway listen where others reach it", () => {
    const open = { HOST: "0.0.0.0", ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-a" };
    expect(settingFaults(open)).toEqual([expect.stringContaining("HOST")]);
    expect(settingFaults({ ...open, AUTH: "tokens", TOKENS_FILE: "tokens.json" })).toEqual([]);
  });

  test.each<[Environment, RegExp]>([
    [{ AUTH: "yes" }, /AUTH is not none, tokens or jwt/],
    [{ AUTH: "tokens" }, /TOKENS_FILE names no file/],
    [{ TOKENS_FILE: "tokens.json" }, /TOKENS_FILE is set, and AUTH is not tokens/],
    [{ AUTH: "jwt", JWT_ISSUER: "i" }, /AUTH is jwt, and JWT_JWKS_URL and JWT_AUDIENCE are not set/],
    [{ JWT_AUDIENCE: "a" }, /JWT_AUDIENCE is set, and AUTH is not jwt/],
    [{ JWT_HEADER: "x-token" }, /JWT_HEADER is set, and AUTH is not jwt/],
    [{ ...JWT, JWT_HEADER: "cookie" }, /JWT_HEADER is not the name of a header for a token/],
    [{ ...JWT, JWT_HEADER: "x token" }, /JWT_HEADER is not the name of a header for a token/],
    [{ ...JWT, JWT_EMAIL_VERIFIED: "true" }, /JWT_EMAIL_VERIFIED is not claim or issuer/],
    [{ ...JWT, JWT_EMAIL_CLAIM: "email,upn" }, /JWT_EMAIL_CLAIM is more than one claim/],
    [{ ...JWT, JWT_AUDIENCE: "a,,b" }, /JWT_AUDIENCE has a comma with nothing beside it/],
    [{ ...JWT, JWT_ROLE_CLAIM: "roles," }, /JWT_ROLE_CLAIM has a comma with nothing beside it/],
    [{ ...JWT, JWT_ROLE_CLAIM: "email" }, /JWT_ROLE_MAP does not say which address has which role/],
    [
      { ...JWT, JWT_ROLE_MAP: "Owners:king" },
      /JWT_ROLE_MAP: entry 1 is not a name, a colon and one of primary_owner/,
    ],
    [{ ...JWT, JWT_ROLE_MAP: "a:owner,b" }, /JWT_ROLE_MAP: entry 2 is not a name/],
    [{ ...JWT, JWT_ROLE_MAP: ":owner" }, /JWT_ROLE_MAP: entry 1 is not a name/],
    [{ ...JWT, JWT_ROLE_MAP: "a:owner,a:admin" }, /JWT_ROLE_MAP: entry 2 gives a name another role/],
    [{ ...JWT, JWT_ROLE_MAP: '{"a": "owner"' }, /JWT_ROLE_MAP is not a JSON object/],
    [{ ...JWT, JWT_ROLE_MAP: '{"a": ["owner"]}' }, /JWT_ROLE_MAP: entry 1 is not a name/],
    [
      { ...JWT, JWT_JWKS_URL: "https://issuer.example/.well-known/openid-configuration" },
      /JWT_JWKS_URL is the issuer's discovery document/,
    ],
    [
      { AUTH: "jwt", JWT_ISSUER: "i", JWT_AUDIENCE: "a", JWT_JWKS_URL: "http://issuer.example/keys" },
      /JWT_JWKS_URL is not an https URL/,
    ],
  ])("that guard nothing are refused: %j", (environment, fault) => {
    expect(settingFaults(environment).join("\n")).toMatch(fault);
  });
});
