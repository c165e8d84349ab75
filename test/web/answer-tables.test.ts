import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { describe, expect, test } from "vitest";
import type { GatewayAnswer } from "../../src/web/workbench/answer.ts";
import { type AnswerTable, sortedRows, tablesOf } from "../../src/web/workbench/answer-tables.ts";
import { csvOf, tsvOf } from "../../src/web/workbench/answer-texts.ts";
import { sumsOf } from "../../src/web/workbench/answer-totals.ts";

const SCHEMA = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));

function answerTo(query: string, data: object, more: Partial<GatewayAnswer> = {}): GatewayAnswer {
  return {
    query,
    operationName: null,
    variables: {},
    body: { data: { ...data } },
    requests: 1,
    isKept: false,
    ...more,
  };
}

function tableOf(query: string, data: object, more: Partial<GatewayAnswer> = {}): AnswerTable {
  const table = tablesOf(SCHEMA, answerTo(query, data, more))[0];
  if (table === undefined) throw new Error("The answer has no list.");
  return table;
}

const usd = (amount: string) => ({ usd: amount });

const BY_DAY = `query ($bucket: Bucket! = DAY, $first: Int! = 200) {
  cost(range: { last: { days: 3 } }, bucket: $bucket, groupBy: [PRODUCT], first: $first) {
    groupedBy
    total { net { usd } }
    nodes { from product isOther net { usd } requests state }
    pageInfo { hasNextPage }
  }
}`;

const row = (day: string, product: string | null, amount: string, requests: number | null = 1) => ({
  from: `2026-11-${day}T00:00:00Z`,
  product,
  isOther: false,
  net: usd(amount),
  requests,
  state: "FINAL",
});

const cost = (nodes: readonly object[], hasNextPage = false) => ({
  cost: { groupedBy: ["PRODUCT"], total: { net: usd("0.35") }, nodes, pageInfo: { hasNextPage } },
});

const ROWS = [row("01", "chat", "0.10"), row("01", "code", "0.20"), row("02", "chat", "0.05", 2)];

describe("the table of a list", () => {
  test("has the kinds and meanings of its columns from the schema", () => {
    const { name, columns, bucket, rows, extent, totals } = tableOf(BY_DAY, cost(ROWS));
    expect({ name, bucket, extent, totals }).toEqual({
      name: "cost",
      bucket: "DAY",
      extent: "whole",
      totals: { "net.usd": "0.35" },
    });
    expect(columns.map(({ name, kind, role }) => [name, kind, role])).toEqual([
      ["from", "time", "bucket"],
      ["product", "text", "group"],
      ["isOther", "flag", "other"],
      ["net.usd", "usd", "measure"],
      ["requests", "count", "measure"],
      ["state", "text", "state"],
    ]);
    expect(rows[2]).toEqual(["2026-11-02T00:00:00Z", "chat", false, "0.05", 2, "FINAL"]);
  });

  test("follows aliases, fragments, edges and variables", () => {
    const { name, columns, rows, bucket } = tableOf(
      `query ($b: Bucket) { spend: cost(range: { last: { days: 3 } }, bucket: $b) { edges { node { ...Row } } } }
       fragment Row on CostBucket { day: from price: net { dollars: usd } }`,
      { spend: { edges: [{ node: { day: "2026-11-02T00:00:00Z", price: { dollars: "1.50" } } }] } },
      { variables: { b: "WEEK" } },
    );
    expect([name, bucket]).toEqual(["spend", "WEEK"]);
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["day", "time"],
      ["price.dollars", "usd"],
    ]);
    expect(rows).toEqual([["2026-11-02T00:00:00Z", "1.50"]]);
  });

  test("of a list within rows says of which row it is, and has no totals", () => {
    const tables = tablesOf(
      SCHEMA,
      answerTo("{ activity(range: { last: { days: 2 } }) { date products { product dailyActiveUsers } } }", {
        activity: [
          { date: "2026-11-01", products: [{ product: "CHAT", dailyActiveUsers: 3 }] },
          { date: "2026-11-02", products: [{ product: "CHAT", dailyActiveUsers: null }] },
        ],
      }),
    );
    expect(tables.map(({ name }) => name)).toEqual(["activity", "activity.products"]);
    expect(tables[1]?.rows).toEqual([
      ["2026-11-01", "CHAT", 3],
      ["2026-11-02", "CHAT", null],
    ]);
    expect(tables.flatMap((table) => sumsOf(table).sums.filter((each) => each !== null))).toEqual([]);
  });

  test("has the file of the whole list with the arguments that the query gives, without its page", () => {
    expect(tableOf(BY_DAY, cost(ROWS)).file).toBe(
      "/export/cost.csv?bucket=DAY&groupBy=PRODUCT&range.last.days=3",
    );
  });

  test("does not exist where an answer has no list or no data", () => {
    expect(tablesOf(SCHEMA, answerTo("{ viewer { role } }", { viewer: { role: "OWNER" } }))).toEqual([]);
    expect(tablesOf(SCHEMA, { ...answerTo(BY_DAY, {}), body: { data: null } })).toEqual([]);
    expect(tablesOf(SCHEMA, answerTo("{ nothing", {}))).toEqual([]);
  });
});

describe("the sums of a table", () => {
  const sumsByName = (table: AnswerTable) => {
    const { sums } = sumsOf(table);
    return Object.fromEntries(table.columns.flatMap(({ name }, i) => (sums[i] ? [[name, sums[i]]] : [])));
  };

  test("are exact, and only of what may be added", () => {
    expect(sumsByName(tableOf(BY_DAY, cost(ROWS)))).toEqual({ "net.usd": "0.35", requests: "4" });
  });

  test("are left out on a page of a longer list", () => {
    const table = tableOf(BY_DAY, cost(ROWS, true));
    expect(sumsByName(table)).toEqual({});
    expect(sumsOf(table).note).toContain("one page");
  });

  test("are left out where a page is full and the answer does not say whether another follows", () => {
    const query =
      "{ users(range: { last: { days: 3 } }, first: 2) { nodes { email activity { chat { messages } } } } }";
    const node = (email: string) => ({ email, activity: { chat: { messages: 1 } } });
    expect(tableOf(query, { users: { nodes: [node("a"), node("b")] } }).extent).toBe("unknown");
  });

  test("are left out of a column with a missing value", () => {
    const table = tableOf(BY_DAY, cost([...ROWS, row("02", "code", "1", null)]));
    expect(sumsByName(table)).toEqual({ "net.usd": "1.35" });
    expect(sumsOf(table).note).toContain("missing value");
  });

  test("are left out of an answer with errors", () => {
    const answer = answerTo(BY_DAY, cost(ROWS));
    const table = tablesOf(SCHEMA, {
      ...answer,
      body: { ...answer.body, errors: [{ message: "Failed." }] },
    })[0];
    expect(table && sumsOf(table).sums.every((each) => each === null)).toBe(true);
  });

  test.each(["TEAM", "GROUP"])("are left out of rows by %s, where people count in each", (dimension) => {
    const table = tableOf(BY_DAY.replace("[PRODUCT]", `[${dimension}]`), cost(ROWS));
    expect(sumsByName(table)).toEqual({});
    expect(sumsOf(table).note).toContain("may not be added");
  });

  test("are left out of people counted by day, of ratios and of running totals", () => {
    const activity = tableOf("{ activity(range: { last: { days: 2 } }) { date dailyActiveUsers } }", {
      activity: [
        { date: "2026-11-01", dailyActiveUsers: 3 },
        { date: "2026-11-02", dailyActiveUsers: 4 },
      ],
    });
    expect(sumsByName(activity)).toEqual({});
    const running = tableOf(
      `{ cost(range: { last: { days: 2 } }, bucket: DAY) { nodes { shareOfTotal runningTotal { net { usd } } } pageInfo { hasNextPage } } }`,
      {
        cost: {
          nodes: [
            { shareOfTotal: "0.5", runningTotal: { net: usd("1") } },
            { shareOfTotal: "0.5", runningTotal: { net: usd("2") } },
          ],
          pageInfo: { hasNextPage: false },
        },
      },
    );
    expect(sumsByName(running)).toEqual({});
  });

  test("are left out of rows by skill of what is additive over days and people only", () => {
    const table = tableOf(
      "{ skills(range: { last: { days: 2 } }) { nodes { name invocations } pageInfo { hasNextPage } } }",
      {
        skills: {
          nodes: [
            { name: "a", invocations: 3 },
            { name: "b", invocations: 4 },
          ],
          pageInfo: { hasNextPage: false },
        },
      },
    );
    expect(table.extent).toBe("whole");
    expect(sumsByName(table)).toEqual({});
  });
});

describe("the rows of a table", () => {
  const table = tableOf(BY_DAY, cost([...ROWS, row("03", "=cmd()", "10", null), row("03", null, "-2", 9)]));
  const column = (name: string) => table.columns.findIndex((each) => each.name === name);

  test("are sorted by number, with missing values last in both directions", () => {
    const by = (name: string, direction: "ascending" | "descending") =>
      sortedRows(table, column(name), direction).map((each) => each[column(name)]);
    expect(by("net.usd", "ascending")).toEqual(["-2", "0.05", "0.10", "0.20", "10"]);
    expect(by("requests", "descending")).toEqual([9, 2, 1, 1, null]);
    expect(by("requests", "ascending")).toEqual([1, 1, 2, 9, null]);
  });

  test("are saved with every digit, no text that a spreadsheet would run, and nothing for a missing value", () => {
    const lines = csvOf(table.columns, table.rows).split("\n");
    expect(lines[0]).toBe("from,product,isOther,net.usd,requests,state");
    expect(lines[4]).toBe("2026-11-03T00:00:00Z,'=cmd(),false,10,,FINAL");
    expect(lines[5]).toBe("2026-11-03T00:00:00Z,,false,-2,9,FINAL");
    expect(tsvOf(table.columns, table.rows).split("\n")[4]).toBe(
      "2026-11-03T00:00:00Z\t'=cmd()\tfalse\t10\t\tFINAL",
    );
  });
});
