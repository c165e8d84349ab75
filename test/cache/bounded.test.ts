/** @module-tag deep */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { gateway, type Route } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const MIB = 2 ** 20;

/** Upstream's two pages of 1,234 people, the same every day; only their bytes are kept. */
function pages(): [first: string, second: string] {
  const people = (from: number, until: number) =>
    Array.from({ length: until - from }, (_, i) => wireUser(`user_${from + i}`, { messages: from + i }));
  return [
    JSON.stringify(tokenPage(people(0, 1_000), "more")),
    JSON.stringify(tokenPage(people(1_000, 1_234))),
  ];
}

test("120 cold days of 1,234 people hold no more memory than CACHE_MEMORY_BYTES stands for, and the newest are there", async () => {
  const [first, second] = pages();
  const route: Route = (query) => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: query.has("page") ? second : first,
  });
  const bound = 32 * MIB;
  const { ask, requestsOf } = gateway({
    routes: { [PATHS.users]: route },
    settings: { CACHE_MEMORY_BYTES: `${bound}`, RESPONSE_CACHE: "off" },
  });
  const day = (i: number) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
  const question = (i: number) =>
    `{ users(range: { between: { from: "${day(i)}", until: "${day(i + 1)}" } }, orderBy: { field: CHAT_MESSAGES }, first: 1) { nodes { userId } totalCount } }`;
  async function expectDay(i: number): Promise<number> {
    const [{ data, errors }, requests] = await requestsOf(() => ask(question(i)));
    expect(errors).toBeUndefined();
    expect(data.users).toEqual({ nodes: [{ userId: "user_1233" }], totalCount: 1_234 });
    return requests.length;
  }

  await expectDay(150);
  const before = heap();
  for (let i = 0; i < 60; i++) expect(await expectDay(i)).toBe(2);
  const half = heap();
  for (let i = 60; i < 120; i++) expect(await expectDay(i)).toBe(2);
  const growth = heap() - before;
  if (process.env.FIGURES)
    process.stdout.write(
      `sent ${Math.round((120 * (first.length + second.length)) / 1e6)} MB, bound ${Math.round(bound / 1e6)} MB, heap +${Math.round((half - before) / 1e6)} MB after 60 days, +${Math.round(growth / 1e6)} MB after 120\n`,
    );
  expect(growth).toBeLessThan(bound);
  expect(await expectDay(119)).toBe(0);
  expect(await expectDay(0)).toBe(2);
});
