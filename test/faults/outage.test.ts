/** @module-tag deep */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { gateway, json, type Route, refusal } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { expectPresentable, LEAK, ORGANIZATION, requestsTo } from "./faults.ts";

/** A question nobody has asked yet, of one page. */
function fresh(i: number): string {
  const day = (n: number) => String(n).padStart(2, "0");
  const range = `range: { between: { from: "2026-0${1 + (i % 9)}-${day(1 + (Math.floor(i / 9) % 27))}", until: "2026-10-${day(1 + Math.floor(i / 243))}" } }`;
  return `{ users(${range}) { nodes { userId } } organization { name } }`;
}

describe("an upstream that fails for every caller", () => {
  test("is left alone: a hundred questions in five seconds cost less than twenty attempts, and it is found again within five", async () => {
    let isDown = true;
    const { ask, seen } = gateway({
      routes: {
        [PATHS.me]: () => json(ORGANIZATION),
        [PATHS.users]: () =>
          isDown ? refusal(500, "api_error", LEAK) : json(tokenPage([wireUser("user_a")])),
      },
    });
    const answers = [];
    for (let i = 0; i < 100; i++) {
      answers.push(ask(fresh(i)));
      await sleep(50);
    }
    for (const { data, errors } of await Promise.all(answers)) {
      expect(expectPresentable(errors)[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
      expect(data.organization).toEqual({ name: ORGANIZATION.name });
    }
    expect(requestsTo(PATHS.users, seen)).toBeLessThan(20);

    isDown = false;
    let refused = 0;
    for (; (await ask(fresh(100 + refused))).errors !== undefined; refused++) await sleep(50);
    expect(refused * 50).toBeLessThan(5_000);
  });

  test("says when to come back, and is not asked in between", async () => {
    const { ask, requestsOf } = gateway({
      routes: {
        [PATHS.me]: () => json(ORGANIZATION),
        [PATHS.users]: () => refusal(503, "api_error", LEAK),
      },
    });
    for (let i = 0; i < 4; i++) await ask(fresh(i));
    const [{ errors }, requests] = await requestsOf(() => ask(fresh(5)));
    const [error] = expectPresentable(errors);
    expect(error?.message).toContain("is paused for a moment");
    expect(error?.extensions.retryAfter).toBeGreaterThanOrEqual(1);
    expect(requestsTo(PATHS.users, requests)).toBe(0);
  });

  test("in one dataset affects no other, and makes none wait", async () => {
    const back = Promise.withResolvers<void>();
    const { ask } = gateway({
      routes: {
        [PATHS.me]: () => json(ORGANIZATION),
        [PATHS.users]: () => back.promise.then(() => json(tokenPage([]))),
        [PATHS.skills]: () => json(tokenPage([])),
      },
    });
    const hanging = Array.from({ length: 40 }, (_, i) => ask(fresh(i)));
    let answered = 0;
    for (const each of hanging) void each.then(() => answered++);
    await sleep(100);
    const { errors } = await ask(
      `{ skills(range: { between: { from: "2026-10-01", until: "2026-10-08" } }) { nodes { name } } }`,
    );
    expect(errors).toBeUndefined();
    expect(answered).toBe(0);
    back.resolve();
    for (const answer of await Promise.all(hanging)) expect(answer.errors).toBeUndefined();
  });

  test("in a wrong request is not taken for down", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.me]: () => json(ORGANIZATION),
        [PATHS.users]: () => refusal(400, "invalid_request_error", LEAK),
      },
    });
    for (let i = 0; i < 30; i++) await ask(fresh(i));
    expect(requestsTo(PATHS.users, seen)).toBe(30);
  });
});

/** The same numbers every time (Lehmer). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test("with one request in seven failing in some way, no list is wrong or short, and nearly all are whole", async () => {
  const PAGES = 12;
  const random = chance(20_261_122);
  const page = (token: number) =>
    tokenPage(
      Array.from({ length: 5 }, (_, i) => wireUser(`user_${token * 5 + i}`)),
      token + 1 === PAGES ? null : `${token + 1}`,
    );
  const FAULTS: readonly ((token: number) => ReturnType<Route>)[] = [
    () => refusal(500, "api_error", LEAK),
    () => refusal(503, "overloaded_error", LEAK),
    () => refusal(529, "overloaded_error", LEAK),
    () => refusal(429, "rate_limit_error", LEAK),
    () => refusal(429, "rate_limit_error", LEAK, { "retry-after": "0" }),
    (token) => (token === 0 ? refusal(502, "api_error", LEAK) : refusal(410, "invalid_request_error", LEAK)),
    (token) => {
      const whole = json(page(token));
      return { ...whole, body: String(whole.body).slice(0, 200) };
    },
    () => Promise.reject(new Error("reset")),
  ];
  let faults = 0;
  const { ask, seen } = gateway({
    routes: {
      [PATHS.me]: () => json(ORGANIZATION),
      [PATHS.users]: (query) => {
        const token = Number(query.get("page") ?? 0);
        if (random() >= 0.15) return json(page(token));
        faults++;
        return (FAULTS[Math.floor(random() * FAULTS.length)] as (token: number) => ReturnType<Route>)(token);
      },
    },
  });
  let complete = 0;
  for (let i = 0; i < 20; i++) {
    const { data, errors } = await ask(fresh(i).replace("(range", "(first: 1000, range"));
    if (errors !== undefined) {
      expectPresentable(errors);
      expect(data.users).toBeNull();
      continue;
    }
    complete++;
    expect(data.users.nodes.map((node: { userId: string }) => node.userId)).toEqual(
      Array.from({ length: PAGES * 5 }, (_, n) => `user_${n}`),
    );
  }
  expect(complete).toBeGreaterThanOrEqual(18);
  expect(faults).toBeGreaterThan(20);
  expect(seen.length).toBeLessThan(20 * PAGES * 1.5);
});
