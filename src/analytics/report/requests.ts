import type { FieldRequests } from "../../upstream/plan.ts";
import { planOfTotal, type ReportPlan } from "./plan.ts";

/** Plans the requests for the rows of a plan in some of its windows. */
export function requestsOfReport<Measure>(
  { resource, questionFor, windows }: ReportPlan<Measure>,
  enough: number | null,
  ranges = windows.ranges,
): FieldRequests {
  return resource.requests(ranges.map(questionFor), enough, ranges);
}

/** Plans the requests for the total of a plan. */
export function requestsOfTotal<Measure>(plan: ReportPlan<Measure>): FieldRequests {
  return requestsOfReport(planOfTotal(plan), null);
}
