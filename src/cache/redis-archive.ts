import { Outage } from "../errors.ts";
import type { Archive } from "./archive.ts";
import { type RedisLink, redisLink } from "./redis-link.ts";
import { PREFIX } from "./redis-store.ts";

const ENTRY = `${PREFIX}archive entry `;
const LOG = `${PREFIX}archive log `;
const BYTES = `${PREFIX}archive bytes`;

export interface RedisArchive extends Archive {
  /** All keys there are, once each at the least. */
  keys(): AsyncGenerator<string>;
  /** All logs there are, once each at the least. */
  logs(): AsyncGenerator<string>;
  /** Takes out what has just been put in by mistake. */
  remove(key: string): Promise<void>;
  /** Why the server may lose what it holds; null: it keeps it as well as its own disk does. */
  risk(): Promise<Outage | null>;
}

/** An archive in Redis or Valkey: entries that never expire, which a server evicts under no policy but `allkeys-*`. */
export async function redisArchive(url: string, maxBytes: number): Promise<RedisArchive> {
  const link = await redisLink(url, { part: "archive" });
  const { about, send } = link;
  const count = async (bytes: number) => Number(await send(BYTES, ["INCRBY", BYTES, String(bytes)]));

  const has = async (key: string) => Number(await send(ENTRY + key, ["EXISTS", ENTRY + key])) === 1;

  return {
    about,
    has,
    async get(key) {
      return (await send(ENTRY + key, ["GET", ENTRY + key])) as Uint8Array | null;
    },
    async put(key, value) {
      const name = ENTRY + key;
      if (await has(key)) return true;
      // Room is taken first: a process that ends between the two leaves less room than there is, never more.
      if ((await count(value.length)) > maxBytes) {
        await count(-value.length);
        return false;
      }
      try {
        const made = await send(name, ["SET", name, Buffer.from(value), "NX"]);
        if (made === null) await count(-value.length); // another replica was faster
        return true;
      } catch (fault) {
        await count(-value.length).catch(() => {});
        throw fault;
      }
    },
    async *keys() {
      for await (const name of namesOf(link, ENTRY)) yield name.slice(ENTRY.length);
    },
    async append(log, lines) {
      const key = LOG + log;
      const words = [...lines].flatMap(([name, value]) => [name, Buffer.from(value)]);
      if (words.length > 0) await send(key, ["EVAL", APPEND, "1", key, ...words]);
    },
    async names(log) {
      return ((await send(LOG + log, ["HKEYS", LOG + log])) as Buffer[]).map(String);
    },
    async read(log, names) {
      if (names.length === 0) return new Map();
      const values = (await send(LOG + log, ["HMGET", LOG + log, ...names])) as (Buffer | null)[];
      return new Map(
        names.flatMap((name, i): [string, Uint8Array][] => {
          const value = values[i];
          return value == null ? [] : [[name, value]];
        }),
      );
    },
    async drop(log, names) {
      if (names.length > 0) await send(LOG + log, ["HDEL", LOG + log, ...names]);
    },
    async *logs() {
      for await (const name of namesOf(link, LOG)) yield name.slice(LOG.length);
    },
    async remove(key) {
      const name = ENTRY + key;
      const bytes = Number(await send(name, ["STRLEN", name]));
      if (Number(await send(name, ["UNLINK", name])) === 1) await count(-bytes);
    },
    async risk() {
      const memory = String(await send(BYTES, ["INFO", "memory"]));
      const policy = /^maxmemory_policy:(allkeys-\w+)/m.exec(memory)?.[1];
      return policy === undefined || /^maxmemory:0\r?$/m.test(memory)
        ? null
        : new Outage(
            `the server may evict figures that upstream no longer serves: its maxmemory-policy is ${policy}; set volatile-lru, which evicts only what can be fetched again`,
            "ARCHIVE_EVICTABLE",
            about,
          );
    },
    dispose: () => link.dispose(),
  };
}

/** A script runs as a whole or not at all. */
const APPEND =
  "for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end return redis.status_reply('OK')";

async function* namesOf({ each }: RedisLink, prefix: string): AsyncGenerator<string> {
  const pattern = `${prefix.replace(/[[\]*?\\^]/g, "\\$&")}*`;
  for (const send of await each()) {
    for (let cursor = "0"; ; ) {
      const [next, names] = (await send(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"])) as [
        Buffer,
        Buffer[],
      ];
      for (const name of names) yield name.toString();
      cursor = next.toString();
      if (cursor === "0") break;
    }
  }
}
