import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GatewayOptions, gateway, json, type Route, refusal } from "./gateway.ts";
import { dayOfQuery, PATHS, reportPage, tokenPage, wireCost, wireUser, wireUserCost } from "./wire.ts";

/** A list cut into pages in any way, empty pages included, each behind an opaque token. */
interface Split<Row> {
  readonly pages: readonly (readonly Row[])[];
}

function served<Row>(
  split: Split<Row>,
  envelope: (rows: readonly Row[], next: string | null) => object,
): Route {
  return (query) => {
    const token = query.get("page");
    const index = token === null ? 0 : Number(/^page_(\d+)$/.exec(token)?.[1] ?? Number.NaN);
    const rows = split.pages[index];
    if (rows === undefined) return refusal(400, "invalid_request_error", "no such page");
    return json(envelope(rows, index + 1 < split.pages.length ? `page_${index + 1}` : null));
  };
}

const splits = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 7 }).map((sizes): Split<number> => {
  let next = 0;
  return { pages: sizes.map((size) => Array.from({ length: size }, () => next++)) };
});

const firsts = fc.constantFrom(1, 2, 7, 100, 1000);

/** Walks a connection to its end, page by page as a client does. */
async function pagesThrough(
  options: GatewayOptions,
  field: string,
  selection: string,
  first: number,
): Promise<unknown[]> {
  const { ask } = gateway(options);
  const rows: unknown[] = [];
  for (let after: string | null = null; ; ) {
    const call = field.includes("(") ? field.replace(")", ", first: $first, after: $after)") : field;
    const { data, errors } = await ask(
      `query ($first: Int!, $after: String) { list: ${call} { edges { cursor node { ${selection} } } nodes { ${selection} } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      { first, after },
    );
    expect(errors).toBeUndefined();
    const { edges, nodes, pageInfo, totalCount } = data.list;
    expect(edges.length).toBeLessThanOrEqual(first);
    expect(edges.map((edge: { node: unknown }) => edge.node)).toEqual(nodes);
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
    rows.push(...nodes);
    if (!pageInfo.hasNextPage) {
      if (totalCount !== null) expect(totalCount).toBe(rows.length);
      return rows;
    }
    expect(edges.length).toBe(first);
    after = pageInfo.endCursor;
  }
}

describe("pages with any `first` give every row of the REST pages once and in order", () => {
  test("one window: users", () =>
    fc.assert(
      fc.asyncProperty(splits, firsts, async (split, first) => {
        const users = (ids: readonly number[], next: string | null) =>
          tokenPage(
            ids.map((id) => wireUser(`user_${id}`)),
            next,
          );
        const rows = await pagesThrough(
          { routes: { [PATHS.users]: served(split, users) } },
          `users(range: { between: { from: "2026-09-01", until: "2026-10-01" } })`,
          "userId",
          first,
        );
        expect(rows).toEqual(split.pages.flat().map((id) => ({ userId: `user_${id}` })));
      }),
      { numRuns: 60 },
    ));

  test("several windows of several pages: cost over three months", () =>
    fc.assert(
      fc.asyncProperty(fc.tuple(splits, splits, splits), firsts, async (months, first) => {
        const bucketed: Route = (query, request) => {
          const month = Number(dayOfQuery(query).slice(5, 7)) - 6;
          const hour = (id: number) => new Date(Date.UTC(2026, 5 + month, 1, id)).toISOString();
          const days = (ids: readonly number[], next: string | null) =>
            reportPage(
              ids.map((id) => ({
                starting_at: hour(id),
                ending_at: hour(id + 1),
                results: [wireCost(`${month}.${id}`)],
              })),
              { next },
            );
          return served(months[month] as Split<number>, days)(query, request);
        };
        const rows = await pagesThrough(
          { routes: { [PATHS.cost]: bucketed } },
          `cost(range: { between: { from: "2026-06-01", until: "2026-09-01" } }, bucket: DAY)`,
          "net { cents }",
          first,
        );
        expect(rows).toEqual(
          months.flatMap(({ pages }, month) =>
            pages.flat().map((id) => ({ net: { cents: `${month}.${id}` } })),
          ),
        );
      }),
      { numRuns: 60 },
    ));

  test("a ranking merged from several windows: spend by person over two months", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })), { minLength: 1, maxLength: 12 }),
        firsts,
        async (spends, first) => {
          const perUser: Route = (query) => {
            const month = dayOfQuery(query) === "2026-06-01" ? 0 : 1;
            return json(reportPage(spends.map((months, i) => wireUserCost(`user_${i}`, `${months[month]}`))));
          };
          const rows = (await pagesThrough(
            { routes: { [PATHS.userCost]: perUser } },
            `cost(range: { between: { from: "2026-06-01", until: "2026-08-01" } }, bucket: NONE, groupBy: [USER])`,
            "user { userId } net { cents }",
            first,
          )) as { user: { userId: string }; net: { cents: string } }[];
          const expected = new Map(spends.map(([june, july], i) => [`user_${i}`, june + july]));
          expect(new Map(rows.map(({ user, net }) => [user.userId, Number(net.cents)]))).toEqual(expected);
          expect(rows.map(({ net }) => Number(net.cents))).toEqual(
            [...expected.values()].sort((a, b) => b - a),
          );
        },
      ),
      { numRuns: 60 },
    ));
});

test.each([1, 7, 33, 50, 99, 100, 1000])(
  "every list of the sandbox with first: %d equals the list taken at once",
  async (first) => {
    const options = { sandbox: { users: 40 }, settings: { MAX_ROWS: "10000000" } };
    const range = `range: { last: { days: 3 } }`;
    const lists: [field: string, selection: string][] = [
      [`users(${range})`, "userId"],
      [`projects(${range})`, "projectId messages"],
      [`skills(${range})`, "name users"],
      [`skills(${range}, orderBy: { field: USERS })`, "name users"],
      [`users(${range}, orderBy: { field: EMAIL, direction: DESC })`, "userId"],
      [`users(${range}, orderBy: { field: LINES_ADDED, direction: ASC })`, "userId"],
      [`connectors(${range})`, "name users"],
      [`plugins(${range})`, "name pluginId invocations"],
      [`artifacts(${range})`, "date artifactType isShared created"],
      [`groups(${range})`, "groupId members(first: 1000) { nodes { user { userId } } }"],
      [`claudeCodeRecords(${range})`, "id"],
      [`cost(${range}, bucket: DAY, groupBy: [PRODUCT, MODEL])`, "from product model net { cents }"],
      [`cost(${range}, groupBy: [USER], bucket: NONE)`, "user { userId } net { cents }"],
      [
        `usage(${range}, bucket: DAY, groupBy: [WORKSPACE], organization: "console", source: LEGACY)`,
        "from workspace { name } tokens { totalTokens }",
      ],
    ];
    for (const [field, selection] of lists) {
      if (first === 1 && field.startsWith("cost(") && field.includes("MODEL")) continue; // hundreds of rows, one by one
      const atOnce = await pagesThrough(options, field, selection, 1000);
      expect(atOnce.length, field).toBeGreaterThan(0);
      expect(await pagesThrough(options, field, selection, first), field).toEqual(atOnce);
    }
  },
);

test("reading on in the middle of month seven of a year costs one request", async () => {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const year = `query ($first: Int!, $after: String) { cost(range: { period: YEAR_TO_DATE }, first: $first, after: $after, bucket: DAY) {
    edges { cursor node { from } } nodes { from net { cents } } pageInfo { hasNextPage endCursor } } }`;
  const all = await ask(year, { first: 1000 });
  const nodes = all.data.cost.nodes;
  const place = nodes.findIndex((node: { from: string }) => node.from === "2026-07-15T00:00:00.000Z");
  const { cursor } = all.data.cost.edges[place];

  // Another gateway has nothing cached and knows nothing of the walk that gave the cursor.
  const fresh = gateway({ sandbox: { users: 60 } });
  const [answer, requests] = await fresh.requestsOf(() => fresh.ask(year, { first: 10, after: cursor }));
  expect(answer.errors).toBeUndefined();
  expect(answer.data.cost.nodes).toEqual(nodes.slice(place + 1, place + 11));
  expect(requests.map((url) => url.searchParams.get("starting_at"))).toEqual(["2026-07-01T00:00:00Z"]);
});

test("`hasNextPage` is false when only empty pages follow", async () => {
  const users = (ids: readonly number[], next: string | null) =>
    tokenPage(
      ids.map((id) => wireUser(`user_${id}`)),
      next,
    );
  const { ask } = gateway({ routes: { [PATHS.users]: served({ pages: [[0, 1], [], []] }, users) } });
  const { data } = await ask(
    `{ users(range: { last: { days: 7 } }, first: 2) { nodes { userId } pageInfo { hasNextPage } totalCount } }`,
  );
  expect(data.users).toEqual({
    nodes: [{ userId: "user_0" }, { userId: "user_1" }],
    pageInfo: { hasNextPage: false },
    totalCount: 2,
  });
});

test("a list without rows is an empty page", async () => {
  const { ask } = gateway({ routes: { [PATHS.users]: () => json(tokenPage([])) } });
  const { data, errors } = await ask(
    `{ users(range: { last: { days: 7 } }) { nodes { userId } totalCount pageInfo { hasNextPage startCursor endCursor } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.users).toEqual({
    nodes: [],
    totalCount: 0,
    pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
  });
});

test("`first: 0` gives no rows but says whether there are any", async () => {
  const { ask } = gateway({ routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_0")])) } });
  const { data } = await ask(
    `{ users(range: { last: { days: 7 } }, first: 0) { nodes { userId } pageInfo { hasNextPage } } }`,
  );
  expect(data.users).toEqual({ nodes: [], pageInfo: { hasNextPage: true } });
});

test("an argument that is null is one that was left out", async () => {
  const { ask, requestsOf } = gateway({ sandbox: { users: 60 } });
  const query = `query ($first: Int, $bucket: Bucket, $source: Source) {
    cost(range: { period: LAST_MONTH }, first: $first, bucket: $bucket, source: $source) { nodes { from } } }`;
  const [left] = await requestsOf(() => ask(query));
  const [nulls, none] = await requestsOf(() => ask(query, { first: null, bucket: null, source: null }));
  expect(nulls.errors).toBeUndefined();
  expect(nulls.data).toEqual(left.data);
  expect(none).toEqual([]);
});

describe("a client that reads on after the data was refreshed", () => {
  const ranked = (ids: readonly string[], watermark: string) =>
    json(
      reportPage(
        ids.map((id, i) => ({
          ...wireUserCost(id, String(ids.length - i)),
          starting_at: "2026-11-20T00:00:00Z",
          ending_at: "2026-11-21T00:00:00Z",
        })),
        { watermark },
      ),
    );
  const series = `query ($after: String) { cost(range: { between: { from: "2026-11-20", until: "2026-11-21" } }, groupBy: [USER], first: 2, after: $after, bucket: DAY) {
    nodes { user { userId } } pageInfo { endCursor } } }`;

  test("gets an error where rows may have changed places, instead of skipping or repeating some", async () => {
    let answer = ranked(["a", "b", "c", "d"], "2026-11-22T08:00:00Z");
    const { ask, at } = gateway({ routes: { [PATHS.userCost]: () => answer } });
    const { data } = await ask(series);
    const after = data.cost.pageInfo.endCursor;
    expect((await ask(series, { after })).data.cost.nodes).toEqual([
      { user: { userId: "c" } },
      { user: { userId: "d" } },
    ]);
    answer = ranked(["c", "a", "b", "d"], "2026-11-22T12:00:00Z");
    at("2026-11-22T12:30:00Z");
    const refreshed = await ask(series, { after });
    expect(refreshed.data.cost).toBeNull();
    expect(refreshed.errors?.map((error) => error.extensions.code)).toEqual(["CURSOR_EXPIRED"]);
  });

  test("loses no row where upstream adds one before its place", async () => {
    let ids = ["b", "c", "d", "e"];
    const { ask, at } = gateway({
      routes: { [PATHS.users]: () => json(tokenPage(ids.map((id) => wireUser(id)))) },
    });
    const people = `query ($after: String) { users(range: { last: { days: 3 } }, first: 2, after: $after) { nodes { userId } pageInfo { endCursor } } }`;
    const { data } = await ask(people);
    ids = ["a", "b", "c", "d", "e"];
    at("2026-11-22T14:00:00Z");
    const next = await ask(people, { after: data.users.pageInfo.endCursor });
    expect(next.data.users.nodes).toEqual([{ userId: "d" }, { userId: "e" }]);
  });
});
