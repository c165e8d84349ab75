import { describe, expect, test } from "vitest";
import { gateway, json, refusal } from "./gateway.ts";
import { PATHS, tokenPage, wireSkill } from "./wire.ts";

const WEEKS = `range: { between: { from: "2026-10-20", until: "2026-11-10" } }`;

const splits = (seen: readonly URL[]) =>
  seen.map((url) => [url.pathname.split("/").at(-1), url.searchParams.getAll("group_by[]").join()]);

const LISTS = [
  ["skills", "name", "users invocations chat { conversations } listPrice { cents }"],
  ["connectors", "name", "users readCalls writeCalls cowork { sessions }"],
  ["plugins", "pluginId", "users installs invocations claudeCode { sessions }"],
] as const;

describe.each(LISTS)("the parts of %s", (list, key, figures) => {
  test("by product are what the list filtered by that product says", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 80 } });
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(`{ ${list}(${WEEKS}, first: 1000) { nodes { ${key} byProduct { product ${figures} } } } }`),
    );
    expect(errors).toBeUndefined();
    expect(splits(requests)).toEqual([
      [list, ""],
      [list, "product"],
    ]);
    const products = new Set<string>();
    for (const { byProduct } of data[list].nodes) for (const { product } of byProduct) products.add(product);
    expect(products.size).toBeGreaterThan(1);
    for (const product of products) {
      const filtered = await ask(
        `{ ${list}(${WEEKS}, filter: { products: ["${product}"] }, first: 1000) { nodes { ${key} ${figures} } } }`,
      );
      expect(filtered.errors).toBeUndefined();
      const parts = data[list].nodes.flatMap(
        ({ byProduct, ...thing }: { byProduct: readonly { product: string }[] }) =>
          byProduct
            .filter((part) => part.product === product)
            .map(({ product: _, ...part }) => ({ ...thing, ...part })),
      );
      expect(exact(parts)).toEqual(exact(filtered.data[list].nodes));
    }
  });

  test("by group are what the list filtered by that group says, and people in none are a row", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 80 } });
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(`{ ${list}(${WEEKS}, first: 1000) { nodes { ${key} byGroup { groupId groupName ${figures} } } } }`),
    );
    expect(errors).toBeUndefined();
    expect(splits(requests)).toEqual([
      [list, ""],
      [list, "rbac_group_id"],
    ]);
    const rows = data[list].nodes.flatMap(({ byGroup }: { byGroup: readonly object[] }) => byGroup);
    expect(rows.some(({ groupId }: { groupId: string | null }) => groupId === null)).toBe(true);
    const [{ groupId }] = rows.filter((row: { groupId: string | null }) => row.groupId !== null);
    const filtered = await ask(
      `{ ${list}(${WEEKS}, filter: { groups: ["${groupId}"] }, first: 1000) { nodes { ${key} ${figures} } } }`,
    );
    expect(filtered.errors).toBeUndefined();
    const parts = data[list].nodes.flatMap(
      ({ byGroup, ...thing }: { byGroup: readonly { groupId: string | null }[] }) =>
        byGroup
          .filter((part) => part.groupId === groupId)
          .map(({ groupId: _, groupName: __, ...part }: Record<string, unknown>) => ({ ...thing, ...part })),
    );
    expect(parts.length).toBeGreaterThan(0);
    expect(exact(parts)).toEqual(exact(filtered.data[list].nodes));
  });
});

/** Rows in an order of their own, with what upstream counts exactly: distinct counts over a range are estimates. */
function exact(rows: readonly object[]): string[] {
  return rows
    .map((row) => JSON.stringify(row, (key, value) => (/conversations|sessions/.test(key) ? null : value)))
    .sort();
}

test("the groups of a project are what the list filtered by them says", async () => {
  const { ask } = gateway({ sandbox: { users: 80 } });
  const { data, errors } = await ask(
    `{ projects(${WEEKS}, first: 1000) { nodes { projectId messages byGroup { groupId users messages group { name } groupName } } } groups(first: 3) { nodes { groupId } } }`,
  );
  expect(errors).toBeUndefined();
  const named = data.projects.nodes
    .flatMap(({ byGroup }: { byGroup: readonly object[] }) => byGroup)
    .filter(({ group }: { group: object | null }) => group !== null);
  expect(named.length).toBeGreaterThan(3);
  for (const { group, groupName } of named) expect(group.name).toBe(groupName);
  const [{ groupId }] = named;
  const filtered = await ask(
    `{ projects(${WEEKS}, filter: { groups: ["${groupId}"] }, first: 1000) { nodes { projectId users messages } } }`,
  );
  for (const { projectId, users, messages } of filtered.data.projects.nodes) {
    const { byGroup } = data.projects.nodes.find(
      (each: { projectId: string }) => each.projectId === projectId,
    );
    expect(byGroup).toContainEqual(expect.objectContaining({ groupId, users, messages }));
  }
});

describe("parts", () => {
  const byProduct = (parts: readonly (readonly [name: string, product: string | null, users: number])[]) =>
    gateway({
      routes: {
        [PATHS.skills]: (query) =>
          json(
            tokenPage(
              query.getAll("group_by[]").length === 0
                ? [wireSkill("docx"), wireSkill("pdf")]
                : parts.map(([name, product, users]) => ({ ...wireSkill(name, { users }), product })),
            ),
          ),
      },
    });

  test("keep a product that is not known yet, and one without a name, those of most people first", async () => {
    const { ask, seen } = byProduct([
      ["pdf", null, 1],
      ["pdf", "hologram", 7],
      ["elsewhere", "chat", 3],
    ]);
    const { data, errors } = await ask(`{ skills(${WEEKS}) { nodes { name byProduct { product users } } } }`);
    expect(errors).toBeUndefined();
    expect(data.skills.nodes).toEqual([
      { name: "docx", byProduct: [] },
      {
        name: "pdf",
        byProduct: [
          { product: "hologram", users: 7 },
          { product: null, users: 1 },
        ],
      },
    ]);
    expect(seen[1]?.searchParams.getAll("filter[]")).toEqual(["skill_name:docx", "skill_name:pdf"]);
  });

  test("are under the filter of the list, also where a thing is found by its id", async () => {
    const { ask, seen } = byProduct([["pdf", "chat", 2]]);
    const { data } = await ask(`{ skills(${WEEKS}, filter: { users: ["user_a"] }) { nodes { id } } }`);
    const found = await ask(
      `query ($id: ID!) { node(id: $id) { ... on Skill { name byProduct { product users } } } }`,
      { id: data.skills.nodes[1].id },
    );
    expect(found.data.node).toEqual({ name: "pdf", byProduct: [{ product: "chat", users: 2 }] });
    expect(seen.at(-1)?.searchParams.getAll("filter[]")).toEqual(["skill_name:pdf", "user_id:user_a"]);
  });

  test.each([
    ["that were not split are not parts", () => json(tokenPage([wireSkill("pdf")])), "UPSTREAM_SHAPE"],
    [
      "that upstream fails to give are a separate error",
      () => refusal(500, "api_error", "no"),
      "UPSTREAM_UNAVAILABLE",
    ],
  ])("%s", async (_name, answer, code) => {
    const { ask } = gateway({
      routes: {
        [PATHS.skills]: (query) =>
          query.getAll("group_by[]").length === 0 ? json(tokenPage([wireSkill("pdf")])) : answer(),
      },
    });
    const { data, errors } = await ask(`{ skills(${WEEKS}) { nodes { name users byGroup { users } } } }`);
    expect(data.skills.nodes).toEqual([{ name: "pdf", users: 1, byGroup: null }]);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({ path: ["skills", "nodes", 0, "byGroup"], extensions: { code } });
  });
});

describe("activity by group", () => {
  test("is one request for all, and for a page of groups, the same rows", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 80 } });
    const figures = "users activity { webSearches chat { messages } claudeCode { commits } }";
    const [{ data, errors }, requests] = await requestsOf(() =>
      ask(`{ activityByGroup(${WEEKS}) { groupId groupName ${figures} } }`),
    );
    expect(errors).toBeUndefined();
    expect(splits(requests)).toEqual([["users", "rbac_group_id"]]);
    const rows: { groupId: string | null; users: number }[] = data.activityByGroup;
    expect(rows.some(({ groupId }) => groupId === null)).toBe(true);
    expect(rows.map(({ users }) => users)).toEqual(rows.map(({ users }) => users).sort((a, b) => b - a));

    const [listed, more] = await requestsOf(() =>
      ask(
        `{ groups(${WEEKS}, first: 1000) { nodes { groupId activity { groupId groupName ${figures} } } } }`,
      ),
    );
    expect(listed.errors).toBeUndefined();
    expect(splits(more)).toEqual([
      ["rbac_groups", ""],
      ["users", "rbac_group_id"],
    ]);
    const active = listed.data.groups.nodes.filter(
      ({ activity }: { activity: object | null }) => activity !== null,
    );
    expect(active.length).toBeGreaterThan(2);
    for (const { activity } of active) expect(rows).toContainEqual(activity);
  });

  test("adds up what its members did while they were in it", async () => {
    const { ask } = gateway({ sandbox: { users: 80 } });
    const { data } = await ask(
      `{ activityByGroup(${WEEKS}) { groupId users activity { chat { messages } } } }`,
    );
    const { groupId, users, activity } = data.activityByGroup.find(
      (row: { groupId: string | null }) => row.groupId !== null,
    );
    const members = await ask(
      `{ users(${WEEKS}, filter: { groups: ["${groupId}"] }, first: 1000) { nodes { activity { chat { messages } } } } }`,
    );
    const messages = members.data.users.nodes.map(
      (node: { activity: { chat: { messages: number } } }) => node.activity.chat.messages,
    );
    expect(messages.length).toBe(users);
    expect(messages.reduce((sum: number, each: number) => sum + each, 0)).toBe(activity.chat.messages);
  });
});

describe("artifacts", () => {
  const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;

  test("are split by product, group and person, and say who", async () => {
    const { ask } = gateway({ sandbox: { users: 80 } });
    const { data, errors } = await ask(`{
      whole: artifacts(${DAY}, first: 1000) { nodes { artifactType isShared created } }
      products: artifacts(${DAY}, groupBy: [PRODUCT], first: 1000) { nodes { artifactType isShared product created } }
      people: artifacts(${DAY}, groupBy: [USER], first: 1000) { nodes { artifactType isShared user { userId email } created } }
      groups: artifacts(${DAY}, groupBy: [GROUP], first: 1000) { nodes { groupName group { name } created } }
    }`);
    expect(errors).toBeUndefined();
    const sum = (rows: readonly { created: number }[]) => rows.reduce((all, { created }) => all + created, 0);
    expect(sum(data.whole.nodes)).toBeGreaterThan(0);
    expect(sum(data.products.nodes)).toBe(sum(data.whole.nodes));
    expect(sum(data.people.nodes)).toBe(sum(data.whole.nodes));
    expect(sum(data.groups.nodes)).toBeGreaterThanOrEqual(sum(data.whole.nodes));
    expect(data.people.nodes.every(({ user }: { user: { email: string } }) => user.email.includes("@"))).toBe(
      true,
    );
  });

  test("are null, with a warning, where rows are not grouped by them", async () => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    const { data, errors, extensions } = await ask(`{ artifacts(${DAY}) { nodes { product groupName } } }`);
    expect(errors).toBeUndefined();
    expect(data.artifacts.nodes[0]).toEqual({ product: null, groupName: null });
    expect(extensions.warnings?.[0]).toMatchObject({ path: ["artifacts"], dimensions: ["PRODUCT", "GROUP"] });
  });

  test("are read on by cursors of the same split only", async () => {
    const { ask } = gateway({ sandbox: { users: 80 } });
    const { data } = await ask(`{ artifacts(${DAY}, groupBy: [USER], first: 2) { pageInfo { endCursor } } }`);
    const after = data.artifacts.pageInfo.endCursor;
    const on = await ask(
      `{ artifacts(${DAY}, groupBy: [USER], first: 2, after: "${after}") { nodes { created } } }`,
    );
    expect(on.errors).toBeUndefined();
    const other = await ask(
      `{ artifacts(${DAY}, groupBy: [GROUP], first: 2, after: "${after}") { totalCount } }`,
    );
    expect(other.errors?.map(({ extensions }) => extensions.code)).toEqual(["CURSOR_INVALID"]);
  });
});
