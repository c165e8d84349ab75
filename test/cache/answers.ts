import { addDays, type Day, type Instant, startOf } from "../../src/domain/day.ts";
import type { Answer } from "../gateway.ts";

const HOUR_MS = 3_600_000;

/** What a client was told, apart from cursors, which name the pages they come from. */
export interface Said {
  readonly data: unknown;
  readonly errors: readonly (readonly [code: string, path: string])[];
  readonly freshness: unknown;
}

export function saidBy({ data, errors = [], extensions }: Answer): Said {
  return {
    data: without(data, ["endCursor"]),
    errors: errors.map(({ extensions: { code }, path = [] }) => [code, path.join(".")]),
    freshness: extensions.freshness,
  };
}

interface ActivityDay {
  readonly date: Day;
  readonly seats: unknown;
  readonly dailyAdoption: unknown;
}

/** Whether both say the same of seats, which are those of now whatever the day, for all days that both tell of. */
export function agreeOnSeats(a: Answer, b: Answer): boolean {
  const [of, against] = [a, b].map(
    ({ data }) =>
      new Map<string, unknown>(
        (data?.activity ?? []).map(({ date, seats, dailyAdoption }: ActivityDay) => [
          date,
          [seats, dailyAdoption],
        ]),
      ),
  ) as [Map<string, unknown>, Map<string, unknown>];
  return [...of].every(([date, seats]) => !against.has(date) || same(seats, against.get(date)));
}

/** Without the days that were not counted in full yet when upstream was asked for them. */
export function withoutPartial(answer: Answer, askedAt: Instant): Answer {
  const days: readonly ActivityDay[] | undefined = answer.data?.activity;
  if (days === undefined) return answer;
  const isCounted = ({ date }: ActivityDay) => startOf(addDays(date, 1)) + 17 * HOUR_MS <= askedAt;
  return { ...answer, data: { ...answer.data, activity: days.filter(isCounted) } };
}

/** Without what is judged by when a page was asked for, and without seats. */
export function unmarked(value: unknown): unknown {
  return without(value, ["state", "stale", "completeThrough", "seats", "dailyAdoption"]);
}

export function without(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => without(each, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !names.includes(name))
      .map(([name, each]) => [name, without(each, names)]),
  );
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What can no longer be told of a person once the row that told it is a day old. */
const NAMES = ["email", "name", "status"];
const UNTOLD: readonly unknown[] = [null, "UNKNOWN"];

/**
 * Whether an answer says what another one does, but for names that it no longer tells, and creators of projects whom it still
 * tells by id, where upstream, which now tells nothing of somebody erased, did when the figures became final.
 */
export function agrees(a: unknown, b: unknown): boolean {
  if (!isTree(a) || !isTree(b)) return same(a, b);
  return namesOf(a, b).every(
    (name) =>
      agrees(a[name], b[name]) ||
      ("userId" in a && NAMES.includes(name) && UNTOLD.includes(a[name])) ||
      (name === "createdBy" && b[name] === null && isNameless(a[name])),
  );
}

function isNameless(person: unknown): boolean {
  return isTree(person) && "userId" in person && "email" in person && person.email === null;
}

/** Where two values first differ. */
export function difference(a: unknown, b: unknown, path = ""): string {
  if (same(a, b)) return "";
  if (!isTree(a) || !isTree(b)) return `${path} is ${JSON.stringify(a)}, not ${JSON.stringify(b)}`;
  const name = namesOf(a, b).find((each) => !same(a[each], b[each]));
  return name === undefined ? `${path} is in another order` : difference(a[name], b[name], `${path}.${name}`);
}

function namesOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
