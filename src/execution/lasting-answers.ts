import type { Permissions } from "../domain/viewer.ts";

type Answer = Record<string, unknown>;

/** Limit of the values in the answers of all selections: about as many as a few hundred pages show, some megabytes. */
const MAX_VALUES = 500_000;

/** The selections that have answers, and the number of values in these since all of them were dropped. */
const filled = new Set<LastingAnswers>();
let values = 0;

/**
 * The answers to one selection about objects that never change, by object and by the permissions that they were worked out with. An
 * answer is kept while its object is in memory, and until there are too many of them.
 */
export class LastingAnswers {
  readonly #byPermissions = new Map<Permissions, WeakMap<object, Answer>>();
  /** Number of the values in one answer. */
  readonly #fields: number;

  constructor(fields: number) {
    this.#fields = fields;
  }

  find(permissions: Permissions, object: object): Answer | undefined {
    return this.#byPermissions.get(permissions)?.get(object);
  }

  keep(permissions: Permissions, object: object, answer: Answer): void {
    values += this.#fields;
    if (values > MAX_VALUES) {
      for (const each of filled) each.#byPermissions.clear();
      filled.clear();
      values = this.#fields;
    }
    filled.add(this);
    this.#byPermissions
      .getOrInsertComputed(permissions, () => new WeakMap())
      .set(object, Object.freeze(answer));
  }
}
