import fc from "fast-check";

import { addDays, addMonths, dayOf, type Instant, startOf, startOfMonth } from "../../src/domain/day.ts";
import type { Period } from "../../src/domain/period.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A question of a client; `range` is a variable of its own. */
export interface Question {
  readonly field: string;
  /** The arguments beside range, first and after. */
  readonly args: string;
  readonly rows: string;
  /** Days before the history began, and how many; or a range that moves with the clock. */
  readonly range: Days | { readonly last: number } | { readonly period: Period };
  /** Null: no list that is read on. */
  readonly first: number | null;
}

interface Days {
  readonly back: number;
  readonly length: number;
}

export type Action =
  | { readonly do: "wait"; readonly until: (now: Instant) => Instant }
  | { readonly do: "ask" | "read on"; readonly question: number; readonly process: number }
  /** All questions at once. */
  | { readonly do: "ask all"; readonly process: number }
  | { readonly do: "restart"; readonly process: number };

export interface History {
  readonly begins: Instant;
  /** How many rows upstream puts on a page. */
  readonly pageRows: number;
  readonly questions: readonly Question[];
  readonly actions: readonly Action[];
}

const span = (longest: number) =>
  fc.record({ back: fc.integer({ min: 0, max: 100 }), length: fc.integer({ min: 1, max: longest }) });
const recent = (longest: number) =>
  fc.record({ back: fc.integer({ min: 0, max: 4 }), length: fc.integer({ min: 1, max: longest }) });
const ranges = (longest: number): fc.Arbitrary<Question["range"]> =>
  fc.oneof(
    { weight: 3, arbitrary: span(longest) },
    { weight: 2, arbitrary: recent(longest) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: longest }).map((last) => ({ last })) },
    ...(longest < 30
      ? []
      : [
          {
            weight: 1,
            arbitrary: fc
              .constantFrom<Period>("MONTH_TO_DATE", "LAST_MONTH", "LAST_30_DAYS", "YESTERDAY")
              .map((period) => ({ period })),
          },
        ]),
  );

const SPLITS: Readonly<Record<string, string>> = {
  "": "",
  MODEL: "model",
  PRODUCT: "product",
  "MODEL, PRODUCT": "model product",
  USER: "user { userId email name status }",
  GROUP: "groupId group { name }",
};
const CONSOLE_SPLITS: Readonly<Record<string, string>> = {
  "": "",
  MODEL: "model",
  WORKSPACE: "workspace { workspaceId name }",
  API_KEY: "apiKey { apiKeyId name }",
};

const report = (field: "cost" | "usage", measure: string): fc.Arbitrary<Question> =>
  fc
    .record({
      bucket: fc.constantFrom("DAY", "DAY", "NONE", "NONE", "HOUR"),
      organization: fc.constantFrom("enterprise", "enterprise", "enterprise", "console"),
      source: fc.constantFrom("AUTO", "LEGACY", "UNIFIED"),
      place: fc.nat(5),
      filter: fc.constantFrom("", "", 'filter: { models: ["claude-sonnet-5", "claude-opus-4-8"] }'),
      range: ranges(70),
      short: ranges(3),
      first: fc.constantFrom(3, 10, 1000),
    })
    .map(({ bucket, organization, source, place, filter, range, short, first }) => {
      const splits = Object.entries(organization === "console" ? CONSOLE_SPLITS : SPLITS);
      const [groupBy, dimensions] = splits[place % splits.length] as [string, string];
      return {
        field,
        args: `bucket: ${bucket}, organization: "${organization}", source: ${source}, groupBy: [${groupBy}] ${filter}`,
        rows: `from until ${dimensions} isRemainder state ${measure}`,
        range: bucket === "HOUR" ? short : range,
        first,
      };
    });

const list = (
  field: string,
  args: readonly string[],
  rows: readonly string[],
  longest: number,
): fc.Arbitrary<Question> =>
  fc
    .record({
      args: fc.constantFrom(...args),
      rows: fc.constantFrom(...rows),
      range: ranges(longest),
      first: fc.constantFrom(2, 5, 1000),
    })
    .map((asked) => ({ ...asked, field }));

const CHAT = "activity { lastActiveOn webSearches chat { messages conversations } claudeCode { commits } }";

const questions: fc.Arbitrary<Question> = fc.oneof(
  report("cost", "net { cents } list { cents } requests"),
  report("usage", "tokens { totalTokens outputTokens requests }"),
  list(
    "users",
    ["", "orderBy: { field: CHAT_MESSAGES }", "orderBy: { field: LINES_ADDED, direction: ASC }"],
    [
      `id userId email ${CHAT}`,
      "id userId name status role cost { net { cents } } usage { totalTokens }",
      "id userId email identities { userId } groups { name }",
    ],
    60,
  ),
  list(
    "users",
    [""],
    [
      `id userId activityByDay { date state ${CHAT} }`,
      `id userId activityByDay(incomplete: MARK) { date state ${CHAT} }`,
      `id userId activityByDay(incomplete: INCLUDE) { date state ${CHAT} }`,
      "id userId claudeCode { sessions commits estimated { cents } }",
    ],
    4,
  ),
  list(
    "skills",
    ["", "orderBy: { field: INVOCATIONS }", 'filter: { products: ["chat"] }'],
    [
      "id name users invocations listPrice { cents }",
      "id name usedBy(first: 100) { nodes { user { userId email } invocations } }",
      "id name byProduct { product users }",
    ],
    60,
  ),
  list(
    "connectors",
    ["", "orderBy: { field: USERS }"],
    ["id name users readCalls writeCalls", "id name byGroup { groupId users }"],
    60,
  ),
  list(
    "projects",
    ["", "orderBy: { field: MESSAGES }"],
    ["id projectId users messages createdBy { userId email }"],
    60,
  ),
  list("plugins", ["", "orderBy: { field: INVOCATIONS }"], ["id name users invocations"], 60),
  list("artifacts", ["", "groupBy: [USER]"], ["date artifactType isShared created users user { userId }"], 4),
  list("claudeCodeRecords", [""], ["id date sessions commits user { userId name }"], 4),
  fc
    .record({ incomplete: fc.constantFrom("EXCLUDE", "MARK", "INCLUDE"), range: ranges(70) })
    .map(({ incomplete, range }) => ({
      field: "activity",
      args: `incomplete: ${incomplete}`,
      rows: "date state dailyActiveUsers weeklyActiveUsers seats dailyAdoption products { product dailyActiveUsers }",
      range,
      first: null,
    })),
);

/** The next instant after `now` at so many milliseconds into a period. */
const next = (every: number, at: number) => (now: Instant) => now - mod(now - at, every) + every;
const BOUNDARIES: Readonly<Record<string, (now: Instant) => Instant>> = {
  export: next(4 * HOUR, 0),
  "10:00": next(DAY, 10 * HOUR),
  "17:00": next(DAY, 17 * HOUR),
  midnight: next(DAY, 0),
  "a week into a month": (now) => startOf(addDays(startOfMonth(addMonths(dayOf(now - 7 * DAY), 1)), 7)),
};

const mod = (a: number, b: number) => ((a % b) + b) % b;

/** Shown by name where a history fails. */
const named = <T extends (now: Instant) => Instant>(name: string, move: T): T =>
  Object.assign(move, { toString: () => name });

/** Mostly about as long as figures are fresh, now and then past an export or into another month. */
const waits: fc.Arbitrary<Action> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(1, 2, 3, 4, 5, 6, 9, 11)
        .map((minutes) => named(`+${minutes} min`, (now: Instant) => now + minutes * MINUTE)),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(30, 59, 60, 61, 115, 125, 240)
        .map((minutes) => named(`+${minutes} min`, (now: Instant) => now + minutes * MINUTE)),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(1, 2, 8, 23, 31)
        .map((days) => named(`+${days} days`, (now: Instant) => now + days * DAY)),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...Object.entries(BOUNDARIES)),
          fc.constantFrom(-6 * MINUTE, -4 * MINUTE, -1 * MINUTE, 0, MINUTE, 4 * MINUTE),
        )
        .map(([[name, move], off]) =>
          named(`${name} ${off / MINUTE}`, (now: Instant) => Math.max(now, move(now) + off)),
        ),
    },
  )
  .map((until) => ({ do: "wait", until }) as const);

const process = fc.nat(1);
const question = fc.nat(2);

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: waits },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("ask" as const), question, process }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ask all" as const), process }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read on" as const), question, process }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), process }) },
);

const between = (from: string, until: string) =>
  fc.integer({ min: Date.parse(from) / MINUTE, max: Date.parse(until) / MINUTE });

export const histories: fc.Arbitrary<History> = fc.record({
  begins: fc
    .oneof(
      between("2026-05-01", "2027-02-01"),
      // Somebody leaves the company, and another one's account is erased.
      between("2026-06-19", "2026-06-20"),
      between("2026-08-13", "2026-08-15"),
    )
    .map((minute) => minute * MINUTE),
  pageRows: fc.constantFrom(1000, 13, 5),
  questions: fc.array(questions, { minLength: 1, maxLength: 3 }),
  actions: fc.array(actions, { minLength: 6, maxLength: 16, size: "max" }),
});

/** Whether the list is of figures that upstream exports, so that it stands still in between. */
export function isExportedList({ field, args }: Question): boolean {
  return (field === "cost" || field === "usage") && !/"console", source: (LEGACY|AUTO)/.test(args);
}

/** What a row of the list is about. */
export function keyOf({ field }: Question): (row: unknown) => string {
  return (node) => {
    const { id, user, ...row } = node as Readonly<Record<string, unknown>>;
    if (id !== undefined) return String(id);
    const person = (user as { userId: string } | null | undefined)?.userId;
    const about = field === "artifacts" ? ["date", "artifactType", "isShared"] : DIMENSIONS;
    return JSON.stringify([...about.map((name) => row[name]), person]);
  };
}

const DIMENSIONS = ["from", "until", "model", "product", "groupId", "workspace", "apiKey", "isRemainder"];
