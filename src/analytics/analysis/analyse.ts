import type { ThreadTurn } from "../../domain/pieces.ts";
import type { PageProvenance } from "../../upstream/pages/iterate.ts";
import type { Ranked } from "../ranking.ts";
import type { Analysis } from "./analysis.ts";
import { inBuckets } from "./buckets.ts";
import { against } from "./comparison.ts";
import type { Analysed, Figure, Kind } from "./figure.ts";
import { stateBy } from "./finality.ts";
import { ordered } from "./order.ts";
import { firstOf } from "./top.ts";

/**
 * Finished rows, whatever buckets they came in, as a ranking of the rows a client sees. `sources` are the pages of the range
 * itself: a bucket is as settled as the least settled of its days, with or without a row on it.
 */
export async function analysed<Row extends Figure<Measure>, Measure>(
  kind: Kind<Row, Measure>,
  rows: readonly Row[],
  sources: readonly PageProvenance[],
  analysis: Analysis<Row, Measure>,
  turn: ThreadTurn,
): Promise<Ranked<Analysed<Row, Measure>>[]> {
  const { bucket, range, order, before } = analysis;
  const stateAt = stateBy(kind.subject, sources);
  const bucketed = (some: readonly Row[]) => inBuckets(kind, some, bucket, range, stateAt, turn);
  const now = await bucketed(rows);
  const compared = before === null ? now : await against(kind, now, await bucketed(before), turn);
  const measure = order.measure ?? kind.algebra.rank;
  return ordered(kind, await firstOf(kind, compared, analysis, measure, turn), order, turn);
}
