/** @module-tag deep */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ask, endAll, run, urlIn } from "../process.ts";

afterEach(endAll);

const CLOCK = "2026-11-22T12:00:00Z";
const REDIS_URL = process.env.REDIS_URL;

const QUESTIONS = Array.from({ length: 50 }, (_, i) => {
  const day = String((i % 25) + 1).padStart(2, "0");
  const range = `range: { between: { from: "2026-0${7 + Math.floor(i / 25)}-${day}", until: "2026-10-${day}" } }`;
  return i % 2 === 0
    ? `{ skills(${range}, first: 1000) { nodes { name users } } }`
    : `{ users(${range}, first: 1000) { nodes { userId activity { chat { messages } } } } }`;
});

interface Said {
  readonly data: unknown;
  readonly errors?: unknown;
  readonly extensions: { readonly upstream: { readonly requests: number } };
}

const requestsOf = (answers: readonly Said[]) =>
  answers.reduce((sum, { extensions }) => sum + extensions.upstream.requests, 0);

const STORES: readonly (readonly [name: string, url: string | undefined])[] = [
  ["one Redis", REDIS_URL],
  ["one SQLite file", `sqlite:${join(mkdtempSync(join(tmpdir(), "processes-")), "cache.db")}`],
];

describe.each(STORES)("four processes on %s", (_name, store) => {
  test.skipIf(store === undefined)("asked the same fifty questions at once send what one sends", async () => {
    const sandbox = run([
      "sandbox",
      "--port",
      "0",
      "--users",
      "80",
      "--rate-limit",
      "off",
      "--latency-ms",
      "5",
      "--now",
      CLOCK,
    ]);
    const environment = {
      ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
      ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
      UPSTREAM_PER_MINUTE: "100000",
      CLOCK,
    };
    const start = async (url: string) =>
      urlIn(await run(["serve", "--port", "0"], { ...environment, CACHE_URL: url }).printed("Try:"));
    const alone = await start("memory:");
    const one = (await Promise.all(QUESTIONS.map((question) => ask(alone, question)))) as Said[];

    const urls = await Promise.all(Array.from({ length: 4 }, () => start(store ?? "")));
    const four = (await Promise.all(
      urls.flatMap((url) => QUESTIONS.map((question) => ask(url, question))),
    )) as Said[];
    expect(four.filter(({ errors }) => errors !== undefined)).toEqual([]);
    for (const [i, { data }] of four.entries()) expect(data).toEqual(one[i % QUESTIONS.length]?.data);
    expect(requestsOf(one)).toBe(50);
    expect(requestsOf(four)).toBe(50);
  });
});
