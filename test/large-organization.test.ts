import { describe, expect, test } from "vitest";
import { warmSteps } from "../src/analytics/warm.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { day } from "../src/domain/day.ts";
import { everyoneOver } from "../src/loaders/people.ts";
import { gateway, json, type Route } from "./gateway.ts";
import { sqlite } from "./stores/stores.ts";
import { dayOfQuery, PATHS, reportPage, tokenPage, wireRecord, wireUser, wireUserCost } from "./wire.ts";

const README_QUERY = `{ users(range: {last: {days: 7}}, first: 10) { nodes { email activity { chat { messages } } cost { net { usd } } claudeCode { commits estimated { usd } } } pageInfo { hasNextPage endCursor } } }`;

/** The same of the people behind the rows, who have all records of their address. */
const OF_USERS = `{ users(range: {last: {days: 7}}, first: 10) { nodes { user { claudeCode(range: {last: {days: 7}}) { commits } } } } }`;

const userId = (i: number) => `user_${String(i).padStart(4, "0")}`;
const emailOf = (id: string) => `${id}@ternplover.example`;

function wireSummary(day: string, seats: number) {
  const active = { daily_active_user_count: 9, weekly_active_user_count: 9, monthly_active_user_count: 9 };
  return {
    starting_at: `${day}T00:00:00Z`,
    ending_at: `${new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`,
    ...active,
    ...Object.fromEntries(Object.keys(active).map((key) => [`cowork_${key}`, 0])),
    assigned_seat_count: seats,
    pending_invite_count: 0,
    daily_adoption_rate: 1,
    weekly_adoption_rate: 1,
    monthly_adoption_rate: 1,
  };
}

/** An organization of so many seats, whose lists have many pages with a few rows on each. */
function organizationOf({ seats = 100_000, pagesOfDay = 25, people = 20 } = {}): Record<string, Route> {
  const ids = Array.from({ length: people }, (_, i) => userId(i));
  return {
    [PATHS.users]: (query) => {
      const page = Number(query.get("page") ?? 1);
      const rows = page === 1 ? ids : [`user_z${page}`];
      return json(
        tokenPage(
          rows.map((id) => wireUser(id)),
          page < seats / 1_000 ? String(page + 1) : null,
        ),
      );
    },
    [PATHS.members]: () =>
      json({
        data: ids.map((id) => ({
          id,
          added_at: "2026-01-05T09:00:00Z",
          email: emailOf(id),
          name: id,
          role: "user",
          type: "user",
        })),
        has_more: false,
        first_id: null,
        last_id: null,
      }),
    [PATHS.userCost]: (query) => {
      const asked = query.getAll("user_ids[]");
      const page = Number(query.get("page") ?? 1);
      const rows = ids.filter((id) => (asked.length > 0 ? asked.includes(id) : page === 1));
      const next = asked.length === 0 && page < seats / 1_000 ? String(page + 1) : null;
      return json(
        reportPage(
          rows.map((id) => wireUserCost(id, "4")),
          { next },
        ),
      );
    },
    [PATHS.summaries]: () => json({ data: [wireSummary("2026-11-20", seats)], next_page: null }),
    [PATHS.claudeCode]: (query) => {
      const page = Number(query.get("page") ?? 1);
      const actor = { type: "user_actor", email_address: emailOf(userId(0)) };
      const rows = page === 1 ? [wireRecord(actor, { commits: 2, day: dayOfQuery(query) })] : [];
      return json(reportPage(rows, { next: page < pagesOfDay ? String(page + 1) : null, watermark: null }));
    },
  };
}

const settingsOf = (settings = {}) => ({
  ANTHROPIC_ADMIN_KEY: `sk-ant-admin01-${crypto.randomUUID()}`,
  ...settings,
});

/** Requests by the last part of their path. */
function counted(seen: readonly URL[]) {
  const names = seen.map(({ pathname }) => pathname.split("/").at(-1) ?? "");
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

async function explain({ app }: ReturnType<typeof gateway>, query: string) {
  const response = await app.fetch("http://gateway.test/graphql?explain", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

test("a list that is answered in parts looks its keys up together", async () => {
  const many = Array.from({ length: 30 }, (_, i) => `m${i}: activity { chat { messages } }`).join(" ");
  const costsOf = async (fields: string) => {
    const { ask, seen } = gateway({ routes: organizationOf({ people: 150 }) });
    const { data, errors } = await ask(
      `{ users(range: {last: {days: 1}}, first: 150) { nodes { ${fields} cost { net { usd } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.users.nodes.at(-1).cost.net.usd).toBe("0.04");
    return seen.filter(({ pathname }) => pathname === PATHS.userCost).map(({ search }) => search);
  };
  expect(await costsOf(`email ${many}`)).toEqual(await costsOf("email"));
});

describe("Claude Code of ten people among a hundred thousand", () => {
  test("is refused alone, before any request of it, and the rest costs what ten people cost", async () => {
    const { ask, seen } = gateway({ routes: organizationOf() });
    const { data, errors } = await ask(README_QUERY);
    expect(data.users.nodes).toHaveLength(10);
    expect(data.users.nodes[0]).toMatchObject({
      email: emailOf(userId(0)),
      cost: { net: { usd: "0.04" } },
      claudeCode: null,
    });
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["TOO_EXPENSIVE"]));
    expect(errors?.[0]?.message).toContain("at least 175 upstream requests");
    expect(errors?.[0]?.message).toContain(
      "7 of 7 days must be read, at 25 requests each, as 100000 people have",
    );
    // One day would fit beside the rest, so that it is named.
    expect(errors?.[0]?.message).toContain(
      '`range: { between: { from: "2026-11-20", until: "2026-11-22" } }`',
    );
    expect(errors?.[0]?.message).toContain("npm run warm -- --datasets claude-code --recent");
    expect(errors?.[0]?.extensions).toMatchObject({ dataset: "CLAUDE_CODE", requests: 175 });
    expect(counted(seen)).toEqual({ users: 1, user_cost_report: 1, summaries: 1 });
  });

  test("is answered for the days that the refusal names", async () => {
    const { ask, requestsOf } = gateway({ routes: organizationOf() });
    await ask(README_QUERY);
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(
        `{ users(range: {last: {days: 7}}, first: 10) { nodes { user { claudeCode(range: { between: { from: "2026-11-20", until: "2026-11-22" } }) { commits } } } } }`,
      ),
    );
    expect(errors).toBeUndefined();
    expect(data.users.nodes[0].user.claudeCode).toEqual({ commits: 4 });
    expect(counted(requests).claude_code).toBe(50);
  });

  test("is refused on rows without reading all people to find which row has the records", async () => {
    const { ask, requestsOf } = gateway({ routes: organizationOf({ pagesOfDay: 1 }) });
    await ask(`{ claudeCodeRecords(range: {last: {days: 1}}) { totalCount } }`);
    const [{ data, errors }, requests] = await requestsOf(() => ask(README_QUERY));
    expect(errors?.map(({ path }) => path)).toEqual([["users", "nodes", 0, "claudeCode"]]);
    expect(errors?.[0]?.message).toContain("`user { claudeCode }` has all records of an address");
    expect(data.users.nodes[0].cost).not.toBeNull();
    expect(counted(requests)).toEqual({ users: 1, user_cost_report: 1, claude_code: 6, summaries: 1 });
  });

  test("is answered on rows from a list of all people that was stored within a day, and marked stale", async () => {
    const days = `range: { between: { from: "2026-11-14", until: "2026-11-21" } }`;
    const query = `{ users(${days}, first: 10) { nodes { claudeCode { commits } } } }`;
    const { ask, app, at, requestsOf } = gateway({ routes: organizationOf({ pagesOfDay: 1 }) });
    const reader = app.context(new AbortController().signal, "warm", { unbounded: true });
    await everyoneOver.read(reader, { from: day("2026-11-14"), until: day("2026-11-21") });
    await ask(`{ claudeCodeRecords(${days}, first: 1000) { totalCount } }`);

    at("2026-11-22T20:00:00Z");
    const [{ data, errors, extensions }, requests] = await requestsOf(() => ask(query));
    expect(errors).toBeUndefined();
    expect(data.users.nodes[0].claudeCode).toEqual({ commits: 14 });
    expect(data.users.nodes[1].claudeCode).toBeNull();
    expect(extensions.freshness.stale).toBe(true);
    expect(counted(requests).users ?? 0).toBeLessThanOrEqual(1);

    at("2026-11-23T12:00:01Z");
    const [late, again] = await requestsOf(() => ask(query));
    expect(late.errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", dataset: "USER_ACTIVITY" });
    expect(late.errors?.[0]?.message).toContain(`user { claudeCode(${days}) { … } }`);
    expect(counted(again).users ?? 0).toBeLessThanOrEqual(1);
  });

  test("names what counts those people alone where not even a day fits", async () => {
    const { ask } = gateway({ routes: organizationOf({ seats: 400_000 }) });
    const { errors } = await ask(README_QUERY);
    expect(errors?.[0]?.message).toContain("at least 700 upstream requests");
    expect(errors?.[0]?.message).toContain("`activity { claudeCode }` counts only these people");
  });

  test("costs a request a day where a day is known to fit on a page, however many people there are", async () => {
    const { ask, requestsOf } = gateway({ routes: organizationOf({ pagesOfDay: 1 }) });
    await ask(`{ claudeCodeRecords(range: {last: {days: 1}}) { totalCount } }`);
    const [{ errors }, requests] = await requestsOf(() => ask(OF_USERS));
    expect(errors).toBeUndefined();
    expect(counted(requests).claude_code).toBe(6);
  });

  test("is refused by the pages that a day was seen to have, in the plan too, once they are known", async () => {
    const asked = gateway({ routes: organizationOf({ seats: 900, pagesOfDay: 9 }) });
    const first = await asked.ask(
      `{ claudeCode(range: {last: {days: 1}}, bucket: DAY) { nodes { commits } } }`,
    );
    expect(first.errors).toBeUndefined();
    const { extensions } = await explain(asked, README_QUERY);
    const isCode = ({ dataset }: { dataset: string }) => dataset === "CLAUDE_CODE";
    const field = extensions.plan.fields.find(isCode);
    expect(field).toMatchObject({ requests: 54, readsAll: true });
    expect(field.isRefused).toBeUndefined();
    const longer = README_QUERY.replaceAll("7", "14");
    const { extensions: again } = await explain(asked, longer);
    expect(again.plan.fields.find(isCode)).toMatchObject({ requests: 117, isRefused: true });
    expect(again.plan.requests).toBe(2);
    const [{ data, errors }, requests] = await asked.requestsOf(() => asked.ask(longer));
    expect(data.users.nodes[0].claudeCode).toBeNull();
    expect(errors?.[0]?.message).toContain("at least 117 upstream requests");
    expect(counted(requests)).toEqual({ users: 1, user_cost_report: 1 });
  });

  test("leaves the others of its operation what they need", async () => {
    const asked = gateway({ routes: organizationOf({ seats: 900, pagesOfDay: 1 }) });
    const days = (until: string) => `range: { between: { from: "2026-09-01", until: "${until}" } }`;
    const query = (until: string) =>
      `{ users(${days("2026-11-22")}, first: 1) { nodes { cost { net { usd } } user { claudeCode(${days(until)}) { commits } } } } }`;
    const over = await asked.ask(query("2026-10-29")); // 58 days, a list and three months
    expect(over.errors?.map(({ path }) => path?.at(-1))).toEqual(["claudeCode"]);
    expect(over.data.users.nodes[0].cost).not.toBeNull();
    expect(counted(asked.seen)).toEqual({ users: 2, user_cost_report: 3 });
    const [within, requests] = await asked.requestsOf(() => asked.ask(query("2026-10-27")));
    expect(within.errors).toBeUndefined();
    expect(counted(requests)).toEqual({ claude_code: 56 });
  });

  test("is answered from days that `warm --recent` has stored, for a day, and marked as old as they are", async () => {
    const settings = settingsOf();
    const store: SharedStore = await sqlite.open();
    const warming = gateway({ routes: organizationOf(), store, settings });
    const ctx = warming.app.context(new AbortController().signal, "warm", { unbounded: true });
    const steps = warmSteps(ctx, ["CONSOLE"], ["claude-code"], 1, true);
    for (const { run } of steps.slice(0, 8)) await run();
    await warming.app.dispose();

    const asked = gateway({
      routes: organizationOf(),
      store: await sqlite.open(),
      settings,
      now: "2026-11-22T20:00:00Z",
    });
    const { data, errors, extensions } = await asked.ask(OF_USERS);
    expect(errors).toBeUndefined();
    expect(data.users.nodes[0].user.claudeCode).toMatchObject({ commits: 14 });
    expect(extensions.freshness.stale).toBe(true);
    expect(counted(asked.seen).claude_code).toBeUndefined();
    await asked.app.dispose();

    const late = gateway({
      routes: organizationOf(),
      store: await sqlite.open(),
      settings,
      now: "2026-11-23T12:00:01Z",
    });
    expect((await late.ask(README_QUERY)).errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
    expect(counted(late.seen).claude_code).toBeUndefined();
    await late.app.dispose();
  });
});

describe("figures of more people than a filter names", () => {
  const query = `{ users(range: {last: {days: 7}}, first: 250) { nodes { cost { net { usd } } } } }`;

  test("are requested in hundreds where the whole report is longer than those", async () => {
    const { ask, seen } = gateway({ routes: organizationOf({ people: 250 }) });
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    expect(data.users.nodes.every(({ cost }: { cost: object | null }) => cost !== null)).toBe(true);
    const reports = seen.filter(({ pathname }) => pathname === PATHS.userCost);
    expect(reports.map((url) => url.searchParams.getAll("user_ids[]").length)).toEqual([100, 100, 50]);
    expect(counted(seen)).toEqual({ users: 2, summaries: 1, user_cost_report: 3 });
  });

  test("are read from the whole report where that is as short", async () => {
    const { ask, seen } = gateway({ routes: organizationOf({ people: 250, seats: 900 }) });
    expect((await ask(query)).errors).toBeUndefined();
    expect(counted(seen)).toEqual({ users: 1, user_cost_report: 1 });
  });

  test("are refused before the first request where even the hundreds are too many", async () => {
    const { ask, seen } = gateway({
      routes: organizationOf({ people: 250 }),
      settings: { MAX_UPSTREAM_REQUESTS: "5" },
    });
    const { errors } = await ask(
      `{ users(range: {last: {days: 60}}, first: 250) { nodes { cost { net { usd } } } } }`,
    );
    expect(errors?.[0]?.extensions).toMatchObject({
      code: "TOO_EXPENSIVE",
      dataset: "USER_COST",
      requests: 9,
    });
    expect(counted(seen).user_cost_report).toBeUndefined();
  });
});
