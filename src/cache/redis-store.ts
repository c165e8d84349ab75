import { setTimeout as sleep } from "node:timers/promises";
import {
  ClientOfflineError,
  ConnectionTimeoutError,
  createClient,
  ErrorReply,
  RESP_TYPES,
  SocketClosedUnexpectedlyError,
} from "@redis/client";
import { causeCodeOf } from "../errors.ts";
import { outageOf } from "./guarded-store.ts";
import type { SharedStore } from "./shared-store.ts";

/** Names of this program's own, in a database that others may use too; the number changes with what they hold. */
const PREFIX = "claude-analytics-gateway:1:";

const CONNECT_MS = 2_000;

/** How long what was asked before has to end. */
const CLOSE_MS = 1_000;

/**
 * A store in Redis or Valkey. Room is the server's to bound: with `maxmemory-policy allkeys-lru` it drops what was used least
 * recently. Time is the server's too, so that replicas with clocks of their own agree.
 */
export async function redisStore(url: string): Promise<SharedStore> {
  const client = createClient({
    url,
    // While the server is away, a command fails at once instead of being answered out of date.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (attempt) => Math.min(100 * 2 ** attempt, 1_000),
    },
  });
  const about = { store: "redis", host: hostOf(url) } as const;
  const failed = Promise.withResolvers<void>();
  let lastFault: unknown;
  client.on("error", (fault) => {
    lastFault = fault;
    failed.resolve(); // the commands that fail say so themselves
  });
  const connected = client.connect().catch(() => {}); // it goes on trying, for as long as the server is away
  await Promise.race([connected, failed.promise, sleep(CONNECT_MS, undefined, { ref: false })]);
  /** Fails with an Outage that has the code of the server, or of the connection where that is broken. */
  const ask = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (fault) {
      throw outageOf(about, codeOf(fault instanceof ClientOfflineError ? lastFault : fault), fault);
    }
  };
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const run = (script: string, keys: readonly string[], args: readonly (string | number)[]) =>
    ask(client.eval(script, { keys: keys.map((key) => PREFIX + key), arguments: args.map(String) }));
  return {
    about,
    async get(key) {
      return (await ask(bytes.get(PREFIX + key))) as Uint8Array | null;
    },
    async set(key, value, lifetimeMs) {
      const expiration =
        lifetimeMs === null ? {} : { expiration: { type: "PX", value: lifetimeMs } as const };
      await ask(client.set(PREFIX + key, Buffer.from(value), expiration));
    },
    async delete(key) {
      await ask(client.unlink(PREFIX + key));
    },
    async acquire(name, holder, lifetimeMs) {
      return (await run(ACQUIRE, [`lock ${name}`], [holder, lifetimeMs])) === 1;
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
    async occupancy(bucket) {
      const keys = [`slots ${bucket}`, `block ${bucket}`];
      const [blocked, ...free] = (await run(OCCUPANCY, keys, [])) as number[];
      return { blockedMs: Math.max(0, Number(blocked)), freeInMs: free.map(Number) };
    },
    async dispose() {
      const ended = client.close().catch(() => {}); // it is away, and nothing is under way
      await Promise.race([ended, sleep(CLOSE_MS, undefined, { ref: false })]);
      if (client.isOpen) client.destroy();
    },
  };
}

/** Host and port, without the credentials. */
function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

/** A reply's code is its first word; the library's own errors have none. */
function codeOf(fault: unknown): string {
  if (fault instanceof ErrorReply) return /^[A-Z]{2,30}\b/.exec(fault.message)?.[0] ?? "ERR";
  if (fault instanceof ConnectionTimeoutError) return "ETIMEDOUT";
  if (fault instanceof SocketClosedUnexpectedlyError) return "ECONNRESET";
  return causeCodeOf(fault);
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
