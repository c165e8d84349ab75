import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { examine } from "../src/cli/doctor/examine.ts";
import type { FindingCode } from "../src/cli/doctor/finding.ts";
import type { EndpointOptions } from "../src/sandbox/endpoints.ts";
import type { WireResponse } from "../src/sandbox/protocol.ts";
import { sandboxOver } from "../src/sandbox/sandbox.ts";
import type { Environment } from "../src/settings/settings.ts";
import { refusal } from "./gateway.ts";
import { failing, Issuer } from "./issuer.ts";
import { portOf, sandboxUrl } from "./listening.ts";
import { endAll, run } from "./process.ts";
import { ledgerOf, simulated } from "./simulated.ts";

const CLOCK = "2026-11-22T12:00:00Z";
const NOW = Date.parse(CLOCK);
const HOUR_MS = 3_600_000;

const temporaryFolder = () => mkdtempSync(join(tmpdir(), "doctor-"));

afterEach(endAll);

interface UpstreamOptions extends EndpointOptions {
  /** In place of the sandbox, for the paths that it answers with a response. */
  readonly fault?: (path: string) => WireResponse | undefined;
  /** The clock of upstream. */
  readonly date?: number;
}

/** The sandbox on a port, with every path that was requested. */
async function upstream({ fault, date = NOW, ...options }: UpstreamOptions = {}) {
  const paths: string[] = [];
  const sandbox = sandboxOver(ledgerOf(simulated({ seed: 1, users: 20 })), {
    ...options,
    now: () => NOW,
    rateLimit: "off",
  });
  const url = await sandboxUrl(async (request, signal) => {
    paths.push(request.path);
    const { headers, ...answer } = fault?.(request.path) ?? (await sandbox.handle(request, signal));
    return { ...answer, headers: { ...headers, date: new Date(date).toUTCString() } };
  });
  return { paths, port: Number(new URL(url).port), url };
}

const KEYS = {
  ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary",
  ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-canary",
};

/** Port that no server listens on. */
const CLOSED = "http://127.0.0.1:2";

async function doctor(settings: Environment, machineClock = () => NOW) {
  let most = -1;
  const examination = await examine(settings, {
    machineClock,
    onStart(requests) {
      most = requests;
    },
  });
  const { findings } = examination;
  const of = (code: FindingCode) => findings.filter((each) => each.code === code);
  const troubles = findings.filter(({ status }) => status === "problem" || status === "warning");
  return { ...examination, most, of, troubles, text: JSON.stringify(findings) };
}

const WITHOUT_AUTHENTICATION = { code: "NO_AUTHENTICATION", status: "warning" };

describe("doctor", () => {
  test("finds no problem where all is well, in as many requests as it has announced at the most", async () => {
    const { url, paths } = await upstream();
    const { troubles, findings, most, requests } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url });
    expect(troubles).toMatchObject([WITHOUT_AUTHENTICATION]);
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual([
      "settings ok",
      "store ok",
      "settings warning",
      "upstream ok",
      "clock ok",
      ...Array(6).fill("enterprise ok"),
      ...Array(2).fill("console ok"),
    ]);
    expect(requests).toBe(8);
    expect(paths).toHaveLength(8);
    expect(most).toBe(10);
  });

  test("lists the names with keys of one organization, and ids that are not those of their keys", async () => {
    const { url, paths } = await upstream();
    const file = join(temporaryFolder(), "organizations.json");
    const names = ["emea", "us"];
    const id = "00000000-0000-4000-8000-000000000000";
    const entries = names.map((name) => ({
      name,
      kind: "enterprise",
      keyVariable: `KEY_${name}`,
      ...(name === "us" ? { id } : {}),
    }));
    writeFileSync(file, JSON.stringify(entries));
    const keys = { KEY_emea: "sk-ant-api01-canary", KEY_us: "sk-ant-api01-other" };
    const settings = { ...keys, ORGANIZATIONS_FILE: file, ANTHROPIC_BASE_URL: url };
    const { of, most, requests } = await doctor(settings);
    expect(of("SAME_ORGANIZATION")).toMatchObject([
      {
        check: "enterprise",
        status: "problem",
        text: "The keys of `emea` and `us` belong to the same organization.",
      },
    ]);
    expect(of("WRONG_ID")).toMatchObject([
      { status: "problem", text: "The `id` of us in ORGANIZATIONS_FILE is not the one of its key." },
    ]);
    expect(requests).toBe(paths.length);
    expect(requests).toBeLessThanOrEqual(most);
  });

  test("warns that figures are simulated without a key, and makes no request", async () => {
    const { troubles, most } = await doctor({});
    expect(troubles).toMatchObject([
      { code: "NO_KEY", status: "warning", action: expect.stringContaining("set ANTHROPIC_ANALYTICS_KEY") },
    ]);
    expect(most).toBe(0);
  });

  test("names every invalid setting, and examines what does not depend on them", async () => {
    const { url, paths } = await upstream();
    const settings = { ...KEYS, ANTHROPIC_BASE_URL: url, PORT: "canary", AUTH: "canary" };
    const { troubles, findings, requests } = await doctor(settings);
    expect(troubles.map(({ code, text }) => [code, text])).toEqual([
      ["INVALID_SETTING", "AUTH is not none, tokens or jwt."],
      ["INVALID_SETTING", "PORT is not a whole number from 0 to 65535."],
    ]);
    expect(findings.filter(({ status }) => status === "skipped").map(({ text }) => text)).toEqual([
      "TOKENS_FILE and DOCUMENTS_FILE were not examined, since AUTH cannot be used.",
      "The issuer was not examined, since AUTH cannot be used.",
    ]);
    expect(requests).toBe(8);
    expect(paths).toHaveLength(8);
  });

  test("names each secret file that cannot be used, and asks what the other key opens", async () => {
    const { url } = await upstream();
    const empty = join(temporaryFolder(), "canary");
    writeFileSync(empty, "\n");
    const { troubles, findings } = await doctor({
      ANTHROPIC_ANALYTICS_KEY: KEYS.ANTHROPIC_ANALYTICS_KEY,
      ANTHROPIC_ADMIN_KEY_FILE: "/nowhere/canary",
      PSEUDONYM_KEY_FILE: empty,
      ANTHROPIC_BASE_URL: url,
    });
    expect(troubles.map(({ check, text }) => `${check} ${text}`)).toEqual([
      "files ANTHROPIC_ADMIN_KEY_FILE: the file cannot be read (ENOENT).",
      "files PSEUDONYM_KEY_FILE: the file is empty.",
      "settings AUTH is none: every program of this machine reads everything.",
    ]);
    const texts = (check: string) => findings.filter((each) => each.check === check).map(({ text }) => text);
    expect(texts("enterprise")).toHaveLength(6);
    expect(texts("console")).toEqual(["Its key cannot be used, so it was not asked what it opens."]);
    expect(JSON.stringify(findings)).not.toContain("canary");
  });

  test("sends no key to an upstream other than the one that is meant", async () => {
    const { findings, requests, most } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: "canary" });
    expect([requests, most]).toEqual([0, 0]);
    expect(findings.at(-1)?.text).toBe("Upstream was not examined, since ANTHROPIC_BASE_URL cannot be used.");
  });

  test("names an Admin key that is set as the Enterprise key by its prefix", async () => {
    const { troubles, requests } = await doctor({ ANTHROPIC_ANALYTICS_KEY: KEYS.ANTHROPIC_ADMIN_KEY });
    expect(requests).toBe(0);
    expect(troubles).toMatchObject([
      {
        code: "INVALID_SETTING",
        text: expect.stringMatching(/ANTHROPIC_ANALYTICS_KEY begins with .* set it there\.$/),
      },
      WITHOUT_AUTHENTICATION,
    ]);
  });

  test("finds swapped keys that their prefixes do not show", async () => {
    // The sandbox knows these prefixes as those of an Enterprise and of a Console organization.
    const { url } = await upstream();
    const { of } = await doctor({
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-console-canary",
      ANTHROPIC_ADMIN_KEY: "sk-ant-enterprise-canary",
      ANTHROPIC_BASE_URL: url,
    });
    expect(of("WRONG_ORGANIZATION")).toMatchObject([
      { check: "enterprise", action: expect.stringContaining("Set it as ANTHROPIC_ADMIN_KEY") },
      { check: "console", action: expect.stringContaining("Set it as ANTHROPIC_ANALYTICS_KEY") },
    ]);
  });

  test("names a revoked key in one line and asks nothing more with it", async () => {
    const { url, paths } = await upstream();
    const { troubles } = await doctor({
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary-revoked",
      ANTHROPIC_BASE_URL: url,
    });
    expect(troubles).toMatchObject([
      WITHOUT_AUTHENTICATION,
      { check: "enterprise", code: "KEY_REFUSED", action: expect.stringContaining("Create a key") },
    ]);
    expect(paths).toHaveLength(1);
  });

  test("names the scope that a key lacks, and what is closed without it", async () => {
    const { url } = await upstream();
    const key = "sk-ant-api01-canary+read:analytics,read:members,read:rbac_groups";
    const { troubles } = await doctor({ ANTHROPIC_ANALYTICS_KEY: key, ANTHROPIC_BASE_URL: url });
    expect(troubles).toMatchObject([
      WITHOUT_AUTHENTICATION,
      {
        code: "MISSING_SCOPE",
        text: expect.stringMatching(
          /^Spend limits .*: closed, since the key lacks the scope read:spend_limits/,
        ),
        action: expect.stringContaining("Create a key with that scope"),
      },
    ]);
  });

  test("says which reports a key opens that may not read activity", async () => {
    const { url } = await upstream();
    const { troubles, findings } = await doctor({
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary+read:members",
      ANTHROPIC_BASE_URL: url,
    });
    expect(troubles.every(({ code }) => code === "MISSING_SCOPE" || code === "NO_AUTHENTICATION")).toBe(true);
    expect(findings).toContainEqual(
      expect.objectContaining({ text: "Names of members of the Enterprise organization: open." }),
    );
  });

  test.each<[string, EndpointOptions, FindingCode]>([
    ["that is not enrolled in the newer reports", { unified: "off" }, "NOT_ENROLLED"],
    ["with HIPAA readiness", { hipaa: ["enterprise", "console"] }, "HIPAA_READINESS"],
  ])("says for an organization %s that the older reports answer", async (_organization, options, code) => {
    const { url } = await upstream(options);
    const { troubles } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url });
    expect(troubles).toMatchObject([
      WITHOUT_AUTHENTICATION,
      { check: "enterprise", code, status: "warning", action: expect.stringContaining("older reports") },
      { check: "console", code, status: "warning", action: expect.stringContaining("older reports") },
    ]);
  });

  test("says that usage credits are off", async () => {
    const { url } = await upstream({ spend: { currency: "USD", readings: "on", credits: "off" } });
    const { of } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url });
    expect(of("NO_USAGE_CREDITS")).toMatchObject([{ status: "warning" }]);
  });

  test.each([
    ["behind", -HOUR_MS],
    ["ahead of", HOUR_MS],
  ])("finds a clock that is an hour %s upstream's", async (direction, offMs) => {
    const { url } = await upstream();
    const { of } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url }, () => NOW + offMs);
    expect(of("CLOCK_OFF")).toMatchObject([
      {
        status: "problem",
        text: expect.stringContaining(`is 60 minutes ${direction} upstream's`),
        action: "Synchronize the clock (NTP).",
      },
    ]);
  });

  test("says that time is simulated where CLOCK is set", async () => {
    const { url } = await upstream();
    const { of } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url, CLOCK });
    expect(of("SIMULATED_CLOCK")).toMatchObject([{ status: "warning" }]);
  });

  test("names a Redis that is away, and examines the rest", async () => {
    const { url } = await upstream();
    const { troubles, requests } = await doctor({
      ...KEYS,
      ANTHROPIC_BASE_URL: url,
      CACHE_URL: "redis://canary:canary@127.0.0.1:9",
    });
    expect(troubles).toMatchObject([
      {
        check: "store",
        code: "STORE_AWAY",
        text: expect.stringMatching(
          /^The store cannot be used: no server listens there; .* \(ECONNREFUSED\)\.$/,
        ),
        action: expect.stringContaining("Start the server that CACHE_URL names"),
      },
      WITHOUT_AUTHENTICATION,
    ]);
    expect(requests).toBe(8);
  });

  test("names a store that the gateway refuses at its start", async () => {
    const path = `${temporaryFolder()}/canary.db`;
    writeFileSync(path, "a file of another program, which is not a database at all");
    const { url } = await upstream();
    const { of } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url, CACHE_URL: `sqlite:${path}` });
    expect(of("STORE_UNUSABLE")).toMatchObject([
      {
        check: "store",
        status: "problem",
        // Not that answers stay correct: there are none.
        text: "The store cannot be used: the file was not created by this gateway and is left unchanged; set another path (FOREIGN_FILE).",
      },
    ]);
  });

  test("names an audit log that cannot be opened, without creating one that can", async () => {
    const folder = temporaryFolder();
    const { of } = await doctor({ AUDIT_LOG: `${folder}/canary/audit.log` });
    expect(of("INVALID_SETTING")).toMatchObject([
      { status: "problem", text: "AUDIT_LOG: the file cannot be opened (ENOENT)." },
    ]);
    const right = await doctor({ AUDIT_LOG: `${folder}/audit.log` });
    expect(right.of("INVALID_SETTING")).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("counts its requests in the minute of a store, and keeps no answer there", async () => {
    const { url, paths } = await upstream();
    const settings = { ...KEYS, ANTHROPIC_BASE_URL: url, CACHE_URL: `sqlite:${temporaryFolder()}/cache.db` };
    expect((await doctor(settings)).troubles).toMatchObject([WITHOUT_AUTHENTICATION]);
    expect((await doctor(settings)).troubles).toMatchObject([WITHOUT_AUTHENTICATION]);
    expect(paths).toHaveLength(16);
  });

  describe("with an issuer", () => {
    const jwt = (issuer: string): Environment => ({
      ...KEYS,
      AUTH: "jwt",
      JWT_JWKS_URL: `${issuer}/canary-keys`,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: "canary",
    });

    test("reads its keys", async () => {
      const issuer = await Issuer.start();
      issuer.keys = [{ kty: "OKP", crv: "Ed25519", x: "canary" }];
      const { url } = await upstream();
      const { troubles, findings } = await doctor({ ...jwt(issuer.origin), ANTHROPIC_BASE_URL: url });
      expect(troubles).toEqual([]);
      expect(findings).toContainEqual(expect.objectContaining({ check: "issuer", status: "ok" }));
    });

    test("says that it has published no key", async () => {
      const issuer = await Issuer.start();
      const { url } = await upstream();
      const { of } = await doctor({ ...jwt(issuer.origin), ANTHROPIC_BASE_URL: url });
      expect(of("ISSUER_AWAY")).toMatchObject([{ text: expect.stringContaining("empty set of keys") }]);
    });

    test("says that it is away", async () => {
      const { url } = await upstream();
      const { troubles, text } = await doctor({ ...jwt(CLOSED), ANTHROPIC_BASE_URL: url });
      expect(troubles).toMatchObject([
        {
          code: "ISSUER_AWAY",
          text: expect.stringContaining(
            "(ECONNREFUSED: no server listens there), so no caller can authenticate",
          ),
          action: expect.stringContaining("JWT_JWKS_URL"),
        },
      ]);
      expect(text).not.toMatch(/127\.0\.0\.1|canary/);
    });

    test("says that its port is none of HTTP", async () => {
      const { url } = await upstream();
      const { of } = await doctor({ ...jwt("http://127.0.0.1:1"), ANTHROPIC_BASE_URL: url });
      expect(of("ISSUER_AWAY")).toMatchObject([
        {
          text: expect.stringContaining("gives no usable answer (a port that is not for HTTP), so no caller"),
        },
      ]);
    });

    test("says that people cannot sign in while it fails", async () => {
      const issuer = await Issuer.start();
      issuer.answer = failing;
      const { url } = await upstream();
      const { of } = await doctor({
        ...jwt(issuer.origin),
        ANTHROPIC_BASE_URL: url,
        OIDC_CLIENT_ID: "canary",
        PUBLIC_URL: "https://canary.example",
        SESSION_KEYS: "canary-canary-canary-canary-canary-1",
      });
      expect(of("ISSUER_AWAY").map(({ check }) => check)).toEqual(["issuer", "sign-in"]);
    });
  });

  test("says that a proxy may be needed where upstream cannot be reached, and tries once", async () => {
    const { troubles, requests } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: CLOSED });
    expect(troubles).toMatchObject([
      WITHOUT_AUTHENTICATION,
      {
        check: "upstream",
        code: "UNREACHABLE",
        text: "Upstream cannot be reached: no server listens there (ECONNREFUSED).",
        action: expect.stringMatching(/^If this network needs a proxy, set HTTP_PROXY/),
      },
    ]);
    expect(requests).toBe(1);
  });

  describe("behind a proxy", () => {
    /** A proxy that leads to one port, whatever host is wanted, or refuses to connect. */
    async function proxyTo(port: number, status = 502): Promise<string> {
      const proxy = createServer(({ url = "", headers }, response) => {
        const { pathname, search } = new URL(url);
        request({ port, path: pathname + search, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        }).end();
      });
      proxy.on("connect", (_request, socket: Duplex) => {
        socket.on("error", () => {});
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      });
      return `http://canary:canary@127.0.0.1:${await portOf(proxy)}`;
    }

    test("finds the host only through it", async () => {
      const { port } = await upstream();
      const settings = { ...KEYS, ANTHROPIC_BASE_URL: "http://upstream.test" };
      expect((await doctor(settings)).of("UNREACHABLE")).toHaveLength(1);
      const { troubles, findings } = await doctor({ ...settings, HTTP_PROXY: await proxyTo(port) });
      expect(troubles).toMatchObject([WITHOUT_AUTHENTICATION]);
      expect(findings).toContainEqual(
        expect.objectContaining({ text: "Upstream answers through HTTP_PROXY." }),
      );
    });

    test.each([
      [407, "user name and a password"],
      [403, "Let the proxy connect"],
    ])("says what to do where that refuses with %i", async (status, action) => {
      const { of } = await doctor({
        ...KEYS,
        ANTHROPIC_BASE_URL: "https://upstream.test",
        HTTPS_PROXY: await proxyTo(1, status),
      });
      expect(of("PROXY")).toMatchObject([
        { text: expect.stringContaining(`PROXY_${status}`), action: expect.stringContaining(action) },
      ]);
    });
  });

  test("says that upstream fails, by the status, and makes no more requests than announced", async () => {
    const { url, paths } = await upstream({ fault: () => refusal(503, "api_error", "canary") });
    const { of } = await doctor({ ...KEYS, ANTHROPIC_BASE_URL: url });
    expect(of("UNAVAILABLE").length).toBeGreaterThan(1);
    expect(of("UNAVAILABLE")[0]).toMatchObject({ text: expect.stringContaining("HTTP_503") });
    expect(paths.length).toBeLessThanOrEqual(10);
  });

  test("names a file that cannot be used without a word of it", async () => {
    const path = `${temporaryFolder()}/canary.json`;
    const token = { name: "canary", sha256: "0".repeat(64), role: "OWNER" };
    writeFileSync(path, JSON.stringify([token, token]));
    const { url } = await upstream();
    const { troubles } = await doctor({
      ...KEYS,
      ANTHROPIC_BASE_URL: url,
      AUTH: "tokens",
      TOKENS_FILE: path,
    });
    expect(troubles).toMatchObject([
      { check: "files", text: "TOKENS_FILE: entry 2 has the `name` of entry 1; each needs another one." },
      { check: "files", text: expect.stringContaining("entry 2 has the `sha256` of entry 1") },
    ]);
    expect(JSON.stringify(troubles)).not.toContain("canary");
  });

  test("says what is wrong with files of budgets and organizations, and where", async () => {
    const path = `${temporaryFolder()}/canary.json`;
    writeFileSync(path, JSON.stringify({ budgets: [{ name: "canary", amountUsd: 1.5 }] }));
    const { troubles, text } = await doctor({
      BUDGETS_FILE: path,
      CACHE_URL: `sqlite:${join(temporaryFolder(), "cache.db")}`,
    });
    expect(troubles).toMatchObject([
      { check: "files", text: expect.stringMatching(/^BUDGETS_FILE budget 1: `amountUsd` is a number/) },
      { code: "NO_KEY" },
    ]);
    writeFileSync(path, JSON.stringify({ budgets: [{ name: "canary", amountUsd: 1, canary: 1 }] }));
    const entries = ["a", "b"].map((name) => ({ name, kind: "enterprise", keyFile: `/canary/${name}` }));
    const file = join(temporaryFolder(), "organizations.json");
    writeFileSync(
      file,
      JSON.stringify([...entries, { name: "c", kind: "enterprise", keyVariable: "KEY_C" }]),
    );
    const { url } = await upstream();
    const keys = { KEY_C: "sk-ant-api01-canary" };
    const named = await doctor({ ...keys, ORGANIZATIONS_FILE: file, ANTHROPIC_BASE_URL: url });
    expect(named.of("HINT").map((each) => each.text)).toEqual([
      expect.stringMatching(/^The organization a has no key: the file of `keyFile` is missing or empty\. /),
      expect.stringMatching(/^The organization b has no key: /),
    ]);
    expect(text + named.text).not.toMatch(/canary/);
  });

  test("says no key, name, address or place, whatever is wrong", async () => {
    const texts: string[] = [];
    const { url } = await upstream({
      fault: () => refusal(403, "permission_error", "canary canary@corp.example"),
    });
    for (const settings of [
      { ANTHROPIC_BASE_URL: url },
      { ANTHROPIC_BASE_URL: "https://canary.invalid" },
      { ANTHROPIC_BASE_URL: url, CACHE_URL: "redis://canary:canary@canary.invalid" },
      { ANTHROPIC_BASE_URL: url, CACHE_URL: "sqlite:/canary/canary/cache.db" },
      { ANTHROPIC_BASE_URL: url, AUTH: "tokens", TOKENS_FILE: "/canary/tokens.json" },
      { ANTHROPIC_BASE_URL: url, TEAMS_FILE: "/canary/teams.csv" },
      { ANTHROPIC_BASE_URL: "https://canary@canary.invalid" },
    ]) {
      const { text, troubles } = await doctor({ ...KEYS, ...settings });
      expect(troubles.length).toBeGreaterThan(0);
      texts.push(text);
    }
    expect(texts.join()).not.toMatch(/canary|127\.0\.0\.1|corp\.example/);
  });
});

describe("the command doctor", () => {
  test("prints a line for each finding, states its requests first, and exits with 1 after a problem", async () => {
    const { url } = await upstream();
    const settings = {
      ...KEYS,
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-canary-revoked",
      ANTHROPIC_BASE_URL: url,
    };
    const { code, output } = await run(["doctor"], { ...settings, CLOCK }).ended();
    expect(code).toBe(1);
    expect(output).toMatch(/^At most 10 upstream requests\.\n/);
    expect(output).toMatch(
      /^PROBLEM +enterprise +Upstream rejects the key in ANTHROPIC_ANALYTICS_KEY.*Create a key/m,
    );
    expect(output).toMatch(/^ok +console +/m);
    expect(output).not.toContain("canary");
  });

  test("finds no problem in the sandbox, and announces no requests", async () => {
    const { code, output } = await run(["doctor"], { CLOCK }).ended();
    expect(code).toBe(0);
    expect(output).not.toMatch(/PROBLEM|At most/);
    expect(output).toMatch(/^warning +upstream +No key is set, so the gateway answers from the sandbox/m);
  });

  test("prints one JSON document for machines", async () => {
    const { url } = await upstream();
    const { code, output } = await run(["doctor", "--json"], {
      ...KEYS,
      ANTHROPIC_BASE_URL: url,
      CLOCK,
    }).ended();
    const document = JSON.parse(output.slice(output.indexOf("{")));
    expect(code).toBe(0);
    expect(document).toMatchObject({ healthy: true, requests: 8, findings: expect.any(Array) });
  });
});
