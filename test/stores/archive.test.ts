import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type Archive, guardedArchive } from "../../src/cache/archive.ts";
import type { LogLines } from "../../src/cache/logs.ts";
import { redisArchive } from "../../src/cache/redis-archive.ts";
import { redisStore } from "../../src/cache/redis-store.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { sqliteArchive } from "../../src/cache/sqlite-archive.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import type { Outage } from "../../src/errors.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { gateway } from "../gateway.ts";
import { memoryArchive } from "../memory-archive.ts";
import { endAll, run } from "../process.ts";
import { hasRedis, redisServer } from "./redis-server.ts";

const folder = mkdtempSync(join(tmpdir(), "archive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endAll);

let count = 0;
const place = () => join(folder, `${count++}.db`);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString());

/** A place for archives: those that are opened of it share what they hold. */
interface Home extends AsyncDisposable {
  open(maxBytes?: number): Promise<Archive>;
}

const kinds: { name: string; skip: boolean; tags: "deep"[]; home: () => Promise<Home> }[] = [
  {
    name: "SQLite",
    skip: false,
    tags: [],
    home: async () => {
      const path = place();
      return {
        open: async (maxBytes = 2 ** 20) => sqliteArchive({ path, maxBytes }),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  },
  {
    name: "Redis",
    skip: !hasRedis,
    tags: ["deep"],
    home: async () => {
      const server = await redisServer();
      return {
        open: (maxBytes = 2 ** 20) => redisArchive(server.url, maxBytes),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  },
];

describe.each(kinds)("an archive in $name", ({ skip, home, tags }) => {
  test.skipIf(skip)(
    "gives back what was put into it, to others and after a restart, and changes nothing",
    { tags },
    async () => {
      await using at = await home();
      const [a, b] = [await at.open(), await at.open()];
      expect(await a.get("page")).toBeNull();
      expect(await a.has("page")).toBe(false);
      expect(await a.put("page", bytes("\0one\xff"))).toBe(true);
      expect(await b.put("page", bytes("two"))).toBe(true);
      expect(Buffer.from((await b.get("page")) ?? [])).toEqual(Buffer.from(bytes("\0one\xff")));
      await Promise.all([a.dispose(), b.dispose()]);
      const after = await at.open();
      expect(await after.has("page")).toBe(true);
      expect(Buffer.from((await after.get("page")) ?? [])).toEqual(Buffer.from(bytes("\0one\xff")));
      await after.dispose();
    },
  );

  test.skipIf(skip)(
    "holds no more than its bound, for any number of writers, and drops nothing",
    { tags },
    async () => {
      await using at = await home();
      const archives = [await at.open(10_000), await at.open(10_000)];
      const kept = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          archives[i % 2]?.put(`page ${i}`, new Uint8Array(1_000).fill(i)),
        ),
      );
      expect(kept.filter((is) => is)).toHaveLength(10);
      expect(await archives[0]?.put("page more", new Uint8Array(1_000))).toBe(false);
      for (const [i, is] of kept.entries())
        expect((await archives[0]?.get(`page ${i}`))?.[0] ?? null).toBe(is ? i : null);
      await Promise.all(archives.map((archive) => archive.dispose()));
    },
  );
});

describe.each(kinds)("a log of an archive in $name", ({ skip, home, tags }) => {
  const lines = (entries: Readonly<Record<string, string>>) =>
    new Map(Object.entries(entries).map(([name, value]) => [name, bytes(value)]));
  const texts = (read: LogLines) => Object.fromEntries([...read].map(([name, value]) => [name, text(value)]));

  test.skipIf(skip)(
    "keeps the first line of a name, for others and after a restart, beside other logs and an archive that is full",
    { tags },
    async () => {
      await using at = await home();
      const [a, b] = [await at.open(10), await at.open(10)];
      expect(await a.put("page", new Uint8Array(11))).toBe(false);
      expect(await a.names("march")).toEqual([]);
      await Promise.all([
        a.append("march", lines({ one: "1\xff", two: "2" })),
        b.append("april", lines({ one: "other" })),
      ]);
      await b.append("march", lines({ two: "changed", three: "3" }));
      await a.append("march", lines({}));
      expect((await b.names("march")).toSorted()).toEqual(["one", "three", "two"]);
      expect(texts(await a.read("march", ["three", "two", "four"]))).toEqual({ two: "2", three: "3" });
      expect(texts(await a.read("march", []))).toEqual({});
      await a.drop("march", ["one", "four"]);
      await a.drop("march", []);
      await Promise.all([a.dispose(), b.dispose()]);
      const after = await at.open();
      expect((await after.names("march")).toSorted()).toEqual(["three", "two"]);
      expect(texts(await after.read("april", ["one"]))).toEqual({ one: "other" });
      await after.dispose();
    },
  );
});

describe("an archive", () => {
  function watched({ max = 100, isAway = () => false }: { max?: number; isAway?: () => boolean }) {
    const faults: Outage[] = [];
    let clock = 0;
    const held = new Map<string, Uint8Array>();
    const asked = async () => {
      if (isAway()) throw new Error("away");
    };
    const logs = memoryArchive();
    const archive: Archive = {
      ...logs,
      about: { store: "sqlite", path: "a.db" },
      get: async (key) => {
        await asked();
        return held.get(key) ?? null;
      },
      has: async (key) => {
        await asked();
        return held.has(key);
      },
      put: async (key, value) => {
        await asked();
        if (held.size >= max) return false;
        held.set(key, value);
        return true;
      },
      append: async (log, lines) => {
        await asked();
        await logs.append(log, lines);
      },
      names: async (log) => {
        await asked();
        return logs.names(log);
      },
    };
    const guarded = guardedArchive(archive, {
      onFault: (fault) => faults.push(fault as Outage),
      onRecovery: () => {},
      now: () => clock,
    });
    const pass = (seconds: number) => {
      clock += seconds * 1_000;
    };
    return { guarded, faults, held, pass };
  }

  test("that is full says so once, and keeps what it holds", async () => {
    const { guarded, faults, held } = watched({ max: 3 });
    for (let i = 0; i < 10; i++) await guarded.put(`page ${i}`, bytes("x"));
    expect([...held.keys()]).toEqual(["page 0", "page 1", "page 2"]);
    expect(faults.map(({ code }) => code)).toEqual(["ARCHIVE_FULL"]);
    expect(faults[0]?.message).toContain("ARCHIVE_BYTES");
  });

  test("that is away is an error to who reads it, and is given what waited once it is back", async () => {
    let isAway = true;
    const { guarded, faults, held, pass } = watched({ isAway: () => isAway });
    await expect(guarded.get("page")).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    for (let i = 0; i < 3; i++) await guarded.put(`page ${i}`, bytes("x"));
    expect([...held.keys()]).toEqual([]);
    await expect(guarded.names("log")).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    await guarded.append("log", new Map([["line", bytes("1")]]));
    isAway = false;
    pass(10);
    await guarded.put("last", bytes("x"));
    expect([...held.keys()].toSorted()).toEqual(["last", "page 0", "page 1", "page 2"]);
    expect(await guarded.names("log")).toEqual(["line"]);
    expect(faults).toHaveLength(1);
  });
});

const SPRING = `range: { between: { from: "2026-04-01", until: "2026-05-01" } }`;
const BY_MODEL = `{ cost(${SPRING}, groupBy: [MODEL], first: 1000, bucket: DAY) { nodes { from model net { cents } } total { net { cents } } } }`;
const BY_PERSON = `{ cost(${SPRING}, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { userId } net { cents } } total { net { cents } } } }`;

/** Half a year later, when upstream answers for 16 June 2026 and after. */
const LATER = "2027-06-15T12:00:00Z";

interface World {
  readonly now: string;
  readonly settings?: Record<string, string>;
  readonly store: SharedStore;
  readonly archive: Archive;
  /** Makes another organization. */
  readonly seed?: number;
}

const key = () => ({ ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` });

/** A gateway over the same simulated organization, whenever it is. */
function process({ now, settings = {}, store, archive, seed = 1 }: World) {
  const sandbox = createSandbox({ users: 30, seed, now: () => Date.parse(now), rateLimit: "off" });
  return gateway({ dispatcher: new SandboxDispatcher(sandbox), now, store, archive, settings });
}

describe("months that upstream no longer serves", () => {
  const cache = () => sqliteStore({ path: place(), maxBytes: 2 ** 26, now: Date.now });
  const archiveAt = (path: string) => sqliteArchive({ path, maxBytes: 2 ** 26 });

  test("are answered when the cache has been lost, without a request", async () => {
    const [path, settings] = [place(), key()];
    const first = process({
      now: "2026-11-22T12:00:00Z",
      settings,
      store: cache(),
      archive: archiveAt(path),
    });
    const before = [await first.ask(BY_MODEL), await first.ask(BY_PERSON)];
    for (const { errors } of before) expect(errors).toBeUndefined();
    await first.app.dispose();
    const later = process({ now: LATER, settings, store: cache(), archive: archiveAt(path) });
    const after = [await later.ask(BY_MODEL), await later.ask(BY_PERSON)];
    for (const { errors } of after) expect(errors).toBeUndefined();
    expect(after.map(({ data }) => data)).toEqual(before.map(({ data }) => data));
    expect(after[0]?.extensions.upstream.requests).toBe(0);
    await later.app.dispose();
  });

  test("are answered to a key that replaces the one they were fetched with, and to no other organization's", async () => {
    const path = place();
    const first = process({
      now: "2026-11-22T12:00:00Z",
      settings: key(),
      store: cache(),
      archive: archiveAt(path),
    });
    const before = await first.ask(BY_MODEL);
    await first.app.dispose();
    const later = process({ now: LATER, settings: key(), store: cache(), archive: archiveAt(path) });
    expect((await later.ask(BY_MODEL)).errors?.[0]?.extensions.code).toBe("NOT_COVERED"); // upstream has not answered the key yet
    const lastMonths = `{ cost(range: { between: { from: "2027-03-01", until: "2027-04-01" } }, groupBy: [MODEL], bucket: DAY) { total { net { cents } } } }`;
    expect((await later.ask(lastMonths)).errors).toBeUndefined();
    expect((await later.ask(BY_MODEL)).data).toEqual(before.data);
    await later.app.dispose();
    const other = process({
      now: LATER,
      settings: key(),
      store: cache(),
      archive: archiveAt(path),
      seed: 2,
    });
    expect((await other.ask(lastMonths)).errors).toBeUndefined();
    expect((await other.ask(BY_MODEL)).errors?.[0]?.extensions.code).toBe("NOT_COVERED");
    await other.app.dispose();
  });

  test("hold no name and no address of a person in the archive", async () => {
    const path = place();
    const archive = archiveAt(path);
    const put: Buffer[] = [];
    const watched: Archive = {
      ...archive,
      put: (name, value) => {
        put.push(Buffer.from(name), Buffer.from(value));
        return archive.put(name, value);
      },
    };
    const { decodeEntry } = await import("../../src/cache/entry.ts");
    const { ask, app } = process({
      now: "2026-11-22T12:00:00Z",
      settings: key(),
      store: cache(),
      archive: watched,
    });
    const named = await ask(
      `{ cost(${SPRING}, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { email name } } } }`,
    );
    const older = await ask(
      `{ cost(${SPRING}, source: ENTERPRISE, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { email name } } } }`,
    );
    const people = [named, older].flatMap(({ data }) => data?.cost?.nodes ?? []);
    const hidden = people.flatMap(({ user }) => [user?.email, user?.name]).filter((name) => name);
    expect(hidden.length).toBeGreaterThan(10);
    await app.dispose(); // ends what is stored behind answers
    let bodies = "";
    for (let i = 0; i < put.length; i += 2) {
      const entry = await decodeEntry(String(put[i]), put[i + 1] as Buffer);
      bodies += `${put[i]} ${entry?.body ?? put[i + 1]}`;
    }
    expect(bodies).toContain("user_");
    for (const name of hidden) expect(bodies).not.toContain(name);
    expect(bodies).not.toContain("@");
  });

  test("are an error and not NOT_COVERED while the archive cannot be read", async () => {
    const archive: Archive = { ...archiveAt(place()), get: () => Promise.reject(new Error("away")) };
    const { ask, app } = process({ now: LATER, settings: key(), store: cache(), archive });
    expect((await ask(BY_MODEL)).errors?.[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
    await app.dispose();
  });

  test.skipIf(!hasRedis)(
    "are answered from Redis when all that can be evicted has been",
    { tags: "deep" },
    async () => {
      await using server = await redisServer();
      const settings = key();
      const open = async (now: string) =>
        process({
          now,
          settings,
          store: await redisStore(server.url),
          archive: await redisArchive(server.url, 2 ** 26),
        });
      const first = await open("2026-11-22T12:00:00Z");
      const before = await first.ask(BY_MODEL);
      await first.app.dispose();
      const keys = (await server.command("KEYS", "*")) as string[];
      let lasting = 0;
      for (const name of keys) {
        if (((await server.command("TTL", name)) as number) < 0) lasting++;
        else await server.command("DEL", name);
      }
      expect(lasting).toBeGreaterThan(0);
      const later = await open(LATER);
      expect((await later.ask(BY_MODEL)).data).toEqual(before.data);
      await later.app.dispose();
    },
  );
});

describe.skipIf(!hasRedis)("a Redis that may evict", { tags: "deep" }, () => {
  test.each([
    ["allkeys-lru", "100mb", true],
    ["volatile-lru", "100mb", false],
    ["noeviction", "100mb", false],
    ["allkeys-lru", "0", false],
  ])("is reported at start: %s with maxmemory %s", async (policy, memory, isTold) => {
    await using server = await redisServer("--maxmemory-policy", policy, "--maxmemory", memory);
    const gateway = run(["serve", "--port", "0"], {
      CACHE_URL: server.url,
      ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    });
    const output = await gateway.printed("Try:");
    expect(output.includes("ARCHIVE_EVICTABLE")).toBe(isTold);
    if (isTold) expect(output).toContain("volatile-lru");
  });
});

describe("backup and restore", { tags: "deep" }, () => {
  const command = (words: string[], url: string, settings: Record<string, string> = {}) =>
    run(words, { CACHE_URL: url, ...settings }).ended();

  async function filled(entries = 20): Promise<string> {
    const path = place();
    const archive = sqliteArchive({ path: path.replace(".db", "-archive.db"), maxBytes: 2 ** 26 });
    for (let i = 0; i < entries; i++) await archive.put(`page ${i}`, bytes(`value ${i}`));
    await archive.append("log", new Map([["line", bytes("of a log")]]));
    await archive.dispose();
    return path;
  }

  async function holds(path: string, name: string): Promise<string | null> {
    const archive = sqliteArchive({ path: path.replace(".db", "-archive.db"), maxBytes: 2 ** 26 });
    const value = text(await archive.get(name));
    await archive.dispose();
    return value;
  }

  async function lineIn(path: string): Promise<string | null> {
    const archive = sqliteArchive({ path: path.replace(".db", "-archive.db"), maxBytes: 2 ** 26 });
    const line = text((await archive.read("log", ["line"])).get("line") ?? null);
    await archive.dispose();
    return line;
  }

  test("take an archive from one store to another, while it is written to", async () => {
    const [from, to, file] = [await filled(), place(), place()];
    const open = sqliteArchive({ path: from.replace(".db", "-archive.db"), maxBytes: 2 ** 26 });
    await open.put("page of now", bytes("written"));
    expect(await command(["backup", file], `sqlite:${from}`)).toEqual({
      code: 0,
      output: `${file}: 22 entries\n`,
    });
    await open.put("page after", bytes("written"));
    await open.dispose();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await command(["restore", file], `sqlite:${to}`)).toEqual({
      code: 0,
      output: `${file}: 22 entries added\n`,
    });
    expect([
      await holds(to, "page 7"),
      await holds(to, "page of now"),
      await holds(to, "page after"),
    ]).toEqual(["value 7", "written", null]);
    expect((await command(["restore", file], `sqlite:${to}`)).output).toBe(`${file}: 0 entries added\n`);
    expect(readdirSync(folder).filter((name) => name.includes(".part"))).toEqual([]);
  });

  test("restore a backup of the version before logs", async () => {
    const [from, to, file] = [await filled(), place(), place()];
    await command(["backup", file], `sqlite:${from}`);
    changed(file, "DROP TABLE logs; PRAGMA user_version = 1");
    expect((await command(["restore", file], `sqlite:${to}`)).output).toBe(`${file}: 20 entries added\n`);
    expect([await holds(to, "page 19"), await lineIn(to)]).toEqual(["value 19", null]);
  });

  test.skipIf(!hasRedis)("take an archive from SQLite to Redis and back", async () => {
    await using server = await redisServer();
    const [from, to, first, second] = [await filled(), place(), place(), place()];
    await command(["backup", first], `sqlite:${from}`);
    expect((await command(["restore", first], server.url)).output).toBe(`${first}: 21 entries added\n`);
    expect((await command(["backup", second], server.url)).output).toBe(`${second}: 21 entries\n`);
    expect((await command(["restore", second], `sqlite:${to}`)).code).toBe(0);
    expect([await holds(to, "page 19"), await lineIn(to)]).toEqual(["value 19", "of a log"]);
  });

  test.skipIf(!hasRedis)("put nothing into a Redis that has no room for all of it", async () => {
    await using server = await redisServer();
    const [from, file] = [await filled(), place()];
    await command(["backup", file], `sqlite:${from}`);
    const { code, output } = await command(["restore", file], server.url, { ARCHIVE_BYTES: "50B" });
    expect([code, output]).toEqual([1, expect.stringContaining("ARCHIVE_BYTES")]);
    const archive = await redisArchive(server.url, 2 ** 20);
    for (let i = 0; i < 20; i++) expect(await archive.get(`page ${i}`)).toBeNull();
    await archive.dispose();
  });

  test("leave a file that is there already as it is", async () => {
    const [from, file] = [await filled(), place()];
    writeFileSync(file, "mine");
    const { code, output } = await command(["backup", file], `sqlite:${from}`);
    expect([code, output]).toEqual([1, expect.stringContaining("already exists")]);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test.each<[what: string, make: (file: string) => void, says: string]>([
    ["that is not there", () => {}, "ENOENT"],
    ["of something else", (file) => writeFileSync(file, "email,team\n"), "FOREIGN_FILE"],
    [
      "of another program's database",
      (file) => new DatabaseSync(file).exec("CREATE TABLE entries (key TEXT, bytes INTEGER, value BLOB)"),
      "FOREIGN_FILE",
    ],
    ["of a newer version", (file) => changed(file, "PRAGMA user_version = 99"), "NEWER_FILE"],
    ["that is damaged in the middle", (file) => damaged(file), "SQLITE_CORRUPT"],
    [
      "of a cache",
      (file) => changed(file, `CREATE TABLE pages (key TEXT); PRAGMA application_id = ${0x43414763}`),
      "FOREIGN_FILE",
    ],
  ])("refuse a file %s, and add nothing", async (_what, make, says) => {
    const [from, to, file] = [await filled(400), place(), place()];
    await command(["backup", file], `sqlite:${from}`);
    if (says === "ENOENT" || says === "FOREIGN_FILE") rmSync(file);
    make(file);
    const { code, output } = await command(["restore", file], `sqlite:${to}`);
    expect([code, output.trim().split("\n")]).toEqual([1, [expect.stringContaining(says)]]);
    expect(existsSync(to.replace(".db", "-archive.db"))).toBe(false);
  });

  test("add nothing where there is no room for all of it", async () => {
    const [from, to, file] = [await filled(), await filled(2), place()];
    await command(["backup", file], `sqlite:${from}`);
    const { code, output } = await command(["restore", file], `sqlite:${to}`, { ARCHIVE_BYTES: "50B" });
    expect([code, output]).toEqual([1, expect.stringContaining("ARCHIVE_BYTES")]);
    expect([await holds(to, "page 1"), await holds(to, "page 2")]).toEqual(["value 1", null]);
  });

  test("say so where there is no store that lasts", async () => {
    const { code, output } = await command(["backup", place()], "memory:");
    expect([code, output]).toEqual([
      1,
      expect.stringContaining("CACHE_URL does not name a persistent store"),
    ]);
  });

  function changed(file: string, statement: string): void {
    const database = new DatabaseSync(file);
    database.exec(statement);
    database.close();
  }

  function damaged(file: string): void {
    const whole = readFileSync(file);
    whole.fill("x", 8_192, 8_192 + 4_096);
    writeFileSync(file, whole);
  }
});

test("an archive that is damaged is moved aside and named, and the cache beside it stays", async () => {
  const path = place();
  const faults: Outage[] = [];
  const open = () =>
    sqliteArchive({ path, maxBytes: 2 ** 20, onFault: (fault) => faults.push(fault as Outage) });
  const before = open();
  await before.put("page", bytes("kept"));
  await before.dispose();
  const whole = readFileSync(path);
  whole.fill("x", 0, 16);
  writeFileSync(path, whole);
  const after = open();
  expect(await after.get("page")).toBeNull();
  await after.dispose();
  const [aside = ""] = readdirSync(folder).filter((name) => name.includes(".damaged-"));
  expect(readFileSync(join(folder, aside)).equals(whole)).toBe(true);
  expect(faults).toEqual([expect.objectContaining({ message: expect.stringContaining(aside) })]);
});
