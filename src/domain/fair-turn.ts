/** Callers that wait for the thread: one has it in each turn of the event loop. */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves in a later turn: after those that wait already, or before them where the caller goes on with work that it has begun. */
  next({ isBegun = false } = {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (isBegun) this.#waiting.unshift(resolve);
    else this.#waiting.push(resolve);
    if (this.#waiting.length === 1) setImmediate(() => this.#give());
    return promise;
  }

  #give(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#give());
  }
}

const turns = new Turns();

/**
 * Resolves in a later turn of the thread, for one caller a turn. `setImmediate` alone runs all that wait in one turn, so that a request
 * that comes would wait for every operation under way.
 */
export function fairTurn(): Promise<void> {
  return turns.next();
}
