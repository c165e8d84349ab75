import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal } from "../src/domain/decimal.ts";
import { COST_NAMES } from "../src/upstream/endpoints/enterprise-cost.ts";
import { ENTERPRISE_NAMES } from "../src/upstream/endpoints/enterprise-report.ts";
import { UNIFIED_COST_NAMES, UNIFIED_USAGE_NAMES } from "../src/upstream/endpoints/unified-names.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";

const RANGE = `range: { between: { from: "2026-10-30", until: "2026-11-02" } }`;

const FIGURE = { cost: "net { cents }", usage: "tokens { totalTokens }" } as const;

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Row = any;

const measured = (row: Row) => parseDecimal(row.net?.cents ?? String(row.tokens.totalTokens)) as Decimal;

/** Oldest first, or newest first, and largest first within each bucket, with what stands for others at its end. */
function expectInOrder(rows: readonly Row[], newestFirst = false): void {
  for (const [i, row] of rows.entries()) {
    const next = rows[i + 1];
    if (next === undefined) return;
    if (row.from !== next.from) {
      expect(newestFirst ? row.from > next.from : row.from < next.from).toBe(true);
      continue;
    }
    if (next.isRemainder || next.isOther) continue;
    expect([row.isRemainder, row.isOther]).toEqual([false, false]);
    expect(compare(measured(row), measured(next))).toBeGreaterThanOrEqual(0);
  }
}

const REPORTS = [
  ["cost", "enterprise", "LEGACY", COST_NAMES.groupBy],
  ["usage", "enterprise", "LEGACY", ENTERPRISE_NAMES.groupBy],
  ["cost", "enterprise", "UNIFIED", UNIFIED_COST_NAMES.ENTERPRISE.groupBy],
  ["usage", "enterprise", "UNIFIED", UNIFIED_USAGE_NAMES.ENTERPRISE.groupBy],
  ["cost", "console", "UNIFIED", UNIFIED_COST_NAMES.CONSOLE.groupBy],
  ["usage", "console", "UNIFIED", UNIFIED_USAGE_NAMES.CONSOLE.groupBy],
  ["cost", "console", "LEGACY", { WORKSPACE: "", DESCRIPTION: "" }],
  ["usage", "console", "LEGACY", { MODEL: "", API_KEY: "" }],
] as const;

describe.each(REPORTS)(
  "a series of %s of the %s organization by %s reports is in time order, the largest first in each bucket",
  (field, organization, source, names) => {
    const dimensions = Object.keys(names);
    const groupings = [
      ...dimensions.map((each) => [each]),
      ...dimensions
        .filter((each) => each !== "MODEL" && each !== "DESCRIPTION")
        .map((each) => [each, "MODEL"]),
    ].filter((groupBy) => groupBy.every((each) => dimensions.includes(each)));

    sweep(["DAY", "WEEK", "HOUR"])("by every grouping (%s)", async (bucket) => {
      if (bucket === "HOUR" && organization === "console" && source === "LEGACY") return;
      const { ask } = gateway({
        sandbox: { users: 30 },
        settings: { MAX_FIRST: "100000", MAX_UPSTREAM_REQUESTS: "10000" },
      });
      for (const groupBy of groupings) {
        const { data, errors } = await ask(
          `{ ${field}(${RANGE}, organization: "${organization}", source: ${source}, bucket: ${bucket}, groupBy: [${groupBy}], first: 100000) { nodes { from isOther isRemainder ${FIGURE[field]} } } }`,
        );
        expect(errors, groupBy.join()).toBeUndefined();
        expectInOrder(data[field].nodes);
      }
    });
  },
);

describe.each(["cost", "usage"] as const)("%s by person of older reports", (field) => {
  const asked = (args: string) =>
    `{ ${field}(${RANGE}, organization: "enterprise", source: LEGACY, bucket: DAY, groupBy: [USER], ${args}) { nodes { from isOther isRemainder user { userId } ${FIGURE[field]} } pageInfo { hasNextPage endCursor } } }`;

  test.each([
    ["first: 1000", false],
    ["first: 1000, orderBy: { field: TIME }", false],
    ["first: 1000, orderBy: { field: TIME, direction: DESC }", true],
    ["first: 1000, top: 3", false],
    ["first: 1000, compare: PREVIOUS_PERIOD", false],
  ])("is in time order (%s)", async (args, newestFirst) => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const { data, errors } = await ask(asked(args));
    expect(errors).toBeUndefined();
    const { nodes } = data[field];
    expect(new Set(nodes.map(({ from }: Row) => from)).size).toBe(3);
    expectInOrder(nodes, newestFirst);
  });

  test("of some people is in time order, page by page as at once", async () => {
    const { ask } = gateway({ sandbox: { users: 30 } });
    const all = (await ask(asked("first: 1000"))).data[field].nodes;
    const people: string[] = [...new Set<string>(all.map(({ user }: Row) => user.userId))].slice(0, 6);
    const filter = `filter: { users: ${JSON.stringify(people)} }`;
    const whole: Row[] = (await ask(asked(`${filter}, first: 1000`))).data[field].nodes;
    expect(whole).toEqual(all.filter(({ user }: Row) => people.includes(user.userId)));
    const paged: Row[] = [];
    for (let after = ""; ; ) {
      const { data } = await ask(asked(`${filter}, first: 4${after}`));
      paged.push(...data[field].nodes);
      if (!data[field].pageInfo.hasNextPage) break;
      after = `, after: "${data[field].pageInfo.endCursor}"`;
    }
    expect(paged).toEqual(whole);
  });
});
