import { describe, expect, test } from "vitest";
import { dayOf } from "../../src/domain/day.ts";
import { chargesOf, type Fact, listUnits, netUnits, tokensOf } from "../../src/sandbox/ledger/fact.ts";
import {
  cost,
  EXPORTED,
  expectMoney,
  money,
  officialClient,
  tokensSent,
  tokensTrue,
  total,
  truth,
} from "./truth.ts";

const RANGE = { starting_at: "2026-11-01T00:00:00Z", ending_at: "2026-11-23T00:00:00Z" };
const FROM = Date.parse(RANGE.starting_at);
const UNTIL = Date.parse(RANGE.ending_at);

describe.each([
  ["enterprise", officialClient("sk-ant-api01-sdk")],
  ["console", officialClient("sk-ant-admin01-sdk")],
] as const)("the %s organization", (kind, client) => {
  const analytics = () => client().beta.organization.analytics;
  // Subscription use of Claude Code is not billed through the Console.
  const facts = truth(kind, FROM, UNTIL, EXPORTED).filter(({ api }) => kind === "enterprise" || api !== null);

  test("one row for the whole range, without a grouping", async () => {
    const [row, ...more] = await Array.fromAsync(analytics().usage.list(RANGE));
    expect(more).toEqual([]);
    expect(tokensSent(row === undefined ? [] : [row.usage])).toEqual(tokensTrue(facts));
    const [paid] = await Array.fromAsync(analytics().cost.list(RANGE));
    expectMoney(
      money(paid === undefined ? [] : [paid.cost], ({ amount }) => amount),
      cost(facts, netUnits),
    );
  });

  test.each([11, 1000])("usage of every actor, model and day, %i rows to a page", async (limit) => {
    const group_by = ["actor", "model"] as const;
    const rows = await Array.fromAsync(
      analytics().usage.list({ ...RANGE, limit, group_by: [...group_by], time_bucket_width: "1d" }),
    );
    expect(rows.length).toBeGreaterThan(100);
    const byDay = Map.groupBy(rows, ({ starting_at }) => starting_at.slice(0, 10));
    for (const [day, known] of Map.groupBy(facts, ({ at }): string => dayOf(at))) {
      const sent = (byDay.get(day) ?? []).map(({ usage }) => usage);
      expect(tokensSent(sent)).toEqual(tokensTrue(known));
      expect(total(sent, ({ total_tokens }) => total_tokens)).toBe(total(known, tokensOf));
      expect(total(sent, ({ requests }) => requests ?? Number.NaN)).toBe(
        total(known, ({ requests }) => requests),
      );
    }
    const totals = rows.map(({ usage }) => usage.total_tokens);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
  });

  test.each([11, 1000])(
    "cost of every model and component, to the last decimal, %i to a page",
    async (limit) => {
      const group_by = ["model", "product", "cost_type", "token_type"] as const;
      const rows = await Array.fromAsync(analytics().cost.list({ ...RANGE, limit, group_by: [...group_by] }));
      const sent = Map.groupBy(rows, ({ group }) => `${group.model} ${group.token_type ?? group.cost_type}`);
      const known = Map.groupBy(
        facts.flatMap((fact: Fact) =>
          chargesOf(fact).map((charge) => ({ model: fact.rate.model, ...charge })),
        ),
        ({ model, costType, tokenType }) => `${model} ${tokenType ?? costType}`,
      );
      expect([...sent.keys()].sort()).toEqual([...known.keys()].sort());
      expectMoney(
        money(rows, (row) => row.cost.amount),
        cost(facts, netUnits),
      );
      expectMoney(
        money(rows, (row) => row.cost.list_amount),
        cost(facts, listUnits),
      );
    },
  );
});
