import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import { gateway, NOW, refusal } from "./gateway.ts";
import { sqlite } from "./stores/stores.ts";

const range = (from: string, until: string) => `range: { between: { from: "${from}", until: "${until}" } }`;

const days = (from: string, until: string, incomplete = "EXCLUDE") =>
  `{ activity(${range(from, until)}, incomplete: ${incomplete}) { date state dailyActiveUsers seats products { product daily: dailyActiveUsers } } }`;

interface Day {
  readonly date: string;
  readonly state: string;
  readonly dailyActiveUsers: number | null;
}

describe("the right edge of a series by day", () => {
  const week = (incomplete: string) => days("2026-11-16", "2026-11-23", incomplete);
  const edge = (rows: readonly Day[]) =>
    rows.slice(-2).map(({ date, state, dailyActiveUsers }) => [date, state, dailyActiveUsers !== null]);

  test.each([
    [
      "before upstream has counted yesterday",
      "2026-11-22T09:00:00Z",
      "EXCLUDE",
      ["2026-11-19", "2026-11-20"],
    ],
    ["while yesterday may be short", "2026-11-22T12:00:00Z", "EXCLUDE", ["2026-11-19", "2026-11-20"]],
    ["once yesterday is whole", "2026-11-22T18:00:00Z", "EXCLUDE", ["2026-11-20", "2026-11-21"]],
  ])("%s leaves out incomplete days", async (_when, now, incomplete, expected) => {
    const { data, errors } = await gateway({ sandbox: { users: 40 }, now }).ask(week(incomplete));
    expect(errors).toBeUndefined();
    expect(edge(data.activity)).toEqual(expected.map((date) => [date, "SETTLING", true]));
  });

  test("is marked where the query requests it", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-22T12:00:00Z" });
    expect(edge((await ask(week("MARK"))).data.activity)).toEqual([
      ["2026-11-20", "SETTLING", true],
      ["2026-11-21", "OPEN", true],
    ]);
  });

  test("has every day of the range where the query requests it, without figures that do not exist yet", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-22T09:00:00Z" });
    expect(edge((await ask(week("MARK"))).data.activity).at(-1)).toEqual(["2026-11-20", "SETTLING", true]);
    expect(edge((await ask(week("INCLUDE"))).data.activity)).toEqual([
      ["2026-11-20", "SETTLING", true],
      ["2026-11-21", "OPEN", false],
    ]);
  });

  test.each([
    ["2026-11-22T12:00:00Z", "EXCLUDE", 59, "PARTLY_COUNTED"],
    ["2026-11-22T09:00:00Z", "EXCLUDE", 59, "NOT_COUNTED"],
    ["2026-11-22T09:00:00Z", "MARK", 59, "NOT_COUNTED"],
    ["2026-11-22T12:00:00Z", "MARK", 60, null],
    ["2026-11-22T18:00:00Z", "EXCLUDE", 60, null],
  ])("says at %s with %s why a day of sixty is missing", async (now, incomplete, count, reason) => {
    const { ask } = gateway({ sandbox: { users: 40 }, now });
    const { data, errors, extensions } = await ask(
      `{ sixty: activity(range: { last: { days: 60 } }, incomplete: ${incomplete}) { date } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.sixty).toHaveLength(count);
    if (reason === null) return expect(extensions.warnings).toBeUndefined();
    expect(extensions.warnings).toEqual([
      {
        code: "DAYS_LEFT_OUT",
        path: ["sixty"],
        message: expect.stringMatching(/^2026-11-21: left out\. Upstream has .* `incomplete: INCLUDE`/),
        days: [{ date: "2026-11-21", reason }],
      },
    ]);
  });

  test("says of each day that is there whether it is counted", async () => {
    const all = `{ activity(range: { last: { days: 60 } }, incomplete: INCLUDE) { date uncounted dailyActiveUsers } }`;
    for (const [now, reason] of [
      ["2026-11-22T09:00:00Z", "NOT_COUNTED"],
      ["2026-11-22T12:00:00Z", "PARTLY_COUNTED"],
      ["2026-11-22T18:00:00Z", null],
    ]) {
      const { data, extensions } = await gateway({ sandbox: { users: 40 }, now: now ?? NOW }).ask(all);
      const reasons = data.activity.map(({ uncounted }: { uncounted: string | null }) => uncounted);
      expect(reasons).toEqual([...Array(59).fill(null), reason]);
      expect(data.activity.at(-1).dailyActiveUsers === null).toBe(reason === "NOT_COUNTED");
      expect(extensions.warnings).toBeUndefined();
    }
  });

  test.each([
    ["EXCLUDE", "2026-11-20"],
    ["MARK", "2026-11-21"],
    ["INCLUDE", "2026-11-21"],
  ])("of one person keeps to the same: %s", async (incomplete, newest) => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-22T12:00:00Z" });
    const { data, errors } = await ask(
      `{ users(${range("2026-11-16", "2026-11-22")}, first: 40) { nodes { activityByDay(incomplete: ${incomplete}) { date state activity { chat { messages } } } } } }`,
    );
    expect(errors).toBeUndefined();
    const all: Day[] = data.users.nodes.flatMap((user: { activityByDay: Day[] }) => user.activityByDay);
    expect(
      all
        .map(({ date }) => date)
        .sort()
        .at(-1),
    ).toBe(newest);
    expect(all.every(({ date, state }) => (state === "OPEN") === (date === "2026-11-21"))).toBe(true);
  });

  test("of one person has the days that are not counted yet, without activity", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-22T09:00:00Z" });
    const { data } = await ask(
      `{ users(${range("2026-11-16", "2026-11-21")}, first: 5) { nodes { user { activityByDay(range: { last: { days: 3 } }, incomplete: INCLUDE) { date state activity { webSearches } } } } } }`,
    );
    for (const { user } of data.users.nodes)
      expect(user.activityByDay.at(-1)).toEqual({ date: "2026-11-21", state: "OPEN", activity: null });
  });
});

describe("final days", () => {
  const all = days("2026-01-01", "2026-11-22");

  test("are kept one by one: any other range of them costs nothing but one look at the newest day, and says the same", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 40 } });
    const [first, one] = await requestsOf(() => ask(all));
    expect(one).toHaveLength(1);
    const year: Day[] = first.data.activity;
    const asked: URL[] = [];
    for (let i = 0; i < 250; i += 7) {
      const [from, until] = [year[i]?.date ?? "", year[i + 30]?.date ?? ""];
      const [{ data }, requests] = await requestsOf(() => ask(days(from, until)));
      asked.push(...requests);
      expect(data.activity).toEqual(year.slice(i, i + 30));
    }
    expect(asked.map(firstDay)).toEqual(["2026-10-21"]); // for the seats there are now
  });

  test("cost no request where the query does not select seats, which upstream reports for now alone", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 40 }, settings: { FRESH_TTL: "0" } });
    const people = `{ activity(${range("2026-05-01", "2026-09-01")}) { date dailyActiveUsers weeklyActiveUsers state } }`;
    const first = await ask(people);
    const [again, requests] = await requestsOf(() => ask(people));
    expect(requests).toEqual([]);
    expect(again.data).toEqual(first.data);
  });

  test("are not requested again together with those that move", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 40 }, settings: { FRESH_TTL: "0" } });
    const first = await ask(all);
    const [again, requests] = await requestsOf(() => ask(all));
    expect(requests.map((url) => url.searchParams.get("starting_date"))).toEqual(["2026-10-22"]);
    expect(again.data).toEqual(first.data);
  });

  /** Three hundred days take longer than an operation may where the machine is busy with other things. */
  const PATIENT = { OPERATION_TIMEOUT: "300" };

  test("outlive the process", { tags: "deep" }, async () => {
    const open = async () =>
      gateway({ sandbox: { users: 40 }, store: await sqlite.open(), settings: PATIENT });
    const before = await open();
    const first = await before.ask(all);
    await before.app.dispose();
    const after = await open();
    const [{ data }, requests] = await after.requestsOf(() => after.ask(days("2026-03-01", "2026-09-01")));
    expect(requests.map(firstDay)).toEqual(["2026-10-21"]);
    expect(data.activity).toEqual(
      first.data.activity.filter(({ date }: Day) => date >= "2026-03-01" && date < "2026-09-01"),
    );
    await after.app.dispose();
  });

  const seats = `{ activity(${range("2026-03-02", "2026-03-04")}) { date state dailyActiveUsers seats pendingInvites dailyAdoption weeklyAdoption monthlyAdoption scienceEntitledUsers } }`;

  test("say how many seats there are now, as upstream does, however long they have been kept", async () => {
    const { ask, at } = gateway({ sandbox: { users: 40 }, now: "2026-06-01T12:00:00Z" });
    const before = await ask(seats);
    at("2026-11-22T12:00:00Z");
    const after = await ask(seats);
    const uncached = await gateway({ sandbox: { users: 40 } }).ask(seats);
    expect(after.data).toEqual(uncached.data);
    expect(after.data.activity[0].seats).not.toBe(before.data.activity[0].seats);
  });

  test("keep their figures while upstream is down, without seats, which are unknown", async () => {
    let isDown = false;
    const sandbox = createSandbox({ users: 40, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
    const down = refusal(500, "api_error", "no");
    const { ask, at } = gateway({
      dispatcher: new SandboxDispatcher({ handle: async (asked) => (isDown ? down : sandbox.handle(asked)) }),
    });
    const { data: before } = await ask(seats);
    isDown = true;
    at("2026-12-22T12:00:00Z");
    const { data, errors } = await ask(seats);
    expect(errors).toBeUndefined();
    expect(data.activity).toEqual(
      before.activity.map((day: Day) => ({
        ...day,
        seats: null,
        pendingInvites: null,
        scienceEntitledUsers: null,
        dailyAdoption: null,
        weeklyAdoption: null,
        monthlyAdoption: null,
      })),
    );
  });
});

const firstDay = (url: URL) => url.searchParams.get("starting_date");

test.each([
  ["WEEK", /`weeklyActiveUsers` of a Sunday/],
  ["MONTH", /`monthlyActiveUsers`.*`unitCost\(range: \{ period: LAST_MONTH \}\) \{ activeUsers \}`/],
  ["NONE", /`unitCost\(range\) \{ activeUsers \}`/],
])(
  "different people are not added up by %s, and the error says what counts them",
  async (bucket, sentence) => {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const { data, errors } = await ask(
      `{ activity(${range("2026-10-01", "2026-11-01")}, bucket: ${bucket}) { dailyActiveUsers } }`,
    );
    expect(data).toEqual({ activity: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
    expect(errors?.[0]?.message).toMatch(sentence);
    expect(seen).toEqual([]);
  },
);

test("the week that ends on a Sunday and the people of a month are counted where the errors say", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const { data, errors } = await ask(`{
    activity(${range("2026-10-11", "2026-10-12")}) { weeklyActiveUsers }
    week: unitCost(${range("2026-10-05", "2026-10-12")}) { activeUsers }
    month: unitCost(range: { period: LAST_MONTH }) { activeUsers }
  }`);
  expect(errors).toBeUndefined();
  // Who did nothing but Claude Tag is counted by the one and not by the other.
  expect(data.week.activeUsers).toBeGreaterThanOrEqual(data.activity[0].weeklyActiveUsers);
  expect(data.month.activeUsers).toBeGreaterThanOrEqual(data.week.activeUsers);
});
