import { finalityOf } from "../../cache/policy.ts";
import { addDays, addMonths, dayOf, earlier, type Instant, later, startOfMonth } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import type { Dimension, ReportQuestion } from "../../domain/report.ts";
import { earliestDay } from "../../upstream/pages/windows.ts";
import type { Resource } from "./resource.ts";

/** Dimensions with few values: a month of days by one or two of them is a page. */
export const FEW_VALUES: ReadonlySet<Dimension> = new Set([
  "ORGANIZATION",
  "PRODUCT",
  "MODEL",
  "CONTEXT_WINDOW",
  "INFERENCE_GEO",
  "SPEED",
  "SERVICE_TIER",
  "COST_TYPE",
  "TOKEN_TYPE",
  "ACTOR_TYPE",
  "CLAUDE_TAG_CATEGORY",
]);

/**
 * Widens a question to its whole calendar month by days where that costs no more. All questions about a month are then one
 * upstream question, wherever they begin and end. Final days are not read together with days that still move, because the
 * answer about final days is stored for good.
 */
export function sharedQuestion<Measure>(
  { hasBuckets, endpoint }: Resource<Measure>,
  question: ReportQuestion,
  asOf: Instant,
): ReportQuestion {
  const { range, bucket, groupBy } = question;
  if (bucket === "HOUR" || bucket === "MINUTE") return question;
  const few = groupBy.every((each) => FEW_VALUES.has(each)) && groupBy.length <= (bucket === "DAY" ? 2 : 1);
  if (!hasBuckets && !few) return question;
  const month = monthAround(range, endpoint, asOf);
  const isFinal = (days: DayRange) => finalityOf(endpoint.subject, days, asOf) === "FINAL";
  return isFinal(range) && !isFinal(month) ? question : { ...question, range: month, bucket: "DAY" };
}

/** Returns the calendar month around a range, as far as upstream answers it; all of it where upstream no longer answers the range. */
function monthAround(range: DayRange, endpoint: Resource<unknown>["endpoint"], asOf: Instant): DayRange {
  const first = startOfMonth(range.from);
  const earliest = earliestDay(endpoint, asOf);
  return {
    from: range.from < earliest ? later(first, endpoint.coverage?.earliest ?? first) : later(first, earliest),
    until: earlier(addMonths(first, 1), later(addDays(dayOf(asOf), 1), range.until)),
  };
}
