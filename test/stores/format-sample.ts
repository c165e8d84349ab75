import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { memorySharedStore } from "../../src/cache/memory-shared-store.ts";
import { sqliteArchive } from "../../src/cache/sqlite-archive.ts";
import { sqliteStore } from "../../src/cache/sqlite-store.ts";
import { VERSION } from "../../src/version.ts";
import { type GatewayOptions, gateway, NOW } from "../gateway.ts";
import { memoryArchive } from "../memory-archive.ts";

/*
 * `node test/stores/format-sample.ts` writes what a release stores: entries of a store and of an archive, and the tables of their SQLite
 * files. Run it once for each release; the files of earlier releases stay, and `formats.test.ts` reads them all.
 */

/** Stored entries of a release, and the answers that they were stored for. */
export interface FormatSample {
  readonly release: string;
  readonly answers: readonly { readonly query: string; readonly data: unknown }[];
  /** Bytes in Base64, by key. */
  readonly store: Readonly<Record<string, string>>;
  readonly archive: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<"store" | "archive", SampleFile>>;
}

interface SampleFile {
  readonly applicationId: number;
  readonly userVersion: number;
  readonly statements: readonly string[];
}

/** Figures that are final, settling and open; names, groups and the proof of a key. */
const QUERIES = [
  `{ users(range: { between: { from: "2026-09-01", until: "2026-10-01" } }, first: 100) { nodes { userId email activity { chat { messages } } } } }`,
  `{ users(range: { last: { days: 7 } }, first: 100) { nodes { userId cost { net { cents } } } } }`,
  `{ cost(range: { between: { from: "2026-08-01", until: "2026-09-01" } }, bucket: DAY, groupBy: [MODEL]) { nodes { from model net { cents } } } }`,
  `{ cost(range: { last: { days: 3 } }, source: LEGACY, bucket: DAY) { nodes { from net { cents } } } }`,
  `{ claudeCode(range: { between: { from: "2026-09-07", until: "2026-09-08" } }, bucket: DAY) { nodes { sessions } } }`,
  `{ organization { name } groups(first: 50) { nodes { name members(first: 50) { nodes { user { email } } } } } }`,
];

/** The gateway that a sample is made with, and read by. */
export function sampleGateway(options: Pick<GatewayOptions, "store" | "archive">) {
  return gateway({ now: NOW, sandbox: { users: 20, seed: 3 }, proof: true, ...options });
}

async function makeSample(): Promise<FormatSample> {
  const entries = new Map<string, string>();
  const memory = memorySharedStore(2 ** 26, () => Date.parse(NOW));
  const archive = memoryArchive();
  const store: typeof memory = {
    ...memory,
    set(key, value, lifetimeMs) {
      entries.set(key, Buffer.from(value).toString("base64"));
      return memory.set(key, value, lifetimeMs);
    },
  };
  const { ask, app } = sampleGateway({ store, archive });
  const answers: { query: string; data: unknown }[] = [];
  for (const query of [...QUERIES, ...QUERIES.slice(0, 1)]) {
    const { data, errors } = await ask(query);
    if (errors !== undefined) throw new Error(`${query}: ${errors[0]?.message}`);
    if (!answers.some((each) => each.query === query)) answers.push({ query, data });
  }
  await app.dispose();
  return {
    release: VERSION,
    answers,
    store: Object.fromEntries(entries),
    archive: Object.fromEntries(
      [...archive.keys].map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    ),
    files: await sampleFiles(),
  };
}

async function sampleFiles(): Promise<FormatSample["files"]> {
  const folder = mkdtempSync(join(tmpdir(), "format-"));
  const [store, archive] = [join(folder, "cache.db"), join(folder, "cache-archive.db")];
  const opened = [
    sqliteStore({ path: store, maxBytes: 2 ** 26, now: Date.now }),
    sqliteArchive({ path: archive, maxBytes: 2 ** 26, onFault() {} }),
  ];
  for (const each of opened) await each.get("begun");
  for (const each of opened) await each.dispose();
  return { store: fileAt(store), archive: fileAt(archive) };
}

function fileAt(path: string): SampleFile {
  const database = new DatabaseSync(path, { readOnly: true });
  const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  const rows = database
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name")
    .all();
  const file = {
    applicationId: pragma("application_id"),
    userVersion: pragma("user_version"),
    statements: rows.map(({ sql }) => String(sql)),
  };
  database.close();
  return file;
}

if (import.meta.main) {
  const path = new URL(`formats/${VERSION}.json`, import.meta.url);
  writeFileSync(path, `${JSON.stringify(await makeSample(), null, 2)}\n`);
}
