import { type Decimal, decimalOf, negative } from "../../domain/decimal.ts";
import { inPieces, sortedInPieces, type ThreadTurn } from "../../domain/pieces.ts";
import { shortHash } from "../../domain/short-hash.ts";
import { byRank, type Rank, type Ranked } from "../ranking.ts";
import type { RankingOrder } from "./analysis.ts";
import { type Analysed, cellOf, type Figure, type Kind, ranksOf } from "./figure.ts";

/** Orders rows. A row that stands for others comes last: in its bucket by time, else after all. */
export async function ordered<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Analysed<Row, Measure>[],
  { measure, descending }: RankingOrder<Measure>,
  turn: ThreadTurn,
): Promise<Ranked<Analysed<Row, Measure>>[]> {
  const ranked: RankedFigure<Row, Measure>[] = [];
  const directed = (key: Decimal | null) => (key === null || descending ? key : negative(key));
  await inPieces(rows, turn, (row) => {
    const ranks = row.isOther ? [null, null] : ranksOf(kind, row.measure);
    const keys =
      measure === null
        ? [directed(decimalOf(row.from)), ...ranks]
        : [row.isOther ? null : measure(row.measure), ...ranks].map(directed);
    ranked.push(new RankedFigure(kind, row, keys));
  });
  return sortedInPieces(ranked, byRank, turn);
}

/** A row with its sort key. Name and id are made when they are read: most figures differ, and a client reads a page. */
class RankedFigure<Row extends Figure<Measure>, Measure> implements Ranked<Analysed<Row, Measure>>, Rank {
  readonly row: Analysed<Row, Measure>;
  readonly keys: Rank["keys"];
  readonly #kind: Kind<Row, Measure>;
  #name: string | undefined;

  constructor(kind: Kind<Row, Measure>, row: Analysed<Row, Measure>, keys: Rank["keys"]) {
    this.row = row;
    this.keys = keys;
    this.#kind = kind;
  }

  get name(): string {
    this.#name ??= `${this.row.isOther ? LAST : this.#kind.nameOf(this.row)} ${this.row.from}`;
    return this.#name;
  }

  get id(): string {
    return shortHash(cellOf(this.#kind, this.row), 12);
  }
}

/** A name after all others: what stands for others comes after rows that have not been measured either. */
const LAST = "\u{10FFFF}";
