import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { describe, expect, test } from "vitest";
import { formatBucket } from "../../src/web/charts/format.ts";
import type { GatewayAnswer } from "../../src/web/workbench/answer.ts";
import { type AnswerChart, chartOf, measuresIn, numbersOf } from "../../src/web/workbench/answer-chart.ts";
import { tablesOf } from "../../src/web/workbench/answer-tables.ts";
import { standaloneSvg } from "../../src/web/workbench/standalone-svg.ts";

const SCHEMA = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));

function answerTo(query: string, data: Readonly<Record<string, unknown>>): GatewayAnswer {
  return { query, operationName: null, variables: {}, body: { data }, requests: 1, isKept: false };
}

function chartIn(query: string, data: Readonly<Record<string, unknown>>, list = 0): AnswerChart {
  const table = tablesOf(SCHEMA, answerTo(query, data))[list];
  const measure = table && measuresIn(table)[0];
  if (table === undefined || measure === undefined) throw new Error("The answer has no measure.");
  return chartOf(table, measure);
}

interface Row {
  readonly day?: string;
  readonly product: string | null;
  readonly usd: string;
}

function costQuery(bucket: string, groupBy = "PRODUCT"): string {
  return `{ cost(range: { last: { days: 9 } }, bucket: ${bucket}, groupBy: [${groupBy}]) {
    total { net { usd } } nodes { from product net { usd } state } pageInfo { hasNextPage } } }`;
}

function costs(rows: readonly Row[], hasNextPage = false, total: string | null = null) {
  return {
    cost: {
      total: total === null ? null : { net: { usd: total } },
      nodes: rows.map(({ day = "01", product, usd }) => ({
        from: `2026-11-${day}T00:00:00Z`,
        product,
        net: { usd },
        state: day === "03" ? "OPEN" : "FINAL",
      })),
      pageInfo: { hasNextPage },
    },
  };
}

const TWO_DAYS: readonly Row[] = [
  { day: "01", product: "chat", usd: "1" },
  { day: "01", product: "code", usd: "5" },
  { day: "03", product: "chat", usd: "2" },
];

describe("the chart of rows by day", () => {
  test("has a series for each group, a gap for a day without a row, and the state of each day", () => {
    const drawn = chartIn(costQuery("DAY"), costs(TWO_DAYS));
    if (drawn.kind !== "series") throw new Error(drawn.kind);
    expect([drawn.shape, drawn.unit, drawn.chart.length, drawn.note]).toEqual(["stacked", "usd", "DAY", ""]);
    expect(drawn.chart.buckets).toEqual([
      { start: "2026-11-01", state: "FINAL" },
      { start: "2026-11-02", state: null },
      { start: "2026-11-03", state: "OPEN" },
    ]);
    expect(drawn.chart.series.map(({ label, values }) => [label, values])).toEqual([
      ["code", [5, null, null]],
      ["chat", [1, null, 2]],
    ]);
  });

  test("has the sum of its groups in the compared period, bucket by bucket", () => {
    const query = costQuery("DAY").replace(
      "state }",
      "comparison { range { from } net { before { usd } change { usd } relativeChange } } state }",
    );
    const data = costs(TWO_DAYS);
    const nodes = data.cost.nodes.map((node, i) => ({
      ...node,
      comparison: { net: { before: { usd: `${i}.1` }, change: { usd: "1" }, relativeChange: null } },
    }));
    const drawn = chartIn(query, { cost: { ...data.cost, nodes } });
    if (drawn.kind !== "series") throw new Error(drawn.kind);
    expect(drawn.chart.series.map(({ label }) => label)).toEqual(["code", "chat"]);
    expect(drawn.chart.before).toEqual(["1.2", null, "2.1"]);
    const ranking = chartIn(query.replace("bucket: DAY, ", ""), {
      cost: { ...data.cost, nodes: nodes.slice(0, 2) },
    });
    if (ranking.kind !== "ranking") throw new Error(ranking.kind);
    expect(ranking.rows.map(({ label, before }) => [label, before])).toEqual([
      ["code", "1.1"],
      ["chat", "0.1"],
    ]);
    expect(chartIn(costQuery("DAY"), data)).not.toHaveProperty("chart.before");
  });

  test("merges the smaller groups only where they may be added", () => {
    const rows = ["a", "b", "c", "d", "e", "f"].map((product, i) => ({ product, usd: String(9 - i) }));
    const labels = (drawn: AnswerChart) =>
      drawn.kind === "series" ? drawn.chart.series.map(({ label }) => label) : [];
    const added = chartIn(costQuery("DAY"), costs(rows));
    expect(labels(added)).toEqual(["a", "b", "c", "d", "Other"]);
    for (const separate of [
      chartIn(costQuery("DAY"), costs(rows, true)),
      chartIn(costQuery("DAY", "TEAM"), costs(rows)),
    ]) {
      expect(labels(separate)).toEqual(["a", "b", "c", "d"]);
      expect(separate).toMatchObject({ shape: "lines", note: expect.stringContaining("4 of 6 groups") });
    }
  });

  test("says that a page of a longer list may lack rows", () => {
    expect(chartIn(costQuery("WEEK"), costs(TWO_DAYS, true))).toMatchObject({
      kind: "series",
      note: expect.stringContaining("may lack rows"),
    });
  });

  test("is a line for what may not be added, by the days of the rows around a list too", () => {
    const query =
      "{ activity(range: { last: { days: 2 } }) { date dailyActiveUsers products { product dailyActiveUsers } } }";
    const day = (date: string, people: number | null) => ({
      date,
      dailyActiveUsers: people,
      products: [{ product: "CHAT", dailyActiveUsers: people }],
    });
    const data = { activity: [day("2026-11-01", 3), day("2026-11-02", null)] };
    for (const list of [0, 1]) {
      const drawn = chartIn(query, data, list);
      if (drawn.kind !== "series") throw new Error(drawn.kind);
      expect([drawn.shape, drawn.unit]).toEqual(["lines", "count"]);
      expect(drawn.chart.series[0]?.values).toEqual([3, null]);
    }
  });

  test("is left out where rows of a day have the same names, or values are negative", () => {
    const twice = [...TWO_DAYS, ...TWO_DAYS];
    expect(chartIn(costQuery("DAY"), costs(twice))).toMatchObject({
      kind: "none",
      reason: expect.stringContaining("same day"),
    });
    expect(chartIn(costQuery("DAY"), costs([{ product: "a", usd: "-1" }]))).toMatchObject({ kind: "none" });
  });
});

describe("the chart of named rows", () => {
  test("is a ranking, with shares of the total that the answer states", () => {
    const rows = [
      { product: null, usd: "1" },
      { product: "code", usd: "3" },
    ];
    expect(chartIn(costQuery("NONE"), costs(rows, false, "4"))).toMatchObject({
      kind: "ranking",
      total: "4",
      unit: "usd",
      rows: [
        { label: "code", value: "3" },
        { label: "(none)", value: "1" },
      ],
    });
    expect(chartIn(costQuery("NONE", "TEAM"), costs(rows, false, "4"))).toMatchObject({ total: null });
  });

  test("merges the smaller rows exactly, and only if these are all rows", () => {
    const rows = Array.from({ length: 15 }, (_, i) => ({ product: `p${i}`, usd: i < 12 ? "5" : "0.1" }));
    const last = (drawn: AnswerChart) => (drawn.kind === "ranking" ? drawn.rows.at(-1) : undefined);
    expect(last(chartIn(costQuery("NONE"), costs(rows)))).toMatchObject({ label: "Other (3)", value: "0.3" });
    expect(last(chartIn(costQuery("NONE"), costs(rows, true)))).toMatchObject({ value: "5" });
  });
});

test("numbers outside lists have their comparison, to the last digit", () => {
  const change = { before: { usd: "0.1" }, change: { usd: "0.2" }, relativeChange: "2" };
  const query = `{ cost(range: { last: { days: 9 } }, compare: MONTH_BEFORE) {
    total { net { usd } requests }
    totalComparison { range { from until } net { before { usd } change { usd } relativeChange } } } }`;
  const data = {
    cost: {
      total: { net: { usd: "0.3" }, requests: null },
      totalComparison: { range: { from: "2026-10-01", until: "2026-10-08" }, net: change },
    },
  };
  const numbers = numbersOf(SCHEMA, answerTo(query, data));
  expect(numbers.map(({ name, value, unit, change }) => ({ name, value, unit, change }))).toEqual([
    { name: "cost.total.net", value: "0.3", unit: "usd", change: undefined },
    { name: "cost.total.requests", value: null, unit: "count", change: undefined },
    {
      name: "cost.totalComparison.net",
      value: "0.3",
      unit: "usd",
      change: { relative: "2", before: "0.1", period: "1 Oct – 7 Oct 2026" },
    },
  ]);
});

test("a saved drawing holds its colours, its title and its legend, all escaped", () => {
  const svg = standaloneSvg('<svg class="chart-svg"><path stroke="var(--accent-1)"/></svg>', {
    title: "a < b",
    width: 300,
    height: 100,
    legend: [{ label: "R&D", accent: "accent-1" }],
    theme: "dark",
    colourOf: (property) => ` light-dark(#ffffff,${property.slice(2)}!)`,
  });
  expect(svg).toContain('<path stroke="accent-1!"/>');
  expect(svg).toContain("<title>a &lt; b</title>");
  expect(svg).toContain("R&amp;D");
  expect(svg).not.toContain("var(");
});

describe("rows without a name", () => {
  const team = (name: string | null, isUnassigned: boolean, isRemainder: boolean, usd: string) => ({
    team: name,
    isUnassigned,
    isRemainder,
    net: { usd },
  });

  test("of cost by team are people without a team, and usage without a person", () => {
    const drawn = chartIn(
      "{ cost(range: { last: { days: 9 } }, groupBy: [TEAM]) { nodes { team isUnassigned isRemainder net { usd } } } }",
      {
        cost: {
          nodes: [
            team("Platform", false, false, "5"),
            team(null, true, false, "3"),
            team(null, false, true, "2"),
          ],
        },
      },
    );
    if (drawn.kind !== "ranking") throw new Error(JSON.stringify(drawn));
    expect(drawn.rows.map(({ label }) => label)).toEqual(["Platform", "No team", "Without a person"]);
  });

  test("of teams have the same two names", () => {
    const drawn = chartIn(
      "{ teams(range: { last: { days: 9 } }) { nodes { name teamId isUnassigned cost { net { usd } } } } }",
      {
        teams: {
          nodes: [
            { name: "Platform", teamId: "t", isUnassigned: false, cost: { net: { usd: "5" } } },
            { name: null, teamId: null, isUnassigned: true, cost: { net: { usd: "4" } } },
            { name: null, teamId: null, isUnassigned: false, cost: { net: { usd: "3" } } },
          ],
        },
      },
    );
    if (drawn.kind !== "ranking") throw new Error(JSON.stringify(drawn));
    expect(drawn.rows.map(({ label }) => label)).toEqual(["Platform", "No team", "Without a person"]);
  });
});

describe("the chart of rows by hour or minute", () => {
  const rows = (starts: readonly string[]) => ({
    cost: {
      nodes: starts.map((from) => ({ from, product: "chat", net: { usd: "1" }, state: "FINAL" })),
      pageInfo: { hasNextPage: false },
    },
  });

  test("has a bucket for each hour, with a gap for one without a row", () => {
    const drawn = chartIn(
      costQuery("HOUR"),
      rows(["2026-11-01T22:00:00Z", "2026-11-01T23:00:00.000Z", "2026-11-02T01:00:00Z"]),
    );
    if (drawn.kind !== "series") throw new Error(JSON.stringify(drawn));
    expect(drawn.chart.buckets.map(({ start }) => start)).toEqual([
      "2026-11-01T22:00Z",
      "2026-11-01T23:00Z",
      "2026-11-02T00:00Z",
      "2026-11-02T01:00Z",
    ]);
    expect(drawn.chart.series[0]?.values).toEqual([1, 1, null, 1]);
    expect(formatBucket("2026-11-01T22:00Z", "HOUR")).toBe("1 Nov, 22:00");
    expect(formatBucket("2026-11-01T23:00Z", "HOUR", "2026-11-01T22:00Z")).toBe("23:00");
    expect(formatBucket("2026-11-02T01:00Z", "HOUR", "2026-11-01T23:00Z")).toBe("2 Nov, 01:00");
  });

  test("is not drawn with more buckets than it has room for", () => {
    const minutes = Array.from({ length: 2_500 }, (_, i) =>
      new Date(Date.UTC(2026, 10, 1, 0, i)).toISOString(),
    );
    const drawn = chartIn(costQuery("MINUTE"), rows(minutes));
    expect(drawn).toMatchObject({ kind: "none", reason: expect.stringContaining("2,500 minutes") });
  });
});
