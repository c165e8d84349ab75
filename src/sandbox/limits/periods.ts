import { addDays, dayOf, type Instant, startOf, startOfMonth } from "../../domain/day.ts";

/** The kinds of period that a limit can be for, in the order of a member's rows. */
export const PERIODS = ["monthly", "weekly", "daily"] as const;
export type Period = (typeof PERIODS)[number];

/** When the current period began: days, weeks and months begin at midnight UTC, weeks on Monday. */
export function periodStart(period: Period, now: Instant): Instant {
  const today = dayOf(now);
  if (period === "daily") return startOf(today);
  if (period === "monthly") return startOf(startOfMonth(today));
  const sinceMonday = (new Date(startOf(today)).getUTCDay() + 6) % 7;
  return startOf(addDays(today, -sinceMonday));
}
