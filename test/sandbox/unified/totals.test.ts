import { describe, expect, test } from "vitest";
import { day, startOf } from "../../../src/domain/day.ts";
import { DAY_MS, dayNumberOf } from "../../../src/sandbox/calendar.ts";
import { type Fact, tokensOf } from "../../../src/sandbox/ledger/fact.ts";
import type { OrganizationKind } from "../../../src/sandbox/organization/directory.ts";
import { DIMENSIONS } from "../../../src/sandbox/unified/dimensions.ts";
import { cents, sandbox, total, trueCents, type Wire } from "../asking.ts";
import { ASKING, factsOf } from "./asking.ts";

const FROM = Date.parse("2026-11-04T00:00:00Z");
const UNTIL = FROM + 2 * DAY_MS;
const RANGE = "starting_at=2026-11-04T00:00:00Z&ending_at=2026-11-06T00:00:00Z&limit=1000";

const USAGE = DIMENSIONS.filter((dimension) => dimension !== "organization_id");
const COST = [...USAGE, "cost_type", "token_type"];

function pairs(dimensions: readonly string[]): readonly (readonly string[])[] {
  const all = dimensions.flatMap((one, i) => [[one], ...dimensions.slice(i + 1).map((two) => [one, two])]);
  return all.filter((pair) => !(pair.includes("rbac_group_id") && pair.includes("claude_tag_user_id")));
}

const KINDS: readonly OrganizationKind[] = ["enterprise", "console"];

describe.each([1, 2, 7])("seed %i", (seed) => {
  describe.each(KINDS)("%s: every grouping of one and two dimensions comes to the total", (kind) => {
    const box = sandbox({ users: 24, seed });
    const facts = factsOf(box, kind, FROM, UNTIL);
    const { groups } = box.organization;
    // A person counts in each group: the facts as often as they are counted by group.
    const overlapping = facts.flatMap((fact): Fact[] => {
      const { person, at, organization } = fact;
      const held =
        person === null || organization === "console"
          ? []
          : groups.of(box.organization.person(person), dayNumberOf(at));
      return Array.from({ length: Math.max(1, held.length) }, () => fact);
    });
    const query = (grouping: readonly string[]) =>
      `${RANGE}${grouping.map((name) => `&group_by[]=${name}`).join("")}`;
    const known = (grouping: readonly string[]) => (grouping.includes("rbac_group_id") ? overlapping : facts);

    test("tokens and requests", async () => {
      expect(facts.length).toBeGreaterThan(50);
      for (const grouping of [[], ...pairs(USAGE)]) {
        const rows = await box.rows(`/analytics/usage?${query(grouping)}`, ASKING[kind]);
        const label = grouping.join();
        const own = known(grouping);
        expect(
          total(rows, ({ usage }: Wire) => usage.total_tokens),
          label,
        ).toBe(total(own, tokensOf));
        expect(
          total(rows, ({ usage }: Wire) => usage.requests),
          label,
        ).toBe(total(own, ({ requests }) => requests));
        if (grouping.length === 0) expect(rows).toHaveLength(1);
      }
    });

    test("cents, at both prices", async () => {
      const truth = new Map(
        [facts, overlapping].map((own) => [own, [trueCents(own), trueCents(own, "list")]]),
      );
      for (const grouping of [[], ...pairs(COST)]) {
        const rows = await box.rows(`/analytics/cost?${query(grouping)}`, ASKING[kind]);
        const sums = [
          cents(rows.map(({ cost }: Wire) => cost.amount)),
          cents(rows.map(({ cost }: Wire) => cost.list_amount)),
        ];
        expect(sums, grouping.join()).toEqual(truth.get(known(grouping)));
      }
    });
  });
});

test("equal seeds give equal answers, byte for byte", async () => {
  for (const kind of KINDS) {
    for (const path of [
      `/analytics/usage?${RANGE}&group_by[]=actor&group_by[]=model&time_bucket_width=1h`,
      `/analytics/cost?${RANGE}&group_by[]=actor&group_by[]=product&group_by[]=cost_type`,
    ]) {
      const [one, two] = [sandbox({ seed: 5 }), sandbox({ seed: 5 })];
      // The second has its ledger warmed by another question.
      await two.ask(`/analytics/usage?${RANGE}&group_by[]=speed`, ASKING[kind]);
      expect(JSON.stringify(await two.ask(path, ASKING[kind]))).toBe(
        JSON.stringify(await one.ask(path, ASKING[kind])),
      );
    }
  }
});

test("both ends are rounded down to the hour, and read back", async () => {
  const box = sandbox();
  const facts = factsOf(box, "console", FROM + 9 * 3_600_000, FROM + 38 * 3_600_000);
  const [row, ...more] = await box.rows(
    "/analytics/usage?starting_at=2026-11-04T11:59:00%2B02:00&ending_at=2026-11-05T14:30:00Z",
    ASKING.console,
  );
  expect(more).toEqual([]);
  expect(row).toMatchObject({ starting_at: "2026-11-04T09:00:00Z", ending_at: "2026-11-05T14:00:00Z" });
  expect(row.usage.total_tokens).toBe(total(facts, tokensOf));
});

test.each(["1d", "1h"])(
  "buckets of %s hold what happened in them, and empty ones are absent",
  async (width) => {
    const box = sandbox({ users: 20 });
    const step = width === "1d" ? DAY_MS : 3_600_000;
    const from = startOf(day("2026-04-29"));
    const facts = factsOf(box, "enterprise", from, from + 4 * DAY_MS);
    const rows = await box.rows(
      `/analytics/usage?starting_at=2026-04-29T00:00:00Z&ending_at=2026-05-03T00:00:00Z&limit=1000&time_bucket_width=${width}&order_by=time&order=asc`,
      ASKING.enterprise,
    );
    const known = [...Map.groupBy(facts, ({ at }) => Math.floor((at - from) / step))].sort(
      ([a], [b]) => a - b,
    );
    expect(rows.map(({ starting_at }) => (Date.parse(starting_at) - from) / step)).toEqual(
      known.map(([bucket]) => bucket),
    );
    for (const [i, [bucket, own]] of known.entries()) {
      expect(Date.parse(rows[i].ending_at)).toBe(from + (bucket + 1) * step);
      expect(rows[i].usage.total_tokens).toBe(total(own, tokensOf));
    }
    expect(known.some(([bucket]) => Math.floor((bucket * step) / DAY_MS) === 2)).toBe(false);
  },
);

test("without data there are no rows, and a range after the export has no watermark", async () => {
  const { ask } = sandbox({ users: 20 });
  for (const asking of Object.values(ASKING)) {
    const empty = "starting_at=2026-05-01T00:00:00Z&ending_at=2026-05-02T00:00:00Z";
    expect(await ask(`/analytics/cost?${empty}`, asking)).toMatchObject({
      data: [],
      data_refreshed_at: "2026-11-22T12:00:00Z",
    });
    const future = "starting_at=2026-11-22T12:00:00Z&ending_at=2026-11-23T00:00:00Z";
    expect(await ask(`/analytics/cost?${future}`, asking)).toMatchObject({
      data: [],
      data_refreshed_at: null,
    });
  }
});
