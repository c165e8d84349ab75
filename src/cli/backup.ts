import { chmodSync, existsSync, linkSync, rmSync } from "node:fs";
import { Command } from "commander";
import type { AlertRecord } from "../cache/alert-store.ts";
import {
  type ArchiveEntry,
  addArchive,
  archivePath,
  copyArchive,
  NoRoom,
  readArchive,
  writeArchive,
} from "../cache/archive-file.ts";
import type { RedisAlerts } from "../cache/redis-alerts.ts";
import type { RedisArchive } from "../cache/redis-archive.ts";
import { fileFaultCode } from "../cache/sqlite-file.ts";
import { readConfig } from "../config.ts";
import { Outage } from "../errors.ts";
import type { StoreConfig } from "../settings/cache.ts";
import { ConfigError } from "../settings/config-error.ts";

/** `backup`: the archive as one file, also while gateways use it. */
export function backupCommand(): Command {
  return new Command("backup")
    .description(
      "Write the archive of CACHE_URL to a new file: final figures that upstream no longer serves, and alerts. Works while gateways run. Exits with 0 if the file is complete; otherwise exits with 1 and leaves no file.",
    )
    .argument("<file>", "file to create; an existing file is not overwritten")
    .action((file: string) => attempt((store) => backup(store, file)));
}

/** `restore`: what a backup has into the archive. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "Add the entries of a backup to the archive of CACHE_URL; existing entries stay. Accepts backups of SQLite and Redis. Works while gateways run. Exits with 0 if all entries are there; otherwise exits with 1 and adds nothing.",
    )
    .argument("<file>", "a file written by `backup`")
    .action((file: string) => attempt((store) => restore(store, file)));
}

async function attempt(work: (store: StoreConfig) => Promise<string>): Promise<void> {
  try {
    const { store } = readConfig(process.env).cache;
    if (store === null)
      throw new ConfigError([
        "CACHE_URL does not name a persistent store; set it to sqlite:PATH or redis://HOST.",
      ]);
    process.stdout.write(`${await work(store)}\n`);
  } catch (fault) {
    if (fault instanceof ConfigError) process.stderr.write(`${fault.faults.join("\n")}\n`);
    else if (fault instanceof Outage)
      process.stderr.write(`${fault.message} (${fault.code}, ${fault.about.host}).\n`);
    else throw fault;
    process.exitCode = 1;
  }
}

async function backup(store: StoreConfig, file: string): Promise<string> {
  if (existsSync(file))
    throw new ConfigError([`${file} already exists and is not overwritten; choose another file.`]);
  const beside = `${file}.part`;
  try {
    rmSync(beside, { force: true });
    const entries = store.kind === "sqlite" ? fromSqlite(store.path, beside) : await fromRedis(store, beside);
    chmodSync(beside, OWNER_ONLY);
    linkSync(beside, file); // fails where another has made the file meanwhile
    return `${file}: ${entries} entries`;
  } catch (fault) {
    throw said(fault, file);
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(beside + suffix, { force: true });
  }
}

const OWNER_ONLY = 0o600;

function fromSqlite(path: string, to: string): number {
  const archive = archivePath(path);
  try {
    return copyArchive(archive, to);
  } catch (fault) {
    throw said(fault, archive);
  }
}

async function fromRedis(store: StoreConfig & { readonly kind: "redis" }, to: string): Promise<number> {
  return withRedis(store, (durable) => writeArchive(to, entriesOf(durable)));
}

async function* entriesOf({ archive, alerts }: DurableRedis): AsyncGenerator<ArchiveEntry> {
  for await (const key of archive.keys()) {
    const value = await archive.get(key);
    if (value !== null) yield { key, value };
  }
  for await (const log of archive.logs())
    for (const [name, value] of await archive.read(log, await archive.names(log))) yield { log, name, value };
  for (let last: AlertRecord | undefined; ; ) {
    const records: readonly AlertRecord[] = await alerts.list(last?.alert ?? null, PAGE);
    yield* records;
    last = records.at(-1);
    if (last === undefined) return;
  }
}

/** Alerts that are read at once. */
const PAGE = 500;

async function restore(store: StoreConfig, file: string): Promise<string> {
  try {
    const added =
      store.kind === "sqlite"
        ? addArchive(archivePath(store.path), file, store.archiveBytes)
        : await withRedis(store, (durable) => toRedis(durable, file));
    return `${file}: ${added} entries added`;
  } catch (fault) {
    throw said(fault, file);
  }
}

/** Puts all entries in, or takes out again what it has put in. */
async function toRedis({ archive, alerts }: DurableRedis, file: string): Promise<number> {
  const added: string[] = [];
  const records: AlertRecord[] = [];
  const logs = new Map<string, Map<string, Uint8Array>>();
  try {
    for (const entry of readArchive(file)) {
      if ("log" in entry) {
        logs.getOrInsertComputed(entry.log, () => new Map()).set(entry.name, entry.value);
        continue;
      }
      if (!("key" in entry)) {
        records.push(entry);
        continue;
      }
      const { key, value } = entry;
      if ((await archive.get(key)) !== null) continue;
      added.push(key);
      if (!(await archive.put(key, value))) throw new NoRoom(value.length);
    }
  } catch (fault) {
    for (const key of added) await archive.remove(key);
    throw fault;
  }
  let recorded = 0;
  for (const record of records) {
    const said = await alerts.restore(record);
    if (said === "full") throw new NoRoom(records.length);
    if (said === "new") recorded++;
  }
  return added.length + recorded + (await addLines(archive, logs));
}

/** Adds the lines of logs that are missing; returns how many. */
async function addLines(
  archive: RedisArchive,
  logs: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
): Promise<number> {
  let added = 0;
  for (const [log, lines] of logs) {
    const there = new Set(await archive.names(log));
    const missing = new Map([...lines].filter(([name]) => !there.has(name)));
    await archive.append(log, missing);
    added += missing.size;
  }
  return added;
}

/** The durable parts of a Redis. */
interface DurableRedis {
  readonly archive: RedisArchive;
  readonly alerts: RedisAlerts;
}

async function withRedis<T>(
  { url, archiveBytes }: StoreConfig & { readonly kind: "redis" },
  work: (durable: DurableRedis) => Promise<T>,
): Promise<T> {
  // `serve` loads this file, and needs no client of Redis
  const [{ redisArchive }, { redisAlerts }] = await Promise.all([
    import("../cache/redis-archive.ts"),
    import("../cache/redis-alerts.ts"),
  ]);
  const [archive, alerts] = await Promise.all([redisArchive(url, archiveBytes), redisAlerts(url)]);
  try {
    return await work({ archive, alerts });
  } finally {
    await Promise.all([archive.dispose(), alerts.dispose()]);
  }
}

/** A fault about a file in a sentence that names it. */
function said(fault: unknown, file: string): unknown {
  if (fault instanceof ConfigError || fault instanceof Outage) return fault;
  if (fault instanceof NoRoom)
    return new ConfigError([
      `The archive has no room for the entries of ${file}; raise ARCHIVE_BYTES. Nothing was added.`,
    ]);
  const code = fileFaultCode(fault);
  const why = Object.hasOwn(WHY, code) ? WHY[code] : "cannot be used";
  return new ConfigError([`${file} ${why} (${code}).`]);
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "is not there",
  EACCES: "is not readable or writable for this user",
  EEXIST: "already exists and is not overwritten; choose another file",
  ENOSPC: "does not fit on its disk",
  NOT_A_FILE: "is a folder or a device",
  ORPHAN_WAL: "is empty, but database changes are beside it",
  FOREIGN_FILE: "is not an archive of this gateway or a backup of one",
  NEWER_FILE: "was written by a newer version of the gateway; use that version",
  SQLITE_CORRUPT: "is damaged; nothing was taken from it",
  SQLITE_FULL: "does not fit on its disk",
};
