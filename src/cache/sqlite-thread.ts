import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { Piscina } from "piscina";
import { Outage, type OutageSubject } from "../errors.ts";
import { outageOf } from "./guarded-store.ts";
import { type FileKind, fileFaultCode, isDamage, moveAside, openFile } from "./sqlite-file.ts";

/**
 * The answer of a worker to a call, or the code of what went wrong: an error loses its code on the way between threads. `movedTo` is
 * where a damaged file has been moved.
 */
export type SqliteAnswer = ({ readonly value: unknown } | { readonly code: string }) & {
  readonly movedTo?: string;
};

/** The database file of one worker: opened by the first call, and again after a fault, so that a disk that comes back is used. */
export class WorkerFile {
  readonly #path: string;
  readonly #kind: FileKind;
  #opened: DatabaseSync | null = null;
  #inode = 0;

  constructor(path: string, kind: FileKind) {
    this.#path = path;
    this.#kind = kind;
  }

  /** Runs `work`; where the file turns out to be damaged, once more on a new file. */
  answer(work: (database: DatabaseSync) => unknown): SqliteAnswer {
    let moved: { movedTo?: string } = {};
    const note = (movedTo: string) => {
      moved = { movedTo };
    };
    try {
      try {
        return { value: work(this.#open(note)), ...moved };
      } catch (fault) {
        if (!isDamage(fault)) throw fault;
        const inode = this.#inode;
        this.close();
        // Another process may have moved it aside before.
        if (statSync(this.#path, { throwIfNoEntry: false })?.ino === inode) note(moveAside(this.#path));
        return { value: work(this.#open(note)), ...moved };
      }
    } catch (fault) {
      return { code: fileFaultCode(fault), ...moved };
    }
  }

  /** Ends with `last`, where the file has been opened at all. */
  end(last: () => void = () => {}): SqliteAnswer {
    return this.#opened === null
      ? { value: null }
      : this.answer(() => {
          last();
          this.close();
          return null;
        });
  }

  close(): void {
    this.#opened?.close();
    this.#opened = null;
  }

  #open(moved: (to: string) => void): DatabaseSync {
    if (this.#opened !== null) return this.#opened;
    this.#opened = openFile(this.#path, this.#kind, moved);
    this.#inode = statSync(this.#path).ino;
    return this.#opened;
  }
}

export interface SqliteThread<Call> {
  readonly about: OutageSubject;
  /** Throws Outage. */
  ask<T>(call: Call): Promise<T>;
  /** Ends with what was asked before; `close` is the last call. */
  dispose(close: Call): Promise<void>;
}

/** One thread for one file: a slow disk delays nothing that does not wait for it. */
export function sqliteThread<Call>(
  worker: URL,
  workerData: { readonly path: string },
  onFault: (fault: unknown) => void,
  part: Pick<OutageSubject, "part"> = {},
): SqliteThread<Call> {
  const about = { store: "sqlite", ...part, path: workerData.path } as const;
  const pool = new Piscina({ filename: worker.href, minThreads: 1, maxThreads: 1, workerData });
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;
  return {
    about,
    async ask<T>(call: Call): Promise<T> {
      if (isClosed) throw new Error("the store is closed");
      const answer: Promise<SqliteAnswer> = pool.run(call);
      underWay.add(answer);
      try {
        const said = await answer;
        if (said.movedTo !== undefined) onFault(damaged(about, said.movedTo));
        if ("code" in said) throw outageOf(about, said.code);
        return said.value as T;
      } finally {
        underWay.delete(answer);
      }
    },
    async dispose(close) {
      isClosed = true;
      await Promise.allSettled(underWay);
      await pool.run(close).catch(() => {}); // the file may be gone or full; it is whole at the next start
      await pool.destroy();
    },
  };
}

function damaged(about: OutageSubject, movedTo: string): Outage {
  return new Outage(
    `the file was damaged; it is kept as ${movedTo}, and a new, empty file replaces it`,
    "SQLITE_CORRUPT",
    about,
  );
}
