import { type Finality, finalityOf, leastSettled, type Subject } from "../cache/policy.ts";
import type { Span } from "../domain/bucket.ts";
import { type Comparison, counterpart } from "../domain/comparison.ts";
import { addDays, type Day, dayOf, type Instant, startOf } from "../domain/day.ts";
import { type Decimal, decimalOf, negative } from "../domain/decimal.ts";
import { type DayRange, intersection } from "../domain/range.ts";
import { bucketAround, type CoveredBucket, type SeriesBucket } from "../domain/series.ts";
import { shortHash } from "../domain/short-hash.ts";
import type { PageProvenance } from "../upstream/pages/iterate.ts";
import { type Algebra, byRank, type Rank, type Ranked } from "./ranking.ts";

/** What was measured of one group in one span of time. */
export interface Figure<Measure> extends Span {
  readonly measure: Measure;
  /** It stands for the groups that upstream left out of the bucket. */
  readonly isRemainder: boolean;
  readonly state: Finality;
}

/** How figures of one kind are told apart and added up; whatever dimensions they have. */
export interface Kind<Row extends Figure<Measure>, Measure> {
  readonly algebra: Pick<Algebra<Measure>, "plus" | "minus" | "rank" | "tieRank">;
  readonly subject: Subject;
  /** Two rows are about the same group when this is equal. */
  readonly groupOf: (row: Row) => string;
  /** Orders groups of equal figures. */
  readonly nameOf: (row: Row) => string;
  /** True if a row is of something that cannot be told again in other rows, so that it is about its own span alone. */
  readonly isPiece: (row: Row) => boolean;
  /** The row without its group: what stands for several. */
  readonly ungrouped: (row: Row) => Row;
  /** Which of two rows of one group, the newer one last, says whose it is: names change, and figures kept for long have none. */
  readonly named: (row: Row, newer: Row) => Row;
}

/** A row of an analysis. */
export type Analysed<Row extends Figure<Measure>, Measure> = Row & {
  /** It stands for the groups that are not among the first. */
  readonly isOther: boolean;
  /** The range begins or ends within its bucket, or it is a piece of it; its span is that of the days covered. */
  readonly isPartial: boolean;
  /** Figures of the group in the compared period; null where none is compared. */
  readonly before: Measure | null;
};

/** Order of rows. */
export interface RankingOrder<Measure> {
  /** Null: by time. */
  readonly measure: ((measure: Measure) => Decimal | null) | null;
  readonly descending: boolean;
}

/** What becomes of rows: buckets, the groups that are kept, what they are compared with, and their order. */
export interface Analysis<Row, Measure> {
  readonly bucket: SeriesBucket;
  readonly range: DayRange;
  /** Keep so many groups, and merge the others; null keeps all. */
  readonly top: number | null;
  readonly order: RankingOrder<Measure>;
  /** Rows of the compared period, each at the time it compares with; null where nothing is compared. */
  readonly before: readonly Row[] | null;
}

/** Rows worked through in one go, which takes a few milliseconds; others have the thread in between. */
const PIECE = 2_000;

/** Lets others have the thread. */
type Turn = () => Promise<unknown>;

async function inPieces<Item>(items: readonly Item[], turn: Turn, work: (item: Item) => void): Promise<void> {
  for (let i = 0; i < items.length; i += PIECE) {
    for (const item of items.slice(i, i + PIECE)) work(item);
    await turn();
  }
}

/**
 * Finished rows, whatever buckets they came in, as a ranking of the rows a client sees. `sources` are the pages of the range
 * itself: a bucket is as settled as the least settled of its days, with or without a row on it.
 */
export async function analysed<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Row[],
  sources: readonly PageProvenance[],
  analysis: Analysis<Row, Measure>,
  turn: Turn,
): Promise<Ranked<Analysed<Row, Measure>>[]> {
  const { bucket, range, order, before } = analysis;
  const stateAt = stateBy(kind.subject, sources);
  const bucketed = (some: readonly Row[]) => inBuckets(kind, some, bucket, range, stateAt, turn);
  const now = await bucketed(rows);
  const compared = before === null ? now : against(kind, now, await bucketed(before));
  const measure = order.measure ?? kind.algebra.rank;
  return ordered(kind, firstOf(kind, compared, analysis, measure), order, turn);
}

/** Rows merged to one for each group and bucket. */
async function inBuckets<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Row[],
  bucket: SeriesBucket,
  range: DayRange,
  stateAt: (span: Span) => Finality,
  turn: Turn,
): Promise<Analysed<Row, Measure>[]> {
  const spans = new Map<Instant, CoveredBucket>();
  const cells = new Map<string, { row: Row; span: CoveredBucket; measure: Measure }>();
  await inPieces(rows, turn, (row) => {
    const around = spans.getOrInsertComputed(row.from, () => bucketAround(bucket, row, range));
    const span = kind.isPiece(row) ? pieceOf(around, row) : around;
    const key = `${span.from} ${groupIn(kind, row)}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { row, span, measure: row.measure });
    else
      Object.assign(cell, {
        row: kind.named(cell.row, row),
        measure: kind.algebra.plus(cell.measure, row.measure),
      });
  });
  return [...cells.values()].map(({ row, span, measure }) => ({
    ...row,
    ...span,
    measure,
    state: stateAt(span),
    isOther: false,
    before: null,
  }));
}

/** As much of a bucket as a row is about. */
function pieceOf(bucket: CoveredBucket, row: Span): CoveredBucket {
  const from = Math.max(bucket.from, row.from);
  const until = Math.min(bucket.until, row.until);
  return { from, until, isPartial: bucket.isPartial || from > bucket.from || until < bucket.until };
}

function merge<Row extends Figure<Measure>, Measure>(
  cells: Map<string, Analysed<Row, Measure>>,
  key: string,
  row: Analysed<Row, Measure>,
  plus: Algebra<Measure>["plus"],
): void {
  const sum = cells.get(key);
  cells.set(
    key,
    sum === undefined
      ? row
      : {
          ...row,
          measure: plus(sum.measure, row.measure),
          before: sum.before === null || row.before === null ? null : plus(sum.before, row.before),
        },
  );
}

/** Which group of which bucket a row is. */
export function cellOf<Row extends Figure<Measure>, Measure>(
  { groupOf }: Pick<Kind<Row, Measure>, "groupOf">,
  row: Row & { readonly isOther?: boolean },
): string {
  return `${row.from} ${groupIn({ groupOf }, row)}`;
}

/** Which group a row is of, the two that stand for others included. */
function groupIn<Row extends Figure<Measure>, Measure>(
  { groupOf }: Pick<Kind<Row, Measure>, "groupOf">,
  row: Row & { readonly isOther?: boolean },
): string {
  return row.isOther ? "other" : row.isRemainder ? "remainder" : groupOf(row);
}

/** Every row with what it is set against; groups that had something and have nothing now are rows of nothing. */
function against<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  now: readonly Analysed<Row, Measure>[],
  before: readonly Analysed<Row, Measure>[],
): Analysed<Row, Measure>[] {
  const nothingOf = (measure: Measure) => kind.algebra.minus(measure, measure);
  const earlier = new Map(before.map((row) => [cellOf(kind, row), row]));
  const present = now.map((row) => {
    const cell = cellOf(kind, row);
    const was = earlier.get(cell)?.measure ?? nothingOf(row.measure);
    earlier.delete(cell);
    return { ...row, before: was };
  });
  const gone = [...earlier.values()].map((row) => ({
    ...row,
    measure: nothingOf(row.measure),
    before: row.measure,
  }));
  return [...present, ...gone];
}

/**
 * The groups with the most of a measure over the whole range, and in each bucket the others as one row. What is about a part of
 * the range is no match for groups of all of it, and with the others.
 */
function firstOf<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Analysed<Row, Measure>[],
  { top, bucket, range }: Analysis<Row, Measure>,
  measure: (measure: Measure) => Decimal | null,
): readonly Analysed<Row, Measure>[] {
  if (top === null) return rows;
  const { algebra, groupOf } = kind;
  const groups = new Map<string, { readonly name: string; readonly sum: Measure }>();
  const isOfPart = ({ from, until }: Span) => from > startOf(range.from) || until < startOf(range.until);
  for (const row of rows) {
    if (row.isRemainder || (kind.isPiece(row) && isOfPart(row))) continue;
    const group = groups.get(groupOf(row));
    const sum = group === undefined ? row.measure : algebra.plus(group.sum, row.measure);
    groups.set(groupOf(row), { name: group?.name ?? kind.nameOf(row), sum });
  }
  const first = [...groups]
    .map(([group, { name, sum }]) => ({ group, keys: [measure(sum), ...ranksOf(kind, sum)], name }))
    .sort(byRank)
    .slice(0, top);
  const kept = new Set(first.map(({ group }) => group));
  const others = new Map<string, Analysed<Row, Measure>>();
  const shown = rows.filter((row) => {
    if (row.isRemainder || kept.has(groupOf(row))) return true;
    const span = bucketAround(bucket, row, range);
    const other = { ...kind.ungrouped(row), ...span, isOther: true, before: row.before };
    merge(others, cellOf(kind, other), other, algebra.plus);
    return false;
  });
  return [...shown, ...others.values()];
}

function ranksOf<Row extends Figure<Measure>, Measure>(
  { algebra }: Kind<Row, Measure>,
  measure: Measure,
): (Decimal | null)[] {
  return [algebra.rank(measure), algebra.tieRank(measure)];
}

/** In their order. What stands for others comes last: in its bucket by time, else after all. */
async function ordered<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Analysed<Row, Measure>[],
  { measure, descending }: RankingOrder<Measure>,
  turn: Turn,
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

/** What each group has come to by the end of each of its buckets, by cell. */
export async function runningTotals<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly (Row & { readonly isOther?: boolean })[],
  turn: Turn,
): Promise<ReadonlyMap<string, Measure>> {
  const sums = new Map<string, Measure>();
  const totals = new Map<string, Measure>();
  const byTime = rows.toSorted((a, b) => a.from - b.from);
  await inPieces(byTime, turn, (row) => {
    const group = groupIn(kind, row);
    const sum = sums.get(group);
    const total = sum === undefined ? row.measure : kind.algebra.plus(sum, row.measure);
    sums.set(group, total);
    totals.set(`${row.from} ${group}`, total);
  });
  return totals;
}

/** How far the figures of a span can still move, by the pages its days were read from. */
export function stateBy(subject: Subject, sources: readonly PageProvenance[]): (span: Span) => Finality {
  const known = new Map<string, Finality>();
  return ({ from, until }) => {
    const span = `${from} ${until}`;
    return known.getOrInsertComputed(span, () =>
      stateOf({ from: dayOf(from), until: addDays(dayOf(until - 1), 1) }),
    );
  };
  function stateOf(days: DayRange): Finality {
    return leastSettled(
      sources.flatMap(({ range, asOf }) => {
        const part = range && intersection(range, days);
        return part === null ? [] : [finalityOf(subject, part, asOf)];
      }),
    );
  }
}

/** A row of the compared period, at the time of the range that it is set against. */
export function setAgainst<Row extends Span>(compare: Comparison, range: DayRange): (row: Row) => Row {
  const shifts = new Map<Day, number>();
  return (row) => {
    const day = dayOf(row.from);
    const shift = shifts.get(day) ?? startOf(counterpart(compare, range, day)) - startOf(day);
    shifts.set(day, shift);
    return { ...row, from: row.from + shift, until: row.until + shift };
  };
}

/** The totals of an answer, each worked out once, when it is first asked for. */
export interface AnswerTotals<Measure> {
  /** The exact total of the range, whatever rows are split by; null where upstream has no figures. */
  total(): Promise<Measure | null>;
  /** The days of the compared period; null where nothing is compared. Throws NOT_COVERED. */
  rangeBefore(): DayRange | null;
  totalBefore(): Promise<Measure | null>;
}

/** What all rows of an answer can be set in relation to. */
export interface Relations<Row, Measure> extends AnswerTotals<Measure> {
  /** What a row's group has come to by the end of its bucket; null where nobody can say whose it is. */
  runningTotal(row: Row): Promise<Measure | null>;
}

export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
