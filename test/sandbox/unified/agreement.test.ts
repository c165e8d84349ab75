import { describe, expect, test } from "vitest";
import { cents, sandbox, total, type Wire } from "../asking.ts";
import { ASKING } from "./asking.ts";

const RANGE = "starting_at=2026-10-12T00:00:00Z&ending_at=2026-10-15T00:00:00Z";
const { console: ADMIN, enterprise: ENTERPRISE } = ASKING;
const FAST = { key: "admin", headers: { "anthropic-beta": "fast-mode-2026-02-01" } } as const;

const SHARED = [
  "claude_tag_category",
  "claude_tag_user_id",
  "context_window",
  "inference_geo",
  "model",
  "product",
  "rbac_group_id",
  "slack_channel_id",
  "speed",
];
const GROUPINGS = [
  [],
  ...SHARED.map((dimension) => [dimension]),
  ["model", "product"],
  ["product", "rbac_group_id"],
  ["speed", "context_window", "inference_geo"],
];
const SPLITS = [["cost_type"], ["token_type"], ["model", "cost_type", "token_type"]];

function grouped(dimensions: readonly string[]): string {
  return dimensions.map((name) => `&group_by[]=${name}`).join("");
}

/** A row of either report by what the grouping tells it apart by, Claude Tag as the legacy reports spell it. */
function keyOf(grouping: readonly string[], row: Wire, ...more: readonly unknown[]): string {
  const values = grouping.map((name) => (row[name] === "claude_tag" ? "claude-tag" : row[name]));
  return JSON.stringify([...more, ...values]);
}

function byKey(entries: readonly (readonly [string, unknown])[]): readonly (readonly [string, unknown])[] {
  expect(entries.length).toBeGreaterThan(0);
  expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function moneyOf({ amount, list_amount, currency, requests }: Wire) {
  return { amount, list_amount, currency, requests };
}

function tokensOf(row: Wire) {
  const { cache_creation, cache_read_input_tokens, output_tokens, server_tool_use, uncached_input_tokens } =
    row;
  return { cache_creation, cache_read_input_tokens, output_tokens, server_tool_use, uncached_input_tokens };
}

describe.each([1, 4])("the Enterprise reports and the unified ones, seed %i", (seed) => {
  const { rows } = sandbox({ users: 40, seed });
  const people = "&actor_types[]=user_actor&group_by[]=actor";

  test.each([...GROUPINGS, ...SPLITS].map((grouping) => [grouping]))(
    "cost per person by %j",
    async (grouping) => {
      const query = `${RANGE}&limit=1000${grouped(grouping)}`;
      const legacy = await rows(`/analytics/user_cost_report?${query}`);
      const unified = await rows(`/analytics/cost?${query}${people}`, ENTERPRISE);
      expect(
        byKey(unified.map(({ group, cost }) => [keyOf(grouping, group, group.actor.user_id), moneyOf(cost)])),
      ).toEqual(byKey(legacy.map((row) => [keyOf(grouping, row, row.actor.user_id), moneyOf(row)])));
    },
  );

  test.each(GROUPINGS.map((grouping) => [grouping]))("tokens per person by %j", async (grouping) => {
    const query = `${RANGE}&limit=1000${grouped(grouping)}`;
    const legacy = await rows(`/analytics/user_usage_report?${query}`);
    const unified = await rows(`/analytics/usage?${query}${people}`, ENTERPRISE);
    const figures = (row: Wire) => ({ ...tokensOf(row), requests: row.requests, total: row.total_tokens });
    expect(
      byKey(unified.map(({ group, usage }) => [keyOf(grouping, group, group.actor.user_id), figures(usage)])),
    ).toEqual(byKey(legacy.map((row) => [keyOf(grouping, row, row.actor.user_id), figures(row)])));
  });

  test.each([...GROUPINGS, ...SPLITS].map((grouping) => [grouping]))(
    "cost per day by %j",
    async (grouping) => {
      const legacy = await rows(`/analytics/cost_report?${RANGE}${grouped(grouping)}`);
      const unified = await rows(
        `/analytics/cost?${RANGE}&limit=1000&time_bucket_width=1d${grouped(grouping)}`,
        ENTERPRISE,
      );
      const lines = legacy.flatMap(({ starting_at, results }) =>
        results.map((row: Wire) => [keyOf(grouping, row, starting_at), moneyOf(row)] as const),
      );
      expect(
        byKey(
          unified.map(({ starting_at, group, cost }) => [keyOf(grouping, group, starting_at), moneyOf(cost)]),
        ),
      ).toEqual(byKey(lines));
    },
  );

  test.each(GROUPINGS.map((grouping) => [grouping]))("tokens per day by %j", async (grouping) => {
    const legacy = await rows(`/analytics/usage_report?${RANGE}${grouped(grouping)}`);
    const unified = await rows(
      `/analytics/usage?${RANGE}&limit=1000&time_bucket_width=1d${grouped(grouping)}`,
      ENTERPRISE,
    );
    const figures = (row: Wire) => ({ ...tokensOf(row), requests: row.requests });
    const lines = legacy.flatMap(({ starting_at, results }) =>
      results.map((row: Wire) => [keyOf(grouping, row, starting_at), figures(row)] as const),
    );
    expect(
      byKey(
        unified.map(({ starting_at, group, usage }) => [keyOf(grouping, group, starting_at), figures(usage)]),
      ),
    ).toEqual(byKey(lines));
  });

  test("show a person alike, but for the older spelling of the address", async () => {
    const legacy = await rows(`/analytics/user_cost_report?${RANGE}&limit=1000`);
    const unified = await rows(`/analytics/cost?${RANGE}&limit=1000${people}`, ENTERPRISE);
    const actors = legacy.map(({ actor: { email: _, ...actor } }) => actor);
    expect(unified.map(({ group }) => group.actor)).toEqual(actors);
  });
});

describe("the Console reports and the unified ones", () => {
  const { rows, organization } = sandbox({ users: 60 });
  const [defaultWorkspace] = organization.console.workspaces;

  test.each([
    ["model"],
    ["service_tier"],
    ["context_window"],
    ["inference_geo"],
    ["speed"],
    ["api_key_id"],
    ["workspace_id"],
    ["workspace_id", "service_tier", "model"],
  ])("tokens per day by %s", async (...grouping) => {
    const legacy = await rows(`/usage_report/messages?${RANGE}${grouped(grouping)}`, FAST);
    const unified = await rows(
      `/analytics/usage?${RANGE}&limit=1000&time_bucket_width=1d${grouped(grouping)}`,
      ADMIN,
    );
    // The legacy report has no code execution, and writes two nulls otherwise.
    const spelt = (row: Wire): Wire => ({
      ...row,
      workspace_id: grouping.includes("workspace_id") ? (row.workspace_id ?? defaultWorkspace.id) : null,
      inference_geo: row.inference_geo === "not_available" ? null : row.inference_geo,
    });
    const lines = legacy.flatMap(({ starting_at, results }) =>
      results.map((row: Wire) => [keyOf(grouping, spelt(row), starting_at), tokensOf(row)] as const),
    );
    const withTokens = unified.filter(({ usage }) => usage.total_tokens > 0);
    expect(
      byKey(
        withTokens.map(({ starting_at, group, usage }) => [
          keyOf(grouping, group, starting_at),
          tokensOf(usage),
        ]),
      ),
    ).toEqual(byKey(lines));
  });

  test("people and service accounts are those of the legacy report", async () => {
    const legacy = await rows(
      `/usage_report/messages?${RANGE}&group_by[]=account_id&group_by[]=service_account_id`,
      FAST,
    );
    const unified = await rows(`/analytics/usage?${RANGE}&limit=1000&group_by[]=actor`, ADMIN);
    const results = legacy.flatMap((bucket) => bucket.results as Wire[]);
    const sent = new Map(
      unified.map(({ group: { actor }, usage }) => [
        actor?.user_id ?? actor?.service_account_id,
        usage.output_tokens,
      ]),
    );
    const known = Map.groupBy(results, (row) => row.account_id ?? row.service_account_id);
    expect(known.size).toBeGreaterThan(5);
    for (const [id, own] of known) {
      if (id !== null) expect(sent.get(id)).toBe(total(own, (row) => row.output_tokens));
    }
  });

  test("cost is that of the legacy report and Priority Tier", async () => {
    const legacy = await rows(`/cost_report?${RANGE}`, ADMIN);
    const billed = legacy.flatMap(({ results }) => results.map(({ amount }: Wire) => amount));
    const unified = async (tiers: string) =>
      (await rows(`/analytics/cost?${RANGE}&limit=1000&group_by[]=service_tier${tiers}`, ADMIN)).map(
        ({ cost }) => cost.amount,
      );
    expect(cents(await unified("&service_tiers[]=standard&service_tiers[]=batch"))).toBe(cents(billed));
    const priority = await unified("&service_tiers[]=priority");
    expect(priority).toHaveLength(1);
    expect(cents(await unified(""))).toBe(cents([...billed, ...priority]));
  });
});
