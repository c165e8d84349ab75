import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AlertStore } from "../../src/cache/alert-store.ts";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { receiver, signatureOf } from "./receiver.ts";
import { alertSettings, newPath, replica } from "./world.ts";

const BUDGETS = [
  { name: "all", amountUsd: 1, thresholds: [10, 50, 100] },
  { name: "<all> & more", amountUsd: 2, thresholds: [100] },
];
/** The crossings of those budgets. */
const CROSSINGS = ["<all> & more 100", "all 10", "all 100", "all 50"];
const OF_BUDGETS = { events: ["BUDGET_THRESHOLD"] };

const NOON = Date.parse("2026-11-22T12:00:00Z");
const MINUTE_MS = 60_000;
const later = (minutes: number) => new Date(NOON + minutes * MINUTE_MS).toISOString();

const crossingOf = ({ body: { data } }: { body: { data: { budget: string; percent: number } } }) =>
  `${data.budget} ${data.percent}`;

describe("a webhook that fails for an hour", () => {
  test.each([
    ["with 500", 500],
    ["with 404", 404],
    ["with a redirect", 302],
    ["without an answer", null],
  ] as const)("%s gets each alert of two replicas, exactly once if it deduplicates", async (_how, status) => {
    let isDown = true;
    const hook = await receiver((_received, response) => {
      if (!isDown) return 204;
      if (status === null) response.destroy();
      else response.writeHead(status, { location: "http://127.0.0.1:1/elsewhere" }).end();
      return undefined;
    });
    const settings = alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] });
    const path = newPath();
    const replicas = [await replica({ settings, path }), await replica({ settings, path })];
    const attempts: number[] = [];
    for (let minute = 0; minute <= 150; minute += 5) {
      isDown = minute < 60;
      for (const { at } of replicas) at(later(minute));
      const before = hook.received.length;
      await Promise.all(replicas.map(({ run }) => run()));
      attempts.push(hook.received.length - before);
    }
    expect(hook.distinct().map(crossingOf).sort()).toEqual(CROSSINGS);
    const delivered = hook.received.slice(-CROSSINGS.length);
    expect(new Set(delivered.map(({ id }) => id)).size).toBe(CROSSINGS.length);
    expect(attempts.reduce((a, b) => a + b)).toBeLessThan(CROSSINGS.length * 9); // pauses grow
    const [first] = hook.received;
    const again = hook.received.filter(({ id }) => id === first?.id);
    expect(again.length).toBeGreaterThan(3);
    expect(new Set(again.map(({ text }) => text)).size).toBe(1);
    expect(replicas.flatMap(({ failures }) => failures).length).toBeGreaterThan(CROSSINGS.length);
    await Promise.all(replicas.map(({ app }) => app.dispose()));
  });
});

describe("a delivery", () => {
  test("is signed over its id, time and body", async () => {
    const hook = await receiver();
    const { run, app } = await replica({ settings: alertSettings(BUDGETS, { webhooks: [hook.hook] }) });
    await run();
    expect(hook.received.length).toBeGreaterThan(CROSSINGS.length - 1);
    for (const each of hook.received) {
      expect(each.headers["webhook-signature"]).toBe(signatureOf(each));
      expect(each.headers["webhook-timestamp"]).toBe(String(NOON / 1_000));
      expect(each.body.data.id).toBe(each.id);
    }
    const page = readFileSync(new URL("../../docs/budgets.md", import.meta.url), "utf8");
    const shown = JSON.parse(/```json\n(\{\n {2}"type"[\s\S]*?)\n```/.exec(page)?.[1] ?? "");
    const fieldsOf = (body: { data: object }) => [...Object.keys(body), ...Object.keys(body.data)];
    for (const { body } of hook.received) expect(fieldsOf(body)).toEqual(fieldsOf(shown));
    await app.dispose();
  });

  test("to Slack is a text in which no name is markup", async () => {
    const hook = await receiver();
    const { run, app } = await replica({
      settings: alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS, format: "slack" }] }),
    });
    await run();
    const texts = hook.received.map(({ body }) => body.text);
    expect(texts.find((text) => text.includes("more"))).toMatch(
      /^The budget "&lt;all&gt; &amp; more" of enterprise has reached 100 % of \$2\.00: \$[\d,]+\.\d\d spent from 2026-11-01 to 2026-11-30 \(UTC\)\.$/,
    );
    expect(hook.received.every(({ body }) => Object.keys(body).join() === "text")).toBe(true);
    await app.dispose();
  });

  test("ends where the receiver is gone (410), or after three days, and says so", {
    tags: "deep",
  }, async () => {
    for (const [status, minutes] of [
      [410, 0],
      [500, 4 * 24 * 60],
    ] as const) {
      const hook = await receiver(() => status);
      const { run, at, failures, app } = await replica({
        settings: alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] }),
      });
      for (let minute = 0; minute <= minutes; minute += 60) {
        at(later(minute));
        await run();
      }
      const count = hook.received.length;
      const last = failures.filter((each) => (each as { isLast: boolean }).isLast);
      expect(last).toHaveLength(CROSSINGS.length);
      expect(last[0]).toMatchObject({ webhook: "hook", reason: String(status), host: expect.any(String) });
      at(later(minutes + 600));
      await run();
      expect(hook.received).toHaveLength(count);
      await app.dispose();
    }
  });

  test("waits for the time that its receiver names", async () => {
    const hook = await receiver((_received, response) => {
      response.writeHead(503, { "retry-after": "1800" }).end();
      return undefined;
    });
    const { run, at, app } = await replica({
      settings: alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] }),
    });
    await run();
    at(later(29));
    await run();
    expect(hook.received).toHaveLength(CROSSINGS.length);
    at(later(31));
    await run();
    expect(hook.received).toHaveLength(2 * CROSSINGS.length);
    await app.dispose();
  });

  test("ends with the head of an answer that never ends", async () => {
    const hook = await receiver((_received, response) => {
      response.writeHead(200);
      const drip = () => response.write("x".repeat(65_536)) || response.once("drain", drip);
      for (let i = 0; i < 10 && !response.destroyed; i++) drip();
      return undefined;
    });
    const { run, failures, app } = await replica({
      settings: alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] }),
    });
    await run();
    expect([hook.received.length, failures]).toEqual([CROSSINGS.length, []]);
    await app.dispose();
  });

  test("to one receiver does not wait for another", async () => {
    const [good, bad] = [await receiver(), await receiver(() => 500)];
    const { run, app } = await replica({
      settings: alertSettings(BUDGETS, {
        webhooks: [
          { ...bad.hook, ...OF_BUDGETS, name: "bad" },
          { ...good.hook, ...OF_BUDGETS },
        ],
      }),
    });
    await run();
    expect(good.distinct().map(crossingOf).sort()).toEqual(CROSSINGS);
    await app.dispose();
  });
});

interface Calls {
  count: number;
  isDead: boolean;
}

/** The store as a process sees it that is killed at a call of it, before or after the store has done it. */
function killedAt(store: AlertStore, at: number, isBefore: boolean, calls: Calls): AlertStore {
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    const isLast = !calls.isDead && ++calls.count === at;
    if (isLast && isBefore) calls.isDead = true;
    if (calls.isDead) throw new Error("killed");
    const result = await work();
    if (isLast) calls.isDead = true;
    if (calls.isDead) throw new Error("killed");
    return result;
  };
  return {
    ...store,
    record: (alert, targets) => step(() => store.record(alert, targets)),
    lease: (now, until, limit) => step(() => store.lease(now, until, limit)),
    settle: (id, target, outcome) => step(() => store.settle(id, target, outcome)),
    note: (name) => step(() => store.note(name)),
    setNote: (name, text) => step(() => store.setNote(name, text)),
  };
}

describe("a process that is killed", () => {
  const budgets = [{ name: "all", amountUsd: 1, thresholds: [10, 100] }];
  const expected = ["all 10", "all 100"];

  test("at any call of the store loses no alert, and a deduplicating receiver sees each once", {
    tags: "deep",
  }, async () => {
    const store = { ...sqliteAlerts({ path: newPath() }), dispose: async () => {} };
    await store.note("begun");
    let [steps, redelivered] = [1, 0];
    for (let at = 1; at <= steps; at++) {
      for (const isBefore of [true, false]) {
        const hook = await receiver();
        const settings = {
          ...alertSettings(budgets, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] }),
          ANTHROPIC_ADMIN_KEY: "",
          ANTHROPIC_BASE_URL: `http://upstream-${at}-${isBefore}.test`, // alerts of another upstream are others
        };
        const calls = { count: 0, isDead: false };
        const killed = await replica({ settings, store: killedAt(store, at, isBefore, calls) });
        await killed.run();
        if (calls.isDead) steps = at + 1;
        await killed.app.dispose();
        const next = await replica({ settings, store, now: later(10) });
        await next.run();
        expect(hook.distinct().map(crossingOf).sort(), `${at} ${isBefore}`).toEqual(expected);
        redelivered += hook.received.length - expected.length;
        await next.app.dispose();
      }
    }
    expect(steps).toBeGreaterThan(10);
    expect(redelivered).toBeGreaterThan(0);
  });

  test("while a receiver has the alert, before its answer, is followed by the next one", async () => {
    const hook = await receiver((_received, response) => {
      response.destroy(); // it has been read, and the sender does not learn that
      return undefined;
    });
    const settings = alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, ...OF_BUDGETS }] });
    const path = newPath();
    const killed = await replica({ settings, path });
    await killed.run();
    await killed.app.dispose();
    const next = await replica({ settings, path, now: later(10) });
    await next.run();
    expect(hook.received).toHaveLength(2 * CROSSINGS.length);
    expect(hook.distinct().map(crossingOf).sort()).toEqual(CROSSINGS);
    await next.app.dispose();
  });
});
