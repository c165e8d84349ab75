import { join } from "node:path";
import { createHistogram } from "node:perf_hooks";
import { memoryStore } from "../../src/cache/memory-store.ts";
import { redisStore } from "../../src/cache/redis-store.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import type { Options } from "../options.ts";
import { interleaved } from "../rounds.ts";
import { figureOf, type Table } from "../table.ts";

/*
 * Reads of the stores beside a Map of the same values: memory, SQLite behind its thread, and Redis where REDIS_URL names one. Sixteen
 * readers; a value is as large as a page of a few hundred rows on the wire.
 */

const READERS = 16;
const KEYS = Array.from({ length: 200 }, (_, i) => `bench ${i}`);
const VALUE = Buffer.alloc(20_000, "claude ");

export async function* store({ seconds, folder }: Options): AsyncGenerator<Table> {
  const map = new Map(KEYS.map((key) => [key, VALUE]));
  const memory = memoryStore(2 ** 26);
  for (const key of KEYS) memory.set(key, { value: VALUE, bytes: VALUE.length });
  const sqlite = sqliteStore({ path: join(folder, "store.db"), maxBytes: 2 ** 28, now: Date.now });
  const { REDIS_URL } = process.env;
  const redis = REDIS_URL === undefined ? null : await redisStore(REDIS_URL);
  for (const key of KEYS) await Promise.all([sqlite.set(key, VALUE, null), redis?.set(key, VALUE, 60_000)]);
  const ways: readonly (readonly [string, (key: string) => unknown])[] = [
    ["a Map", (key) => map.get(key)],
    ["memory", (key) => memory.get(key)],
    ["SQLite", (key) => sqlite.get(key)],
    ...(redis === null ? [] : [["Redis", (key: string) => redis.get(key)] as const]),
  ];
  const results = await interleaved(ways, ([, get], isWarmUp) => read(get, isWarmUp ? 0.2 : seconds / 2));
  for (const key of KEYS) await redis?.delete(key);
  await Promise.all([sqlite.dispose(), redis?.dispose()]);
  const floor = results[0]?.rounds ?? [];
  yield {
    subject: "store",
    title: `Stores: reads of ${VALUE.length / 1_000} kB, ${READERS} readers`,
    columns: ["", "reads/s", "of a Map", "p50 ms", "p99 ms"],
    rows: results.map(({ subject: [name], rounds }) => [
      name,
      figureOf(rounds.map(({ perSecond }) => perSecond)),
      figureOf(rounds.map(({ perSecond }, i) => perSecond / (floor[i]?.perSecond ?? Number.NaN))).median,
      figureOf(rounds.map(({ p50 }) => p50)),
      figureOf(rounds.map(({ p99 }) => p99)),
    ]),
  };
}

async function read(get: (key: string) => unknown, seconds: number) {
  const nanos = createHistogram();
  const begun = performance.now();
  let reads = 0;
  const reader = async (first: number) => {
    for (let i = first; performance.now() - begun < seconds * 1_000; i++) {
      const at = performance.now();
      if (!(await get(KEYS[i % KEYS.length] ?? ""))) throw new Error("a value is not there");
      nanos.record(Math.max(1, Math.round((performance.now() - at) * 1e6)));
      reads++;
    }
  };
  await Promise.all(Array.from({ length: READERS }, (_, i) => reader(i)));
  return {
    perSecond: (reads / (performance.now() - begun)) * 1_000,
    p50: nanos.percentile(50) / 1e6,
    p99: nanos.percentile(99) / 1e6,
  };
}
