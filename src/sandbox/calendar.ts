import { addDays, type Day, day, daysBetween, type Instant, startOf } from "../domain/day.ts";

/** The first day with data. */
export const DATA_START = day("2026-01-01");

/** A company-wide shutdown: there is no activity of people or machines. */
export const SHUTDOWN = day("2026-05-01");

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

const START = startOf(DATA_START);

/** Days since the first day with data; negative before it. The sandbox counts days like this inside. */
export type DayNumber = number;

export function dayNumber(day: Day): DayNumber {
  return daysBetween(DATA_START, day);
}

export function dayNumberOf(instant: Instant): DayNumber {
  return Math.floor((instant - START) / DAY_MS);
}

export function dayAt(number: DayNumber): Day {
  return addDays(DATA_START, number);
}

export function startOfNumber(number: DayNumber): Instant {
  return START + number * DAY_MS;
}

/** RFC 3339 in UTC to the second, as upstream writes it. */
export function timestamp(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

const SHUTDOWN_NUMBER = dayNumber(SHUTDOWN);

const HOLIDAYS: ReadonlySet<string> = new Set([
  "01-01",
  "01-02",
  "04-03",
  "04-06",
  "05-25",
  "07-03",
  "09-07",
  "11-26",
  "11-27",
  "12-24",
  "12-25",
  "12-28",
  "12-29",
  "12-30",
  "12-31",
]);

const workloads = new Map<DayNumber, number>();

/** How much of an ordinary day's work is done: 1 on a working day, little at weekends, 0 in the shutdown. */
export function workload(number: DayNumber): number {
  return workloads.getOrInsertComputed(number, computedWorkload);
}

function computedWorkload(number: DayNumber): number {
  if (number < 0 || number === SHUTDOWN_NUMBER) return 0;
  // 2026-01-01 is a Thursday.
  const weekday = (((number + 3) % 7) + 7) % 7;
  if (weekday === 5) return 0.14;
  if (weekday === 6) return 0.1;
  return HOLIDAYS.has(dayAt(number).slice(5)) ? 0.3 : 1;
}

/** Adoption: how far use has spread by a day, from 0.55 at the start of 2026 to 1 at the end of it. */
export function adoption(number: DayNumber): number {
  return Math.min(1, 0.55 + (0.45 * number) / 365);
}
