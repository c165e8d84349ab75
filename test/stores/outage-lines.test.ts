import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { guardedStore } from "../../src/cache/guarded-store.ts";
import { memoryRateLimiter } from "../../src/cache/memory-rate-limiter.ts";
import { redisStore } from "../../src/cache/redis-store.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { createLog, logFault } from "../../src/cli/log.ts";
import { Outage, type OutageSubject } from "../../src/errors.ts";
import { hasRedis, redisServer } from "./redis-server.ts";
import { folder } from "./stores.ts";

afterEach(() => vi.restoreAllMocks());

/** A guarded store with what it logs, and a clock to move. */
function watched(store: SharedStore) {
  let clock = 0;
  const lines: string[] = [];
  const log = createLog({ level: "info", now: () => 0, write: (line) => lines.push(line) });
  const guarded = guardedStore(store, {
    rateLimiter: memoryRateLimiter(() => clock),
    onFault: (fault) => logFault(log, fault),
    onRecovery: (about: OutageSubject, seconds: number) => log.info({ ...about, seconds }, "available again"),
    now: () => clock,
  });
  return {
    guarded,
    said: () => lines.map((line) => JSON.parse(line)),
    pass(seconds: number) {
      clock += seconds * 1_000;
    },
  };
}

/** A store that is as `fault` says: undefined works. */
function failing(fault: () => Error | undefined): SharedStore {
  const call = async () => {
    const now = fault();
    if (now !== undefined) throw now;
    return null;
  };
  const about = { store: "redis", host: "store.test:6379" } as const;
  return {
    about,
    get: call,
    set: async () => void (await call()),
    delete: async () => void (await call()),
    acquire: async () => true,
    release: async () => {},
    take: async () => 0,
    block: async () => {},
    occupancy: async () => ({ freeInMs: [], blockedMs: 0 }),
    dispose: async () => {},
  };
}

const refused = new Outage("no", "ECONNREFUSED", { store: "redis", host: "store.test:6379" });

describe("an outage of the store", () => {
  test("of an hour is one line when it begins and one when it is over", async () => {
    let fault: Error | undefined = refused;
    const { guarded, said, pass } = watched(failing(() => fault));
    for (let i = 0; i < 600; i++) {
      await guarded.get("key");
      pass(6);
    }
    expect(said()).toHaveLength(1);
    fault = undefined;
    for (let i = 0; i < 20; i++) {
      await guarded.get("key");
      pass(6);
    }
    expect(said().slice(1)).toEqual([
      expect.objectContaining({ level: "info", msg: "available again", store: "redis", seconds: 3_594 }),
    ]);
  });

  test("with a second cause is a line for each cause", async () => {
    let fault = refused;
    const { guarded, said, pass } = watched(failing(() => fault));
    for (const code of ["ECONNREFUSED", "LOADING", "ECONNREFUSED", "LOADING"]) {
      fault = new Outage("no", code, refused.about);
      await guarded.get("key");
      pass(6);
    }
    expect(said().map(({ code }) => code)).toEqual(["ECONNREFUSED", "LOADING"]);
  });

  test("that lets every other call through is one outage", async () => {
    let i = 0;
    const { guarded, said, pass } = watched(failing(() => (i++ % 2 === 0 ? refused : undefined)));
    for (let n = 0; n < 100; n++) {
      await guarded.get("key");
      pass(6);
    }
    expect(said()).toHaveLength(1);
  });
});

/** The lines of a few calls to a store. */
async function linesOf(store: SharedStore) {
  const { guarded, said } = watched(store);
  await guarded.take("bucket", 1, 1_000);
  await guarded.set("key", new Uint8Array(10), null);
  await guarded.dispose();
  return said();
}

test("a SQLite store in a folder that does not exist is logged with ENOENT and its path", async () => {
  const path = join(folder, "nowhere", "cache.db");
  const store = sqliteStore({ path, maxBytes: 1_000, now: Date.now });
  await store.get("key").catch(() => {}); // its thread has begun now, however busy the machine is
  const lines = await linesOf(store);
  expect(lines).toEqual([
    {
      level: "warn",
      time: "1970-01-01T00:00:00.000Z",
      code: "ENOENT",
      store: "sqlite",
      path,
      msg: expect.stringContaining("its folder does not exist"),
    },
  ]);
});

test("a Redis that refuses connections is logged with ECONNREFUSED and its host, without the password", async () => {
  const lines = await linesOf(await redisStore("redis://ada:canary@127.0.0.1:1"));
  expect(lines).toEqual([
    expect.objectContaining({ level: "warn", code: "ECONNREFUSED", store: "redis", host: "127.0.0.1:1" }),
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/canary|ada/);
});

describe.skipIf(!hasRedis)("a Redis that refuses a command", { tags: "deep" }, () => {
  test.each<[code: string, setUp: string[][], user: string]>([
    ["NOAUTH", [["CONFIG", "SET", "requirepass", "canary"]], ""],
    ["WRONGPASS", [["CONFIG", "SET", "requirepass", "canary"]], ":wrong@"],
    ["NOPERM", [["ACL", "SETUSER", "ada", "on", ">canary", "~*", "+get"]], "ada:canary@"],
    ["NOPERM", [["ACL", "SETUSER", "ada", "on", ">canary", "~other:*", "+@all"]], "ada:canary@"],
    ["OOM", [["CONFIG", "SET", "maxmemory", "1"]], ""],
  ])("is logged with %s", async (code, setUp, user) => {
    await using server = await redisServer();
    for (const words of setUp) await server.command(...words);
    const store = await redisStore(server.url.replace("://", `://${user}`));
    const lines = await linesOf(store);
    expect(lines).toEqual([
      expect.objectContaining({
        level: "warn",
        code,
        store: "redis",
        host: server.url.slice("redis://".length),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/canary|wrong@|ada/);
  });
});
