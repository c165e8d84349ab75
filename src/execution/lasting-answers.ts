import type { Permissions } from "../domain/viewer.ts";

type Answer = Record<string, unknown>;

/** Answers of all selections: about as many as a few hundred pages show, some megabytes. */
const MOST = 50_000;

/** The selections that have answers, and the number of these since all of them were dropped. */
const filled = new Set<LastingAnswers>();
let answers = 0;

/**
 * The answers to one selection about objects that never change, by object and by the permissions that they were worked out with. An
 * answer is kept while its object is in memory, and until there are too many of them.
 */
export class LastingAnswers {
  readonly #byPermissions = new Map<Permissions, WeakMap<object, Answer>>();

  find(permissions: Permissions, object: object): Answer | undefined {
    return this.#byPermissions.get(permissions)?.get(object);
  }

  keep(permissions: Permissions, object: object, answer: Answer): void {
    if (answers === MOST) {
      for (const each of filled) each.#byPermissions.clear();
      filled.clear();
      answers = 0;
    }
    answers++;
    filled.add(this);
    this.#byPermissions
      .getOrInsertComputed(permissions, () => new WeakMap())
      .set(object, Object.freeze(answer));
  }
}
