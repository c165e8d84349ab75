import { describe, expect, test } from "vitest";
import { memorySharedStore } from "../src/cache/memory-shared-store.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { gateway, json, NOW, type Route, refusal } from "./gateway.ts";
import { redis, sqlite } from "./stores/stores.ts";
import { simulatedPace } from "./upstream/pace.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser } from "./wire.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;
const TEAMS = `{ teams(${DAY}, first: 1000) { totalCount nodes { name memberCount } } }`;
const TEAM_OF_ONE = `{ users(${DAY}, first: 1) { nodes { team groups { groupId } } } }`;
const BY_TEAM = `{ cost(${DAY}, bucket: NONE, groupBy: [TEAM]) { nodes { team net { cents } } } }`;

const pad = (i: number) => String(i).padStart(3, "0");
const groupId = (i: number) => `rbac_group_${pad(i)}`;
const membersPath = (i: number) => `${PATHS.groups}/${groupId(i)}/members`;

function wireGroup(i: number) {
  return {
    id: groupId(i),
    created_at: "2026-04-20T15:00:00Z",
    name: `Team ${pad(i)}`,
    source_type: "scim",
    type: "rbac_group",
    role_ids: [],
    updated_at: "2026-09-01T11:45:30Z",
  };
}

function wireGroupMember(userId: string) {
  return {
    created_at: "2026-04-21T08:00:00Z",
    email: `${userId}@ternplover.example`,
    type: "rbac_group_member",
    user_id: userId,
    rbac_group_id: "rbac_group_000",
  };
}

const membersIn = (i: number) => [`user_${pad(i)}`, "user_lead"];

/** So many groups, each with a person of its own and one who is in all of them. */
function organizationOf(groups: number): Record<string, Route> {
  const all = Array.from({ length: groups }, (_, i) => i);
  return {
    [PATHS.groups]: () => json(tokenPage(all.map(wireGroup))),
    ...Object.fromEntries(
      all.map((i) => [membersPath(i), () => json(tokenPage(membersIn(i).map(wireGroupMember)))]),
    ),
    [PATHS.users]: () => json(tokenPage([wireUser("user_000"), wireUser("user_lead")])),
    [PATHS.userCost]: () => json(reportPage([])),
    [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("1")])])),
  };
}

/** A key of its own for each test, so that they share no answers. */
const settingsOf = (settings = {}) => ({
  ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
  ...settings,
});

type Gateway = ReturnType<typeof gateway>;

const ofGroups = (seen: readonly URL[]) => seen.filter(({ pathname }) => pathname.startsWith(PATHS.groups));

/** Asks until the directory is there; what is fetched behind answers goes on meanwhile. */
async function askUntilReady({ ask }: Gateway, query: string) {
  for (;;) {
    const answer = await ask(query);
    if (answer.errors?.[0]?.extensions.code !== "DIRECTORY_NOT_READY") return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function explain({ app }: Gateway, query: string) {
  const response = await app.fetch("http://gateway.test/graphql?explain", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()).extensions.plan;
}

describe("a directory of few groups", () => {
  test("is read by the question that needs it, at once", async () => {
    const { ask, seen } = gateway({ routes: organizationOf(59) });
    const { data, errors } = await ask(TEAMS);
    expect(errors).toBeUndefined();
    expect(data.teams.nodes).toHaveLength(61);
    expect(seen).toHaveLength(60);
  });

  test("leaves all of its requests to the figures", async () => {
    const settings = { MAX_UPSTREAM_REQUESTS: "8" };
    const { ask } = gateway({ routes: organizationOf(7), settings });
    const { data, errors } = await ask(BY_TEAM);
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toHaveLength(1);
  });
});

describe("a directory of more groups than one operation reads", () => {
  test("is fetched behind an answer that says how far it is and how long it takes", async () => {
    const pace = simulatedPace();
    const settings = settingsOf({ LOOKUPS_PER_MINUTE: "100" });
    const asked = gateway({ routes: organizationOf(115), settings, pace });
    const first = await asked.ask(TEAMS);
    expect(first.data.teams).toBeNull();
    expect(first.errors?.[0]?.extensions).toMatchObject({
      code: "DIRECTORY_NOT_READY",
      dataset: "GROUP_MEMBERS",
      done: 0,
      total: 115,
      retryAfter: 61,
    });
    expect(first.errors?.[0]?.message).toContain("0 of 115 are there");
    expect(first.errors?.[0]?.message).toContain("about 61 seconds");
    expect(first.errors?.[0]?.message).toContain("TEAMS_FILE");

    await pace.advance(1_000);
    // A quarter of the look-ups is left to questions.
    expect(ofGroups(asked.seen)).toHaveLength(75);
    const second = await asked.ask(TEAM_OF_ONE);
    const progress = second.errors?.[0]?.extensions as { done?: number; retryAfter?: number } | undefined;
    expect(second.errors?.map(({ extensions }) => extensions.code)).toContain("DIRECTORY_NOT_READY");
    expect(progress?.done).toBeGreaterThanOrEqual(60);
    expect(progress?.retryAfter).toBeGreaterThan(30);

    await pace.advance(61_000);
    const before = asked.seen.length;
    const { data, errors } = await asked.ask(TEAMS);
    expect(errors).toBeUndefined();
    expect(data.teams.nodes.filter(({ name }: { name: string | null }) => name !== null)).toHaveLength(115);
    expect(data.teams.nodes[0]).toEqual({ name: "Team 000", memberCount: 2 });
    expect(asked.seen.slice(before)).toEqual([]);
    expect(ofGroups(asked.seen)).toHaveLength(116);
  });

  test.each([
    ["teams", TEAMS],
    ["cost by team", BY_TEAM],
    ["the team and the groups of a person", TEAM_OF_ONE],
    ["the members of all groups", "{ groups(first: 1000) { nodes { members(first: 1) { totalCount } } } }"],
  ])("answers %s when it is there, beside its own requests alone", async (_what, query) => {
    const asked = gateway({ routes: organizationOf(115), settings: { MAX_UPSTREAM_REQUESTS: "5" } });
    const { errors } = await askUntilReady(asked, query);
    expect(errors).toBeUndefined();
    expect(await explain(asked, query)).toMatchObject({ lookups: 0 });
    expect(new Set(asked.seen.map(String)).size).toBe(asked.seen.length);
  });

  test("is in the plan with what it takes, and refuses nothing", async () => {
    const asked = gateway({ routes: organizationOf(115) });
    await asked.ask("{ groups { totalCount } }");
    const plan = await explain(asked, TEAMS);
    expect(plan.lookups).toBe(115);
    expect((await asked.ask(TEAMS)).errors?.[0]?.extensions.code).toBe("DIRECTORY_NOT_READY");
  });

  test("leaves the rest of the answer as it is", async () => {
    const { ask } = gateway({ routes: organizationOf(115) });
    const { data, errors } = await ask(`{ users(${DAY}, first: 1) { nodes { userId team } } }`);
    expect(data.users.nodes).toEqual([{ userId: "user_000", team: null }]);
    expect(errors?.map(({ path }) => path)).toEqual([["users", "nodes", 0, "team"]]);
  });

  test("has a group that is deleted meanwhile left out, not emptied", async () => {
    const routes = organizationOf(70);
    routes[membersPath(3)] = () => refusal(404, "not_found_error", "no such group");
    const { data, errors } = await askUntilReady(gateway({ routes }), TEAMS);
    expect(errors).toBeUndefined();
    expect(data.teams.nodes).toHaveLength(71);
    expect(data.teams.nodes.map(({ name }: { name: string }) => name)).not.toContain("Team 003");
  });

  test("is never answered from when upstream denies every group it lists", async () => {
    const routes = organizationOf(0);
    routes[PATHS.groups] = () => json(tokenPage([wireGroup(0), wireGroup(1)]));
    const { data, errors } = await gateway({ routes }).ask(TEAMS);
    expect(data.teams).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_SHAPE");
  });

  test.each([
    ["refuses for want of an allowance", () => refusal(429, "rate_limit_error", "no")],
    ["fails", () => refusal(503, "api_error", "no")],
    ["takes no page token any more", () => refusal(410, "gone", "no")],
  ])("is whole in the end though upstream %s half-way", async (_how, fault) => {
    const routes = organizationOf(80);
    let faults = 4;
    routes[membersPath(70)] = () =>
      faults-- > 0 ? fault() : json(tokenPage(membersIn(70).map(wireGroupMember)));
    const asked = gateway({ routes });
    const answered = async () => {
      for (;;) {
        const answer = await askUntilReady(asked, TEAMS);
        if (answer.errors === undefined) return answer;
      }
    };
    const { data } = await answered();
    expect(data.teams.nodes).toHaveLength(82);
    expect(
      data.teams.nodes.slice(0, 80).every((team: { memberCount: number }) => team.memberCount === 2),
    ).toBe(true);
    // What had been fetched before the fault was not asked for again.
    const others = ofGroups(asked.seen).filter(({ pathname }) => pathname !== membersPath(70));
    expect(new Set(others.map(String)).size).toBe(others.length);
  });

  test("ages: people who left are in no answer a day later, and a failing upstream is then reported", async () => {
    const routes = organizationOf(70);
    const asked = gateway({ routes });
    await askUntilReady(asked, TEAMS);
    asked.at("2026-11-23T11:59:00Z");
    for (const path of Object.keys(routes)) routes[path] = () => refusal(503, "api_error", "no");
    expect((await asked.ask(TEAMS)).errors).toBeUndefined();
    asked.at("2026-11-23T12:00:00Z");
    const { data, errors } = await asked.ask(TEAMS);
    expect(data.teams).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  });

  test("is fetched again before it ages, while answers come from what there is", async () => {
    const routes = organizationOf(70);
    const asked = gateway({ routes });
    await askUntilReady(asked, TEAMS);
    await asked.app.refreshDirectory();
    expect(ofGroups(asked.seen)).toHaveLength(71);
    asked.at("2026-11-23T00:30:00Z");
    routes[membersPath(0)] = () => json(tokenPage([wireGroupMember("user_new")]));
    await asked.app.refreshDirectory();
    expect((await asked.ask(TEAMS)).errors).toBeUndefined();
    await expect.poll(async () => (await asked.ask(TEAMS)).data.teams.nodes[0].memberCount).toBe(1);
    asked.at("2026-11-23T12:10:00Z");
    expect((await asked.ask(TEAMS)).errors).toBeUndefined();
  });

  test("is not fetched again when it was not needed for longer than a week", async () => {
    const asked = gateway({ routes: organizationOf(70) });
    await askUntilReady(asked, TEAMS);
    asked.at("2026-12-05T00:00:00Z");
    const before = asked.seen.length;
    await asked.app.refreshDirectory();
    await asked.app.dispose();
    expect(asked.seen.length).toBe(before);
  });

  test("stops at once when the process shuts down, and begins nothing after", async () => {
    const pace = simulatedPace();
    const settings = settingsOf({ LOOKUPS_PER_MINUTE: "20" });
    const asked = gateway({ routes: organizationOf(115), settings, pace });
    await asked.ask(TEAMS);
    await pace.advance(1_000);
    expect(ofGroups(asked.seen)).toHaveLength(15);
    asked.app.startDraining();
    await pace.advance(600_000);
    expect(ofGroups(asked.seen)).toHaveLength(15);
    expect((await asked.ask(TEAMS)).errors?.[0]?.extensions.code).toBe("DIRECTORY_NOT_READY");
    await pace.advance(600_000);
    expect(ofGroups(asked.seen).length).toBeLessThanOrEqual(16);
    await asked.app.dispose();
    expect(asked.faults).toEqual([]);
  });
});

/** So many members, the first of whom has `name`. */
function membersOf(people: number, name = "Person 0"): Record<string, Route> {
  const wireMember = (i: number) => ({
    id: `user_${i}`,
    added_at: "2026-01-05T09:00:00Z",
    email: `p${i}@ternplover.example`,
    name: i === 0 ? name : `Person ${i}`,
    role: "user",
    type: "user",
  });
  return {
    [PATHS.members]: (query) => {
      const after = query.get("after_id");
      const from = after === null ? 0 : Number(after.slice(5)) + 1;
      const rows = Array.from({ length: Math.min(1_000, people - from) }, (_, i) => wireMember(from + i));
      const last = rows.at(-1)?.id ?? null;
      return json({
        data: rows,
        first_id: rows[0]?.id ?? null,
        has_more: from + 1_000 < people,
        last_id: last,
      });
    },
  };
}

const nameOf = (i: number) => `{ user(email: "p${i}@ternplover.example") { name } }`;

test("members beyond ten pages are fetched behind an answer, and a name is then no request", async () => {
  const asked = gateway({ routes: membersOf(12_000), settings: { ANTHROPIC_ADMIN_KEY: "" } });
  const early = await asked.ask(nameOf(11_999));
  expect(early.errors?.[0]?.extensions).toMatchObject({
    code: "DIRECTORY_NOT_READY",
    dataset: "ENTERPRISE_MEMBERS",
  });
  const { data, errors } = await askUntilReady(asked, nameOf(11_999));
  expect(errors).toBeUndefined();
  expect(data.user.name).toBe("Person 11999");
  expect(asked.seen).toHaveLength(12);
});

describe("a question that reads a part from a slow store while it is fetched again", () => {
  interface Beside {
    readonly query: string;
    readonly routes: readonly [before: Record<string, Route>, after: Record<string, Route>];
    /** Part of the key of an entry. The question's read of it ends after the fetch. */
    readonly slowEntry: string;
    /** True if that read returns the entry as it was before the fetch. */
    readonly isOld: boolean;
  }

  /** Returns the answers to the question and to the next one. */
  async function answersBesideFetch({ query, routes: [before, after], slowEntry, isOld }: Beside) {
    const store = memorySharedStore(2 ** 24, () => Date.parse(NOW));
    const settings = settingsOf({ ANTHROPIC_ADMIN_KEY: "" });
    const first = gateway({ routes: before, store, settings });
    await askUntilReady(first, query);
    await first.app.dispose();

    const [isRead, isOver] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let reads = 0;
    const slow: SharedStore = {
      ...store,
      async get(key) {
        if (!key.includes(slowEntry) || reads++ > 0) return store.get(key);
        const bytes = await store.get(key);
        isRead.resolve();
        await isOver.promise;
        return isOld ? bytes : store.get(key);
      },
    };
    const asked = gateway({ routes: after, store: slow, settings, now: "2026-11-23T00:30:00Z" });
    const late = asked.ask(query);
    await isRead.promise;
    await asked.app.refreshDirectory();
    await expect.poll(() => asked.seen.length).toBe(first.seen.length);
    isOver.resolve();
    const answers = [await late, await asked.ask(query)];
    expect(asked.seen).toHaveLength(first.seen.length);
    await asked.app.dispose();
    return answers;
  }

  test("leaves the newer members to the next question", async () => {
    const [, next] = await answersBesideFetch({
      query: nameOf(0),
      routes: [membersOf(12_000), membersOf(12_000, "Renamed")],
      slowEntry: "after_id=user_999",
      isOld: false,
    });
    expect(next?.data.user.name).toBe("Renamed");
  });

  test("takes the newer page of a group", async () => {
    const after = organizationOf(70);
    after[membersPath(5)] = () => json(tokenPage(["a", "b", "c"].map(wireGroupMember)));
    const answers = await answersBesideFetch({
      query: TEAMS,
      routes: [organizationOf(70), after],
      slowEntry: `${groupId(5)}/members`,
      isOld: true,
    });
    for (const { data } of answers) expect(data.teams.nodes[5]).toEqual({ name: "Team 005", memberCount: 3 });
  });
});

describe.each([sqlite, redis])("replicas that share a directory in $name", ({ open, skip }) => {
  test.skipIf(skip)("have one of them fetch it, once for all", async () => {
    const routes = organizationOf(115);
    const settings = settingsOf();
    const stores: readonly SharedStore[] = [await open(), await open()];
    const replicas = stores.map((store) => gateway({ routes, store, settings, now: NOW }));
    const answers = await Promise.all(replicas.map((each) => askUntilReady(each, TEAMS)));
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data.teams.nodes).toHaveLength(117);
    }
    const seen = replicas.flatMap((each) => each.seen).map(String);
    expect(new Set(seen).size).toBe(seen.length);
    await Promise.all(replicas.map(({ app }) => app.dispose()));
  });

  test.skipIf(skip)("go on where one was killed, and a restart does not begin anew", async () => {
    const settings = settingsOf({ LOOKUPS_PER_MINUTE: "100" });
    const pace = simulatedPace();
    const killed = gateway({ routes: organizationOf(115), store: await open(), settings, pace });
    await killed.ask(TEAMS);
    await expect.poll(() => ofGroups(killed.seen).length).toBe(75);
    // Its time stands still from here on: it neither says that it ends nor goes on.
    const next = gateway({
      routes: organizationOf(115),
      store: await open(),
      settings: { ...settings, LOOKUPS_PER_MINUTE: "1000000" },
      now: "2026-11-22T12:02:00Z",
    });
    const { data, errors } = await askUntilReady(next, TEAMS);
    expect(errors).toBeUndefined();
    expect(data.teams.nodes).toHaveLength(117);
    expect(ofGroups(next.seen).length).toBeLessThan(50);
    await next.app.dispose();
    const restarted = gateway({ routes: {}, store: await open(), settings, now: "2026-11-22T12:03:00Z" });
    expect((await restarted.ask(TEAMS)).data.teams.nodes).toHaveLength(117);
    expect(restarted.seen).toEqual([]);
    await restarted.app.dispose();
    await killed.app.dispose();
  });
});
