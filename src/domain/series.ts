import type { Span } from "./bucket.ts";
import { addDays, addMonths, type Day, dayOf, startOf, startOfMonth, startOfWeek } from "./day.ts";
import type { DayRange } from "./range.ts";
import type { BucketWidth } from "./report.ts";

/** Length of a bucket of a series. Upstream knows no weeks and months: they are made of days. */
export type SeriesBucket = BucketWidth | "WEEK" | "MONTH";

/** The buckets that are requested from upstream. */
export function requestedWidth(bucket: SeriesBucket): BucketWidth {
  return bucket === "WEEK" || bucket === "MONTH" ? "DAY" : bucket;
}

/** A bucket as far as the range covers it. */
export interface CoveredBucket extends Span {
  /** The range begins or ends within it. */
  readonly isPartial: boolean;
}

/** The bucket of the series over `range` that a span of an asked width falls in. */
export function bucketAround(bucket: SeriesBucket, { from, until }: Span, range: DayRange): CoveredBucket {
  const [start, end] = [startOf(range.from), startOf(range.until)];
  if (bucket === "NONE") return { from: start, until: end, isPartial: false };
  if (bucket !== "WEEK" && bucket !== "MONTH") return { from, until, isPartial: false };
  const day = dayOf(from);
  const [first, next] = bucket === "WEEK" ? weekOf(day) : monthOf(day);
  const whole = { from: startOf(first), until: startOf(next) };
  return {
    from: Math.max(whole.from, start),
    until: Math.min(whole.until, end),
    isPartial: whole.from < start || whole.until > end,
  };
}

/** ISO 8601: a week begins on Monday. */
function weekOf(day: Day): readonly [first: Day, next: Day] {
  const monday = startOfWeek(day);
  return [monday, addDays(monday, 7)];
}

function monthOf(day: Day): readonly [first: Day, next: Day] {
  const first = startOfMonth(day);
  return [first, addMonths(first, 1)];
}
