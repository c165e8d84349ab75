import { type Finality, finalityOf } from "../../cache/policy.ts";
import type { ActivityDayRow } from "../../domain/activity.ts";
import type { Instant } from "../../domain/day.ts";
import type { DayRange } from "../../domain/range.ts";
import { ENGAGEMENT_LAG_MS } from "../../upstream/endpoints/coverage.ts";

/** A day, and how final its figures are. */
export interface SettlingDay extends ActivityDayRow {
  readonly state: Finality;
  /** True if its seats are those of now; a final day can have them from when it was first requested. */
  readonly isSeated: boolean;
}

export function settling(day: ActivityDayRow, state: Finality): SettlingDay {
  return { ...day, state, isSeated: state !== "FINAL" };
}

/** True if every hour of the day is counted. */
export function isComplete({ state }: Pick<SettlingDay, "state">): boolean {
  return state !== "OPEN";
}

/** Returns the state of figures of activity as far as the clock tells; asks nothing. */
export function activityState(range: DayRange, now: Instant): Finality {
  return finalityOf("activity", range, now - ENGAGEMENT_LAG_MS);
}
