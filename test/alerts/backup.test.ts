import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { endAll, run } from "../process.ts";
import { hasRedis, redisServer } from "../stores/redis-server.ts";
import { receiver } from "./receiver.ts";
import { alertSettings, replica } from "./world.ts";

afterEach(endAll);

const folder = mkdtempSync(join(tmpdir(), "alert-backup-"));
const command = (words: string[], url: string) => run(words, { CACHE_URL: url }).ended();
const archiveOf = (name: string) => join(folder, `${name}-archive.db`);
const urlOf = (name: string) => `sqlite:${join(folder, `${name}.db`)}`;

async function recordsIn(name: string) {
  const store = sqliteAlerts({ path: archiveOf(name) });
  const records = await store.list(null, 100);
  await store.dispose();
  return records;
}

test.skipIf(!hasRedis)(
  "a backup takes alerts and their deliveries from SQLite to Redis and back",
  { tags: "deep" },
  async () => {
    await using server = await redisServer();
    let isDown = true;
    const hook = await receiver(() => (isDown ? 500 : 204));
    const settings = alertSettings([{ name: "all", amountUsd: 1, thresholds: [10, 100] }], {
      webhooks: [hook.hook],
    });
    const first = await replica({ settings, path: archiveOf("first") });
    await first.run();
    await first.app.dispose();
    const before = await recordsIn("first");
    expect(before.length).toBeGreaterThan(1);
    const [there, back] = [join(folder, "there"), join(folder, "back")];
    expect((await command(["backup", there], urlOf("first"))).output).toBe(
      `${there}: ${before.length} entries\n`,
    );
    const added = `${there}: ${before.length} entries added\n`;
    expect((await command(["restore", there], server.url)).output).toBe(added);
    expect((await command(["restore", there], server.url)).output).toBe(`${there}: 0 entries added\n`);
    expect((await command(["backup", back], server.url)).code).toBe(0);
    expect((await command(["restore", back], urlOf("second"))).code).toBe(0);
    expect(await recordsIn("second")).toEqual(before);

    // Those that were pending are delivered, under the ids that their receiver knows.
    const sent = new Set(hook.received.map(({ id }) => id));
    isDown = false;
    hook.received.length = 0;
    const second = await replica({ settings, path: archiveOf("second") });
    await second.run();
    expect(new Set(hook.received.map(({ id }) => id))).toEqual(sent);
    expect(second.logged).toEqual([]);
    await second.app.dispose();
  },
);

test("a backup of the version before alerts is restored", { tags: "deep" }, async () => {
  const store = sqliteAlerts({ path: archiveOf("old") });
  await store.note("begun");
  await store.dispose();
  const file = join(folder, "of-old");
  await command(["backup", file], urlOf("old"));
  const database = new DatabaseSync(file);
  database.exec("DROP TABLE alerts; DROP TABLE deliveries; DROP TABLE notes; PRAGMA user_version = 1");
  database.close();
  expect(await command(["restore", file], urlOf("new"))).toEqual({
    code: 0,
    output: `${file}: 0 entries added\n`,
  });
});
