/** @module-tag deep */
import { once } from "node:events";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { areBuilt, BUILT_PAGES } from "../src/server/http/built-pages.ts";
import { SETTINGS } from "../src/settings/settings.ts";
import { ask, endAll, type Process, run, serve, urlIn } from "./process.ts";

afterEach(endAll);

const PEOPLE = `{ users(range: { last: { days: 7 } }, first: 2) { nodes { email cost { net { usd } } } } }`;

describe("serve", () => {
  test("without keys says where it listens, that the sandbox answers, and what to try", async () => {
    const gateway = run(["serve", "--port", "0", "--sandbox-users", "40"], { CLOCK: "2026-11-22T12:00:00Z" });
    const output = await gateway.printed("Try:");
    expect(output).toContain("sandbox: 40 simulated users, seed 1");
    expect(output).toContain("2026-11-22T12:00:00");
    expect(output).toContain("curl");
    // Pages are named where they are: a tree without a build has none.
    expect(output.includes("dashboard for browsers")).toBe(areBuilt(BUILT_PAGES));
    expect(output.includes("for the workbench")).toBe(areBuilt(BUILT_PAGES));
    const { data, errors } = await ask(urlIn(output), PEOPLE);
    expect(errors).toBeUndefined();
    expect((data.users as { nodes: unknown[] }).nodes).toHaveLength(2);
    expect((await fetch(`${urlIn(output)}/healthz`)).status).toBe(200);
  });

  test("says in its log how to let the page of a developer's machine ask, which then may", async () => {
    const preflight = (gateway: Process) =>
      fetch(`${urlIn(gateway.output())}/graphql`, {
        method: "OPTIONS",
        headers: { origin: "http://localhost:5173", "access-control-request-method": "POST" },
      });
    const closed = run(["serve", "--port", "0", "--sandbox-users", "20"]);
    await closed.printed("Try:");
    expect((await preflight(closed)).headers.get("access-control-allow-origin")).toBeNull();
    const output = await closed.printed("ALLOWED_ORIGINS");
    const line = JSON.parse(output.split("\n").find((each) => each.includes("ALLOWED_ORIGINS")) ?? "");
    expect(line).toMatchObject({ level: "info", origin: "http://localhost:5173" });
    const [, origins = ""] = /ALLOWED_ORIGINS=(\S+)$/.exec(line.msg) ?? [];
    const open = run(["serve", "--port", "0", "--sandbox-users", "20"], { ALLOWED_ORIGINS: origins });
    await open.printed("Try:");
    expect((await preflight(open)).headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
  });

  test.each([
    ["both keys", {}, "users"],
    ["the admin key alone", { ANTHROPIC_ANALYTICS_KEY: "" }, "cost"],
  ])("suggests a query that %s can answer", async (_keys, settings, field) => {
    const { gateway, url } = await serve({ settings });
    const [, body = ""] = / -d '(.*)'/.exec(gateway.output()) ?? [];
    const { data, errors } = await ask(url, JSON.parse(body).query);
    expect(errors).toBeUndefined();
    expect(Object.keys(data)).toEqual([field]);
  });

  test("finishes and exits on SIGTERM", async () => {
    const gateway = run(["serve", "--port", "0", "--sandbox-users", "20"]);
    await gateway.printed("Try:");
    gateway.child.kill("SIGTERM");
    expect((await gateway.ended()).code).toBe(0);
  });

  test.each([
    [["servr"], "unknown command 'servr': did you mean serve?"],
    [["docter", "--json"], "unknown command 'docter': did you mean doctor?"],
    [["serve", "--prot", "1"], "(Did you mean --port?)"],
  ])("%j names what was meant", async (args, hint) => {
    const { code, output } = await run(args).ended();
    expect(code).toBe(1);
    expect(output).toContain(hint);
  });

  test("repeats no key that stands in the place of a command", async () => {
    const { output } = await run(["sk-ant-api01-canary"]).ended();
    expect(output).toContain("unknown command");
    expect(output).not.toContain("canary");
  });

  test("lists every fault of its settings and exits", async () => {
    const { code, output } = await run(["--port", "70000", "--sandbox-rate-limit", "maybe"], {
      CLOCK: "yesterday",
    }).ended();
    expect(code).toBe(1);
    for (const setting of ["PORT", "SANDBOX_RATE_LIMIT", "CLOCK"])
      expect(output).toContain(`${setting} is not`);
    expect(output).not.toContain("    at ");
  });

  test("names the setting that was meant where another is missing for it", async () => {
    const { output } = await run(["serve"], { AUTH: "jwt", JWT_JWKS_URI: "https://idp.example" }).ended();
    expect(output).toContain("JWT_JWKS_URI is not a setting and has no effect; did you mean JWT_JWKS_URL?");
  });

  test("does not listen where others reach it with real keys and without authentication", async () => {
    const { code, output } = await run(["serve", "--host", "0.0.0.0"], {
      ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-canary",
    }).ended();
    expect(code).toBe(1);
    expect(output).toContain("loopback");
    expect(output).not.toContain("canary");
  });

  test("says in a line that its port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const { code, output } = await run(["serve", "--port", port]).ended();
    taken.close();
    expect(code).toBe(1);
    expect(output).toBe(
      `Cannot listen on 127.0.0.1:${port} (EADDRINUSE): another process uses this port; choose another with --port ${Number(port) + 1} or PORT, or 0 for any free port.\n`,
    );
  });

  test("explains its flags, and offers none that would show a key in the process list", async () => {
    const { code, output } = await run(["serve", "--help"]).ended();
    expect(code).toBe(0);
    expect(output).toContain("--max-upstream-requests");
    expect(output).not.toMatch(/-(?:keys?|token|secret) </); // files of keys have flags
  });

  test("ends its help with the settings that are environment variables only", async () => {
    const { output } = await run(["serve", "--help"]).ended();
    const [flags = "", variables = ""] = output.split("Only as environment variables:");
    for (const { name } of SETTINGS.filter(({ secret }) => secret === true)) {
      expect(variables).toContain(`\n  ${name}  `);
      expect(flags).not.toContain(`--${name.toLowerCase().replaceAll("_", "-")} `);
    }
    expect(variables).toContain("ANTHROPIC_ADMIN_KEY");
  });

  test.each([[["--version"]], [["serve", "--version"]]])("says its version: %s", async (flags) => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await run(flags).ended()).toEqual({ code: 0, output: `${version}\n` });
  });
});

describe("sandbox", () => {
  test("is an upstream for a gateway elsewhere, which then gives the same answer as in process", async () => {
    const clock = "2026-11-22T12:00:00Z";
    const sandbox = run([
      "sandbox",
      "--port",
      "0",
      "--users",
      "40",
      "--seed",
      "5",
      "--now",
      clock,
      "--rate-limit",
      "off",
    ]);
    const upstream = urlIn(await sandbox.printed("Try:"));
    const keys = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any", ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-any" };
    const remote = run(["serve", "--port", "0"], { ...keys, ANTHROPIC_BASE_URL: upstream, CLOCK: clock });
    const local = run(["serve", "--port", "0", "--sandbox-users", "40", "--sandbox-seed", "5"], {
      CLOCK: clock,
    });
    const [there, here] = await Promise.all(
      [remote, local].map(async (gateway) => ask(urlIn(await gateway.printed("Try:")), PEOPLE)),
    );
    expect(there?.errors).toBeUndefined();
    expect(there?.data).toEqual(here?.data);
  });

  test("serves its contract and refuses flags it cannot use", async () => {
    const sandbox = run(["sandbox", "--port", "0", "--users", "20"]);
    const contract = await fetch(`${urlIn(await sandbox.printed("Try:"))}/openapi.yaml`);
    expect(await contract.text()).toContain("openapi:");
    const { code, output } = await run(["sandbox", "--users", "5"]).ended();
    expect(code).toBe(1);
    expect(output).toContain("whole number from 20 to 100000");
  });

  test("stands for an organization outside the usage and cost beta", async () => {
    const sandbox = run(["sandbox", "--port", "0", "--users", "20", "--unified", "off"]);
    const url = urlIn(await sandbox.printed("Try:"));
    const response = await fetch(`${url}/v1/organizations/analytics/usage`, {
      headers: {
        "x-api-key": "sk-ant-api01-x",
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "analytics-usage-cost-2026-08-24",
      },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("organization_not_enrolled_in_beta");
  });
});

describe("parity", () => {
  test("compares the older and the newer reports of a final month and says that all agree", async () => {
    const { code, output } = await run(["parity"], {
      UPSTREAM_PER_MINUTE: "100000",
      SANDBOX_USERS: "30",
      SANDBOX_RATE_LIMIT: "off",
      CLOCK: "2026-11-22T12:00:00Z",
    }).ended();
    expect(output).toMatch(/2026-09 +enterprise +cost +by MODEL +\d+ rows equal/);
    expect(output).toMatch(
      /34 comparisons: 34 equal, 0 different, 0 not comparable; \d+ upstream requests\./,
    );
    expect(code).toBe(0);
  });

  test("says what it could not compare, one JSON object a line where asked to", async () => {
    const clock = "2026-11-22T12:00:00Z";
    const sandbox = run(["sandbox", "--port", "0", "--users", "20", "--unified", "off", "--now", clock]);
    const { code, output } = await run(["parity", "--json"], {
      UPSTREAM_PER_MINUTE: "100000",
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any",
      ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
      CLOCK: clock,
    }).ended();
    const said = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(said.map(({ outcome }) => outcome))).toEqual(new Set(["not comparable"]));
    expect(said[0].why).toContain("not enrolled");
    expect(code).toBe(2);
  });

  test("refuses a number it cannot use", async () => {
    const { code, output } = await run(["parity", "--months", "0"]).ended();
    expect(code).toBe(2);
    expect(output).toContain("whole number from 1 to 12");
  });
});

describe("warm", () => {
  const CLOCK = "2026-11-22T12:00:00Z";
  const store = () => join(mkdtempSync(join(tmpdir(), "warm-")), "cache.db");
  const FAST = { SANDBOX_USERS: "60", SANDBOX_RATE_LIMIT: "off", UPSTREAM_PER_MINUTE: "100000", CLOCK };

  test("fetches final figures once, and a gateway beside it answers from them without a request", async () => {
    const environment = { ...FAST, CACHE_URL: `sqlite:${store()}` };
    const first = await run(["warm", "--months", "2"], environment).ended();
    expect(first.output).toMatch(
      /25 questions: 25 kept, 0 failed; 25 upstream requests, 0 pages already stored/,
    );
    expect(first.code).toBe(0);
    const second = await run(["warm", "--months", "2"], environment).ended();
    expect(second.output).toMatch(/25 kept, 0 failed; 0 upstream requests, 84 pages already stored/);

    const gateway = run(["serve", "--port", "0"], environment);
    const answer = (await ask(
      urlIn(await gateway.printed("Try:")),
      `{ cost(range: { between: { from: "2026-08-03", until: "2026-09-28" } }, groupBy: [MODEL], first: 1000, bucket: DAY) { nodes { model net { usd } } freshness { state } total { net { usd } } }
         ranked: cost(range: { between: { from: "2026-08-01", until: "2026-10-01" } }, bucket: NONE, groupBy: [PRODUCT]) { nodes { product } } }`,
    )) as { data: { cost: { nodes: unknown[]; freshness: object } }; extensions: object };
    expect(answer.data.cost.nodes.length).toBeGreaterThan(50);
    expect(answer.data.cost.freshness).toEqual({ state: "FINAL" });
    expect(answer.extensions).toMatchObject({ upstream: { requests: 0 } });
  });

  test("killed in the middle of its writing goes on where it was, and nothing it kept is wrong", async () => {
    const sandbox = run([
      "sandbox",
      "--port",
      "0",
      "--users",
      "60",
      "--rate-limit",
      "off",
      "--latency-ms",
      "25",
      "--now",
      CLOCK,
    ]);
    const path = store();
    const environment = {
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any",
      ANTHROPIC_ADMIN_KEY: "sk-ant-admin01-any",
      ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
      UPSTREAM_PER_MINUTE: "100000",
      CACHE_URL: `sqlite:${path}`,
      CLOCK,
    };
    const killed = run(["warm", "--months", "6", "--datasets", "cost,usage,people,claude-code"], environment);
    const written = () => expect(statSync(`${path}-wal`).size).toBeGreaterThan(600_000);
    await vi.waitFor(written, { timeout: 60_000, interval: 50 });
    killed.child.kill("SIGKILL");
    await killed.ended();
    const again = await run(
      ["warm", "--months", "6", "--datasets", "cost,usage,people,claude-code"],
      environment,
    ).ended();
    const [, requests, kept] = /(\d+) upstream requests, (\d+) pages already stored/.exec(again.output) ?? [];
    expect(again.output).toContain("0 failed");
    expect(Number(kept)).toBeGreaterThan(3);
    expect(Number(requests)).toBeGreaterThan(0);

    const QUESTION = `{ cost(range: { between: { from: "2026-05-01", until: "2026-10-01" } }, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { from product net { cents } } } }`;
    const warmed = run(["serve", "--port", "0"], environment);
    const cold = run(["serve", "--port", "0"], { ...environment, CACHE_URL: "memory:" });
    const answers = await Promise.all(
      [warmed, cold].map(async (gateway) => ask(urlIn(await gateway.printed("Try:")), QUESTION)),
    );
    expect(answers[0]?.data).toEqual(answers[1]?.data);
  });

  test("says that nothing would be kept, and which datasets there are", async () => {
    const nowhere = await run(["warm"], FAST).ended();
    expect([nowhere.code, nowhere.output]).toEqual([
      2,
      expect.stringContaining("CACHE_URL does not name a persistent store"),
    ]);
    const unknown = await run(["warm", "--datasets", "everything"], FAST).ended();
    expect([unknown.code, unknown.output]).toEqual([
      2,
      expect.stringContaining("use one of cost, usage, people"),
    ]);
  });
});

describe("a command for which 1 means that it ran", () => {
  test.each([
    [["parity", "--month", "1"], {}, "unknown option"],
    [["parity"], { PORT: "none" }, "PORT is not a whole number"],
    [["export", "spend"], {}, "required option '--out <file>' not specified"],
    [["export", "spend", "--out", "spend.csv"], { PORT: "none" }, "PORT is not a whole number"],
    [["warm", "--datasets", "csot"], {}, "Unknown dataset csot"],
    [["warm"], { PORT: "none" }, "PORT is not a whole number"],
    [["doctor", "--contact"], {}, "unknown option"],
  ])("exits with 2 where it cannot run: %j %j", async (words, settings, why) => {
    const { code, output } = await run(words, settings as Record<string, string>).ended();
    expect(output).toContain(why);
    expect(code).toBe(2);
  });

  test("exits with 0 after its help", async () => {
    expect((await run(["export", "--help"]).ended()).code).toBe(0);
  });
});
