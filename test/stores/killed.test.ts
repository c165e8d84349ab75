/** @module-tag deep */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { ask, endAll, run, urlIn } from "../process.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";

const folder = mkdtempSync(join(tmpdir(), "killed-"));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLOCK = "2026-11-22T12:00:00Z";

/** Twenty lists of final figures, each of several pages or months. */
const QUESTIONS = Array.from({ length: 20 }, (_, i) => {
  const from = `2026-0${3 + (i % 3)}-${String(i + 1).padStart(2, "0")}`;
  const range = `range: { between: { from: "${from}", until: "2026-09-01" } }, first: 1000`;
  return [
    `{ users(${range}) { nodes { userId activity { chat { messages } } } } }`,
    `{ cost(${range}, groupBy: [PRODUCT], bucket: DAY) { nodes { from product net { cents } } total { net { cents } } } }`,
    `{ cost(${range}, bucket: NONE, groupBy: [USER]) { nodes { user { userId } net { cents } } } }`,
    `{ skills(${range}) { nodes { name users } } }`,
  ][i % 4] as string;
});

/** A busy machine is not what is tested here. */
const PATIENT = { UPSTREAM_PER_MINUTE: "100000", OPERATION_TIMEOUT: "120", UPSTREAM_TIMEOUT: "60" };

async function start(environment: Readonly<Record<string, string>>) {
  const process = run(["serve", "--port", "0"], { ...PATIENT, ...environment });
  return { process, url: urlIn(await process.printed("Try:")) };
}

const requestsOf = (answer: object) =>
  (answer as { extensions: { upstream: { requests: number } } }).extensions.upstream.requests;

test("a gateway killed again and again while it writes its store starts cleanly, and every list is whole", async () => {
  const sandbox = run([
    "sandbox",
    "--port",
    "0",
    "--users",
    "150",
    "--rate-limit",
    "off",
    "--latency-ms",
    "10",
    "--now",
    CLOCK,
  ]);
  const environment = {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any",
    ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
    CLOCK,
  };
  const { url: cold } = await start(environment);
  const right = [];
  let cost = 0;
  for (const question of QUESTIONS) {
    const answer = await ask(cold, question);
    right.push(answer.data);
    cost += requestsOf(answer);
  }

  const file = join(folder, "cache.db");
  const stored = { ...environment, CACHE_URL: `sqlite:${file}` };
  for (const enough of [2, 8, 14]) {
    const { process, url } = await start(stored);
    let answered = 0;
    const isEnough = Promise.withResolvers<void>();
    const answers = QUESTIONS.map(async (question) => {
      const answer = await ask(url, question).catch(() => null);
      answered++; // and so it is kept; others are being written
      if (answered === enough) isEnough.resolve();
      return answer;
    });
    await isEnough.promise;
    process.child.kill("SIGKILL");
    await process.ended();
    for (const [i, answer] of (await Promise.all(answers)).entries())
      if (answer !== null) expect(answer).toMatchObject({ data: right[i] });
  }
  const { url } = await start(stored);
  const answers = await Promise.all(QUESTIONS.map((question) => ask(url, question)));
  expect(answers.filter(({ errors }) => errors !== undefined)).toEqual([]);
  expect(answers.map(({ data }) => data)).toEqual(right);
  // Some of it was kept by those that were killed, and what this one has kept is all there is.
  expect(answers.map(requestsOf).reduce((sum, each) => sum + each, 0)).toBeLessThan(cost);
  const again = await Promise.all(QUESTIONS.map((question) => ask(url, question)));
  expect(again.map(requestsOf)).toEqual(QUESTIONS.map(() => 0));
});

const STORES: [string, string | undefined][] = [
  ["a SQLite file", `sqlite:${join(folder, "waits.db")}`],
  ["a Redis", process.env.REDIS_URL],
];

describe.each(STORES)("two processes on %s", (_name, store) => {
  test.skipIf(store === undefined)(
    "send nothing inside the window of a retry-after that one of them received",
    async () => {
      const WINDOW_MS = 4_000;
      const arrivals: number[] = [];
      let toldAt = 0;
      const upstream = createServer((request, response) => {
        if (request.url?.startsWith(PATHS.users)) arrivals.push(performance.now());
        if (toldAt === 0) {
          toldAt = performance.now();
          const headers = { "content-type": "application/json", "retry-after": `${WINDOW_MS / 1_000}` };
          response
            .writeHead(429, headers)
            .end('{"type":"error","error":{"type":"rate_limit_error","message":"no"}}');
        } else {
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify(tokenPage([wireUser("user_a")])));
        }
      }).listen(0, "127.0.0.1");
      await once(upstream, "listening");
      try {
        const environment = {
          ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
          ANTHROPIC_BASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
          CACHE_URL: store ?? "",
          CLOCK,
        };
        const [a, b] = await Promise.all([start(environment), start(environment)]);
        const people = (i: number) =>
          `{ users(range: { between: { from: "2026-05-${String(1 + i).padStart(2, "0")}", until: "2026-07-01" } }) { nodes { userId } } }`;
        const told = ask(a.url, people(0));
        while (toldAt === 0) await sleep(5);
        await sleep(100); // it has told the other one
        const others = Array.from({ length: 24 }, (_, i) => ask(i % 2 === 0 ? a.url : b.url, people(1 + i)));
        for (const { data, errors } of await Promise.all([told, ...others])) {
          expect(errors).toBeUndefined();
          expect(data.users).toEqual({ nodes: [{ userId: "user_a" }] });
        }
        // The first one's own request, then nothing until the window is over.
        const [first = 0, ...rest] = arrivals.map((at) => at - toldAt);
        expect(first).toBeLessThan(10);
        expect(rest.filter((at) => at < WINDOW_MS - 10)).toEqual([]);
        expect(rest).toHaveLength(25);
      } finally {
        upstream.closeAllConnections();
        upstream.close();
      }
    },
  );
});
