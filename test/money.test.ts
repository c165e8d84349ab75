import { describe, expect, test } from "vitest";
import { addDays, type Day, day, startOf } from "../src/domain/day.ts";
import { compare, type Decimal, formatDecimal, parseDecimal, plus, sum } from "../src/domain/decimal.ts";
import { netUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import { sweep } from "./deep.ts";
import { gateway, json, NOW } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import { dayOfQuery, PATHS, reportPage, wireCost, wireDay, wireUser, wireUserCost } from "./wire.ts";

interface Priced {
  readonly userId: string;
  readonly cents: string;
}

function centsOf(rows: readonly Priced[]): Decimal {
  return sum(rows.map(({ cents }) => parseDecimal(cents) as Decimal));
}

describe.each([
  ["1 day", 1],
  ["31 days", 31],
  ["300 days", 300],
])("over %s", (_name, days) => {
  const until = day("2026-11-20");
  const from = addDays(until, -days);

  sweep([1, 2, 3])(
    "people's cost plus cost without a person is the organization's, to the last decimal (seed %d)",
    async (seed) => {
      const { ask, organization } = gateway({ sandbox: { users: 60, seed } });
      const range = `range: { between: { from: "${from}", until: "${until}" } }`;
      const { data, errors } = await ask(`{
      users(${range}, first: 1000) { nodes { userId cost { net { cents } } } }
      cost(${range}, bucket: NONE, groupBy: [USER], first: 1000) { nodes { user { userId } net { cents } } total { net { cents } } }
    }`);
      expect(errors).toBeUndefined();

      const listed: Priced[] = data.users.nodes.flatMap(
        ({ userId, cost }: { userId: string; cost: { net: { cents: string } } | null }) =>
          cost === null ? [] : [{ userId, cents: cost.net.cents }],
      );
      const spenders: Priced[] = data.cost.nodes.map(
        ({ user, net }: { user: { userId: string }; net: { cents: string } }) => ({
          userId: user.userId,
          cents: net.cents,
        }),
      );
      const known = new Set(listed.map(({ userId }) => userId));
      const gone = spenders.filter(({ userId }) => !known.has(userId));
      const facts = [...baseTable(organization, from, until)];
      const unattributed = facts.filter(({ person }) => person === null).map(({ cents }) => cents);

      const total = parseDecimal(data.cost.total.net.cents) as Decimal;
      expect(compare(total, sum(facts.map(({ cents }) => cents)))).toBe(0);
      expect(formatDecimal(sum([centsOf(listed), centsOf(gone), ...unattributed])).replace(/0+$/, "")).toBe(
        formatDecimal(total).replace(/0+$/, ""),
      );
      expect(compare(total, { units: 0n, scale: 0 })).toBeGreaterThan(0);
      if (days > 1) expect(unattributed.length).toBeGreaterThan(0);
    },
  );
});

function* baseTable(organization: ReturnType<typeof gateway>["organization"], from: Day, until: Day) {
  const exported = Date.parse(NOW);
  for (const fact of ledgerOf(organization).facts(
    "enterprise",
    { from: startOf(from), until: startOf(until) },
    exported,
  )) {
    yield { person: fact.person, cents: { units: BigInt(netUnits(fact)), scale: SCALE } };
  }
}

test("a year of one person's months is added up exactly, whatever the scale of each amount", async () => {
  const amounts = ["0.1", "0.20", "12345678901234567890.000000001", "-0.3", "41280.000000"];
  const { ask } = gateway({
    routes: {
      [PATHS.users]: () => json({ data: [wireUser("user_a")], next_page: null }),
      [PATHS.userCost]: (query) =>
        json(reportPage([wireUserCost("user_a", amounts[Number(dayOfQuery(query).slice(5, 7)) - 1] ?? "0")])),
    },
  });
  const { data } = await ask(
    `{ users(range: { between: { from: "2026-01-01", until: "2026-06-01" } }) { nodes { cost { net { cents usd } } } } }`,
  );
  const exact = amounts.map((amount) => parseDecimal(amount) as Decimal).reduce(plus);
  expect(data.users.nodes[0].cost.net.cents).toBe(formatDecimal(exact));
  expect(data.users.nodes[0].cost.net.usd).toBe(formatDecimal({ ...exact, scale: exact.scale + 2 }));
});

test("two months of hours, each past 2^53 or below zero and of 18 decimals, add up to the last digit", async () => {
  let sum = 0n;
  const { ask } = gateway({
    routes: {
      [PATHS.cost]: (query) => {
        const [from, until] = ["starting_at", "ending_at"].map((name) => Date.parse(query.get(name) ?? ""));
        const hours = Array.from({ length: ((until ?? 0) - (from ?? 0)) / 3_600_000 }, (_, i) => {
          const units =
            (i % 3 === 0 ? -1n : 1n) * (9_007_199_254_740_993_000_000_000_000_000_001n + BigInt(i) ** 9n);
          sum += units;
          const digits = String(units < 0n ? -units : units);
          const amount = `${units < 0n ? "-" : ""}${digits.slice(0, -18)}.${digits.slice(-18)}`;
          const at = (hour: number) => new Date((from ?? 0) + hour * 3_600_000).toISOString();
          return { starting_at: at(i), ending_at: at(i + 1), results: [wireCost(amount)] };
        });
        return json(reportPage(hours));
      },
    },
  });
  const { data, errors } = await ask(
    `{ cost(range: { between: { from: "2026-05-01", until: "2026-07-01" } }, source: LEGACY, bucket: HOUR) { total { net { cents } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.total.net.cents.replace(".", "")).toBe(String(sum));
});

test("an amount passes through as upstream wrote it", async () => {
  const { ask } = gateway({
    routes: { [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("41280.000000")])])) },
  });
  const { data } = await ask(
    `{ cost(range: { between: { from: "2026-11-20", until: "2026-11-21" } }, bucket: DAY) { nodes { net { cents usd currency } } } }`,
  );
  expect(data.cost.nodes).toEqual([{ net: { cents: "41280.000000", usd: "412.80000000", currency: "USD" } }]);
});

describe("a bucket that upstream cut off after its hundred largest groups", () => {
  const groups = Array.from({ length: 130 }, (_, i) =>
    wireCost(`${130 - i}.5`, { product: "chat", model: `model-${i}` }),
  );
  const whole = "8580"; // 130 + … + 1, and 130 halves
  const routes = {
    [PATHS.cost]: (query: URLSearchParams) =>
      json(
        reportPage([
          wireDay("2026-11-20", query.has("group_by[]") ? groups.slice(0, 100) : [wireCost(whole)]),
        ]),
      ),
  };
  const range = `range: { between: { from: "2026-11-20", until: "2026-11-21" } }`;

  test("gets a remainder row, so that its rows add up to the total", async () => {
    const { ask } = gateway({ routes });
    const { data } = await ask(
      `{ cost(${range}, groupBy: [PRODUCT, MODEL], first: 1000, bucket: DAY) { nodes { model isRemainder net { cents } } total { net { cents } } } }`,
    );
    expect(data.cost.nodes).toHaveLength(101);
    expect(data.cost.nodes.at(-1)).toEqual({ model: null, isRemainder: true, net: { cents: "480.0" } });
    expect(
      compare(
        centsOf(data.cost.nodes.map((row: { net: Priced }) => row.net)),
        parseDecimal(whole) as Decimal,
      ),
    ).toBe(0);
    expect(data.cost.total.net.cents).toBe(whole);
  });

  test("is refused where groups overlap, since nothing can then be said of the rest", async () => {
    const { ask } = gateway({ routes });
    const { data, errors } = await ask(
      `{ cost(${range}, groupBy: [GROUP, MODEL], bucket: DAY) { nodes { model } } }`,
    );
    expect(data.cost).toBeNull();
    expect(errors?.map((error) => error.extensions.code)).toEqual(["BAD_USER_INPUT"]);
  });
});

test("the sandbox's grouped days add up to its ungrouped total, remainder included", async () => {
  const { ask } = gateway({ sandbox: { users: 120 } });
  const { data, errors } = await ask(
    `{ cost(range: { last: { days: 10 } }, groupBy: [PRODUCT, MODEL, CONTEXT_WINDOW, INFERENCE_GEO, SPEED, COST_TYPE, TOKEN_TYPE], source: LEGACY, first: 1000, bucket: NONE) { nodes { isRemainder net { cents } } totalCount total { net { cents } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.totalCount).toBeLessThanOrEqual(1000);
  expect(data.cost.nodes.some((row: { isRemainder: boolean }) => row.isRemainder)).toBe(true);
  const rows = centsOf(data.cost.nodes.map((row: { net: Priced }) => row.net));
  expect(compare(rows, parseDecimal(data.cost.total.net.cents) as Decimal)).toBe(0);
});
