import { describe, expect, test } from "vitest";
import { day, startOf } from "../../src/domain/day.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/sandbox/calendar.ts";
import { type Fact, listUnits, tokensOf } from "../../src/sandbox/ledger/fact.ts";
import { cents, NOON, sandbox, total, trueCents, type Wire } from "./asking.ts";

const { organization, ledger, rows, refusal } = sandbox({ users: 80 });
const admin = { key: "admin" } as const;
const FAST = { ...admin, headers: { "anthropic-beta": "fast-mode-2026-02-01" } };

function factsOf(from: number, until: number, seen: number): Fact[] {
  return [...ledger.facts("console", { from, until: Math.min(until, seen) }, seen)];
}

describe("Claude Code", () => {
  const DAY = startOf(day("2026-11-18"));
  const facts = factsOf(DAY, DAY + DAY_MS, NOON - HOUR_MS).filter(({ code }) => code !== null);

  test("records come to the facts of the day", async () => {
    const sent = await rows("/usage_report/claude_code?starting_at=2026-11-18&limit=7", admin);
    const code = facts.flatMap((fact) => fact.code ?? []);
    expect(total(sent, ({ core_metrics }) => core_metrics.num_sessions)).toBeGreaterThan(0);
    expect(total(sent, ({ core_metrics }) => core_metrics.commits_by_claude_code)).toBe(
      total(code, ({ commits }) => commits),
    );
    expect(total(sent, ({ core_metrics }) => core_metrics.lines_of_code.removed)).toBe(
      total(code, ({ linesRemoved }) => linesRemoved),
    );
    expect(total(sent, ({ tool_actions }) => tool_actions.write_tool.accepted)).toBe(
      total(code, ({ accepted }) => accepted.write),
    );
    const models = sent.flatMap(({ model_breakdown }) => model_breakdown);
    expect(
      total(models, ({ tokens }) => tokens.input + tokens.output + tokens.cache_read + tokens.cache_creation),
    ).toBe(total(facts, tokensOf));
    // Each estimate is cut to a ten-thousandth of a cent.
    const estimated = total(models, ({ estimated_cost }) => estimated_cost.amount);
    const exact = total(facts, listUnits) / 1e8;
    expect(estimated).toBeLessThanOrEqual(exact + 1e-6);
    expect(estimated).toBeGreaterThan(exact - models.length * 1e-4);
    for (const { estimated_cost } of models)
      expect(String(estimated_cost.amount)).toMatch(/^\d+(\.\d{1,4})?$/);
  });

  test("is one record per actor, terminal, place and customer type", async () => {
    const sent = await rows("/usage_report/claude_code?starting_at=2026-11-18&limit=1000", admin);
    const actors = sent.map(({ actor }) => actor.email_address ?? actor.api_key_name);
    expect(new Set(actors).size).toBeLessThan(sent.length);
    expect(sent.some(({ actor }) => actor.type === "api_actor")).toBe(true);
    expect(new Set(sent.map(({ customer_type }) => customer_type))).toEqual(new Set(["api", "subscription"]));
    for (const { customer_type, subscription_type } of sent) {
      expect(subscription_type === null).toBe(customer_type === "api");
    }
  });

  test("leaves out the last hour", async () => {
    const { clock, rows: at, ledger: own } = sandbox({ users: 80 });
    clock.now = startOf(day("2026-11-18")) + 15 * HOUR_MS;
    const sent = await at("/usage_report/claude_code?starting_at=2026-11-18&limit=1000", admin);
    const seen = clock.now - HOUR_MS;
    const facts = [...own.facts("console", { from: DAY, until: seen }, seen)].flatMap(
      ({ code }) => code ?? [],
    );
    expect(total(sent, ({ core_metrics }) => core_metrics.lines_of_code.added)).toBe(
      total(facts, ({ linesAdded }) => linesAdded),
    );
  });

  test("has no records on an empty day", async () => {
    for (const date of ["2026-05-01", "2025-12-31", "2027-01-01"]) {
      expect(await rows(`/usage_report/claude_code?starting_at=${date}`, admin)).toEqual([]);
    }
  });
});

const FROM = startOf(day("2026-10-10"));
const UNTIL = startOf(day("2026-11-22"));
const RANGE = "starting_at=2026-10-10T00:00:00Z&ending_at=2026-11-22T00:00:00Z&limit=31";
const facts = factsOf(FROM, UNTIL, NOON - 5 * MINUTE_MS).filter(({ api }) => api !== null);
const inMessages = facts.filter(({ rate }) => rate.model !== null);
const tokensIn = (row: Wire): number =>
  row.uncached_input_tokens +
  row.output_tokens +
  row.cache_read_input_tokens +
  row.cache_creation.ephemeral_1h_input_tokens +
  row.cache_creation.ephemeral_5m_input_tokens;

describe("messages usage", () => {
  const id = <T extends { readonly id: string }>(list: readonly T[], index: number | null | undefined) =>
    index === null || index === undefined ? null : (list[index]?.id ?? null);
  const setup = organization.console;

  test.each([
    ["model", ({ rate }: Fact) => rate.model],
    ["context_window", ({ rate }: Fact) => rate.contextWindow],
    ["inference_geo", ({ rate }: Fact) => rate.geo ?? "not_available"],
    ["service_tier", ({ api }: Fact) => api?.tier ?? null],
    ["speed", ({ rate }: Fact) => rate.speed],
    ["api_key_id", ({ api }: Fact) => id(setup.apiKeys, api?.apiKey)],
    ["service_account_id", ({ api }: Fact) => id(setup.serviceAccounts, api?.serviceAccount)],
    ["workspace_id", ({ api }: Fact) => (api?.workspace === 0 ? null : id(setup.workspaces, api?.workspace))],
    [
      "account_id",
      ({ person }: Fact) => (person === null ? null : organization.directories.console.userId(person)),
    ],
  ])("by %s comes to the facts", async (dimension, read) => {
    const buckets = await rows(`/usage_report/messages?${RANGE}&group_by[]=${dimension}`, FAST);
    expect(buckets).toHaveLength((UNTIL - FROM) / DAY_MS);
    const sent = Map.groupBy(
      buckets.flatMap(({ results }) => results),
      (row) => row[dimension],
    );
    const known = Map.groupBy(inMessages, read);
    expect([...sent.keys()].sort()).toEqual([...known.keys()].sort());
    for (const [value, own] of known)
      expect(total(sent.get(value) ?? [], tokensIn)).toBe(total(own, tokensOf));
  });

  test("filters and groups together", async () => {
    const [key] = setup.apiKeys;
    const buckets = await rows(
      `/usage_report/messages?${RANGE}&api_key_ids[]=${key?.id}&context_window[]=0-200k&inference_geos[]=not_available&group_by[]=model`,
      admin,
    );
    const own = inMessages.filter(
      ({ api, rate }) => api?.apiKey === 0 && rate.contextWindow === "0-200k" && rate.geo === null,
    );
    expect(own.length).toBeGreaterThan(0);
    expect(
      total(
        buckets.flatMap(({ results }) => results),
        tokensIn,
      ),
    ).toBe(total(own, tokensOf));
  });

  test("has speed only with the beta header", async () => {
    const plain = await rows(`/usage_report/messages?${RANGE}`, admin);
    expect(plain[2].results[0]).not.toHaveProperty("speed");
    const fast = await rows(`/usage_report/messages?${RANGE}`, FAST);
    expect(fast[2].results[0].speed).toBeNull();
    const path = "/usage_report/messages?starting_at=2026-11-01T00:00:00Z";
    expect(await refusal(`${path}&group_by[]=speed`, admin)).toMatch(/^400: group_by\[\]: /);
    expect(await refusal(`${path}&speeds[]=fast`, admin)).toMatch(/^400: speeds\[\]: /);
  });

  test("is complete up to five minutes ago", async () => {
    const { clock, rows: at, ledger: own } = sandbox({ users: 80 });
    clock.now = startOf(day("2026-11-18")) + 15 * HOUR_MS + 20_000;
    const seen = clock.now - 20_000 - 5 * MINUTE_MS;
    const from = startOf(day("2026-11-18")) + 14 * HOUR_MS;
    const buckets = await at(
      "/usage_report/messages?starting_at=2026-11-18T14:00:00Z&bucket_width=1m&limit=1440",
      admin,
    );
    expect(buckets).toHaveLength(61);
    const facts = [...own.facts("console", { from, until: seen }, seen)];
    const known = facts.filter(({ api, rate }) => api !== null && rate.model !== null);
    expect(
      total(
        buckets.flatMap(({ results }) => results),
        tokensIn,
      ),
    ).toBe(total(known, tokensOf));
  });
});

describe("Console cost", () => {
  const charged = facts.filter(({ api }) => api?.tier !== "priority");
  const amounts = (buckets: readonly Wire[]) =>
    buckets.flatMap(({ results }) => results.map(({ amount }: Wire) => amount as string));

  test.each([
    "",
    "&group_by[]=workspace_id",
    "&group_by[]=description",
    "&group_by[]=workspace_id&group_by[]=description",
  ])("comes to the facts without Priority Tier%s", async (grouping) => {
    const buckets = await rows(`/cost_report?${RANGE}${grouping}`, admin);
    expect(buckets).toHaveLength((UNTIL - FROM) / DAY_MS);
    expect(cents(amounts(buckets))).toBe(trueCents(charged));
  });

  test("tells its lines apart by description", async () => {
    const [, , bucket] = await rows(`/cost_report?${RANGE}&group_by[]=description`, admin);
    const lines = bucket.results as Wire[];
    expect(lines.map(({ description }) => description)).toContain("Claude Haiku 4.5 - output");
    expect(new Set(lines.map(({ description }) => description)).size).toBe(lines.length);
    for (const line of lines) {
      expect(line.token_type === null).toBe(line.cost_type !== "tokens");
      expect(line.model === null).toBe(line.cost_type !== "tokens");
      expect(["batch", "standard", null]).toContain(line.service_tier);
    }
    const [, , plain] = await rows(`/cost_report?${RANGE}`, admin);
    expect(plain.results).toEqual([
      expect.objectContaining({ description: null, model: null, workspace_id: null }),
    ]);
  });
});
