import { redisLink } from "./redis-link.ts";
import type { SharedStore } from "./shared-store.ts";

/** Names of this program's own, in a database that others may use too; the number changes with what they hold. */
export const PREFIX = "claude-analytics-gateway:1:";

/** How long final answers are kept, where there is room: a server with `maxmemory-policy volatile-lru` drops only what expires. */
const FINAL_MS = 400 * 86_400_000;

/** A store in Redis or Valkey. Time is the server's, so that replicas with clocks of their own agree. */
export async function redisStore(url: string): Promise<SharedStore> {
  const link = await redisLink(url);
  const { about, send } = link;
  const run = (script: string, keys: readonly string[], args: readonly (string | number)[]) => {
    const names = keys.map((key) => PREFIX + key);
    return send(names[0] ?? "", ["EVAL", script, String(names.length), ...names, ...args.map(String)]);
  };
  return {
    about,
    async get(key) {
      return (await send(PREFIX + key, ["GET", PREFIX + key])) as Uint8Array | null;
    },
    async set(key, value, lifetimeMs) {
      const name = PREFIX + key;
      await send(name, ["SET", name, Buffer.from(value), "PX", String(lifetimeMs ?? FINAL_MS)]);
    },
    async delete(key) {
      await send(PREFIX + key, ["UNLINK", PREFIX + key]);
    },
    async acquire(name, holder, lifetimeMs) {
      return (await run(ACQUIRE, [`lock ${name}`], [holder, lifetimeMs])) === 1;
    },
    async release(name, holder) {
      await run(RELEASE, [`lock ${name}`], [holder]);
    },
    async take(bucket, slots, windowMs) {
      return Number(await run(TAKE, bucketKeys(bucket), [slots, windowMs]));
    },
    async block(bucket, forMs) {
      await run(BLOCK, bucketKeys(bucket).slice(1), [Math.ceil(forMs)]);
    },
    async occupancy(bucket) {
      const [blocked, ...free] = (await run(OCCUPANCY, bucketKeys(bucket), [])) as number[];
      return { blockedMs: Math.max(0, Number(blocked)), freeInMs: free.map(Number) };
    },
    dispose: () => link.dispose(),
  };
}

/**
 * Braces make a hash tag: both keys of a bucket are on one node of a cluster, as a script needs. Each organization and family is a
 * bucket, a few small keys that are used once for an upstream request; answers and locks are spread over all nodes.
 */
function bucketKeys(bucket: string): [slots: string, block: string] {
  return [`slots {${bucket}}`, `block {${bucket}}`];
}

const ACQUIRE = `
local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

const RELEASE = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

/**
 * The slots in use are a sorted set by the instant they are free again; those far beyond a window are of a time when the server's
 * clock was ahead.
 */
const TAKE = `
local blocked = redis.call("PTTL", KEYS[2])
if blocked > 0 then return blocked end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slots, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
redis.call("ZREMRANGEBYSCORE", KEYS[1], now + 2 * window, "+inf")
local used = redis.call("ZCARD", KEYS[1])
if used < slots then
  redis.call("ZADD", KEYS[1], now + window, time[1] .. ":" .. time[2] .. ":" .. used)
  redis.call("PEXPIRE", KEYS[1], window)
  return 0
end
local free = redis.call("ZRANGE", KEYS[1], used - slots, used - slots, "WITHSCORES")
return free[2] - now`;

/** The milliseconds of a block, then those after which each slot in use is free. */
const OCCUPANCY = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local said = { redis.call("PTTL", KEYS[2]) }
local used = redis.call("ZRANGEBYSCORE", KEYS[1], "(" .. now, "+inf", "WITHSCORES")
for i = 2, #used, 2 do said[#said + 1] = used[i] - now end
return said`;

/** Never shortens a block that is longer. */
const BLOCK = `
if redis.call("PTTL", KEYS[1]) < tonumber(ARGV[1]) then redis.call("SET", KEYS[1], "1", "PX", ARGV[1]) end
return 0`;
