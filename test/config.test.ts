import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type Config, readConfig } from "../src/config.ts";
import { type Environment, SETTINGS } from "../src/settings/settings.ts";
import type { Credentials } from "../src/upstream/access/credential.ts";
import { settingFaults } from "./setting-faults.ts";

const ANALYTICS = "sk-ant-api01-secret-of-the-enterprise";
const ADMIN = "sk-ant-admin01-secret-of-the-console";
const KEYS = { ANTHROPIC_ANALYTICS_KEY: ANALYTICS, ANTHROPIC_ADMIN_KEY: ADMIN };

const MiB = 2 ** 20;

describe("PUBLIC_MAX_AGE", () => {
  test("is refused where callers authenticate, and where no answers are kept", () => {
    const shared = { PUBLIC_MAX_AGE: "60" };
    expect(settingFaults(shared)).toEqual([]);
    for (const environment of [
      { ...shared, AUTH: "tokens", TOKENS_FILE: "x" },
      { ...shared, AUTH: "jwt", JWT_JWKS_URL: "https://a.example/k", JWT_ISSUER: "a", JWT_AUDIENCE: "b" },
      { ...shared, RESPONSE_CACHE: "off" },
    ])
      expect(settingFaults(environment)).toEqual([
        expect.stringMatching(/^PUBLIC_MAX_AGE is set, and .*; .*unset/),
      ]);
  });
});

describe("an empty environment", () => {
  test("goes by loopback names alone where it has keys and does not authenticate callers", () => {
    const keys = { ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-x" };
    expect(readConfig(keys).server.allowedHosts).toEqual(["localhost"]);
    expect(readConfig({ ...keys, AUTH: "tokens", TOKENS_FILE: "x" }).server.allowedHosts).toBe("*");
    expect(readConfig({ ...keys, ALLOWED_HOSTS: "A.example, b" }).server.allowedHosts).toEqual([
      "a.example",
      "b",
    ]);
    for (const wrong of ["https://a.example", "a.example:80", "a,,b", "*,a"])
      expect(() => readConfig({ ALLOWED_HOSTS: wrong }), wrong).toThrow("ALLOWED_HOSTS");
  });

  test("serves the sandbox on loopback, with every default", () => {
    const { upstream, tenants, ...rest } = readConfig({});
    const { baseUrl, ...others } = upstream;
    const [tenant, ...more] = tenants;
    expect(more).toEqual([]);
    expect(others).toEqual({
      proxies: { https: null, http: null, direct: [] },
      timeoutMs: 10_000,
      requestsPerMinute: { analytics: 60, lookups: 100, spendLimits: 60 },
    });
    expect(rest).toEqual({
      server: {
        host: "127.0.0.1",
        port: 4_000,
        drainDelayMs: 0,
        workers: 1,
        publicUrl: null,
        allowedHosts: "*",
        allowedOrigins: [],
        allowedHeaders: [],
      },
      access: {
        auth: { kind: "none" },
        identity: { byRole: {}, minPeople: 5 },
        pseudonymKey: null,
        introspection: true,
        federation: false,
        playground: true,
        documents: { trustedOnly: false, path: "", registeredBytes: 8 * MiB },
      },
      budgets: null,
      seatPrices: null,
      agents: { isOn: true, answerBytes: 48 * 1_024 },
      cache: {
        memoryBytes: 256 * MiB,
        answerBytes: 64 * MiB,
        publicSeconds: null,
        store: null,
        freshSeconds: undefined,
      },
      limits: {
        request: {
          MAX_HEADER_BYTES: 32_768,
          MAX_BODY_BYTES: 102_400,
          MAX_DOCUMENT_BYTES: 20_480,
          MAX_TOKENS: 2_000,
          MAX_OPERATIONS: 10,
          MAX_FRAGMENTS: 50,
          MAX_DEPTH: 12,
          MAX_INTROSPECTION_DEPTH: 15,
          MAX_ALIASES: 30,
          MAX_DIRECTIVES: 30,
          MAX_BREADTH: 200,
          MAX_FIELDS: 1_000,
          MAX_LIST_LENGTH: 1_000,
          MAX_INPUT_DEPTH: 20,
          MAX_ROWS: 20_000,
        },
        caller: { operations: null, requests: null },
        operationTimeoutMs: 30_000,
        maxUpstreamRequests: 60,
        maxFirst: 1_000,
        maxConcurrent: 1_000,
      },
      links: null,
      logs: { level: "info", audit: null },
      metrics: null,
      tracing: null,
      objectStore: { accessKey: null, region: "us-east-1", endpoint: null },
      sandbox: { users: 250, seed: 1, organizations: "one", rateLimit: true },
      clock: null,
      notes: [],
    });
    expect(baseUrl.href).toBe("https://api.anthropic.com/");
    expect(tenant).toMatchObject({
      name: null,
      organizations: [{ name: "enterprise" }, { name: "console" }],
      directory: {
        files: { teams: "", aliases: "" },
        orgDirectory: { aliases: new Map(), teams: null },
      },
    });
    expect(tenant?.credentials.analytics).not.toBeNull();
    expect(tenant?.credentials.admin).not.toBeNull();
  });

  test.each(SETTINGS.map(({ name }) => name))("is the same as one with %s blank", (name) => {
    for (const blank of ["", "  "])
      expect(inspect(readConfig({ [name]: blank }))).toBe(inspect(readConfig({})));
  });

  test.each(SETTINGS.filter(({ name }) => name !== "ANTHROPIC_BASE_URL"))(
    "is the same as one with $name at its stated default",
    (each) => expect(inspect(readConfig({ [each.name]: each.default }))).toBe(inspect(readConfig({}))),
  );
});

test("without introspection, or any document, there is no workbench, which could say nothing", () => {
  expect(readConfig({ INTROSPECTION: "off" })).toMatchObject({
    access: { introspection: false, playground: false },
  });
  expect(readConfig({ INTROSPECTION: "off", PLAYGROUND: "on" }).access.playground).toBe(false);
  expect(readConfig({ DOCUMENTS: "trusted", PLAYGROUND: "on" }).access.playground).toBe(false);
});

test("settings cannot be changed once read", () => {
  const config = readConfig({});
  for (const each of [config, ...Object.values(config)])
    if (each !== config.notes) expect(Object.isFrozen(each)).toBe(true);
});

test("in production answers outlive the process by default", () => {
  const production = { NODE_ENV: "production" };
  expect(readConfig({}).cache.store).toBeNull();
  expect(readConfig(production).cache.store).toMatchObject({ kind: "sqlite", path: "./cache.db" });
  expect(readConfig({ ...production, CACHE_URL: "memory:" }).cache.store).toBeNull();
});

/** The keys of a gateway without a file of organizations. */
function credentialsOf({ tenants }: Config): Credentials {
  return tenants[0]?.credentials as Credentials;
}

describe("keys", () => {
  test("end the sandbox, one or both", () => {
    for (const [name, key] of Object.entries(KEYS)) expect(readConfig({ [name]: key }).sandbox).toBeNull();
    expect(readConfig(KEYS).sandbox).toBeNull();
  });

  test("that are not set leave their organization out", () => {
    const credentials = credentialsOf(readConfig({ ANTHROPIC_ADMIN_KEY: ADMIN }));
    expect(credentials.analytics).toBeNull();
    expect(credentials.admin?.headers()).toEqual({ "x-api-key": ADMIN });
  });

  test("are sent without the space around them", () => {
    expect(credentialsOf(readConfig({ ANTHROPIC_ADMIN_KEY: ` ${ADMIN}\n` })).admin?.headers()).toEqual({
      "x-api-key": ADMIN,
    });
  });

  test("give way to an OAuth token, which is sent as a bearer token alone", () => {
    const credentials = credentialsOf(readConfig({ ANTHROPIC_ADMIN_TOKEN: "oauth-token" }));
    expect(credentials.admin?.headers()).toEqual({ authorization: "Bearer oauth-token" });
    expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain("oauth-token");
  });

  test("are refused beside an OAuth token for the same organization", () => {
    expect(settingFaults({ ANTHROPIC_ADMIN_KEY: ADMIN, ANTHROPIC_ADMIN_TOKEN: "oauth-token" })).toEqual([
      "ANTHROPIC_ADMIN_KEY and ANTHROPIC_ADMIN_TOKEN are both set; unset one of them.",
    ]);
    expect(settingFaults({ ANTHROPIC_ADMIN_TOKEN: "Bearer oauth-token" })).toEqual([
      "ANTHROPIC_ADMIN_TOKEN has characters that are not valid in a key.",
    ]);
  });

  test.each(["sk-ant api01", "sk-ant-ключ", "sk-ant-\u0000", "sk-ant\nx-other: 1"])(
    "of characters that no header takes are refused: %j",
    (key) =>
      expect(settingFaults({ ANTHROPIC_ADMIN_KEY: key })).toEqual([
        "ANTHROPIC_ADMIN_KEY has characters that are not valid in a key.",
      ]),
  );

  test.each([
    ["JSON", (config: Config) => JSON.stringify(config)],
    ["JSON of the credentials", (config: Config) => JSON.stringify(credentialsOf(config))],
    ["inspection", (config: Config) => inspect(config, { depth: 9, showHidden: true })],
    [
      "inspection past custom ones",
      (config: Config) => inspect(config, { depth: 9, showHidden: true, customInspect: false }),
    ],
    [
      "text",
      (config: Config) => `${config} ${credentialsOf(config).analytics} ${credentialsOf(config).admin}`,
    ],
    [
      "the names and values of its fields",
      (config: Config) =>
        Object.values(credentialsOf(config))
          .flatMap((key) => Object.entries(key ?? {}))
          .join(),
    ],
    ["a copy", (config: Config) => inspect({ ...config, credentials: { ...credentialsOf(config).admin } })],
  ])("are not shown by %s of the settings", (_by, show) => {
    expect(show(readConfig(KEYS))).not.toMatch(/secret/);
  });

  test.each(SETTINGS.map(({ name }) => name))("put into %s by mistake are not shown by its fault", (name) => {
    expect(settingFaults({ ...KEYS, [name]: `${ANALYTICS} ${ADMIN}` }).join()).not.toMatch(/secret/);
  });

  test("are not shown by a fault elsewhere", () => {
    const seen = settingFaults({ ...KEYS, PORT: "x", ANTHROPIC_BASE_URL: `https://${ADMIN}@upstream.test` });
    expect(seen).toHaveLength(2);
    expect(seen.join()).not.toMatch(/secret/);
  });
});

test("a store never takes figures of one simulated organization for those of another", () => {
  const keys = [
    {},
    { SANDBOX_SEED: "2" },
    { SANDBOX_SEED: String(2 ** 31) },
    { SANDBOX_USERS: "300" },
    { SANDBOX_ORGANIZATIONS: "three" },
    { SANDBOX_ORGANIZATIONS: "three", SANDBOX_USERS: "300" },
    { SANDBOX_ORGANIZATIONS: "parent" },
  ].flatMap((environment) =>
    readConfig(environment).tenants.flatMap(({ credentials: { analytics, admin } }) =>
      [analytics, admin].flatMap((key) => key?.fingerprint ?? []),
    ),
  );
  expect(keys).toHaveLength(4 * 2 + 2 * 3 + 4);
  expect(new Set(keys).size).toBe(keys.length);
});

test("all faults are reported at once, in a line each", () => {
  const broken: Environment = {
    PORT: "http",
    CLOCK: "noon",
    SANDBOX_USERS: "7",
    SANDBOX_SEED: "-1",
    SANDBOX_RATE_LIMIT: "yes",
    CACHE_MEMORY_BYTES: "lots",
    FRESH_TTL: "soon",
    OPERATION_TIMEOUT: "0",
    UPSTREAM_TIMEOUT: "1.5",
    MAX_UPSTREAM_REQUESTS: "0",
    MAX_FIRST: "0",
    INTROSPECTION: "some",
    LOG_LEVEL: "loud",
    AUDIT_LOG: "on",
    PLAYGROUND: "maybe",
    ANTHROPIC_BASE_URL: "ftp://upstream.test",
  };
  const found = settingFaults(broken);
  for (const name of Object.keys(broken))
    expect(found.filter((line) => line.startsWith(name))).not.toEqual([]);
  expect(() => readConfig(broken)).toThrow(found.join("\n"));
});

describe("HOST", () => {
  test.each(["127.0.0.1", "127.8.8.8", "localhost", "::1"])("may be %s with keys", (host) =>
    expect(readConfig({ ...KEYS, HOST: host }).server.host).toBe(host),
  );

  test.each([
    "0.0.0.0",
    "::",
    "192.168.1.7",
    "gateway.example",
    "127.0.0.1.example",
    "localhost.example",
    "128.0.0.1",
    "not-localhost",
    "10.127.0.0.1",
    "2001:db8::1",
  ])("may not be %s with a key", (host) => {
    for (const [name, key] of Object.entries(KEYS))
      expect(settingFaults({ [name]: key, HOST: host })).toEqual([expect.stringContaining("loopback")]);
  });

  test("may be any without keys, since the sandbox has nothing to hide", () => {
    expect(readConfig({ HOST: "0.0.0.0" }).server.host).toBe("0.0.0.0");
  });
});

describe("ANTHROPIC_BASE_URL", () => {
  test.each(["https://upstream.test", "http://127.0.0.1:4100", "https://proxy.test/anthropic"])(
    "may be %s",
    (url) =>
      expect(readConfig({ ...KEYS, ANTHROPIC_BASE_URL: url }).upstream.baseUrl.href).toBe(new URL(url).href),
  );

  test.each([
    "upstream.test",
    "//upstream.test",
    "ftp://upstream.test",
    "file:///etc/hosts",
    "javascript:0",
    "https://user@upstream.test",
    "https://user:word@upstream.test",
    "https://upstream.test/?key=1",
    "https://upstream.test/#there",
    "https://",
    "http://169.254.169.254",
    "http://0xa9fea9fe/latest",
    "http://2852039166",
    "http://[::ffff:169.254.169.254]",
    "http://[fe80::1]",
  ])("may not be %s", (url) =>
    expect(settingFaults({ ...KEYS, ANTHROPIC_BASE_URL: url })).toEqual([
      "ANTHROPIC_BASE_URL is not an http or https URL without credentials, query or fragment, and not of a link-local address.",
    ]),
  );

  test("without a key would be passed over for the sandbox, so it is a fault", () => {
    expect(settingFaults({ ANTHROPIC_BASE_URL: "https://upstream.test" })).toEqual([
      expect.stringContaining("ANTHROPIC_BASE_URL is set without a key"),
    ]);
  });
});

describe("CLOCK", () => {
  test.each([
    ["2026-11-22T12:00:00Z", Date.UTC(2026, 10, 22, 12)],
    ["2026-11-22T12:00Z", Date.UTC(2026, 10, 22, 12)],
    ["2026-11-22T12:00:00+02:00", Date.UTC(2026, 10, 22, 10)],
  ])("may be %s", (text, instant) => expect(readConfig({ CLOCK: text }).clock).toBe(instant));

  test.each([
    "2026-11-22T12:00:00",
    "2026-11-22",
    "noon",
    "2026-02-30T12:00:00Z",
    "2026-11-22T25:00:00Z",
    "1795348800000",
  ])("may not be %s", (text) =>
    expect(settingFaults({ CLOCK: text })).toEqual(["CLOCK is not an instant such as 2026-11-22T12:00:00Z."]),
  );
});

describe("IDENTITY", () => {
  test("is by role, or one for all of them", () => {
    expect(readConfig({ IDENTITY: "analyst:none, primary-owner:full" }).access.identity.byRole).toEqual({
      ANALYST: "none",
      PRIMARY_OWNER: "full",
    });
    expect(new Set(Object.values(readConfig({ IDENTITY: "none" }).access.identity.byRole))).toEqual(
      new Set(["none"]),
    );
  });

  test.each([
    "psuedonym",
    "analyst:full",
    "boss:none",
    "analyst",
    "analyst:none:full",
    "analyst:none,",
    "analyst:none,ANALYST:pseudonym",
  ])("may not be %s", (text) =>
    expect(settingFaults({ IDENTITY: text })).toEqual([
      expect.stringMatching(/^IDENTITY is not full, pseudonym/),
    ]),
  );
});

describe("CACHE_MEMORY_BYTES", () => {
  test.each([
    ["1", 1],
    ["1048576", MiB],
    ["64KiB", MiB / 16],
    ["64MiB", 64 * MiB],
    ["2GiB", 2_048 * MiB],
  ])("may be %s", (text, bytes) =>
    expect(readConfig({ CACHE_MEMORY_BYTES: text }).cache.memoryBytes).toBe(bytes),
  );

  test.each(["0", "0MiB", "-1", "64MB", "64M", "64 MiB", "64mib", "1.5GiB", "MiB", "1e9", "Infinity"])(
    "may not be %s",
    (text) =>
      expect(settingFaults({ CACHE_MEMORY_BYTES: text })).toEqual([
        "CACHE_MEMORY_BYTES is not a size such as 256MiB.",
      ]),
  );
});

describe("FRESH_TTL", () => {
  test("of 0 always asks, which is not the same as not saying", () => {
    expect(readConfig({ FRESH_TTL: "0" }).cache.freshSeconds).toBe(0);
    expect(readConfig({}).cache.freshSeconds).toBeUndefined();
  });
});

describe.each([
  ["PORT", 0, 65_535],
  ["SANDBOX_USERS", 20, 100_000],
  ["SANDBOX_SEED", 0, 2 ** 31],
  ["FRESH_TTL", 0, 86_400],
  ["OPERATION_TIMEOUT", 1, 600],
  ["UPSTREAM_TIMEOUT", 1, 600],
  ["MAX_UPSTREAM_REQUESTS", 1, 100_000],
  ["MAX_FIRST", 1, 100_000],
] as const)("%s", (name, least, most) => {
  test("may be anything within its bounds", () => {
    for (const value of [least, most]) expect(settingFaults({ [name]: String(value) })).toEqual([]);
  });

  test.each([least - 1, most + 1, "1.5", "1e1", "0x10", "+1", "ten", "１", "99999999999"])(
    "may not be %s",
    (value) =>
      expect(settingFaults({ [name]: String(value) })).toEqual([
        `${name} is not a whole number from ${least} to ${most}.`,
      ]),
  );
});

describe.each(["SANDBOX_RATE_LIMIT", "INTROSPECTION", "PLAYGROUND"] as const)("%s", (name) => {
  test("may be on or off", () => {
    for (const value of ["on", "off"]) expect(settingFaults({ [name]: value })).toEqual([]);
  });

  test.each(["ON", "true", "1", "no"])("may not be %s", (value) =>
    expect(settingFaults({ [name]: value })).toEqual([`${name} is not on or off.`]),
  );
});

describe("AUDIT_LOG", () => {
  const guarded: Environment = { AUTH: "tokens", TOKENS_FILE: "tokens.json" };

  test("is standard error where callers say who they are, and nothing where they do not", () => {
    expect(readConfig({}).logs.audit).toBeNull();
    expect(readConfig(guarded).logs.audit).toBe("stderr");
    expect(readConfig({ ...guarded, AUDIT_LOG: "off" }).logs.audit).toBeNull();
  });

  test.each([
    ["stdout", "stdout"],
    ["stderr", "stderr"],
    ["./audit.log", { path: "./audit.log" }],
    ["/var/log/audit.log", { path: "/var/log/audit.log" }],
  ])("may be %s", (text, audit) => expect(readConfig({ AUDIT_LOG: text }).logs.audit).toEqual(audit));

  test.each(["on", "true", "STDERR", "audit"])("may not be %s", (text) =>
    expect(settingFaults({ AUDIT_LOG: text })).toEqual([
      "AUDIT_LOG is not off, stderr, stdout or the path of a file, such as ./audit.log.",
    ]),
  );
});

test.each(["trace", "debug", "info", "warn", "error", "fatal", "silent"])("LOG_LEVEL may be %s", (level) =>
  expect(readConfig({ LOG_LEVEL: level }).logs.level).toBe(level),
);

describe("METRICS", () => {
  test.each([
    ["9464", { host: "127.0.0.1", port: 9_464 }],
    ["0.0.0.0:9464", { host: "0.0.0.0", port: 9_464 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::]:9464", { host: "::", port: 9_464 }],
    ["off", null],
  ])("%s is an address", (text, address) => expect(readConfig({ METRICS: text }).metrics).toEqual(address));

  test.each(["on", "example.com:9464", "::1:9464", "0.0.0.0", "65536", "1.2.3:80", "[127.0.0.1]:80"])(
    "%s is refused",
    (text) =>
      expect(settingFaults({ METRICS: text })).toEqual([
        expect.stringMatching(/^METRICS is not off, a port/),
      ]),
  );

  test("has a port apart from PORT", () => {
    expect(settingFaults({ METRICS: "4000" })).toEqual([
      "METRICS names the port of PORT; choose another one, such as 9464.",
    ]);
    expect(settingFaults({ METRICS: "0", PORT: "0" })).toEqual([]);
  });
});
