import { ReportPageCursor } from "@anthropic-ai/sdk/pagination";
import { expect, test } from "vitest";
import { dayOf } from "../../src/domain/day.ts";
import { chargesOf, type Fact, listUnits } from "../../src/sandbox/ledger/fact.ts";
import { centsOf } from "../../src/sandbox/ledger/prices.ts";
import {
  DAY_MS,
  expectMoney,
  HOUR_MS,
  money,
  NOW,
  officialClient,
  organization,
  type Tokens,
  tokensSent,
  tokensTrue,
  total,
  truth,
} from "./truth.ts";

const client = officialClient("sk-ant-admin01-sdk");
const { console: directory } = organization.directories;

/** The client has no methods for these reports, but can page through them. */
function listed<Item>(path: string, query: object): Promise<Item[]> {
  return Array.fromAsync(
    client().getAPIList<Item, ReportPageCursor<Item>>(`/v1/organizations/${path}`, ReportPageCursor, {
      query,
    }),
  );
}

interface ClaudeCodeRecord {
  readonly actor: { readonly email_address?: string; readonly api_key_name?: string };
  readonly core_metrics: {
    readonly num_sessions: number;
    readonly commits_by_claude_code: number;
    readonly lines_of_code: { readonly added: number; readonly removed: number };
  };
  readonly model_breakdown: readonly {
    readonly tokens: { readonly input: number; readonly output: number; readonly cache_read: number };
    readonly estimated_cost: { readonly amount: number };
  }[];
}

test.each([2, 1000])("claude_code: a day's records add up, %i to a page", async (limit) => {
  const from = Date.parse("2026-11-18T00:00:00Z");
  const records = await listed<ClaudeCodeRecord>("usage_report/claude_code", {
    starting_at: "2026-11-18",
    limit,
  });
  const facts = truth("console", from, from + DAY_MS, NOW - HOUR_MS).filter(({ code }) => code !== null);
  const nameOf = ({ person, api }: Fact) =>
    person === null
      ? organization.console.apiKeys[api?.apiKey ?? -1]?.name
      : directory.account(organization.person(person), NOW).email;
  const known = Map.groupBy(facts, nameOf);
  const sent = Map.groupBy(records, ({ actor }) => actor.email_address ?? actor.api_key_name);
  expect([...sent.keys()].sort()).toEqual([...known.keys()].sort());
  for (const [name, own] of sent) {
    const did = known.get(name) ?? [];
    const models = own.flatMap(({ model_breakdown }) => model_breakdown);
    expect(total(own, ({ core_metrics }) => core_metrics.commits_by_claude_code)).toBe(
      total(did, ({ code }) => code?.commits ?? 0),
    );
    expect(total(own, ({ core_metrics }) => core_metrics.lines_of_code.added)).toBe(
      total(did, ({ code }) => code?.linesAdded ?? 0),
    );
    expect(total(models, ({ tokens }) => tokens.output)).toBe(total(did, ({ output }) => output));
    expect(total(models, ({ tokens }) => tokens.cache_read)).toBe(total(did, ({ read }) => read));
    // Each model's estimate is a JSON number cut to a ten-thousandth of a cent.
    const cents = total(did, listUnits) / 1e8;
    expect(total(models, ({ estimated_cost }) => estimated_cost.amount)).toBeCloseTo(cents, 2);
  }
});

interface Bucket<Result> {
  readonly starting_at: string;
  readonly results: readonly Result[];
}

const RANGE = { starting_at: "2026-10-10T00:00:00Z", ending_at: "2026-11-22T00:00:00Z" };
const FROM = Date.parse(RANGE.starting_at);
const UNTIL = Date.parse(RANGE.ending_at);
const SEEN = NOW - 5 * 60_000;

function byDay(facts: readonly Fact[]): Map<string, Fact[]> {
  return Map.groupBy(facts, ({ at }): string => dayOf(at));
}

test.each([4, 31])("messages: tokens of every day, %i to a page", async (limit) => {
  const days = await listed<Bucket<Tokens>>("usage_report/messages", {
    ...RANGE,
    limit,
    group_by: ["model", "workspace_id", "api_key_id"],
  });
  const known = byDay(
    truth("console", FROM, UNTIL, SEEN).filter(({ api, rate }) => api !== null && rate.model !== null),
  );
  expect(days).toHaveLength((UNTIL - FROM) / DAY_MS);
  for (const { starting_at, results } of days) {
    expect(tokensSent(results)).toEqual(tokensTrue(known.get(starting_at.slice(0, 10)) ?? []));
  }
});

test.each([4, 31])("cost_report: cents of every day to the last decimal, %i to a page", async (limit) => {
  const days = await listed<Bucket<{ amount: string }>>("cost_report", {
    ...RANGE,
    limit,
    group_by: ["workspace_id", "description"],
  });
  const charged = truth("console", FROM, UNTIL, SEEN).filter(
    ({ api }) => api !== null && api.tier !== "priority",
  );
  const known = byDay(charged);
  expect(days).toHaveLength((UNTIL - FROM) / DAY_MS);
  for (const { starting_at, results } of days) {
    const charges = (known.get(starting_at.slice(0, 10)) ?? []).flatMap(chargesOf);
    expectMoney(
      money(results, ({ amount }) => amount),
      centsOf(charges.reduce((all, { net }) => all + net, 0n)),
    );
  }
});
