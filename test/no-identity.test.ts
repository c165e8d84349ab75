import { describe, expect, test } from "vitest";
import { compare, type Decimal, parseDecimal, sum } from "../src/domain/decimal.ts";
import { gateway } from "./gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const BETWEEN = { from: "2026-09-18", until: "2026-11-20" };
const RANGE = `range: { between: { from: "${BETWEEN.from}", until: "${BETWEEN.until}" } }`;
const ROW =
  "nodes { from until isPartial isOther actor { __typename } net { cents } shareOfTotal runningTotal { net { cents } } }";
const asked = (args: string) =>
  `{ cost(${RANGE}, groupBy: [ACTOR], first: 1000, ${args}) { ${ROW} total { net { cents } } } }`;

const WHOLE = [`${BETWEEN.from}T00:00:00.000Z`, `${BETWEEN.until}T00:00:00.000Z`];

const cents = (row: Loose) => parseDecimal(row.net.cents) as Decimal;
const nameless = (rows: readonly Loose[]) => rows.filter(({ actor, isOther }) => actor === null && !isOther);

function expectEqual(a: Decimal, b: Decimal): void {
  expect(compare(a, b)).toBe(0);
}

describe.each([1, 2, 3, 5, 8])(
  "usage of the Enterprise organization that has no identity (seed %d)",
  (seed) => {
    const { ask } = gateway({ sandbox: { users: 20, seed } });

    test("is one row over the whole range, with its share and its rank, as large as that of its days", async () => {
      const { data, errors } = await ask(asked("bucket: NONE"));
      expect(errors).toBeUndefined();
      const rows: Loose[] = data.cost.nodes;
      const [row, ...more] = nameless(rows);
      expect(more).toEqual([]);
      expect([row.from, row.until, row.isPartial]).toEqual([...WHOLE, false]);
      const days: Loose[] = (await ask(asked("bucket: DAY"))).data.cost.nodes;
      expectEqual(cents(row), sum(nameless(days).map(cents)));
      expectEqual(cents(row), parseDecimal(row.runningTotal.net.cents) as Decimal);
      expect(Number(row.shareOfTotal)).toBeCloseTo(
        Number(row.net.cents) / Number(data.cost.total.net.cents),
        9,
      );
      for (const [i, each] of rows.slice(1).entries())
        expect(compare(cents(rows[i]), cents(each))).toBeGreaterThanOrEqual(0);
    });

    test.each([1, 2, 3, 5, 8, 13])("takes one place among `top: %d`, and that of its amount", async (top) => {
      const all: Loose[] = (await ask(asked("bucket: NONE"))).data.cost.nodes;
      const { data } = await ask(asked(`bucket: NONE, top: ${top}`));
      const shown = (rows: readonly Loose[]) => rows.map(({ actor, net }) => [actor, net.cents]);
      expect(shown(data.cost.nodes.slice(0, top))).toEqual(shown(all.slice(0, top)));
      expectEqual(cents(data.cost.nodes.at(-1)), sum(all.slice(top).map(cents)));
    });
  },
);

describe("identities that the Console hides", () => {
  const ofConsole = () => gateway({ sandbox: { users: 20 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });

  test("stay apart, each with the days it is of and its share of the whole", async () => {
    const { ask } = ofConsole();
    const { data, errors } = await ask(asked("bucket: NONE"));
    expect(errors).toBeUndefined();
    const rows: Loose[] = data.cost.nodes;
    const hidden = nameless(rows);
    expect(hidden.length).toBeGreaterThan(3);
    const months = new Set(["2026-09-18/2026-10-01", "2026-10-01/2026-11-01", "2026-11-01/2026-11-20"]);
    for (const { from, until, isPartial } of hidden) {
      expect(months).toContain(`${from.slice(0, 10)}/${until.slice(0, 10)}`);
      expect(isPartial).toBe(true);
    }
    for (const { from, until, actor } of rows) if (actor !== null) expect([from, until]).toEqual(WHOLE);
    expectEqual(sum(rows.map(cents)), parseDecimal(data.cost.total.net.cents) as Decimal);
  });

  test.each(["NONE", "DAY", "WEEK", "MONTH"])(
    "take no place among the largest of a range longer than theirs (%s)",
    async (bucket) => {
      const { ask } = ofConsole();
      const named = async (args: string) =>
        new Set<string>(
          (await ask(asked(args))).data.cost.nodes.flatMap(({ actor, isOther }: Loose) =>
            isOther ? [] : [actor?.__typename ?? "hidden"],
          ),
        );
      expect(await named(`bucket: ${bucket}`)).toContain("hidden");
      expect(await named(`bucket: ${bucket}, top: 100`)).not.toContain("hidden");
      const { data } = await ask(asked(`bucket: ${bucket}, top: 4`));
      const others = data.cost.nodes.filter(({ isOther }: Loose) => isOther);
      expect(new Set(others.map(({ from }: Loose) => from)).size).toBe(others.length);
      expectEqual(sum(data.cost.nodes.map(cents)), parseDecimal(data.cost.total.net.cents) as Decimal);
    },
  );

  test("are ranked with the others where each is of the whole range", async () => {
    const { ask } = ofConsole();
    const { data } = await ask(
      `{ cost(range: { between: { from: "2026-10-01", until: "2026-11-01" } }, bucket: NONE, groupBy: [ACTOR], top: 100) { ${ROW} } }`,
    );
    const hidden = nameless(data.cost.nodes);
    expect(hidden.length).toBeGreaterThan(1);
    for (const { from, until, isPartial } of hidden)
      expect([from, until, isPartial]).toEqual([
        "2026-10-01T00:00:00.000Z",
        "2026-11-01T00:00:00.000Z",
        false,
      ]);
  });
});
