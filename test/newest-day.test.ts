import { describe, expect, test } from "vitest";
import { gateway, json, type Route, refusal } from "./gateway.ts";
import { PATHS, tokenPage, wireSkill, wireUser } from "./wire.ts";

const LISTS = {
  users: "nodes { userId activity { chat { messages } } }",
  skills: "nodes { name users }",
  connectors: "nodes { name users }",
  projects: "nodes { projectId users }",
  plugins: "nodes { name users }",
  artifacts: "nodes { date created }",
} as const;

const asked = (range: string) =>
  Object.entries(LISTS).map(
    ([field, nodes]) => `${field}(range: ${range}, first: 1000) { range { from until } ${nodes} }`,
  );

describe("before yesterday is aggregated", () => {
  const early = () => gateway({ now: "2026-11-22T06:00:00Z", sandbox: { users: 40 } });

  test.each([
    ["{ last: { days: 7 } }", "2026-11-15"],
    ["{ last: { weeks: 2 } }", "2026-11-08"],
    ["{ period: LAST_7_DAYS }", "2026-11-15"],
    ["{ period: MONTH_TO_DATE }", "2026-11-01"],
  ])("lists over %s end with the newest day there is, and say so", async (range, from) => {
    const { ask } = early();
    const [relative, named] = await Promise.all([
      ask(`{ ${asked(range).join(" ")} }`),
      ask(`{ ${asked(`{ between: { from: "${from}", until: "2026-11-21" } }`).join(" ")} }`),
    ]);
    expect([relative.errors, named.errors]).toEqual([undefined, undefined]);
    for (const field of Object.keys(LISTS)) {
      expect(relative.data[field].range, field).toEqual({ from, until: "2026-11-21" });
      expect(relative.data[field].nodes.length, field).toBeGreaterThan(0);
    }
    expect(relative.data).toEqual(named.data);
  });

  test.each(["users", "skills", "connectors", "projects", "plugins"])(
    "%s of days named by date that are not there are refused with the newest day, before upstream is asked",
    async (field) => {
      const { ask, seen } = early();
      const { data, errors } = await ask(
        `{ ${field}(range: { between: { from: "2026-11-15", until: "2026-11-22" } }) { totalCount } }`,
      );
      expect(data).toEqual({ [field]: null });
      expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_YET_AVAILABLE", newestDay: "2026-11-20" });
      expect(errors?.[0]?.message).toContain("the newest day is 2026-11-20");
      expect(seen).toEqual([]);
    },
  );

  test.each(Object.keys(LISTS))(
    "%s of days that are all to come are refused with the newest day",
    async (field) => {
      const { ask, seen } = early();
      const { errors } = await ask(
        `{ ${field}(range: { between: { from: "2027-01-01", until: "2027-02-01" } }) { totalCount } }`,
      );
      expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_YET_AVAILABLE", newestDay: "2026-11-20" });
      expect(seen).toEqual([]);
    },
  );

  test("groups are about the days there are", async () => {
    const { ask } = early();
    const groups = "{ groupId users activity { chat { messages } } }";
    const { data, errors } = await ask(
      `{ relative: activityByGroup(range: { last: { days: 7 } }) ${groups} named: activityByGroup(range: { between: { from: "2026-11-15", until: "2026-11-21" } }) ${groups} }`,
    );
    expect(errors).toBeUndefined();
    expect(data.relative.length).toBeGreaterThan(1);
    expect(data.relative).toEqual(data.named);
  });

  test("of a range without a day that is there, the newest one is named", async () => {
    const { ask } = early();
    const { errors } = await ask(`{ users(range: { period: YESTERDAY }) { totalCount } }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_YET_AVAILABLE", newestDay: "2026-11-20" });
  });
});

describe("where upstream is late", () => {
  /** Refuses days after the 19th, as upstream does. */
  const late =
    (rows: readonly unknown[]): Route =>
    (query) =>
      (query.get("ending_date") ?? query.get("date") ?? "") > "2026-11-20"
        ? refusal(400, "invalid_request_error", "starting_date: the latest available date is 2026-11-19")
        : json(tokenPage(rows));
  const gatewayOf = () =>
    gateway({
      routes: { [PATHS.users]: late([wireUser("user_a")]), [PATHS.skills]: late([wireSkill("notes")]) },
    });

  test("lists relative to now end with the newest day it names, for one request more", async () => {
    const { ask, seen } = gatewayOf();
    const { data, errors } = await ask(
      `{ users(range: { last: { days: 7 } }) { range { from until } nodes { userId } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.users).toEqual({
      range: { from: "2026-11-15", until: "2026-11-20" },
      nodes: [{ userId: "user_a" }],
    });
    expect(seen.map((url) => url.searchParams.get("ending_date"))).toEqual(["2026-11-22", "2026-11-20"]);
  });

  test("days named by date are an error with the newest day", async () => {
    const { ask } = gatewayOf();
    const { errors } = await ask(
      `{ skills(range: { between: { from: "2026-11-15", until: "2026-11-22" } }) { totalCount } }`,
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_YET_AVAILABLE", newestDay: "2026-11-19" });
  });
});

test.each(["00:30", "06:00", "11:00", "16:59", "17:01", "23:59"])(
  "the dashboard's last days of use are 30 at %s",
  async (hour) => {
    const { ask } = gateway({ now: `2026-11-22T${hour}:00Z`, sandbox: { users: 20 } });
    const { data, errors } = await ask(
      `{ dashboard { usage { latest { date } byDay { range { from until } days { date state } } } } }`,
    );
    expect(errors).toBeUndefined();
    const { latest, byDay } = data.dashboard.usage;
    expect(byDay.days).toHaveLength(30);
    expect(byDay.days.at(-1).date).toBe(latest.date);
    expect(byDay.days[0].date).toBe(byDay.range.from);
    expect(byDay.days.every(({ state }: { state: string }) => state !== "OPEN")).toBe(true);
  },
);

describe("figures of activity over a range relative to now", () => {
  const compared = "range { from until } chatMessages { before change }";

  test.each([
    ["06:00", "{ last: { days: 7 } }", "2026-11-15", "2026-11-21"],
    ["06:00", "{ period: MONTH_TO_DATE }", "2026-11-01", "2026-11-21"],
    ["12:00", "{ period: MONTH_TO_DATE }", "2026-11-01", "2026-11-22"],
    ["12:00", "{ period: THIS_WEEK }", "2026-11-16", "2026-11-22"],
  ])(
    "at %s over %s are about the days of the lists, and compared with as many",
    async (hour, range, from, until) => {
      const { ask } = gateway({ now: `2026-11-22T${hour}:00Z`, sandbox: { users: 40 } });
      const of = (asked: string) => `activity(range: ${asked}) { chat { messages } }
      activityComparison(range: ${asked}) { ${compared} }`;
      const named = `{ between: { from: "${from}", until: "${until}" } }`;
      const { data, errors } = await ask(`{
      users(range: ${range}, first: 5) { range { from until } nodes {
        activity { chat { messages } } activityComparison { ${compared} }
        relative: user { ${of(range)} } named: user { ${of(named)} } } }
      groups(range: ${range}, first: 5) { range { from until } nodes { range { from until } activity { users } } }
      named: groups(range: ${named}, first: 5) { range { from until } nodes { range { from until } activity { users } } } }`);
      expect(errors).toBeUndefined();
      expect([data.users.range, data.groups.range]).toEqual([
        { from, until },
        { from, until },
      ]);
      for (const { relative, named, ...row } of data.users.nodes)
        expect([relative, named]).toEqual([row, row]);
      expect(data.groups).toEqual(data.named);
    },
  );

  test("share the requests of a person and of a group", async () => {
    const { ask, requestsOf } = gateway({ now: "2026-11-22T06:00:00Z", sandbox: { users: 40 } });
    const range = "range: { period: MONTH_TO_DATE }";
    const person = (await ask(`{ users(${range}, first: 1) { nodes { user { id } } } }`)).data.users.nodes[0]
      .user;
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(
        `query ($id: ID!) { node(id: $id) { ... on User { activity(${range}) { chat { messages } } activityComparison(${range}) { ${compared} } } } }`,
        { id: person.id },
      ),
    );
    expect(errors).toBeUndefined();
    expect(data.node.activityComparison.range).toEqual({ from: "2026-10-12", until: "2026-11-01" });
    expect(requests).toHaveLength(1); // the list has the days of the range, so only those before it are requested
  });

  test("stay those of the days asked where none of them is aggregated", async () => {
    const { ask } = gateway({ now: "2026-11-22T06:00:00Z", sandbox: { users: 40 } });
    const { data } = await ask(`{ groups(range: { period: YESTERDAY }, first: 1) { range { from until } } }`);
    expect(data.groups.range).toEqual({ from: "2026-11-21", until: "2026-11-22" });
  });
});

test.each([
  ["yesterday", "2026-11-22T06:00:00Z", "2026-11-22", "2026-11-20"],
  ["today", "2026-11-22T12:00:00Z", "2026-11-23", "2026-11-21"],
  ["days to come", "2026-11-22T12:00:00Z", "2026-12-01", "2026-11-21"],
])(
  "stated days of activity up to %s, not counted yet, are refused alike",
  async (_day, now, until, newest) => {
    const { ask, seen } = gateway({ now, sandbox: { users: 40 } });
    const range = `range: { between: { from: "2026-11-18", until: "${until}" } }`;
    const { data: found } = await ask(
      `{ users(range: { last: { days: 7 } }, first: 1) { nodes { user { id } } } groups(first: 1) { nodes { group { id } } } }`,
    );
    const person = found.users.nodes[0].user.id;
    const group = found.groups.nodes[0].group.id;
    const figures: readonly (readonly [string, string])[] = [
      ...["users", "skills", "connectors", "plugins", "projects"].map(
        (list) => [list, `${list}(${range}) { totalCount }`] as const,
      ),
      ["artifacts", `artifacts(${range}) { totalCount }`],
      ["groups", `groups(${range}, first: 1) { nodes { activity { users } } }`],
      ["activityByGroup", `activityByGroup(${range}) { users }`],
      ...[
        "activity { webSearches }",
        "activityComparison { range { from } }",
        "skills { name }",
        "connectors { name }",
        "projects { name }",
      ].map(
        (figure) =>
          [
            `a person's ${figure}`,
            `node(id: "${person}") { ... on User { ${figure.replace(" {", `(${range}) {`)} } }`,
          ] as const,
      ),
      ["a group's activity", `node(id: "${group}") { ... on Group { activity(${range}) { users } } }`],
    ];
    const before = seen.length;
    for (const [name, field] of figures) {
      const { errors } = await ask(`{ ${field} }`);
      expect(
        errors?.map(({ extensions: { code, newestDay } }) => [code, newestDay]),
        name,
      ).toEqual([["NOT_YET_AVAILABLE", newest]]);
    }
    const asked = seen.slice(before).map(({ pathname }) => pathname.split("/").at(-1));
    expect(asked.filter((name) => name !== "rbac_groups" && name !== "summaries")).toEqual([]);
  },
);

describe("the activity of a team", () => {
  const FIELDS = "activity { range { from until } users activity { chat { messages } } }";

  test("ends with the newest counted day, and says so, in a list to date", async () => {
    const { ask } = gateway({ now: "2026-11-22T06:00:00Z", sandbox: { users: 40 } });
    const counted = `{ between: { from: "2026-11-01", until: "2026-11-21" } }`;
    const { data, errors } = await ask(`{
      toDate: teams(range: { period: MONTH_TO_DATE }, first: 1) { range { until } nodes { ${FIELDS} team { of: activity(range: { period: MONTH_TO_DATE }) { range { from until } users } } } }
      counted: teams(range: ${counted}, first: 1) { nodes { ${FIELDS} } } }`);
    expect(errors).toBeUndefined();
    expect(data.toDate.range.until).toBe("2026-11-23");
    const [{ team, activity }] = data.toDate.nodes;
    expect(activity.range).toEqual({ from: "2026-11-01", until: "2026-11-21" });
    expect(activity).toEqual(data.counted.nodes[0].activity);
    expect(team.of).toEqual({ range: activity.range, users: activity.users });
  });

  test("over stated days that are not counted yet is refused, with the newest day", async () => {
    const { ask } = gateway({ now: "2026-11-22T06:00:00Z", sandbox: { users: 40 } });
    const { errors } = await ask(
      `{ teams(range: { last: { days: 7 } }, first: 1) { nodes { team { activity(range: { between: { from: "2026-11-18", until: "2026-11-22" } }) { users } } } } }`,
    );
    expect(errors?.map(({ extensions: { code, newestDay } }) => [code, newestDay])).toEqual([
      ["NOT_YET_AVAILABLE", "2026-11-20"],
    ]);
  });
});
