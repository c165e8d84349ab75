import { type Day, day } from "../../domain/day.ts";
import type { EngagementQuestion } from "../../domain/engagement.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import { type DayRange, daysIn } from "../../domain/range.ts";
import type { Coverage } from "../endpoint.ts";
import { unmaskedIds } from "./pseudonymous.ts";

/** Engagement: days since 2026, the newest about a day old, at most 366 in one roll-up. */
export const ENGAGEMENT: Coverage = {
  earliest: day("2026-01-01"),
  horizonDays: null,
  today: false,
  window: "none",
  maxDays: 366,
};

/** One day is requested as such: its distinct counts are exact, where a range of one day may be estimated. */
export function engagementDays({ from, until }: DayRange): Readonly<Record<string, Day>> {
  return daysIn({ from, until }) === 1 ? { date: from } : { starting_date: from, ending_date: until };
}

/** Enterprise usage and cost: the last 365 days, not before 2026, a month at a time. */
export const REPORTS: Coverage = {
  earliest: day("2026-01-01"),
  horizonDays: 365,
  today: true,
  window: "month",
  maxDays: 31,
};

/** Where upstream names no first day: before the Claude API opened there was nothing to report. */
const OPENING = day("2023-01-01");

/** Console usage and cost: no stated limit; asked a month at a time so that months are shared. */
export const CONSOLE: Coverage = {
  earliest: OPENING,
  horizonDays: null,
  today: true,
  window: "month",
  maxDays: 31,
};

/** Claude Code: one day a request, no stated end of history. */
export const DAILY: Coverage = {
  earliest: OPENING,
  horizonDays: null,
  today: true,
  window: "day",
  maxDays: 1,
};

/** How long answers that are not final are reused, in seconds. */
export const FRESH = {
  engagement: 3_600,
  reports: 300,
  lookups: 86_400,
  /** Spend limits are read as of the request. */
  readings: 60,
  /** Rate limits: a change takes up to an hour to act. */
  configuration: 300,
} as const;

/** Engagement counts a day on the next, in the morning by its guides and by 17:00 UTC as a rule. */
export const ENGAGEMENT_LAG_MS = 17 * 3_600_000;

/** Common parts of the engagement lists: aggregated over the range in one run of pages. */
export const engagementList = {
  key: "analytics",
  scope: "read:analytics",
  paging: "token",
  pageSize: () => 1000,
  rangeOf: ({ range }: { range: DayRange }) => range,
  coverage: ENGAGEMENT,
  subject: "activity",
  freshSeconds: FRESH.engagement,
  lagMs: ENGAGEMENT_LAG_MS,
  unmasked: <P extends Partial<EngagementQuestion>>(p: P, pseudonyms: Pseudonyms): P => {
    const users = p.filter?.users;
    return users === undefined
      ? p
      : { ...p, filter: { ...p.filter, users: unmaskedIds(users, "user", pseudonyms) } };
  },
} as const;
