import type { Dataset } from "../../domain/dataset.ts";
import { addDays, type Day, dayOf, earlier, type Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";
import type { FieldRequests } from "../../upstream/plan.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { ReportPlan } from "./plan.ts";
import { requestsOfTotal } from "./requests.ts";
import { ungrouped } from "./total.ts";

/** Upstream exports at least once in a day: what began so many days ago has an export, or that is late. */
const EXPORT_DAYS = 2;

/** Throws NOT_YET_AVAILABLE where days without an export are so old that to answer "nothing" would be untrue. */
export function refuseLateExport(dataset: Dataset, from: Day, now: Instant): void {
  if (addDays(from, EXPORT_DAYS) > dayOf(now)) return;
  throw new GatewayError(
    "NOT_YET_AVAILABLE",
    `${dataset} still has no export that covers ${from}, which is unusually late; retry in a few hours.`,
    { dataset },
  );
}

/**
 * Returns the days of a plan that upstream's export covers whole. Throws NOT_YET_AVAILABLE. The newest month says it, unless no
 * export covers it yet, as on its first day: then the month before does.
 */
export async function exportedDaysOf<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
): Promise<DayRange> {
  const { from } = plan.windows.range;
  let newestDay: Day | null = null;
  for (const window of plan.windows.ranges.toReversed()) {
    const watermark = await watermarkOf(upstream, plan, window);
    const until = watermark === null ? window.from : earlier(window.until, dayOf(watermark));
    if (until > window.from) return { from, until };
    newestDay = watermark === null ? null : addDays(until, -1);
  }
  const { dataset } = plan.resource.endpoint;
  throw new GatewayError(
    "NOT_YET_AVAILABLE",
    `${dataset} has no complete day from ${from} on yet; omit \`incomplete\` to see the figures so far.`,
    { dataset, ...(newestDay !== null && { newestDay }) },
  );
}

/** Plans the requests that say which days of a plan are whole. */
export function requestsOfExportedDays<Measure>(plan: ReportPlan<Measure>): FieldRequests {
  const { plans } = requestsOfTotal(plan);
  const recent = addDays(dayOf(plan.asOf), -EXPORT_DAYS);
  const newest = plan.windows.ranges.findLastIndex((window) => window.from < recent);
  return { plans: plans.slice(Math.max(newest, 0)), enough: null };
}

/** Returns how far upstream's export reaches into a window, which its first page says; null where none covers it. */
async function watermarkOf<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  window: DayRange,
): Promise<Instant | null> {
  for await (const { asOf } of ungrouped(upstream, plan, window)(null)) return asOf;
  return null;
}
