import { setImmediate } from "node:timers/promises";
import type { GraphQLError, GraphQLObjectType } from "graphql";

/** Stands in an answer for a value that is awaited. */
export const PENDING = Symbol("pending");

type Holder = object;
type Key = string | number;

/** An answer while it is being completed, for what delivers parts of it. */
export class LiveAnswer {
  /** The data so far; null once an error has voided all of it. */
  data: Readonly<Record<string, unknown>> | null = null;
  /** Nothing is awaited any more. */
  isOver = false;
  readonly #open = new Set<readonly unknown[]>();
  readonly #types = new WeakMap<Holder, GraphQLObjectType>();
  readonly #errors = new Map<Holder | null, Map<Key, GraphQLError[]>>();
  #changed = Promise.withResolvers<void>();

  /** Waits for a change, and with it for all others of that turn of the event loop. */
  async change(): Promise<void> {
    await this.#changed.promise;
    await setImmediate();
  }

  notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  open(list: readonly unknown[]): void {
    this.#open.add(list);
  }

  close(list: readonly unknown[]): void {
    this.#open.delete(list);
  }

  /** True if items of the list are still to come. */
  isOpen(list: readonly unknown[]): boolean {
    return this.#open.has(list);
  }

  /** Records the type of an object, where its field leaves that open. */
  typed(answer: unknown, type: GraphQLObjectType): void {
    if (typeof answer === "object" && answer !== null) this.#types.set(answer, type);
  }

  typeOf(answer: object): GraphQLObjectType | undefined {
    return this.#types.get(answer);
  }

  /** Records why a value is null; without a holder, why all data is. */
  failed(error: GraphQLError, holder: Holder | null, key: Key): void {
    this.#errors
      .getOrInsertComputed(holder, () => new Map())
      .getOrInsertComputed(key, () => [])
      .push(error);
  }

  /** Errors of a value that were not delivered yet; delivering them removes them. */
  errorsAt(holder: Holder, key: Key): GraphQLError[] {
    return this.#errors.get(holder)?.get(key) ?? [];
  }

  /** Takes the errors that are left. */
  takeOtherErrors(): readonly GraphQLError[] {
    return [...this.#errors.values()].flatMap((byKey) =>
      [...byKey.values()].flatMap((each) => each.splice(0)),
    );
  }
}
