/** A UTC calendar day, `YYYY-MM-DD`. Sorts as text. */
export type Day = string & { readonly __day: unique symbol };

/** Milliseconds since the epoch; every clock of the program is a function that returns one. */
export type Instant = number;

/** Years 1 to 9999: the day before year 1 cannot be written in this form. */
const SHAPE = /^(?!0000)\d{4}-\d{2}-\d{2}$/;

/** The day written as `text`, or null where that is not a real calendar day. */
export function parseDay(text: string): Day | null {
  if (!SHAPE.test(text)) return null;
  const instant = Date.parse(`${text}T00:00:00Z`);
  // A day that its month does not have reads as one of the next month.
  return !Number.isNaN(instant) && dayOf(instant) === text ? dayOf(instant) : null;
}

/** A day known to be well-formed: literals and values that were checked before. */
export function day(text: string): Day {
  const parsed = parseDay(text);
  if (parsed === null) throw new RangeError(`not a calendar day: ${text}`);
  return parsed;
}

const DAY_MS = 86_400_000;

const INSTANT_SHAPE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The instant written as `text` (RFC 3339; seconds may be left off), or null where that is not a real time of a real day. It
 * must say its offset: a bare one would mean another time on another machine.
 */
export function parseInstant(text: string): Instant | null {
  if (!INSTANT_SHAPE.test(text)) return null;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

/** The UTC day an instant falls on. */
export function dayOf(instant: Instant): Day {
  const start = Math.floor(instant / DAY_MS);
  return DAYS.get(start) ?? remembered(DAYS, start, new Date(instant).toISOString().slice(0, 10) as Day);
}

/** An instant as RFC 3339 text in UTC, with milliseconds. */
export function rfc3339(instant: Instant): string {
  return TEXTS.get(instant) ?? remembered(TEXTS, instant, new Date(instant).toISOString());
}

/** The first instant of a day. */
export function startOf(day: Day): Instant {
  return STARTS.get(day) ?? remembered(STARTS, day, Date.parse(`${day}T00:00:00Z`));
}

/** The thousand rows of a page begin with a few buckets, and fall on as many days. */
const DAYS = new Map<number, Day>();
const STARTS = new Map<Day, Instant>();
const TEXTS = new Map<Instant, string>();
const MAX_DAYS = 1_000;

function remembered<Key, Value>(values: Map<Key, Value>, key: Key, value: Value): Value {
  if (values.size >= MAX_DAYS) values.clear();
  values.set(key, value);
  return value;
}

/** All UTC days have the same length. */
export function addDays(day: Day, days: number): Day {
  return dayOf(startOf(day) + days * DAY_MS);
}

export function addMonths(day: Day, months: number): Day {
  // Every month has a first day, and plans count months from there hundreds of times.
  if (day.endsWith("-01"))
    return firstOfMonth(Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + months);
  return Temporal.PlainDate.from(day).add({ months }).toString() as Day;
}

/** The first day of the month that so many months lie before, counted from year 0. */
function firstOfMonth(months: number): Day {
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01` as Day;
}

/** Whole days from `from` to `until`; negative when `until` is earlier. */
export function daysBetween(from: Day, until: Day): number {
  return Math.round((startOf(until) - startOf(from)) / DAY_MS);
}

export function startOfMonth(day: Day): Day {
  return `${day.slice(0, 8)}01` as Day;
}

/** The Monday of the day's week. */
export function startOfWeek(day: Day): Day {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek);
}

export function startOfQuarter(day: Day): Day {
  const { year, month } = Temporal.PlainDate.from(day);
  return new Temporal.PlainDate(year, month - ((month - 1) % 3), 1).toString() as Day;
}

export function startOfYear(day: Day): Day {
  return `${day.slice(0, 4)}-01-01` as Day;
}

export function earlier(a: Day, b: Day): Day {
  return a < b ? a : b;
}

export function later(a: Day, b: Day): Day {
  return a > b ? a : b;
}
