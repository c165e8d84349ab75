import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byRank, marksOf, merged, rankedBy } from "../../src/analytics/ranking.ts";
import { dimensionKey, NO_DIMENSIONS, type ReportRow, type ReportUser } from "../../src/domain/bucket.ts";
import { compare, type Decimal } from "../../src/domain/decimal.ts";
import { type SpendAmounts, spends } from "../../src/domain/money.ts";
import { costRows, decimals, forAll, forAllAsync, usd } from "../arbitrary.ts";

const rowLists = fc.array(costRows, { maxLength: 40 });
const keys = fc.oneof(decimals, fc.constantFrom(null, { units: 1n, scale: 0 }, { units: 10n, scale: 1 }));
const places = fc.record({
  keys: fc.tuple(keys, keys),
  name: fc.constantFrom("a", "b", "c"),
});

/** The plain way: every group looked up among all rows. */
function bruteForce(rows: readonly ReportRow<SpendAmounts>[]) {
  return [...new Set(rows.map(dimensionKey))].map((group) => {
    const own = rows.filter((row) => dimensionKey(row) === group);
    return {
      group,
      cents: own.reduce((sum, row) => sum + row.measure.net.cents.units, 0n),
      from: Math.min(...own.map((row) => row.from)),
      until: Math.max(...own.map((row) => row.until)),
    };
  });
}

function costRow(model: string, cents: number): ReportRow<SpendAmounts> {
  return {
    ...NO_DIMENSIONS,
    model,
    from: 0,
    until: 1,
    measure: { net: usd(cents), list: null, requests: null },
  };
}

function byKey(a: Decimal | null, b: Decimal | null): number {
  if (a !== null && b !== null) return compare(b, a);
  return a === b ? 0 : a === null ? 1 : -1;
}

function byKeys(a: { keys: readonly (Decimal | null)[] }, b: { keys: readonly (Decimal | null)[] }): number {
  const orders = a.keys.map((key, i) => byKey(key, b.keys[i] ?? null));
  return orders.find((order) => order !== 0) ?? 0;
}

const turn = () => Promise.resolve();
const mergedSpend = (rows: readonly ReportRow<SpendAmounts>[]) => merged(rows, spends, turn);

describe("merged windows", () => {
  test("name people as the newest window that names them does", async () => {
    const row = (user: ReportUser): ReportRow<SpendAmounts> => ({ ...costRow("a", 1), user });
    const [id, older, newer] = [
      { userId: "user_a" },
      { userId: "user_a", email: "a@example.org", name: "A", deleted: false },
      { userId: "user_a", email: "a@example.org", name: "A", deleted: true },
    ];
    const named = async (users: readonly ReportUser[]) => (await mergedSpend(users.map(row)))[0]?.user;
    expect(await named([older, newer])).toEqual(newer);
    expect(await named([id, newer])).toEqual(newer);
    expect(await named([older, id])).toEqual(older);
    expect(await named([id, id])).toEqual(id);
  });

  test("hold every group once, with the sum over all windows and the span of all", async () => {
    await forAllAsync([rowLists], async (rows) => {
      const groups = (await mergedSpend(rows)).map((row) => ({
        group: dimensionKey(row),
        cents: row.measure.net.cents.units,
        from: row.from,
        until: row.until,
      }));
      const byGroup = (a: { group: string }, b: { group: string }) => (a.group < b.group ? -1 : 1);
      expect(groups.sort(byGroup)).toEqual(bruteForce(rows).sort(byGroup));
    });
  });

  test("rank the largest sum first", async () => {
    await forAllAsync([rowLists], async (rows) => {
      const sums = (await mergedSpend(rows)).map((row) => row.measure.net.cents.units);
      expect(sums).toEqual(sums.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
    });
  });

  test("are the same in whatever order windows come", async () => {
    const shuffled = rowLists.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    await forAllAsync([shuffled], async ([rows, others]) =>
      expect(await mergedSpend(others)).toEqual(await mergedSpend(rows)),
    );
  });

  test("are the same when part of them was merged before", async () => {
    await forAllAsync([rowLists, rowLists], async (first, second) => {
      const before = await mergedSpend(first);
      expect(await mergedSpend([...before, ...second])).toEqual(await mergedSpend([...first, ...second]));
    });
  });

  test("are led by the group that comes second everywhere, if its sum leads", async () => {
    const january = [costRow("a", 10), costRow("steady", 9)];
    const february = [costRow("b", 10), costRow("steady", 9)];
    const [first] = await mergedSpend([...january, ...february]);
    expect(first).toMatchObject({ model: "steady", measure: { net: usd(18) } });
  });

  test("of nothing are nothing", async () => {
    expect(await mergedSpend([])).toEqual([]);
  });
});

describe("rank", () => {
  test("puts the larger key first, none at all last, the next key where one is equal, and then the lesser name", () => {
    forAll([places, places], (a, b) => {
      const expected = byKeys(a, b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
      expect(Math.sign(byRank(a, b))).toBe(expected);
    });
  });

  test("never puts two before each other", () => {
    forAll([places, places], (a, b) => expect(Math.sign(byRank(a, b)) + Math.sign(byRank(b, a))).toBe(0));
  });

  test("puts none level with another, but for the same keys and name", () => {
    forAll([places, places], (a, b) =>
      expect(byRank(a, b) === 0).toBe(byKeys(a, b) === 0 && a.name === b.name),
    );
  });

  test("is the same through a third", () => {
    forAll([places, places, places], (...three) => {
      const [a, b, c] = three.sort(byRank) as typeof three;
      expect(byRank(a, b)).toBeLessThanOrEqual(0);
      expect(byRank(b, c)).toBeLessThanOrEqual(0);
      expect(byRank(a, c)).toBeLessThanOrEqual(0);
    });
  });
});

describe("rows by a measure", () => {
  const rows = fc.uniqueArray(fc.record({ id: fc.string(), count: fc.option(fc.nat({ max: 4 })) }), {
    selector: ({ id }) => id,
  });

  test("stand in one order whatever order they came in", async () => {
    const shuffled = rows.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    await forAllAsync([shuffled, fc.boolean()], async ([all, others], descending) => {
      const order = (these: typeof all) =>
        rankedBy(
          these,
          ({ count }) => count,
          ({ id }) => id,
          turn,
          descending,
        );
      expect(await order(others)).toEqual(await order(all));
    });
  });
});

function marks(ids: readonly string[]): string[] {
  return [...marksOf(ids.map((id) => ({ id })))];
}

test("a mark tells the rows up to it apart from any others, and not their order", () => {
  const [before, swapped, passed] = [
    marks(["a", "b", "c", "d"]),
    marks(["b", "a", "c"]),
    marks(["a", "d", "b", "c"]),
  ];
  expect(swapped.slice(1)).toEqual(before.slice(1, 3));
  expect(passed.slice(1, 3)).not.toContain(before[1]);
  expect(passed[3]).toBe(before[3]);
  expect(new Set(marks(["", "", ""])).size).toBe(3);
});
