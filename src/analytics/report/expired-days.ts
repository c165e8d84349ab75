import type { Day } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { earliestDay, notCovered } from "../../upstream/pages/windows.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { ReportPlan } from "./plan.ts";
import { requestsOfReport } from "./requests.ts";

/** Returns whether every day of a plan is within upstream's retention window, or is stored. Costs no request. */
export async function isAnswerable<Measure>(upstream: Upstream, plan: ReportPlan<Measure>): Promise<boolean> {
  return (await firstExpired(upstream, plan, earliestOf(plan))) === null;
}

/** Throws NOT_COVERED for days that upstream no longer answers and that are not stored. Costs no request. */
export async function refuseExpired<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  ranges?: readonly DayRange[],
): Promise<void> {
  const earliest = earliestOf(plan);
  const expired = await firstExpired(upstream, plan, earliest, ranges);
  if (expired !== null) throw notCovered(plan.resource.endpoint.dataset, earliest, expired);
}

function earliestOf<Measure>({ resource, asOf }: ReportPlan<Measure>): Day {
  return earliestDay(resource.endpoint, asOf);
}

async function firstExpired<Measure>(
  upstream: Upstream,
  plan: ReportPlan<Measure>,
  earliest: Day,
  ranges?: readonly DayRange[],
): Promise<Day | null> {
  const { plans } = requestsOfReport(plan, null, ranges);
  const expired = plans.filter(({ range }) => range !== null && range.from < earliest);
  const kept = await Promise.all(expired.map((each) => each.kept(upstream)));
  return expired.find((_, i) => !kept[i]?.isComplete)?.range?.from ?? null;
}
