import { describe, expect, test } from "vitest";
import { organizationsOf } from "../src/analytics/organizations.ts";
import { warmSteps } from "../src/analytics/warm.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { type Decimal, formatDecimal, parseDecimal, sum as sumOf } from "../src/domain/decimal.ts";
import { gateway, json, type Route } from "./gateway.ts";
import { sqlite } from "./stores/stores.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser, wireUserCost } from "./wire.ts";

const STITCHED = `query ($range: DateRange!, $first: Int!) {
  users(range: $range, first: $first) {
    nodes { email activity { chat { messages } } cost { net { usd } } claudeCode { commits estimated { usd } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

describe("the stitched list of people", () => {
  test("asks once per resource and day for a page of ten", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 250 } });
    const { data, errors } = await ask(STITCHED, { range: { last: { days: 7 } }, first: 10 });
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toHaveLength(10);
    expect(counted(seen)).toEqual({ users: 1, user_cost_report: 1, claude_code: 7 });
  });

  test("of 1,200 users, a thousand at once, asks for no more pages than there are", async () => {
    const { ask, seen, requestsOf } = gateway({ sandbox: { users: 1200 } });
    const { data, errors } = await ask(STITCHED, { range: { last: { days: 7 } }, first: 1000 });
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toHaveLength(1000);

    // The least there is: 1,200 people are two pages of a thousand, so is their report, and each day has records of its own.
    expect(counted(seen)).toEqual({ users: 2, user_cost_report: 2, claude_code: 7 });
    expect(new Set(seen.map((url) => url.href)).size).toBe(seen.length);
    const [, again] = await requestsOf(() => ask(STITCHED, { range: { last: { days: 7 } }, first: 1000 }));
    expect(again).toEqual([]);
  });
});

test("ten months of activity of 1,200 people, rolled up, are two requests", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 1200 } });
  const page = (after: string | null) =>
    ask(
      `query ($after: String) { users(range: { between: { from: "2026-01-20", until: "2026-11-20" } }, first: 1000, after: $after) {
        nodes { userId activity { chat { messages } } } pageInfo { endCursor hasNextPage } } }`,
      { after },
    );
  const first = await page(null);
  const second = await page(first.data.users.pageInfo.endCursor);
  expect([first.errors, second.errors]).toEqual([undefined, undefined]);
  const people = [...first.data.users.nodes, ...second.data.users.nodes];
  expect(second.data.users.pageInfo.hasNextPage).toBe(false);
  expect(new Set(people.map(({ userId }) => userId)).size).toBe(people.length);
  expect(people.length).toBeGreaterThan(1_100);
  expect(people.every(({ activity }) => activity !== null)).toBe(true);
  expect(seen.map((url) => url.searchParams.get("limit"))).toEqual(["1000", "1000"]);
});

/** Requests by the last word of their path. */
function counted(seen: readonly URL[]): Record<string, number> {
  const names = seen.map((url) => url.pathname.split("/").at(-1) ?? "");
  return Object.fromEntries(names.map((name) => [name, names.filter((each) => each === name).length]));
}

describe("a final range", () => {
  const months = { between: { from: "2026-05-01", until: "2026-09-01" } };

  test("is requested once: the second time costs no request, at any later time", async () => {
    const { ask, requestsOf, at } = gateway({ sandbox: { users: 60 } });
    const question = `query ($range: DateRange!) {
      users(range: $range, first: 100) { nodes { email usage { totalTokens } cost { net { usd } } } freshness { state } }
      skills(range: $range) { nodes { name users } }
      cost(range: $range, groupBy: [PRODUCT], bucket: DAY) { nodes { product net { usd } } total { net { usd } } freshness { state } }
      usage(range: $range, bucket: NONE, groupBy: [USER]) { nodes { user { userId } tokens { totalTokens } } }
    }`;
    const [first, requests] = await requestsOf(() => ask(question, { range: months }));
    expect(first.errors).toBeUndefined();
    expect(first.data.cost.freshness.state).toBe("FINAL");
    expect(requests.length).toBeGreaterThan(10);
    expect(first.extensions.upstream.requests).toBe(requests.length);

    at("2026-11-23T11:00:00Z");
    const [second, none] = await requestsOf(() => ask(question, { range: months }));
    expect(none).toEqual([]);
    expect(second.data).toEqual(first.data);
    expect(second.extensions.freshness).toEqual({ state: "FINAL", refreshedAt: null, stale: false });
    expect(second.extensions.upstream).toMatchObject({ requests: 0, cacheHits: requests.length });

    // Figures become final, names do not: they are looked up once they are a day old.
    at("2026-12-24T18:00:00Z");
    const [third, names] = await requestsOf(() => ask(question, { range: months }));
    expect(counted(names)).toEqual({ users: 1 });
    expect(names[0]?.pathname).toBe(PATHS.members);
    const figures = (data: unknown) =>
      JSON.parse(JSON.stringify(data, (key, value) => (key === "email" ? "" : value)));
    expect(figures(third.data)).toEqual(figures(first.data));
  });

  test("serves every range that contains the same months", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 30 } });
    const cost = `query ($range: DateRange!) { cost(range: $range, first: 1000, bucket: DAY) { nodes { net { usd } } } }`;
    await ask(cost, { range: { between: { from: "2026-03-01", until: "2026-08-01" } } });
    const [, requests] = await requestsOf(() =>
      ask(cost, { range: { between: { from: "2026-02-10", until: "2026-09-01" } } }),
    );
    expect(requests.map((url) => url.searchParams.get("starting_at"))).toEqual([
      "2026-02-01T00:00:00Z",
      "2026-08-01T00:00:00Z",
    ]);
  });

  test.each([
    ["a ranking of models", 9, "cost", "bucket: NONE, groupBy: [MODEL]", "nodes { model net { cents } }"],
    [
      "daily tokens of the older reports",
      9,
      "usage",
      "bucket: DAY, source: LEGACY, groupBy: [PRODUCT]",
      "nodes { from product tokens { totalTokens } }",
    ],
  ])(
    "%s of a year, from every %i. day on after one warm-up, costs nothing for final months",
    async (_name, days, field, args, rows) => {
      const { ask, requestsOf, at } = gateway({
        sandbox: { users: 20 },
        now: "2026-12-31T12:00:00Z",
        settings: { MAX_FIRST: "100000" },
      });
      const question = (from: string) =>
        `{ ${field}(range: { between: { from: "${from}", until: "2026-12-31" } }, ${args}, first: 100000) { ${rows} total { __typename } } }`;
      expect((await ask(question("2026-01-02"))).errors).toBeUndefined();
      await ask(question("2026-01-01"));
      const asked = new Set<string>();
      for (let day = Date.parse("2026-01-02"); day < Date.parse("2026-12-31"); day += days * 86_400_000) {
        at(
          new Date(
            Date.parse("2026-12-31T12:00:00Z") + (day - Date.parse("2026-01-01")) / 6_000,
          ).toISOString(),
        );
        const [{ errors }, requests] = await requestsOf(() =>
          ask(question(new Date(day).toISOString().slice(0, 10))),
        );
        expect(errors).toBeUndefined();
        for (const url of requests) asked.add(url.searchParams.get("starting_at")?.slice(0, 7) ?? "");
      }
      expect([...asked].sort()).toEqual(["2026-12"]);
    },
  );

  describe("of a year of daily cost by model, from whichever first day on, costs nothing for final months", () => {
    const NEW_YEAR = Date.parse("2026-12-31T12:00:00Z");
    const from = (day: string) =>
      `{ cost(range: { between: { from: "${day}", until: "2027-01-01" } }, groupBy: [MODEL], first: 100000, bucket: DAY) {
        nodes { __typename } total { __typename } } }`;
    const open = async (key: string, store: SharedStore | null) =>
      gateway({
        sandbox: { users: 20 },
        now: new Date(NEW_YEAR).toISOString(),
        settings: { MAX_FIRST: "100000", ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${key}` },
        ...(store === null ? {} : { store }),
      });

    type Warmed = (key: string) => ReturnType<typeof open>;

    const afterOne: Warmed = async (key) => {
      const warmed = await open(key, null);
      expect((await warmed.ask(from("2026-01-01"))).errors).toBeUndefined();
      return warmed;
    };

    async function expectNoRequests(days: number, warmed: Warmed): Promise<void> {
      const { ask, at, seen, app } = await warmed(crypto.randomUUID());
      const before = seen.length;
      for (let i = 0; i < 365; i += days) {
        at(new Date(NEW_YEAR + i * 60_000).toISOString());
        const day = new Date(Date.parse("2026-01-01") + i * 86_400_000).toISOString().slice(0, 10);
        expect((await ask(from(day))).errors).toBeUndefined();
      }
      const months = seen.slice(before).map((url) => url.searchParams.get("starting_at")?.slice(0, 7));
      expect(new Set(months)).toEqual(new Set(["2026-12"]));
      await app.dispose();
    }

    test.each<[string, Warmed]>([
      ["after one of them", afterOne],
      [
        "after one of them and a restart",
        async (key) => {
          const before = await open(key, await sqlite.open());
          expect((await before.ask(from("2026-01-01"))).errors).toBeUndefined();
          await before.app.dispose();
          return open(key, await sqlite.open());
        },
      ],
      [
        "after `warm`",
        async (key) => {
          const before = await open(key, await sqlite.open());
          const ctx = before.app.context(new AbortController().signal, "warm");
          for (const { run } of warmSteps(ctx, organizationsOf(ctx), ["cost"], 12)) await run();
          await before.app.dispose();
          return open(key, await sqlite.open());
        },
      ],
    ])("%s, from every 11. day on", (_how, warmed) => expectNoRequests(11, warmed));

    test("after one of them, from every 1. day on", { tags: "deep" }, () => expectNoRequests(1, afterOne));
  });

  test("has the figures of the exact days when those are requested alone", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const range = `range: { between: { from: "2026-05-10", until: "2026-07-05" } }`;
    // Hours and splits by person are asked for as they are; days and rankings by whole months.
    const { data, errors } = await ask(`{
      days: cost(${range}, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { from until product net { cents } } total { net { cents } } range { from until } }
      ranked: cost(${range}, bucket: NONE, groupBy: [PRODUCT]) { nodes { from until product net { cents } } }
      exact: cost(${range}, bucket: HOUR, groupBy: [PRODUCT], first: 1000) { nodes { net { cents } } total { net { cents } } pageInfo { hasNextPage } }
      older: cost(${range}, source: LEGACY, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { from product net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    const sum = (rows: readonly { net: { cents: string } }[]) =>
      formatDecimal(sumOf(rows.map(({ net }) => parseDecimal(net.cents) as Decimal))).replace(/\.?0+$/, "");
    const total = sum([data.days.total]);
    expect([
      sum(data.days.nodes),
      sum(data.ranked.nodes),
      sum(data.older.nodes),
      sum([data.exact.total]),
    ]).toEqual(Array(4).fill(total));
    expect(data.days.range).toEqual({ from: "2026-05-10", until: "2026-07-05" });
    expect(data.days.nodes[0].from).toBe("2026-05-10T00:00:00.000Z");
    expect(data.days.nodes.at(-1).until).toBe("2026-07-05T00:00:00.000Z");
    for (const { from, until } of data.ranked.nodes)
      expect([from, until]).toEqual(["2026-05-10T00:00:00.000Z", "2026-07-05T00:00:00.000Z"]);
  });

  test("is requested alone while its month still moves, so that it is kept for good", async () => {
    const { ask, requestsOf, at } = gateway({ sandbox: { users: 20 }, now: "2026-11-25T12:00:00Z" });
    const days = `{ cost(range: { between: { from: "2026-10-02", until: "2026-10-10" } }, bucket: DAY) { nodes { from } freshness { state } } }`;
    const [{ data }, requests] = await requestsOf(() => ask(days));
    expect(data.cost.freshness.state).toBe("FINAL");
    expect(requests.map((url) => url.searchParams.get("starting_at"))).toEqual(["2026-10-02T00:00:00Z"]);
    at("2026-11-25T18:00:00Z");
    expect((await requestsOf(() => ask(days)))[1]).toEqual([]);
  });

  test.each([
    ["2026-11-22T16:59:00Z", "OPEN"],
    ["2026-11-22T17:00:00Z", "SETTLING"],
  ])(
    "yesterday's activity is not surely counted before five in the afternoon: at %s it is %s",
    async (now, state) => {
      const { ask } = gateway({ sandbox: { users: 20 }, now });
      const { data, extensions } = await ask(
        `{ users(range: { period: YESTERDAY }) { freshness { state } } }`,
      );
      expect(data.users.freshness.state).toBe(state);
      expect(extensions.freshness.state).toBe(state);
    },
  );

  test("is that of the days of the answer, also where their month was read whole", async () => {
    const { ask } = gateway({ sandbox: { users: 20 }, now: "2026-11-22T12:00:00Z" });
    const state = async (from: string, until: string) => {
      const range = `between: { from: "${from}", until: "${until}" }`;
      const { data, extensions } = await ask(`{ cost(range: { ${range} }) { freshness { state } } }`);
      expect(extensions.freshness.state).toBe(data.cost.freshness.state);
      return extensions.freshness.state;
    };
    expect(await state("2026-11-02", "2026-11-08")).toBe("SETTLING");
    expect(await state("2026-11-16", "2026-11-23")).toBe("OPEN");
  });

  test("is judged by upstream's watermark, so a stalled export makes nothing final", async () => {
    const stalled = reportPage([wireDay("2026-05-01", [wireCost("1")])], {
      watermark: "2026-05-20T00:00:00Z",
    });
    const { ask, requestsOf, at } = gateway({ routes: { [PATHS.cost]: () => json(stalled) } });
    const cost = `{ cost(range: { between: { from: "2026-05-01", until: "2026-05-02" } }, source: LEGACY, bucket: DAY) { nodes { state } freshness { state refreshedAt completeThrough } } }`;
    const { data } = await ask(cost);
    expect(data.cost.nodes).toEqual([{ state: "SETTLING" }]);
    expect(data.cost.freshness).toEqual({
      state: "SETTLING",
      refreshedAt: "2026-05-20T00:00:00.000Z",
      completeThrough: "2026-05-01",
    });
    at("2026-11-22T13:00:00Z");
    const [, requests] = await requestsOf(() => ask(cost));
    expect(requests).toHaveLength(1);
  });

  test("is never a range that no export covers", async () => {
    const { ask, requestsOf, at } = gateway({
      routes: { [PATHS.cost]: () => json(reportPage([], { watermark: null })) },
    });
    const cost = `{ cost(range: { between: { from: "2026-05-01", until: "2026-05-02" } }, bucket: DAY) { nodes { state } total { net { usd } } freshness { state refreshedAt } } }`;
    const { data } = await ask(cost);
    expect(data.cost).toEqual({ nodes: [], total: null, freshness: { state: "OPEN", refreshedAt: null } });
    at("2026-11-22T13:00:00Z");
    const [, requests] = await requestsOf(() => ask(cost));
    expect(requests.length).toBeGreaterThan(0);
  });
});

describe("a range that can still move", () => {
  const cost = `{ cost(range: { period: MONTH_TO_DATE }, bucket: DAY) { nodes { net { cents } state } freshness { stale staleBecause } } }`;

  test("is reused for five minutes, then shown as older while it is requested again, and after ten waited for", async () => {
    let amount = 1;
    const { ask, requestsOf, at } = gateway({
      routes: { [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost(`${amount++}`)])])) },
    });
    await ask(cost);
    at("2026-11-22T12:04:59Z");
    const [reused, none] = await requestsOf(() => ask(cost));
    expect(none).toEqual([]);
    expect(reused.data.cost.nodes[0].net.cents).toBe("1");
    at("2026-11-22T12:05:00Z");
    const [marked, one] = await requestsOf(async () => {
      const answer = await ask(cost);
      await expect.poll(async () => (await ask(cost)).data.cost.freshness.stale).toBe(false);
      return answer;
    });
    expect(one).toHaveLength(1);
    expect(marked.data.cost.nodes[0].net.cents).toBe("1");
    expect(marked.data.cost.freshness).toEqual({ stale: true, staleBecause: "REVALIDATING" });
    expect(marked.extensions).toMatchObject({ upstream: { requests: 0 }, freshness: { stale: true } });
    const [revised, again] = await requestsOf(() => ask(cost));
    expect(again).toEqual([]);
    expect(revised.data.cost.nodes[0].net.cents).toBe("2");
    expect(revised.data.cost.freshness).toEqual({ stale: false, staleBecause: null });
    at("2026-11-22T12:15:00Z");
    const [waited, last] = await requestsOf(() => ask(cost));
    expect(last).toHaveLength(1);
    expect(waited.data.cost.nodes[0].net.cents).toBe("3");
    expect(waited.data.cost.freshness.stale).toBe(false);
  });

  describe("and has exports", () => {
    const of = (groupBy: string) =>
      `{ cost(range: { period: MONTH_TO_DATE }, groupBy: [${groupBy}], bucket: DAY) { nodes { net { cents } } freshness { stale refreshedAt } } }`;
    const questions = ["PRODUCT", "MODEL", "COST_TYPE", "SPEED", "INFERENCE_GEO", "TOKEN_TYPE"].map(of);

    test("is known to be unchanged by one request for all of its questions", async () => {
      const { ask, requestsOf, at } = gateway({ sandbox: { users: 30 } });
      const before = [];
      for (const question of questions) before.push((await ask(question)).data);
      at("2026-11-22T13:30:00Z");
      const [after, requests] = await requestsOf(() =>
        Promise.all(questions.map((question) => ask(question))),
      );
      expect(requests).toHaveLength(1);
      expect(after.map(({ data }) => data)).toEqual(before);
      at("2026-11-22T13:34:00Z");
      const [, none] = await requestsOf(() => Promise.all(questions.map((question) => ask(question))));
      expect(none).toEqual([]);
    });

    test("is requested again, all of it, when a newer one is seen", async () => {
      const { ask, requestsOf, at } = gateway({ sandbox: { users: 30 } });
      for (const question of questions) await ask(question);
      at("2026-11-22T16:30:00Z");
      const [answers, requests] = await requestsOf(() =>
        Promise.all(questions.map((question) => ask(question))),
      );
      expect(requests).toHaveLength(questions.length);
      const exports = new Set(answers.map(({ data }) => data.cost.freshness.refreshedAt));
      expect(exports.size).toBe(1);
      for (const { data } of answers) expect(data.cost.freshness.stale).toBe(false);
    });

    test("shows no older figures beside newer ones unmarked", async () => {
      const { ask, at } = gateway({ sandbox: { users: 30 } });
      at("2026-11-22T15:59:00Z");
      await ask(of("PRODUCT"));
      at("2026-11-22T16:01:00Z"); // an export has come in between, and the first answer is two minutes old
      const { data } = await ask(of("MODEL"));
      const both = await ask(of("PRODUCT"));
      expect(both.data.cost.freshness.refreshedAt === data.cost.freshness.refreshedAt).toBe(
        !both.data.cost.freshness.stale,
      );
    });
  });

  test("is always requested again with FRESH_TTL=0, but never twice within one answer", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 30 }, settings: { FRESH_TTL: "0" } });
    const twice = `{ a: cost(range: { period: MONTH_TO_DATE }, bucket: DAY) { nodes { net { cents } } } b: cost(range: { period: MONTH_TO_DATE }, bucket: DAY) { nodes { net { cents } } total { net { cents } } } }`;
    const [, first] = await requestsOf(() => ask(twice));
    const [, second] = await requestsOf(() => ask(twice));
    expect([first.length, second.length]).toEqual([1, 1]);
  });
});

test("a hundred callers with one question cost what one costs", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 60 } });
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => ask(STITCHED, { range: { last: { days: 7 } }, first: 20 })),
  );
  expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  expect(counted(seen)).toEqual({ users: 1, user_cost_report: 1, claude_code: 7 });
});

test("fields that are not selected make no request", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 60 } });
  await ask(
    `{ users(range: { last: { days: 7 } }, first: 5) { nodes { userId email activity { webSearches } } } }`,
  );
  expect(counted(seen)).toEqual({ users: 1 });
});

describe("requests that need nothing of one another", () => {
  /** Answers only when so many requests have arrived: where one waits for another, none is ever answered. */
  function holding(requests: number, answer: Route): Route {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    let count = 0;
    return async (...request) => {
      if (++count === requests) resolve();
      await arrived;
      return answer(...request);
    };
  }

  const costOfMonth: Route = (query) =>
    json(
      reportPage([wireDay(query.get("starting_at")?.slice(0, 10) ?? "", [wireCost("1", { model: "m" })])]),
    );
  const costByModel = `query ($first: Int!) { cost(range: { between: { from: "2026-07-01", until: "2026-11-01" } }, bucket: DAY,
    groupBy: [MODEL], source: LEGACY, first: $first) { nodes { from net { cents } } pageInfo { hasNextPage } } }`;

  test("leave together: the months of a series that its rows need, and they are answered in order", async () => {
    const { ask, seen } = gateway({ routes: { [PATHS.cost]: holding(4, costOfMonth) } });
    const { data, errors } = await ask(costByModel, { first: 1_000 });
    expect(errors).toBeUndefined();
    const months = ["2026-07", "2026-08", "2026-09", "2026-10"];
    expect(data.cost.nodes.map(({ from }: { from: string }) => from.slice(0, 7))).toEqual(months);
    expect(seen).toHaveLength(4);
  });

  test("leave one by one where the first may hold all rows that are wanted", async () => {
    const full: Route = (query) => {
      const month = query.get("starting_at")?.slice(0, 7);
      const days = Array.from({ length: 20 }, (_, i) => `${month}-${String(i + 1).padStart(2, "0")}`);
      return json(reportPage(days.map((day) => wireDay(day, [wireCost("1", { model: "m" })]))));
    };
    const { ask, seen } = gateway({ routes: { [PATHS.cost]: full } });
    const { data } = await ask(costByModel, { first: 10 });
    expect(data.cost.nodes).toHaveLength(10);
    expect(data.cost.pageInfo.hasNextPage).toBe(true);
    expect(seen).toHaveLength(1);
  });

  test("leave one by one where a later month may hold all rows, though an earlier one holds few", async () => {
    const values = Array.from({ length: 10 }, (_, i) => wireCost("1", { model: `m${i}` }));
    const growing: Route = (query) => {
      const month = query.get("starting_at")?.slice(0, 7);
      const days = Array.from({ length: 31 }, (_, i) => `${month}-${String(i + 1).padStart(2, "0")}`);
      return json(
        reportPage(days.map((day) => wireDay(day, month === "2026-07" ? values.slice(0, 1) : values))),
      );
    };
    const { ask, seen } = gateway({ routes: { [PATHS.cost]: growing } });
    const { data } = await ask(costByModel, { first: 300 });
    expect(data.cost.nodes).toHaveLength(300);
    expect(seen).toHaveLength(2);
  });

  test("leave together: the months of a total, and the days of Claude Code", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.cost]: holding(11, costOfMonth),
        [PATHS.users]: () => json(tokenPage([wireUser("user_a")])),
        [PATHS.claudeCode]: holding(14, () => json(reportPage([], { watermark: null }))),
      },
    });
    const { data, errors } = await ask(`{
      cost(range: { between: { from: "2026-01-01", until: "2026-11-20" } }, groupBy: [MODEL], source: LEGACY) { nodes { net { cents } } }
      users(range: { last: { days: 14 } }) { nodes { claudeCode { commits } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([{ net: { cents: "11" } }]);
    expect(seen).toHaveLength(11 + 1 + 14);
  });
});

describe("figures of many pages of people", () => {
  const query = `query ($range: DateRange!, $first: Int!, $after: String) {
    users(range: $range, first: $first, after: $after) { nodes { user { id } userId cost { net { cents } } } pageInfo { endCursor } } }`;
  const finalWeek = { between: { from: "2026-10-05", until: "2026-10-12" } };
  const newestWeek = { last: { days: 7 } };

  /** Reads twenty pages of ten people. */
  async function twentyPages({ ask }: ReturnType<typeof gateway>, range: object) {
    const nodes = [];
    let after: string | null = null;
    for (let page = 0; page < 20; page++) {
      const { data, errors } = await ask(query, { range, first: 10, after });
      expect(errors).toBeUndefined();
      nodes.push(...data.users.nodes);
      after = data.users.pageInfo.endCursor;
    }
    return nodes;
  }

  test("over final days are one request of the whole report", async () => {
    const paged = gateway({ sandbox: { users: 250 } });
    const nodes = await twentyPages(paged, finalWeek);
    expect(counted(paged.seen)).toEqual({ users: 1, user_cost_report: 1 });

    const explained = await paged.app.fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables: { range: finalWeek, first: 12 } }),
    });
    expect((await explained.json()).extensions.plan).toMatchObject({ requests: 0, lookups: 0 });

    const reports = paged.seen.filter(({ pathname }) => pathname === PATHS.userCost);
    expect(reports.flatMap((url) => url.searchParams.getAll("user_ids[]"))).toEqual([]);

    // The same figures as by id, from where the number of people is not known yet.
    const other = gateway({ sandbox: { users: 250 } });
    const ids = nodes.slice(0, 20).map(({ user }) => user.id);
    const { data, errors } = await other.ask(
      `query ($ids: [ID!]!, $range: DateRange!) { nodes(ids: $ids) { ... on User { userId cost(range: $range) { net { cents } } } } }`,
      { ids, range: finalWeek },
    );
    expect(errors).toBeUndefined();
    expect(data.nodes).toEqual(nodes.slice(0, 20).map(({ userId, cost }) => ({ userId, cost })));
    const [report] = other.seen.filter(({ pathname }) => pathname === PATHS.userCost);
    expect(report?.searchParams.getAll("user_ids[]")).toHaveLength(20);
  });

  test("over days that still move are requested by id", async () => {
    const moving = gateway({ sandbox: { users: 250 } });
    await twentyPages(moving, newestWeek);
    expect(counted(moving.seen)).toEqual({ users: 1, user_cost_report: 20 });
  });
});

test("people of a page beyond a hundred are read from the whole report instead of by id", async () => {
  const people = Array.from({ length: 130 }, (_, i) => `user_${i}`);
  const { ask, seen } = gateway({
    routes: {
      [PATHS.users]: () => json(tokenPage(people.map((id) => wireUser(id)))),
      [PATHS.userCost]: () => json(reportPage(people.map((id) => wireUserCost(id, "1")))),
    },
  });
  const query = `query ($first: Int!) { users(range: { last: { days: 7 } }, first: $first) { nodes { cost { net { cents } } } } }`;
  await ask(query, { first: 100 });
  await ask(query, { first: 130 });
  await ask(query, { first: 99 }); // the whole report is stored
  const reports = seen.filter((url) => url.pathname === PATHS.userCost);
  expect(reports.map((url) => url.searchParams.getAll("user_ids[]").length)).toEqual([100, 0]);
});

test("a sum over more days than an operation may request is refused alone, before any of them is requested", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 30 } });
  const { data, errors } = await ask(
    `{ users(range: { period: YEAR_TO_DATE }, first: 3) { nodes { userId claudeCode { commits } } } }`,
  );
  expect(data.users.nodes).toHaveLength(3);
  expect(new Set(errors?.map((error) => error.extensions.code))).toEqual(new Set(["TOO_EXPENSIVE"]));
  expect(errors?.[0]?.message).toMatch(/at least 32\d upstream requests, and the operation has 59 left/);
  expect(counted(seen)).toEqual({ users: 1 });
});
