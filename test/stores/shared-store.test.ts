/** @module-tag deep */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { memoryRateLimiter } from "../../src/cache/memory-rate-limiter.ts";
import type { RateLimiter, SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { folder, redis, sqlite } from "./stores.ts";

/** Time that passes in a test, and is longer than a busy machine takes for a few calls. */
const SOON_MS = 2_000;

/** A name nobody else has used. */
const fresh = (name: string) => `${name} ${crypto.randomUUID()}`;
const bytes = (text: string) => new TextEncoder().encode(text);

describe.each([sqlite, redis])("a shared store in $name", ({ open, skip }) => {
  test.skipIf(skip)(
    "gives back what was put into it, to others too, until it expires or is deleted",
    async () => {
      const [a, b] = [await open(), await open()];
      const [kept, passing] = [fresh("kept"), fresh("passing")];
      expect(await a.get(kept)).toBeNull();
      await a.set(kept, bytes("\0one\xff"), null);
      await a.set(passing, bytes("two"), SOON_MS);
      expect(Buffer.from((await b.get(kept)) ?? [])).toEqual(Buffer.from(bytes("\0one\xff")));
      expect(Buffer.from((await b.get(passing)) ?? [])).toEqual(Buffer.from("two"));
      await b.set(kept, bytes("three"), null);
      expect(Buffer.from((await a.get(kept)) ?? [])).toEqual(Buffer.from("three"));
      await sleep(SOON_MS + 50);
      expect(await a.get(passing)).toBeNull();
      await b.delete(kept);
      expect(await a.get(kept)).toBeNull();
      await Promise.all([a.dispose(), b.dispose()]);
    },
  );

  test.skipIf(skip)("lets one holder at a time have a name, until it is released or too old", async () => {
    const [a, b] = [await open(), await open()];
    const name = fresh("name");
    expect(await a.acquire(name, "a", 10_000)).toBe(true);
    expect(await b.acquire(name, "b", 10_000)).toBe(false);
    await b.release(name, "b");
    expect(await b.acquire(name, "b", 10_000)).toBe(false);
    await a.release(name, "a");
    expect(await b.acquire(name, "b", 60)).toBe(true);
    await sleep(100);
    expect(await a.acquire(name, "a", 10_000)).toBe(true);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  test.skipIf(skip)("lets a holder go on having a name by asking for it again", async () => {
    const [a, b] = [await open(), await open()];
    const name = fresh("leased");
    expect(await a.acquire(name, "a", SOON_MS)).toBe(true);
    expect(await a.acquire(name, "a", 60_000)).toBe(true);
    await sleep(SOON_MS + 50);
    expect(await b.acquire(name, "b", 60_000)).toBe(false);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  test.skipIf(skip)("finishes earlier requests before it ends, and refuses later ones", async () => {
    const [store, other] = [await open(), await open()];
    const keys = Array.from({ length: 20 }, () => fresh("late"));
    const sets = Promise.all(keys.map((key) => store.set(key, bytes(key), null)));
    const closed = store.dispose();
    await expect(store.get("anything")).rejects.toThrow();
    await Promise.all([sets, closed]);
    const kept = await Promise.all(keys.map((key) => other.get(key)));
    expect(kept.map((value) => Buffer.from(value ?? []).toString())).toEqual(keys);
    await other.dispose();
  });

  test.skipIf(skip)("gives a name that many want at once to one", async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const name = fresh("wanted");
    const had = await Promise.all(
      Array.from({ length: 60 }, (_, i) => (stores[i % 3] as SharedStore).acquire(name, String(i), 10_000)),
    );
    expect(had.filter((has) => has)).toHaveLength(1);
    await Promise.all(stores.map((store) => store.dispose()));
  });

  test.skipIf(skip)("shares the slots of a bucket, however many take them at once", async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const bucket = fresh("shared");
    const waits = await Promise.all(
      Array.from({ length: 90 }, (_, i) => (stores[i % 3] as SharedStore).take(bucket, 60, 60_000)),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(60);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_100); // those who ask read the clock a moment before
    await stores[0]?.block(bucket, 90_000);
    expect(await stores[1]?.take(bucket, 1_000, 60_000)).toBeGreaterThan(60_000);
    await Promise.all(stores.map((store) => store.dispose()));
  });
});

const memory = {
  name: "memory",
  open: async (): Promise<RateLimiter & { dispose?: () => Promise<void> }> => memoryRateLimiter(Date.now),
  skip: false,
};

describe.each([memory, sqlite, redis])("an allowance in $name", ({ open, skip }) => {
  test.skipIf(skip)("has so many slots in a window, and says when the next is free", async () => {
    const allowance = await open();
    const bucket = fresh("bucket");
    const other = fresh("other");
    for (let i = 0; i < 3; i++) expect(await allowance.take(bucket, 3, SOON_MS)).toBe(0);
    const wait = await allowance.take(bucket, 3, SOON_MS);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(SOON_MS);
    expect(await allowance.take(other, 3, SOON_MS)).toBe(0);
    await sleep(wait + 20);
    expect(await allowance.take(bucket, 3, SOON_MS)).toBe(0);
    await allowance.dispose?.();
  });

  test.skipIf(skip)("says what is in use without taking any of it", async () => {
    const allowance = await open();
    const bucket = fresh("looked at");
    expect(await allowance.occupancy(bucket)).toEqual({ freeInMs: [], blockedMs: 0 });
    await allowance.take(bucket, 3, 60_000);
    await sleep(20);
    await allowance.take(bucket, 3, 60_000);
    await allowance.block(bucket, 30_000);
    const { freeInMs, blockedMs } = await allowance.occupancy(bucket);
    expect(freeInMs).toHaveLength(2);
    expect(freeInMs[0]).toBeLessThan(freeInMs[1] ?? 0);
    for (const ms of freeInMs) expect(ms).toBeGreaterThan(50_000);
    expect(blockedMs).toBeGreaterThan(25_000);
    expect(blockedMs).toBeLessThanOrEqual(30_000);
    await allowance.dispose?.();
  });

  test.skipIf(skip)(
    "is closed while it is blocked, and a shorter block does not end a longer one",
    async () => {
      const allowance = await open();
      const bucket = fresh("blocked");
      await allowance.block(bucket, SOON_MS);
      await allowance.block(bucket, 10);
      expect(await allowance.take(bucket, 3, SOON_MS)).toBeGreaterThan(10);
      await sleep(SOON_MS + 50);
      expect(await allowance.take(bucket, 3, SOON_MS)).toBe(0);
      await allowance.dispose?.();
    },
  );
});

test("slots and blocks of a clock that was a day ahead do not close a SQLite store when it is set right", async () => {
  let now = Date.now() + 86_400_000;
  const store = sqliteStore({ path: join(folder, "ahead.db"), maxBytes: 10_000, now: () => now });
  for (let i = 0; i < 3; i++) expect(await store.take("slots", 3, 60_000)).toBe(0);
  await store.block("blocked", 60_000);
  expect(await store.take("slots", 3, 60_000)).toBe(60_000);
  expect(await store.take("blocked", 3, 60_000)).toBe(60_000);
  now -= 86_400_000;
  for (const bucket of ["slots", "blocked"]) {
    for (let i = 0; i < 3; i++) expect(await store.take(bucket, 3, 60_000)).toBe(0);
    expect(await store.take(bucket, 3, 60_000)).toBe(60_000);
  }
  await store.block("blocked", 90_000);
  expect(await store.take("blocked", 3, 60_000)).toBe(90_000);
  await store.dispose();
});

describe("a SQLite store", () => {
  const options = (name: string) => ({ path: join(folder, name), maxBytes: 10_000, now: Date.now });

  test("holds no more than its bound, and drops what was used least recently", async () => {
    const store = sqliteStore(options("bounded.db"));
    for (let i = 0; i < 8; i++) await store.set(`page ${i}`, new Uint8Array(1_000), null);
    await sleep(5);
    await store.get("page 0");
    await sleep(5);
    for (let i = 8; i < 14; i++) await store.set(`page ${i}`, new Uint8Array(1_000), null);
    const there = await Promise.all(Array.from({ length: 14 }, (_, i) => store.get(`page ${i}`)));
    expect(there[0]).not.toBeNull();
    expect(there[1]).toBeNull();
    expect(there[13]).not.toBeNull();
    expect(there.filter((page) => page !== null).length).toBeLessThanOrEqual(10);
    await store.set("too large", new Uint8Array(20_000), null);
    expect(await store.get("too large")).toBeNull();
    await store.dispose();
  });

  test("is readable by its owner alone: it holds what upstream said of people", async () => {
    const path = join(folder, "private.db");
    const store = sqliteStore({ path, maxBytes: 2 ** 20, now: Date.now });
    await store.set("a", new Uint8Array(100), null);
    const files = readdirSync(folder).filter((name) => name.startsWith("private.db"));
    expect(files.length).toBeGreaterThan(1);
    for (const name of files) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
    await store.dispose();
  });

  test("keeps what it holds over a restart", async () => {
    const before = sqliteStore(options("restart.db"));
    await before.set("page", bytes("kept"), null);
    await before.dispose();
    const after = sqliteStore(options("restart.db"));
    expect(Buffer.from((await after.get("page")) ?? [])).toEqual(Buffer.from("kept"));
    await after.dispose();
  });

  test("in a folder that is not there fails every call, and nothing else", async () => {
    const store = sqliteStore({
      path: join(folder, "no", "such", "folder.db"),
      maxBytes: 1_000,
      now: Date.now,
    });
    await expect(store.get("page")).rejects.toThrow();
    await store.dispose();
  });
});
