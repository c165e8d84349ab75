import { describe, expect, test } from "vitest";
import { type Answer, gateway, json, type Route, refusal } from "./gateway.ts";
import {
  dayOfQuery,
  PATHS,
  reportPage,
  tokenPage,
  wireConnector,
  wireCost,
  wireDay,
  wireUser,
  wireUserCost,
} from "./wire.ts";

const EVENING = "2026-11-22T18:00:00Z";

function wireSummary(date: string, { daily = 4, weekly = 5, seats = 10 as number | null } = {}) {
  const active = {
    daily_active_user_count: daily,
    weekly_active_user_count: weekly,
    monthly_active_user_count: 6,
  };
  return {
    starting_at: `${date}T00:00:00Z`,
    ending_at: `${new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`,
    ...active,
    ...Object.fromEntries(Object.keys(active).map((key) => [`cowork_${key}`, 0])),
    assigned_seat_count: seats,
    pending_invite_count: 2,
    daily_adoption_rate: 40,
    weekly_adoption_rate: 50,
    monthly_adoption_rate: 60,
  };
}

/** Summaries of the days up to one. */
const summariesUntil =
  (newest: string, of: Parameters<typeof wireSummary>[1] = {}): Route =>
  (query) => {
    const rows = [];
    for (let day = Date.parse(query.get("starting_date") ?? ""); day <= Date.parse(newest); day += 86_400_000)
      rows.push(wireSummary(new Date(day).toISOString().slice(0, 10), of));
    return json({ data: rows, next_page: null });
  };

/** A person's row with figures of chat. */
function chatter(id: string, figures: Readonly<Record<string, number | null>>, merged?: typeof figures) {
  const row = wireUser(id);
  const chat = { ...row.chat_metrics, ...figures };
  return {
    ...row,
    chat_metrics: chat,
    ...(merged && {
      chat_cowork_unified_metrics: {
        chat: { ...row.chat_metrics, ...merged },
        sessions: { ...row.cowork_metrics, artifacts_created_count: 100 },
      },
    }),
  };
}

const CHANGE = "{ value before change relativeChange reason }";

function codes({ errors }: Answer): Record<string, string> {
  return Object.fromEntries(
    (errors ?? []).map(({ path, extensions }) => [(path ?? []).slice(1).join("."), extensions.code]),
  );
}

describe("a failure is that of the field alone", () => {
  test("one day's failure affects its figures alone, and the next day's change", async () => {
    const { ask } = gateway({
      now: EVENING,
      routes: {
        [PATHS.summaries]: summariesUntil("2026-11-21"),
        [PATHS.users]: (query) =>
          dayOfQuery(query) === "2026-11-19"
            ? refusal(500, "api_error", "internal")
            : json(tokenPage([chatter("user_a", { distinct_conversation_count: 2 })])),
      },
    });
    const range = `range: { between: { from: "2026-11-18", until: "2026-11-22" } }`;
    const answer = await ask(
      `{ dashboard { usage { latest { date } } featureAdoption { byDay(${range}) { days { date conversations { value change } } } } claudeAi { byDay(${range}) { days { activeUsers conversations } } } } }`,
    );
    const { usage, featureAdoption, claudeAi } = answer.data.dashboard;
    expect(usage.latest.date).toBe("2026-11-21");
    expect(featureAdoption.byDay.days).toEqual([
      { date: "2026-11-18", conversations: { value: 2, change: 0 } },
      { date: "2026-11-19", conversations: null },
      { date: "2026-11-20", conversations: { value: 2, change: null } },
      { date: "2026-11-21", conversations: { value: 2, change: 0 } },
    ]);
    expect(
      claudeAi.byDay.days.map(({ conversations }: { conversations: number | null }) => conversations),
    ).toEqual([2, null, 2, 2]);
    expect(claudeAi.byDay.days.map(({ activeUsers }: { activeUsers: number }) => activeUsers)).toEqual([
      4, 4, 4, 4,
    ]);
    expect(codes(answer)).toEqual({
      "featureAdoption.byDay.days.1.conversations": "UPSTREAM_UNAVAILABLE",
      "featureAdoption.byDay.days.2.conversations.change": "UPSTREAM_UNAVAILABLE",
      "claudeAi.byDay.days.1.conversations": "UPSTREAM_UNAVAILABLE",
    });
  });

  test("fields that need the other key are NOT_CONFIGURED, and the rest is answered", async () => {
    const page = `{ dashboard {
      usage { latest { date } } featureAdoption { latest { date } topSkills { range { from } } }
      spend { monthToDate { organization total { net { usd } list { usd } } } topUsers { range { from } } }
      claudeAi { total { conversations } } claudeCode { byDay { range { from } } membersByDay { range { from } } } } }`;
    const sandbox = { users: 30 };
    const enterprise = gateway({ sandbox, now: EVENING, settings: { ANTHROPIC_ADMIN_KEY: "" } });
    const one = await enterprise.ask(page);
    expect(codes(one)).toEqual({ "claudeCode.byDay": "NOT_CONFIGURED" });
    expect(one.data.dashboard.spend.monthToDate.organization).toBe("enterprise");

    const ofConsole = gateway({ sandbox, now: EVENING, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const other = await ofConsole.ask(page);
    expect(codes(other)).toEqual({
      "usage.latest": "NOT_CONFIGURED",
      "featureAdoption.latest": "NOT_CONFIGURED",
      "featureAdoption.topSkills": "NOT_CONFIGURED",
      "spend.topUsers": "BAD_USER_INPUT", // of the Console, which does not tell of cost by USER
      "claudeAi.total": "NOT_CONFIGURED",
      "claudeCode.membersByDay": "NOT_CONFIGURED",
    });
    expect(other.data.dashboard.spend.monthToDate.organization).toBe("console");
    expect(other.data.dashboard.claudeCode.byDay.range).toEqual({ from: "2026-11-15" });
  });

  test("spend that no export covers is not zero but not yet available", async () => {
    const { ask } = gateway({
      now: EVENING,
      routes: { [PATHS.cost]: () => json(reportPage([], { watermark: null })) },
    });
    const answer = await ask(`{ dashboard { spend { monthToDate { total { net { usd } } } } } }`);
    expect(codes(answer)).toEqual({ "spend.monthToDate": "NOT_YET_AVAILABLE" });
  });
});

describe("without the newer reports, the older ones say the same", () => {
  test.each([1, 2, 3])("seed %d", async (seed) => {
    const page = `{ dashboard { spend {
      yearToDate { range { from until } total { net { cents } list { cents } requests } }
      byModel(period: LAST_90_DAYS) { models { model shareOfTotal cost { net { cents } } } }
      topUsers(period: QUARTER_TO_DATE) { users { user { userId } shareOfTotal cost { net { cents } } } }
      monthToDate { source } } } }`;
    const answers = await Promise.all(
      (["on", "off"] as const).map(async (unified) => {
        const { data, errors } = await gateway({ sandbox: { users: 40, seed, unified }, now: EVENING }).ask(
          page,
        );
        expect(errors).toBeUndefined();
        const { monthToDate, ...rest } = data.dashboard.spend;
        return [monthToDate.source, rest];
      }),
    );
    expect(answers.map(([source]) => source)).toEqual(["UNIFIED", "LEGACY"]);
    expect(answers[1]?.[1]).toEqual(answers[0]?.[1]);
  });
});

describe("a rate to nothing", () => {
  const dayOf =
    (figures: Readonly<Record<string, Readonly<Record<string, number | null>>>>): Route =>
    (query) =>
      json(tokenPage([chatter("user_a", figures[dayOfQuery(query)] ?? {})]));

  test("is null and says why, and so is a change from zero", async () => {
    const { ask } = gateway({
      now: EVENING,
      routes: {
        [PATHS.summaries]: summariesUntil("2026-11-21", { daily: 0, seats: 0 }),
        [PATHS.users]: dayOf({
          "2026-11-19": { distinct_conversation_count: 3, message_count: 10 },
          "2026-11-21": {
            distinct_conversation_count: 2,
            message_count: 9,
            distinct_projects_created_count: 1,
          },
        }),
      },
    });
    const { data, errors } = await ask(`{ dashboard {
      usage { latest { utilization } }
      featureAdoption { byDay(range: { last: { days: 3 } }) { days { date conversations ${CHANGE} messagesPerConversation ${CHANGE} projectsCreated ${CHANGE} } } }
      claudeAi { latest { activeUsers chatUsers chatShare } } } }`);
    expect(errors).toBeUndefined();
    const { usage, featureAdoption, claudeAi } = data.dashboard;
    const [first, empty, last] = featureAdoption.byDay.days;
    expect(usage.latest.utilization).toBeNull();
    expect(claudeAi.latest).toEqual({ activeUsers: 0, chatUsers: 1, chatShare: null });
    expect(first.messagesPerConversation).toMatchObject({ value: "3.333333333333", reason: "NOT_MEASURED" });
    expect(empty.conversations).toEqual({
      value: 0,
      before: 3,
      change: -3,
      relativeChange: "-1.000000000000",
      reason: null,
    });
    expect(empty.messagesPerConversation).toEqual({
      value: null,
      before: "3.333333333333",
      change: null,
      relativeChange: null,
      reason: "NOT_MEASURED",
    });
    expect(last.conversations).toEqual({
      value: 2,
      before: 0,
      change: 2,
      relativeChange: null,
      reason: "ZERO_BEFORE",
    });
    expect(last.projectsCreated).toMatchObject({ change: 1, reason: "ZERO_BEFORE" });
  });

  test("a share of no spend is null, and a negative amount keeps its sign", async () => {
    const spent =
      (amounts: Readonly<Record<string, string>>): Route =>
      () =>
        json(
          reportPage([
            wireDay(
              "2026-11-20",
              Object.entries(amounts).map(([model, amount]) => wireCost(amount, { model })),
            ),
          ]),
        );
    const page = `{ dashboard { spend { monthToDate { total { net { cents } } models { model shareOfTotal } } } } }`;
    const ask = async (amounts: Readonly<Record<string, string>>) =>
      (await gateway({ now: EVENING, routes: { [PATHS.cost]: spent(amounts) } }).ask(page)).data.dashboard
        .spend.monthToDate;
    expect(await ask({ a: "5.5", b: "-5.50" })).toEqual({
      total: { net: { cents: "0.00" } },
      models: [
        { model: "a", shareOfTotal: null },
        { model: "b", shareOfTotal: null },
      ],
    });
    expect(await ask({ a: "40", b: "-10.0" })).toEqual({
      total: { net: { cents: "30.0" } },
      models: [
        { model: "a", shareOfTotal: "1.333333333333" },
        { model: "b", shareOfTotal: "-0.333333333333" },
      ],
    });
  });
});

describe("conversations", () => {
  const routes = (rows: readonly object[]) => ({
    [PATHS.summaries]: summariesUntil("2026-11-21"),
    [PATHS.users]: () => json(tokenPage(rows)),
  });
  const page = `{ dashboard {
    claudeAi { latest { conversations chatUsers chatShare projectsCreated artifactsCreated } }
    featureAdoption { latest { conversations { value reason } messagesPerConversation { value } }
      topUsersByProjects { users { count user { userId } } } topUsersByArtifacts { users { count user { userId } } } } } }`;

  test("of the merged product count beside those of chat, and a project used in both counts once", async () => {
    const merged = {
      distinct_conversation_count: 5,
      distinct_projects_used_count: 3,
      distinct_artifacts_created_count: 7,
    };
    const { ask } = gateway({
      now: EVENING,
      routes: routes([
        chatter("user_a", { distinct_conversation_count: 2, distinct_projects_used_count: 4 }, merged),
        chatter("user_b", { distinct_projects_used_count: 1 }),
      ]),
    });
    const { data, errors } = await ask(page);
    expect(errors).toBeUndefined();
    expect(data.dashboard.claudeAi.latest).toEqual({
      conversations: 7,
      chatUsers: 1,
      chatShare: "0.250000000000",
      projectsCreated: 0,
      artifactsCreated: 7,
    });
    const { topUsersByProjects, topUsersByArtifacts } = data.dashboard.featureAdoption;
    expect(topUsersByProjects.users).toEqual([
      { count: 4, user: { userId: "user_a" } },
      { count: 1, user: { userId: "user_b" } },
    ]);
    expect(topUsersByArtifacts.users).toEqual([{ count: 107, user: { userId: "user_a" } }]);
  });

  test("that are not measured for someone are null, not fewer", async () => {
    const { ask } = gateway({
      now: EVENING,
      routes: routes([
        chatter("user_a", { distinct_conversation_count: 2 }),
        chatter("user_b", { distinct_conversation_count: null }),
      ]),
    });
    const { data } = await ask(page);
    expect(data.dashboard.claudeAi.latest).toMatchObject({
      conversations: null,
      chatUsers: null,
      chatShare: null,
    });
    expect(data.dashboard.featureAdoption.latest).toEqual({
      conversations: { value: null, reason: "NOT_MEASURED" },
      messagesPerConversation: { value: null },
    });
  });
});

test("when upstream is days late, every page ends with the newest day it has counted", async () => {
  const { ask } = gateway({
    now: EVENING,
    routes: {
      [PATHS.summaries]: summariesUntil("2026-11-17"),
      [PATHS.users]: () => json(tokenPage([chatter("user_a", { distinct_conversation_count: 2 })])),
      [PATHS.connectors]: () => json(tokenPage([wireConnector("github")])),
    },
  });
  const { data, errors } = await ask(`{ dashboard {
    usage { latest { date } byDay { range { until } } }
    featureAdoption { latest { date conversations { value } } byDay { range { from until } } topConnectors { range { from until } connectors { name } } }
    claudeAi { byDay(range: { last: { days: 10 } }) { range { from until } } total(period: LAST_7_DAYS) { range { from until } } } } }`);
  expect(errors).toBeUndefined();
  const { usage, featureAdoption, claudeAi } = data.dashboard;
  const week = { from: "2026-11-11", until: "2026-11-18" };
  expect(usage).toEqual({ latest: { date: "2026-11-17" }, byDay: { range: { until: "2026-11-18" } } });
  expect(featureAdoption.latest.date).toBe("2026-11-17");
  expect(featureAdoption.byDay.range).toEqual(week);
  expect(featureAdoption.topConnectors.range).toEqual({ from: "2026-11-01", until: "2026-11-18" });
  expect(claudeAi).toEqual({
    byDay: { range: { from: "2026-11-12", until: "2026-11-18" } },
    total: { range: week },
  });
});

test("people's shares are of the organization's total, including cost of no person", async () => {
  const { ask } = gateway({
    now: EVENING,
    routes: {
      [PATHS.cost]: () =>
        json(reportPage([wireDay("2026-11-20", [wireCost("300", { model: "a" }), wireCost("100")])])),
      [PATHS.userCost]: () =>
        json(reportPage(Array.from({ length: 12 }, (_, i) => wireUserCost(`user_${i}`, `${i + 1}.5`)))),
    },
  });
  const { data, errors } = await ask(
    `{ dashboard { spend { topUsers { source total { net { cents } } users { shareOfTotal user { userId } cost { net { cents } } } } } } }`,
  );
  expect(errors).toBeUndefined();
  const { users, ...about } = data.dashboard.spend.topUsers;
  expect(about).toEqual({ source: "LEGACY", total: { net: { cents: "400" } } });
  expect(users).toHaveLength(10);
  expect(users[0]).toEqual({
    shareOfTotal: "0.031250000000",
    user: { userId: "user_11" },
    cost: { net: { cents: "12.5" } },
  });
});
