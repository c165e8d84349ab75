import { describe, expect, test } from "vitest";
import { dashboardGateway } from "./dashboard.ts";
import { expectTruth } from "./dashboard-compare.ts";
import { sweep } from "./deep.ts";

const SETTINGS = { MAX_UPSTREAM_REQUESTS: "1000" };

/** What cannot be told at an instant, by page. */
async function untold(instant: string): Promise<Record<string, readonly string[]>> {
  const refused = await expectTruth(
    dashboardGateway({ sandbox: { users: 30, seed: 4 }, now: instant, settings: SETTINGS }),
    instant,
  );
  const codes = [...new Set(Object.values(refused))];
  return Object.fromEntries(
    codes.map((code) => [
      code,
      Object.keys(refused)
        .filter((path) => refused[path] === code)
        .sort(),
    ]),
  );
}

const PEOPLE = ["topUsersByProjects", "topUsersByArtifacts", "topConnectors", "topSkills"];
const named = (periods: readonly string[]) =>
  periods.flatMap((period) => [
    ...PEOPLE.map((field) => `featureAdoption.${field}_${period}`),
    `claudeAi.total_${period}`,
  ]);
const LENGTHS = ["LAST_7_DAYS", "LAST_30_DAYS", "LAST_90_DAYS", "LAST_365_DAYS"];
const MONTH = named(["MONTH_TO_DATE"]);
const QUARTER = named(["MONTH_TO_DATE", "QUARTER_TO_DATE"]);
const YEAR = named(["MONTH_TO_DATE", "QUARTER_TO_DATE", "YEAR_TO_DATE"]);
/** Everything that is made of days of activity. */
const ACTIVITY = [
  ...named(LENGTHS),
  ...YEAR,
  "usage.latest",
  "usage.byDay",
  "featureAdoption.byDay",
  "claudeAi.byDay",
  "claudeCode.membersByDay",
];

/** The month, quarter or year is known to the day; what is NOT_YET_AVAILABLE has no whole day yet. */
describe("every number equals that of the base table, and unavailable numbers say why", () => {
  const INSTANTS: readonly (readonly [what: string, instant: string, expected: readonly string[]])[] = [
    ["the first day, not aggregated", "2026-01-02T09:59:59Z", ACTIVITY],
    ["the first day, not surely whole", "2026-01-02T12:00:00Z", ACTIVITY],
    ["the first whole day", "2026-01-02T17:00:00Z", []],
    ["the first week", "2026-01-08T18:00:00Z", []],
    ["the first minutes of a day, whose eve Claude Code does not tell in full", "2026-11-22T00:59:59Z", []],
    ["once it does", "2026-11-22T01:00:00Z", []],
    ["before yesterday is aggregated", "2026-11-22T09:59:59Z", []],
    ["once it is", "2026-11-22T10:00:00Z", []],
    ["before it is surely whole", "2026-11-22T16:59:59Z", []],
    ["once it is whole", "2026-11-22T17:00:00Z", []],
    ["the last evening of a month", "2026-10-31T18:00:00Z", []],
    ["the first evening of the next", "2026-11-01T18:00:00Z", MONTH],
    ["its second morning", "2026-11-02T12:00:00Z", MONTH],
    ["its second evening", "2026-11-02T18:00:00Z", []],
    ["the last evening of a quarter", "2026-09-30T18:00:00Z", []],
    ["the first evening of the next one", "2026-10-01T18:00:00Z", QUARTER],
    ["its second evening too", "2026-10-02T18:00:00Z", []],
    ["the last evening of a year", "2026-12-31T18:00:00Z", []],
    ["the first evening of the next year", "2027-01-01T18:00:00Z", YEAR],
    ["the evening when it has a day", "2027-01-02T18:00:00Z", []],
    ["a year that begins after the first day", "2027-06-15T18:00:00Z", []],
    ["a leap day", "2028-02-29T18:00:00Z", []],
    ["the day after it", "2028-03-01T18:00:00Z", MONTH],
    ["once the leap day is whole", "2028-03-02T18:00:00Z", []],
  ];
  const expectUntold = async ([, instant, expected]: (typeof INSTANTS)[number]) =>
    expect(await untold(instant)).toEqual(
      expected.length === 0 ? {} : { NOT_YET_AVAILABLE: expected.toSorted() },
    );

  sweep(INSTANTS)("%s (%s)", expectUntold);

  test("the first day covered, which no number of days before today holds", async () => {
    expect(await untold("2026-01-01T12:00:00Z")).toEqual({
      NOT_YET_AVAILABLE: ACTIVITY.toSorted(),
      NOT_COVERED: [
        ...LENGTHS.map((period) => `spend.byModel_${period}`),
        "spend.topUsers_LAST_7_DAYS",
      ].sort(),
    });
  });

  test("the last day of a leap year: its first day is more than 365 back for the reports", {
    tags: "deep",
  }, async () => {
    expect(await untold("2028-12-31T18:00:00Z")).toEqual({
      NOT_COVERED: ["spend.byModel_YEAR_TO_DATE", "spend.yearToDate"],
    });
  });
});

test("a range that a client states is not cut at its beginning, and is at its end", async () => {
  const { ask } = dashboardGateway({ sandbox: { users: 20 } });
  const range = (from: string, until: string) => `range: { between: { from: "${from}", until: "${until}" } }`;
  const { data, errors } = await ask(`{ dashboard {
    usage { early: byDay(${range("2025-12-30", "2026-01-05")}) { range { from } } late: byDay(${range("2026-11-18", "2026-11-30")}) { range { from until } } }
    claudeAi { early: byDay(${range("2025-12-30", "2026-01-05")}) { range { from } } late: byDay(${range("2026-11-18", "2026-11-30")}) { range { from until } } none: byDay(${range("2026-11-21", "2026-11-22")}) { range { from } } }
    claudeCode { late: byDay(${range("2026-11-18", "2026-11-30")}) { range { from until } } none: byDay(${range("2026-11-22", "2026-11-23")}) { range { from } } }
  } }`);
  const codes = (errors ?? []).map(({ path, extensions }) => [path?.slice(1).join("."), extensions.code]);
  expect(Object.fromEntries(codes)).toEqual({
    "usage.early": "NOT_COVERED",
    "claudeAi.early": "NOT_COVERED",
    "claudeAi.none": "NOT_YET_AVAILABLE",
    "claudeCode.none": "NOT_YET_AVAILABLE",
  });
  const late = (errors ?? []).filter(({ extensions }) => extensions.code === "NOT_YET_AVAILABLE");
  expect(late.map(({ path, extensions }) => [path?.[1], extensions.newestDay]).toSorted()).toEqual([
    ["claudeAi", "2026-11-20"],
    ["claudeCode", "2026-11-21"],
  ]);
  const untilWhole = { range: { from: "2026-11-18", until: "2026-11-21" } };
  expect(data.dashboard.usage.late).toEqual(untilWhole);
  expect(data.dashboard.claudeAi.late).toEqual(untilWhole);
  expect(data.dashboard.claudeCode.late).toEqual({ range: { from: "2026-11-18", until: "2026-11-22" } });
});
