import type { AuthConfig } from "./auth.ts";
import { byteSize, ON_OR_OFF, wholeNumber } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

type StoreUrl =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string };

export type StoreConfig =
  | {
      readonly kind: "sqlite";
      readonly path: string;
      readonly maxBytes: number;
      readonly archiveBytes: number;
    }
  | { readonly kind: "redis"; readonly url: string; readonly archiveBytes: number };

const STORE_URL: SettingFormat<StoreUrl> = {
  parse(value) {
    if (value === "memory:") return { kind: "memory" };
    const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(value)?.[1];
    if (path !== undefined) return { kind: "sqlite", path };
    if (!/^rediss?:\/\/./.test(value) || URL.parse(value) === null) return null;
    return { kind: "redis", url: value };
  },
  expected: "memory:, sqlite:PATH, redis://HOST or rediss://HOST",
  values: "`memory:`, `sqlite:PATH`, `redis://HOST`, `rediss://HOST`",
};

export const CACHE = {
  url: optional({
    name: "CACHE_URL",
    whenUnset: "`memory:`; with `NODE_ENV=production` `sqlite:./cache.db`",
    format: STORE_URL,
    meaning:
      "Store of answers that outlives the process: `sqlite:` for the processes of one machine, `redis:` for replicas. Set a URL with a password as a variable, not as a flag.",
    example: "redis://cache.internal:6379",
  }),
  memoryBytes: setting({
    name: "CACHE_MEMORY_BYTES",
    default: "256MiB",
    format: byteSize("256MiB"),
    meaning: "Memory for upstream pages.",
  }),
  storeBytes: setting({
    name: "CACHE_STORE_BYTES",
    default: "4GiB",
    format: byteSize("4GiB"),
    meaning: "Maximum size of a `sqlite:` store. A Redis server limits itself.",
  }),
  archiveBytes: setting({
    name: "ARCHIVE_BYTES",
    default: "1GiB",
    format: byteSize("1GiB"),
    meaning:
      "Maximum size of the archive beside the store: final figures that upstream no longer serves. Nothing in it is dropped; when it is full, nothing is added.",
  }),
  responseCache: setting({
    name: "RESPONSE_CACHE",
    default: "on",
    format: ON_OR_OFF,
    meaning:
      "Keeps answers as bytes and sends them again while a new answer would be the same. The header `cache-status` of each answer says whether it was kept.",
  }),
  responseBytes: setting({
    name: "RESPONSE_CACHE_BYTES",
    default: "64MiB",
    format: byteSize("64MiB"),
    meaning: "Memory for answers as bytes.",
  }),
  publicSeconds: optional({
    name: "PUBLIC_MAX_AGE",
    whenUnset: "caches of browsers alone, which ask each time whether an answer still holds",
    format: wholeNumber(0, 3_600, "seconds"),
    meaning:
      "How long shared caches, such as a CDN, may send an answer to a GET of a trusted document without asking the gateway. Every client of such a cache can read the answer, so this needs `AUTH=none`.",
    example: "60",
  }),
  freshSeconds: optional({
    name: "FRESH_TTL",
    whenUnset: "set by each dataset",
    format: wholeNumber(0, 86_400, "seconds"),
    meaning: "Maximum time for which figures that can still change are reused. 0 always asks upstream.",
  }),
};

/** The store in production: it takes days of upstream requests to fill, so it should outlive the process. */
const IN_PRODUCTION: StoreUrl = { kind: "sqlite", path: "./cache.db" };

/** Reads where upstream pages are kept, and for how long. */
export function cacheConfig(
  reader: SettingsReader,
  { auth, isProduction }: { readonly auth: AuthConfig; readonly isProduction: boolean },
) {
  const { url, memoryBytes, storeBytes, archiveBytes, responseCache, responseBytes, ...seconds } =
    reader.readAll(CACHE);
  const { publicSeconds, freshSeconds } = seconds;
  if (publicSeconds !== null && auth.kind !== "none")
    reader.faults.push(
      `PUBLIC_MAX_AGE is set, and AUTH is ${auth.kind}: a shared cache would send answers to callers that the gateway has not authenticated; unset PUBLIC_MAX_AGE.`,
    );
  if (publicSeconds !== null && !responseCache)
    reader.faults.push(
      "PUBLIC_MAX_AGE is set, and RESPONSE_CACHE is off: only kept answers say how long they may be kept; set RESPONSE_CACHE to on, or unset PUBLIC_MAX_AGE.",
    );
  const store = url ?? (isProduction ? IN_PRODUCTION : { kind: "memory" });
  return Object.freeze({
    memoryBytes,
    /** Memory for answers as bytes; null: none are kept. */
    answerBytes: responseCache ? responseBytes : null,
    /** How long shared caches may keep an answer; null: they may not. */
    publicSeconds,
    /** The store that processes share; null: memory only. */
    store: storeConfig(store, { maxBytes: storeBytes, archiveBytes }),
    /** Undefined: each dataset says how long. */
    freshSeconds: freshSeconds ?? undefined,
  });
}

function storeConfig(
  store: StoreUrl,
  { maxBytes, archiveBytes }: { readonly maxBytes: number; readonly archiveBytes: number },
): StoreConfig | null {
  switch (store.kind) {
    case "memory":
      return null;
    case "sqlite":
      return { ...store, maxBytes, archiveBytes };
    case "redis":
      return { ...store, archiveBytes };
  }
}
