import { describe, expect, test } from "vitest";
import { gateway, json, type Route } from "./gateway.ts";
import { dayOfQuery, PATHS, tokenPage } from "./wire.ts";

function wireArtifacts(type: string, isShared: boolean, created: number) {
  return {
    artifact_type: type,
    is_shared: isShared,
    artifacts_created_count: created,
    published_artifacts_created_count: isShared ? 1 : 0,
    distinct_user_count: 2,
  };
}

/** Two cells a day, of which the newest is the 20th. */
const routes: Readonly<Record<string, Route>> = {
  [PATHS.artifacts]: (query) => {
    const created = Number(dayOfQuery(query).slice(-2));
    return json(
      tokenPage([
        wireArtifacts("text/html", true, created),
        wireArtifacts("text/html", false, 100 + created),
      ]),
    );
  },
  [PATHS.summaries]: () =>
    json(tokenPage([{ starting_at: "2026-11-20T00:00:00Z", ending_at: "2026-11-21T00:00:00Z" }])),
};

const WEEK = `range: { between: { from: "2026-11-02", until: "2026-11-05" } }`;

describe("artifacts", () => {
  test("are requested day by day, oldest first, and say what was created", async () => {
    const { ask, seen } = gateway({ routes });
    const { data, errors } = await ask(
      `{ artifacts(${WEEK}) { totalCount range { from until } freshness { source } nodes { date artifactType isShared created publishedCreated users } } }`,
    );
    expect(errors).toBeUndefined();
    const { nodes, ...about } = data.artifacts;
    expect(about).toEqual({
      totalCount: 6,
      range: { from: "2026-11-02", until: "2026-11-05" },
      freshness: { source: "ARTIFACT_ACTIVITY" },
    });
    expect(nodes[0]).toEqual({
      date: "2026-11-02",
      artifactType: "text/html",
      isShared: true,
      created: 2,
      publishedCreated: 1,
      users: 2,
    });
    expect(nodes.map(({ created }: { created: number }) => created)).toEqual([2, 102, 3, 103, 4, 104]);
    expect(seen.map(({ pathname, searchParams }) => [pathname, searchParams.get("date")])).toEqual([
      [PATHS.artifacts, "2026-11-02"],
      [PATHS.artifacts, "2026-11-03"],
      [PATHS.artifacts, "2026-11-04"],
    ]);
  });

  test("ask for no more days than the page needs, and read on within a day at one request", async () => {
    const { ask, requestsOf } = gateway({ routes, settings: { FRESH_TTL: "0" } });
    const query = `query ($after: String) { artifacts(${WEEK}, first: 3, after: $after) { nodes { created } pageInfo { hasNextPage endCursor } } }`;
    const [first, asked] = await requestsOf(() => ask(query));
    expect(first.data.artifacts.nodes).toEqual([{ created: 2 }, { created: 102 }, { created: 3 }]);
    expect(asked).toHaveLength(2);
    const [second, rest] = await requestsOf(() =>
      ask(query, { after: first.data.artifacts.pageInfo.endCursor }),
    );
    expect(second.data.artifacts).toMatchObject({
      nodes: [{ created: 103 }, { created: 4 }, { created: 104 }],
      pageInfo: { hasNextPage: false },
    });
    expect(rest.map((url) => url.searchParams.get("date"))).toEqual(["2026-11-03", "2026-11-04"]);
  });

  test("leave off days that upstream has not aggregated yet, and say so", async () => {
    const { ask, seen } = gateway({ routes });
    const { data, errors } = await ask(
      `{ artifacts(range: { last: { days: 3 } }) { range { from until } nodes { date } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.artifacts.range).toEqual({ from: "2026-11-19", until: "2026-11-21" });
    expect(new Set(data.artifacts.nodes.map(({ date }: { date: string }) => date))).toEqual(
      new Set(["2026-11-19", "2026-11-20"]),
    );
    expect(seen.map((url) => url.pathname)).toEqual([PATHS.summaries, PATHS.artifacts, PATHS.artifacts]);
  });

  test("keep their cursors when another day is aggregated", async () => {
    const query = `query ($after: String) { artifacts(range: { last: { days: 2 } }, first: 1, after: $after) { nodes { date created } pageInfo { endCursor } } }`;
    let newest = "2026-11-20";
    const { ask, at } = gateway({
      routes: {
        ...routes,
        [PATHS.summaries]: () => json(tokenPage([{ starting_at: `${newest}T00:00:00Z` }])),
      },
    });
    const first = await ask(query);
    newest = "2026-11-21";
    at("2026-11-22T18:00:00Z");
    const rest = await ask(query.replace("first: 1", "first: 9"), {
      after: first.data.artifacts.pageInfo.endCursor,
    });
    expect(rest.errors).toBeUndefined();
    expect(rest.data.artifacts.nodes).toEqual([
      { date: "2026-11-20", created: 120 },
      { date: "2026-11-21", created: 21 },
      { date: "2026-11-21", created: 121 },
    ]);
  });

  test("of no day that is aggregated are an error, not an empty list", async () => {
    const { ask, seen } = gateway({ routes });
    const { data, errors } = await ask(`{ artifacts(range: { period: YESTERDAY }) { totalCount } }`);
    expect(data).toEqual({ artifacts: null });
    expect(errors?.map((error) => [error.extensions.code, error.extensions.dataset])).toEqual([
      ["NOT_YET_AVAILABLE", "ARTIFACT_ACTIVITY"],
    ]);
    expect(seen.map((url) => url.pathname)).toEqual([PATHS.summaries]);
  });

  test("are filtered by upstream, in lists that it knows", async () => {
    const { ask, seen } = gateway({ routes });
    await ask(
      `{ artifacts(${WEEK}, first: 1, filter: { users: ["user_b", "user_a"], products: ["chat"] }) { totalCount } }`,
    );
    expect(seen[0]?.searchParams.getAll("filter[]")).toEqual([
      "product:chat",
      "user_id:user_a",
      "user_id:user_b",
    ]);
    const { errors } = await ask(`{ artifacts(${WEEK}, filter: { names: ["x"] }) { totalCount } }`);
    expect(errors?.[0]?.message).toContain("`artifacts` cannot filter by `names`");
  });

  test("of the simulated organization are those its people are said to have created", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(
      `{ artifacts(${WEEK}, first: 1000) { nodes { artifactType isShared created publishedCreated users } }
         users(${WEEK}, first: 1000) { nodes { activity { chat { artifactsCreated } claudeCode { artifactsCreated } cowork { artifactsCreated } } } } }`,
    );
    expect(errors).toBeUndefined();
    const cells: { created: number; publishedCreated: number; isShared: boolean }[] = data.artifacts.nodes;
    expect(cells.length).toBeGreaterThan(3);
    for (const { created, publishedCreated } of cells) expect(publishedCreated).toBeLessThanOrEqual(created);
    type Activity = Readonly<Record<"chat" | "claudeCode" | "cowork", { artifactsCreated: number }>>;
    const byPeople = data.users.nodes.map(
      ({ activity: { chat, claudeCode, cowork } }: { activity: Activity }) =>
        chat.artifactsCreated + claudeCode.artifactsCreated + cowork.artifactsCreated,
    );
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    expect(total(cells.map(({ created }) => created))).toBeGreaterThanOrEqual(total(byPeople));
  });
});
