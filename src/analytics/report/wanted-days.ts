import { finalityOf } from "../../cache/policy.ts";
import type { ReportRow } from "../../domain/bucket.ts";
import { startOf } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import type { PageRun } from "../../upstream/pages/iterate.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { refuseExpired } from "./expired-days.ts";
import type { ReportPlan } from "./plan.ts";

/** Reads the rows of some days, page by page; the other days of months that were read whole are dropped. */
export function readWanted<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  ranges: readonly DayRange[],
): PageRun<ReportRow<Measure>> {
  const { resource, questionFor } = plan;
  const run = resource.read(upstream, ranges.map(questionFor));
  return async function* (from) {
    await refuseExpired(upstream, plan, ranges);
    for await (const page of run(from)) {
      const range = ranges[page.window] as DayRange;
      const [begin, end] = [startOf(range.from), startOf(range.until)];
      const isWanted = (row: ReportRow<Measure>) => row.from >= begin && row.until <= end;
      const rows = page.rows.every(isWanted) ? page.rows : page.rows.filter(isWanted);
      const state = finalityOf(resource.endpoint.subject, range, page.asOf);
      page.narrow?.(state);
      yield { ...page, rows, range, state };
    }
  };
}
