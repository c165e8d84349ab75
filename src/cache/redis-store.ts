import { createClient, RESP_TYPES } from "@redis/client";
import type { SharedStore } from "./shared-store.ts";

/** Names of this program's own, in a database that others may use too; the number changes with what they hold. */
const PREFIX = "claude-analytics-gateway:1:";

/**
 * A store in Redis or Valkey. Room is the server's to bound: with `maxmemory-policy allkeys-lru` it drops what was used least
 * recently. Time is the server's too, so that replicas with clocks of their own agree.
 */
export async function redisStore(url: string): Promise<SharedStore> {
  const client = createClient({
    url,
    // While the server is away, a command fails at once instead of being answered out of date.
    disableOfflineQueue: true,
    socket: { connectTimeout: 2_000, reconnectStrategy: (attempt) => Math.min(100 * 2 ** attempt, 5_000) },
  });
  client.on("error", () => {}); // the commands that fail say so themselves
  const firstFault = new Promise((resolve) => client.once("error", resolve));
  await Promise.race([client.connect().catch(() => {}), firstFault]); // while the server is away it goes on trying
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const run = (script: string, keys: readonly string[], args: readonly (string | number)[]) =>
    client.eval(script, { keys: keys.map((key) => PREFIX + key), arguments: args.map(String) });
  return {
    async get(key) {
      return (await bytes.get(PREFIX + key)) as Uint8Array | null;
    },
    async set(key, value, lifetimeMs) {
      const expiration =
        lifetimeMs === null ? {} : { expiration: { type: "PX", value: lifetimeMs } as const };
      await client.set(PREFIX + key, Buffer.from(value), expiration);
    },
    async delete(key) {
      await client.unlink(PREFIX + key);
    },
    async acquire(name, holder, lifetimeMs) {
      const lock = { condition: "NX", expiration: { type: "PX", value: lifetimeMs } } as const;
      return (await client.set(`${PREFIX}lock ${name}`, holder, lock)) === "OK";
    },
    async release(name, holder) {
      await run(RELEASE, [`lock ${name}`], [holder]);
    },
    async take(bucket, slots, windowMs) {
      return Number(await run(TAKE, [`slots ${bucket}`, `block ${bucket}`], [slots, windowMs]));
    },
    async block(bucket, forMs) {
      await run(BLOCK, [`block ${bucket}`], [Math.ceil(forMs)]);
    },
    async dispose() {
      client.destroy();
    },
  };
}

const RELEASE = `
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

/** The slots in use are a sorted set by the instant they are free again. */
const TAKE = `
local blocked = redis.call("PTTL", KEYS[2])
if blocked > 0 then return blocked end
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slots, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
local used = redis.call("ZCARD", KEYS[1])
if used < slots then
  redis.call("ZADD", KEYS[1], now + window, time[1] .. ":" .. time[2] .. ":" .. used)
  redis.call("PEXPIRE", KEYS[1], window)
  return 0
end
local free = redis.call("ZRANGE", KEYS[1], used - slots, used - slots, "WITHSCORES")
return free[2] - now`;

/** Never shortens a block that is longer. */
const BLOCK = `
if redis.call("PTTL", KEYS[1]) < tonumber(ARGV[1]) then redis.call("SET", KEYS[1], "1", "PX", ARGV[1]) end
return 0`;
