import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistogram } from "node:perf_hooks";
import { memoryStore } from "../src/cache/memory-store.ts";
import { redisStore } from "../src/cache/redis-store.ts";
import { sqliteStore } from "../src/cache/sqlite-store.ts";
import { type Measured, print } from "./print.ts";

/*
 * Reading what is kept, beside a Map of the same values: from memory, from SQLite behind its thread, and from Redis where
 * REDIS_URL names one. Sixteen readers, as large a value as a page of a few hundred rows is on the wire.
 */

const READERS = 16;
const ROUNDS = 3;
const ROUND_MS = 800;
const KEYS = Array.from({ length: 200 }, (_, i) => `bench ${i}`);
const VALUE = Buffer.alloc(20_000, "claude ");

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const map = new Map(KEYS.map((key) => [key, VALUE]));
const memory = memoryStore(2 ** 26);
for (const key of KEYS) memory.set(key, { value: VALUE, bytes: VALUE.length });
const sqlite = sqliteStore({ path: join(folder, "bench.db"), maxBytes: 2 ** 28, now: Date.now });
const { REDIS_URL } = process.env;
const redis = REDIS_URL === undefined ? null : await redisStore(REDIS_URL);
for (const key of KEYS) await Promise.all([sqlite.set(key, VALUE, null), redis?.set(key, VALUE, 60_000)]);

const ways: readonly (readonly [string, (key: string) => unknown])[] = [
  ["a Map", (key) => map.get(key)],
  ["memory", (key) => memory.get(key)],
  ["SQLite", (key) => sqlite.get(key)],
  ...(redis === null ? [] : [["Redis", (key: string) => redis.get(key)] as const]),
];

async function read(get: (key: string) => unknown) {
  const times = createHistogram();
  const begun = performance.now();
  let reads = 0;
  const reader = async (first: number) => {
    for (let i = first; performance.now() - begun < ROUND_MS; i++) {
      const at = performance.now();
      if (!(await get(KEYS[i % KEYS.length] ?? ""))) throw new Error("a value is not there");
      times.record(Math.max(1, Math.round((performance.now() - at) * 1e6)));
      reads++;
    }
  };
  await Promise.all(Array.from({ length: READERS }, (_, i) => reader(i)));
  const ms = (percentile: number) => Math.round(times.percentile(percentile) / 1e3) / 1e3;
  return { perSecond: (reads / (performance.now() - begun)) * 1_000, p50: ms(50), p99: ms(99) };
}

const measured = ways.map(([what]): Measured => ({ what, perSecond: [], p50: [], p99: [] }));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, [, get]] of ways.entries()) {
    const figures = await read(get);
    if (round === 0) continue; // warms up
    for (const figure of ["perSecond", "p50", "p99"] as const) measured[i]?.[figure].push(figures[figure]);
  }
}
print(`reads of ${VALUE.length} bytes, ${READERS} readers`, measured);
for (const key of KEYS) await redis?.delete(key);
await Promise.all([sqlite.dispose(), redis?.dispose()]);
rmSync(folder, { recursive: true });
