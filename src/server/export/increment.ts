import { type Finality, finalityOf } from "../../cache/policy.ts";
import { addDays, type Day, type Instant, parseDay, parseInstant, rfc3339 } from "../../domain/day.ts";
import { dayFault } from "../../domain/day-fault.ts";
import { type DayRange, oneDay } from "../../domain/range.ts";
import { badInput } from "../../errors.ts";

export const SINCE = "since";

/**
 * An upstream export covers usage up to some hours or, when it stalls, days before the clock. A `since` by the clock is taken for an
 * instant this much earlier, so that no day that was not final in the figures of that time is left out.
 */
const LAG_DAYS = 7;
const DAY_MS = 86_400_000;

/** Reads `since`; null where it is not given. Throws BAD_USER_INPUT. */
export function sinceOf(parameters: URLSearchParams, now: Instant): Instant | null {
  const text = parameters.get(SINCE);
  if (text === null) return null;
  const since = parseInstant(text);
  if (since === null) {
    const { why, nearest } = instantFault(text);
    throw badInput(
      `\`since=${text}\` is not an instant: ${why}. Use \`nextSince\` of the last manifest, or \`since=${nearest}\`.`,
    );
  }
  if (since <= now) return since;
  throw badInput(`\`since\` is after now, ${rfc3339(now)}; use \`nextSince\` of the last manifest.`);
}

/** Explains why a text that `parseInstant` rejects is not an instant. */
function instantFault(text: string): { readonly why: string; readonly nearest: string } {
  const form = "it is written with its offset, as 2026-11-01T00:00:00Z";
  const [, date = "", time = ""] = /^([\d-]+)(.*)$/s.exec(text) ?? [];
  const isDay = parseDay(date) !== null;
  const { why, nearest } = isDay ? { why: form, nearest: date } : dayFault(date);
  if (nearest === null) return { why: form, nearest: "2026-11-01T00:00:00Z" };
  const near = [time, `${time}Z`].map((rest) => nearest + rest);
  return { why, nearest: near.find((each) => parseInstant(each) !== null) ?? `${nearest}T00:00:00Z` };
}

/** Reads `since` of an export that is open. */
export function sinceIn(parameters: URLSearchParams): Instant | null {
  return parseInstant(parameters.get(SINCE) ?? "");
}

/** Returns the days of a range with figures that were not final then; null: all were, and have not changed since. */
export function notFinalBefore(range: DayRange, since: Instant): DayRange | null {
  const from = firstDay(range, (day) => stateOf(day, since - LAG_DAYS * DAY_MS) !== "FINAL");
  return from === range.until ? null : { ...range, from };
}

/** Days that follow each other and are in the same state; `until` is the day after the last one. */
export interface DaysInState extends DayRange {
  readonly state: Finality;
}

/** Splits a range by the state of its days, which no later day can be ahead of. */
export function daysByState(range: DayRange | null, asOf: Instant | null): DaysInState[] {
  const days: DaysInState[] = [];
  for (let from = range?.from; range !== null && from !== undefined && from < range.until; ) {
    const state = stateOf(from, asOf);
    const until = firstDay({ from, until: range.until }, (day) => stateOf(day, asOf) !== state);
    days.push({ from, until, state });
    from = until;
  }
  return days;
}

function stateOf(day: Day, asOf: Instant | null): Finality {
  return finalityOf("money", oneDay(day), asOf);
}

/** The first day of a range with a property, else its end. */
function firstDay({ from, until }: DayRange, has: (day: Day) => boolean): Day {
  let day = from;
  while (day < until && !has(day)) day = addDays(day, 1);
  return day;
}
