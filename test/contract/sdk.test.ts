import { describe, expect, test } from "vitest";
import { dayOf } from "../../src/domain/day.ts";
import { listUnits, netUnits, tokensOf } from "../../src/sandbox/ledger/fact.ts";
import {
  cost,
  DAY_MS,
  EXPORTED,
  expectMoney,
  money,
  officialClient,
  organization,
  tokensSent,
  tokensTrue,
  total,
  truth,
} from "./truth.ts";

const client = officialClient("sk-ant-api01-sdk");
const { enterprise } = organization.directories;

const FROM = Date.parse("2026-11-01T00:00:00Z");
const UNTIL = Date.parse("2026-11-23T00:00:00Z");
const RANGE = { starting_at: "2026-11-01T00:00:00Z", ending_at: "2026-11-23T00:00:00Z" };

describe("the Enterprise reports", () => {
  const facts = truth("enterprise", FROM, UNTIL, EXPORTED);
  const personal = facts.filter(({ person }) => person !== null);
  const ofPerson = Map.groupBy(personal, ({ person }) => enterprise.userId(person ?? -1));

  test.each([5, 31])("usage_report: days are complete, %i to a page", async (limit) => {
    const { usageReport } = client().beta.organization.analytics;
    const days = await Array.fromAsync(usageReport.list({ ...RANGE, limit }));
    const byDay = Map.groupBy(facts, ({ at }): string => dayOf(at));
    expect(days.map(({ starting_at }) => starting_at.slice(0, 10))).toEqual(
      Array.from({ length: 22 }, (_, i) => dayOf(FROM + i * DAY_MS)),
    );
    for (const { starting_at, results } of days) {
      expect(tokensSent(results)).toEqual(tokensTrue(byDay.get(starting_at.slice(0, 10)) ?? []));
    }
  });

  test.each([1, 31])("cost_report: days are exact to the last decimal, %i to a page", async (limit) => {
    const { costReport } = client().beta.organization.analytics;
    const group_by = ["product", "cost_type", "token_type"] as const;
    const days = await Array.fromAsync(costReport.list({ ...RANGE, limit, group_by: [...group_by] }));
    const byDay = Map.groupBy(facts, ({ at }): string => dayOf(at));
    for (const { starting_at, results } of days) {
      const known = byDay.get(starting_at.slice(0, 10)) ?? [];
      expectMoney(
        money(results, (row) => row.amount),
        cost(known, netUnits),
      );
      expectMoney(
        money(results, (row) => row.list_amount),
        cost(known, listUnits),
      );
    }
  });

  test.each([7, 1000])("user_usage_report: the tokens of all people, %i rows to a page", async (limit) => {
    const { userUsageReport } = client().beta.organization.analytics;
    const rows = await Array.fromAsync(
      userUsageReport.list({ ...RANGE, limit, group_by: ["product", "model"] }),
    );
    const sent = Map.groupBy(rows, ({ actor }) => actor.user_id);
    expect([...sent.keys()].sort()).toEqual([...ofPerson.keys()].sort());
    for (const [user, known] of ofPerson) {
      const own = sent.get(user) ?? [];
      expect(tokensSent(own)).toEqual(tokensTrue(known));
      expect(total(own, (row) => row.total_tokens)).toBe(total(known, tokensOf));
      expect(total(own, (row) => row.requests ?? Number.NaN)).toBe(total(known, ({ requests }) => requests));
    }
  });

  test.each([9, 1000])(
    "user_cost_report: the money of all people, fanned out, %i to a page",
    async (limit) => {
      const { userCostReport } = client().beta.organization.analytics;
      const group_by = ["model", "cost_type", "token_type"] as const;
      const rows = await Array.fromAsync(userCostReport.list({ ...RANGE, limit, group_by: [...group_by] }));
      const sent = Map.groupBy(rows, ({ actor }) => actor.user_id);
      expect([...sent.keys()].sort()).toEqual([...ofPerson.keys()].sort());
      for (const [user, known] of ofPerson) {
        expectMoney(
          money(sent.get(user) ?? [], (row) => row.amount),
          cost(known, netUnits),
        );
        expectMoney(
          money(sent.get(user) ?? [], (row) => row.list_amount),
          cost(known, listUnits),
        );
      }
    },
  );

  test("short and empty pages do not end a list: without the deleted, one row to a page", {
    tags: "deep",
  }, async () => {
    const { userCostReport } = client().beta.organization.analytics;
    const past = { starting_at: "2026-06-01T00:00:00Z", ending_at: "2026-07-01T00:00:00Z", limit: 1 };
    const all = await Array.fromAsync(userCostReport.list(past));
    const kept = await Array.fromAsync(userCostReport.list({ ...past, exclude_deleted_users: true }));
    expect(kept).toEqual(all.filter(({ actor }) => !actor.deleted));
    expect(kept.length).toBeLessThan(all.length);
  });
});
