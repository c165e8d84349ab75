import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { WorkerState } from "../src/app.ts";
import type { Channel } from "../src/cli/workers/calls.ts";
import { PrimaryState, workerState } from "../src/cli/workers/state.ts";
import { partOf } from "../src/cli/workers/worker.ts";
import { readConfig } from "../src/config.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.useRealTimers();
});

const over = (port: MessagePort): Channel => ({
  send: (message) => port.postMessage(message),
  onMessage: (listener) => void port.on("message", listener),
});

/** Workers of one primary; `leave` is what the primary does when the worker is gone. */
function workers(count: number, maxBytes = 10_000): (WorkerState & Ended)[] {
  const primary = new PrimaryState(maxBytes);
  return Array.from({ length: count }, () => {
    const { port1, port2 } = new MessageChannel();
    ends.push(() => port1.close());
    const leave = primary.serve(over(port1));
    let messages = 0;
    port1.on("message", () => messages++);
    return { ...workerState(over(port2), count), leave, messages: () => messages };
  });
}

interface Ended {
  readonly leave: () => void;
  /** How many the worker has sent. */
  readonly messages: () => number;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | null | undefined) => value && Buffer.from(value).toString();

describe("the store of workers", () => {
  test("gives back what any of them has put into it, until it expires or is deleted", async () => {
    const [a, b] = workers(2);
    expect(await a?.store.get("page")).toBeNull();
    await a?.store.set("page", bytes("one"), null);
    await a?.store.set("passing", bytes("two"), 0);
    expect(textOf(await b?.store.get("page"))).toBe("one");
    expect(await b?.store.get("passing")).toBeNull();
    await b?.store.delete("page");
    expect(await a?.store.get("page")).toBeNull();
  });

  test("holds no more than its bound", async () => {
    const [a] = workers(1, 1_000);
    for (let i = 0; i < 10; i++) await a?.store.set(`page ${i}`, new Uint8Array(300), null);
    const there = await Promise.all(Array.from({ length: 10 }, (_, i) => a?.store.get(`page ${i}`)));
    expect(there.filter((page) => page !== null)).toHaveLength(3);
    expect(there[9]).not.toBeNull();
  });

  test("lets one holder at a time have a name", async () => {
    const [a, b] = workers(2);
    expect(await a?.store.acquire("name", "a", 10_000)).toBe(true);
    expect(await a?.store.acquire("name", "a", 10_000)).toBe(true);
    expect(await b?.store.acquire("name", "b", 10_000)).toBe(false);
    await b?.store.release("name", "b");
    expect(await b?.store.acquire("name", "b", 10_000)).toBe(false);
    await a?.store.release("name", "a");
    expect(await b?.store.acquire("name", "b", 0)).toBe(true);
    expect(await a?.store.acquire("name", "a", 10_000)).toBe(true);
  });

  test("limits the upstream requests of all of them together", async () => {
    const all = workers(3);
    const waits = await Promise.all(
      Array.from({ length: 90 }, (_, i) => all[i % 3]?.store.take("minute", 60, 60_000)),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(60);
    await all[0]?.store.block("minute", 90_000);
    expect((await all[1]?.store.occupancy("minute"))?.blockedMs).toBeGreaterThan(60_000);
  });
});

describe("the limits of callers", () => {
  const taken = async (state: WorkerState | undefined, limit: number) =>
    (await state?.accounts.takeOperation("ada", limit))?.operations !== 0;

  test("hold over all workers together, and every operation of a minute can be had", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval"], now: 1_700_000_000_500 });
    const all = workers(3);
    let had = 0;
    for (let i = 0; i < 200; i++) if (await taken(all[i % 3], 50)) had++;
    expect(had).toBeLessThanOrEqual(50);
    // What a worker was given and has not used is given back when its second is over.
    vi.advanceTimersByTime(2_100);
    for (let i = 0; i < 50; i++) if (await taken(all[0], 50)) had++;
    expect(had).toBe(50);
    vi.advanceTimersByTime(62_000);
    expect(await taken(all[1], 50)).toBe(true);
  });

  test("are never passed, however many operations come at once", async () => {
    const all = workers(2);
    const had = await Promise.all(Array.from({ length: 400 }, (_, i) => taken(all[i % 2], 100)));
    expect(had.filter(Boolean).length).toBeLessThanOrEqual(100);
    expect(had.filter(Boolean).length).toBeGreaterThan(50);
  });

  test("count a request that a caller waits for in one worker once", async () => {
    const [a, b] = workers(2);
    const first = await a?.accounts.hold("ada", 2, ["x", "y"]);
    expect(first).toHaveProperty("id");
    expect(await b?.accounts.hold("ada", 2, ["x"])).toHaveProperty("id");
    expect(await b?.accounts.hold("ada", 2, ["z"])).toMatchObject({ excess: 1 });
    if (first && "id" in first) a?.accounts.settle(first.id, 0);
    await expect.poll(() => b?.accounts.hold("ada", 2, ["z"])).toHaveProperty("id");
  });

  test("are kept within a worker for the operations of a busy caller, and count what these have requested", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "Date"], now: 1_700_000_000_500 });
    const [a, b] = workers(2);
    const limit = 1_600;
    const names = (of: string, length: number) => Array.from({ length }, (_, i) => `${of} ${i}`);
    const operation = async (requests: number) => {
      const held = await a?.accounts.hold("ada", limit, names("operation", 5));
      if (held === undefined || !("id" in held)) return expect.unreachable("it is within the limit");
      a?.accounts.settle(held.id, requests);
      return held.id;
    };
    await operation(0);
    await expect.poll(() => operation(0)).toBeLessThan(0); // in the worker
    const before = a?.messages() ?? 0;
    for (let i = 0; i < 40; i++) await operation(i % 2);
    // Of the 100 that are reserved, 20 are used up.
    expect(await a?.accounts.hold("ada", limit, names("larger", 81))).toHaveProperty("id");
    expect((a?.messages() ?? 0) - before).toBe(1);
    expect(await b?.accounts.hold("ada", limit, names("all", limit))).toMatchObject({ excess: 181 });
    vi.advanceTimersByTime(1_000);
    await expect
      .poll(() => b?.accounts.hold("ada", limit, names("all", limit)))
      .toMatchObject({ excess: 101 });
  });

  test("are not used up by what many workers reserve", async () => {
    const all = workers(16);
    for (const operation of ["first", "second"])
      for (const each of all) {
        const held = await each.accounts.hold("ada", 60, [operation]);
        if ("id" in held) each.accounts.settle(held.id, 0);
        await each.store.get("page"); // after what is settled, and reserved
      }
    const names = Array.from({ length: 50 }, (_, i) => `large ${i}`);
    expect(await all[0]?.accounts.hold("ada", 60, names)).toHaveProperty("id");
  });

  test("keep what a worker held that is gone as used, and hold it no longer", async () => {
    const [a, b] = workers(2);
    await a?.accounts.hold("ada", 2, ["x", "y"]);
    a?.leave();
    expect(await b?.accounts.hold("ada", 2, ["x"])).toMatchObject({ excess: 1 });
  });
});

test("workers divide what is set for all of them; pages in memory have a part in the primary process as well", () => {
  const settings = { CACHE_MEMORY_BYTES: "30MiB", RESPONSE_CACHE_BYTES: "20MiB", MAX_CONCURRENT: "101" };
  const MiB = 2 ** 20;
  const memory = partOf(readConfig(settings), 2);
  expect(memory.cache).toMatchObject({ memoryBytes: 10 * MiB, answerBytes: 10 * MiB });
  expect(memory.limits.maxConcurrent).toBe(51);
  const stored = partOf(readConfig({ ...settings, CACHE_URL: "sqlite:x.db", RESPONSE_CACHE: "off" }), 2);
  expect(stored.cache).toMatchObject({ memoryBytes: 15 * MiB, answerBytes: null });
});
