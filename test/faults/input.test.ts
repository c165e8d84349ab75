import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { json } from "../gateway.ts";
import { PATHS } from "../wire.ts";
import {
  expectError,
  expectOthersAnswered,
  expectPresentable,
  expectRefusal,
  GOOD_PAGE,
  ORGANIZATION,
  requestsTo,
  WEEK,
  withPeople,
} from "./faults.ts";

const served = () => withPeople(() => json(GOOD_PAGE));

/** Asks for people over a range, written into the document. */
const over = (range: string) => `{ users(range: ${range}) { totalCount } organization { name } }`;

describe("ranges that hold nothing to answer", () => {
  test.each<[string, ErrorCode, string, RegExp]>([
    [
      "ends before it begins",
      "BAD_USER_INPUT",
      between("2026-11-08", "2026-11-01"),
      /`from` is 2026-11-01 and `until` is 2026-11-08/,
    ],
    [
      "ends where it begins",
      "BAD_USER_INPUT",
      between("2026-11-08", "2026-11-08"),
      /2026-11-08 to 2026-11-09/,
    ],
    [
      "begins before the first day",
      "NOT_COVERED",
      between("2025-12-31", "2026-02-01"),
      /begins on 2026-01-01/,
    ],
    ["lies before the first day", "NOT_COVERED", between("2024-01-01", "2024-02-01"), /begins on 2026-01-01/],
    ["begins in year 1", "NOT_COVERED", between("0001-01-01", "2026-02-01"), /begins on 2026-01-01/],
    [
      "begins after the newest day",
      "NOT_YET_AVAILABLE",
      between("2027-01-01", "2027-02-01"),
      /ends with 2026-11-21/,
    ],
    [
      "ends with the calendar",
      "NOT_YET_AVAILABLE",
      between("9999-12-30", "9999-12-31"),
      /ends with 2026-11-21/,
    ],
    ["lasts no day", "BAD_USER_INPUT", "{ last: { days: 0 } }", /1 to 3660/],
    ["lasts less than no day", "BAD_USER_INPUT", "{ last: { weeks: -1 } }", /1 to 520/],
    ["lasts longer than the calendar", "BAD_USER_INPUT", "{ last: { months: 2147483647 } }", /1 to 120/],
  ])("a range that %s is %s, and says what would work", async (_what, code, range, remedy) => {
    const { ask, seen } = served();
    const answer = await ask(over(range));
    expect(expectError(answer, code).message).toMatch(remedy);
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(0);
  });

  test.each([
    "claudeCodeRecords",
    'usage(organization: "console", source: LEGACY',
    'cost(organization: "console", source: LEGACY',
  ])(
    "%s refuses a range from year 1 at once, although upstream names no first day",
    { tags: "deep" },
    async (field) => {
      const { ask, seen } = served();
      const call = field.includes("(") ? `${field}, ` : `${field}(`;
      const answer = await ask(`{ ${call}range: ${between("0001-01-01", "2026-11-08")}) { totalCount } }`);
      expectError(answer, "NOT_COVERED", [field.replace(/\(.*/, "")]);
      expect(seen).toEqual([]);
    },
  );

  test("a range that needs more requests than an operation may make is TOO_EXPENSIVE before the first", async () => {
    const { ask, seen } = withPeople(() => json(GOOD_PAGE), { MAX_UPSTREAM_REQUESTS: "5" });
    const range = between("2026-01-01", "2026-11-08");
    const answer = await ask(
      `{ cost(organization: "console", source: LEGACY, bucket: NONE, range: ${range}) { totalCount } }`,
    );
    expect(expectRefusal(answer, "TOO_EXPENSIVE").message).toMatch(
      /`cost` alone needs 11 of CONSOLE_COST\. It fits with `range: \{ between: \{ from: "2026-07-01", until: "2026-11-08" \} \}`\./,
    );
    expect(seen).toEqual([]);
  });
});

const WAYS = "`between: {from, until}`, `last: {days}` (or weeks, months), or `period`.";

test.each([
  ["by its days alone", `{ from: "2026-11-01", until: "2026-11-08" }`],
  ["with an unknown key", `{ betwen: { from: "2026-11-01", until: "2026-11-08" } }`],
  ["in two ways", "{ period: LAST_MONTH, last: { days: 3 } }"],
])("a range stated %s is refused with the ways to state one", async (_how, range) => {
  const { ask, seen } = served();
  const { errors = [] } = await ask(over(range));
  expect(errors.length).toBeGreaterThan(0);
  for (const { message } of errors) expect(message).toContain(WAYS);
  expect(seen).toEqual([]);
});

test.each([
  { from: "2026-11-01", until: "2026-11-08" },
  { period: "LAST_MONTH", last: { days: 3 } },
])("a range of variables, %j, is refused with the ways to state one", async (range) => {
  const { ask } = served();
  const query = "query ($range: DateRange!) { users(range: $range) { totalCount } }";
  const { errors = [] } = await ask(query, { range });
  expect(errors.length).toBeGreaterThan(0);
  for (const { message } of errors) expect(message).toContain(WAYS);
});

describe("dates that are not days", () => {
  const dates: [string, string][] = [
    ["30 February", "2026-02-30"],
    ["29 February of a common year", "2026-02-29"],
    ["month 13", "2026-13-01"],
    ["day 0", "2026-11-00"],
    ["year 0", "0000-01-01"],
    ["full-width digits", "２０２６-11-01"],
    ["an instant", "2026-11-01T00:00:00Z"],
    ["a year of six digits", "+002026-11-01"],
    ["a date with blanks", " 2026-11-01 "],
    ["a date and a line break", "2026-11-01\n"],
    ["a date and another parameter", "2026-11-01&limit=1"],
    ["nothing", ""],
    ["20 kB of blanks", " ".repeat(20_000)],
  ];

  test.each(dates)("%s as a literal is BAD_USER_INPUT", async (_what, date) => {
    const { ask, seen } = served();
    const answer = await ask(over(between(date, "2026-11-08")));
    expect(expectRefusal(answer, "BAD_USER_INPUT").message).toMatch(/such as 2026-10-01\.$/);
    expect(seen).toEqual([]);
  });

  test.each(dates)("%s as a variable is BAD_USER_INPUT and names the variable", async (_what, date) => {
    const { ask, seen } = served();
    const answer = await ask(
      `query ($day: Date!) { users(range: { between: { from: $day, until: "2026-11-08" } }) { totalCount } }`,
      { day: date },
    );
    expect(expectRefusal(answer, "BAD_USER_INPUT").message).toMatch(
      /^Variable "\$day".*such as 2026-10-01\.$/s,
    );
    expect(seen).toEqual([]);
  });
});

describe("a condition that its variable makes null", () => {
  test.each([
    ["of a field of the root", "a: organization @include(if: $yes) { name }", undefined],
    ["of a field of an object", "organization { name a: name @skip(if: $yes) }", ["organization"]],
  ])("%s is BAD_USER_INPUT, and no fault of the gateway", async (_where, fields, path) => {
    const { ask, faults } = served();
    const { errors } = await ask(`query ($yes: Boolean = true) { ${fields} }`, { yes: null });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'Argument "if" of non-null type "Boolean!" must not be null.',
        extensions: { code: "BAD_USER_INPUT" },
      }),
    ]);
    expect(errors?.[0]?.path).toEqual(path);
    expect(faults).toEqual([]);
  });
});

describe("how many rows", () => {
  type Asked = [query: string, variables?: Record<string, unknown>];
  const BOTH = "totalCount } organization { name }";

  describe.each<[string, (first: number) => Asked]>([
    ["literal", (first) => [`{ users(${WEEK}, first: ${first}) { ${BOTH} }`]],
    ["variable", (first) => [`query ($n: Int!) { users(${WEEK}, first: $n) { ${BOTH} }`, { n: first }]],
    [
      "default of a variable",
      (first) => [`query ($n: Int! = ${first}) { users(${WEEK}, first: $n) { ${BOTH} }`],
    ],
  ])("as a %s", (_how, asked) => {
    test.each([-1, -2_147_483_648, 1_001, 1_000_000_000])(
      "first: %i is BAD_USER_INPUT, and upstream never sees it",
      async (first) => {
        const { ask, seen } = served();
        const answer = await ask(...asked(first));
        expect(expectError(answer, "BAD_USER_INPUT").message).toContain("0 to 1000");
        expect(answer.data).toEqual({ users: null, organization: { name: ORGANIZATION.name } });
        expect(requestsTo(PATHS.users, seen)).toBe(0);
      },
    );

    test.each([10_000_000_000, 1.5])("first: %d, which is not an Int, is refused", async (first) => {
      const { ask, seen } = served();
      expectPresentable((await ask(...asked(first))).errors);
      expect(seen).toEqual([]);
    });
  });

  test.each(["users", "projects", "skills", "connectors", "claudeCodeRecords", "cost", "usage"])(
    "every list is bounded: %s",
    async (field) => {
      const { ask, seen } = served();
      expectError(await ask(`{ ${field}(${WEEK}, first: -1) { totalCount } }`), "BAD_USER_INPUT", [field]);
      expect(seen).toEqual([]);
    },
  );

  test.each(["cost", "usage"])("a ranking is refused before it is read: %s", async (field) => {
    const { ask, seen } = served();
    const answer = await ask(`{ ${field}(${WEEK}, bucket: NONE, first: 1000000000) { totalCount } }`);
    expectError(answer, "BAD_USER_INPUT", [field]);
    expect(seen).toEqual([]);
  });
});

function between(from: string, until: string): string {
  return `{ between: { from: ${JSON.stringify(from)}, until: ${JSON.stringify(until)} } }`;
}
