/** Callers that wait for one piece of shared work. Its signal aborts the work when the last of them has left. */
export class Interest {
  readonly #nobody = new AbortController();
  #waiting = 0;

  readonly signal = this.#nobody.signal;

  /** One more who waits, until `gone`. */
  add(gone: AbortSignal): void {
    this.#waiting++;
    const leave = () => {
      this.#waiting--;
      if (this.#waiting === 0) this.#nobody.abort();
    };
    if (gone.aborted) leave();
    else gone.addEventListener("abort", leave, { once: true, signal: this.signal });
  }
}
