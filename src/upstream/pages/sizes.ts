import type { Dataset } from "../../domain/dataset.ts";
import type { Instant } from "../../domain/day.ts";

/** Lists grow and shrink slowly, but not for good. */
const LEARNED_FOR_MS = 24 * 3_600_000;

/** How long the longest list of a dataset is, as far as this process has read. */
export interface Size {
  /** Zero: nothing is known. */
  readonly pages: number;
  /** It was read to its end; else it has so many pages at the least. */
  readonly isComplete: boolean;
}

const UNKNOWN: Size = { pages: 0, isComplete: false };

/** How long lists are, by what was read within a day. */
export class Sizes {
  readonly #now: () => Instant;
  readonly #learned = new Map<Dataset, Size & { readonly at: Instant }>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  of(dataset: Dataset): Size {
    const size = this.#learned.get(dataset);
    return size !== undefined && this.#now() < size.at + LEARNED_FOR_MS ? size : UNKNOWN;
  }

  learn(dataset: Dataset, size: Size): void {
    if (size.pages >= this.of(dataset).pages) this.#learned.set(dataset, { ...size, at: this.#now() });
  }
}
