import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { memorySharedStore } from "../src/cache/memory-shared-store.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { loggersOf } from "../src/cli/lifetime.ts";
import { readConfig } from "../src/config.ts";
import { Metrics } from "../src/server/observability/metrics.ts";
import type { Environment } from "../src/settings/settings.ts";
import { Credential } from "../src/upstream/access/credential.ts";
import { type GatewayOptions, gateway, json, NOW, type Route, refusal } from "./gateway.ts";
import { ask, endAll, serve } from "./process.ts";
import { settingFaults } from "./setting-faults.ts";
import { PATHS, tokenPage, wireUser } from "./wire.ts";

const A = "sk-ant-api01-first";
const B = "sk-ant-api01-second";

/** Longer than the pause between two looks at a file. */
const LOOK_MS = 1_001;

/** Final days, which are kept for good. */
const USERS = `{ users(range: { between: { from: "2026-09-01", until: "2026-09-08" } }) { nodes { userId } } }`;

/** A key in a file, and a gateway that reads it from there. */
function rotating(options: GatewayOptions = {}, first = A) {
  const file = join(mkdtempSync(join(tmpdir(), "keys-")), "key");
  writeFileSync(file, `${first}\n`);
  let elapsed = 0;
  const keys: (string | undefined)[] = [];
  const people: Route = (_query, { headers }) => {
    const key = headers["x-api-key"];
    keys.push(key);
    return key === "sk-ant-api01-revoked"
      ? refusal(401, "authentication_error", "revoked")
      : json(tokenPage([wireUser(`user_${key?.slice(-6)}`)]));
  };
  const { ask, at, config, faults, filesRead, requestsOf, seen } = gateway({
    routes: { [PATHS.users]: people },
    pace: { now: () => elapsed, sleep: async () => {} },
    ...options,
    settings: { ANTHROPIC_ANALYTICS_KEY: undefined, ANTHROPIC_ANALYTICS_KEY_FILE: file, ...options.settings },
  });
  const look = () => {
    elapsed += LOOK_MS;
    return ask("{ __typename }");
  };
  return {
    ...{ ask, at, config, faults, filesRead, requestsOf, seen, keys },
    /** Writes the file, and lets the gateway find it complete. */
    async rotate(text: string) {
      writeFileSync(file, text);
      await look();
      await look();
    },
    users: async () => (await ask(USERS)).data?.users?.nodes.map((node: { userId: string }) => node.userId),
  };
}

describe("a key that is replaced in its file", () => {
  test("is used for the next request, and answers of the one before are not served again", async () => {
    const { users, rotate, keys } = rotating();
    expect(await users()).toEqual(["user_-first"]);
    expect(await users()).toEqual(["user_-first"]);
    expect(keys).toEqual([A]);
    await rotate(B);
    expect(await users()).toEqual(["user_second"]);
    expect(keys).toEqual([A, B]);
    await rotate(A);
    expect(await users()).toEqual(["user_-first"]);
    expect(keys).toEqual([A, B]); // its final pages are still stored
  });

  test("is reported once, by its organization and its fingerprint, as changed files of other kinds are by theirs", async () => {
    const { rotate, config, filesRead, users } = rotating();
    await users();
    await rotate(A); // written again
    await rotate("");
    expect(filesRead).toEqual([]);
    const [fingerprint, before] = [B, A].map((key) => new Credential(key).fingerprint);
    await rotate(B);
    await rotate(` ${B}\n`);
    expect(filesRead).toEqual([{ holds: "key", organization: "enterprise", key: fingerprint }]);
    await rotate(A);
    expect(filesRead.slice(1)).toEqual([{ holds: "key", organization: "enterprise", key: before }]);

    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const log = loggersOf(config, () => Date.parse(NOW));
    for (const about of filesRead) log.onFileRead(about);
    log.onFileRead({ holds: "budgets" });
    log.onFileRead({ holds: "seat prices" });
    const lines = written.mock.calls.map(([line]) => String(line));
    written.mockRestore();
    await log.auditLog.close();
    const line = { level: "info", time: "2026-11-22T12:00:00.000Z" };
    const ofKey = { ...line, organization: "enterprise", msg: "a changed file is in force: key" };
    expect(lines.map((each) => JSON.parse(each))).toEqual([
      { ...ofKey, key: fingerprint },
      { ...ofKey, key: before },
      { ...line, msg: "a changed file is in force: budgets" },
      { ...line, msg: "a changed file is in force: seat prices" },
    ]);
    expect(lines.join("")).not.toMatch(/sk-ant|first|second/);
  });

  test("ends what was learned of a revoked one", async () => {
    const { ask, users, rotate } = rotating({}, "sk-ant-api01-revoked");
    expect((await ask(USERS)).errors?.[0]?.extensions).toMatchObject({ reason: "KEY_REFUSED" });
    await rotate(B);
    expect(await users()).toEqual(["user_second"]);
  });

  test("is not used again for a file that was written with the same key", async () => {
    const { users, rotate, keys, requestsOf } = rotating();
    await users();
    await rotate(` ${A}\r\n`);
    const [, requests] = await requestsOf(users);
    expect(requests).toEqual([]);
    expect(keys).toEqual([A]);
  });

  test.each([
    ["empty", "", "is empty"],
    ["a key in quotation marks", `"${B}"`, "quotation marks"],
    ["two keys", `${A}\n${B}\n`, "several lines"],
    ["an Admin key", "sk-ant-admin01-canary", "set it there"],
  ])("stays in use while the file holds %s, which is reported once", async (_what, text, fault) => {
    const metrics = new Metrics("0");
    const { users, rotate, faults, keys, at } = rotating({ metrics });
    await users();
    await rotate(text);
    await rotate(text);
    at("2026-11-23T12:00:00Z");
    expect(await users()).toEqual(["user_-first"]);
    expect(new Set(keys)).toEqual(new Set([A]));
    expect(faults).toHaveLength(1);
    expect(String(faults[0])).toContain(fault);
    expect(String(faults[0])).toContain("The keys read before stay in use.");
    expect(String(faults[0])).not.toMatch(/canary|first|second/);
    expect(await metrics.text()).toContain('claude_gateway_faults_total{dependency="file"} 1');
    await rotate(B);
    expect(await users()).toEqual(["user_second"]);
  });

  test("reads nothing where it belongs to the other kind of organization", async () => {
    const { ask, rotate, seen } = rotating({ sandbox: { users: 20 }, proof: true }, "sk-ant-enterprise-one");
    const COST = `{ cost(range: { period: YESTERDAY }, source: UNIFIED, bucket: DAY) { totalCount } }`;
    const before = await ask(COST);
    expect(before.errors).toBeUndefined();
    await rotate("sk-ant-console-other");
    seen.splice(0);
    const { data, errors } = await ask(COST);
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_AUTH", reason: "WRONG_ORGANIZATION" });
    expect(seen.filter(({ pathname }) => pathname.includes("cost"))).toEqual([]);
  });

  test("never crosses between replicas, of which one has read the new key and one has not", async () => {
    const store: SharedStore = memorySharedStore(2 ** 20, () => Date.parse(NOW));
    const [one, other] = [rotating({ store }), rotating({ store })];
    expect(await one.users()).toEqual(["user_-first"]);
    await one.rotate(B);
    expect(await one.users()).toEqual(["user_second"]);
    expect(await other.users()).toEqual(["user_-first"]);
    expect(other.keys).toEqual([]); // the first replica had stored it
    await other.rotate(B);
    expect(await other.users()).toEqual(["user_second"]);
    expect(other.keys).toEqual([]);
  });
});

describe("secrets in files", () => {
  const fileWith = (text: string) => {
    const path = join(mkdtempSync(join(tmpdir(), "keys-")), "secret");
    writeFileSync(path, text);
    return path;
  };
  const SIGN_IN = {
    AUTH: "jwt",
    JWT_JWKS_URL: "https://idp.example.com/keys",
    JWT_ISSUER: "https://idp.example.com",
    JWT_AUDIENCE: "analytics",
    OIDC_CLIENT_ID: "pages",
    PUBLIC_URL: "https://analytics.example.com",
    ANTHROPIC_ANALYTICS_KEY: A,
    CACHE_URL: "redis://127.0.0.1:1",
  };
  const [first, second] = [
    "the first secret of thirty-two characters",
    "the second secret of 32 characters, no",
  ];
  const KEYS = `${first},${second?.replaceAll(",", "")}\n`;

  test("are those of the variables", () => {
    const { access, links } = readConfig({
      ...SIGN_IN,
      SESSION_KEYS_FILE: fileWith(KEYS),
      LINK_KEYS_FILE: fileWith(KEYS),
      OIDC_CLIENT_SECRET_FILE: fileWith("canary\n"),
      PSEUDONYM_KEY_FILE: fileWith(first ?? ""),
    });
    const keys = KEYS.trim().split(",");
    expect(links?.keys).toEqual(keys);
    expect(access).toMatchObject({
      pseudonymKey: first,
      auth: { signIn: { sessionKeys: keys, clientSecret: "canary" } },
    });
  });

  test("are refused beside the variable, without a file, empty, and as the variable would be", () => {
    expect(
      settingFaults({
        ...SIGN_IN,
        SESSION_KEYS: first,
        SESSION_KEYS_FILE: fileWith(KEYS),
        LINK_KEYS_FILE: fileWith("canary"),
        OIDC_CLIENT_SECRET_FILE: "/nowhere",
        PSEUDONYM_KEY_FILE: fileWith(" "),
      }).toSorted(),
    ).toEqual([
      "LINK_KEYS_FILE: the secret in the file is not a key of 32 characters or more, or two of them with a comma between.",
      "OIDC_CLIENT_SECRET_FILE: the file cannot be read (ENOENT).",
      "PSEUDONYM_KEY_FILE: the file is empty.",
      "SESSION_KEYS and SESSION_KEYS_FILE are both set; unset one of them.",
    ]);
  });
});

const FILES = [
  "ANTHROPIC_ANALYTICS_KEY_FILE",
  "ANTHROPIC_ADMIN_KEY_FILE",
  "ANTHROPIC_ADMIN_TOKEN_FILE",
  "LINK_KEYS_FILE",
  "SESSION_KEYS_FILE",
  "OIDC_CLIENT_SECRET_FILE",
  "PSEUDONYM_KEY_FILE",
] as const;

describe.each(FILES)("the secret in the file of %s", (name) => {
  const SECRET = `${"canary-".repeat(5)}x`;
  const settings = (content: string | Uint8Array | null): Environment => {
    const path = join(mkdtempSync(join(tmpdir(), "secret-")), "secret");
    if (content !== null) writeFileSync(path, content);
    return {
      AUTH: "jwt",
      JWT_JWKS_URL: "https://idp.example.com/keys",
      JWT_ISSUER: "https://idp.example.com",
      JWT_AUDIENCE: "analytics",
      OIDC_CLIENT_ID: "analytics",
      PUBLIC_URL: "https://analytics.example.com",
      SESSION_KEYS: name === "SESSION_KEYS_FILE" ? "" : SECRET,
      CACHE_URL: "redis://127.0.0.1:1",
      LINK_KEYS: name === "LINK_KEYS_FILE" ? "" : SECRET,
      LINK_MAX_DAYS: "3",
      [name]: path,
    };
  };

  test.each([
    ["", "the file is empty."],
    [" \r\n\t", "the file is empty."],
    [`${SECRET}\n${SECRET}\n`, "the file has several lines, and a secret is one line."],
    [null, "the file cannot be read (ENOENT)."],
    [Buffer.from([0x63, 0xff, 0x64]), expect.stringContaining("the file is not UTF-8")],
  ])("as %j is one fault, which names the setting", (content, fault) => {
    const faults = settingFaults(settings(content));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.startsWith(`${name}: `)).toBe(true);
    expect(faults[0]?.slice(name.length + 2)).toEqual(fault);
  });

  test("is taken without a byte order mark, blanks and the end of its line", () => {
    for (const content of [` ${SECRET} \r\n`, `\ufeff${SECRET}\n\n`, `\n${SECRET}`])
      expect(settingFaults(settings(content)), JSON.stringify(content)).toEqual([]);
  });
});

test.each(["LINK_KEYS", "SESSION_KEYS", "PSEUDONYM_KEY"])(
  "a secret of %s_FILE that is too short names the file",
  (name) => {
    const path = join(mkdtempSync(join(tmpdir(), "secret-")), "secret");
    writeFileSync(path, "canary");
    const faults = settingFaults({ AUTH: "jwt", OIDC_CLIENT_ID: "analytics", [`${name}_FILE`]: path });
    expect(faults.filter((each) => each.includes("32 characters"))).toEqual([
      expect.stringMatching(`^${name}_FILE: the secret in the file is not `),
    ]);
    expect(faults.join()).not.toContain("canary");
  },
);

test("keys in files that belong elsewhere are faults of their files", () => {
  const path = join(mkdtempSync(join(tmpdir(), "secret-")), "secret");
  writeFileSync(path, "sk-ant-admin01-canary");
  expect(settingFaults({ ANTHROPIC_ANALYTICS_KEY_FILE: path })).toEqual([
    "ANTHROPIC_ANALYTICS_KEY_FILE: the secret in the file begins with sk-ant-admin01-, as keys of ANTHROPIC_ADMIN_KEY do; set it there.",
  ]);
  writeFileSync(path, "'sk-ant-admin01-canary'");
  expect(settingFaults({ ANTHROPIC_ADMIN_KEY_FILE: path })).toEqual([
    "ANTHROPIC_ADMIN_KEY_FILE: the secret in the file is in quotation marks; set the key without them.",
  ]);
});

describe("settings of key files", () => {
  const file = join(mkdtempSync(join(tmpdir(), "keys-")), "key");
  writeFileSync(file, A);

  test("stand for a key, so that the sandbox does not answer", () => {
    const { sandbox, tenants } = readConfig({ ANTHROPIC_ANALYTICS_KEY_FILE: file });
    expect(sandbox).toBeNull();
    expect(tenants[0]?.credentials.analytics?.headers()).toEqual({ "x-api-key": A });
    expect(JSON.stringify(tenants)).not.toContain(A);
  });

  test("are refused beside the variable, without a file, and for two of one organization", () => {
    expect(settingFaults({ ANTHROPIC_ANALYTICS_KEY: B, ANTHROPIC_ANALYTICS_KEY_FILE: file })).toEqual([
      "ANTHROPIC_ANALYTICS_KEY and ANTHROPIC_ANALYTICS_KEY_FILE are both set; unset one of them.",
    ]);
    expect(settingFaults({ ANTHROPIC_ADMIN_KEY_FILE: "/dev/zero" })).toEqual([
      "ANTHROPIC_ADMIN_KEY_FILE: the file is not a regular file.",
    ]);
    expect(settingFaults({ ANTHROPIC_ADMIN_KEY_FILE: "/no/such/key" })[0]).toMatch(
      /^ANTHROPIC_ADMIN_KEY_FILE: .*ENOENT/,
    );
    expect(settingFaults({ ANTHROPIC_ADMIN_KEY: B, ANTHROPIC_ADMIN_TOKEN_FILE: file })).toEqual([
      "ANTHROPIC_ADMIN_KEY and ANTHROPIC_ADMIN_TOKEN are both set; unset one of them.",
    ]);
  });
});

describe("a whole gateway", { tags: "deep" }, () => {
  afterEach(endAll);

  test.each(["1", "2"])(
    "of %s processes uses a key that was replaced, without a restart",
    async (workers) => {
      const file = join(mkdtempSync(join(tmpdir(), "keys-")), "key");
      writeFileSync(file, "sk-ant-api01-canary-revoked");
      const { url, gateway: served } = await serve({
        settings: { ANTHROPIC_ANALYTICS_KEY: "", ANTHROPIC_ANALYTICS_KEY_FILE: file, WORKERS: workers },
      });
      const refused = (await ask(
        url,
        "{ users(range: { last: { days: 3 } }, first: 1) { nodes { userId } } }",
      )) as {
        readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
      };
      expect(refused.errors?.[0]?.extensions.code).toBe("UPSTREAM_AUTH");
      writeFileSync(file, "sk-ant-api01-canary");
      // Each process looks for itself, and only requests look.
      for (let answered = 0; answered < 8; ) {
        const { data } = await ask(
          url,
          "{ users(range: { last: { days: 3 } }, first: 1) { nodes { userId } } }",
        );
        answered = data?.users ? answered + 1 : 0;
      }
      const lines = served.output().match(/a changed file is in force: key/g) ?? [];
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(Number(workers));
      expect(served.output()).not.toContain("canary");
    },
  );
});
