/** @module-tag deep */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { redisStore } from "../../src/cache/redis-store.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { type GatewayOptions, gateway, json, type Route } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { hasRedis, redisServer } from "./redis-server.ts";

/** So long a store is left alone after it failed, and a little more. */
const REST_MS = 5_200;

/** Three hundred people who differ from question to question, which zstd cannot make much smaller than 10 kB. */
function peopleOf(query: URLSearchParams): string[] {
  let seed = Number((query.get("starting_date") ?? "").replaceAll("-", ""));
  return Array.from({ length: 300 }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return `user_${seed.toString(36)}_${((seed * 69_621) % 2_147_483_647).toString(36)}`;
  });
}

const people: Route = (query) => json(tokenPage(peopleOf(query).map((id) => wireUser(id))));

function question(day: number): [text: string, ids: string[]] {
  const from = `2026-05-${String(day).padStart(2, "0")}`;
  const ids = peopleOf(new URLSearchParams({ starting_date: from }));
  return [
    `{ users(range: { between: { from: "${from}", until: "2026-09-01" } }, first: 1000) { nodes { userId } } }`,
    ids,
  ];
}

/** How long a replica waits for a store that stalls. What a replica writes is written behind its answers, and done when it is disposed of. */
const STALLED_MS = 2_000;

/** Replicas of one organization, each with a store of its own connection. Nothing answers for a store that is away while they are asked. */
function replicas(open: () => Promise<SharedStore> | SharedStore) {
  const settings = { ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` };
  return async (options: GatewayOptions = {}) => {
    const { ask, seen, faults, app } = gateway({
      routes: { [PATHS.users]: people },
      store: await open(),
      settings,
      ...options,
    });
    return {
      seen,
      faults,
      /** The right rows and no error. */
      async expectRight(day: number): Promise<void> {
        const [text, ids] = question(day);
        const { data, errors } = await ask(text);
        expect(errors).toBeUndefined();
        expect(data.users.nodes.map(({ userId }: { userId: string }) => userId)).toEqual(ids);
      },
      [Symbol.asyncDispose]: () => app.dispose(),
    };
  };
}

describe.skipIf(!hasRedis)("a Redis store", () => {
  test("that stalls is not waited for, and is used again", async () => {
    await using server = await redisServer();
    const open = replicas(() => redisStore(server.url));
    {
      await using before = await open();
      await before.expectRight(1);
    }
    {
      await using a = await open({ storeTimeoutMs: STALLED_MS });
      server.stall();
      for (const day of [2, 3, 1]) await a.expectRight(day);
      expect([a.seen.length, a.faults.length]).toEqual([3, 1]);
      server.resume();
      await sleep(REST_MS);
      await a.expectRight(4);
    }
    await using b = await open();
    await b.expectRight(1);
    await b.expectRight(4);
    expect(b.seen).toHaveLength(0);
  });

  test("that is killed, and started again empty, does not show, and is used again", async () => {
    await using server = await redisServer();
    const open = replicas(() => redisStore(server.url));
    await using a = await open();
    await a.expectRight(1);
    await server.kill();
    for (const day of [2, 3, 1]) await a.expectRight(day);
    await using late = await open(); // it starts while nobody listens
    await late.expectRight(2);
    expect([a.seen.length, late.seen.length]).toEqual([3, 1]);
    await server.start();
    await sleep(REST_MS);
    await a.expectRight(5);
    await using b = await open();
    await b.expectRight(5);
    expect(b.seen).toHaveLength(0);
    await late.expectRight(5);
    expect(late.seen).toHaveLength(1);
  });

  test("that is full and evicts nothing does not show, and is used again when there is room", async () => {
    await using server = await redisServer();
    const open = replicas(() => redisStore(server.url));
    await server.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await server.command("CONFIG", "SET", "maxmemory", "1");
    await using a = await open();
    for (const day of [1, 2, 3, 1]) await a.expectRight(day);
    expect(a.seen).toHaveLength(3);
    expect(a.faults).toHaveLength(1);
    await server.command("CONFIG", "SET", "maxmemory", "0");
    await sleep(REST_MS);
    await a.expectRight(4);
    await using b = await open();
    await b.expectRight(4);
    expect(b.seen).toHaveLength(0);
  });
});

/** A small disk of its own, which only root can make. */
function smallDisk(bytes: number) {
  const path = mkdtempSync(join(tmpdir(), "disk-"));
  const mount = (options: string) =>
    spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]).status === 0;
  if (process.getuid?.() !== 0 || !mount(`size=${bytes}`)) {
    rmSync(path, { recursive: true });
    return null;
  }
  return {
    file: join(path, "cache.db"),
    remount: (options: string) => spawnSync("mount", ["-o", `remount,${options}`, path]),
    [Symbol.dispose]() {
      spawnSync("umount", ["-l", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

const canMount = (() => {
  using disk = smallDisk(2 ** 16);
  if (disk === null) process.stdout.write("not root: full and read-only disks are not tested\n");
  return disk !== null;
})();

describe.skipIf(!canMount)("a SQLite store", () => {
  test("with a full disk does not affect answers, and is used again when there is room", async () => {
    using disk = smallDisk(2 ** 17);
    if (disk === null) return;
    const open = replicas(() => sqliteStore({ path: disk.file, maxBytes: 2 ** 30, now: Date.now }));
    await using a = await open();
    for (let day = 1; day <= 20; day++) await a.expectRight(day);
    expect(a.seen).toHaveLength(20);
    expect(a.faults.length).toBeGreaterThanOrEqual(1); // it was full
    disk.remount("size=32m");
    await sleep(REST_MS);
    await a.expectRight(21);
    await using b = await open();
    await b.expectRight(21);
    expect(b.seen).toHaveLength(0);
  });

  test("with a disk that becomes read-only does not affect answers, and is used again when it can be written", async () => {
    using disk = smallDisk(2 ** 25);
    if (disk === null) return;
    const open = replicas(() => sqliteStore({ path: disk.file, maxBytes: 2 ** 30, now: Date.now }));
    {
      await using before = await open();
      await before.expectRight(1);
    }
    disk.remount("ro");
    {
      await using a = await open();
      for (const day of [1, 2, 3]) await a.expectRight(day);
      expect(a.faults).toHaveLength(1);
    }
    disk.remount("rw");
    await using b = await open();
    await b.expectRight(1);
    await b.expectRight(4);
    await using c = await open();
    await c.expectRight(4);
    expect([b.seen.length, c.seen.length]).toEqual([1, 0]);
  });
});
