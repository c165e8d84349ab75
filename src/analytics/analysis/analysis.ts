import type { Decimal } from "../../domain/decimal.ts";
import type { DayRange } from "../../domain/range.ts";
import type { SeriesBucket } from "../../domain/series.ts";

/** Order of rows. */
export interface RankingOrder<Measure> {
  /** Null: by time. */
  readonly measure: ((measure: Measure) => Decimal | null) | null;
  readonly descending: boolean;
}

/** Operations on rows: their buckets, the groups that are kept, the compared period, and their order. */
export interface Analysis<Row, Measure> {
  readonly bucket: SeriesBucket;
  readonly range: DayRange;
  /** Keep so many groups, and merge the others; null keeps all. */
  readonly top: number | null;
  readonly order: RankingOrder<Measure>;
  /** Rows of the compared period, each at the time it compares with; null where nothing is compared. */
  readonly before: readonly Row[] | null;
}
