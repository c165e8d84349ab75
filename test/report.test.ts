import { describe, expect, test } from "vitest";
import { type Decimal, formatDecimal, parseDecimal, plus, ZERO } from "../src/domain/decimal.ts";
import { gateway, json } from "./gateway.ts";
import { PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const DAY = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

function ofOneDay() {
  return gateway({
    routes: {
      [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("1", { product: "chat" })])])),
    },
  });
}

test("lists go out in bracket notation, once per value, sorted", async () => {
  const { ask, seen } = ofOneDay();
  await ask(
    `{ cost(${DAY}, source: LEGACY, groupBy: [PRODUCT, MODEL], filter: { models: ["b", "a&limit=1"], products: ["chat"] }, bucket: DAY) { totalCount } }`,
  );
  const [url] = seen;
  expect(url?.searchParams.getAll("models[]")).toEqual(["a&limit=1", "b"]);
  expect(url?.searchParams.getAll("group_by[]")).toEqual(["model", "product"]);
  expect(url?.searchParams.getAll("limit")).toEqual(["31"]);
  // The whole month as far as it has come, which serves all questions about it.
  expect([url?.searchParams.get("starting_at"), url?.searchParams.get("ending_at")]).toEqual([
    "2026-11-01T00:00:00Z",
    "2026-11-23T00:00:00Z",
  ]);
});

test("the order of arguments makes no second question", async () => {
  const { ask, seen } = ofOneDay();
  await ask(
    `{ a: cost(${DAY}, source: LEGACY, groupBy: [PRODUCT, MODEL], bucket: DAY) { totalCount } b: cost(${DAY}, source: LEGACY, groupBy: [MODEL, PRODUCT, MODEL], bucket: DAY) { totalCount groupedBy } }`,
  );
  expect(seen).toHaveLength(1);
});

test.each([
  ["an empty list", `filter: { models: [] }`, /must have 1 to 100/],
  [
    "a hundred and one values",
    `filter: { models: [${Array.from({ length: 101 }, (_, i) => `"m${i}"`)}] }`,
    /must have 1 to 100/,
  ],
  [
    "a dimension no source has together with another",
    `groupBy: [USER, WORKSPACE]`,
    /^`enterprise` cannot group by WORKSPACE; WORKSPACE is a dimension of `console`: use `organization: "console"` \(this gateway has a key of it\)\.$/,
  ],
  [
    "hours of a report that has days only",
    `groupBy: [WORKSPACE], bucket: HOUR, organization: "console", source: LEGACY`,
    /no buckets shorter than a day/,
  ],
  [
    "a filter the source does not have",
    `organization: "console", source: LEGACY, filter: { models: ["x"] }`,
    /cannot filter on MODEL; it filters on nothing/,
  ],
])("%s is refused in a sentence that says what would work", async (_name, args, sentence) => {
  const { ask, seen } = ofOneDay();
  const { data, errors } = await ask(`{ cost(${DAY}, ${args}) { totalCount } }`);
  expect(data).toEqual({ cost: null });
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  expect(errors?.[0]?.message).toMatch(sentence);
  expect(seen).toEqual([]);
});

test.each(["DAY", "HOUR", "MINUTE"])("buckets of a %s add up to the total of the day", async (bucket) => {
  const { ask } = gateway({ sandbox: { users: 30 } });
  const { data, errors } = await ask(
    `{ usage(${DAY}, bucket: ${bucket}, first: 1000) { nodes { from until tokens { totalTokens } } pageInfo { hasNextPage } total { totalTokens } } }`,
  );
  expect(errors).toBeUndefined();
  const sum = data.usage.nodes.reduce(
    (all: number, { tokens }: { tokens: { totalTokens: number } }) => all + tokens.totalTokens,
    0,
  );
  expect(data.usage.pageInfo.hasNextPage).toBe(false);
  expect(sum).toBe(data.usage.total.totalTokens);
  expect(sum).toBeGreaterThan(0);
});

test("regions and default workspaces have one spelling whatever the source", async () => {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const { data } = await ask(
    `{ usage(range: { last: { days: 20 } }, bucket: NONE, groupBy: [INFERENCE_GEO, WORKSPACE], organization: "console", source: LEGACY, first: 1000) { nodes { inferenceGeo workspace { workspaceId isDefault } } } }`,
  );
  const rows: {
    inferenceGeo: string | null;
    workspace: { workspaceId: string; isDefault: boolean } | null;
  }[] = data.usage.nodes;
  expect(rows.map(({ inferenceGeo }) => inferenceGeo)).not.toContain("not_available");
  expect(rows.map(({ inferenceGeo }) => inferenceGeo)).toContain(null);
  expect(rows.find(({ workspace }) => workspace?.isDefault)?.workspace?.workspaceId).toMatch(/^wrkspc_/);
});

test("speed is asked of the Console with the beta it needs", async () => {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const { data, errors } = await ask(
    `{ usage(range: { last: { days: 9 } }, bucket: NONE, groupBy: [SPEED], organization: "console", source: LEGACY) { nodes { speed tokens { totalTokens } } total { totalTokens } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.usage.nodes.map(({ speed }: { speed: string }) => speed)).toContain("standard");
  expect(data.usage.total.totalTokens).toBeGreaterThan(0);
});

test("Claude Tag usage is split by channel, kind and Slack user", async () => {
  const { ask } = gateway({ sandbox: { users: 60 } });
  const { data, errors } = await ask(
    `{ cost(range: { last: { days: 14 } }, bucket: NONE, groupBy: [SLACK_CHANNEL, CLAUDE_TAG_CATEGORY, CLAUDE_TAG_USER], first: 1000) {
      nodes { slackChannelId claudeTagCategory claudeTagUserId isRemainder } } }`,
  );
  expect(errors).toBeUndefined();
  const rows: Record<string, string | null>[] = data.cost.nodes;
  for (const dimension of ["slackChannelId", "claudeTagCategory", "claudeTagUserId"]) {
    expect(rows.filter((row) => row[dimension] !== null).length, dimension).toBeGreaterThan(0);
  }
});

test("a product has one spelling, whichever way a report spells it", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 60 } });
  const { data, errors } = await ask(
    `{ cost(range: { period: LAST_MONTH }, bucket: NONE, groupBy: [PRODUCT], source: LEGACY, filter: { products: ["claude_tag", "chat"] }) { nodes { product } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.nodes.map(({ product }: { product: string }) => product).sort()).toEqual([
    "chat",
    "claude_tag",
  ]);
  expect(seen[0]?.searchParams.getAll("products[]")).toEqual(["chat", "claude-tag"]);
});

describe("a dimension the rows are not split by", () => {
  test.each([
    ["in the rows", `nodes { product model }`, /`model`.*add MODEL to `groupBy`/],
    ["in the edges", `edges { node { model } }`, /add MODEL/],
    ["under an alias, as the field that it is", `nodes { product: model }`, /`model`/],
    ["of the interface", `nodes { ... on ReportBucket { user { name } } }`, /`user`.*add USER/],
    ["in a fragment, and several at once", `nodes { ...Row }`, /`speed`, `costType`.*add SPEED, COST_TYPE/],
    ["twice, but named once", `nodes { group { name } groupId }`, /`group`, `groupId`.*add GROUP to/],
  ])(
    "is null, with a warning that names it, and asks nothing more: %s",
    async (_where, selection, sentence) => {
      const { ask, seen } = ofOneDay();
      const fragment = selection.includes("...Row") ? "fragment Row on CostBucket { speed costType }" : "";
      const { data, errors, extensions } = await ask(
        `{ asked: cost(${DAY}, source: LEGACY, groupBy: [PRODUCT]) { ${selection} also: nodes { net { cents } } } } ${fragment}`,
      );
      expect(errors).toBeUndefined();
      const rows = data.asked.nodes ?? data.asked.edges.map(({ node }: { node: object }) => node);
      const dimensions = rows.flatMap(({ product, ...row }: { product?: string | null }) => [
        ...(product === "chat" ? [] : [product ?? null]),
        ...Object.values(row),
      ]);
      expect(dimensions.length).toBeGreaterThan(0);
      expect(new Set(dimensions)).toEqual(new Set([null]));
      expect(data.asked.also).toEqual([{ net: { cents: "1" } }]);
      expect(extensions.warnings).toEqual([
        expect.objectContaining({
          code: "NOT_GROUPED_BY",
          path: ["asked"],
          message: expect.stringMatching(sentence),
        }),
      ]);
      expect(seen).toHaveLength(1);
    },
  );

  test("is without a warning where rows are grouped by it", async () => {
    const { ask } = ofOneDay();
    const { data, extensions } = await ask(`{ cost(${DAY}, groupBy: [PRODUCT]) { nodes { product } } }`);
    expect(data.cost.nodes).toEqual([{ product: "chat" }]);
    expect(extensions).not.toHaveProperty("warnings");
  });

  test("plans no request for the names it would look up", async () => {
    const { app, ask, seen } = gateway({ sandbox: { users: 20 } });
    const query = `{ usage(${DAY}, organization: "console", source: LEGACY, groupBy: [MODEL]) { nodes { workspace { name } apiKey { name } user { name } } } }`;
    const explained = await app.fetch(
      `http://gateway.test/graphql?explain&query=${encodeURIComponent(query)}`,
    );
    expect((await explained.json()).extensions.plan).toMatchObject({ requests: 1, lookups: 0 });
    const { data, extensions } = await ask(query);
    expect(new Set(data.usage.nodes.flatMap(Object.values))).toEqual(new Set([null]));
    expect(extensions.warnings?.[0]).toMatchObject({ dimensions: ["WORKSPACE", "API_KEY", "USER"] });
    expect(seen).toHaveLength(1);
  });

  test("may stand where a directive leaves it out", async () => {
    const { ask } = ofOneDay();
    const { data, errors } = await ask(
      `query ($byModel: Boolean!) { cost(${DAY}, groupBy: [PRODUCT], bucket: DAY) { nodes { product model @include(if: $byModel) } } }`,
      { byModel: false },
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([{ product: "chat" }]);
  });

  test("is shown all the same where another one fills it", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data, errors } = await ask(
      `{ cost(${DAY}, organization: "console", groupBy: [DESCRIPTION], first: 1000, bucket: DAY) { groupedBy nodes { description model costType tokenType } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes.some(({ model }: { model: string | null }) => model !== null)).toBe(true);
  });
});

test("without `bucket` the whole range is one bucket, so a row is a group", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const range = `range: { between: { from: "2026-08-01", until: "2026-11-01" } }`;
  const { data, errors } = await ask(`{
    cost(${range}, groupBy: [MODEL]) { nodes { model from until net { cents } } pageInfo { hasNextPage } total { net { cents } } }
    byDay: cost(${range}, bucket: DAY, groupBy: [MODEL], first: 1000) { nodes { model net { cents } } pageInfo { hasNextPage } }
    usage(${range}, groupBy: [MODEL]) { nodes { model from until } pageInfo { hasNextPage } }
    claudeCode(range: { last: { days: 3 } }, groupBy: [MODEL]) { nodes { model } pageInfo { hasNextPage } } }`);
  expect(errors).toBeUndefined();
  const { cost, byDay, usage, claudeCode } = data;
  for (const list of [cost, usage, claudeCode]) {
    const models = list.nodes.map(({ model }: { model: string | null }) => model);
    expect(models.length).toBeGreaterThan(1);
    expect(new Set(models).size).toBe(models.length);
    expect(list.pageInfo.hasNextPage).toBe(false);
  }
  for (const { from, until } of [...cost.nodes, ...usage.nodes])
    expect([from, until]).toEqual(["2026-08-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"]);
  expect(byDay.pageInfo.hasNextPage).toBe(false);
  expect(centsByModel(cost.nodes)).toEqual(centsByModel(byDay.nodes));
});

function centsByModel(rows: readonly { model: string | null; net: { cents: string } }[]) {
  const sums = new Map<string | null, Decimal>();
  for (const { model, net } of rows)
    sums.set(model, plus(sums.get(model) ?? ZERO, parseDecimal(net.cents) as Decimal));
  return new Map([...sums].sort().map(([model, cents]) => [model, Number(formatDecimal(cents))]));
}
