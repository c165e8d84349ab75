import { actorKey, type ReportActor, type ReportRow } from "../domain/bucket.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import type { Algebra } from "./ranking.ts";

/** The identity, product and model that spend is kept by. */
export interface SpendCell {
  /** Null: there is no identity, or upstream does not name it. */
  readonly actor: ReportActor | null;
  readonly product: string | null;
  readonly model: string | null;
}

export interface MeasuredCell<Measure> extends SpendCell {
  /** Distinguishes the cell from others; cells are listed in its order. */
  readonly key: string;
  measure: Measure;
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
    const who: ReportActor | null = user === null ? actor : { kind: "person", user };
    const key = keyOf(who, product, model);
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, { key, actor: who, product, model, measure });
    else cell.measure = this.#algebra.plus(cell.measure, measure);
  }

  values(): Iterable<MeasuredCell<Measure>> {
    return this.#cells.values();
  }

  get(key: string): MeasuredCell<Measure> | undefined {
    return this.#cells.get(key);
  }

  /**
   * The part of an organization's figures that its people do not account for. Where upstream cut off the organization's report,
   * people can have figures that it does not list; those are subtracted from the row for all it left out.
   */
  async without(people: Cells<Measure>, turn: ThreadTurn): Promise<Cells<Measure>> {
    const { minus, isZero } = this.#algebra;
    const rest = new Cells(this.#algebra);
    for (const [key, cell] of this.#cells) rest.#cells.set(key, { ...cell });
    await inPieces([...people.#cells.values()], turn, ({ product, model, measure }) => {
      const own = { actor: null, product, model };
      const cell = [own, UNATTRIBUTED].find((each) => rest.#cells.has(keyOfCell(each))) ?? own;
      const key = keyOfCell(cell);
      const before = rest.#cells.get(key)?.measure ?? minus(measure, measure);
      rest.#cells.set(key, { ...cell, key, measure: minus(before, measure) });
    });
    for (const [key, { measure }] of rest.#cells) if (isZero(measure)) rest.#cells.delete(key);
    return rest;
  }
}

function keyOfCell({ actor, product, model }: SpendCell): string {
  return keyOf(actor, product, model);
}

/** JSON of all three. A file has two keys a line, so that those of people are put together from few texts. */
function keyOf(actor: ReportActor | null, product: string | null, model: string | null): string {
  const who =
    actor === null
      ? "[]"
      : actor.kind === "person"
        ? `["person",${jsonOf(actor.user.userId)}]`
        : JSON.stringify(actorKey(actor));
  return `[${who},${jsonOf(product)},${jsonOf(model)}]`;
}

/** Characters that JSON writes as they are. */
const PLAIN = /^[\w .:/@-]*$/;

function jsonOf(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
