import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { type Manifest, type Mark, type Piece, START } from "../server/export/write.ts";
import type { ExportTarget } from "./export-target.ts";

/** The question behind a file, so that a file is continued only by the same question to the same upstream. */
export interface FileQuestion {
  readonly file: string;
  readonly parameters: string;
  readonly upstream: string;
}

/** State that is kept beside an incomplete file. */
interface State extends FileQuestion {
  /** When it was begun, which relative ranges go by. */
  readonly begun: number;
  readonly mark: Mark;
  /** The last mark before figures that can still change. */
  readonly settled: Mark;
}

/** A file that is written beside its place, and is moved there once it is whole. */
export class PartFile implements ExportTarget {
  readonly #path: string;
  /** Not there before there is something to write. */
  #file: FileHandle | null = null;
  #state: State;
  #hash: Hash = createHash("sha256");

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /** Opens the part of the file that an earlier run left, or an empty one. */
  static async open(path: string, requested: FileQuestion, now: number): Promise<PartFile> {
    const fresh: State = { ...requested, begun: now, mark: START, settled: START };
    return new PartFile(path, (await leftOf(path, requested)) ?? fresh);
  }

  get begun(): number {
    return this.#state.begun;
  }

  get mark(): Mark {
    return this.#state.mark;
  }

  async append({ bytes, mark }: Piece): Promise<void> {
    const file = this.#file ?? (await this.#begin());
    await file.appendFile(bytes);
    this.#hash.update(bytes);
    const isSettled = mark.state === null || mark.state === "FINAL";
    await this.#keep({ ...this.#state, mark, settled: isSettled ? mark : this.#state.settled });
  }

  /** Drops what can still change, which was refreshed since. */
  async unsettle(): Promise<void> {
    await this.close();
    await this.#keep({ ...this.#state, mark: this.#state.settled });
  }

  /** Puts the file in its place, with what it says of itself beside it. */
  async finish(manifestBy: (sha256: string) => Manifest, lastLineOf: (manifest: Manifest) => string) {
    const file = this.#file ?? (await this.#begin());
    const manifest = manifestBy(this.#hash.digest("hex"));
    await file.appendFile(lastLineOf(manifest));
    await file.sync();
    await this.close();
    await writeFile(`${this.#path}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(`${this.#path}.part`, this.#path);
    await rm(`${this.#path}.part.json`, { force: true });
    return manifest;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  /** Opens the file at the mark: bytes beyond it are of a piece that was not wholly written. */
  async #begin(): Promise<FileHandle> {
    const { bytes } = this.#state.mark;
    this.#file = await open(`${this.#path}.part`, "a");
    await this.#file.truncate(bytes);
    this.#hash = createHash("sha256");
    if (bytes > 0) for await (const chunk of createReadStream(`${this.#path}.part`)) this.#hash.update(chunk);
    return this.#file;
  }

  async #keep(state: State): Promise<void> {
    this.#state = state;
    await writeFile(`${this.#path}.part.json.new`, JSON.stringify(state));
    await rename(`${this.#path}.part.json.new`, `${this.#path}.part.json`);
  }
}

/** Null: nothing that can be gone on with. */
async function leftOf(path: string, requested: FileQuestion): Promise<State | null> {
  try {
    const { size } = await stat(`${path}.part`);
    const state = JSON.parse(await readFile(`${path}.part.json`, "utf8")) as State;
    const isSame = Object.entries(requested).every(
      ([key, value]) => state[key as keyof FileQuestion] === value,
    );
    return isSame && state.mark.bytes <= size ? state : null;
  } catch {
    return null;
  }
}
