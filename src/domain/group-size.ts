/** Counts the people behind a figure, up to the size that a group needs to be shown (k-anonymity). */
export class GroupSize {
  readonly #least: number;
  readonly #people: ReadonlySet<string>;

  constructor(least: number, people: Iterable<string>) {
    this.#least = least;
    this.#people = new Set(people);
  }

  /** True if they are as many as it takes. */
  get isEnough(): boolean {
    return this.#people.size >= this.#least;
  }

  and(others: GroupSize | undefined): GroupSize {
    return this.isEnough || others === undefined
      ? this
      : new GroupSize(this.#least, this.#people.union(others.#people));
  }
}
