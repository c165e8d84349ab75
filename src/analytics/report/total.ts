import type { ReportRow } from "../../domain/bucket.ts";
import type { DayRange } from "../../domain/range.ts";
import { collectAll, type PageRun } from "../../upstream/pages/iterate.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { matchesAny } from "../alternatives.ts";
import { sumOf } from "../ranking.ts";
import { planOfTotal, type ReportPlan } from "./plan.ts";
import { readWanted } from "./wanted-days.ts";

/** Returns the exact total of a plan's range and filters, however it is grouped; null where upstream has no rows. */
export async function totalOf<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
): Promise<Measure | null> {
  const { rows } = await collectAll(plan.windows.ranges.map((range) => ungrouped(upstream, plan, range)));
  return sumOf(
    plan.algebra,
    rows.filter(matchesAny(plan.question)).map(({ measure }) => measure),
  );
}

/** Reads the totals of some days: one row for each bucket, or for all of them. */
export function ungrouped<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  range: DayRange,
): PageRun<ReportRow<Measure>> {
  return readWanted(upstream, planOfTotal(plan), [range]);
}
