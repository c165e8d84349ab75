import { describe, expect, test } from "vitest";
import { gateway, json, type Route } from "./gateway.ts";
import { PATHS, tokenPage } from "./wire.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;
const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

function wirePlugin(
  name: string,
  id: string | null,
  { invocations = 0, sessions = null as number | null } = {},
) {
  return {
    plugin_name: name,
    plugin_id: id,
    distinct_user_count: 6,
    install_count: 1,
    invocation_count: invocations,
    claude_code_metrics: { distinct_session_plugin_used_count: sessions },
    cowork_metrics: { distinct_session_plugin_used_count: 0 },
  };
}

const unified = { chat_cowork_unified_metrics: { distinct_session_plugin_used_count: 2 } };

function served(...rows: readonly object[]): Readonly<Record<string, Route>> {
  return { [PATHS.plugins]: () => json(tokenPage(rows)) };
}

describe("plugins", () => {
  test("of one day are requested as a day, and say what was measured", async () => {
    const { ask, seen } = gateway({
      routes: served(
        { ...wirePlugin("serena", "serena@official", { invocations: 33, sessions: 12 }), ...unified },
        wirePlugin("third-party", null),
      ),
    });
    const { data, errors } = await ask(
      `{ plugins(${DAY}) { totalCount freshness { source } nodes { name pluginId users installs invocations claudeCode { sessions } cowork { sessions } chatCowork { sessions } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.plugins).toEqual({
      totalCount: 2,
      freshness: { source: "PLUGIN_ACTIVITY" },
      nodes: [
        {
          name: "serena",
          pluginId: "serena@official",
          users: 6,
          installs: 1,
          invocations: 33,
          claudeCode: { sessions: 12 },
          cowork: { sessions: 0 },
          chatCowork: { sessions: 2 },
        },
        {
          name: "third-party",
          pluginId: null,
          users: 6,
          installs: 1,
          invocations: 0,
          claudeCode: { sessions: null },
          cowork: { sessions: 0 },
          chatCowork: null,
        },
      ],
    });
    expect(seen.map((url) => url.search)).toEqual(["?date=2026-11-20&limit=1000"]);
  });

  test("of a range are one roll-up, requested once", async () => {
    const { ask, seen } = gateway({ routes: served(wirePlugin("serena", null)) });
    await ask(`{ plugins(${WEEK}) { nodes { users } } }`);
    expect(seen.map((url) => url.search)).toEqual([
      "?ending_date=2026-11-08&limit=1000&starting_date=2026-11-01",
    ]);
  });

  test("of one name have different ids, and each id finds its plugin without another request", async () => {
    const twins = [
      wirePlugin("lint: all", "lint@official", { invocations: 1 }),
      wirePlugin("lint: all", "lint@elsewhere", { invocations: 2 }),
      wirePlugin("lint: all", null, { invocations: 3 }),
    ];
    const { ask, seen } = gateway({ routes: served(...twins) });
    const { data } = await ask(`{ plugins(${WEEK}) { nodes { id invocations } } }`);
    const ids: string[] = data.plugins.nodes.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(3);
    const again = await ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Plugin { invocations } } }`,
      {
        ids,
      },
    );
    expect(again.errors).toBeUndefined();
    expect(again.data.nodes).toEqual(data.plugins.nodes);
    expect(seen).toHaveLength(1);
  });

  test("are filtered by upstream, and keep figures under a filter apart", async () => {
    const { ask, seen } = gateway({ routes: served(wirePlugin("serena", null, { invocations: 5 })) });
    const { data } = await ask(
      `{ all: plugins(${WEEK}) { nodes { id } } some: plugins(${WEEK}, filter: { names: ["Serena"], products: ["cowork"] }) { nodes { id } } }`,
    );
    expect(seen.at(-1)?.searchParams.getAll("filter[]")).toEqual(["plugin_name:Serena", "product:cowork"]);
    const [all, some] = [data.all.nodes[0].id, data.some.nodes[0].id];
    expect(all).not.toBe(some);
    const again = await ask(`query ($id: ID!) { node(id: $id) { id ... on Plugin { invocations } } }`, {
      id: some,
    });
    expect(again.data.node).toEqual({ id: some, invocations: 5 });
    // Names only choose rows and are no part of the id, so that one thing has one id in both lists.
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)?.searchParams.getAll("filter[]")).toEqual(["product:cowork"]);
  });

  test("are ranked by what was done, those without a figure last", async () => {
    const { ask } = gateway({
      routes: served(
        { ...wirePlugin("a", null, { invocations: 1 }), install_count: null },
        { ...wirePlugin("b", null, { invocations: 2 }), install_count: 0 },
        { ...wirePlugin("c", null, { invocations: 2 }), install_count: 4 },
      ),
    });
    const { data, errors } = await ask(`{
      installs: plugins(${WEEK}, orderBy: { field: INSTALLS }) { nodes { name } }
      invocations: plugins(${WEEK}, orderBy: { field: INVOCATIONS, direction: ASC }, first: 1) { totalCount nodes { name } } }`);
    expect(errors).toBeUndefined();
    expect(data.installs.nodes).toEqual([{ name: "c" }, { name: "b" }, { name: "a" }]);
    expect(data.invocations).toEqual({ totalCount: 3, nodes: [{ name: "a" }] });
  });

  test("are paged over twins of one name without losing or repeating one", async () => {
    const { ask } = gateway({ routes: served(wirePlugin("lint", "lint@a"), wirePlugin("lint", "lint@b")) });
    const first = await ask(`{ plugins(${WEEK}, first: 1) { nodes { pluginId } pageInfo { endCursor } } }`);
    const second = await ask(
      `query ($after: String) { plugins(${WEEK}, first: 1, after: $after) { nodes { pluginId } pageInfo { hasNextPage } } }`,
      { after: first.data.plugins.pageInfo.endCursor },
    );
    expect(second.data.plugins).toEqual({
      nodes: [{ pluginId: "lint@b" }],
      pageInfo: { hasNextPage: false },
    });
  });

  test("of the simulated organization are found again by id, and sessions are counted on a day alone", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const selection = `id name pluginId users invocations claudeCode { sessions } cowork { sessions }`;
    const { data, errors } = await ask(
      `{ day: plugins(${DAY}) { nodes { ${selection} } } week: plugins(${WEEK}) { nodes { ${selection} } } }`,
    );
    expect(errors).toBeUndefined();
    const week: { id: string; name: string; users: number; cowork: object; claudeCode: object }[] =
      data.week.nodes;
    expect(week.length).toBeGreaterThan(3);
    expect(week.map(({ name }) => name)).toContain("third-party");
    for (const { cowork, claudeCode, users } of week) {
      expect([cowork, claudeCode]).toEqual([{ sessions: null }, { sessions: null }]);
      expect(users).toBeGreaterThan(0);
    }
    for (const { cowork } of data.day.nodes) expect(cowork.sessions).toEqual(expect.any(Number));
    const again = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Plugin { ${selection} } } }`, {
      ids: week.map(({ id }) => id),
    });
    expect(again.data.nodes).toEqual(week);
  });
});
