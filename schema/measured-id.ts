import { parseDay } from "../src/domain/day.ts";
import type { EngagementFilter } from "../src/domain/engagement.ts";
import type { DayRange } from "../src/domain/range.ts";
import { badInput } from "../src/errors.ts";

/**
 * Projects, skills and connectors carry figures, so what an id names is the thing as measured over a range and under a filter:
 * two questions in one client cache must not overwrite each other.
 */
export interface MeasuredId {
  readonly own: string;
  readonly range: DayRange;
  /** As far as its shape goes; which lists it may hold depends on the thing. */
  readonly filter: EngagementFilter;
}

export function formatMeasuredId({ own, range: { from, until }, filter }: MeasuredId): string {
  return Object.keys(filter).length === 0
    ? `${from}:${until}:${own}`
    : JSON.stringify([from, until, own, filter]);
}

export function parseMeasuredId(id: string): MeasuredId {
  const [from, until, own, filter] = id.startsWith("[") ? partsOfJson(id) : partsOfText(id);
  const range = { from: dayOf(from), until: dayOf(until) };
  if (range.from === null || range.until === null || range.from >= range.until) throw damaged();
  if (typeof own !== "string" || !isFilter(filter)) throw damaged();
  return { own, range: range as DayRange, filter };
}

function partsOfText(id: string): readonly unknown[] {
  const [from, until, ...own] = id.split(":");
  return own.length === 0 ? [] : [from, until, own.join(":"), {}];
}

function partsOfJson(id: string): readonly unknown[] {
  try {
    return JSON.parse(id) as readonly unknown[];
  } catch {
    throw damaged();
  }
}

function dayOf(text: unknown) {
  return typeof text === "string" ? parseDay(text) : null;
}

function isFilter(filter: unknown): filter is EngagementFilter {
  if (typeof filter !== "object" || filter === null) return false;
  return Object.values(filter).every(
    (values) => Array.isArray(values) && values.every((value) => typeof value === "string"),
  );
}

function damaged() {
  return badInput("This id is damaged; pass an `id` as it was given out.");
}
