import { describe, expect, test } from "vitest";
import { gateway, json, refusal } from "./gateway.ts";
import { sqlite } from "./stores/stores.ts";
import { PATHS, tokenPage, wireSkill, wireUser } from "./wire.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;
const PATH_OF = {
  users: PATHS.users,
  projects: PATHS.projects,
  skills: PATHS.skills,
  connectors: PATHS.connectors,
} as const;

const globalId = (text: string) => Buffer.from(text).toString("base64url");

/** Lists that are all empty. */
function empty() {
  const page = () => json(tokenPage([]));
  return gateway({ routes: Object.fromEntries(Object.values(PATH_OF).map((path) => [path, page])) });
}

describe("a filter goes upstream as dimension:value, one entry per value", () => {
  test.each<[keyof typeof PATH_OF, string, string[]]>([
    [
      "users",
      `{ users: ["user_b", "user_a"], groups: ["rbac_group_1"] }`,
      ["rbac_group_id:rbac_group_1", "user_id:user_a", "user_id:user_b"],
    ],
    ["users", `{ projects: ["claude_proj_1"] }`, ["project_id:claude_proj_1"]],
    [
      "projects",
      `{ projects: ["claude_proj_1"], users: ["user_a"] }`,
      ["project_id:claude_proj_1", "user_id:user_a"],
    ],
    [
      "skills",
      `{ products: ["chat"], names: ["docx"], shareStatuses: ["public"], groups: ["11111111-1111-4111-8111-111111111111"] }`,
      [
        "product:chat",
        "rbac_group_id:11111111-1111-4111-8111-111111111111",
        "share_status:public",
        "skill_name:docx",
      ],
    ],
    [
      "connectors",
      `{ names: ["a: b"], products: ["cowork", "cowork"] }`,
      ["connector_name:a: b", "product:cowork"],
    ],
  ])("%s %s", async (field, filter, entries) => {
    const { ask, seen } = empty();
    const { errors } = await ask(`{ ${field}(${WEEK}, filter: ${filter}) { totalCount } }`);
    expect(errors).toBeUndefined();
    expect(seen.map((url) => [url.pathname, url.searchParams.getAll("filter[]")])).toEqual([
      [PATH_OF[field], entries],
    ]);
  });

  test("ids of this graph are taken as those of upstream", async () => {
    const { ask, seen } = empty();
    const ids = {
      users: [globalId("User:user_a"), "user_a"],
      projects: [globalId("Project:2026-11-01:2026-11-02:claude_proj_1"), "claude_proj_2"],
    };
    const { errors } = await ask(
      `query ($filter: UserFilter) { users(${WEEK}, filter: $filter) { totalCount } }`,
      { filter: ids },
    );
    expect(errors).toBeUndefined();
    expect(seen[0]?.searchParams.getAll("filter[]")).toEqual([
      "project_id:claude_proj_1",
      "project_id:claude_proj_2",
      "user_id:user_a",
    ]);
  });

  test("null, and nothing but nulls, does not filter", async () => {
    const { ask, seen } = empty();
    await ask(
      `{ a: skills(${WEEK}, filter: null) { totalCount } b: skills(${WEEK}, filter: { names: null }) { totalCount } }`,
    );
    expect(seen.map((url) => url.searchParams.has("filter[]"))).toEqual([false]);
  });
});

describe("a filter that cannot be served says what would work, and asks nothing", () => {
  const many = (count: number) =>
    JSON.stringify(Array.from({ length: count }, (_, i) => `user_${String(i).padStart(3, "0")}`));

  test.each<[string, string, RegExp]>([
    [
      "projects",
      `{ names: ["x"] }`,
      /`projects` cannot filter by `names`; it filters by users, groups, projects/,
    ],
    ["projects", `{ products: ["chat"] }`, /filters by users, groups, projects/],
    ["skills", `{ projects: ["claude_proj_1"] }`, /filters by users, groups, products, names, shareStatuses/],
    [
      "plugins",
      `{ products: ["cowork", "chat"] }`,
      /has no "chat" among its `products`; it filters by claude_code, cowork, chat_cowork_unified/,
    ],
    [
      "artifacts",
      `{ products: ["office_agent"] }`,
      /has no "office_agent" .* chat, claude_code, cowork, chat_cowork_unified/,
    ],
    ["skills", `{ shareStatuses: ["shared"] }`, /has no "shared" .* organization, private, public/],
    ["connectors", `{ shareStatuses: ["public"] }`, /filters by users, groups, products, names\./],
    ["users", `{ projects: ["claude_proj_1"], groups: ["rbac_group_1"] }`, /exclude each other/],
    ["users", `{ users: [] }`, /`filter.users` has no values; it must have 1 to 100/],
    ["skills", `{ names: [""] }`, /empty value/],
    ["users", `{ users: ${many(101)} }`, /101 values; upstream accepts at most 100/],
    ["skills", `{ users: ${many(99)}, names: ["a", "b"] }`, /101 values/],
    [
      "users",
      `{ users: ["${globalId("Project:2026-11-01:2026-11-02:x")}"] }`,
      /id of a Project, not of a User/,
    ],
    ["users", `{ users: ["ada@ternplover.example"] }`, /not an id of this API/],
    ["projects", `{ projects: ["${globalId("Project:x")}"] }`, /damaged/],
  ])("%s %s", async (field, filter, message) => {
    const { ask, seen } = empty();
    const { data, errors } = await ask(`{ ${field}(${WEEK}, filter: ${filter}) { totalCount } }`);
    expect(data).toEqual({ [field]: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
    expect(errors?.[0]?.message).toMatch(message);
    expect(seen).toEqual([]);
  });
});

test("a hundred people are one request", async () => {
  const { ask, seen } = empty();
  const users = Array.from({ length: 100 }, (_, i) => `user_${i}`);
  const { errors } = await ask(
    `query ($users: [String!]) { users(${WEEK}, filter: { users: $users }) { totalCount } }`,
    { users },
  );
  expect(errors).toBeUndefined();
  expect(seen.map((url) => url.searchParams.getAll("filter[]").length)).toEqual([100]);
});

test("a cursor fits its own filter only", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const page = (filter: string, after: string | null) =>
    ask(
      `query ($after: String) { skills(range: { last: { days: 7 } }, filter: ${filter}, first: 1, after: $after) { nodes { name } pageInfo { endCursor } } }`,
      { after },
    );
  const first = await page(`{ products: ["chat", "cowork"] }`, null);
  const after = first.data.skills.pageInfo.endCursor;
  expect((await page(`{ products: ["cowork", "chat"] }`, after)).errors).toBeUndefined();
  const other = await page(`{ products: ["chat"] }`, after);
  expect(other.errors?.[0]?.extensions.code).toBe("CURSOR_INVALID");
});

describe("a list under a filter of the sandbox", () => {
  const range = `range: { last: { days: 14 } }`;

  test("holds the use of the people named, and no other", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data } = await ask(
      `{ users(${range}, first: 3) { nodes { id userId } } skills(${range}) { nodes { name users } } }`,
    );
    const [one, two] = data.users.nodes;
    const { data: some, errors } = await ask(
      `query ($users: [String!]) { users(${range}, filter: { users: $users }) { nodes { userId } } skills(${range}, filter: { users: $users }) { nodes { name users } } }`,
      { users: [two.userId, one.id] },
    );
    expect(errors).toBeUndefined();
    expect(some.users.nodes).toEqual([{ userId: one.userId }, { userId: two.userId }]);
    expect(some.skills.nodes.length).toBeGreaterThan(0);
    const names = new Set(data.skills.nodes.map(({ name }: { name: string }) => name));
    for (const { name, users } of some.skills.nodes) {
      expect(names.has(name)).toBe(true);
      expect(users).toBeLessThanOrEqual(2);
    }
  });

  test("has separate ids, by which `node` finds the same figures again", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const skills = (filter: string) =>
      ask(`{ skills(${range}, first: 1${filter}) { nodes { id name users chat { conversations } } } }`);
    const whole = (await skills("")).data.skills.nodes[0];
    const part = (await skills(`, filter: { names: ["${whole.name}"], products: ["chat"] }`)).data.skills
      .nodes[0];
    expect(part.name).toBe(whole.name);
    expect(part.id).not.toBe(whole.id);
    const { data, errors } = await ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Skill { name users chat { conversations } } } }`,
      { ids: [whole.id, part.id] },
    );
    expect(errors).toBeUndefined();
    expect(data.nodes).toEqual([whole, part]);
  });

  const LONG = { users: Array.from({ length: 100 }, (_, i) => `user_${i}_01Hq7Zc3vKpWnT5rYd8sLmBx`) };
  const LONG_NAME = "a skill of a long name ".repeat(40);
  const SKILLS = `query ($filter: EngagementFilter) { skills(${WEEK}, filter: $filter) { nodes { id name users } } }`;
  const NODE = `query ($id: ID!) { node(id: $id) { id ... on Skill { name users } } }`;
  const routes = {
    [PATHS.skills]: () => json(tokenPage([wireSkill("docx"), wireSkill(LONG_NAME, { users: 7 })])),
  };

  test("is found again by `node` even where its filter or its name is too long for an id", async () => {
    const { ask, seen } = gateway({ routes });
    for (const filter of [LONG, { products: ["chat"] }, undefined]) {
      const { data } = await ask(SKILLS, { filter });
      for (const skill of data.skills.nodes) {
        expect(skill.id.length).toBeLessThan(256);
        const again = await ask(NODE, { id: skill.id });
        expect(again.errors).toBeUndefined();
        expect(again.data.node).toEqual(skill);
      }
    }
    expect(Math.max(...seen.map((url) => url.searchParams.getAll("filter[]").length))).toBe(100);
  });

  test("is found by another replica of the store, and NOT_FOUND where its long filter is not known", async () => {
    const { data } = await gateway({ routes, store: await sqlite.open() }).ask(SKILLS, { filter: LONG });
    const [{ id, users }] = data.skills.nodes;
    const replica = await gateway({ routes, store: await sqlite.open() }).ask(NODE, { id });
    expect(replica.data.node).toEqual({ id, name: "docx", users });
    const stranger = gateway({ routes });
    const { errors } = await stranger.ask(NODE, { id });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_FOUND"]);
    expect(errors?.[0]?.message).toContain("Query the list again");
    expect(stranger.seen).toEqual([]);
  });

  test("has one id for one thing, whichever others its list leaves out", async () => {
    const { ask } = gateway({ routes });
    const all = await ask(SKILLS);
    const some = await ask(SKILLS, { filter: { names: ["docx"] } });
    expect(some.data.skills.nodes[0]).toEqual(all.data.skills.nodes[0]);
  });

  test("an id with a filter its list does not know is refused", async () => {
    const { ask, seen } = empty();
    const terms = [
      `{"filter":{"projects":["claude_proj_1"]}}`,
      `{"filter":{"constructor":["x"]}}`,
      `{"overlap":"SPLIT"}`,
      `{"organization":"CONSOLE"}`,
      `{"projects":["claude_proj_1"]}`,
      `{"filter":["x"]}`,
    ];
    const ids = [
      `["2026-11-01"`,
      `[1,2]`,
      ...terms.map((each) => `["2026-11-01","2026-11-02","docx",${each}]`),
    ].map((own) => globalId(`Skill:${own}`));
    const { data, errors } = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
    expect(data.nodes).toEqual(ids.map(() => null));
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["BAD_USER_INPUT"]));
    expect(seen).toEqual([]);
  });
});

test("activity of a row is what passes the filter of the list, that of the person is all of it", async () => {
  const { ask, seen } = gateway({
    routes: {
      [PATHS.users]: (query) => {
        const [entry = ""] = query.getAll("filter[]");
        if (entry.startsWith("project_id:")) return json(tokenPage([wireUser("user_a", { messages: 2 })]));
        return entry === "user_id:user_a"
          ? json(tokenPage([wireUser("user_a", { messages: 9 })]))
          : refusal(400, "invalid_request_error", "unexpected");
      },
    },
  });
  const { data, errors } = await ask(
    `{ users(${WEEK}, filter: { projects: ["claude_proj_1"] }) { nodes { there: activity { chat { messages } } user { activity(${WEEK}) { chat { messages } } } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.users.nodes).toEqual([
    { there: { chat: { messages: 2 } }, user: { activity: { chat: { messages: 9 } } } },
  ]);
  expect(seen).toHaveLength(2);
});
