import { type Decimal, decimalOf, negative } from "../../domain/decimal.ts";
import { shortHash } from "../../domain/short-hash.ts";
import { byRank, type Rank, type Ranked } from "../ranking.ts";
import type { RankingOrder } from "./analysis.ts";
import { type Analysed, cellOf, type Figure, type Kind, ranksOf } from "./figure.ts";
import { inPieces, type ThreadTurn } from "./slices.ts";

/** Orders rows. A row that stands for others comes last: in its bucket by time, else after all. */
export async function ordered<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Analysed<Row, Measure>[],
  { measure, descending }: RankingOrder<Measure>,
  turn: ThreadTurn,
): Promise<Ranked<Analysed<Row, Measure>>[]> {
  const ranked: (Ranked<Analysed<Row, Measure>> & Rank)[] = [];
  const directed = (key: Decimal | null) => (key === null || descending ? key : negative(key));
  await inPieces(rows, turn, (row) => {
    const ranks = row.isOther ? [null, null] : ranksOf(kind, row.measure);
    const keys =
      measure === null
        ? [directed(decimalOf(row.from)), ...ranks]
        : [row.isOther ? null : measure(row.measure), ...ranks].map(directed);
    const name = row.isOther ? LAST : kind.nameOf(row);
    ranked.push({ row, id: idOf(cellOf(kind, row)), keys, name: `${name} ${row.from}` });
  });
  return ranked.sort(byRank).map(({ row, id }) => ({ row, id }));
}

function idOf(text: string): string {
  return shortHash(text, 12);
}

/** A name after all others: what stands for others comes after rows that have not been measured either. */
const LAST = "\u{10FFFF}";
