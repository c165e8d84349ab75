import { LRUCache } from "lru-cache";

/** A month of two reports of five thousand people, read side by side. */
const MAX_ROWS = 400_000;

/** The answers to recent questions: the pages of one answer are cut from it one by one. */
export class RecentAnswers {
  readonly #answers = new LRUCache<string, { readonly value: object; readonly size: number }>({
    maxSize: MAX_ROWS,
    sizeCalculation: ({ size }) => size + 1,
  });

  /** Returns the stored answer to a question, or computes it. `size` is its number of rows. */
  remember<T extends object>(question: readonly unknown[], compute: () => T, size: (answer: T) => number): T {
    const key = JSON.stringify(question);
    const known = this.#answers.get(key);
    if (known !== undefined) return known.value as T;
    const value = compute();
    // However large, the last answer is kept: the next page will want it.
    this.#answers.set(key, { value, size: Math.min(size(value), MAX_ROWS - 1) });
    return value;
  }
}
