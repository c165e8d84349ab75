import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { settingsOf } from "../budgets/files.ts";
import { endAll, run } from "../process.ts";
import { hasRedis, redisServer } from "../stores/redis-server.ts";
import { receiver, SECRET } from "./receiver.ts";

afterEach(endAll);

const folder = mkdtempSync(join(tmpdir(), "alert-processes-"));

const EXPECTED = ["all 10", "all 100", "all 50"];

test.each([
  [
    "one SQLite file",
    false,
    async () => ({ url: `sqlite:${join(folder, "cache.db")}`, end: async () => {} }),
  ],
  [
    "one Redis",
    !hasRedis,
    async () => {
      const server = await redisServer();
      return { url: server.url, end: () => server[Symbol.asyncDispose]() };
    },
  ],
] as const)(
  "two processes on %s that are killed in mid-delivery lose no alert",
  { tags: "deep" },
  async (_where, isSkipped, open) => {
    if (isSkipped) return;
    const { url, end } = await open();
    let isHanging = true;
    const [held, complete] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const hook = await receiver(() => {
      if (isHanging) {
        held.resolve();
        return undefined; // it has the alert, and never says so
      }
      if (hook.distinct().length === EXPECTED.length) complete.resolve();
      return 204;
    });
    const settings = settingsOf({
      budgets: [{ name: "all", amountUsd: 1, thresholds: [10, 50, 100] }],
      webhooks: [{ ...hook.hook, events: ["BUDGET_THRESHOLD"] }],
    });
    const start = (clock: string) =>
      run(["serve", "--port", "0"], {
        ...settings,
        ...SECRET,
        CACHE_URL: url,
        CLOCK: clock,
        SANDBOX_USERS: "40",
      });
    const killed = [start("2026-11-22T12:00:00Z"), start("2026-11-22T12:00:00Z")];
    await held.promise;
    for (const { child } of killed) child.kill("SIGKILL");
    await Promise.all(killed.map((each) => each.ended()));
    isHanging = false;
    const sent = hook.received.length;
    const next = [start("2026-11-22T12:10:00Z"), start("2026-11-22T12:10:00Z")];
    await complete.promise;
    for (const { child } of next) child.kill("SIGTERM");
    await Promise.all(next.map((each) => each.ended()));
    const crossings = hook.distinct().map(({ body: { data } }) => `${data.budget} ${data.percent}`);
    expect(crossings.sort()).toEqual(EXPECTED);
    expect(
      hook.received
        .slice(sent)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(
      hook
        .distinct()
        .map(({ id }) => id)
        .sort(),
    );
    await end();
  },
);
