import { globSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Archive } from "../../src/cache/archive.ts";
import { decodeEntry, encodeEntry } from "../../src/cache/entry.ts";
import { redisArchive } from "../../src/cache/redis-archive.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteArchive } from "../../src/cache/sqlite-archive.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { PartNotes } from "../../src/loaders/directory/notes.ts";
import { VERSION } from "../../src/version.ts";
import { NOW } from "../gateway.ts";
import { memoryArchive } from "../memory-archive.ts";
import { type FormatSample, sampleGateway } from "./format-sample.ts";
import { redis } from "./stores.ts";

/** Samples of all releases. */
const SAMPLES: readonly FormatSample[] = globSync("formats/*.json", { cwd: import.meta.dirname })
  .sort()
  .map((file) => JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")));

interface Stores {
  readonly store: SharedStore;
  readonly archive: Archive;
}

/** Entries as a release left them, each as `change` rewrites it. */
type Change = (key: string, value: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const unchanged: Change = (_key, value) => value;

const bytesOf = (text: string) => Buffer.from(text, "base64");

/** A SQLite file with the tables of a release. */
function fileOf(
  path: string,
  { applicationId, userVersion, statements }: FormatSample["files"]["store"],
): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${userVersion};`,
  );
  for (const statement of statements) database.exec(statement);
  return database;
}

async function inSqlite({ store, archive, files }: FormatSample, change: Change): Promise<Stores> {
  const folder = mkdtempSync(join(tmpdir(), "formats-"));
  const [path, archivePath] = [join(folder, "cache.db"), join(folder, "cache-archive.db")];
  const pages = fileOf(path, files.store);
  const page = pages.prepare(
    "INSERT INTO pages (key, value, bytes, expires_at, used_at) VALUES (?, ?, ?, NULL, 0)",
  );
  for (const [key, text] of Object.entries(store)) {
    const value = await change(key, bytesOf(text));
    page.run(key, value, value.length);
  }
  pages.close();
  const entries = fileOf(archivePath, files.archive);
  const entry = entries.prepare("INSERT INTO entries (key, bytes, value) VALUES (?, ?, ?)");
  for (const [key, text] of Object.entries(archive)) {
    const value = await change(key, bytesOf(text));
    entry.run(key, value.length, value);
  }
  entries.close();
  return {
    store: sqliteStore({ path, maxBytes: 2 ** 26, now: () => Date.parse(NOW) }),
    archive: sqliteArchive({ path: archivePath, maxBytes: 2 ** 26 }),
  };
}

async function inRedis({ store, archive }: FormatSample, change: Change): Promise<Stores> {
  const opened = {
    store: await redis.open(),
    archive: await redisArchive(process.env.REDIS_URL ?? "", 2 ** 26),
  };
  for (const [key, text] of Object.entries(store))
    await opened.store.set(key, await change(key, bytesOf(text)), null);
  for (const key of Object.keys(archive)) await opened.archive.remove(key).catch(() => {});
  for (const [key, text] of Object.entries(archive))
    await opened.archive.put(key, await change(key, bytesOf(text)));
  return opened;
}

const KINDS = [
  { name: "SQLite", open: inSqlite, skip: false },
  { name: "Redis", open: inRedis, skip: redis.skip },
] as const;

/** The position of the format in an entry. */
const FORMAT = 2;

/** An entry in the format before the newest, which archives can hold. */
async function formerly(key: string, value: Uint8Array): Promise<Uint8Array> {
  const kept = await decodeEntry(key, value);
  if (kept === null) return value;
  const text = JSON.stringify([kept.key, kept.fetchedAt, kept.body]);
  return Buffer.concat([value.subarray(0, FORMAT), Uint8Array.of(1), zstdCompressSync(text)]);
}

/** An entry of a format to come, with a body that reads as something else in the present one. */
function ofNewer(_key: string, value: Uint8Array): Uint8Array {
  const newer = Buffer.from(value);
  newer[FORMAT] = 3;
  return newer;
}

test("the present release has a sample", () => {
  expect(SAMPLES.map(({ release }) => release)).toContain(VERSION);
});

describe.each(SAMPLES.map((sample) => [sample.release, sample] as const))(
  "entries of release %s",
  (_release, sample) => {
    describe.each(KINDS)("in $name", ({ open, skip }) => {
      /** Answers all questions of the sample, and counts the upstream requests for them. */
      async function answers(change: Change) {
        const { ask, seen, app } = sampleGateway(await open(sample, change));
        const data: unknown[] = [];
        for (const { query } of sample.answers) {
          const answer = await ask(query);
          expect(answer.errors).toBeUndefined();
          data.push(answer.data);
        }
        await app.dispose();
        return { data, requests: seen.length };
      }

      /** The answers of a gateway that nothing was stored for. The sandbox may have changed since the sample was made. */
      async function present() {
        const { ask, seen } = sampleGateway({ archive: memoryArchive() });
        const data: unknown[] = [];
        for (const { query } of sample.answers) data.push((await ask(query)).data);
        return { data, requests: seen.length };
      }

      const stated = { data: sample.answers.map(({ data }) => data), requests: 0 };

      test.skipIf(skip)("answer without an upstream request", async () => {
        expect(await answers(unchanged)).toEqual(stated);
      });

      test.skipIf(skip)("answer in the format before as well", async () => {
        expect(await answers(formerly)).toEqual(stated);
      });

      test.skipIf(skip)(
        "are as good as none to a release that does not know their format, as after a rollback",
        async () => {
          const [{ data, requests }, anew] = [await answers(ofNewer), await present()];
          expect(data).toEqual(anew.data);
          expect(requests).toBeGreaterThan(0);
          expect(requests).toBeLessThanOrEqual(anew.requests + 1); // which organization it belongs to
        },
      );

      test.skipIf(skip)("do not mislead two releases that replace the entries of one another", async () => {
        const stores = await open(sample, ofNewer);
        const { data } = await present();
        const own = sampleGateway(stores);
        const other = sampleGateway({
          ...stores,
          store: {
            ...stores.store,
            // The other release writes what this one does not know.
            set: (key, value, lifetimeMs) => stores.store.set(key, ofNewer(key, value), lifetimeMs),
            get: async (key) => {
              const value = await stores.store.get(key);
              if (value === null || value[FORMAT] !== 3) return value;
              const known = Buffer.from(value);
              known[FORMAT] = 2;
              return known;
            },
          },
        });
        for (let turn = 0; turn < 2; turn++)
          for (const [i, { query }] of sample.answers.entries()) {
            const answer = await own.ask(query);
            expect(answer.errors).toBeUndefined();
            expect(answer.data).toEqual(data[i]);
            const after = await other.ask(query);
            expect(after.errors).toBeUndefined();
            expect([data[i], sample.answers[i]?.data]).toContainEqual(after.data);
          }
      });
    });
  },
);

describe("a note about the directory", () => {
  test.each([
    "null",
    "[]",
    "{}",
    `{"version":2,"parts":[]}`,
    `{"done":"1","total":null,"wholeAt":null,"usedAt":1,"at":1}`,
  ])("of another form counts as missing: %s", async (body) => {
    const key = "directory GROUP_MEMBERS";
    const bytes = await encodeEntry({ key, body, fetchedAt: Date.parse(NOW) });
    const notes = new PartNotes({
      now: () => Date.parse(NOW),
      store: { get: async () => bytes } as object as SharedStore,
      keyOf: () => key,
      isReadable: () => true,
    });
    expect(await notes.of("GROUP_MEMBERS")).toBeNull();
  });
});
