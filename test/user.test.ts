import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gateway, json, type Route } from "./gateway.ts";
import {
  dayOfQuery,
  PATHS,
  reportPage,
  tokenPage,
  wireCost,
  wireDay,
  wireRecord,
  wireUser,
  wireUserCost,
} from "./wire.ts";

function wireMember(id: string, email: string) {
  return { type: "user", id, email, name: `Name of ${id}`, role: "user", added_at: "2026-01-05T00:00:00Z" };
}

function idPage<Row extends { id: string }>(data: readonly Row[]) {
  return { data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false };
}

/** The same path answers for the organization of the key it is asked with. */
const members: Route = (_query, { headers }) =>
  json(
    idPage(
      headers["x-api-key"]?.startsWith("sk-ant-api01-")
        ? [
            wireMember("user_ent_ada", "Ada@ternplover.example"),
            wireMember("user_ent_bo", "bo@ternplover.example"),
          ]
        : [
            wireMember("user_con_ada", "ada@Ternplover.example"),
            wireMember("user_con_cy", "cy@ternplover.example"),
          ],
    ),
  );

const person = (email: string) => ({ type: "user_actor", email_address: email });
const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

describe("several addresses of one person", () => {
  const ALIASES_FILE = join(mkdtempSync(join(tmpdir(), "aliases-")), "aliases.csv");
  writeFileSync(
    ALIASES_FILE,
    "email,alias\nada@ternplover.example,ada@old.example,ADA.L@ternplover.example\ncy@ternplover.example,bo@ternplover.example\n",
  );
  const TEAMS_FILE = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.json");
  writeFileSync(
    TEAMS_FILE,
    JSON.stringify([
      { email: "ada.l@ternplover.example", team: "Maps" },
      { email: "cy@ternplover.example", team: "Tea" },
    ]),
  );
  const routes: Record<string, Route> = {
    [PATHS.members]: members,
    [PATHS.claudeCode]: () =>
      json(
        reportPage([
          wireRecord(person("Ada@OLD.example"), { commits: 2 }),
          wireRecord(person("ada@ternplover.example"), { commits: 3, terminal: "tmux" }),
          wireRecord(person("eve@old.example"), { commits: 50 }),
        ]),
      ),
    [PATHS.userCost]: () =>
      json(
        reportPage([
          wireUserCost("user_old", "1", { email: "ada@old.example", deleted: true }),
          wireUserCost("user_ent_ada", "2", { email: "Ada@ternplover.example" }),
          wireUserCost("user_ent_bo", "4", { email: "bo@ternplover.example" }),
          wireUserCost("user_x", "8", { email: null }),
        ]),
      ),
    [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("16")])])),
  };
  const settings = { ALIASES_FILE, TEAMS_FILE };

  test("lead to the person, with the Claude Code of all of them", async () => {
    const { ask } = gateway({ routes, settings });
    const { data, errors } = await ask(
      `{ user(email: "Ada@Old.example") { userId email claudeCode(${DAY}) { records commits } team identities { organization userId matchedBy } }
         claudeCodeRecords(${DAY}, filter: { emails: ["ada.l@ternplover.example"] }) { nodes { commits user { userId } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.user).toEqual({
      userId: "user_ent_ada",
      email: "Ada@ternplover.example",
      claudeCode: { records: 2, commits: 5 },
      team: "Maps",
      identities: [
        { organization: "enterprise", userId: "user_ent_ada", matchedBy: "ID" },
        { organization: "console", userId: "user_con_ada", matchedBy: "EMAIL" },
      ],
    });
    expect(data.claudeCodeRecords.nodes).toEqual([
      { commits: 2, user: { userId: "user_ent_ada" } },
      { commits: 3, user: { userId: "user_ent_ada" } },
    ]);
  });

  test("join accounts of one human, in another organization or in the same", async () => {
    const { ask } = gateway({ routes, settings });
    const { data, errors } = await ask(
      `{ user(email: "cy@ternplover.example") { userId team identities { organization userId matchedBy } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.user).toEqual({
      userId: "user_ent_bo",
      team: "Tea",
      identities: [
        { organization: "enterprise", userId: "user_ent_bo", matchedBy: "ID" },
        { organization: "console", userId: "user_con_cy", matchedBy: "ALIAS" },
      ],
    });
  });

  test("put all that was used under any of them into the person's team", async () => {
    const { ask } = gateway({ routes, settings });
    const { data, errors } = await ask(
      `{ cost(${DAY}, bucket: NONE, groupBy: [TEAM], source: LEGACY) { nodes { team isUnassigned net { cents } } }
         teams(${DAY}) { nodes { name memberCount } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([
      { team: null, isUnassigned: true, net: { cents: "8" } },
      { team: "Tea", isUnassigned: false, net: { cents: "4" } },
      { team: "Maps", isUnassigned: false, net: { cents: "3" } },
      { team: null, isUnassigned: false, net: { cents: "1" } },
    ]);
    expect(data.teams.nodes).toEqual([
      { name: "Maps", memberCount: 1 },
      { name: "Tea", memberCount: 1 },
      { name: null, memberCount: null },
      { name: null, memberCount: null },
    ]);
  });
});

describe("a person is one across products", () => {
  test("Claude Code is joined by email, letter case aside, and all records are added up", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage([wireUser("user_ent_ada", { email: "Ada@ternplover.example" })])),
        [PATHS.claudeCode]: () =>
          json(
            reportPage([
              wireRecord(person("ADA@ternplover.example"), { commits: 2, cents: 10.25 }),
              wireRecord(person("somebody@else.example"), { commits: 50 }),
              wireRecord(person("ada@ternplover.example"), { commits: 3, cents: 0.5, terminal: "tmux" }),
            ]),
          ),
      },
    });
    const { data, errors } = await ask(
      `{ users(${DAY}) { nodes { claudeCode { records commits estimated { cents usd } toolActions { tool accepted } models { model inputTokens } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.users.nodes[0].claudeCode).toEqual({
      records: 2,
      commits: 5,
      estimated: { cents: "10.75", usd: "0.1075" },
      toolActions: [
        { tool: "edit_tool", accepted: 6 },
        { tool: "brand_new_tool", accepted: 2 },
      ],
      models: [{ model: "claude-sonnet-5", inputTokens: 2 }],
    });
  });

  test("costs are matched by id, never by position", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage(["user_a", "user_b", "user_c"].map((id) => wireUser(id)))),
        [PATHS.userCost]: () => json(reportPage([wireUserCost("user_c", "3"), wireUserCost("user_a", "1")])),
      },
    });
    const { data } = await ask(`{ users(${DAY}) { nodes { userId cost { net { cents } } } } }`);
    expect(data.users.nodes).toEqual([
      { userId: "user_a", cost: { net: { cents: "1" } } },
      { userId: "user_b", cost: null },
      { userId: "user_c", cost: { net: { cents: "3" } } },
    ]);
    expect(seen.map((url) => url.pathname)).toEqual([PATHS.users, PATHS.userCost]);
  });

  test("identities in both organizations are found by email", async () => {
    const { ask } = gateway({ routes: { [PATHS.members]: members } });
    const { data, errors } = await ask(
      `{ user(email: "ADA@ternplover.EXAMPLE") { userId email name status role identities { organization userId matchedBy } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.user).toEqual({
      userId: "user_ent_ada",
      email: "Ada@ternplover.example",
      name: "Name of user_ent_ada",
      status: "ACTIVE",
      role: "user",
      identities: [
        { organization: "enterprise", userId: "user_ent_ada", matchedBy: "ID" },
        { organization: "console", userId: "user_con_ada", matchedBy: "EMAIL" },
      ],
    });
  });

  test("someone only the Console knows is found too", async () => {
    const { ask } = gateway({ routes: { [PATHS.members]: members } });
    const { data, errors } = await ask(
      `{ user(email: "cy@ternplover.example") { userId activity(${DAY}) { webSearches } cost(${DAY}) { net { cents } } identities { organization } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.user).toEqual({
      userId: "user_con_cy",
      activity: null,
      cost: null,
      identities: [{ organization: "console" }],
    });
  });

  test("is found by each of several askers of one id", async () => {
    const { ask } = gateway({ routes: { [PATHS.members]: members } });
    const { data: found } = await ask(`{ user(email: "bo@ternplover.example") { id } }`);
    const { data, errors } = await ask(
      `query ($id: ID!, $ids: [ID!]!) { a: node(id: $id) { ...who } b: node(id: $id) { ...who } nodes(ids: $ids) { ...who } }
       fragment who on User { userId }`,
      { id: found.user.id, ids: [found.user.id, found.user.id] },
    );
    const bo = { userId: "user_ent_bo" };
    expect(errors).toBeUndefined();
    expect(data).toEqual({ a: bo, b: bo, nodes: [bo, bo] });
  });

  test("a Console id and an Enterprise id of one human lead to the same person", async () => {
    const { ask } = gateway({ routes: { [PATHS.members]: members } });
    const { data } = await ask(
      `{ a: user(id: "user_con_ada") { id userId } b: user(id: "user_ent_ada") { id userId } }`,
    );
    expect(data.a).toEqual(data.b);
    const again = await ask(
      `query ($id: ID!) { node(id: $id) { ... on User { userId } } user(id: $id) { userId } }`,
      { id: data.a.id },
    );
    expect(again.data).toEqual({ node: { userId: "user_ent_ada" }, user: { userId: "user_ent_ada" } });
  });
});

describe("Claude Code records", () => {
  const records = [
    wireRecord(person("Bo@ternplover.example")),
    wireRecord({ type: "api_actor", api_key_name: "ci" }, { commits: 1 }),
    wireRecord({ type: "api_actor", api_key_name: "ci" }, { commits: 2 }),
    wireRecord(person("stranger@elsewhere.example")),
    wireRecord({ type: "quantum_actor" }),
  ];
  const routes = {
    [PATHS.claudeCode]: () => json(reportPage(records)),
    [PATHS.members]: members,
  };

  test("list every actor: people, keys, strangers and kinds not known yet", async () => {
    const { ask } = gateway({ routes });
    const { data, errors } =
      await ask(`{ claudeCodeRecords(${DAY}) { totalCount nodes { id date commits user { userId } actor {
      __typename ... on UserActor { email user { userId } } ... on ApiKeyActor { name } ... on UnknownActor { type } } } } }`);
    expect(errors).toBeUndefined();
    expect(data.claudeCodeRecords.totalCount).toBe(5);
    expect(
      data.claudeCodeRecords.nodes.map((node: { actor: object; user: object | null }) => [
        node.actor,
        node.user,
      ]),
    ).toEqual([
      [
        { __typename: "UserActor", email: "Bo@ternplover.example", user: { userId: "user_ent_bo" } },
        { userId: "user_ent_bo" },
      ],
      [{ __typename: "ApiKeyActor", name: "ci" }, null],
      [{ __typename: "ApiKeyActor", name: "ci" }, null],
      [{ __typename: "UserActor", email: "stranger@elsewhere.example", user: null }, null],
      [{ __typename: "UnknownActor", type: "quantum_actor" }, null],
    ]);
  });

  test("of two keys of one name have different ids, and each id finds its record", async () => {
    const { ask } = gateway({ routes });
    const { data } = await ask(`{ claudeCodeRecords(${DAY}) { nodes { id commits } } }`);
    const ids = data.claudeCodeRecords.nodes.map((node: { id: string }) => node.id);
    expect(new Set(ids).size).toBe(5);
    const again = await ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ClaudeCodeRecord { commits } } }`,
      { ids },
    );
    expect(again.errors).toBeUndefined();
    expect(again.data.nodes).toEqual(data.claudeCodeRecords.nodes);
  });

  test("that differ in their estimated cost alone have different ids, and each id finds its amount", async () => {
    const twins = [5, 7.25].map((cents) => wireRecord({ type: "api_actor", api_key_name: "ci" }, { cents }));
    const { ask } = gateway({ routes: { [PATHS.claudeCode]: () => json(reportPage(twins)) } });
    const { data } = await ask(`{ claudeCodeRecords(${DAY}) { nodes { id estimated { cents } } } }`);
    const { nodes } = data.claudeCodeRecords;
    expect(nodes.map(({ estimated }: { estimated: object }) => estimated)).toEqual([
      { cents: "5" },
      { cents: "7.25" },
    ]);
    const again = await ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ClaudeCodeRecord { estimated { cents } } } }`,
      { ids: nodes.map(({ id }: { id: string }) => id) },
    );
    expect(again.errors).toBeUndefined();
    expect(again.data.nodes).toEqual(nodes);
  });

  test("have ids that take the gateway's secret to compute, so that amounts cannot be tried", async () => {
    const idWith = async (PSEUDONYM_KEY: string) => {
      const { ask } = gateway({ routes, settings: { PSEUDONYM_KEY } });
      const { data } = await ask(`{ claudeCodeRecords(${DAY}, first: 1) { nodes { id } } }`);
      return data.claudeCodeRecords.nodes[0].id;
    };
    const id = await idWith("a".repeat(32));
    expect(await idWith("a".repeat(32))).toBe(id);
    expect(await idWith("b".repeat(32))).not.toBe(id);
  });

  test("are filtered by the gateway, since upstream cannot", async () => {
    const { ask, seen } = gateway({ routes });
    const { data } = await ask(
      `{ claudeCodeRecords(${DAY}, filter: { emails: ["BO@ternplover.example"] }) { totalCount nodes { commits } } }`,
    );
    expect(data.claudeCodeRecords).toEqual({ totalCount: 1, nodes: [{ commits: 1 }] });
    expect(seen.every((url) => !url.search.includes("ternplover"))).toBe(true);
  });

  test("of one person come from the same pages for everyone on the page, oldest first", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () =>
          json(
            tokenPage([
              wireUser("user_1", { email: "bo@ternplover.example" }),
              wireUser("user_2", { email: "di@ternplover.example" }),
            ]),
          ),
        [PATHS.claudeCode]: (query) =>
          json(
            reportPage([
              wireRecord(person("bo@ternplover.example"), { day: dayOfQuery(query) }),
              wireRecord(person("di@ternplover.example"), { day: dayOfQuery(query) }),
              wireRecord(person("bo@ternplover.example"), { day: dayOfQuery(query), terminal: "tmux" }),
            ]),
          ),
      },
    });
    const query = `query ($after: String) { users(range: { last: { days: 3 } }) { nodes { claudeCode { records }
      claudeCodeRecords(first: 2, after: $after) { nodes { date terminalType } pageInfo { hasNextPage endCursor } } } } }`;
    const { data } = await ask(query);
    expect(seen.filter((url) => url.pathname === PATHS.claudeCode)).toHaveLength(3);
    const [bo, di] = data.users.nodes;
    expect([bo.claudeCode.records, di.claudeCode.records]).toEqual([6, 3]);
    expect(bo.claudeCodeRecords.nodes).toEqual([
      { date: "2026-11-19", terminalType: "vscode" },
      { date: "2026-11-19", terminalType: "tmux" },
    ]);
    expect(bo.claudeCodeRecords.pageInfo.hasNextPage).toBe(true);
    const next = await ask(
      `query ($after: String) { users(range: { last: { days: 3 } }, first: 1) { nodes { claudeCodeRecords(first: 9, after: $after) { nodes { date } } } } }`,
      { after: bo.claudeCodeRecords.pageInfo.endCursor },
    );
    expect(
      next.data.users.nodes[0].claudeCodeRecords.nodes.map((record: { date: string }) => record.date),
    ).toEqual(["2026-11-20", "2026-11-20", "2026-11-21", "2026-11-21"]);
    const foreign = await ask(query, { after: bo.claudeCodeRecords.pageInfo.endCursor });
    expect(foreign.errors?.map((error) => [error.path?.[2], error.extensions.code])).toEqual([
      [1, "CURSOR_INVALID"],
    ]);
  });
});

describe("people who are gone", () => {
  const routes = {
    [PATHS.members]: members,
    [PATHS.userCost]: () =>
      json(
        reportPage([
          wireUserCost("user_left", "9", { email: "left@ternplover.example", deleted: true }),
          wireUserCost("user_erased", "8", { email: null, deleted: true }),
          wireUserCost("user_robot", "7", { email: null }),
          wireUserCost("user_ent_bo", "6", { email: "bo@ternplover.example" }),
        ]),
      ),
  };

  test("are listed with what is still known of them, which the member list does not say", async () => {
    const { ask } = gateway({ routes });
    const { data, errors } = await ask(
      `{ cost(${DAY}, bucket: NONE, groupBy: [USER]) { nodes { net { cents } email accountStatus user { email status } } } }`,
    );
    expect(errors).toBeUndefined();
    const nobody = { email: null, status: "UNKNOWN" };
    const bo = { email: "bo@ternplover.example", status: "ACTIVE" };
    expect(data.cost.nodes).toEqual([
      {
        net: { cents: "9" },
        email: "left@ternplover.example",
        accountStatus: "DEPARTED",
        user: nobody,
      },
      { net: { cents: "8" }, email: null, accountStatus: "DELETED", user: nobody },
      { net: { cents: "7" }, email: null, accountStatus: "UNKNOWN", user: nobody },
      { net: { cents: "6" }, email: bo.email, accountStatus: "ACTIVE", user: bo },
    ]);
  });
});

describe("ranges", () => {
  test("of a row are those of the list, and of the person those that are requested", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage([wireUser("user_a", { messages: 4 })])),
        [PATHS.userCost]: () => json(reportPage([wireUserCost("user_a", "1")])),
      },
    });
    await ask(`{ users(range: { period: LAST_MONTH }) { range { from until } nodes {
      activity { chat { messages } } cost { net { cents } } user { cost(range: { between: { from: "2026-06-10", until: "2026-06-20" } }) { net { cents } }
      activity(range: { period: YESTERDAY }) { chat { messages } } } } } }`);
    const asked = seen.map((url) => [
      url.pathname.split("/").at(-1),
      url.searchParams.get("starting_at") ??
        url.searchParams.get("starting_date") ??
        url.searchParams.get("date"),
    ]);
    expect(asked.sort()).toEqual([
      ["user_cost_report", "2026-06-10T00:00:00Z"],
      ["user_cost_report", "2026-10-01T00:00:00Z"],
      ["users", "2026-10-01"],
      ["users", "2026-11-21"],
    ]);
  });

  test("say what they came to, and leave off days that have not come", async () => {
    const { ask } = gateway({
      routes: { [PATHS.users]: () => json(tokenPage([])), [PATHS.cost]: () => json(reportPage([])) },
    });
    const { data } = await ask(`{
      users(range: { period: MONTH_TO_DATE }) { range { from until } }
      cost(range: { between: { from: "2026-11-01", until: "2027-03-01" } }, bucket: DAY) { range { from until } }
    }`);
    expect(data).toEqual({
      users: { range: { from: "2026-11-01", until: "2026-11-22" } },
      cost: { range: { from: "2026-11-01", until: "2026-11-23" } },
    });
  });
});

test("the sandbox's people are stitched: every node type is found again by its id with the same figures", async () => {
  const { ask, faults } = gateway({ sandbox: { users: 80 } });
  const { data, errors } = await ask(`{
    users(range: { last: { days: 7 } }, first: 3) { nodes { id userId email } }
    projects(range: { last: { days: 7 } }, first: 3) { nodes { id title: name messages users createdBy { email } } }
    skills(range: { last: { days: 7 } }, first: 3) { nodes { id name users invocations } }
    connectors(range: { last: { days: 7 } }, first: 3) { nodes { id name users readCalls } }
    claudeCodeRecords(range: { last: { days: 2 } }, first: 3) { nodes { id date sessions estimated { cents } } }
    usage(range: { last: { days: 7 } }, organization: "console", bucket: NONE, groupBy: [API_KEY, WORKSPACE], first: 10) {
      nodes { apiKey { id name status } workspace { id name isDefault } }
    }
  }`);
  expect(errors).toBeUndefined();
  const keyed = data.usage.nodes
    .flatMap(({ apiKey, workspace }: { apiKey: object | null; workspace: object | null }) => [
      apiKey,
      workspace,
    ])
    .filter(Boolean);
  const nodes = [
    ...data.users.nodes,
    ...data.projects.nodes,
    ...data.skills.nodes,
    ...data.connectors.nodes,
    ...data.claudeCodeRecords.nodes,
    ...keyed,
  ];
  expect(nodes.length).toBeGreaterThan(20);
  const again = await ask(
    `query ($ids: [ID!]!) { nodes(ids: $ids) {
      id
      ... on UserSummary { userId email }
      ... on Project { title: name messages users createdBy { email } }
      ... on Skill { name users invocations }
      ... on Connector { name users readCalls }
      ... on ClaudeCodeRecord { date sessions estimated { cents } }
      ... on ApiKey { name status }
      ... on Workspace { name isDefault }
    } }`,
    { ids: nodes.map(({ id }: { id: string }) => id) },
  );
  expect(faults).toEqual([]);
  expect(again.errors).toBeUndefined();
  expect(again.data.nodes).toEqual(nodes);
});

test("usage of a key says where the key belongs and who made it, across the organizations", async () => {
  const { ask } = gateway({ sandbox: { users: 80 } });
  const { data, errors } =
    await ask(`{ usage(range: { last: { days: 30 } }, organization: "console", bucket: NONE, groupBy: [API_KEY, WORKSPACE, USER], first: 200) {
    source nodes { apiKey { name workspace { name } createdBy { email identities { organization matchedBy } } } workspace { name isDefault } user { email } } } }`);
  expect(errors).toBeUndefined();
  expect(data.usage.source).toBe("LEGACY");
  const rows: {
    apiKey: { name: string; workspace: { name: string } | null; createdBy: { email: string } | null } | null;
    workspace: { isDefault: boolean } | null;
  }[] = data.usage.nodes;
  expect(rows.some(({ apiKey }) => apiKey?.createdBy?.email.endsWith(".example"))).toBe(true);
  expect(rows.some(({ workspace }) => workspace?.isDefault)).toBe(true);
});

test("a key says as whom it acts: a person, a service account, or no principal", async () => {
  const wireKey = (id: string, principal: object | null) => ({
    type: "api_key",
    id,
    name: id,
    status: "active",
    created_at: "2026-01-05T00:00:00Z",
    created_by: null,
    expires_at: null,
    partial_key_hint: null,
    principal,
    scope: { type: "organization" },
  });
  const { ask } = gateway({
    routes: {
      [PATHS.members]: members,
      [PATHS.apiKeys]: () =>
        json(
          idPage([
            wireKey("apikey_person", { type: "user_actor", user_id: "user_con_ada" }),
            wireKey("apikey_service", { type: "service_account_actor", service_account_id: "svac_1" }),
            wireKey("apikey_nobody", null),
            wireKey("apikey_later", { type: "quantum_actor" }),
          ]),
        ),
    },
  });
  const ids = ["person", "service", "nobody", "later"].map((who) =>
    Buffer.from(`ApiKey:apikey_${who}`).toString("base64url"),
  );
  const { data, errors } = await ask(
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ApiKey { principal { userId } serviceAccountId } } }`,
    { ids },
  );
  expect(errors).toBeUndefined();
  expect(data.nodes).toEqual([
    { principal: { userId: "user_ent_ada" }, serviceAccountId: null },
    { principal: null, serviceAccountId: "svac_1" },
    { principal: null, serviceAccountId: null },
    { principal: null, serviceAccountId: null },
  ]);
});

test("a block the organization does not have is null, one that it has is read", async () => {
  const plain = wireUser("user_a");
  const merged = {
    ...wireUser("user_b"),
    chat_cowork_unified_metrics: {
      chat: { ...plain.chat_metrics, message_count: 7 },
      sessions: { ...plain.cowork_metrics, action_count: 3 },
    },
    claude_tag_metrics: { active_day_count: 2, active_message_count: null },
  };
  const { ask } = gateway({ routes: { [PATHS.users]: () => json(tokenPage([plain, merged])) } });
  const { data, errors } = await ask(
    `{ users(${DAY}) { nodes { activity { chatCowork { chat { messages } sessions { actions } } claudeTag { activeDays messages } } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.users.nodes.map(({ activity }: { activity: object }) => activity)).toEqual([
    { chatCowork: null, claudeTag: null },
    {
      chatCowork: { chat: { messages: 7 }, sessions: { actions: 3 } },
      claudeTag: { activeDays: 2, messages: null },
    },
  ]);
});
