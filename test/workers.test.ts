/** @module-tag deep */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { sha256 } from "../src/server/auth/tokens.ts";
import { endAll, type Process, run, serve, urlIn } from "./process.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  endAll();
  for (const end of ends.splice(0)) await end();
});

const folder = mkdtempSync(join(tmpdir(), "workers-"));
const WORKERS = { WORKERS: "2" } as const;

const REQUEST_ID = "x-request-id";

/** Counts what is sent to an upstream, on the way to it. */
async function counted(upstream: string) {
  const seen: string[] = [];
  const server = createServer(async ({ url = "", headers, method = "GET" }, response) => {
    seen.push(url);
    const {
      statusCode,
      headers: answered,
      body,
    } = await request(upstream + url, {
      method: method as "GET",
      headers: { ...headers, host: new URL(upstream).host },
    });
    response.writeHead(statusCode, { "content-type": String(answered["content-type"]) });
    response.end(Buffer.from(await body.arrayBuffer()));
  }).listen(0, "127.0.0.1");
  ends.push(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Said {
  readonly status: number;
  /** Differs from process to process. */
  readonly process: string;
  readonly body: { readonly data?: unknown; readonly errors?: readonly { extensions: { code: string } }[] };
}

/** Asks over a connection of its own, or over that of an agent. */
async function ask(
  url: string,
  query: string,
  headers = {},
  agent?: Agent,
  headersTimeout = 20_000,
): Promise<Said> {
  const dispatcher = agent ?? new Agent({ connections: 1, pipelining: 0 });
  const answer = await request(`${url}/graphql`, {
    dispatcher,
    headersTimeout,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  const body = (await answer.body.json()) as Said["body"];
  if (agent === undefined) await dispatcher.close();
  const process = String(answer.headers[REQUEST_ID]).slice(0, -12);
  return { status: answer.statusCode, process, body };
}

const daily = (day: number) =>
  `{ skills(range: { between: { from: "2026-10-${String(day).padStart(2, "0")}", until: "2026-11-01" } }, first: 100) { nodes { name users } } }`;
const PEOPLE = `{ users(range: { between: { from: "2026-10-01", until: "2026-10-08" } }, first: 100) { nodes { email } } }`;

const childrenOf = (gateway: Process): number[] =>
  readFileSync(`/proc/${gateway.child.pid}/task/${gateway.child.pid}/children`, "utf8")
    .split(" ")
    .filter(Boolean)
    .map(Number);

/** Resolves when so many workers answer. */
async function whenAll(url: string, count = 2): Promise<void> {
  const seen = new Set<string>();
  await expect
    .poll(async () => seen.add((await ask(url, "{ __typename }")).process).size)
    .toBeGreaterThanOrEqual(count);
}

async function served(settings: Readonly<Record<string, string>> = {}, latencyMs = 0) {
  const { gateway, url, sandbox } = await serve({ latencyMs, settings: { ...WORKERS, ...settings } });
  await whenAll(url);
  return { gateway, url, sandbox };
}

describe("two workers", () => {
  test.each([
    ["memory", "memory:"],
    ["SQLite", `sqlite:${join(folder, "cache.db")}`],
  ])(
    "with a store in %s send what one process sends for identical queries, and keep to one minute",
    async (_name, store) => {
      const sandbox = run([
        "sandbox",
        "--port",
        "0",
        "--users",
        "20",
        "--rate-limit",
        "off",
        "--latency-ms",
        "50",
        "--now",
        "2026-11-22T12:00:00Z",
      ]);
      const upstream = await counted(urlIn(await sandbox.printed("Try:")));
      const gateway = run(["serve", "--port", "0"], {
        ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
        ANTHROPIC_BASE_URL: upstream.url,
        CLOCK: "2026-11-22T12:00:00Z",
        UPSTREAM_PER_MINUTE: "10",
        OPERATION_TIMEOUT: "5",
        CACHE_URL: store,
        ...WORKERS,
      });
      const url = urlIn(await gateway.printed("Try:"));
      await whenAll(url);
      await ask(url, "{ organization { name } }"); // shows whose the key is
      const before = upstream.seen.length;
      const same = await Promise.all(Array.from({ length: 100 }, () => ask(url, PEOPLE)));
      expect(new Set(same.map(({ process }) => process)).size).toBe(2);
      expect(new Set(same.map(({ body }) => JSON.stringify(body.data))).size).toBe(1);
      expect(upstream.seen.slice(before).filter((path) => path.includes("/users"))).toHaveLength(1);

      const different = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(url, daily(i + 1))));
      expect(
        different.some(({ body }) => body.errors?.[0]?.extensions.code === "UPSTREAM_BUDGET_EXHAUSTED"),
      ).toBe(true);
      expect(upstream.seen.filter((path) => path.includes("/analytics/")).length).toBeLessThanOrEqual(10);
    },
  );

  test("share the limits of a caller", async () => {
    const path = join(folder, "limited.json");
    writeFileSync(
      path,
      JSON.stringify([{ name: "ada", role: "OWNER", sha256: sha256("cag_ada").toString("hex") }]),
    );
    const { url } = await served({
      AUTH: "tokens",
      TOKENS_FILE: path,
      CALLER_OPERATIONS_PER_MINUTE: "40",
      AUDIT_LOG: "off",
    });
    const headers = { authorization: "Bearer cag_ada" };
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++) statuses.push((await ask(url, "{ __typename }", headers)).status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(40);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20);
  });

  test("answer rightly while one is killed, which is replaced", async () => {
    const { gateway, url } = await served();
    const right = JSON.stringify((await ask(url, PEOPLE)).body.data);
    const [killed] = childrenOf(gateway);
    let isOver = false;
    const wrong: unknown[] = [];
    const asking = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        // A connection that was being handed to the process that is killed is cut off, or never answered.
        const answer = await ask(url, PEOPLE, {}, undefined, 2_000).catch(() => null);
        if (answer !== null && JSON.stringify(answer.body.data) !== right) wrong.push(answer);
      }
    });
    await sleep(200);
    process.kill(killed ?? 0, "SIGKILL");
    await gateway.printed("a worker has ended");
    await expect.poll(() => childrenOf(gateway).length).toBe(2);
    expect(childrenOf(gateway)).not.toContain(killed);
    await whenAll(url);
    isOver = true;
    await Promise.all(asking);
    expect(wrong).toEqual([]);
    gateway.child.kill("SIGTERM");
    expect((await gateway.ended()).code).toBe(0);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "finish what is under way on %s, and end with 0",
    async (signal) => {
      const { gateway, url } = await served({}, 1_500);
      const answers = Array.from({ length: 8 }, (_, i) => ask(url, daily(i + 1)));
      await sleep(1_000);
      gateway.child.kill(signal);
      const all = await Promise.all(answers);
      expect(all.map(({ body }) => body.errors)).toEqual(Array(8).fill(undefined));
      expect(new Set(all.map(({ process }) => process)).size).toBe(2);
      const { code, output } = await gateway.ended();
      expect(code).toBe(0);
      expect(output.match(/received a signal to stop/g)).toHaveLength(1);
      await expect(ask(url, PEOPLE)).rejects.toThrow();
    },
  );

  test("go on answering for DRAIN_DELAY, and say on /readyz that they are ending", async () => {
    const { gateway, url } = await served({ DRAIN_DELAY: "2" });
    const readiness = async () => (await request(`${url}/readyz`, { dispatcher: new Agent() })).statusCode;
    expect(await readiness()).toBe(200);
    gateway.child.kill("SIGTERM");
    await expect.poll(readiness).toBe(503);
    expect(await Promise.all([readiness(), readiness(), readiness(), readiness()])).toEqual(
      Array(4).fill(503),
    );
    expect((await ask(url, PEOPLE)).status).toBe(200);
    expect((await gateway.ended()).code).toBe(0);
  });

  test.each(["file", "stdout"])("write whole lines to one audit log (%s)", async (where) => {
    const path = join(folder, "audit.log");
    const { gateway, url } = await served({ AUDIT_LOG: where === "file" ? path : "stdout" });
    // Longer than what a pipe takes at once.
    const words = Array.from({ length: 20 }, (_, i) => `"${"x".repeat(200)}${i}"`);
    const query = `query Long($filter: [String!]) { __typename } # ${words}`;
    const agents = Array.from({ length: 8 }, () => new Agent({ connections: 1 }));
    await Promise.all(
      Array.from({ length: 400 }, (_, i) => ask(url, query, { [REQUEST_ID]: `whole-${i}` }, agents[i % 8])),
    );
    await Promise.all(agents.map((agent) => agent.close()));
    gateway.child.kill("SIGTERM");
    const { output } = await gateway.ended();
    const text = where === "file" ? readFileSync(path, "utf8") : output;
    const lines = text.split("\n").filter((line) => line.includes('"whole-'));
    const ids = lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
    expect(new Set(ids).size).toBe(400);
    expect(ids).toHaveLength(400);
  });

  test("refuse a token that is taken out of the file, and send it no kept answer", async () => {
    const path = join(folder, "tokens.json");
    const entry = (name: string) => ({ name, role: "OWNER", sha256: sha256(`cag_${name}`).toString("hex") });
    writeFileSync(path, JSON.stringify([entry("ada"), entry("bob")]));
    const { url } = await served({ AUTH: "tokens", TOKENS_FILE: path, AUDIT_LOG: "off" });
    const ada = { authorization: "Bearer cag_ada" };
    const bob = { authorization: "Bearer cag_bob" };
    for (let i = 0; i < 6; i++) expect((await ask(url, PEOPLE, ada)).status).toBe(200);
    writeFileSync(path, JSON.stringify([entry("bob")]));
    await sleep(1_500);
    const after = await Promise.all(Array.from({ length: 6 }, () => ask(url, PEOPLE, ada)));
    expect(after.map(({ status }) => status)).toEqual(Array(6).fill(401));
    expect(new Set(after.map(({ process }) => process)).size).toBe(2);
    expect((await ask(url, PEOPLE, bob)).status).toBe(200);
  });
});

describe("a fault at start", () => {
  const both = async (settings: Readonly<Record<string, string>>) => {
    const ended = [{}, WORKERS].map((workers) => run(["serve"], { ...settings, ...workers }).ended());
    const [one, two] = await Promise.all(ended);
    return { one, two };
  };

  test("is said once with workers as without, and ends them all", async () => {
    const taken = createTcpServer().listen(0, "127.0.0.1");
    ends.push(() => taken.close());
    await new Promise((resolve) => taken.once("listening", resolve));
    const broken = join(folder, "broken.json");
    writeFileSync(broken, "[{");
    const faults: Readonly<Record<string, string>>[] = [
      { PORT: String((taken.address() as AddressInfo).port) },
      { PORT: "none", MAX_FIRST: "-1" },
      { PORT: "0", AUTH: "tokens", TOKENS_FILE: broken },
      { PORT: "0", AUDIT_LOG: join(folder, "no", "such", "folder.log") },
      { PORT: "0", CACHE_URL: `sqlite:${folder}` },
    ];
    for (const settings of faults) {
      const { one, two } = await both(settings);
      expect(one?.code).toBe(1);
      expect(two).toEqual(one);
      expect(one?.output).not.toBe("");
    }
  });

  test("includes a number of workers that cannot be", async () => {
    const { code, output } = await run(["serve", "--workers", "0"]).ended();
    expect(code).toBe(1);
    expect(output).toBe("WORKERS is not a whole number from 1 to 64.\n");
  });
});
