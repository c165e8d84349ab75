/** @module-tag deep */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { gateway, json, type Route, refusal } from "../gateway.ts";
import { simulatedPace } from "../upstream/pace.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { redis, sqlite } from "./stores.ts";

/** A key of its own for each test, so that they share no answers. */
function settingsOf(settings = {}) {
  return { ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`, ...settings };
}

const WEEK = (month: string) => `range: { between: { from: "2026-${month}-01", until: "2026-${month}-08" } }`;
const people = (month: string) =>
  `{ users(${WEEK(month)}) { nodes { userId email } freshness { state stale } } }`;

/** Fifty questions, each of which is one page. */
const FIFTY = Array.from({ length: 50 }, (_, i) => {
  const day = String((i % 25) + 1).padStart(2, "0");
  return `{ users(range: { between: { from: "2026-${i < 25 ? "08" : "09"}-${day}", until: "2026-10-${day}" } }) { nodes { userId } } }`;
});

describe.each([sqlite, redis])("replicas that share $name", ({ open, skip }) => {
  test.skipIf(skip)("send fifty questions that four are asked at once upstream once", async () => {
    let requests = 0;
    const routes: Record<string, Route> = {
      [PATHS.users]: async () => {
        requests++;
        await sleep(20);
        return json(tokenPage([wireUser("user_a"), wireUser("user_b")]));
      },
    };
    const stores = await Promise.all([open(), open(), open(), open()]);
    const settings = settingsOf();
    const replicas = stores.map((store) => gateway({ routes, store, settings }));
    const answers = await Promise.all(replicas.flatMap(({ ask }) => FIFTY.map((question) => ask(question))));
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data.users.nodes).toHaveLength(2);
    }
    expect(requests).toBe(50);
    const said = answers.map(({ extensions }) => extensions.upstream.requests);
    expect(said.reduce((sum, each) => sum + each, 0)).toBe(50);
    await Promise.all(replicas.map(({ app }) => app.dispose()));
  });

  test.skipIf(skip)(
    "answer final figures without a request after a restart, and read on from each other's cursors",
    async () => {
      const settings = settingsOf();
      const question = `query ($after: String) { cost(range: { between: { from: "2026-05-01", until: "2026-08-01" } }, groupBy: [PRODUCT], first: 30, after: $after, bucket: DAY) {
      nodes { from product net { cents } } pageInfo { endCursor } freshness { state } } }`;
      const before = gateway({ sandbox: { users: 60 }, store: await open(), settings });
      const first = await before.ask(question);
      expect(first.data.cost.freshness.state).toBe("FINAL");
      const second = await before.ask(question, { after: first.data.cost.pageInfo.endCursor });
      await before.app.dispose();

      const after = gateway({
        sandbox: { users: 60 },
        store: await open(),
        settings,
        now: "2026-12-20T12:00:00Z",
      });
      const again = await after.ask(question);
      const on = await after.ask(question, { after: first.data.cost.pageInfo.endCursor });
      expect([again.data, on.data]).toEqual([first.data, second.data]);
      expect(after.seen).toEqual([]);
      expect(again.extensions.upstream).toMatchObject({ requests: 0 });
      await after.app.dispose();
    },
  );

  test.skipIf(skip)("never see the answers to another key", async () => {
    const a = gateway({
      routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) },
      store: await open(),
      settings: settingsOf(),
    });
    const b = gateway({
      routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_b")])) },
      store: await open(),
      settings: settingsOf(),
    });
    const [first, second] = [await a.ask(people("05")), await b.ask(people("05"))];
    expect(first.data.users.nodes[0].userId).toBe("user_a");
    expect(second.data.users.nodes[0].userId).toBe("user_b");
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });

  test.skipIf(skip)("do not wait for one that failed, and remember no failure", async () => {
    let failing = true;
    const routes: Record<string, Route> = {
      [PATHS.users]: async () => {
        await sleep(10);
        return failing ? refusal(403, "permission_error", "no") : json(tokenPage([wireUser("user_a")]));
      },
    };
    const settings = settingsOf();
    const [a, b] = [
      gateway({ routes, store: await open(), settings }),
      gateway({ routes, store: await open(), settings }),
    ];
    const failed = await Promise.all([a.ask(people("06")), b.ask(people("06"))]);
    for (const { errors } of failed) expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_AUTH");
    failing = false;
    const good = await Promise.all([a.ask(people("06")), b.ask(people("06"))]);
    for (const { errors } of good) expect(errors).toBeUndefined();
    expect(a.seen.length + b.seen.length).toBe(3);
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });

  test.skipIf(skip)("do not wait long for one that died while it was asking", async () => {
    const settings = settingsOf({ UPSTREAM_TIMEOUT: "1" });
    const routes: Record<string, Route> = { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) };
    const store = await open();
    // As it would be if its holder had been killed.
    const held = new Set<string>();
    const haunted: SharedStore = {
      ...store,
      async acquire(name, holder, lifetimeMs) {
        if (!held.has(name)) await store.acquire(name, "dead", lifetimeMs);
        held.add(name);
        return store.acquire(name, holder, lifetimeMs);
      },
    };
    const { ask, app } = gateway({ routes, store: haunted, settings });
    expect((await ask(people("08"))).errors).toBeUndefined();
    await app.dispose();
  });

  test.skipIf(skip)("leave upstream alone together while it says so", async () => {
    let isOpen = false;
    const routes: Record<string, Route> = {
      [PATHS.users]: () =>
        isOpen
          ? json(tokenPage([wireUser("user_a")]))
          : refusal(429, "rate_limit_error", "slow", { "retry-after": "40" }),
    };
    const settings = settingsOf();
    const [a, b] = [
      gateway({ routes, store: await open(), settings }),
      gateway({ routes, store: await open(), settings }),
    ];
    const first = await a.ask(people("07"));
    expect(first.errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_RATE_LIMITED", retryAfter: 40 });
    isOpen = true;
    for (const [replica, month] of [
      [a, "05"],
      [b, "06"],
    ] as const) {
      const { errors } = await replica.ask(people(month));
      expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_BUDGET_EXHAUSTED");
      expect(errors?.[0]?.extensions.retryAfter).toBeGreaterThan(35);
    }
    expect([a.seen.length, b.seen.length]).toEqual([1, 0]);
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });

  test.skipIf(skip)("share the minute: together they send no more than it allows", async () => {
    const routes: Record<string, Route> = { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) };
    const settings = settingsOf({ UPSTREAM_PER_MINUTE: "20", OPERATION_TIMEOUT: "5" });
    const [a, b] = [
      gateway({ routes, store: await open(), settings }),
      gateway({ routes, store: await open(), settings }),
    ];
    const answers = await Promise.all(FIFTY.map((question, i) => (i % 2 === 0 ? a : b).ask(question)));
    const refused = answers.filter(({ errors }) => errors !== undefined);
    expect(a.seen.length + b.seen.length).toBe(20);
    expect(refused).toHaveLength(30);
    for (const { errors } of refused)
      expect(errors?.[0]?.extensions).toMatchObject({
        code: "UPSTREAM_BUDGET_EXHAUSTED",
        dataset: "USER_ACTIVITY",
      });
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });
});

test("a client that leaves gives its place in the queue free, unless another client waits for the same", async () => {
  const pace = simulatedPace();
  const { app, seen, ask } = gateway({
    routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) },
    settings: { UPSTREAM_PER_MINUTE: "1", OPERATION_TIMEOUT: "600" },
    pace,
  });
  const leaving = new AbortController();
  const leave = async (query: string) => {
    try {
      await app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
        signal: leaving.signal,
      });
    } catch {
      // It has left.
    }
  };
  await ask(people("05"));
  const left = [people("06"), people("07")].map(leave);
  const stays = ask(people("07"));
  await sleep(50);
  leaving.abort();
  await Promise.all(left);
  await pace.advance(200_000);
  expect((await stays).data.users.nodes).toHaveLength(1);
  expect(seen.map((url) => url.searchParams.get("starting_date"))).toEqual(["2026-05-01", "2026-07-01"]);
});

/** A store in which something is always wrong. */
function broken(faults: Partial<SharedStore>): SharedStore {
  const nothing = async () => {};
  return {
    about: { store: "redis", host: "store.test" },
    get: async () => null,
    set: nothing,
    delete: nothing,
    acquire: async () => true,
    release: nothing,
    take: async () => 0,
    block: nothing,
    occupancy: async () => ({ freeInMs: [], blockedMs: 0 }),
    dispose: nothing,
    ...faults,
  };
}

const fails = async () => {
  throw new Error("canary: the store is full");
};
const hangs = () => new Promise<never>(() => {});

describe("a shared store that fails", () => {
  test.each<[string, SharedStore]>([
    [
      "every call",
      broken({
        get: fails,
        set: fails,
        delete: fails,
        acquire: fails,
        release: fails,
        take: fails,
        block: fails,
      }),
    ],
    ["by hanging", broken({ get: hangs, set: hangs, acquire: hangs, release: hangs, take: hangs })],
    ["to write", broken({ set: fails })],
    ["to delete, and holds noise", broken({ get: async () => new Uint8Array(500_000), delete: fails })],
    [
      "by giving what another name holds",
      broken({ get: async () => new TextEncoder().encode('{"data":[]}') }),
    ],
    ["to release a name", broken({ release: fails })],
  ])("%s does not show in an answer", async (_how, store) => {
    const { ask, seen, faults } = gateway({
      routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) },
      store,
      storeTimeoutMs: 200,
    });
    for (const month of ["05", "06", "07"]) {
      const { data, errors } = await ask(people(month));
      expect(errors).toBeUndefined();
      expect(data.users.nodes).toEqual([{ userId: "user_a", email: "user_a@ternplover.example" }]);
    }
    expect(seen).toHaveLength(3);
    expect(faults.length).toBeLessThanOrEqual(1);
  });

  test("is asked again when it is back", async () => {
    let isAway = true;
    let asked = 0;
    const store = broken({
      get: async () => {
        asked++;
        if (isAway) throw new Error("away");
        return null;
      },
    });
    const { ask } = gateway({
      routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) },
      store,
    });
    await ask(people("05"));
    isAway = false;
    await ask(people("06"));
    expect(asked).toBe(1);
    await sleep(5_100);
    await ask(people("07"));
    expect(asked).toBeGreaterThan(1);
  });
});

describe("older figures", () => {
  const recent = `{ users(range: { between: { from: "2026-11-10", until: "2026-11-12" } }) { nodes { userId } freshness { stale staleBecause state } } }`;

  test.each([
    ["UPSTREAM_UNAVAILABLE", () => refusal(500, "api_error", "no")],
    ["UPSTREAM_RATE_LIMITED", () => refusal(429, "rate_limit_error", "no", { "retry-after": "300" })],
    ["UPSTREAM_SHAPE", () => json({ data: "nothing" })],
  ])("stand in for what upstream fails to say again, and say why: %s", async (code, failure) => {
    let answer: Route = () => json(tokenPage([wireUser("user_a")]));
    const { ask, at } = gateway({ routes: { [PATHS.users]: (query, request) => answer(query, request) } });
    const first = await ask(recent);
    expect(first.data.users.freshness).toEqual({ stale: false, staleBecause: null, state: "SETTLING" });
    answer = failure;
    at("2026-11-22T14:00:00Z");
    const second = await ask(recent);
    expect(second.errors).toBeUndefined();
    expect(second.extensions.freshness).toEqual({ state: "SETTLING", refreshedAt: null, stale: true });
    expect(second.data.users).toEqual({
      nodes: [{ userId: "user_a" }],
      freshness: { stale: true, staleBecause: code, state: "SETTLING" },
    });
  });

  test("do not when upstream says no, and are replaced as soon as it answers", async () => {
    let answer: Route = () => json(tokenPage([wireUser("user_a")]));
    const { ask, at } = gateway({ routes: { [PATHS.users]: (query, request) => answer(query, request) } });
    await ask(recent);
    at("2026-11-22T14:00:00Z");
    answer = () => refusal(403, "permission_error", "no");
    expect((await ask(recent)).errors?.[0]?.extensions.code).toBe("UPSTREAM_AUTH");
    answer = () => refusal(500, "api_error", "no");
    expect((await ask(recent)).data.users.freshness.stale).toBe(true);
    answer = () => json(tokenPage([wireUser("user_b")]));
    expect((await ask(recent)).data.users).toMatchObject({
      nodes: [{ userId: "user_b" }],
      freshness: { stale: false },
    });
  });
});
