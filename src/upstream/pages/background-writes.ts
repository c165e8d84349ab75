import { setImmediate } from "node:timers/promises";

/** Bodies that may wait to be stored. Beyond it, readers wait as well. */
const MAX_PENDING_BYTES = 32 * 2 ** 20;

/** Stores pages behind the answers that are made from them. */
export class BackgroundWrites {
  readonly #onFault: (fault: unknown) => void;
  readonly #pending = new Set<Promise<void>>();
  #bytes = 0;

  /** `onFault` receives what a write throws: no reader is left to throw it to. */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Starts a write of so many bytes. Resolves at once; where too much is pending, after the write. */
  async add(bytes: number, write: () => Promise<unknown>): Promise<void> {
    this.#bytes += bytes;
    const isFull = this.#bytes > MAX_PENDING_BYTES;
    const done = setImmediate() // the answer goes first
      .then(write)
      .catch(this.#onFault)
      .finally(() => {
        this.#bytes -= bytes;
        this.#pending.delete(done);
      }) as Promise<void>;
    this.#pending.add(done);
    if (isFull) await done;
  }

  /** Resolves after the writes that are pending now. */
  async earlier(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Resolves once nothing is pending. */
  async finished(): Promise<void> {
    while (this.#pending.size > 0) await this.earlier();
  }
}
