import type { DayNumber } from "../calendar.ts";
import type { Ledger } from "../ledger.ts";
import { SURFACES, type Surface } from "../organization/people.ts";
import { type Days, membership, type Question } from "./question.ts";

/** Days a trailing window reaches back, its last day included. */
const WINDOWS = { daily: 1, weekly: 7, monthly: 30, tagMonthly: 28 } as const;

/** Different people active on one day and in the windows that end with it. */
export interface ActiveCounts {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

export interface ActiveDay {
  readonly day: DayNumber;
  /** In anything but Claude Tag, which people use from Slack without a seat. */
  readonly all: ActiveCounts;
  readonly by: Readonly<Record<Surface, ActiveCounts>>;
}

const TAG = SURFACES.indexOf("claude_tag");
/** One more column than there are surfaces: any of them. */
const ALL = SURFACES.length;
const NEVER = -1000;

/** Active people for every day, recounted exactly for every window. Windows do not reach before the first day of data. */
export function activeDays(
  ledger: Ledger,
  days: Days,
  asOf: number,
  filters: Question["filters"],
): ActiveDay[] {
  const { organization } = ledger;
  const { members } = organization;
  const group = membership(organization, filters);
  const columns = ALL + 1;
  const last = new Int16Array(members * columns).fill(NEVER);
  const series: ActiveDay[] = [];
  for (let day = Math.max(0, days.from - WINDOWS.monthly + 1); day < days.until; day++) {
    for (let index = 0; index < members; index++) {
      const person = organization.person(index);
      const plan = ledger.activity(person, day, asOf);
      if (plan === 0 || !group.has(person, day)) continue;
      for (let i = 0; i < ALL; i++) if (plan & (1 << i)) last[index * columns + i] = day;
      if (plan & ~(1 << TAG)) last[index * columns + ALL] = day;
    }
    if (day >= days.from) series.push(counted(last, columns, day));
  }
  return series;
}

function counted(last: Int16Array, columns: number, day: DayNumber): ActiveDay {
  const daily = new Int32Array(columns);
  const weekly = new Int32Array(columns);
  const monthly = new Int32Array(columns);
  for (let place = 0; place < last.length; place += columns) {
    for (let i = 0; i < columns; i++) {
      const age = day - (last[place + i] as number);
      if (age >= WINDOWS.monthly) continue;
      if (i !== TAG || age < WINDOWS.tagMonthly) monthly[i] = (monthly[i] as number) + 1;
      if (age < WINDOWS.weekly) weekly[i] = (weekly[i] as number) + 1;
      if (age < WINDOWS.daily) daily[i] = (daily[i] as number) + 1;
    }
  }
  const counts = (i: number): ActiveCounts => ({
    daily: daily[i] as number,
    weekly: weekly[i] as number,
    monthly: monthly[i] as number,
  });
  const by = Object.fromEntries(SURFACES.map((surface, i) => [surface, counts(i)]));
  return { day, all: counts(ALL), by: by as Record<Surface, ActiveCounts> };
}
