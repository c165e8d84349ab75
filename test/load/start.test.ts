import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ask, endAll, run, serve, urlIn } from "../process.ts";

afterEach(endAll);

const CANARY = "canary-6a1f";
const PEOPLE = "{ users(range: { last: { days: 7 } }, first: 2) { nodes { email } } }";

describe("does not start", () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ["with a flag there is not", ["serve", "--prot", "5"], {}, "(Did you mean --port?)"],
    ["with a key as a flag", ["serve", `--anthropic-admin-key=${CANARY}`], {}, "unknown option"],
    ["with a key as a word", ["serve", `sk-ant-admin01-${CANARY}`], {}, "too many arguments"],
    ["with a key of no characters for one", [], { ANTHROPIC_ADMIN_KEY: `${CANARY} x` }, "not valid in a key"],
    ["with a store there is no such kind of", [], { CACHE_URL: `mysql://u:${CANARY}@h` }, "CACHE_URL is not"],
    ["with a size of no number", [], { CACHE_MEMORY_BYTES: "much" }, "CACHE_MEMORY_BYTES is not"],
  ])("%s, and says why in a line", async (_what, args, environment, why) => {
    const { code, output } = await run(args, environment).ended();
    expect(code).toBe(1);
    expect(output).toContain(why);
    expect(output.trim().split("\n").length).toBeLessThanOrEqual(2); // the second one is the flag that was meant
    expect(output).not.toContain(CANARY);
    expect(output).not.toMatch(/^ +at /m);
  });

  test("where the sandbox's port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { code, output } = await run(["sandbox", "--port", String(port)]).ended();
    taken.close();
    expect(code).toBe(1);
    expect(output).toContain(
      `Cannot listen on 127.0.0.1:${port} (EADDRINUSE): another process uses this port`,
    );
  });
});

describe("starts", () => {
  test("with names that are almost settings, and says which was meant without their values", async () => {
    const gateway = run(["serve", "--port", "0"], {
      ANTHROPIC_ANALYTICS_KEYS: CANARY,
      CACHE_UR: CANARY,
      HOME: "/",
      ANTHROPIC_API_KEY: CANARY, // a name of other programs
    });
    const output = await gateway.printed("Try:");
    const lines = output.split("\n").filter((line) => line.includes("not a setting"));
    expect(lines).toEqual([
      "ANTHROPIC_ANALYTICS_KEYS is not a setting and has no effect; did you mean ANTHROPIC_ANALYTICS_KEY?",
      "CACHE_UR is not a setting and has no effect; did you mean CACHE_URL?",
    ]);
    expect(output).not.toContain(CANARY);
  });

  test("without a key, on the sandbox, ready", async () => {
    const url = urlIn(await run(["serve", "--port", "0", "--sandbox-users", "20"]).printed("Try:"));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await ask(url, PEOPLE)).errors).toBeUndefined();
  });

  test("with a key that upstream refuses, which its answers say", async () => {
    const { gateway, url } = await serve({ settings: { ANTHROPIC_ANALYTICS_KEY: `sk-ant-${CANARY}` } });
    const { errors } = await ask(url, PEOPLE);
    expect(errors).toEqual([
      expect.objectContaining({
        extensions: expect.objectContaining({ code: "UPSTREAM_AUTH", status: 401 }),
      }),
    ]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    gateway.child.kill("SIGTERM");
    const { code, output } = await gateway.ended();
    expect(code).toBe(0);
    expect(JSON.stringify(errors) + output).not.toContain(CANARY);
  });

  test("while its store is away, ready", async () => {
    const { gateway, url } = await serve({ settings: { CACHE_URL: `redis://:${CANARY}@127.0.0.1:1` } });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await ask(url, PEOPLE)).errors).toBeUndefined();
    const output = await gateway.printed('"ECONNREFUSED"');
    expect(output).toContain('"store":"redis","host":"127.0.0.1:1"');
    expect(output).not.toContain(CANARY);
  });

  test("while upstream is away, ready, and makes no upstream request before the first query", async () => {
    const { url } = await serve({ settings: { ANTHROPIC_BASE_URL: "http://127.0.0.1:1" } });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
