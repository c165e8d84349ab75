import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { redisStore } from "../../src/cache/redis-store.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";

const REDIS_URL = process.env.REDIS_URL;
if (REDIS_URL === undefined) process.stdout.write("REDIS_URL is not set: the Redis store is not tested\n");

/** A kind of shared store; two that are opened of the same kind share what they hold. */
export interface Kind {
  readonly name: string;
  readonly open: () => Promise<SharedStore>;
  readonly skip: boolean;
}

export const folder = mkdtempSync(join(tmpdir(), "stores-"));

/** Each test file has a database of its own. */
export const sqlite: Kind = {
  name: "SQLite",
  open: async () => {
    const { testPath = "" } = expect.getState();
    const path = join(folder, `${createHash("sha256").update(testPath).digest("hex")}.db`);
    return sqliteStore({ path, maxBytes: 2 ** 26, now: Date.now });
  },
  skip: false,
};

export const redis: Kind = {
  name: "Redis",
  open: () => redisStore(REDIS_URL ?? ""),
  skip: REDIS_URL === undefined,
};
