import type { Context } from "../context.ts";
import { addDays, addMonths, type Day, dayOf, type Instant } from "../domain/day.ts";
import { type Period, periodRange } from "../domain/period.ts";
import type { DayRange } from "../domain/range.ts";
import { badInput } from "../errors.ts";
import { statedRange, withoutUncounted } from "../loaders/activity/counted-range.ts";

/** A range as clients state it, in one of three ways. */
export interface RangeInput {
  readonly between?: DayRange | null | undefined;
  readonly last?: Length | null | undefined;
  readonly period?: Period | null | undefined;
}

interface Length {
  readonly days?: number | null | undefined;
  readonly weeks?: number | null | undefined;
  readonly months?: number | null | undefined;
}

/** The range of figures where neither the field nor a field above it states one. */
const DEFAULT_PERIOD: Period = "LAST_30_DAYS";

/** Recognizes a range among the coerced arguments of a field. */
export function isRangeInput(value: unknown): value is RangeInput {
  return typeof value === "object" && value !== null && WAYS.some((way) => Object.hasOwn(value, way));
}

const WAYS = ["between", "last", "period"] as const satisfies readonly (keyof RangeInput)[];

/** The range of an operation that states none. */
export function defaultRange(now: Instant): DayRange {
  return periodRange(DEFAULT_PERIOD, dayOf(now));
}

/** True if the days a range means change with the clock. */
export function isRelative({ between }: RangeInput): boolean {
  return between === null || between === undefined;
}

/** The days a range means now. */
export function resolveRange({ between, last, period }: RangeInput, now: Instant): DayRange {
  const today = dayOf(now);
  if (between) return ordered(between);
  if (last) return { from: beginning(last, today), until: today };
  return periodRange(period ?? DEFAULT_PERIOD, today);
}

/**
 * Returns the days that figures of activity alone are about: a range relative to now ends with the newest day that can be aggregated.
 * Throws NOT_YET_AVAILABLE for days named by date that cannot be.
 */
export function resolveActivityRange(range: RangeInput, now: Instant): DayRange {
  const requested = resolveRange(range, now);
  return isRelative(range) ? withoutUncounted(requested, now) : statedRange(requested, now);
}

function ordered({ from, until }: { from: Day; until: Day }): DayRange {
  if (from < until) return { from, until };
  if (from > until)
    throw badInput(
      `The range ${from} to ${until} ends before it begins; swap the days: \`from\` is ${until} and \`until\` is ${from}.`,
    );
  throw badInput(
    `The range ${from} to ${until} contains no day; \`until\` is the day after the last one, so one day is ${from} to ${addDays(from, 1)}.`,
  );
}

/** More than any dataset covers; keeps arithmetic on days within the calendar. */
const MAX_LENGTH = { days: 3_660, weeks: 520, months: 120 } as const;

function beginning({ days, weeks, months }: Length, today: Day): Day {
  if (months !== undefined && months !== null) return addMonths(today, -bounded(months, "months"));
  if (weeks !== undefined && weeks !== null) return addDays(today, -7 * bounded(weeks, "weeks"));
  return addDays(today, -bounded(days ?? 0, "days"));
}

function bounded(length: number, unit: keyof typeof MAX_LENGTH): number {
  if (length >= 1 && length <= MAX_LENGTH[unit]) return length;
  throw badInput(`\`last.${unit}\` is ${length}; it must be from 1 to ${MAX_LENGTH[unit]}.`);
}

/** The days of a field of activity alone. A relative range ends with the newest day that can be aggregated. */
export function rangeOfActivity(
  { range }: { readonly range?: RangeInput | null | undefined },
  { now }: Context,
): DayRange | null {
  return range ? resolveActivityRange(range, now()) : null;
}
