import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sweep } from "./deep.ts";
import { EVERY_LIST, failuresOf, LISTS, pagesOf, tokenIn, withList } from "./faults/lists.ts";
import { gateway, json, refusal } from "./gateway.ts";
import { PATHS, reportPage, tokenPage, wireUser, wireUserCost } from "./wire.ts";

/** Pages of few ids, so that many come again, on the same page and on later ones. */
const repeating = fc.array(fc.array(fc.nat({ max: 8 }), { maxLength: 5 }), { minLength: 1, maxLength: 5 });

const first = (ids: readonly number[]) => [...new Set(ids)];

describe.each(EVERY_LIST)("rows that upstream sends again: %s", (name, list) => {
  test("are given once, where they came first, and counted", () =>
    fc.assert(
      fc.asyncProperty(repeating, async (pages) => {
        const { ask, seen } = withList(list, pagesOf(list, pages));
        const { data, errors, extensions } = await ask(list.query);
        expect(failuresOf(errors)).toEqual([]);
        const sent = pages.flat();
        // Rankings and look-ups by id have an order of their own.
        const isOrdered = name.startsWith("people") || name.startsWith("days");
        expect(list.idsIn(data)).toEqual(isOrdered ? first(sent) : first(sent).sort((a, b) => a - b));
        expect(extensions.upstream.duplicates).toBe(sent.length - first(sent).length);
        expect(seen).toHaveLength(pages.length);
      }),
      { numRuns: 40 },
    ));

  test("are not those of a list that had to begin again", async () => {
    const pages = [[0, 1], [1, 2], [3]];
    let isRefreshed = false;
    const { ask } = withList(list, (query, request) => {
      if (tokenIn(list, query) !== "2" || isRefreshed) return pagesOf(list, pages)(query, request);
      isRefreshed = true;
      return refusal(410, "invalid_request_error", "refreshed");
    });
    const { data, errors, extensions } = await ask(list.query);
    expect(failuresOf(errors)).toEqual([]);
    expect(list.idsIn(data)).toEqual([0, 1, 2, 3]);
    expect(extensions.upstream.duplicates).toBe(1);
  });
});

test("a client that reads on from a cursor gets what follows it, each row once for each run of pages", () =>
  fc.assert(
    fc.asyncProperty(repeating, fc.integer({ min: 1, max: 4 }), async (pages, size) => {
      const { ask } = withList(LISTS["people, by token"], pagesOf(LISTS["people, by token"], pages));
      /** What a walk gives that begins with a page: the rows of that page and on, none twice. */
      const walkFrom = (page: number) => {
        const met = new Set<number>();
        const isNew = (id: number) => met.size < met.add(id).size;
        return pages.slice(page).flatMap((ids, i) => ids.filter(isNew).map((id) => ({ id, page: page + i })));
      };
      let rest = walkFrom(0);
      for (let after: string | null = null; ; ) {
        const { data, errors } = await ask(
          `query ($after: String) { users(range: { between: { from: "2026-11-01", until: "2026-11-08" } }, first: ${size}, after: $after) {
            nodes { userId } pageInfo { endCursor hasNextPage } } }`,
          { after },
        );
        expect(errors).toBeUndefined();
        const ids = data.users.nodes.map(({ userId }: { userId: string }) => Number(userId.slice(5)));
        expect(ids).toEqual(rest.slice(0, size).map(({ id }) => id));
        expect(data.users.pageInfo.hasNextPage).toBe(rest.length > size);
        if (!data.users.pageInfo.hasNextPage) return;
        const last = rest[size - 1];
        const walk = walkFrom(last?.page ?? 0);
        rest = walk.slice(1 + walk.findIndex(({ id }) => id === last?.id));
        after = data.users.pageInfo.endCursor;
      }
    }),
    { numRuns: 60 },
  ));

test("no amount is counted twice, in rows, totals or sums per person", async () => {
  const spend = (userId: string) => wireUserCost(userId, "100.5");
  const { ask } = gateway({
    routes: {
      [PATHS.users]: () => json(tokenPage([wireUser("user_a"), wireUser("user_b")])),
      [PATHS.userCost]: (query) =>
        query.has("page")
          ? json(reportPage([spend("user_b"), spend("user_c")]))
          : json(reportPage([spend("user_a"), spend("user_b")], { next: "more" })),
    },
  });
  const week = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;
  const { data, errors, extensions } = await ask(`{
    ranked: cost(${week}, source: LEGACY, bucket: NONE, groupBy: [USER]) { nodes { user { userId } net { cents } } }
    users(${week}) { nodes { userId cost { net { cents } } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data.ranked.nodes.map(({ net }: { net: { cents: string } }) => net.cents)).toEqual(
    Array(3).fill("100.5"),
  );
  expect(data.users.nodes.map(({ cost }: { cost: { net: { cents: string } } }) => cost.net.cents)).toEqual(
    Array(2).fill("100.5"),
  );
  expect(extensions.upstream.duplicates).toBe(2); // the ranking and the sums are two walks
});

describe("rows that only read alike are kept", () => {
  test("of people whom upstream hides", async () => {
    const hidden = {
      starting_at: "2026-11-01T00:00:00Z",
      ending_at: "2026-11-08T00:00:00Z",
      group: { actor: null },
      cost: { amount: "5", list_amount: "5", currency: "USD", requests: 1 },
    };
    const { ask } = gateway({
      routes: {
        "/v1/organizations/analytics/cost": (query) =>
          json(reportPage([hidden], query.has("page") ? {} : { next: "more" })),
      },
    });
    const { data, errors, extensions } = await ask(
      `{ cost(range: { between: { from: "2026-11-01", until: "2026-11-08" } }, source: UNIFIED, bucket: NONE, groupBy: [ACTOR]) { nodes { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([{ net: { cents: "5" } }, { net: { cents: "5" } }]);
    expect(extensions.upstream.duplicates).toBe(0);
  });

  test("of Claude Code, for actors without ids", async () => {
    const record = {
      date: "2026-11-01T00:00:00Z",
      actor: { type: "api_actor", api_key_name: "ci" },
      organization_id: "org",
      customer_type: "api",
      terminal_type: "tmux",
      core_metrics: {
        num_sessions: 1,
        commits_by_claude_code: 2,
        pull_requests_by_claude_code: 0,
        lines_of_code: { added: 0, removed: 0 },
      },
      tool_actions: {},
      model_breakdown: [],
    };
    const { ask } = gateway({
      routes: {
        [PATHS.claudeCode]: (query) => json(reportPage([record], query.has("page") ? {} : { next: "more" })),
      },
    });
    const { data, errors, extensions } = await ask(
      `{ claudeCodeRecords(range: { between: { from: "2026-11-01", until: "2026-11-02" } }) { nodes { commits } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.claudeCodeRecords.nodes).toEqual([{ commits: 2 }, { commits: 2 }]);
    expect(extensions.upstream.duplicates).toBe(0);
  });

  test("of plugins of one name, unless they have one id too", async () => {
    const plugin = (plugin_id: string | null) => ({
      plugin_name: "third-party",
      plugin_id,
      distinct_user_count: 1,
      install_count: null,
      invocation_count: 1,
      claude_code_metrics: { distinct_session_plugin_used_count: 0 },
      cowork_metrics: { distinct_session_plugin_used_count: 0 },
    });
    const { ask } = gateway({
      routes: {
        [PATHS.plugins]: (query) =>
          query.has("page")
            ? json(tokenPage([plugin(null), plugin("a"), plugin("b")]))
            : json(tokenPage([plugin(null), plugin("a")], "more")),
      },
    });
    const { data, errors, extensions } = await ask(
      `{ plugins(range: { between: { from: "2026-11-01", until: "2026-11-08" } }) { nodes { pluginId } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.plugins.nodes).toEqual([null, "a", null, "b"].map((pluginId) => ({ pluginId })));
    expect(extensions.upstream.duplicates).toBe(1);
  });
});

sweep([1, 2, 3])("the simulated organization (seed %i) sends no row of any list twice", async (seed) => {
  const { ask } = gateway({
    sandbox: { users: 120, seed },
    settings: { MAX_UPSTREAM_REQUESTS: "1000", MAX_ROWS: "10000000" },
  });
  const range = `range: { between: { from: "2026-10-12", until: "2026-10-19" } }, first: 1000`;
  const reports = [
    'organization: "enterprise", source: LEGACY',
    'organization: "console", source: LEGACY',
    'organization: "enterprise", source: UNIFIED',
  ].flatMap((whose) =>
    ["cost", "usage"].flatMap((field) =>
      (whose.includes("console") ? ["WORKSPACE"] : ["USER", "USER, MODEL, PRODUCT", "GROUP"]).flatMap(
        (groupBy) =>
          ["NONE", "DAY"].map(
            (bucket) =>
              `${field}(${range}, ${whose}, bucket: ${bucket}, groupBy: [${groupBy}]) { nodes { from } }`,
          ),
      ),
    ),
  );
  const lists = [
    `users(${range}) { nodes { userId } }`,
    `activityByGroup(${range.replace(", first: 1000", "")}) { groupId }`,
    `projects(${range}) { nodes { projectId byGroup { groupId } usedBy(first: 1000) { nodes { __typename } } } }`,
    `skills(${range}) { nodes { name byProduct { product } byGroup { groupId } usedBy(first: 1000) { nodes { __typename } } } }`,
    `connectors(${range}) { nodes { name byProduct { product } byGroup { groupId } usedBy(first: 1000) { nodes { __typename } } } }`,
    `plugins(${range}) { nodes { name byProduct { product } byGroup { groupId } } }`,
    `artifacts(${range}, groupBy: [PRODUCT, GROUP, USER]) { nodes { created } }`,
    `groups(first: 1000) { nodes { name members(first: 1000) { nodes { __typename } } } }`,
    `cost(${range}, organization: "console", source: UNIFIED, bucket: DAY, groupBy: [ACTOR, API_KEY, WORKSPACE]) { nodes { workspace { name } apiKey { name } } }`,
  ];
  for (const list of [...lists, ...reports]) {
    const { errors, extensions } = await ask(`{ ${list} }`);
    expect(errors, list).toBeUndefined();
    expect(extensions.upstream.requests + extensions.upstream.cacheHits, list).toBeGreaterThan(0);
    expect(extensions.upstream.duplicates, list).toBe(0);
  }
});
