import { describe, expect, test } from "vitest";
import { type Answer, json, NOW, type Route, refusal } from "../gateway.ts";
import { type SimulatedPace, simulatedPace } from "../upstream/pace.ts";
import { tokenPage, wireUser } from "../wire.ts";
import { expectError, LEAK } from "./faults.ts";
import { LISTS, withList } from "./lists.ts";

const PEOPLE = LISTS["people, by token"];
const DAY_MS = 86_400_000;

/** A question nobody has asked yet. */
function fresh(i: number): string {
  const from = new Date(Date.parse("2026-01-01") + (i % 300) * DAY_MS).toISOString().slice(0, 10);
  const until = new Date(Date.parse("2026-11-01") + Math.floor(i / 300) * DAY_MS).toISOString().slice(0, 10);
  return `{ users(range: { between: { from: "${from}", until: "${until}" } }) { nodes { userId } } }`;
}

const good: Route = () => json(tokenPage([wireUser("user_a")]));
const refusing =
  (headers: Readonly<Record<string, string>> = {}): Route =>
  () =>
    refusal(429, "rate_limit_error", LEAK, headers);

/** A gateway whose upstream refuses until it is told otherwise, in time that passes when it is told to. */
function storm(refused: Route, pace: SimulatedPace = simulatedPace()) {
  let route = refused;
  const asked: number[] = [];
  const { ask, seen } = withList(
    PEOPLE,
    (query, request) => {
      asked.push(pace.now());
      return route(query, request);
    },
    { pace, settings: { OPERATION_TIMEOUT: "30" } },
  );
  return {
    ask,
    seen,
    pace,
    /** When upstream was asked. */
    asked,
    end() {
      route = good;
    },
    /** The answer, letting time pass until it is there. */
    async answer(query: string): Promise<Answer> {
      let answer: Answer | undefined;
      const asking = ask(query).then((given) => {
        answer = given;
      });
      while (answer === undefined) await pace.advance(100);
      await asking;
      return answer;
    },
  };
}

const REFUSED = ["UPSTREAM_RATE_LIMITED", "UPSTREAM_BUDGET_EXHAUSTED"];

describe.each<[string, Route]>([
  ["without a time", refusing()],
  ["with retry-after: 0", refusing({ "retry-after": "0" })],
  ["with nonsense", refusing({ "retry-after": "soon" })],
])("three hours of 429 %s", { tags: "deep" }, (_how, refused) => {
  test("cost at most two requests a minute, each answer says when to come back, and the end is found within two minutes", async () => {
    const { answer, asked, end, pace } = storm(refused);
    const HOURS = 3;
    for (let i = 0; pace.now() < HOURS * 3_600_000; i++) {
      const { errors } = await answer(fresh(i));
      expect(REFUSED).toContain(errors?.[0]?.extensions.code);
      expect(errors?.[0]?.extensions.retryAfter).toBeGreaterThanOrEqual(1);
      expect(errors?.[0]?.extensions.retryAfter).toBeLessThanOrEqual(61);
      await pace.advance(10_000);
    }
    const late = asked.filter((at) => at > 600_000);
    expect(late.length).toBeGreaterThan(60); // it does go on finding out
    expect(late.length / (HOURS * 60 - 10)).toBeLessThanOrEqual(2);
    end();
    const ended = pace.now();
    let i = 5_000;
    while ((await answer(fresh(i++))).errors !== undefined) await pace.advance(5_000);
    expect(pace.now() - ended).toBeLessThan(120_000);
  });
});

test("retry-after: 120 keeps fifty callers in: one request, none inside the window, and all get the error at once", async () => {
  const { ask, asked, answer, end, pace } = storm(refusing({ "retry-after": "120" }));
  const first = await answer(fresh(0));
  expect(expectError(first, "UPSTREAM_RATE_LIMITED").extensions.retryAfter).toBe(120);
  for (let second = 0; second < 120; second += 10) {
    // Time stands still: whoever waited would never be answered.
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(fresh(1 + second * 50 + i))));
    const left = 120 - second;
    for (const each of answers) {
      if (left <= 30) break;
      expect(expectError(each, "UPSTREAM_BUDGET_EXHAUSTED").extensions.retryAfter).toBeLessThanOrEqual(
        left + 50,
      );
    }
    await pace.advance(10_000);
    if (left <= 50) break;
  }
  expect(asked).toEqual([0]);
  end();
  await pace.advance(60_000);
  expect((await answer(fresh(5_999))).errors).toBeUndefined();
  expect(asked.every((at) => at === 0 || at >= 120_000)).toBe(true);
});

test("a caller that can wait for the end of the window waits for it, and asks then", async () => {
  const { ask, asked, answer, end, pace } = storm(refusing({ "retry-after": "20" }));
  const waiting = answer(fresh(0));
  const others = Promise.all(Array.from({ length: 50 }, (_, i) => ask(fresh(1 + i))));
  await pace.advance(1_000);
  end();
  await pace.advance(30_000);
  for (const { errors } of [await waiting, ...(await others)]) expect(errors).toBeUndefined();
  // Those that had left before the first refusal came back are refused with it.
  const early = asked.filter((at) => at < 20_000);
  expect(early.every((at) => at === 0)).toBe(true);
  expect(asked.length - early.length).toBe(51);
});

describe("a retry-after that is a date", () => {
  const dated = (date: string, after: number): Route => {
    const sentAt = Date.parse(date);
    return refusing({
      date: new Date(sentAt).toUTCString(),
      "retry-after": new Date(sentAt + after * 1_000).toUTCString(),
    });
  };

  test.each([
    ["the gateway's", NOW],
    ["a day ahead of the gateway's", "2026-11-23T12:00:00Z"],
    ["a day behind the gateway's", "2026-11-21T12:00:00Z"],
    ["years off", "1999-01-01T00:00:00Z"],
  ])("is read by the clock the answer is dated by: %s", async (_whose, date) => {
    const { answer } = storm(dated(date, 90));
    expect(expectError(await answer(fresh(0)), "UPSTREAM_RATE_LIMITED").extensions.retryAfter).toBe(90);
  });
});

test("a retry-after of years blocks for an hour; then one request finds out", async () => {
  const { ask, answer, asked, end, pace } = storm(refusing({ "retry-after": "9".repeat(30) }));
  expect(expectError(await answer(fresh(0)), "UPSTREAM_RATE_LIMITED").extensions.retryAfter).toBe(31_536_000);
  end();
  await pace.advance(3_000_000);
  expect(
    expectError(await ask(fresh(1)), "UPSTREAM_BUDGET_EXHAUSTED").extensions.retryAfter,
  ).toBeLessThanOrEqual(600);
  await pace.advance(600_000);
  expect((await answer(fresh(2))).errors).toBeUndefined();
  expect(asked).toHaveLength(2);
});

describe("a refusal that says that a retry is useless", () => {
  test.each([429, 500, 503, 529])("%i with x-should-retry: false is one attempt", async (status) => {
    const { ask, seen } = withList(PEOPLE, () =>
      refusal(status, "some_error", LEAK, { "x-should-retry": "false" }),
    );
    const { errors } = await ask(fresh(0));
    expect(errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_(RATE_LIMITED|UNAVAILABLE)$/);
    expect(seen).toHaveLength(1);
  });

  test.each([400, 401, 402, 403, 404, 410])("%i is one attempt whatever it says", async (status) => {
    const { ask, seen } = withList(PEOPLE, () =>
      refusal(status, "some_error", LEAK, { "x-should-retry": "true" }),
    );
    expect((await ask(fresh(0))).errors).toHaveLength(1);
    expect(seen).toHaveLength(1);
  });
});
