import { describe, expect, test } from "vitest";
import { Flights } from "../../src/upstream/pages/flights.ts";
import type { Page } from "../../src/upstream/pages/page.ts";

const REPORT = { dataset: "ENTERPRISE_COST", watermarked: true } as const;
const LOOK_UP = { dataset: "GROUPS" } as const;
const HOUR_MS = 3_600_000;

const PAGE: Page<string> = {
  rows: ["row"],
  token: null,
  next: null,
  watermark: null,
  fetchedAt: 0,
  asOf: null,
  range: null,
  state: "OPEN",
  stale: null,
};

/** A request that lands when the test says so. */
function started(flights: Flights, key = "key", of: typeof REPORT | typeof LOOK_UP = REPORT) {
  const { promise, resolve, reject } = Promise.withResolvers<Page<string>>();
  const caller = new AbortController();
  let unwanted: AbortSignal | undefined;
  const page = flights.start<string>(of, key, caller.signal, (signal) => {
    unwanted = signal;
    return promise;
  });
  return { page, caller, resolve, reject, isUnwanted: () => unwanted?.aborted };
}

describe("a request under way", () => {
  test("is joined by its key, and by no other", async () => {
    const flights = new Flights(HOUR_MS);
    const { page, resolve } = started(flights);
    const joined = flights.join<string>("key", new AbortController().signal);
    expect(flights.has("key")).toBe(true);
    expect(flights.join("other", new AbortController().signal)).toBeUndefined();
    resolve(PAGE);
    expect(await joined).toBe(await page);
  });

  test("ends when the last caller leaves, and cannot be joined then", () => {
    const flights = new Flights(HOUR_MS);
    const { caller, isUnwanted } = started(flights);
    const other = new AbortController();
    flights.join("key", other.signal);
    caller.abort();
    expect(isUnwanted()).toBe(false);
    other.abort();
    expect(isUnwanted()).toBe(true);
    expect(flights.join("key", new AbortController().signal)).toBeUndefined();
  });

  test("is not joined in the second half of its deadline", () => {
    const flights = new Flights(0);
    started(flights);
    expect(flights.join("key", new AbortController().signal)).toBeUndefined();
  });

  test("is forgotten when it lands, and when it fails", async () => {
    const flights = new Flights(HOUR_MS);
    const good = started(flights, "good");
    const bad = started(flights, "bad");
    good.resolve(PAGE);
    bad.reject(new Error("upstream failed"));
    await good.page;
    await expect(bad.page).rejects.toThrow("upstream failed");
    expect(flights.has("good")).toBe(false);
    expect(flights.has("bad")).toBe(false);
  });

  test("is not forgotten when one that it replaced lands", async () => {
    const flights = new Flights(HOUR_MS);
    const replaced = started(flights);
    started(flights);
    replaced.resolve(PAGE);
    await replaced.page;
    expect(flights.has("key")).toBe(true);
  });
});

describe("a probe", () => {
  test("is the first request to a dataset with exports, until that lands", async () => {
    const flights = new Flights(HOUR_MS);
    const first = started(flights, "first");
    const probe = flights.probeOf("ENTERPRISE_COST");
    started(flights, "second");
    expect(flights.probeOf("ENTERPRISE_COST")).toBe(probe);
    first.resolve(PAGE);
    await probe;
    expect(flights.probeOf("ENTERPRISE_COST")).toBeUndefined();
  });

  test("resolves when its request fails: the others go on by themselves", async () => {
    const flights = new Flights(HOUR_MS);
    const { page, reject } = started(flights);
    const probe = flights.probeOf("ENTERPRISE_COST");
    reject(new Error("upstream failed"));
    await expect(page).rejects.toThrow();
    await expect(probe).resolves.toBeUndefined();
  });

  test("is never a request to a dataset without exports", () => {
    const flights = new Flights(HOUR_MS);
    started(flights, "key", LOOK_UP);
    expect(flights.probeOf("GROUPS")).toBeUndefined();
  });
});
