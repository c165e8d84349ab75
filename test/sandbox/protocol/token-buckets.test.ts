import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBuckets } from "../../../src/sandbox/token-buckets.ts";
import { ADMIN, ENTERPRISE, fakeEndpoint, type Get, handClock, OAUTH, protocol } from "./fake.ts";

const ENDPOINTS = (["analytics", "lookups", "console"] as const).map((rateLimit) =>
  fakeEndpoint({ path: `/${rateLimit}`, rateLimit }),
);

async function times(count: number, get: Get, path: string, key = ENTERPRISE): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) statuses.push((await get(path, { "x-api-key": key })).status);
  return statuses;
}

test.each([
  ["analytics", 60],
  ["lookups", 100],
  ["console", 60],
])("%s: %i requests a minute, by all keys of an organization together", async (rateLimit, limit) => {
  const clock = handClock();
  const get = protocol(ENDPOINTS, { now: clock.now, rateLimit: "on" });
  expect(new Set(await times(limit - 1, get, `/${rateLimit}`))).toEqual(new Set([200]));
  expect(await times(2, get, `/${rateLimit}`, `${ENTERPRISE}-second`)).toEqual([200, 429]);
  expect(await times(1, get, `/${rateLimit}`, ADMIN)).toEqual([200]);
  expect(await times(1, get, `/${rateLimit}`, OAUTH)).toEqual([200]);
  clock.advance(60_000 / limit);
  expect(await times(2, get, `/${rateLimit}`)).toEqual([200, 429]);
});

test("allowances do not touch each other, nor does a request without a good key touch any", async () => {
  const get = protocol(ENDPOINTS, { now: handClock().now, rateLimit: "on" });
  await times(60, get, "/analytics");
  expect(await times(1, get, "/console")).toEqual([200]);
  await times(100, get, "/lookups", "sk-ant-nonsense");
  expect(await times(1, get, "/lookups")).toEqual([200]);
});

test("a refusal says how long to wait, and waiting so long is enough", async () => {
  const clock = handClock();
  const get = protocol(ENDPOINTS, { now: clock.now, rateLimit: "on" });
  await times(60, get, "/analytics");
  clock.advance(1);
  const { status, headers, body } = await get("/analytics");
  expect([status, body.error.type]).toEqual([429, "rate_limit_error"]);
  expect(headers).toMatchObject({
    "retry-after": "1",
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-11-22T12:01:00.000Z",
  });
  clock.advance(Number(headers["retry-after"]) * 1000);
  expect((await get("/analytics")).status).toBe(200);
});

test("a refusal can keep the time to itself", async () => {
  const get = protocol(ENDPOINTS, { now: handClock().now, rateLimit: "on", retryAfter: false });
  await times(60, get, "/analytics");
  const { status, headers } = await get("/analytics");
  expect(status).toBe(429);
  expect(headers).not.toHaveProperty("retry-after");
});

test("a granted request says what is left", async () => {
  const get = protocol(ENDPOINTS, { now: handClock().now, rateLimit: "on" });
  expect((await get("/analytics")).headers["anthropic-ratelimit-requests-remaining"]).toBe("59");
});

test("switched off, nothing is counted or said", async () => {
  const get = protocol(ENDPOINTS, { rateLimit: "off" });
  expect(new Set(await times(130, get, "/lookups"))).toEqual(new Set([200]));
  expect(Object.keys((await get("/lookups")).headers).join()).not.toContain("ratelimit");
});

test("no sequence of requests gets more than the bucket and what flowed in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3000), { maxLength: 300 }), (gaps) => {
      const allowances = new TokenBuckets();
      let [now, granted] = [0, 0];
      for (const gap of gaps) {
        now += gap;
        const grant = allowances.take("enterprise", "analytics", now);
        if (grant.granted) granted += 1;
        expect(granted).toBeLessThanOrEqual(60 + now / 1000);
        expect(grant.remaining).toBeGreaterThanOrEqual(0);
        expect(allowances.take("enterprise", "analytics", now + grant.waitMs).granted).toBe(true);
        granted += 1;
        now += grant.waitMs;
      }
    }),
  );
});
