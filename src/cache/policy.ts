import { addDays, addMonths, dayOf, daysBetween, type Instant, startOfMonth } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";

/** The subject of a page's figures. It decides when they become final. */
export type Subject = "activity" | "money" | "live";

/** State of figures: OPEN while the export has not covered all of their days, SETTLING while revisions may come. */
export type Finality = "OPEN" | "SETTLING" | "FINAL";

const REVISION_DAYS = 30;
const CLOSING_DAYS = 7;

/**
 * The state of figures about `range` by upstream's watermark. They are final when every day is older than 30 days, and money
 * also waits until a week after its month has ended. Without a watermark nothing is final: a stalled export would make old
 * days look settled. Look-ups never are.
 */
export function finalityOf(subject: Subject, range: DayRange | null, watermark: Instant | null): Finality {
  if (subject === "live" || range === null || watermark === null) return "OPEN";
  const seen = dayOf(watermark);
  if (range.until > seen) return "OPEN";
  if (daysBetween(range.until, seen) < REVISION_DAYS) return "SETTLING";
  if (subject === "activity") return "FINAL";
  const monthEnd = addMonths(startOfMonth(addDays(range.until, -1)), 1);
  return daysBetween(monthEnd, seen) >= CLOSING_DAYS ? "FINAL" : "SETTLING";
}

const ORDER: readonly Finality[] = ["FINAL", "SETTLING", "OPEN"];

/** The state of several figures together: that of the least settled; of none, nothing is settled. */
export function leastSettled(states: readonly Finality[]): Finality {
  return ORDER[Math.max(...states.map((state) => ORDER.indexOf(state)))] ?? "OPEN";
}
