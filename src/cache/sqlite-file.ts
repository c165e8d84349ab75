import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { causeCodeOf } from "../errors.ts";

/** A kind of database file that this program makes. */
export interface FileKind {
  /** Written into the header of the file, so that a file of another program is recognized. */
  readonly applicationId: number;
  /** The statements that lead from each version to the next; the first make version 1 of an empty file. */
  readonly migrations: readonly string[];
  /** The tables and indexes of a file from before files were marked; null where there were none. */
  readonly unmarked: string | null;
}

/** A file that is not used, and why: `FOREIGN_FILE`, `NEWER_FILE`, `NOT_A_FILE`, `ORPHAN_WAL`. */
export class FileRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = "FileRefusal";
    this.code = code;
  }
}

/** Other processes write to the same file; each waits for its turn so long. */
export const BUSY_MS = 1_000;

/** The files beside it are made with the same rights. One that is there already keeps its own. */
const OWNER_ONLY = 0o600;

/** Files that SQLite keeps beside a database: its write-ahead log or rollback journal. */
const SIBLINGS = ["-wal", "-shm", "-journal"] as const;

/**
 * Opens a file of a kind, and creates it if it is missing. Throws FileRefusal, before anything is written, for a file that this
 * program did not create. A damaged file is moved aside as a whole, and `moved` receives its new path.
 */
export function openFile(path: string, kind: FileKind, moved: (to: string) => void): DatabaseSync {
  const claim = claimOf(path, kind);
  if (claim === "damaged") moved(moveAside(path));
  if (claim === "missing" || claim === "damaged") make(path, kind);
  try {
    return opened(path, kind);
  } catch (fault) {
    if (!isDamage(fault)) throw fault;
    moved(moveAside(path));
    make(path, kind);
    return opened(path, kind);
  }
}

type Claim = "missing" | "empty" | "ours" | "unmarked" | "damaged";

/** Judges a file by its header alone: opening a database of another program can change it. */
export function claimOf(path: string, kind: FileKind): Claim {
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) throw new FileRefusal("NOT_A_FILE");
  if (found === undefined || found.size === 0) {
    // Changes of a database that is gone or was emptied; SQLite would delete them.
    if (SIBLINGS.some((suffix) => sizeOf(path + suffix) > 0)) {
      if (sizeOf(path) > 0) return claimOf(path, kind); // another process has put it there meanwhile, with its changes
      throw new FileRefusal("ORPHAN_WAL");
    }
    if (found === undefined) return "missing";
    accessSync(path, constants.R_OK | constants.W_OK);
    return "empty";
  }
  accessSync(path, constants.R_OK | constants.W_OK);
  const header = headerOf(path);
  const isMarked = header.length === HEADER_BYTES && header.readUInt32BE(68) === kind.applicationId;
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) {
    if (isMarked) return "damaged";
    throw new FileRefusal("FOREIGN_FILE");
  }
  if (isMarked) {
    refuseNewer(header.readUInt32BE(60), kind);
    return "ours";
  }
  if (header.length === HEADER_BYTES && header.readUInt32BE(68) === 0 && isUnmarked(path, kind))
    return "unmarked";
  throw new FileRefusal("FOREIGN_FILE");
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The first bytes of every SQLite database, and the length of its header. Source: https://sqlite.org/fileformat2.html */
const MAGIC = Buffer.from("SQLite format 3\0", "latin1");
const HEADER_BYTES = 100;

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, "r");
  try {
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function refuseNewer(version: number, { migrations }: FileKind): void {
  if (version > migrations.length) throw new FileRefusal("NEWER_FILE");
}

/** True if a file without a mark has exactly what this program made before it marked its files: the same statements, nothing else. */
function isUnmarked(path: string, { unmarked }: FileKind): boolean {
  if (unmarked === null) return false;
  const expected = new DatabaseSync(":memory:");
  const found = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  try {
    expected.exec(unmarked);
    if (pragma(found, "user_version") !== 1) return false;
    return JSON.stringify(schemaOf(found)) === JSON.stringify(schemaOf(expected));
  } catch {
    return false; // not readable, and so not provably ours
  } finally {
    found.close();
    expected.close();
  }
}

function schemaOf(database: DatabaseSync): unknown[] {
  return database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all();
}

/** Makes a file beside its place and puts it there whole, so that no process ever sees half of one. */
function make(path: string, kind: FileKind): void {
  const beside = `${path}.${randomUUID()}.new`;
  closeSync(openSync(beside, "wx", OWNER_ONLY));
  try {
    opened(beside, kind).close();
    linkSync(beside, path);
  } catch (fault) {
    if (causeCodeOf(fault) !== "EEXIST") throw fault; // else another process was faster
  } finally {
    for (const suffix of ["", ...SIBLINGS]) rmSync(beside + suffix, { force: true });
  }
}

function opened(path: string, kind: FileKind): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    refuseNewer(pragma(database, "user_version"), kind); // the header can be older than the changes beside the file
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = INCREMENTAL;",
    );
    migrate(database, kind);
    return database;
  } catch (fault) {
    database.close();
    throw fault;
  }
}

/** Runs all of it or nothing, with no other writes in between. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (fault) {
    database.exec("ROLLBACK");
    throw fault;
  }
}

/** Runs all of it or nothing. What is acknowledged survives the loss of power. */
export function inDurableTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("PRAGMA synchronous = FULL");
  return inTransaction(database, work);
}

/** Brings a file to the newest version in one transaction, which two processes do not make twice. */
function migrate(database: DatabaseSync, { migrations, applicationId }: FileKind): void {
  const isNewest = () =>
    pragma(database, "user_version") === migrations.length &&
    pragma(database, "application_id") === applicationId;
  if (isNewest()) return;
  inTransaction(database, () => {
    for (const migration of migrations.slice(pragma(database, "user_version"))) database.exec(migration);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length};`);
  });
  // Into the header of the file itself: that is where the mark is looked for.
  database.exec("PRAGMA wal_checkpoint(PASSIVE)");
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** Damage, or no database at all. Source: https://sqlite.org/rescode.html */
const DAMAGE: readonly number[] = [11, 26];

export function isDamage(fault: unknown): boolean {
  return DAMAGE.includes(resultOf(fault));
}

/** SQLite's primary result code, which is the lowest byte of an extended one; 0 for a fault of another kind. */
function resultOf(fault: unknown): number {
  const { errcode }: { errcode?: unknown } = Object(fault);
  return typeof errcode === "number" ? errcode & 0xff : 0;
}

/** SQLite's primary result codes by number. Source: https://sqlite.org/rescode.html */
const RESULT_CODES: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

export function fileFaultCode(fault: unknown): string {
  return RESULT_CODES[resultOf(fault)] ?? causeCodeOf(fault);
}

/** Moves a file and what SQLite keeps beside it to a name that nothing uses yet; returns that name. */
export function moveAside(path: string): string {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  let to = `${path}.damaged-${stamp}`;
  for (let i = 2; existsSync(to); i++) to = `${path}.damaged-${stamp}-${i}`;
  renameSync(path, to);
  for (const suffix of SIBLINGS) if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix);
  return to;
}
