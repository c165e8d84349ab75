import { describe, expect, test } from "vitest";
import { addDays, type Day, day } from "../src/domain/day.ts";
import { dayNumber } from "../src/sandbox/calendar.ts";
import { SURFACES } from "../src/sandbox/organization/people.ts";
import { pieces, rounded, unitsOf } from "./analytics/truth.ts";
import { sweep } from "./deep.ts";
import { gateway, json, NOW } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import { PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];

type Organization = ReturnType<typeof gateway>["organization"];

/** Hundred-millionths of a cent charged from `from` until `until`, out of the base table. */
function charged(organization: Organization, from: Day, until: Day): bigint {
  return pieces(organization, "cost", [], from, until, Date.parse(NOW)).reduce(
    (sum, { figures }) => sum + (figures.net ?? 0n),
    0n,
  );
}

const TAG = 1 << SURFACES.indexOf("claude_tag");

/** People with activity whose account is not erased, and the days people had any on but in Claude Tag. */
function active(organization: Organization, from: Day, until: Day): { people: number; days: number } {
  const ledger = ledgerOf(organization);
  const { enterprise } = organization.directories;
  const numbers = Array.from({ length: dayNumber(until) - dayNumber(from) }, (_, i) => dayNumber(from) + i);
  let [people, days] = [0, 0];
  for (let index = 0; index < organization.members; index++) {
    const person = organization.person(index);
    const plans = numbers.map((each) => ledger.activity(person, each, Date.parse(NOW)));
    days += plans.filter((plan) => (plan & ~TAG) !== 0).length;
    const isKnown = enterprise.account(person, Date.parse(NOW)).email !== null;
    if (isKnown && plans.some((plan) => (person.linked ? plan : plan & ~TAG) !== 0)) people++;
  }
  return { people, days };
}

describe("cost per active person and day", () => {
  sweep(SEEDS)("is what the base table says (seed %d)", async (seed) => {
    const { ask, organization } = gateway({ sandbox: { users: 60, seed } });
    const { data, errors } = await ask(
      `{ unitCost(range: { between: { from: "2026-09-15", until: "2026-10-20" } }) { range { from until } cost { net { cents } } activeUsers activeUserDays netPerActiveUser { cents } netPerActiveUserDay { cents } state } }`,
    );
    expect(errors).toBeUndefined();
    const { cost: spend, activeUsers, activeUserDays, netPerActiveUser, netPerActiveUserDay } = data.unitCost;
    const [from, until] = [day("2026-09-15"), day("2026-10-20")];
    const units = charged(organization, from, until);
    const { people, days } = active(organization, from, until);
    expect([unitsOf(spend.net.cents), activeUsers, activeUserDays]).toEqual([units, people, days]);
    expect(netPerActiveUser.cents).toBe(rounded(units, BigInt(people) * 10n ** 8n));
    expect(netPerActiveUserDay.cents).toBe(rounded(units, BigInt(days) * 10n ** 8n));
  });

  test("is about the days that activity is counted of, and no others", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-22T08:00:00Z" });
    const { data, errors } = await ask(`{
      unitCost(range: { period: MONTH_TO_DATE }) { range { from until } cost { net { cents } } }
      cost(range: { between: { from: "2026-11-01", until: "2026-11-21" } }, bucket: DAY) { total { net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.unitCost.range).toEqual({ from: "2026-11-01", until: "2026-11-21" });
    expect(data.unitCost.cost.net.cents).toBe(data.cost.total.net.cents);
  });
});

describe("the projection of a month", () => {
  const asked = `{ costProjection { month { from until } wholeDays soFar { net { cents } } net { cents } list { cents } state } }`;

  sweep(SEEDS)("is the average of its whole days times its days (seed %d)", async (seed) => {
    const { ask, organization, seen } = gateway({ sandbox: { users: 60, seed } });
    const { data, errors } = await ask(asked);
    expect(errors).toBeUndefined();
    const { month, wholeDays, soFar, net, state } = data.costProjection;
    expect([month, wholeDays, state]).toEqual([{ from: "2026-11-01", until: "2026-12-01" }, 21, "SETTLING"]);
    const units = charged(organization, day("2026-11-01"), day("2026-11-22"));
    expect(unitsOf(soFar.net.cents)).toBe(units);
    expect(net.cents).toBe(rounded(units * 30n, 21n * 10n ** 8n));
    expect(seen).toHaveLength(1);
  });

  test("counts days without usage, and leaves open ones out", async () => {
    const { ask } = gateway({
      routes: {
        [PATHS.cost]: () =>
          json(
            reportPage(
              [
                wireDay("2026-11-02", [wireCost("10")]),
                wireDay("2026-11-20", [wireCost("90")]),
                wireDay("2026-11-21", [wireCost("5000")]),
              ],
              { watermark: "2026-11-21T20:00:00Z" },
            ),
          ),
      },
    });
    const { data } = await ask(asked.replace("costProjection", "costProjection(source: LEGACY)"));
    expect(data.costProjection).toMatchObject({
      wholeDays: 20,
      soFar: { net: { cents: "100" } },
      net: { cents: "150.000000000000" },
    });
  });

  test.each([
    ["no export", null],
    ["none of its days whole", "2026-10-30T00:00:00Z"],
  ])("is none where there is %s", async (_name, watermark) => {
    const { ask } = gateway({
      routes: {
        [PATHS.cost]: () => json(reportPage([wireDay("2026-11-02", [wireCost("10")])], { watermark })),
      },
    });
    const { data, errors } = await ask(asked.replace("costProjection", "costProjection(source: LEGACY)"));
    expect(errors).toBeUndefined();
    expect(data.costProjection).toMatchObject({
      wholeDays: 0,
      soFar: null,
      net: null,
      list: null,
      state: "OPEN",
    });
  });

  test("on the first of a month has nothing to go by", async () => {
    const { ask } = gateway({ sandbox: { users: 20 }, now: "2026-11-01T12:00:00Z" });
    const { data } = await ask(asked);
    expect(data.costProjection).toMatchObject({ wholeDays: 0, net: null, month: { from: "2026-11-01" } });
  });

  test("is of the usage a filter counts", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(`{
      costProjection(filter: { products: ["chat"] }) { soFar { net { cents } } }
      cost(range: { between: { from: "2026-11-01", until: "${addDays(day("2026-11-21"), 1)}" } }, filter: { products: ["chat"] }, bucket: DAY) { total { net { cents } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.costProjection.soFar.net.cents).toBe(data.cost.total.net.cents);
  });
});
