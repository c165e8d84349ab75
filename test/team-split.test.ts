import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal, sum, ZERO } from "../src/domain/decimal.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";

const RANGE = `range: { between: { from: "2026-09-18", until: "2026-11-20" } }`;

const FIGURES = {
  cost: "net { cents } list { cents } requests",
  usage: "tokens { totalTokens outputTokens requests }",
} as const;

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Row = any;

/** The figures of each team, added up over its buckets. */
function byTeam(rows: readonly Row[]): Map<string, Record<string, Decimal>> {
  const sums = new Map<string, Record<string, Decimal>>();
  for (const row of rows) {
    const team = `${row.teamId} ${row.isUnassigned} ${row.model}`;
    const before = sums.get(team) ?? {};
    const figures = row.tokens ?? {
      net: row.net.cents,
      list: row.list?.cents ?? "0",
      requests: row.requests,
    };
    for (const [name, figure] of Object.entries(figures))
      before[name] = sum([before[name] ?? ZERO, parseDecimal(String(figure)) as Decimal]);
    sums.set(team, before);
  }
  return sums;
}

function expectEqual(a: ReturnType<typeof byTeam>, b: ReturnType<typeof byTeam>): void {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  for (const [team, figures] of a)
    for (const [name, figure] of Object.entries(figures))
      expect(compare(figure, b.get(team)?.[name] ?? ZERO), `${team} ${name}`).toBe(0);
}

describe.each(["cost", "usage"] as const)("%s split between teams", (field) => {
  describe.each(["UNIFIED", "LEGACY"])("by %s reports", (source) => {
    const asked = (bucket: string, groupBy = "TEAM") =>
      `{ ${field}(${RANGE}, organization: "enterprise", source: ${source}, bucket: ${bucket}, groupBy: [${groupBy}], overlap: SPLIT, first: 100000) { nodes { from teamId isUnassigned ${groupBy === "TEAM" ? "" : "model"} ${FIGURES[field]} } } }`;
    const gatewayOf = () =>
      gateway({
        sandbox: { users: 40 },
        settings: { MAX_FIRST: "100000", MAX_ROWS: "1000000", MAX_UPSTREAM_REQUESTS: "1000" },
      });

    sweep(["MONTH", "WEEK", "DAY", "HOUR"])(
      "adds up over every %s to what it is without buckets",
      async (bucket) => {
        const { ask } = gatewayOf();
        for (const groupBy of ["TEAM", "TEAM, MODEL"]) {
          const [none, some] = await Promise.all([ask(asked("NONE", groupBy)), ask(asked(bucket, groupBy))]);
          expect([none.errors, some.errors]).toEqual([undefined, undefined]);
          expect(some.data[field].nodes.length).toBeGreaterThan(none.data[field].nodes.length);
          expectEqual(byTeam(some.data[field].nodes), byTeam(none.data[field].nodes));
        }
      },
    );

    test("has no part of less than nothing", { tags: "deep" }, async () => {
      const { ask } = gatewayOf();
      const { data } = await ask(asked("DAY"));
      for (const { tokens, net } of data[field].nodes)
        expect(Number(net?.cents ?? tokens.totalTokens)).toBeGreaterThanOrEqual(0);
    });

    test("reads on page by page as it is at once", async () => {
      const { ask } = gatewayOf();
      const whole = (await ask(asked("DAY"))).data[field].nodes;
      const { data } = await ask(
        asked("DAY").replace("first: 100000) {", `first: ${whole.length - 7}) { pageInfo { endCursor }`),
      );
      const rest = await ask(
        asked("DAY").replace("first: 100000", `first: 1000, after: "${data[field].pageInfo.endCursor}"`),
      );
      expect([...data[field].nodes, ...rest.data[field].nodes]).toEqual(whole);
    });
  });
});
