import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type AlertStore, KEPT_MS } from "../../src/cache/alert-store.ts";
import { alertIn, alertText } from "../../src/cache/alert-text.ts";
import { redisAlerts } from "../../src/cache/redis-alerts.ts";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import type { Alert } from "../../src/domain/alert.ts";
import { alert } from "../alerts/alert.ts";
import { NOW } from "../gateway.ts";
import { hasRedis, redisServer } from "./redis-server.ts";

const folder = mkdtempSync(join(tmpdir(), "alerts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const AT = Date.parse(NOW);
const MINUTE_MS = 60_000;

interface Home {
  readonly open: (maxAlerts?: number) => AlertStore | Promise<AlertStore>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const kinds: readonly { name: string; skip: boolean; tags: "deep"[]; home: () => Promise<Home> }[] = [
  {
    name: "SQLite",
    skip: false,
    tags: [],
    home: async () => {
      const path = join(folder, `${files++}-archive.db`);
      const open = (maxAlerts = 1_000) => sqliteAlerts({ path, maxAlerts });
      return { open, [Symbol.asyncDispose]: async () => {} };
    },
  },
  {
    name: "Redis",
    skip: !hasRedis,
    tags: ["deep"],
    home: async () => {
      const server = await redisServer();
      return {
        open: (maxAlerts) => redisAlerts(server.url, maxAlerts),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  },
];

test("an alert is read as it was written, and nothing else is read as one", () => {
  expect(alertIn(alertText(alert("a")))).toEqual(alert("a"));
  for (const key of ["id", "event", "range", "spent", "recordedAt"])
    expect(alertIn(JSON.stringify({ ...JSON.parse(alertText(alert("a"))), [key]: {} }))).toBeNull();
});

describe.each(kinds)("alerts in $name", ({ skip, tags, home }) => {
  const of = (name: string, work: (open: Home["open"]) => Promise<void>) =>
    test.skipIf(skip)(name, { tags }, async () => {
      await using at = await home();
      await work(at.open);
    });

  of("are recorded once by all replicas together, with a delivery to each target", async (open) => {
    const [a, b] = [await open(), await open()];
    const recorded = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? a : b).record(alert("one"), ["log", "the finance"]),
      ),
    );
    expect(recorded.filter((each) => each === "new")).toHaveLength(1);
    expect(await b.list(null, 10)).toEqual([
      {
        alert: alert("one"),
        deliveries: [
          { target: "log", state: "PENDING", attempts: 0, at: null },
          { target: "the finance", state: "PENDING", attempts: 0, at: null },
        ],
      },
    ]);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  of("are leased to one replica at a time, and again when the lease of a killed one ends", async (open) => {
    const [a, b] = [await open(), await open()];
    for (let i = 0; i < 30; i++) await a.record(alert(`alert_${i}`), ["log"]);
    const leases = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? a : b).lease(AT, AT + MINUTE_MS, 5)),
    );
    const ids = leases.flat().map((each) => each.alert.id);
    expect([ids.length, new Set(ids).size]).toEqual([30, 30]);
    expect(await b.lease(AT + MINUTE_MS - 1, AT + 2 * MINUTE_MS, 50)).toEqual([]);
    expect(await b.lease(AT + MINUTE_MS, AT + 2 * MINUTE_MS, 50)).toHaveLength(30);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  of("end once, and wait for the next attempt until then", async (open) => {
    const store = await open();
    await store.record(alert("one"), ["hook"]);
    const due = (now: number) => store.lease(now, now + 1, 5);
    expect(await due(AT - 1)).toEqual([]);
    expect(await due(AT)).toEqual([{ alert: alert("one"), target: "hook", attempts: 0 }]);
    await store.settle("one", "hook", { state: "PENDING", at: AT + 5, nextAt: AT + MINUTE_MS });
    expect(await due(AT + MINUTE_MS - 1)).toEqual([]);
    expect(await due(AT + MINUTE_MS)).toEqual([{ alert: alert("one"), target: "hook", attempts: 1 }]);
    await store.settle("one", "hook", { state: "DELIVERED", at: AT + MINUTE_MS });
    await store.settle("one", "hook", { state: "FAILED", at: AT + 2 * MINUTE_MS });
    await store.settle("one", "hook", { state: "PENDING", at: AT + 2 * MINUTE_MS, nextAt: AT });
    await store.settle("gone", "hook", { state: "DELIVERED", at: AT });
    expect(await due(AT + 10 * MINUTE_MS)).toEqual([]);
    expect((await store.list(null, 1))[0]?.deliveries).toEqual([
      { target: "hook", state: "DELIVERED", attempts: 2, at: AT + MINUTE_MS },
    ]);
    expect(await store.counts()).toEqual([{ target: "hook", state: "DELIVERED", count: 1 }]);
    await store.dispose();
  });

  of("are due where a clock that was ahead would have them wait for years", async (open) => {
    const store = await open();
    await store.record(alert("one", { recordedAt: AT }), ["log"]);
    await store.lease(AT, AT + 400 * 86_400_000, 1);
    expect(await store.lease(AT, AT + MINUTE_MS, 1)).toHaveLength(1);
    await store.dispose();
  });

  of("outlive the process, with what the replicas share", async (open) => {
    const first = await open();
    await first.record(alert("one"), ["log"]);
    expect(await first.note("judged")).toBeNull();
    await first.setNote("judged", "é 1");
    await first.setNote("judged", "é 2");
    await first.dispose();
    const second = await open();
    expect(await second.record(alert("one"), ["log"])).toBe("known");
    expect(await second.note("judged")).toBe("é 2");
    await second.dispose();
  });

  of("are listed newest first, in pages that repeat and skip nothing", async (open) => {
    const store = await open();
    const alerts = fc
      .sample(fc.integer({ min: 0, max: 9 }), { numRuns: 40, seed: 1 })
      .map((minute, i) => alert(`alert_${String.fromCharCode(45 + i)}`, { recordedAt: AT + minute }));
    for (const each of alerts) await store.record(each, ["log"]);
    const expected = alerts
      .toSorted((x, y) => y.recordedAt - x.recordedAt || (x.id < y.id ? 1 : -1))
      .map(({ id }) => id);
    for (const size of [1, 7, 40]) {
      const ids: string[] = [];
      for (let after: Alert | null = null; ; ) {
        const page = await store.list(after, size);
        if (page.length === 0) break;
        ids.push(...page.map((each) => each.alert.id));
        after = page.at(-1)?.alert ?? null;
      }
      expect(ids).toEqual(expected);
    }
    await store.dispose();
  });

  of(
    "have a bound that drops only what is older than a year, and else says that it is full",
    async (open) => {
      const store = await open(3);
      const old = AT - KEPT_MS - 1;
      for (const [i, recordedAt] of [old, old, AT].entries())
        expect(await store.record(alert(`alert_${i}`, { recordedAt }), ["log"])).toBe("new");
      expect(await store.record(alert("alert_3"), ["log"])).toBe("new");
      expect(await store.record(alert("alert_4"), ["log"])).toBe("new");
      expect(await store.record(alert("alert_5"), ["log"])).toBe("full");
      expect(await store.record(alert("alert_2"), ["log"])).toBe("known");
      expect((await store.list(null, 10)).map((each) => each.alert.id).sort()).toEqual([
        "alert_2",
        "alert_3",
        "alert_4",
      ]);
      expect(await store.counts()).toEqual([{ target: "log", state: "PENDING", count: 3 }]);
      expect(await store.lease(AT, AT + 1, 10)).toHaveLength(3);
      await store.dispose();
    },
  );
});
