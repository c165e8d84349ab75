import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { NOON, sandbox, type Wire } from "../asking.ts";
import { ASKING, RANGE } from "./asking.ts";

const { ask, rows, clock } = sandbox({ users: 80 });

describe("order", () => {
  const METRICS: readonly [string, string, (row: Wire) => number][] = [
    ["usage", "total_tokens", ({ usage }) => usage.total_tokens],
    ["usage", "output_tokens", ({ usage }) => usage.output_tokens],
    ["usage", "requests", ({ usage }) => usage.requests],
    ["usage", "uncached_input_tokens", ({ usage }) => usage.uncached_input_tokens],
    ["cost", "amount", ({ cost }) => Number(cost.amount)],
    ["cost", "list_amount", ({ cost }) => Number(cost.list_amount)],
  ];
  test.each(METRICS)(
    "%s ranks by %s across all buckets, largest first by default",
    async (report, metric, read) => {
      const path = `/analytics/${report}?${RANGE}&time_bucket_width=1d&group_by[]=model&order_by=${metric}`;
      const values = (await rows(path, ASKING.console)).map(read);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      const rising = (await rows(`${path}&order=asc`, ASKING.console)).map(read);
      expect(rising).toEqual(rising.toSorted((a, b) => a - b));
      expect(rising).toHaveLength(values.length);
    },
  );

  test("by time is newest first by default, and by tokens or amount within a bucket", async () => {
    const path = `/analytics/usage?${RANGE}&time_bucket_width=1d&group_by[]=model&order_by=time`;
    for (const [order, sign] of [
      ["desc", -1],
      ["asc", 1],
    ] as const) {
      const found = await rows(`${path}&order=${order}`, ASKING.enterprise);
      expect(found).toEqual(
        found.toSorted(
          (a, b) =>
            sign * (Date.parse(a.starting_at) - Date.parse(b.starting_at)) ||
            b.usage.total_tokens - a.usage.total_tokens,
        ),
      );
    }
    expect(await rows(path, ASKING.enterprise)).toEqual(await rows(`${path}&order=desc`, ASKING.enterprise));
  });

  test("by time without buckets is by the usual metric", async () => {
    const path = `/analytics/cost?${RANGE}&group_by[]=model`;
    const usual = await rows(path, ASKING.console);
    expect(await rows(`${path}&order_by=time`, ASKING.console)).toEqual(usual);
    expect(await rows(`${path}&order_by=time&order=asc`, ASKING.console)).toEqual(usual.toReversed());
  });
});

test("rows of cost types are free of the limit, adjacent, ranked by their common total and without requests", async () => {
  const path = `/analytics/cost?${RANGE}&group_by[]=actor&group_by[]=cost_type&group_by[]=token_type`;
  const { data } = await ask(path.replace("limit=1000", "limit=5"), ASKING.enterprise);
  const actors: string[] = data.map(({ group }: Wire) => JSON.stringify(group.actor));
  expect(data.length).toBeGreaterThan(5);
  expect(actors.filter((actor, i) => actor !== actors[i - 1])).toHaveLength(5);
  expect(new Set(actors).size).toBe(5);
  expect(data.every(({ cost }: Wire) => cost.requests === null)).toBe(true);
  const whole = await rows(path.replace(/&group_by\[\]=(cost|token)_type/g, ""), ASKING.enterprise);
  expect([...new Set(actors)]).toEqual(whole.slice(0, 5).map(({ group }) => JSON.stringify(group.actor)));
});

describe("paging", () => {
  const groupings = (pool: readonly string[]) =>
    fc
      .subarray([...pool], { maxLength: 3 })
      .map((some) => some.map((name) => `&group_by[]=${name}`).join(""));
  const POOL = ["actor", "actor_type", "model", "product", "workspace_id", "api_key_id", "speed"];
  const questions = fc.record({
    kind: fc.constantFrom<OrganizationKind>("enterprise", "console"),
    report: fc.constantFrom("usage", "cost"),
    grouping: groupings(POOL),
    split: fc.subarray(["cost_type", "token_type"]),
    width: fc.constantFrom("", "&time_bucket_width=1d", "&time_bucket_width=1h"),
    order: fc.constantFrom("", "&order=asc", "&order_by=time", "&order_by=requests", "&order_by=list_amount"),
    excludes: fc.boolean(),
    limit: fc.integer({ min: 1, max: 60 }),
  });

  test("joined pages equal the whole for any limit, grouping and order", async () => {
    await fc.assert(
      fc.asyncProperty(
        questions,
        async ({ kind, report, grouping, split, width, order, excludes, limit }) => {
          const metric = report === "usage" ? "list_amount" : "requests";
          const parts = [
            "starting_at=2026-06-15T00:00:00Z&ending_at=2026-06-18T00:00:00Z",
            grouping,
            report === "cost" ? split.map((name) => `&group_by[]=${name}`).join("") : "",
            width,
            order.endsWith(metric) ? "" : order,
            excludes && grouping.includes("=actor&") ? "&exclude_deleted_users=true" : "",
          ];
          const path = `/analytics/${report}?${parts.join("")}`;
          const whole = await rows(`${path}&limit=1000`, ASKING[kind]);
          expect(await rows(`${path}&limit=${limit}`, ASKING[kind])).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("goes on with the data of the first page, defaulted end included", async () => {
    const path = "/analytics/usage?starting_at=2026-11-20T00:00:00Z&group_by[]=model&limit=2";
    const first = await ask(path, ASKING.enterprise);
    clock.now = NOON + 3_700_000;
    const second = await ask(`${path}&page=${first.next_page}`, ASKING.enterprise);
    expect(second.data[0].ending_at).toBe(first.data[0].ending_at);
    clock.now = NOON;
  });
});
