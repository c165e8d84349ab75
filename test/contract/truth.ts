import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect } from "vitest";
import type { Instant } from "../../src/domain/day.ts";
import { compare, type Decimal, parseDecimal, sum } from "../../src/domain/decimal.ts";
import type { Fact } from "../../src/sandbox/ledger/fact.ts";
import { centsOf } from "../../src/sandbox/ledger/prices.ts";
import { Ledger } from "../../src/sandbox/ledger.ts";
import type { OrganizationKind } from "../../src/sandbox/organization/directory.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { type Listener, serveSandbox } from "../../src/sandbox/server.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const NOW = Date.parse("2026-11-22T13:30:00Z");
/** The last four-hourly export. */
export const EXPORTED = Date.parse("2026-11-22T12:00:00Z");
/** When the newest engagement day was aggregated. */
export const AGGREGATED = Date.parse("2026-11-22T10:00:00Z");

const failures: unknown[] = [];
const sandbox = createSandbox({
  users: 60,
  seed: 3,
  now: () => NOW,
  rateLimit: "off",
  failed: (error) => failures.push(error),
});
export const { organization } = sandbox;
const ledger = new Ledger(organization);

/** The official client on the stand-alone sandbox, made for the tests of one file. */
export function officialClient(key: string): () => Anthropic {
  let listener: Listener;
  let client: Anthropic;
  beforeAll(async () => {
    listener = await serveSandbox(sandbox, { port: 0 });
    client = new Anthropic({ apiKey: key, baseURL: listener.url, maxRetries: 0 });
  });
  afterAll(async () => {
    await listener.close();
    expect(failures.splice(0)).toEqual([]);
  });
  return () => client;
}

/** What happened in a span, as far as it was known at `asOf`. */
export function truth(kind: OrganizationKind, from: Instant, until: Instant, asOf: Instant): readonly Fact[] {
  const facts = [...ledger.facts(kind, { from, until: Math.min(until, asOf) }, asOf)];
  expect(facts.length).toBeGreaterThan(0);
  return facts;
}

export function total<T>(rows: readonly T[], measure: (row: T) => number): number {
  return rows.reduce((all, row) => all + measure(row), 0);
}

export function money<T>(rows: readonly T[], amount: (row: T) => string): Decimal {
  return sum(
    rows.map((row) => {
      const parsed = parseDecimal(amount(row));
      if (parsed === null) throw new Error(`not an amount: ${amount(row)}`);
      return parsed;
    }),
  );
}

export function cost(facts: readonly Fact[], units: (fact: Fact) => number): Decimal {
  return centsOf(facts.reduce((all, fact) => all + BigInt(units(fact)), 0n));
}

export function expectMoney(actual: Decimal, expected: Decimal): void {
  expect(
    compare(actual, expected),
    `${actual.units}e-${actual.scale} is not ${expected.units}e-${expected.scale}`,
  ).toBe(0);
}

export interface Tokens {
  readonly uncached_input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: { ephemeral_1h_input_tokens: number; ephemeral_5m_input_tokens: number };
  readonly server_tool_use: { web_search_requests: number };
}

export function tokensSent(rows: readonly Tokens[]) {
  return {
    uncached: total(rows, (row) => row.uncached_input_tokens),
    output: total(rows, (row) => row.output_tokens),
    read: total(rows, (row) => row.cache_read_input_tokens),
    write1h: total(rows, (row) => row.cache_creation.ephemeral_1h_input_tokens),
    write5m: total(rows, (row) => row.cache_creation.ephemeral_5m_input_tokens),
    searches: total(rows, (row) => row.server_tool_use.web_search_requests),
  };
}

export function tokensTrue(facts: readonly Fact[]) {
  return {
    uncached: total(facts, (fact) => fact.uncached),
    output: total(facts, (fact) => fact.output),
    read: total(facts, (fact) => fact.read),
    write1h: total(facts, (fact) => fact.write1h),
    write5m: total(facts, (fact) => fact.write5m),
    searches: total(facts, (fact) => fact.searches),
  };
}
