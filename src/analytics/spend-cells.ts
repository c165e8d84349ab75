import { actorKey, type ReportActor, type ReportRow } from "../domain/bucket.ts";
import type { Algebra } from "./ranking.ts";

/** The identity, product and model that spend is kept by. */
export interface SpendCell {
  /** Null: there is no identity, or upstream does not name it. */
  readonly actor: ReportActor | null;
  readonly product: string | null;
  readonly model: string | null;
}

export interface MeasuredCell<Measure> extends SpendCell {
  readonly measure: Measure;
}

const UNATTRIBUTED: SpendCell = { actor: null, product: null, model: null };

/** Spend of one identity with one product and model, summed. Identities that upstream hides are summed under null. */
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
   * The part of an organization's figures that its people do not account for. Where upstream cut off the organization's report,
   * people can have figures that it does not list; those are subtracted from the row for all it left out.
   */
  without(people: Cells<Measure>): Cells<Measure> {
    const { minus, isZero } = this.#algebra;
    const rest = new Cells(this.#algebra);
    for (const cell of this.#cells.values()) rest.#set(cell, () => cell.measure);
    for (const { product, model, measure } of people.#cells.values()) {
      const own = { actor: null, product, model };
      const from = [own, UNATTRIBUTED].find((cell) => rest.#cells.has(keyOf(cell))) ?? own;
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
