import { addMonths, dayOf, type Instant, startOf, startOfMonth } from "../../domain/day.ts";
import { DAY_MS, type DayNumber, HOUR_MS, startOfNumber } from "../calendar.ts";
import { chanceOf, hash } from "../random.ts";

const STREAM = 70;
const LATE_SHARE = 0.015;

/**
 * When the usage of one source (a person, a channel, an API key) on one day reaches the exports: null, at once, for most;
 * otherwise 34 hours to 30 days after the day began, and never later than seven days after its month ended.
 */
export function lateArrival(seed: number, source: number, day: DayNumber): Instant | null {
  if (chanceOf(seed, STREAM, source, day) >= LATE_SHARE) return null;
  const start = startOfNumber(day);
  // Most of what is late is a few days late.
  const hours = 34 + Math.floor((30 * 24 - 35) * chanceOf(seed, STREAM + 1, source, day) ** 3);
  const minutes = hash(seed, STREAM + 2, source, day) % 60;
  const monthEnd = startOf(addMonths(startOfMonth(dayOf(start)), 1));
  return Math.min(start + hours * HOUR_MS + minutes * 60_000, monthEnd + 7 * DAY_MS);
}
