import { describe, expect, test } from "vitest";
import { gateway, json, type Route, refusal } from "./gateway.ts";
import {
  PATHS,
  reportPage,
  tokenPage,
  wireCost,
  wireDay,
  wireGroup,
  wireGroupMember,
  wireUser,
  wireUserCost,
} from "./wire.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

const membersOf = (id: string) => `${PATHS.groups}/${id}/members`;

/** Two groups; Ada is in both, Bo in one, Cy in none. */
const routes: Readonly<Record<string, Route>> = {
  [PATHS.groups]: () => json(tokenPage([wireGroup("rbac_group_maps"), wireGroup("rbac_group_tea")])),
  [membersOf("rbac_group_maps")]: () =>
    json(tokenPage([wireGroupMember("user_ada"), wireGroupMember("user_bo")])),
  [membersOf("rbac_group_tea")]: () => json(tokenPage([wireGroupMember("user_ada")])),
  [PATHS.users]: () => json(tokenPage(["user_ada", "user_bo", "user_cy"].map((id) => wireUser(id)))),
};

describe("groups", () => {
  test("say what upstream says of them, under the older spelling of roles too", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.groups]: () =>
          json({
            ...tokenPage([
              wireGroup("rbac_group_new"),
              wireGroup("rbac_group_old", { roles: ["rbac_role_old"] }),
              wireGroup("rbac_group_bare", { role_ids: [] }),
              wireGroup("rbac_group_shy", { role_ids: null, roles: ["rbac_role_stale"] }),
            ]),
            has_more: false,
          }),
      },
    });
    const { data, errors } = await ask(
      `{ groups { totalCount freshness { source } nodes { groupId name source roleIds createdAt updatedAt } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.groups.totalCount).toBe(4);
    expect(data.groups.freshness.source).toBe("GROUPS");
    expect(data.groups.nodes[0]).toEqual({
      groupId: "rbac_group_new",
      name: "Name of rbac_group_new",
      source: "scim",
      roleIds: ["rbac_role_reader"],
      createdAt: "2026-04-20T15:00:00.000Z",
      updatedAt: "2026-09-01T11:45:30.000Z",
    });
    expect(data.groups.nodes.map(({ roleIds }: { roleIds: string[] | null }) => roleIds)).toEqual([
      ["rbac_role_reader"],
      ["rbac_role_old"],
      [],
      null,
    ]);
    expect(seen.map((url) => url.pathname + url.search)).toEqual([`${PATHS.groups}?limit=1000`]);
  });

  test("with roles that are not text are refused with the place that is wrong", async () => {
    const { ask } = gateway({
      routes: { [PATHS.groups]: () => json(tokenPage([wireGroup("rbac_group_a", { role_ids: [7] })])) },
    });
    const { errors } = await ask(`{ groups { nodes { name } } }`);
    expect(errors?.map((error) => [error.extensions.code, error.path])).toEqual([
      ["UPSTREAM_SHAPE", ["groups"]],
    ]);
    expect(errors?.[0]?.message).toContain("data[0].role_ids: expected a list of text or null");
  });

  test("are found again by id, and one that is gone keeps its id alone", async () => {
    const { ask } = gateway({ routes });
    const { data } = await ask(`{ groups { nodes { group { id name } } } }`);
    const [{ group }] = data.groups.nodes;
    const gone = Buffer.from("Group:rbac_group_gone").toString("base64url");
    const again = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Group { name } } }`, {
      ids: [group.id, gone],
    });
    expect(again.errors).toBeUndefined();
    expect(again.data.nodes).toEqual([group, { id: gone, name: null }]);
  });
});

describe("members of a group", () => {
  test("are people, with figures of the requested range", async () => {
    const { ask, seen } = gateway({
      routes: { ...routes, [PATHS.userCost]: () => json(reportPage([wireUserCost("user_bo", "4")])) },
    });
    const { data, errors } = await ask(
      `{ groups(${DAY}, first: 1) { nodes { members { nodes { joinedAt email user { userId cost(${DAY}) { net { cents } } } } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.groups.nodes[0].members.nodes).toEqual([
      {
        joinedAt: "2026-04-21T08:00:00.000Z",
        email: "user_ada@ternplover.example",
        user: { userId: "user_ada", cost: null },
      },
      {
        joinedAt: "2026-04-21T08:00:00.000Z",
        email: "user_bo@ternplover.example",
        user: { userId: "user_bo", cost: { net: { cents: "4" } } },
      },
    ]);
    expect(seen.map((url) => url.pathname)).toEqual([
      PATHS.groups,
      membersOf("rbac_group_maps"),
      PATHS.userCost,
    ]);
    expect(seen.at(-1)?.searchParams.get("starting_at")).toBe("2026-11-20T00:00:00Z");
  });

  test("are asked about together, however far apart their groups answer", async () => {
    const { promise: otherAnswered, resolve: answer } = Promise.withResolvers<void>();
    const { ask, seen } = gateway({
      routes: {
        ...routes,
        [membersOf("rbac_group_maps")]: async () => {
          await otherAnswered;
          return json(tokenPage([wireGroupMember("user_bo")]));
        },
        [membersOf("rbac_group_tea")]: () => {
          setImmediate(answer);
          return json(tokenPage([wireGroupMember("user_ada")]));
        },
        [PATHS.userCost]: () =>
          json(reportPage([wireUserCost("user_bo", "4"), wireUserCost("user_ada", "5")])),
      },
    });
    const { data, errors } = await ask(
      `{ groups(${DAY}) { nodes { members { nodes { user { cost(${DAY}) { net { cents } } } } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data.groups.nodes)).toMatch(/"4".*"5"/);
    expect(seen.filter((url) => url.pathname === PATHS.userCost)).toHaveLength(1);
  });

  test("are read over short and empty pages, under either name of the group's id", async () => {
    const pages: Readonly<Record<string, object>> = {
      "": tokenPage([wireGroupMember("user_1", { group_id: "rbac_group_maps" })], "b"),
      b: tokenPage([], "c"),
      c: tokenPage([wireGroupMember("user_2", {})]),
    };
    const { ask } = gateway({
      routes: { ...routes, [membersOf("rbac_group_maps")]: (query) => json(pages[query.get("page") ?? ""]) },
    });
    const { data, errors } = await ask(
      `{ groups(first: 1) { nodes { members { totalCount nodes { user { userId } } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.groups.nodes[0].members).toEqual({
      totalCount: 2,
      nodes: [{ user: { userId: "user_1" } }, { user: { userId: "user_2" } }],
    });
  });

  test("are paged, and a cursor of one group fits no other", async () => {
    const { ask } = gateway({ routes });
    const query = `query ($after: String) { groups { nodes { members(first: 1, after: $after) { nodes { user { userId } } pageInfo { endCursor } } } } }`;
    const { data } = await ask(query);
    const { endCursor } = data.groups.nodes[0].members.pageInfo;
    const next = await ask(query, { after: endCursor });
    expect(next.data.groups.nodes[0].members.nodes).toEqual([{ user: { userId: "user_bo" } }]);
    expect(next.errors?.map((error) => [error.path?.[2], error.extensions.code])).toEqual([
      [1, "CURSOR_INVALID"],
    ]);
  });

  test("of a group deleted since it was listed are NOT_FOUND, and the other groups keep theirs", async () => {
    const { ask } = gateway({
      routes: {
        ...routes,
        [membersOf("rbac_group_maps")]: () => refusal(404, "not_found_error", "no such group"),
      },
    });
    const { data, errors } = await ask(`{ groups { nodes { members { nodes { user { userId } } } } } }`);
    expect(data.groups.nodes).toEqual([
      { members: null },
      { members: { nodes: [{ user: { userId: "user_ada" } }] } },
    ]);
    expect(errors?.map((error) => [error.extensions.code, error.path])).toEqual([
      ["NOT_FOUND", ["groups", "nodes", 0, "members"]],
    ]);
  });

  test("are requested by the id as one segment of the path", async () => {
    const { ask, seen } = gateway({
      routes: { [PATHS.groups]: () => json(tokenPage([wireGroup("a/../b?limit=1")])) },
    });
    await ask(`{ groups { nodes { members { nodes { joinedAt } } } } }`);
    expect(seen.at(-1)?.pathname).toBe(`${PATHS.groups}/a%2F..%2Fb%3Flimit%3D1/members`);
  });
});

describe("the groups of people", () => {
  test("are read once for all people of a list", async () => {
    const { ask, seen } = gateway({ routes });
    const { data, errors } = await ask(`{ users(${DAY}) { nodes { userId groups { groupId } } } }`);
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([
      { userId: "user_ada", groups: [{ groupId: "rbac_group_maps" }, { groupId: "rbac_group_tea" }] },
      { userId: "user_bo", groups: [{ groupId: "rbac_group_maps" }] },
      { userId: "user_cy", groups: [] },
    ]);
    expect(seen).toHaveLength(4);
  });

  test("leave out a group deleted since it was listed", async () => {
    const { ask } = gateway({
      routes: {
        ...routes,
        [membersOf("rbac_group_tea")]: () => refusal(404, "not_found_error", "no such group"),
      },
    });
    const { data, errors } = await ask(`{ users(${DAY}, first: 1) { nodes { groups { groupId } } } }`);
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([{ groups: [{ groupId: "rbac_group_maps" }] }]);
  });

  test("fail as one error that leaves the rest of the row", async () => {
    const { ask } = gateway({
      routes: { ...routes, [PATHS.groups]: () => refusal(403, "permission_error", "no scope") },
    });
    const { data, errors } = await ask(`{ users(${DAY}, first: 1) { nodes { userId groups { groupId } } } }`);
    expect(data.users.nodes).toEqual([{ userId: "user_ada", groups: null }]);
    expect(errors?.map((error) => [error.extensions.code, error.extensions.dataset])).toEqual([
      ["UPSTREAM_AUTH", "GROUPS"],
    ]);
  });

  test("are not requested where there are more than an operation may read, but fetched behind the answer", async () => {
    const { ask, seen } = gateway({
      routes: {
        ...routes,
        [PATHS.groups]: () =>
          json(tokenPage(Array.from({ length: 61 }, (_, i) => wireGroup(`rbac_group_${i}`)))),
      },
    });
    const { errors } = await ask(`{ users(${DAY}, first: 1) { nodes { groups { groupId } } } }`);
    expect(errors?.map((error) => error.extensions.code)).toEqual(["DIRECTORY_NOT_READY"]);
    expect(errors?.[0]?.extensions).toMatchObject({ done: 0, total: 61 });
    expect(seen.slice(0, 2).map(({ pathname }) => pathname)).toEqual([PATHS.users, PATHS.groups]);
  });
});

test("buckets grouped by group name it by one look-up, and a deleted one keeps its id", async () => {
  const rows = ["rbac_group_maps", "rbac_group_gone", null, "rbac_group_tea"].map((id, i) =>
    wireCost(String(4 - i), { rbac_group_id: id }),
  );
  const { ask, seen } = gateway({
    routes: { ...routes, [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", rows)])) },
  });
  const { data, errors } = await ask(
    `{ cost(${DAY}, groupBy: [GROUP], bucket: DAY) { nodes { group { groupId name members { totalCount } } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.nodes.map(({ group }: { group: object | null }) => group)).toEqual([
    { groupId: "rbac_group_maps", name: "Name of rbac_group_maps", members: { totalCount: 2 } },
    { groupId: "rbac_group_gone", name: null, members: null },
    null,
    { groupId: "rbac_group_tea", name: "Name of rbac_group_tea", members: { totalCount: 1 } },
  ]);
  expect(seen.filter((url) => url.pathname === PATHS.groups)).toHaveLength(1);
  expect(seen.filter((url) => url.pathname.endsWith("/members"))).toHaveLength(2);
});

test("the simulated organization's groups, members and reports name each other", async () => {
  const { ask } = gateway({ sandbox: { users: 60 }, settings: { MAX_ROWS: "2000000" } });
  const { data, errors } = await ask(`{
    groups(first: 1000) { nodes { groupId name members(first: 1000) { nodes { user { userId } } } } }
    users(range: { last: { days: 30 } }, first: 1000) { nodes { userId groups { groupId } } }
    cost(range: { between: { from: "2026-05-01", until: "2026-06-01" } }, bucket: NONE, groupBy: [GROUP]) { nodes { group { groupId name } } }
  }`);
  expect(errors).toBeUndefined();
  const groups: { groupId: string; name: string; members: { nodes: { user: { userId: string } }[] } }[] =
    data.groups.nodes;
  const users: { userId: string; groups: { groupId: string }[] }[] = data.users.nodes;
  for (const { userId, groups: own } of users) {
    const holding = groups.filter(({ members }) => members.nodes.some(({ user }) => user.userId === userId));
    expect(own.map(({ groupId }) => groupId)).toEqual(holding.map(({ groupId }) => groupId));
  }
  expect(users.some(({ groups: own }) => own.length === 3)).toBe(true);
  const named: ({ groupId: string; name: string | null } | null)[] = data.cost.nodes.map(
    ({ group }: { group: { groupId: string; name: string | null } | null }) => group,
  );
  expect(named).toContain(null);
  expect(named.filter((group) => group !== null && group.name === null)).toHaveLength(1);
});
