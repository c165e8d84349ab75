import type { Permissions } from "../domain/viewer.ts";

type Answer = Record<string, unknown>;

/** Answers of all selections: about as many as a few hundred pages show, some megabytes. */
const MOST = 50_000;

/** Number of answers since all of them were dropped, and how often that was. */
let answers = 0;
let generation = 0;

/**
 * The answers to one selection about objects that never change, by object and by the permissions that they were worked out with. An
 * answer is kept while its object is in memory, and until there are too many of them.
 */
export class LastingAnswers {
  #generation = generation;
  #byPermissions = new Map<Permissions, WeakMap<object, Answer>>();

  find(permissions: Permissions, object: object): Answer | undefined {
    return this.#generation === generation ? this.#byPermissions.get(permissions)?.get(object) : undefined;
  }

  keep(permissions: Permissions, object: object, answer: Answer): void {
    if (++answers > MOST) {
      generation++;
      answers = 1;
    }
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#byPermissions = new Map();
    }
    this.#byPermissions
      .getOrInsertComputed(permissions, () => new WeakMap())
      .set(object, Object.freeze(answer));
  }
}
