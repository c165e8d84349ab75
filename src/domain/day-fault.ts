import { addDays, type Day, parseDay } from "./day.ts";

/** Why a text is not a calendar day. */
export interface DayFault {
  readonly why: string;
  /** The nearest calendar day; null where the text does not begin like one. */
  readonly nearest: Day | null;
  /** The nearest end of a range, which excludes that day: 1 March for 30 February. */
  readonly nearestEnd: Day | null;
}

const BEGINNING = /^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/;

/** Explains why a text that `parseDay` rejects is not a calendar day. */
export function dayFault(text: string): DayFault {
  const [year = 0, month = 0, dayOfMonth = 0] = BEGINNING.exec(text)?.slice(1).map(Number) ?? [];
  const form = "a day is written as YYYY-MM-DD";
  if (year === 0) return { why: form, nearest: null, nearestEnd: null };
  // Temporal takes the last month or day for one that comes after it, but nothing for month or day 0.
  const first = Temporal.PlainDate.from({ year, month: Math.max(1, month), day: 1 });
  const nearest = parseDay(first.with({ day: Math.max(1, dayOfMonth) }).toString());
  if (first.month !== month) return { why: "months are 01 to 12", nearest, nearestEnd: nearest };
  const { daysInMonth } = first;
  if (dayOfMonth >= 1 && dayOfMonth <= daysInMonth) return { why: form, nearest, nearestEnd: nearest };
  const why = `${first.toString().slice(0, 7)} has the days 01 to ${daysInMonth}`;
  return { why, nearest, nearestEnd: nearest && dayOfMonth > 0 ? addDays(nearest, 1) : nearest };
}
