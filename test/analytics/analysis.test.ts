import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analysed } from "../../src/analytics/analysis/analyse.ts";
import type { Analysis } from "../../src/analytics/analysis/analysis.ts";
import { setAgainst } from "../../src/analytics/analysis/comparison.ts";
import { type Analysed, cellOf, type Kind } from "../../src/analytics/analysis/figure.ts";
import { runningTotals } from "../../src/analytics/analysis/running-totals.ts";
import type { GatewayRow } from "../../src/analytics/report/report.ts";
import { dimensionKey, isUnnamed, NO_DIMENSIONS, type ReportUser, rowName } from "../../src/domain/bucket.ts";
import { addDays, day, dayOf, startOf } from "../../src/domain/day.ts";
import { compare, type Decimal, sum } from "../../src/domain/decimal.ts";
import { type SpendAmounts, spends } from "../../src/domain/money.ts";
import type { PageProvenance } from "../../src/upstream/pages/iterate.ts";
import { forAllAsync, usd } from "../arbitrary.ts";

type Row = GatewayRow<SpendAmounts>;

const RANGE = { from: day("2026-12-20"), until: day("2027-02-03") };

const KIND: Kind<Row, SpendAmounts> = {
  algebra: spends,
  subject: "money",
  groupOf: dimensionKey,
  nameOf: rowName,
  isPiece: ({ hidden }) => hidden !== null,
  ungrouped: (row) => ({ ...row, ...NO_DIMENSIONS }),
  named: (row, newer) => (isUnnamed(newer) ? row : newer),
};

const TURN = () => Promise.resolve();

const PLAIN: Analysis<Row, SpendAmounts> = {
  bucket: "NONE",
  range: RANGE,
  top: null,
  order: { measure: null, descending: false },
  before: null,
};

/** Daily rows of few groups, so that most come up often and ties are common. */
const rows: fc.Arbitrary<Row> = fc
  .record({
    model: fc.option(fc.constantFrom("a", "b", "c", "d")),
    offset: fc.nat({ max: 44 }),
    cents: fc.integer({ min: -3, max: 9 }),
  })
  .map(({ model, offset, cents }) => costRow(model, cents, offset));

function costRow(model: string | null, cents: number, offset = 0, isRemainder = false): Row {
  const from = addDays(RANGE.from, offset);
  return {
    ...NO_DIMENSIONS,
    model,
    from: startOf(from),
    until: startOf(addDays(from, 1)),
    measure: { net: usd(cents), list: usd(2 * cents), requests: 1 },
    isRemainder,
    state: "FINAL",
  };
}

const lists = fc.array(rows, { maxLength: 60 });
const buckets = fc.constantFrom("NONE" as const, "DAY" as const, "WEEK" as const, "MONTH" as const);
const tops = fc.option(fc.integer({ min: 1, max: 6 }));
const orders = fc.record({
  measure: fc.constantFrom(
    null,
    ({ net }: SpendAmounts): Decimal | null => net.cents,
    ({ list }: SpendAmounts): Decimal | null => list?.cents ?? null,
  ),
  descending: fc.boolean(),
});

function of(
  list: readonly Row[],
  analysis: Partial<Analysis<Row, SpendAmounts>> = {},
  sources: PageProvenance[] = [],
) {
  return analysed(KIND, list, sources, { ...PLAIN, ...analysis }, TURN);
}

async function shown(list: readonly Row[], analysis: Partial<Analysis<Row, SpendAmounts>> = {}) {
  return (await of(list, analysis)).map(({ row }) => row);
}

function net(list: readonly { measure: SpendAmounts }[]): bigint {
  return sum(list.map(({ measure }) => measure.net.cents)).units;
}

describe("an analysis", () => {
  test("adds up to the same as its rows, for any buckets, groups and order", async () => {
    return forAllAsync([lists, buckets, tops, orders], async (list, bucket, top, order) => {
      const found = await shown(list, { bucket, top, order });
      expect(net(found)).toBe(net(list));
      const cells = found.map((row) => cellOf(KIND, row));
      expect(new Set(cells).size).toBe(cells.length);
    });
  });

  test("by week is the sum of days, and by month, and by neither", async () => {
    return forAllAsync([lists, buckets], async (list, bucket) => {
      for (const row of await shown(list, { bucket })) {
        const own = list.filter(
          (each) =>
            dimensionKey(each) === dimensionKey(row) && each.from >= row.from && each.from < row.until,
        );
        expect(net([row])).toBe(net(own));
        expect(row.measure.requests).toBe(own.length);
      }
    });
  });

  test("is the same in whatever order rows come, and whether or not some were merged before", async () => {
    const shuffled = lists.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    return forAllAsync([shuffled, buckets, tops], async ([list, others], bucket, top) => {
      expect(figures(await shown(others, { bucket, top }))).toEqual(
        figures(await shown(list, { bucket, top })),
      );
      const days = await shown(list, { bucket: "DAY" });
      expect(figures(await shown(days, { bucket, top }))).toEqual(
        figures(await shown(list, { bucket, top })),
      );
    });
  });

  test("keeps the groups with the most, and merges the others bucket by bucket", async () => {
    return forAllAsync([lists, buckets, fc.integer({ min: 1, max: 6 })], async (list, bucket, top) => {
      const found = await shown(list, { bucket, top });
      const kept = new Set(found.filter(({ isOther }) => !isOther).map(dimensionKey));
      const groups = Map.groupBy(list, dimensionKey);
      expect(kept.size).toBe(Math.min(top, groups.size));
      const least = [...kept].map((group) => net(groups.get(group) ?? [])).sort((a, b) => Number(a - b))[0];
      for (const [group, own] of groups) if (!kept.has(group)) expect(net(own) <= (least ?? 0n)).toBe(true);
      const others = found.filter(({ isOther }) => isOther);
      expect(new Set(others.map(({ from }) => from)).size).toBe(others.length);
      for (const other of others) {
        expect(other.model).toBeNull();
        const own = list.filter(
          (row) => !kept.has(dimensionKey(row)) && row.from >= other.from && row.from < other.until,
        );
        expect(net([other])).toBe(net(own));
      }
    });
  });

  test("has running totals that end with the total of each group", async () => {
    return forAllAsync([lists, buckets, tops], async (list, bucket, top) => {
      const found = await shown(list, { bucket, top });
      const totals = await runningTotals(KIND, found, TURN);
      const last = new Map<string, bigint>();
      for (const row of found.toSorted((a, b) => a.from - b.from)) {
        const so = totals.get(cellOf(KIND, row)) as SpendAmounts;
        const group = row.isOther ? "other" : dimensionKey(row);
        const until = found.filter(
          (each) => (each.isOther ? "other" : dimensionKey(each)) === group && each.from <= row.from,
        );
        expect(so.net.cents.units).toBe(net(until));
        last.set(group, so.net.cents.units);
      }
      expect([...last.values()].reduce((a, b) => a + b, 0n)).toBe(net(list));
    });
  });

  test("sets rows against the period before, of which nothing is lost", async () => {
    return forAllAsync([lists, lists, buckets, tops], async (list, earlier, bucket, top) => {
      const found = await shown(list, { bucket, top, before: earlier });
      expect(net(found)).toBe(net(list));
      expect(sum(found.map(({ before }) => (before as SpendAmounts).net.cents)).units).toBe(net(earlier));
      const groups = new Set([...list, ...earlier].map(dimensionKey));
      if (top === null) expect(new Set(found.map(dimensionKey))).toEqual(groups);
    });
  });

  test("has rows of nothing for groups that are gone, and nothing before for those that are new", async () => {
    const found = await shown([costRow("new", 5)], { before: [costRow("gone", 7)] });
    expect(found.map(({ model, measure, before }) => [model, measure, before])).toEqual([
      ["new", spend(5, 1), spend(0, 0)],
      ["gone", spend(0, 0), spend(7, 1)],
    ]);
  });

  test("comes in order: by time and the largest first, or by a measure, from either end; others last", async () => {
    return forAllAsync([lists, buckets, tops, orders], async (list, bucket, top, order) => {
      const found = await shown(list, { bucket, top, order });
      for (const [i, row] of found.entries()) {
        const next = found[i + 1];
        if (next === undefined) break;
        const direction = order.descending ? -1 : 1;
        if (order.measure === null && row.from !== next.from) {
          expect(Math.sign(next.from - row.from)).toBe(direction);
          continue;
        }
        if (row.isOther || next.isOther) {
          expect(next.isOther).toBe(true);
          continue;
        }
        const of = order.measure ?? spends.rank;
        const step = compare(of(next.measure) as Decimal, of(row.measure) as Decimal);
        expect(step * (order.measure === null ? -1 : direction)).toBeGreaterThanOrEqual(0);
      }
    });
  });

  test("is led by the group that comes second everywhere, if its sum leads", async () => {
    const january = [costRow("a", 10), costRow("steady", 9)];
    const february = [costRow("b", 10, 30), costRow("steady", 9, 30)];
    const [first] = await shown([...january, ...february]);
    expect(first).toMatchObject({ model: "steady", measure: { net: usd(18) } });
  });

  test("names people as the newest row that names them does", async () => {
    const [id, older, newer] = [
      { userId: "user_a" },
      { userId: "user_a", email: "a@example.org", name: "A", deleted: false },
      { userId: "user_a", email: "a@example.org", name: "A", deleted: true },
    ];
    const named = async (users: readonly ReportUser[]) =>
      (await shown(users.map((user) => ({ ...costRow("a", 1), user }))))[0]?.user;
    expect(await named([older, newer])).toEqual(newer);
    expect(await named([id, newer])).toEqual(newer);
    expect(await named([older, id])).toEqual(older);
    expect(await named([id, id])).toEqual(id);
  });

  test("gives a row the same id whatever was spent, since cursors hold it", async () => {
    const ids = async (list: readonly Row[]) => (await of(list, { bucket: "WEEK" })).map(({ id }) => id);
    expect(await ids([costRow("a", 1)])).toEqual(await ids([costRow("a", 1), costRow("a", 5, 0)]));
    expect(await ids([costRow("a", 1)])).not.toEqual(await ids([costRow("b", 1)]));
    expect(await ids([costRow("a", 1)])).not.toEqual(await ids([costRow("a", 1, 20)]));
  });

  test("keeps groups that upstream left out apart from groups merged here", async () => {
    const list = [costRow("a", 5), costRow("b", 3), costRow("c", 1), costRow(null, 100, 0, true)];
    const found = await shown(list, { top: 1 });
    expect(found.map(({ model, isOther, isRemainder }) => [model, isOther, isRemainder])).toEqual([
      [null, false, true],
      ["a", false, false],
      [null, true, false],
    ]);
    expect(net(found)).toBe(109n);
  });

  test("of nothing is nothing", async () => {
    expect(await of([], { bucket: "WEEK", top: 3, before: [] })).toEqual([]);
  });
});

describe("the state of a bucket", () => {
  const source = (from: string, until: string, seen: string | null): PageProvenance => ({
    watermark: null,
    fetchedAt: 0,
    asOf: seen === null ? null : Date.parse(seen),
    range: { from: day(from), until: day(until) },
    state: "OPEN",
    stale: null,
  });

  test.each([
    ["all days settled long ago", "2027-06-01T00:00:00Z", ["FINAL", "FINAL", "FINAL"]],
    ["the last month closed too lately", "2027-02-05T00:00:00Z", ["FINAL", "SETTLING", "SETTLING"]],
    ["the range still under way", "2027-01-20T12:00:00Z", ["SETTLING", "OPEN", "OPEN"]],
    ["no export", null, ["OPEN", "OPEN", "OPEN"]],
  ])("is that of the least settled of its days, those without a row too: %s", async (_name, seen, states) => {
    const sources = [
      source("2026-12-20", "2027-01-01", seen),
      source("2027-01-01", "2027-02-01", seen),
      source("2027-02-01", "2027-02-03", seen),
    ];
    const list = [costRow("a", 1, 0), costRow("a", 1, 12), costRow("a", 1, 43)];
    const found = (await of(list, { bucket: "MONTH" }, sources)).map(({ row }) => row.state);
    expect(found).toEqual(states);
  });
});

test("a row of the period before moves to the day it is set against, with its hours", async () => {
  const at = Date.parse("2026-11-30T05:00:00Z");
  const row = { from: at, until: at + 3_600_000 };
  const moved = setAgainst("MONTH_BEFORE", RANGE)({ ...row });
  expect(new Date(moved.from).toISOString()).toBe("2026-12-30T05:00:00.000Z");
  expect(moved.until - moved.from).toBe(3_600_000);
  expect(dayOf(setAgainst("PREVIOUS_PERIOD", RANGE)({ ...row }).from)).toBe("2027-01-14");
});

function spend(cents: number, requests: number): SpendAmounts {
  return { net: usd(cents), list: usd(2 * cents), requests };
}

function figures(list: readonly Analysed<Row, SpendAmounts>[]) {
  return list.map((row) => [row.from, row.until, dimensionKey(row), row.isOther, row.measure]);
}
