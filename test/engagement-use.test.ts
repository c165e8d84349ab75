import { describe, expect, test } from "vitest";
import { gateway, json, type Route } from "./gateway.ts";
import { PATHS, tokenPage, wireConnector, wireSkill, wireUser } from "./wire.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

const isSplit = (query: URLSearchParams) => query.getAll("group_by[]").join() === "user_id";

const filters = (url: URL) => url.searchParams.getAll("filter[]");

/** Skills in all, and by person. */
function skills(whole: readonly object[], split: readonly object[]): Route {
  return (query) => json(tokenPage(isSplit(query) ? split : whole));
}

describe("use by person", () => {
  test("is one request for a page of people, matched by id, most used first", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage(["user_a", "user_b", "user_c"].map((id) => wireUser(id)))),
        [PATHS.skills]: skills(
          [],
          [
            wireSkill("docx", { userId: "user_c", invocations: 1 }),
            wireSkill("pdf", { userId: "user_a", invocations: null }),
            wireSkill("pdf", { userId: "user_c", invocations: 4, listPrice: "2.50" }),
            wireSkill("xlsx", { userId: "user_c", invocations: 0 }),
            wireSkill("pdf", { userId: "user_elsewhere", invocations: 9 }),
          ],
        ),
      },
    });
    const { data, errors } = await ask(
      `{ users(${WEEK}) { nodes { userId skills { name invocations listPrice { cents } user { userId } } } } }`,
    );
    expect(errors).toBeUndefined();
    const use = (userId: string, name: string, invocations: number | null, cents: string | null = null) => ({
      name,
      invocations,
      listPrice: cents === null ? null : { cents },
      user: { userId },
    });
    expect(data.users.nodes).toEqual([
      { userId: "user_a", skills: [use("user_a", "pdf", null)] },
      { userId: "user_b", skills: [] },
      {
        userId: "user_c",
        skills: [use("user_c", "pdf", 4, "2.50"), use("user_c", "docx", 1), use("user_c", "xlsx", 0)],
      },
    ]);
    expect(seen.map((url) => [url.pathname, filters(url)])).toEqual([
      [PATHS.users, []],
      [PATHS.skills, ["user_id:user_a", "user_id:user_b", "user_id:user_c"]],
    ]);
  });

  test("beyond a hundred people is the whole list, which serves everyone", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 150 } });
    const { data, errors } = await ask(
      `{ users(range: { last: { days: 14 } }, first: 1000) { nodes { userId skills { name } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.users.nodes.length).toBeGreaterThan(100);
    expect(seen.filter(({ pathname }) => pathname === PATHS.skills).map(filters)).toEqual([[]]);
  });

  test("and what everyone made of it are two requests more than the people, whatever the page", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage(["user_a", "user_b"].map((id) => wireUser(id)))),
        [PATHS.skills]: skills(
          // By a display name, upstream finds others too.
          [wireSkill("PDF", { users: 70 }), wireSkill("pdf", { users: 7 })],
          [wireSkill("pdf", { userId: "user_a" }), wireSkill("docx", { userId: "user_b" })],
        ),
      },
    });
    const { data, errors } = await ask(`{ users(${WEEK}) { nodes { skills { skill { name users } } } } }`);
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([
      { skills: [{ skill: { name: "pdf", users: 7 } }] },
      { skills: [{ skill: null }] },
    ]);
    expect(seen.map(filters)).toEqual([
      [],
      ["user_id:user_a", "user_id:user_b"],
      ["skill_name:docx", "skill_name:pdf"],
    ]);
  });

  const DAY = `range: { between: { from: "2026-11-01", until: "2026-11-02" } }`;

  test("over another range than the list's are asked of the person", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.users]: (query) =>
          json(tokenPage([wireUser("user_a", { messages: query.has("date") ? 1 : 7 })])),
        [PATHS.skills]: skills([], [wireSkill("pdf", { userId: "user_a" })]),
      },
    });
    const { data, errors } = await ask(
      `{ users(${WEEK}) { nodes { user { skills(${DAY}) { user { activity(${DAY}) { chat { messages } } } } } activity { chat { messages } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([
      {
        user: { skills: [{ user: { activity: { chat: { messages: 1 } } } }] },
        activity: { chat: { messages: 7 } },
      },
    ]);
  });

  test("a row without its person is an error, since it is everyone's", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage([wireUser("user_a")])),
        [PATHS.skills]: skills([], [wireSkill("pdf", { userId: undefined })]),
      },
    });
    const { data, errors } = await ask(`{ users(${WEEK}) { nodes { userId skills { name } } } }`);
    expect(data.users.nodes).toEqual([{ userId: "user_a", skills: null }]);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["users", "nodes", 0, "skills"], "UPSTREAM_SHAPE"],
    ]);
  });
});

describe("`usedBy`", () => {
  const list = [wireSkill("docx"), wireSkill("pdf"), wireSkill("xlsx")];
  const split = [
    wireSkill("docx", { userId: "user_a", invocations: 2 }),
    wireSkill("pdf", { userId: "user_a", invocations: 1 }),
    wireSkill("pdf", { userId: null, invocations: 1 }),
    wireSkill("pdf", { userId: "user_b", invocations: 3 }),
  ];

  test("is one request for a page of things, most used first, with the use that belongs to no person", async () => {
    const { ask, seen } = gateway({ routes: { [PATHS.skills]: skills(list, split) } });
    const { data, errors } = await ask(
      `{ skills(${WEEK}) { nodes { name usedBy { totalCount nodes { invocations user { userId } skill { users } } } } } }`,
    );
    expect(errors).toBeUndefined();
    const use = (userId: string | null, invocations: number) => ({
      invocations,
      user: userId && { userId },
      skill: { users: 1 },
    });
    expect(data.skills.nodes).toEqual([
      { name: "docx", usedBy: { totalCount: 1, nodes: [use("user_a", 2)] } },
      { name: "pdf", usedBy: { totalCount: 3, nodes: [use("user_b", 3), use(null, 1), use("user_a", 1)] } },
      { name: "xlsx", usedBy: { totalCount: 0, nodes: [] } },
    ]);
    expect(seen.map(filters)).toEqual([[], ["skill_name:docx", "skill_name:pdf", "skill_name:xlsx"]]);
  });

  test("is within the filter of the list", async () => {
    const { ask, seen } = gateway({ routes: { [PATHS.skills]: skills(list, split) } });
    const { errors } = await ask(
      `{ skills(${WEEK}, filter: { products: ["chat"], names: ["PDF", "docx", "xlsx"] }) { nodes { usedBy { totalCount } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(seen.map(filters)).toEqual([
      ["product:chat", "skill_name:PDF", "skill_name:docx", "skill_name:xlsx"],
      ["product:chat", "skill_name:docx", "skill_name:pdf", "skill_name:xlsx"],
    ]);
  });

  test("is read on from by cursors that fit their own thing only", async () => {
    const { ask } = gateway({ routes: { [PATHS.skills]: skills(list, split) } });
    const page = `query ($after: String) { skills(${WEEK}) { nodes { usedBy(first: 1, after: $after) { nodes { user { userId } } pageInfo { hasNextPage endCursor } } } } }`;
    const { data } = await ask(page, { after: null });
    const { endCursor } = data.skills.nodes[1].usedBy.pageInfo;
    const next = await ask(page, { after: endCursor });
    expect(next.data.skills.nodes.map((node: { usedBy: unknown }) => node.usedBy)).toEqual([
      null,
      { nodes: [{ user: null }], pageInfo: { hasNextPage: true, endCursor: expect.any(String) } },
      null,
    ]);
    expect(next.errors).toMatchObject([{ extensions: { code: "CURSOR_INVALID" } }]);
  });
});

describe.each([
  ["skills", "name", "invocations", PATHS.skills],
  ["connectors", "name", "readCalls", PATHS.connectors],
  ["projects", "projectId", "messages", PATHS.projects],
])("%s of the sandbox", (list, own, measure, path) => {
  const range = "range: { last: { days: 21 } }, first: 1000";

  interface Node {
    readonly [field: string]: unknown;
  }

  test("say the same from people and from things, at one request each way", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 40 }, settings: { MAX_ROWS: "10000000" } });
    const fromPeople = await ask(
      `{ users(${range}) { nodes { userId uses: ${list} { ${own} ${measure} } } } }`,
    );
    const fromThings = await ask(
      `{ things: ${list}(${range}) { nodes { ${own} users ${measure} usedBy(first: 1000) { nodes { ${measure} user { userId } } } } } }`,
    );
    expect([fromPeople.errors, fromThings.errors]).toEqual([undefined, undefined]);
    expect(seen.map(({ pathname }) => pathname)).toEqual([PATHS.users, path, path, path]);

    const people: Node[] = fromPeople.data.users.nodes.flatMap(({ userId, uses }: Node) =>
      (uses as Node[]).map((use) => ({ userId, ...use })),
    );
    const named = new Set(fromPeople.data.users.nodes.map(({ userId }: Node) => userId));
    const things: Node[] = fromThings.data.things.nodes.flatMap((thing: Node) =>
      (thing.usedBy as { nodes: Node[] }).nodes.map((use) => ({
        userId: (use.user as Node).userId,
        [own]: thing[own],
        [measure]: use[measure],
      })),
    );
    const text = (use: Node) => JSON.stringify([use.userId, use[own], use[measure]]);
    expect(people.length).toBeGreaterThan(10);
    expect(people.map(text).sort()).toEqual(
      things
        .filter(({ userId }) => named.has(userId))
        .map(text)
        .sort(),
    );
    for (const thing of fromThings.data.things.nodes) {
      expect(thing.usedBy.nodes).toHaveLength(thing.users);
      const sum = thing.usedBy.nodes.reduce((total: number, use: Node) => total + Number(use[measure]), 0);
      expect(sum).toBe(thing[measure]);
    }
  });
});

test("the kind of credential is null where it was not measured, and false where it was another", async () => {
  const { ask } = gateway({
    routes: {
      [PATHS.users]: () => json(tokenPage([wireUser("user_a")])),
      [PATHS.connectors]: () =>
        json(
          tokenPage([
            wireConnector("jira", { userId: "user_a", own: 1, managed: 0 }),
            wireConnector("slack", { userId: "user_a" }),
          ]),
        ),
    },
  });
  const { data, errors } = await ask(
    `{ users(${WEEK}) { nodes { connectors { name withOwnCredential withManagedCredential readCalls } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.users.nodes[0].connectors).toEqual([
    { name: "jira", withOwnCredential: true, withManagedCredential: false, readCalls: null },
    { name: "slack", withOwnCredential: null, withManagedCredential: null, readCalls: null },
  ]);
});

test.each([
  ["skill", wireSkill, PATHS.skills],
  ["connector", wireConnector, PATHS.connectors],
])(
  "use of a %s in the merged Chat and Cowork product is null where there is none",
  async (thing, wire, path) => {
    const merged = {
      chat: { [`distinct_conversation_${thing}_used_count`]: 4 },
      sessions: { [`distinct_session_${thing}_used_count`]: null },
    };
    const { ask } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage([wireUser("user_a")])),
        [path]: () =>
          json(
            tokenPage([
              wire("jira", { userId: "user_a" }),
              { ...wire("pdf", { userId: "user_a" }), chat_cowork_unified_metrics: merged },
            ]),
          ),
      },
    });
    const use = "name chatCowork { conversations sessions }";
    const { data, errors } = await ask(
      `{ things: ${thing}s(${WEEK}) { nodes { ${use} } } users(${WEEK}) { nodes { uses: ${thing}s { ${use} } } } }`,
    );
    expect(errors).toBeUndefined();
    const expected = [
      { name: "jira", chatCowork: null },
      { name: "pdf", chatCowork: { conversations: 4, sessions: null } },
    ];
    expect(data.things.nodes).toEqual(expected);
    expect(data.users.nodes[0].uses).toEqual(expected);
  },
);
