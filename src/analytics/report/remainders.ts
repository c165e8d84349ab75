import { NO_DIMENSIONS, type ReportRow } from "../../domain/bucket.ts";
import type { Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { badInput } from "../../errors.ts";
import { collect } from "../../upstream/pages/iterate.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { largestFirst } from "../ranking.ts";
import type { ReportPlan } from "./plan.ts";
import { ungrouped } from "./total.ts";

/** A row of upstream, or one that stands for what upstream left out. */
interface ShownRow<Measure> {
  readonly row: ReportRow<Measure>;
  readonly isRemainder: boolean;
}

/**
 * Orders the rows of a page of buckets, largest first within each, and adds the remainders. Upstream silently cuts a bucket off
 * after its largest groups. Where one may have been cut, the difference between the bucket's total and its rows becomes a row,
 * so that sums always match.
 */
export async function withRemainders<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  window: DayRange,
  rows: readonly ReportRow<Measure>[],
): Promise<readonly ShownRow<Measure>[]> {
  const { source, question, algebra } = plan;
  const byBucket = Map.groupBy(rows, (row) => row.from);
  const mayBeCut = (bucket: readonly unknown[]) =>
    source.largestGroups !== null && bucket.length >= source.largestGroups;
  let totals = new Map<Instant, ReportRow<Measure>>();
  if (question.groupBy.length > 0 && [...byBucket.values()].some(mayBeCut)) {
    if (question.groupBy.includes("GROUP")) {
      throw badInput(
        `Upstream keeps ${source.largestGroups} groups of a bucket, and people in several groups count in each. The remainder cannot be computed; group by fewer dimensions or add a filter.`,
      );
    }
    const read = await collect(ungrouped(upstream, plan, window));
    totals = new Map(read.rows.map((total) => [total.from, total]));
  }
  const shown: ShownRow<Measure>[] = [];
  for (const [from, bucket] of byBucket) {
    for (const row of await largestFirst(bucket, algebra, upstream.turn))
      shown.push({ row, isRemainder: false });
    const total = mayBeCut(bucket) ? totals.get(from) : undefined;
    if (total === undefined) continue;
    const rest = bucket.reduce<Measure>((left, row) => algebra.minus(left, row.measure), total.measure);
    if (algebra.isZero(rest)) continue;
    const row = { ...NO_DIMENSIONS, from, until: total.until, measure: rest };
    shown.push({ row, isRemainder: true });
  }
  return shown;
}
