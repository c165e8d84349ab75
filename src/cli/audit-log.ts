import { accessSync, appendFileSync, close, constants, openSync, statSync, write } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Audit, AuditEntry } from "../server/observability/audit.ts";
import { redact } from "../server/observability/redact.ts";
import { ConfigError } from "../settings/config-error.ts";
import type { AuditConfig } from "../settings/logs.ts";
import type { WriteLine } from "./log.ts";

/** Receives the number of lines that could not be written. */
export interface Losses {
  /** They begin to be lost. */
  onLoss(fault: unknown): void;
  /** So many were, and they are written again. */
  onRecovery(lines: number): void;
}

export interface AuditLogOptions extends Losses {
  readonly stdout: WriteLine;
  readonly stderr: WriteLine;
}

export interface AuditLog {
  readonly audit: Audit | null;
  /** Opens the file again, which may have been put aside meanwhile. */
  reopen(): void;
  /** Resolves when everything is written, or cannot be. */
  close(): Promise<void>;
}

/** The audit log: one JSON object a line, on its own or among the lines of the log. Throws ConfigError. */
export function openAuditLog(target: AuditConfig, options: AuditLogOptions): AuditLog {
  if (target === null) return { audit: null, reopen: () => {}, close: async () => {} };
  if (typeof target === "string") {
    const stream = new AuditStream(options[target]);
    process.once("exit", () => stream.flush());
    return { audit: (entry) => stream.write(entry), reopen: () => {}, close: async () => stream.flush() };
  }
  const file = new AuditFile(target.path, options);
  process.once("exit", () => file.flush());
  return {
    audit: (entry) => file.write(entry),
    reopen: () => file.reopen(),
    close: () => file.close(),
  };
}

function lineOf(entry: AuditEntry): string {
  return redact(`{"level":"info","log":"audit",${JSON.stringify(entry).slice(1)}\n`);
}

/** Returns the code for which the file cannot be opened; null where it can. Does not create it. */
export function auditFileFault(path: string): string | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return "EISDIR";
    accessSync(stats === undefined ? dirname(path) : path, constants.W_OK);
    return null;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code ?? "unknown reason";
  }
}

/** Limit of entries that wait for the disk. Beyond it they are lost: the gateway neither stops for them nor fills up. */
const MAX_WAITING = 2_000;

/**
 * Entries for a file are gathered for so long, and then made lines and written together: one by one, their lines take more time than the
 * kept answers that they are about.
 */
const GATHERING_MS = 50;

const OWNER_ONLY = 0o600;

/** No file: the number of a closed one can become that of another file. */
const CLOSED = -1;

/** Lines among those of the log. The entries of one turn of the event loop are written together. */
class AuditStream {
  readonly #write: WriteLine;
  #waiting: AuditEntry[] = [];

  constructor(write: WriteLine) {
    this.#write = write;
  }

  write(entry: AuditEntry): void {
    if (this.#waiting.push(entry) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    const entries = this.#waiting;
    this.#waiting = [];
    if (entries.length > 0) this.#write(entries.map(lineOf).join(""));
  }
}

/**
 * Lines at the end of a file, written in the order they came and never in the way of anything: where the disk is full or slow,
 * what does not fit is dropped and counted.
 */
export class AuditFile {
  readonly #path: string;
  readonly #losses: Losses;
  #fd: number;
  #waiting: AuditEntry[] = [];
  #writing: Promise<void> | null = null;
  #lost = 0;

  constructor(path: string, losses: Losses) {
    this.#path = path;
    this.#losses = losses;
    try {
      this.#fd = openSync(path, "a", OWNER_ONLY);
    } catch (fault) {
      throw new ConfigError([
        `AUDIT_LOG: ${path} cannot be opened (${(fault as NodeJS.ErrnoException).code}).`,
      ]);
    }
  }

  write(entry: AuditEntry): void {
    if (this.#waiting.length === MAX_WAITING) {
      this.#lose(new Error("the audit log is slow"), 1);
      return;
    }
    this.#waiting.push(entry);
    this.#writing ??= this.#drain();
  }

  /** Log rotation has renamed the file: lines under way still go there. */
  reopen(): void {
    try {
      const fd = openSync(this.#path, "a", OWNER_ONLY);
      const before = this.#fd;
      this.#fd = fd;
      const closeIt = () => close(before, () => {});
      if (this.#writing === null) closeIt();
      else void this.#writing.then(closeIt);
    } catch (fault) {
      this.#losses.onLoss(fault);
    }
  }

  /** Writes what waits before the process ends. */
  flush(): void {
    const entries = this.#waiting;
    this.#waiting = [];
    if (entries.length === 0) return;
    try {
      appendFileSync(this.#fd, this.#textOf(entries));
    } catch {
      // No log is left that could say so.
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    close(this.#fd, () => {});
    this.#fd = CLOSED;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await setTimeout(GATHERING_MS);
      const entries = this.#waiting;
      this.#waiting = [];
      try {
        await writeAll(this.#fd, Buffer.from(this.#textOf(entries)));
        this.#recover();
      } catch (fault) {
        this.#lose(fault, entries.length);
      }
    }
    this.#writing = null;
  }

  /** A write that failed may have left half a line. */
  #textOf(entries: readonly AuditEntry[]): string {
    return (this.#lost > 0 ? "\n" : "") + entries.map(lineOf).join("");
  }

  #lose(fault: unknown, lines: number): void {
    if (this.#lost === 0) this.#losses.onLoss(fault);
    this.#lost += lines;
  }

  #recover(): void {
    if (this.#lost > 0) this.#losses.onRecovery(this.#lost);
    this.#lost = 0;
  }
}

/** The system may take only the beginning of what it is given. */
async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    write(fd, rest, (fault, written) => (fault === null ? resolve(written) : reject(fault)));
    rest = rest.subarray(await promise);
  }
}
