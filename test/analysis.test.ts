import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal, sum } from "../src/domain/decimal.ts";
import { type Answer, gateway, json } from "./gateway.ts";
import { dayOfQuery, PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

function between(from: string, until: string): string {
  return `range: { between: { from: "${from}", until: "${until}" } }`;
}

function centsOf(rows: readonly Loose[]): Decimal {
  return sum(rows.map(({ net }) => parseDecimal(net.cents) as Decimal));
}

const EVERYTHING = { MAX_FIRST: "100000", MAX_UPSTREAM_REQUESTS: "100000" };

describe("weeks and months", () => {
  test.each([
    [
      "the first days of 2026, in a week of 2025",
      "2026-01-15T12:00:00Z",
      ["2026-01-01", "2026-01-13"],
      "WEEK",
      [
        ["2026-01-01", "2026-01-05", true],
        ["2026-01-05", "2026-01-12", false],
        ["2026-01-12", "2026-01-13", true],
      ],
    ],
    [
      "week 53 of 2026 and week 1 of 2027",
      "2027-01-20T12:00:00Z",
      ["2026-12-28", "2027-01-11"],
      "WEEK",
      [
        ["2026-12-28", "2027-01-04", false],
        ["2027-01-04", "2027-01-11", false],
      ],
    ],
    [
      "week 52 of 2027 and week 1 of 2028",
      "2028-01-20T12:00:00Z",
      ["2027-12-25", "2028-01-10"],
      "WEEK",
      [
        ["2027-12-25", "2027-12-27", true],
        ["2027-12-27", "2028-01-03", false],
        ["2028-01-03", "2028-01-10", false],
      ],
    ],
    [
      "the week of a leap day",
      "2028-03-20T12:00:00Z",
      ["2028-02-28", "2028-03-06"],
      "WEEK",
      [["2028-02-28", "2028-03-06", false]],
    ],
    [
      "a leap February",
      "2028-03-20T12:00:00Z",
      ["2028-02-01", "2028-03-02"],
      "MONTH",
      [
        ["2028-02-01", "2028-03-01", false],
        ["2028-03-01", "2028-03-02", true],
      ],
    ],
    [
      "months over the end of a quarter and of a year",
      "2027-02-20T12:00:00Z",
      ["2026-09-15", "2027-01-04"],
      "MONTH",
      [
        ["2026-09-15", "2026-10-01", true],
        ["2026-10-01", "2026-11-01", false],
        ["2026-11-01", "2026-12-01", false],
        ["2026-12-01", "2027-01-01", false],
        ["2027-01-01", "2027-01-04", true],
      ],
    ],
  ])("of %s are what their days add up to", async (_name, now, [from = "", until = ""], bucket, buckets) => {
    const { ask } = gateway({ sandbox: { users: 30 }, now, settings: EVERYTHING });
    const { data, errors } = await ask(`{
      days: cost(${between(from, until)}, first: 1000, bucket: DAY) { nodes { from net { cents } requests } total { net { cents } } }
      made: cost(${between(from, until)}, bucket: ${bucket}) { nodes { from until isPartial net { cents } requests runningTotal { net { cents } } } }
    }`);
    expect(errors).toBeUndefined();
    const made: Loose[] = data.made.nodes;
    const spans = made.map((row) => [row.from.slice(0, 10), row.until.slice(0, 10), row.isPartial]);
    // A bucket of holidays alone has no row.
    expect(buckets).toEqual(expect.arrayContaining(spans));
    expect(made.length).toBeGreaterThanOrEqual(buckets.length - 1);
    for (const row of made) {
      const days = data.days.nodes.filter((day: Loose) => day.from >= row.from && day.from < row.until);
      expect(compare(centsOf(days), parseDecimal(row.net.cents) as Decimal)).toBe(0);
      expect(row.requests).toBe(days.reduce((all: number, { requests }: Loose) => all + requests, 0));
    }
    const last = parseDecimal(made.at(-1).runningTotal.net.cents) as Decimal;
    expect(compare(last, parseDecimal(data.days.total.net.cents) as Decimal)).toBe(0);
  });

  test("are as settled as the least settled of their days, and end with today", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data } = await ask(
      `{ cost(range: { between: { from: "2026-10-01", until: "2027-01-01" } }, bucket: MONTH) { nodes { from until isPartial state } range { until } } }`,
    );
    expect(data.cost.nodes).toEqual([
      {
        from: "2026-10-01T00:00:00.000Z",
        until: "2026-11-01T00:00:00.000Z",
        isPartial: false,
        state: "SETTLING",
      },
      { from: "2026-11-01T00:00:00.000Z", until: "2026-11-23T00:00:00.000Z", isPartial: true, state: "OPEN" },
    ]);
    expect(data.cost.range.until).toBe("2026-11-23");
  });
});

describe("upstream requests", () => {
  const range = between("2026-08-10", "2026-11-10");
  const plain = `{ cost(${range}, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { product net { cents } } } }`;

  test.each([
    ["weeks", "bucket: WEEK", "runningTotal { net { cents } }"],
    ["months with the first groups", "bucket: MONTH, top: 2", "isOther"],
    ["days from the last", "orderBy: { field: TIME, direction: DESC }", ""],
    ["days by amount", "orderBy: { field: NET }", ""],
    ["running totals of days", "", "runningTotal { net { cents } }"],
  ])("for %s are those for days", async (_name, args, selection) => {
    const analysed = `{ cost(${range}, groupBy: [PRODUCT], ${args.includes("bucket:") ? "" : "bucket: DAY, "}${args} first: 1000) { nodes { product net { cents } ${selection} } } }`;
    const [days, weeks] = await Promise.all(
      [plain, analysed].map(async (question) => {
        const { ask, seen } = gateway({ sandbox: { users: 30 } });
        expect((await ask(question)).errors).toBeUndefined();
        return seen.map((url) => url.href).sort();
      }),
    );
    expect(weeks).toEqual(days);
    expect(days).toHaveLength(4);
  });

  test("for shares are those for the total", async () => {
    const requests = await Promise.all(
      ["total { net { cents } }", "nodes { shareOfTotal list: shareOfTotal(of: LIST) }"].map(async (more) => {
        const { ask, seen } = gateway({ sandbox: { users: 30 } });
        await ask(
          `{ cost(${range}, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { product } ${more} } }`,
        );
        return seen.map((url) => url.href).sort();
      }),
    );
    expect(requests[1]).toEqual(requests[0]);
    expect(requests[0]).toHaveLength(8);
  });

  test("for the period before fetch only the months that are not fetched yet", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 30 } });
    const months = (from: string, until: string, more: string) =>
      `{ cost(${between(from, until)}, bucket: MONTH, groupBy: [PRODUCT]${more}) { nodes { product comparison { net { relativeChange } } } } }`;
    await ask(months("2026-07-01", "2026-09-01", ""));
    const [{ errors }, requests] = await requestsOf(() =>
      ask(months("2026-09-01", "2026-11-01", ", compare: PREVIOUS_PERIOD")),
    );
    expect(errors).toBeUndefined();
    expect(requests.map((url) => url.searchParams.get("starting_at")).sort()).toEqual([
      "2026-09-01T00:00:00Z",
      "2026-10-01T00:00:00Z",
    ]);
    const [, none] = await requestsOf(() =>
      ask(months("2026-08-01", "2026-10-01", ", compare: MONTH_BEFORE")),
    );
    expect(none).toEqual([]);
  });
});

describe("pages of an analysis", () => {
  const range = between("2026-09-20", "2026-11-05");

  test.each([
    ["weeks by product", "bucket: WEEK, groupBy: [PRODUCT]"],
    [
      "months with others, the latest first",
      "bucket: MONTH, groupBy: [MODEL], top: 2, orderBy: { field: TIME, direction: DESC }",
    ],
    [
      "weeks by requests, the fewest first",
      "bucket: WEEK, groupBy: [MODEL], top: 3, orderBy: { field: REQUESTS, direction: ASC }",
    ],
    [
      "parts without requests, by requests",
      "bucket: MONTH, groupBy: [COST_TYPE, TOKEN_TYPE], orderBy: { field: REQUESTS }",
    ],
    ["against the period before", "bucket: NONE, groupBy: [USER], compare: PREVIOUS_PERIOD, top: 5"],
    ["identities, some of them hidden", "bucket: WEEK, groupBy: [ACTOR], source: UNIFIED"],
  ])("are the whole list, row by row and on another replica: %s", async (_name, args) => {
    const size = { sandbox: { users: 20, seed: 7 }, settings: EVERYTHING };
    const replicas = [gateway(size), gateway(size)];
    const question = `query ($first: Int!, $after: String) { cost(${range}, ${args}, first: $first, after: $after) {
      edges { cursor node { from isOther net { cents } } } totalCount pageInfo { hasNextPage endCursor } } }`;
    const whole = (await replicas[0]?.ask(question, { first: 1000 }))?.data.cost;
    expect(whole.edges.length).toBe(whole.totalCount);
    expect(whole.pageInfo.hasNextPage).toBe(false);
    const edges: Loose[] = [];
    for (let after: string | null = null, turn = 0; ; turn++) {
      const { data, errors }: Partial<Answer> =
        (await replicas[turn % 2]?.ask(question, { first: 3, after })) ?? {};
      expect(errors).toBeUndefined();
      edges.push(...data.cost.edges);
      expect(data.cost.pageInfo.hasNextPage).toBe(edges.length < whole.totalCount);
      if (!data.cost.pageInfo.hasNextPage) break;
      after = data.cost.pageInfo.endCursor;
    }
    expect(edges).toEqual(whole.edges);
    expect(new Set(edges.map(({ cursor }) => cursor)).size).toBe(edges.length);
    expect(edges.length).toBeGreaterThan(4);
  });

  test("fit no other analysis of the same rows", async () => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    const answer = (args: string, after: string | null) =>
      ask(
        `query ($after: String) { cost(${range}, groupBy: [PRODUCT], ${args}, first: 2, after: $after) { pageInfo { endCursor } } }`,
        { after },
      );
    const ways = [
      "bucket: WEEK",
      "bucket: MONTH",
      "bucket: WEEK, top: 2",
      "bucket: WEEK, compare: MONTH_BEFORE",
      "bucket: WEEK, orderBy: { field: LIST }",
      "bucket: DAY",
    ];
    const [first = "", ...others] = ways;
    const after = (await answer(first, null)).data.cost.pageInfo.endCursor;
    expect((await answer(first, after)).errors).toBeUndefined();
    for (const other of others)
      expect((await answer(other, after)).errors?.[0]?.extensions.code).toBe("CURSOR_INVALID");
  });
});

describe("an order", () => {
  const range = between("2026-10-01", "2026-10-20");

  test.each([
    ["cost", "NET", "net { cents }", (row: Loose) => row.net.cents],
    ["cost", "LIST", "list { cents }", (row: Loose) => row.list.cents],
    ["cost", "REQUESTS", "requests", (row: Loose) => `${row.requests}`],
    ["usage", "TOTAL_TOKENS", "tokens { totalTokens }", (row: Loose) => `${row.tokens.totalTokens}`],
    ["usage", "OUTPUT_TOKENS", "tokens { outputTokens }", (row: Loose) => `${row.tokens.outputTokens}`],
    [
      "usage",
      "UNCACHED_INPUT_TOKENS",
      "tokens { uncachedInputTokens }",
      (row: Loose) => `${row.tokens.uncachedInputTokens}`,
    ],
    [
      "usage",
      "CACHE_READ_INPUT_TOKENS",
      "tokens { cacheReadInputTokens }",
      (row: Loose) => `${row.tokens.cacheReadInputTokens}`,
    ],
    [
      "usage",
      "CACHE_CREATION_5M_INPUT_TOKENS",
      "tokens { cacheCreation5mInputTokens }",
      (row: Loose) => `${row.tokens.cacheCreation5mInputTokens}`,
    ],
    [
      "usage",
      "CACHE_CREATION_1H_INPUT_TOKENS",
      "tokens { cacheCreation1hInputTokens }",
      (row: Loose) => `${row.tokens.cacheCreation1hInputTokens}`,
    ],
    [
      "usage",
      "WEB_SEARCH_REQUESTS",
      "tokens { webSearchRequests }",
      (row: Loose) => `${row.tokens.webSearchRequests}`,
    ],
    ["usage", "REQUESTS", "tokens { requests }", (row: Loose) => `${row.tokens.requests}`],
  ])(
    "of %s by %s puts its largest first, and last from the other end",
    async (field, measure, selection, of) => {
      const { ask } = gateway({ sandbox: { users: 40 } });
      const { data, errors } = await ask(`{
      down: ${field}(${range}, groupBy: [MODEL], orderBy: { field: ${measure} }, first: 1000) { nodes { ${selection} } }
      up: ${field}(${range}, groupBy: [MODEL], orderBy: { field: ${measure}, direction: ASC }, first: 1000) { nodes { ${selection} } }
    }`);
      expect(errors).toBeUndefined();
      const values = (rows: Loose[]) => rows.map((row) => parseDecimal(of(row)) as Decimal);
      const [down, up] = [values(data.down.nodes), values(data.up.nodes)];
      expect(down).toEqual(down.toSorted((a, b) => compare(b, a)));
      expect(up).toEqual(down.toSorted(compare));
      expect(new Set(down.map(({ units }) => units)).size).toBeGreaterThan(1);
    },
  );

  test("by time from the end gives the latest day first, and in each the largest", async () => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data } = await ask(
      `{ cost(${range}, groupBy: [PRODUCT], orderBy: { field: TIME, direction: DESC }, first: 1000, bucket: DAY) { nodes { from net { cents } } } }`,
    );
    const rows: Loose[] = data.cost.nodes;
    expect(rows[0].from).toBe("2026-10-19T00:00:00.000Z");
    const sorted = rows.toSorted(
      (a, b) =>
        (a.from < b.from ? 1 : a.from > b.from ? -1 : 0) ||
        compare(parseDecimal(b.net.cents) as Decimal, parseDecimal(a.net.cents) as Decimal),
    );
    expect(rows).toEqual(sorted);
  });
});

describe("a comparison", () => {
  test("with days before the first one covered is a separate error, and the rest of the answer stands", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data, errors } = await ask(
      `{ cost(${between("2026-01-05", "2026-01-17")}, bucket: NONE, compare: PREVIOUS_PERIOD) { nodes { net { cents } comparison { net { relativeChange } } } total { net { cents } } totalComparison { range { from } } } }`,
    );
    expect(data.cost.nodes).toHaveLength(1);
    expect(data.cost.nodes[0].comparison).toBeNull();
    expect(data.cost.nodes[0].net.cents).toBe(data.cost.total.net.cents);
    expect(data.cost.totalComparison).toBeNull();
    expect(errors?.map(({ path, extensions }) => [path?.join("."), extensions.code])).toEqual([
      ["cost.nodes.0.comparison", "NOT_COVERED"],
      ["cost.totalComparison", "NOT_COVERED"],
    ]);
    expect(errors?.[0]?.message).toContain("begins on 2026-01-01");
  });

  test("with days that upstream has let go of, and that were not kept, is the same error and never nothing", async () => {
    const { ask } = gateway({ sandbox: { users: 30 }, now: "2027-06-15T12:00:00Z" });
    const { data, errors } = await ask(
      `{ cost(${between("2027-04-01", "2027-05-01")}, bucket: NONE, compare: YEAR_BEFORE) { nodes { net { cents } comparison { net { relativeChange } } } totalComparison { range { from } } } }`,
    );
    expect(data.cost.nodes).toEqual([{ net: expect.anything(), comparison: null }]);
    expect(errors?.map(({ path, extensions }) => [path?.join("."), extensions.code])).toEqual([
      ["cost.nodes.0.comparison", "NOT_COVERED"],
      ["cost.totalComparison", "NOT_COVERED"],
    ]);
    expect(errors?.[0]?.message).toContain("begins on 2026-06-16");
  });

  test("with the year before is answered by the source that reaches back to it, leap day and all", async () => {
    const { ask } = gateway({
      sandbox: { users: 20 },
      now: "2028-03-20T12:00:00Z",
      settings: { ...EVERYTHING, ANTHROPIC_ANALYTICS_KEY: "" },
    });
    const { data, errors } = await ask(`{
      now: cost(${between("2028-02-01", "2028-03-01")}, bucket: MONTH, compare: YEAR_BEFORE) { source nodes { net { cents } comparison { range { from until } net { before { cents } } } } }
      then: cost(${between("2027-02-01", "2027-03-01")}, bucket: MONTH, organization: "console", source: LEGACY) { nodes { net { cents } } }
      leap: cost(${between("2028-02-28", "2028-03-01")}, compare: YEAR_BEFORE, bucket: DAY) { nodes { from comparison { net { before { cents } } } } }
      lastDays: cost(${between("2027-02-28", "2027-03-01")}, organization: "console", source: LEGACY, bucket: DAY) { nodes { net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.now.source).toBe("LEGACY");
    expect(data.now.nodes[0].comparison.range).toEqual({ from: "2027-02-01", until: "2027-03-01" });
    expect(data.now.nodes[0].comparison.net.before.cents).toBe(data.then.nodes[0].net.cents);
    const [then] = data.lastDays.nodes;
    const leap: Loose[] = data.leap.nodes;
    expect(leap.map(({ comparison }) => Number(comparison.net.before.cents))).toEqual([
      Number(then?.net.cents ?? 0),
      0,
    ]);
  });

  test("has a row for groups that are gone and for those that are new", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.cost]: (query) => {
          const month = dayOfQuery(query).slice(0, 7);
          const product = month === "2026-10" ? "gone" : "new";
          const rows = [wireCost("10", { product: "both" }), wireCost("4.5", { product })];
          return json(reportPage([wireDay(`${month}-05`, rows)]));
        },
      },
    });
    const { data, errors } = await ask(
      `{ cost(${between("2026-11-01", "2026-11-11")}, source: LEGACY, bucket: MONTH, groupBy: [PRODUCT], compare: MONTH_BEFORE) {
        nodes { product net { cents } comparison { net { before { cents } change { cents } relativeChange } } } } }`,
    );
    expect(errors).toBeUndefined();
    const rows = data.cost.nodes.map(({ product, net, comparison }: Loose) => [
      product,
      net.cents,
      comparison.net.before.cents,
      comparison.net.change.cents,
      comparison.net.relativeChange,
    ]);
    expect(rows).toEqual([
      ["both", "10", "10", "0", "0.000000000000"],
      ["new", "4.5", "0.0", "4.5", null],
      ["gone", "0.0", "4.5", "-4.5", "-1.000000000000"],
    ]);
  });

  test("is refused where upstream left groups out, since their figures are unknown", async () => {
    const groups = Array.from({ length: 100 }, (_, i) => wireCost(`${200 - i}`, { model: `model-${i}` }));
    const { ask } = gateway({
      routes: {
        [PATHS.cost]: (query) =>
          json(
            reportPage([wireDay(dayOfQuery(query), query.has("group_by[]") ? groups : [wireCost("99999")])]),
          ),
      },
    });
    const { errors } = await ask(
      `{ cost(${between("2026-10-01", "2026-10-02")}, source: LEGACY, groupBy: [MODEL], compare: MONTH_BEFORE, bucket: DAY) { nodes { model } } }`,
    );
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
    expect(errors?.[0]?.message).toMatch(/largest groups.*UNIFIED/);
  });

  test("never takes one hidden identity for another", async () => {
    const { ask } = gateway({ sandbox: { users: 20 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const { data, errors } = await ask(
      `{ cost(${between("2026-09-01", "2026-11-01")}, bucket: NONE, groupBy: [ACTOR], compare: PREVIOUS_PERIOD, first: 1000) {
        nodes { actor { __typename } net { cents } runningTotal { net { cents } } comparison { net { before { cents } } } }
        total { net { cents } } totalComparison { net { before { cents } } } } }`,
    );
    expect(errors).toBeUndefined();
    const rows: Loose[] = data.cost.nodes;
    const hidden = rows.filter(({ actor }) => actor === null);
    expect(hidden.length).toBeGreaterThan(2);
    for (const { net, comparison, runningTotal } of hidden) {
      expect([Number(net.cents), Number(comparison.net.before.cents)]).toContain(0);
      expect(runningTotal).toBeNull();
    }
    const before = sum(rows.map(({ comparison }) => parseDecimal(comparison.net.before.cents) as Decimal));
    expect(compare(before, parseDecimal(data.cost.totalComparison.net.before.cents) as Decimal)).toBe(0);
    expect(compare(centsOf(rows), parseDecimal(data.cost.total.net.cents) as Decimal)).toBe(0);
  });
});

describe("an analysis by team", () => {
  const range = between("2026-09-20", "2026-10-25");

  test.each(["NONE", "WEEK", "MONTH"])("adds up, with shares split between teams: %s", async (bucket) => {
    const { ask } = gateway({ sandbox: { users: 40 } });
    const { data, errors } = await ask(`{
      some: cost(${range}, bucket: ${bucket}, groupBy: [TEAM], overlap: SPLIT, top: 2, compare: PREVIOUS_PERIOD, first: 1000) {
        nodes { from isOther team net { cents } runningTotal { net { cents } } comparison { net { before { cents } } } }
        total { net { cents } } totalComparison { net { before { cents } } } }
      all: cost(${range}, bucket: ${bucket}, groupBy: [TEAM], overlap: SPLIT, first: 1000) { nodes { from team net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    const rows: Loose[] = data.some.nodes;
    const total = parseDecimal(data.some.total.net.cents) as Decimal;
    expect(compare(centsOf(rows), total)).toBe(0);
    expect(compare(centsOf(data.all.nodes), total)).toBe(0);
    const before = sum(rows.map(({ comparison }) => parseDecimal(comparison.net.before.cents) as Decimal));
    expect(compare(before, parseDecimal(data.some.totalComparison.net.before.cents) as Decimal)).toBe(0);
    const kept = new Set(rows.filter(({ isOther }) => !isOther).map(({ team }) => team));
    expect(kept.size).toBe(2);
    const last = new Map(rows.map((row) => [row.isOther ? "other" : row.team, row.runningTotal]));
    expect(compare(sum([...last.values()].map(({ net }) => parseDecimal(net.cents) as Decimal)), total)).toBe(
      0,
    );
    for (const row of rows.filter(({ isOther }) => !isOther)) {
      const same = data.all.nodes.find(({ from, team }: Loose) => from === row.from && team === row.team);
      expect(same?.net.cents ?? "0").toBe(
        Number(row.net.cents) === 0 ? (same?.net.cents ?? "0") : row.net.cents,
      );
    }
  });
});

describe("a sum that cannot be computed", () => {
  test.each([
    [
      "the other teams of people who count in each",
      `top: 3, groupBy: [TEAM]`,
      /People in several count fully in each TEAM.*`overlap: SPLIT`/,
    ],
    ["top: 0", `top: 0, groupBy: [MODEL]`, /`top` is 0; it must be at least 1/],
    [
      "the other groups of people",
      `top: 3, groupBy: [GROUP]`,
      /People in several count fully in each GROUP.*`bucket: NONE, first: 3`/,
    ],
  ])(
    "is refused before any upstream request, with what to request instead: %s",
    async (_name, args, sentence) => {
      const { ask, seen } = gateway({ sandbox: { users: 20 } });
      const { data, errors } = await ask(
        `{ cost(${between("2026-10-01", "2026-10-08")}, ${args}, bucket: DAY) { totalCount } }`,
      );
      expect(data).toEqual({ cost: null });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
      expect(errors?.[0]?.message).toMatch(sentence);
      expect(seen).toEqual([]);
    },
  );

  test("has no share: a total of nothing is none", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.cost]: () =>
          json(
            reportPage([
              wireDay("2026-11-20", [wireCost("1", { product: "a" }), wireCost("-1", { product: "b" })]),
            ]),
          ),
      },
    });
    const { data, errors } = await ask(
      `{ cost(${between("2026-11-20", "2026-11-21")}, source: LEGACY, groupBy: [PRODUCT], bucket: DAY) { nodes { shareOfTotal } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([{ shareOfTotal: null }, { shareOfTotal: null }]);
  });
});
