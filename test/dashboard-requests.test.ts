import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRateLimiter } from "../src/cache/memory-rate-limiter.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { dashboardGateway, dashboardOf, SELECTIONS, WHOLE } from "./dashboard.ts";
import { sweep } from "./deep.ts";

/** Yesterday is whole at this hour. */
const EVENING = "2026-11-22T18:00:00Z";
/** The sandbox adds up a year of a thousand people in seconds. */
const PATIENT = { OPERATION_TIMEOUT: "240", UPSTREAM_TIMEOUT: "200" };

/**
 * The least that upstream's contract allows for the whole dashboard on 2026-11-22 at 1,000 people, who fit into one page.
 * No answer can be worked out from another one: different people and conversations are not additive, so neither days give
 * ranges nor ranges days.
 */
const LEAST = {
  // Every day there is, and with it the newest.
  summaries: 1,
  // One request a day, since a range has no days in it: a week, and the day before it for the first day's change.
  "users of a day": 8,
  // There are no ranges at all: the same days.
  "artifacts of a day": 8,
  // A request for each range: a week, a month, three months, and a month, a quarter and a year to date; the 365 days of a year
  // begin with the first day covered, as the year to date does.
  "users of a range": 6,
  connectors: 1,
  skills: 1,
  // 326 days at no more than 31 a request, of which all totals are sums; and this month by person, which is split otherwise.
  cost: 11 + 1,
  // One request a day.
  claude_code: 7,
  // Names of people: the members of either organization, which are look-ups with an allowance of their own.
  members: 2,
};
const LEAST_IN_ALL = Object.values(LEAST).reduce((all, count) => all + count, 0);

/** Requests by what they are about. */
function counted(seen: readonly URL[]): Record<string, number> {
  const names = seen.map(({ pathname, searchParams }) => {
    const name = pathname.split("/").at(-1) ?? "";
    if (!pathname.includes("/analytics/")) return name === "users" ? "members" : name;
    if (searchParams.has("date")) return `${name} of a day`;
    return name === "users" ? "users of a range" : name;
  });
  return Object.fromEntries(names.map((name) => [name, names.filter((each) => each === name).length]));
}

/** What outlives a process; at once, so that a busy machine does not read as a store that is away. */
function survivingStore(): SharedStore {
  const kept = new Map<string, Uint8Array>();
  return {
    about: { store: "sqlite", path: "survives.test" },
    ...memoryRateLimiter(() => performance.now()),
    get: async (key) => kept.get(key) ?? null,
    set: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
    acquire: async () => true,
    release: async () => {},
    dispose: async () => {},
  };
}

/** What tells requests apart; the two organizations are asked for their members at one address, with two keys. */
function namesOf(seen: readonly URL[]): string[] {
  const asked = seen.map(({ href }) => href);
  return asked.map((href, i) =>
    href.endsWith("/organizations/users?limit=1000") && asked.indexOf(href) < i
      ? `${href} of the other`
      : href,
  );
}

describe("the whole dashboard", () => {
  test("of 1,000 people, cold, takes the fewest requests there can be, within one minute's allowance", {
    tags: "deep",
  }, async () => {
    const settings = { ...PATIENT, UPSTREAM_PER_MINUTE: "60", LOOKUPS_PER_MINUTE: "100" };
    const { ask, seen } = dashboardGateway({ sandbox: { users: 1000 }, now: EVENING, settings });
    const { data, errors } = await ask(WHOLE);
    expect(errors).toBeUndefined();
    expect(Object.keys(data.dashboard)).toHaveLength(SELECTIONS.length);
    expect(counted(seen)).toEqual(LEAST);
    expect([seen.length, LEAST_IN_ALL]).toEqual([46, 46]);
    expect(new Set(namesOf(seen)).size).toBe(seen.length);
  });

  test.each([
    ["where the newer reports are closed, which one request finds out", EVENING, "off", 47],
    ["on the last evening of a year", "2026-12-31T18:00:00Z", "on", 46],
    ["when a year is thirteen calendar months and not the year to date", "2027-06-15T18:00:00Z", "on", 49],
  ] as const)("fits into a minute's allowance too %s", async (_when, now, unified, most) => {
    const { ask, seen } = dashboardGateway({ sandbox: { users: 40, unified }, now, settings: PATIENT });
    const { errors } = await ask(WHOLE);
    expect(errors).toBeUndefined();
    expect(seen.length).toBeLessThanOrEqual(most);
  });

  test.each([
    ["a minute later", "2026-11-22T18:01:00Z", {}],
    // Estimates of Claude Code are fresh for five minutes; one request tells that the export of cost is the same.
    ["within the hour", "2026-11-22T18:30:00Z", { claude_code: 7, cost: 1 }],
  ])("warm, %s, takes at most eight, also after a restart", async (_when, later, expected) => {
    const options = { sandbox: { users: 60 }, settings: PATIENT, store: survivingStore() };
    const before = dashboardGateway({ ...options, now: EVENING });
    const cold = await before.ask(WHOLE);
    before.at(later);
    const [again, requests] = await before.requestsOf(() => before.ask(WHOLE));
    await before.app.dispose();
    expect(counted(requests)).toEqual(expected);
    expect(again.data).toEqual(cold.data);

    const after = dashboardGateway({ ...options, now: later });
    const [restarted, more] = await after.requestsOf(() => after.ask(WHOLE));
    await after.app.dispose();
    expect(more.length).toBeLessThanOrEqual(8);
    expect(restarted.data).toEqual(cold.data);
  });

  test("asks nothing a second time for days that are final", async () => {
    const { ask, requestsOf, at } = dashboardGateway({ sandbox: { users: 40 } });
    const range = `range: { between: { from: "2026-09-01", until: "2026-09-08" } }`;
    const page = `{ dashboard {
      usage { byDay(${range}) { days { dailyActiveUsers } } }
      featureAdoption { byDay(${range}) { days { conversations { value change } artifactsCreated { value change } } } }
      claudeAi { byDay(${range}) { days { chatShare } } }
      claudeCode { byDay(${range}) { days { sessions } } leaderboard(${range}) { leaders { email } } membersByDay(${range}) { days { sessions } } }
    } }`;
    const [first, requests] = await requestsOf(() => ask(page));
    expect(first.errors).toBeUndefined();
    expect(requests).toHaveLength(1 + 2 * 8 + 7);
    at("2026-12-20T09:00:00Z");
    const [second, none] = await requestsOf(() => ask(page));
    expect(none).toEqual([]);
    expect(second.data).toEqual(first.data);
  });
});

describe("a part of the dashboard", () => {
  const requestsFor = async (places: readonly number[]): Promise<string[]> => {
    const { ask, seen } = dashboardGateway({ sandbox: { users: 20 }, now: EVENING });
    const { errors } = await ask(dashboardOf(places));
    expect(errors).toBeUndefined();
    return namesOf(seen).sort();
  };

  test("asks for what it selects, each request once, and for nothing else", { tags: "deep" }, async () => {
    const alone: string[][] = [];
    for (const place of SELECTIONS.keys()) alone.push(await requestsFor([place]));
    const whole = new Set(await requestsFor([...SELECTIONS.keys()]));
    expect(alone.every((requests) => requests.length > 0)).toBe(true);
    const parts = fc.uniqueArray(fc.nat(SELECTIONS.length - 1), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, async (places) => {
        const requests = await requestsFor(places);
        expect(requests).toEqual([...new Set(places.flatMap((place) => alone[place] ?? []))].sort());
        expect(requests.filter((request) => !whole.has(request))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ["featureAdoption { latest { date } }", { summaries: 1 }],
    [
      "featureAdoption { latest { conversations { value } messagesPerConversation { value } } }",
      { summaries: 1, "users of a day": 1 },
    ],
    ["featureAdoption { latest { conversations { change } } }", { summaries: 1, "users of a day": 2 }],
    ["featureAdoption { byDay { days { conversations { value } } } }", { summaries: 1, "users of a day": 7 }],
    ["featureAdoption { latest { artifactCreators { value } } }", { summaries: 1, "artifacts of a day": 1 }],
    ["claudeAi { total(period: LAST_365_DAYS) { conversations } }", { summaries: 1, "users of a range": 1 }],
    ["spend { monthToDate { total { net { cents } } } }", { cost: 1 }],
    ["spend { topUsers { users { shareOfTotal } } }", { cost: 2 }],
    ["claudeCode { byDay { days { sessions } } leaderboard { leaders { email } } }", { claude_code: 7 }],
    ["usage { latest { seats } byDay { days { date } } }", { summaries: 1 }],
  ])("%s is %o", async (selection, expected) => {
    const { ask, seen } = dashboardGateway({ sandbox: { users: 20 }, now: EVENING });
    const { errors } = await ask(`{ dashboard { ${selection} } }`);
    expect(errors).toBeUndefined();
    expect(counted(seen)).toEqual(expected);
  });

  test.each([
    ["featureAdoption { byDay(RANGE) { days { conversations { value } } } }"],
    ["claudeAi { byDay(RANGE) { days { conversations } } }"],
    ["claudeCode { byDay(RANGE) { days { sessions } } }"],
  ])("that no operation can afford is refused before any upstream request: %s", async (selection) => {
    const { ask, seen } = dashboardGateway({ sandbox: { users: 20 } });
    const range = `range: { between: { from: "2026-05-01", until: "2026-09-01" } }`;
    const { errors } = await ask(`{ dashboard { ${selection.replace("RANGE", range)} } }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["TOO_EXPENSIVE"]);
    expect(seen).toEqual([]);
  });
});

describe("the plan", () => {
  const planOf = async ({ fetch }: ReturnType<typeof dashboardGateway>["app"], query: string) => {
    const response = await fetch("http://gateway.test/graphql?explain", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    return (await response.json()).extensions.plan;
  };
  const RANGES = [
    "featureAdoption { byDay(RANGE) { days { conversations { value change } artifactsCreated { relativeChange } } } }",
    "claudeAi { byDay(RANGE) { days { chatShare } } }",
    "usage { byDay(RANGE) { days { date } } }",
    "claudeCode { byDay(RANGE) { days { sessions } } membersByDay(RANGE) { days { sessions } } }",
  ];
  const stated = [
    ["2026-11-15", "2026-11-30"],
    ["2026-10-20", "2026-10-25"],
    ["2026-01-01", "2026-01-05"],
  ].flatMap(([from, until]) =>
    RANGES.map((field) =>
      field.replaceAll("RANGE", `range: { between: { from: "${from}", until: "${until}" } }`),
    ),
  );
  const parts = [
    ...SELECTIONS.map(([page, selection]) => `${page} { ${selection} }`),
    ...stated,
    "featureAdoption { topUsersByProjects(period: LAST_7_DAYS) { users { user { cost(range: { last: { weeks: 1 } }) { requests } } } } }",
    "spend { topUsers(period: QUARTER_TO_DATE) { users { shareOfTotal } } }",
  ];

  sweep(["2026-11-22T09:00:00Z", "2026-11-22T12:00:00Z", EVENING])(
    "is what each part of the dashboard asks for, at %s",
    async (now) => {
      const wrong: string[] = [];
      for (const part of parts) {
        const { app, ask, seen } = dashboardGateway({ sandbox: { users: 20 }, now });
        const query = `{ dashboard { ${part} } }`;
        const plan = await planOf(app, query);
        expect(seen).toEqual([]);
        const { errors } = await ask(query);
        expect(errors).toBeUndefined();
        const { members = 0, ...figures } = counted(seen);
        const asked = Object.values(figures).reduce((all, count) => all + count, 0);
        if (plan.requests !== asked || plan.lookups > members)
          wrong.push(`${part}: ${plan.requests} and ${plan.lookups}, not ${asked} and ${members}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("of the whole dashboard is what it costs", async () => {
    const { app, seen } = dashboardGateway({ sandbox: { users: 20 }, now: EVENING });
    const plan = await planOf(app, WHOLE);
    expect([plan.requests, plan.lookups]).toEqual([LEAST_IN_ALL - LEAST.members, 1]);
    expect(seen).toEqual([]);
  });
});
