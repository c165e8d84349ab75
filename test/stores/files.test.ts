/** @module-tag deep */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import type { Outage } from "../../src/errors.ts";
import { endAll, run, runCommand } from "../process.ts";

const folder = mkdtempSync(join(tmpdir(), "files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endAll);

const canChangeUser = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;
if (!canChangeUser) process.stdout.write("not root, or no setpriv: files without rights are not tested\n");

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the first version made: the same tables, and no mark. */
const FIRST_VERSION = `
CREATE TABLE IF NOT EXISTS pages (key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_by_use ON pages (used_at);
CREATE TABLE IF NOT EXISTS locks (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots (bucket TEXT NOT NULL, free_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS slots_by_bucket ON slots (bucket, free_at);
CREATE TABLE IF NOT EXISTS blocks (bucket TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
`;

function database(path: string, ...statements: string[]): void {
  const made = new DatabaseSync(path);
  for (const statement of statements) made.exec(statement);
  made.close();
}

function open(path: string) {
  const faults: Outage[] = [];
  const store = sqliteStore({
    path,
    maxBytes: 2 ** 20,
    now: Date.now,
    onFault: (fault) => faults.push(fault as Outage),
  });
  return { store, faults };
}

let count = 0;
function place(name = "cache.db"): string {
  const inside = join(folder, `place-${count++}`);
  mkdirSync(inside);
  return join(inside, name);
}

/** All files beside and at a path with what they hold. */
function contents(path: string): Record<string, string> {
  const inside = join(path, "..");
  return Object.fromEntries(
    readdirSync(inside)
      .filter((name) => statSync(join(inside, name)).isFile())
      .map((name) => [name, readFileSync(join(inside, name)).toString("base64")]),
  );
}

const FOREIGN: [what: string, make: (path: string) => void, code: string][] = [
  ["a CSV", (path) => writeFileSync(path, "email,team\nada@corp.test,Maps\n"), "FOREIGN_FILE"],
  ["one byte", (path) => writeFileSync(path, "x"), "FOREIGN_FILE"],
  ["a long text", (path) => writeFileSync(path, "no database at all\n".repeat(1_000)), "FOREIGN_FILE"],
  [
    "a database of another program",
    (path) => database(path, "CREATE TABLE pages (key TEXT)"),
    "FOREIGN_FILE",
  ],
  [
    "a database without a table",
    (path) => database(path, "PRAGMA user_version = 1", "VACUUM"),
    "FOREIGN_FILE",
  ],
  [
    "a database with our tables and one more",
    (path) => database(path, FIRST_VERSION, "CREATE TABLE customers (name TEXT)"),
    "FOREIGN_FILE",
  ],
  [
    "a database with our tables, one of which is otherwise",
    (path) => database(path, FIRST_VERSION, "ALTER TABLE locks ADD COLUMN more TEXT"),
    "FOREIGN_FILE",
  ],
  [
    "a database with the mark of another program",
    (path) => database(path, FIRST_VERSION, "PRAGMA application_id = 252006674"),
    "FOREIGN_FILE",
  ],
  [
    "a file of a newer version",
    (path) => database(path, FIRST_VERSION, `PRAGMA application_id = ${0x43414763}; PRAGMA user_version = 2`),
    "NEWER_FILE",
  ],
  ["a folder", (path) => mkdirSync(path), "NOT_A_FILE"],
  ["nothing, beside changes of a database", (path) => writeFileSync(`${path}-wal`, "changes"), "ORPHAN_WAL"],
  [
    "an empty file, beside the journal of a database",
    (path) => {
      writeFileSync(path, "");
      writeFileSync(`${path}-journal`, "the way back");
    },
    "ORPHAN_WAL",
  ],
];

describe("a path with", () => {
  test.each(FOREIGN)("%s is refused, and left as it is to the last byte", async (_what, make, code) => {
    const path = place();
    make(path);
    const before = contents(path);
    const { store } = open(path);
    await expect(store.set("page", bytes("new"), null)).rejects.toMatchObject({ code, about: { path } });
    await store.dispose();
    expect(contents(path)).toEqual(before);
  });

  test("a database of another program that is in use keeps the changes beside it", async () => {
    const path = place();
    const theirs = new DatabaseSync(path);
    theirs.exec(
      "PRAGMA journal_mode = WAL; CREATE TABLE pages (key TEXT); INSERT INTO pages VALUES ('theirs')",
    );
    const there = place();
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, there + suffix);
    theirs.close();
    const before = contents(there);
    expect(Object.keys(before)).toContain("cache.db-wal");
    const { store } = open(there);
    await expect(store.get("page")).rejects.toMatchObject({ code: "FOREIGN_FILE" });
    await store.dispose();
    expect(contents(there)).toMatchObject(before);
  });

  test("an empty file is made a store, and marked as one", async () => {
    const path = place();
    writeFileSync(path, "");
    const { store } = open(path);
    await store.set("page", bytes("new"), null);
    await store.dispose();
    expect(readFileSync(path).subarray(68, 72).toString()).toBe("CAGc");
  });

  test("a file of the first version is taken over with what it holds, and marked", async () => {
    const path = place();
    database(path, FIRST_VERSION, "INSERT INTO pages VALUES ('page', x'6b657074', 4, NULL, 0)");
    const { store } = open(path);
    expect(Buffer.from((await store.get("page")) ?? []).toString()).toBe("kept");
    await store.dispose();
    expect(readFileSync(path).subarray(68, 72).toString()).toBe("CAGc");
    const again = open(path);
    expect(Buffer.from((await again.store.get("page")) ?? []).toString()).toBe("kept");
    await again.store.dispose();
  });

  test("a file of the first version that was killed is taken over with the changes beside it", async () => {
    const [path, killed] = [place(), place()];
    const first = new DatabaseSync(path);
    first.exec(
      `PRAGMA journal_mode = WAL; ${FIRST_VERSION} INSERT INTO pages VALUES ('page', x'6b657074', 4, NULL, 0)`,
    );
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, killed + suffix);
    first.close();
    const { store } = open(killed);
    expect(Buffer.from((await store.get("page")) ?? []).toString()).toBe("kept");
    await store.dispose();
  });
});

test("a store that four processes make at the same time is one store to all of them", async () => {
  for (let i = 0; i < 40; i++) {
    const path = join(folder, `together-${i}.db`);
    const opened = Array.from({ length: 4 }, () => open(path));
    await Promise.all(opened.map(({ store }, n) => store.set(`key ${n}`, bytes(String(n)), 60_000)));
    for (const { store, faults } of opened) {
      for (let n = 0; n < 4; n++) expect(await store.get(`key ${n}`)).toEqual(bytes(String(n)));
      expect(faults).toEqual([]);
    }
    await Promise.all(opened.map(({ store }) => store.dispose()));
  }
});

describe("a store that is damaged", () => {
  async function filled(): Promise<string> {
    const path = place();
    const { store } = open(path);
    for (let i = 0; i < 50; i++) await store.set(`page ${i}`, new Uint8Array(4_000).fill(i), null);
    await store.dispose();
    return path;
  }

  const DAMAGE: [what: string, damage: (path: string) => void][] = [
    ["in its first bytes", (path) => overwrite(path, 0, "damaged!")],
    ["in its schema", (path) => overwrite(path, 100, "x".repeat(3_000))],
    ["by being cut", (path) => truncateSync(path, 6_000)],
  ];

  test.each(DAMAGE)("%s is moved aside, named, and begun anew", async (_what, damage) => {
    const path = await filled();
    damage(path);
    const before = readFileSync(path);
    const { store, faults } = open(path);
    await store.set("page", bytes("new"), null);
    expect(Buffer.from((await store.get("page")) ?? []).toString()).toBe("new");
    await store.dispose();
    const aside = readdirSync(join(path, "..")).filter((name) => name.includes(".damaged-"));
    expect(aside).toHaveLength(1);
    const [name = ""] = aside;
    expect(readFileSync(join(path, "..", name)).equals(before)).toBe(true);
    expect(faults.map(({ code, message }) => [code, message.includes(name)])).toEqual([
      ["SQLITE_CORRUPT", true],
    ]);
  });

  test("while two processes use it is moved aside once", async () => {
    const path = await filled();
    const [a, b] = [open(path), open(path)];
    await Promise.all([a.store.get("page 1"), b.store.get("page 1")]);
    for (let at = 4_096; at < statSync(path).size; at += 4_096) overwrite(path, at, "x".repeat(4_096));
    await Promise.allSettled([a, b].flatMap(({ store }) => [store.set("new", bytes("new"), null)]));
    await Promise.all([a.store.dispose(), b.store.dispose()]);
    expect(readdirSync(join(path, "..")).filter((name) => /\.damaged-[^-]*$/.test(name))).toHaveLength(1);
    const after = open(path);
    expect(Buffer.from((await after.store.get("new")) ?? []).toString()).toBe("new");
    await after.store.dispose();
  });

  function overwrite(path: string, at: number, text: string): void {
    const whole = readFileSync(path);
    whole.write(text, at);
    writeFileSync(path, whole);
  }
});

describe("a gateway", () => {
  const settings = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test", ANTHROPIC_BASE_URL: "http://127.0.0.1:1" };
  const refused = async (url: string) =>
    run(["serve", "--port", "0"], { CACHE_URL: url, ...settings }).ended();

  test.each<[what: string, make: (path: string) => string, says: string]>([
    [
      "a file of something else",
      (path) => {
        writeFileSync(path, "email,team\n");
        return path;
      },
      "not created by this gateway",
    ],
    ["a folder that does not exist", (path) => join(path, "cache.db"), "its folder does not exist"],
    [
      "a folder",
      (path) => {
        mkdirSync(path);
        return path;
      },
      "set the path of a file",
    ],
  ])("does not start on %s, and says so in one line", async (_what, make, says) => {
    const at = place("teams.csv");
    const path = make(at);
    const { code, output } = await refused(`sqlite:${path}`);
    expect([code, output.trim().split("\n")]).toEqual([1, [expect.stringContaining(says)]]);
    expect(output).toContain(path);
    expect(output).toContain("CACHE_URL");
    expect(readdirSync(dirname(at)).length).toBeLessThanOrEqual(1); // nothing was made beside it
  });

  test.skipIf(!canChangeUser)("does not start on a file it has no right to", async () => {
    const path = place();
    writeFileSync(path, "");
    chmodSync(path, 0o600);
    for (const each of [folder, join(path, "..")]) chmodSync(each, 0o755);
    const command = [
      "setpriv",
      "--reuid=65534",
      "--clear-groups",
      process.execPath,
      MAIN,
      "serve",
      "--port",
      "0",
    ];
    const { code, output } = await runCommand(command, { CACHE_URL: `sqlite:${path}` }).ended();
    expect([code, output]).toEqual([1, expect.stringContaining("EACCES")]);
    expect(output).toContain("grant its user access");
  });
});

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
