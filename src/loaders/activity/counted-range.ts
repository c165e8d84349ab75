import type { Context } from "../../context.ts";
import { addDays, type Day, dayOf, type Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { afterNewest, type Covered, windowsOf } from "../../upstream/pages/windows.ts";
import { uncounted } from "./aggregated-days.ts";
import { untilNewest } from "./summaries.ts";

/** Upstream aggregates a day at this hour of the next at the earliest. */
const AGGREGATION_HOUR_MS = 10 * 3_600_000;

/**
 * The days a list of activity is about, as far as the clock tells. A range relative to now ends with the newest day that upstream can
 * have aggregated. Throws NOT_YET_AVAILABLE for days named by date that it cannot have, and where none is left.
 */
export function countedRange(
  endpoint: Covered,
  requested: DayRange,
  isRelative: boolean,
  { now }: Pick<Context, "now">,
): DayRange {
  if (requested.from >= dayOf(now()))
    throw afterNewest(endpoint.dataset, addDays(countedUntil(now()), -1), requested.from);
  const { range } = windowsOf(endpoint, requested, now());
  // Stated days are not cut at today: what is left would be an answer to another question.
  const counted = isRelative ? withoutUncounted(range, now()) : { from: range.from, until: requested.until };
  return statedRange(counted, now(), endpoint.dataset);
}

/** Returns a range of figures of activity as stated by date. Throws NOT_YET_AVAILABLE where upstream cannot have aggregated all of it. */
export function statedRange(range: DayRange, now: Instant, dataset = "USER_ACTIVITY"): DayRange {
  const end = countedUntil(now);
  if (range.until <= end) return range;
  throw uncounted(dataset, addDays(range.until, -1), addDays(end, -1));
}

/** Leaves off the days that upstream cannot have aggregated yet, unless there is no other day. */
export function withoutUncounted(range: DayRange, now: Instant): DayRange {
  const until = countedUntil(now);
  return range.from < until && until < range.until ? { from: range.from, until } : range;
}

/** The day after the newest one that upstream can have aggregated. */
function countedUntil(now: Instant): Day {
  return dayOf(now - AGGREGATION_HOUR_MS);
}

/** Returns the result of `ask` for a range; for one relative to now, for as much of it as upstream has aggregated. */
export function overCounted<T>(
  endpoint: Covered,
  requested: DayRange,
  isRelative: boolean,
  ctx: Pick<Context, "now">,
  ask: (range: DayRange) => Promise<T>,
): Promise<T> {
  const range = countedRange(endpoint, requested, isRelative, ctx);
  return isRelative ? untilNewest(range, ask) : ask(range);
}
