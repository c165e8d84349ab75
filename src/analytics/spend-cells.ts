import { actorKey, type ReportActor, type ReportRow } from "../domain/bucket.ts";
import type { Algebra } from "./ranking.ts";

/** Whose use of what is told apart. */
export interface SpendCell {
  /** Null: nobody is behind it, or upstream does not say who. */
  readonly actor: ReportActor | null;
  readonly product: string | null;
  readonly model: string | null;
}

export interface MeasuredCell<Measure> extends SpendCell {
  readonly measure: Measure;
}

const NOBODY: SpendCell = { actor: null, product: null, model: null };

/** What one identity made of one product and model, summed; identities that upstream hides are nobody together. */
export class Cells<Measure> {
  readonly #algebra: Algebra<Measure>;
  readonly #cells = new Map<string, MeasuredCell<Measure>>();

  constructor(algebra: Algebra<Measure>) {
    this.#algebra = algebra;
  }

  /** Keeps of a row what it is summed by, and lets go of the rest. */
  add({ user, actor, product, model, measure }: ReportRow<Measure>): void {
    this.#set({ actor: user === null ? actor : { kind: "person", user }, product, model }, (before) =>
      before === undefined ? measure : this.#algebra.plus(before, measure),
    );
  }

  keys(): Iterable<string> {
    return this.#cells.keys();
  }

  get(key: string): MeasuredCell<Measure> | undefined {
    return this.#cells.get(key);
  }

  /**
   * What of these figures of an organization its people do not account for. Where upstream cut the organization's report off,
   * people can have what it does not list; that comes off the row for all it left out.
   */
  without(people: Cells<Measure>): Cells<Measure> {
    const { minus, isZero } = this.#algebra;
    const rest = new Cells(this.#algebra);
    for (const cell of this.#cells.values()) rest.#set(cell, () => cell.measure);
    for (const { product, model, measure } of people.#cells.values()) {
      const own = { actor: null, product, model };
      const from = [own, NOBODY].find((cell) => rest.#cells.has(keyOf(cell))) ?? own;
      rest.#set(from, (before) => minus(before ?? minus(measure, measure), measure));
    }
    for (const [key, { measure }] of rest.#cells) if (isZero(measure)) rest.#cells.delete(key);
    return rest;
  }

  #set({ actor, product, model }: SpendCell, measureOf: (before: Measure | undefined) => Measure): void {
    const key = keyOf({ actor, product, model });
    this.#cells.set(key, { actor, product, model, measure: measureOf(this.#cells.get(key)?.measure) });
  }
}

function keyOf({ actor, product, model }: SpendCell): string {
  return JSON.stringify([actor === null ? [] : actorKey(actor), product, model]);
}
