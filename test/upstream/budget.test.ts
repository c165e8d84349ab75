import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRateLimiter } from "../../src/cache/memory-rate-limiter.ts";
import { GatewayError } from "../../src/errors.ts";
import { TokenBuckets } from "../../src/sandbox/token-buckets.ts";
import { Budget, type Priority, type Turn } from "../../src/upstream/budget/budget.ts";
import { type SimulatedPace, simulatedPace } from "./pace.ts";

function budgetOf(pace: SimulatedPace, perMinute = 60, rateLimiter = memoryRateLimiter(pace.now)) {
  return new Budget({
    rateLimiter,
    limits: { analytics: perMinute, lookups: 100, spendLimits: 60 },
    pace,
    backoffMs: 1_000,
  });
}

function turn(priority: Priority = "interactive", maxWaitMs = 30_000, caller = "ann"): Turn {
  return { organization: "org", family: "analytics", priority, caller, dataset: "USER_ACTIVITY", maxWaitMs };
}

/** What became of requests that wanted to leave, and when. */
interface Outcome {
  readonly priority: Priority;
  readonly asked: number;
  left?: number;
  refused?: GatewayError;
}

function enter(
  budget: Budget,
  pace: SimulatedPace,
  asked: Turn,
  unwanted = new AbortController().signal,
): Outcome {
  const outcome: Outcome = { priority: asked.priority, asked: pace.now() };
  budget.enter(asked, unwanted).then(
    () => {
      outcome.left = pace.now();
    },
    (fault: GatewayError) => {
      outcome.refused = fault;
    },
  );
  return outcome;
}

describe("a minute's requests", () => {
  test("leave at once, and the next when the first slot is free again", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    const outcomes = Array.from({ length: 60 }, () => enter(budget, pace, turn()));
    await pace.advance(1_000);
    expect(outcomes.every(({ left }) => left === 0)).toBe(true);
    await pace.advance(40_000);
    const next = enter(budget, pace, turn());
    await pace.advance(30_000);
    expect(next.left).toBeGreaterThanOrEqual(60_000);
    expect(next.left).toBeLessThan(62_000);
  });

  test("that would come too late are refused at once, with the seconds to wait", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    for (let i = 0; i < 60; i++) enter(budget, pace, turn());
    await pace.advance(10_000);
    const late = enter(budget, pace, turn("interactive", 30_000));
    await pace.advance(0);
    expect(late.refused).toBeInstanceOf(GatewayError);
    expect(late.refused).toMatchObject({
      code: "UPSTREAM_BUDGET_EXHAUSTED",
      details: { dataset: "USER_ACTIVITY", retryAfter: 51 },
    });
    expect(late.refused?.message).toContain("in 51 seconds");
  });

  test("go to those who wait for them before those who do not", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    for (let i = 0; i < 60; i++) enter(budget, pace, turn());
    await pace.advance(100);
    const warm = enter(budget, pace, turn("warm", 600_000));
    const refresh = enter(budget, pace, turn("refresh", 600_000));
    const interactive = enter(budget, pace, turn("interactive", 600_000));
    await pace.advance(300_000);
    const order = [interactive, refresh, warm].map(({ left }) => left ?? Number.NaN);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order.every((left) => left > 60_000)).toBe(true);
  });

  test("are never all taken by requests that fetch ahead", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    const warm = Array.from({ length: 200 }, () => enter(budget, pace, turn("warm", 3_600_000)));
    await pace.advance(1_000);
    expect(warm.filter(({ left }) => left !== undefined)).toHaveLength(30);
    const interactive = Array.from({ length: 30 }, () => enter(budget, pace, turn()));
    await pace.advance(1_000);
    expect(interactive.every(({ left }) => left !== undefined)).toBe(true);
  });

  test("of two organizations are two allowances, and so are those of figures and of look-ups", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace, 1);
    const outcomes = [
      enter(budget, pace, turn()),
      enter(budget, pace, { ...turn(), organization: "other" }),
      enter(budget, pace, { ...turn(), family: "lookups" }),
    ];
    await pace.advance(0);
    expect(outcomes.every(({ left }) => left === 0)).toBe(true);
  });

  test("are not taken by requests that no caller waits for any more", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace, 2);
    const gone = new AbortController();
    for (let i = 0; i < 2; i++) enter(budget, pace, turn());
    await pace.advance(1_000);
    const abandoned = enter(budget, pace, turn("interactive", 600_000), gone.signal);
    const waiting = enter(budget, pace, turn("interactive", 600_000));
    await pace.advance(1_000);
    gone.abort();
    await pace.advance(0);
    expect(abandoned.refused?.code).toBe("OPERATION_TIMEOUT");
    await pace.advance(60_000);
    expect([abandoned.left, waiting.left !== undefined]).toEqual([undefined, true]);
    expect(enter(budget, pace, turn(), gone.signal).left).toBeUndefined();
  });

  test("none leaves while upstream wants none", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    await budget.block(turn(), 20, 0);
    const waiting = enter(budget, pace, turn("interactive", 30_000));
    const impatient = enter(budget, pace, turn("interactive", 10_000));
    await pace.advance(19_000);
    expect([waiting.left, impatient.left]).toEqual([undefined, undefined]);
    expect(impatient.refused?.details.retryAfter).toBeGreaterThanOrEqual(20);
    await pace.advance(5_000);
    expect(waiting.left).toBeGreaterThanOrEqual(20_000);
  });
});

describe("callers who share a minute", () => {
  test("take turns: one with many questions does not hold up one with few", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace, 20);
    for (let i = 0; i < 20; i++) enter(budget, pace, turn());
    await pace.advance(1_000);
    const many = Array.from({ length: 40 }, () => enter(budget, pace, turn("interactive", 600_000)));
    const few = Array.from({ length: 3 }, () => enter(budget, pace, turn("interactive", 600_000, "bob")));
    await pace.advance(62_000);
    expect(few.every(({ left }) => left !== undefined)).toBe(true);
    expect(many.filter(({ left }) => left !== undefined).length).toBeLessThanOrEqual(17);
  });

  test("leave a quarter to the others, while there are any", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace, 20);
    enter(budget, pace, turn("interactive", 30_000, "bob"));
    await pace.advance(300_000);
    const greedy = Array.from({ length: 20 }, () => enter(budget, pace, turn()));
    await pace.advance(1_000);
    expect(greedy.filter(({ left }) => left !== undefined)).toHaveLength(15);
    expect(greedy.filter(({ refused }) => refused?.code === "UPSTREAM_BUDGET_EXHAUSTED")).toHaveLength(5);
    const bob = Array.from({ length: 5 }, () => enter(budget, pace, turn("interactive", 30_000, "bob")));
    await pace.advance(0);
    expect(bob.every(({ left }) => left === 301_000)).toBe(true);
    await pace.advance(900_000);
    const alone = Array.from({ length: 20 }, () => enter(budget, pace, turn()));
    await pace.advance(0);
    expect(alone.every(({ left }) => left !== undefined)).toBe(true);
  });
});

describe("an upstream that refuses without saying how long", () => {
  test("for hours is asked more and more seldom, at most once a minute", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    const asked: number[] = [];
    const until = 2 * 3_600_000;
    const keepsAsking = async () => {
      while (pace.now() < until) {
        await budget.enter(turn("interactive", 120_000), new AbortController().signal);
        asked.push(pace.now());
        await budget.block(turn(), 0, pace.now());
      }
    };
    void keepsAsking();
    await pace.advance(until);
    const pauses = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(pauses[0]).toBeLessThan(1_500);
    expect(Math.min(...pauses.slice(8))).toBeGreaterThanOrEqual(45_000);
    expect(asked.length).toBeLessThan(170);
  });

  test("counts those that left together once, and is forgiven with the first answer", async () => {
    const pace = simulatedPace();
    const budget = budgetOf(pace);
    await pace.advance(10);
    const together = await Promise.all(Array.from({ length: 30 }, () => budget.block(turn(), undefined, 5)));
    expect(Math.max(...together)).toBeLessThanOrEqual(1_000);
    await pace.advance(2_000);
    expect(await budget.block(turn(), undefined, pace.now())).toBeGreaterThan(1_400);
    await pace.advance(3_000);
    budget.answered(turn(), pace.now());
    expect(await budget.block(turn(), undefined, pace.now())).toBeLessThanOrEqual(1_000);
  });
});

test.each([
  ["one process", 1],
  ["two processes", 2],
])(
  "ten minutes of any mixed load in %s: upstream never has to refuse, and no caller waits longer than it can",
  { tags: "deep" },
  async (_name, processes) => {
    const arrivals = fc.array(
      fc.record({
        after: fc.nat({ max: 12_000 }),
        burst: fc.integer({ min: 1, max: 40 }),
        priority: fc.constantFrom<Priority>("interactive", "refresh", "warm"),
        maxWaitMs: fc.integer({ min: 1, max: 120_000 }),
        process: fc.nat({ max: processes - 1 }),
      }),
      { minLength: 60, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(arrivals, async (load) => {
        const pace = simulatedPace();
        const allowance = memoryRateLimiter(pace.now);
        const budgets = Array.from({ length: processes }, () => budgetOf(pace, 60, allowance));
        const outcomes: [Turn, Outcome][] = [];
        for (const { after, burst, priority, maxWaitMs, process } of load) {
          await pace.advance(after);
          for (let i = 0; i < burst; i++) {
            const asked = turn(priority, maxWaitMs);
            outcomes.push([asked, enter(budgets[process] as Budget, pace, asked)]);
          }
        }
        await pace.advance(600_000);

        const upstream = new TokenBuckets();
        const departures = outcomes.flatMap(([, { left }]) => (left === undefined ? [] : [left]));
        for (const left of departures.toSorted((a, b) => a - b))
          expect(upstream.take("org", "analytics", left).granted).toBe(true);
        for (const [{ maxWaitMs }, { asked, left, refused }] of outcomes) {
          expect((left === undefined) !== (refused === undefined)).toBe(true);
          if (left !== undefined) expect(left - asked).toBeLessThanOrEqual(maxWaitMs);
        }
      }),
      { numRuns: 30 },
    );
  },
);
