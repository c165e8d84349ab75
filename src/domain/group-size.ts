/** The people behind a figure, told apart no further than it takes to show it to who sees people in groups alone. */
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
