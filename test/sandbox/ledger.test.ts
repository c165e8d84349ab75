import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, addMonths, day, dayOf, startOf, startOfMonth } from "../../src/domain/day.ts";
import {
  adoption,
  DATA_START,
  DAY_MS,
  dayNumberOf,
  SHUTDOWN,
  startOfNumber,
} from "../../src/sandbox/calendar.ts";
import { lateArrival } from "../../src/sandbox/ledger/arrival.ts";
import { chargesOf, listUnits, netUnits } from "../../src/sandbox/ledger/fact.ts";
import { consoleCents, enterpriseCents, Sum } from "../../src/sandbox/ledger/prices.ts";
import { Ledger } from "../../src/sandbox/ledger.ts";
import { SURFACES } from "../../src/sandbox/organization/people.ts";
import { createOrganization } from "../../src/sandbox/organization.ts";
import { cents, NOON, sandbox, trueCents } from "./asking.ts";

const organization = createOrganization({ users: 60, seed: 1 });
const ledger = new Ledger(organization);
const EVER = startOf(day("2027-06-01"));
const YEAR = { from: startOf(DATA_START), until: startOf(day("2026-11-01")) };
const facts = [...ledger.facts("enterprise", YEAR, EVER)];

describe("facts", () => {
  test("are whole numbers in whole minutes of the span", () => {
    for (const fact of facts) {
      expect(fact.at % 60_000).toBe(0);
      expect(fact.at >= YEAR.from && fact.at < YEAR.until).toBe(true);
      for (const count of [
        fact.uncached,
        fact.write5m,
        fact.write1h,
        fact.read,
        fact.output,
        fact.requests,
      ]) {
        expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }
    }
  });

  test("cost the sum of their lines, exactly", () => {
    for (const fact of facts) {
      const charges = chargesOf(fact);
      expect(charges.reduce((all, { net }) => all + net, 0n)).toBe(BigInt(netUnits(fact)));
      expect(charges.reduce((all, { list }) => all + list, 0n)).toBe(BigInt(listUnits(fact)));
    }
  });

  test("come in every kind a report can tell apart", () => {
    const kinds = (of: (fact: (typeof facts)[number]) => unknown) => new Set(facts.map(of));
    expect(kinds(({ product }) => product)).toEqual(
      new Set([
        "chat",
        "claude_code",
        "cowork",
        "office_agent",
        "claude_in_chrome",
        "claude_design",
        "claude-tag",
        "other",
        null,
      ]),
    );
    expect(kinds(({ rate }) => rate.model).size).toBe(6);
    expect(kinds(({ rate }) => rate.contextWindow)).toEqual(new Set(["0-200k", "200k-1M", null]));
    expect(kinds(({ rate }) => rate.geo)).toEqual(new Set(["us", "global", null]));
    expect(kinds(({ rate }) => rate.speed)).toEqual(new Set(["standard", "fast", null]));
    expect(kinds(({ tag }) => tag?.category)).toEqual(
      new Set(["dm", "engaged", "monitoring", "proactive", "scheduled", undefined]),
    );
    expect(facts.some(({ person }) => person === null)).toBe(true);
  });

  test("follow the week, skip the shutdown and grow over the year", () => {
    const perDay = Map.groupBy(facts, ({ at }) => dayOf(at));
    expect(perDay.has(SHUTDOWN)).toBe(false);
    const on = (date: string) => perDay.get(day(date))?.length ?? 0;
    expect(on("2026-10-18")).toBeLessThan(on("2026-10-20") / 3);
    expect(on("2026-10-20")).toBeGreaterThan(on("2026-01-20") * 1.2);
    expect(adoption(0)).toBeLessThan(adoption(300));
  });

  test("are the same by day, by span and by person", () => {
    const span = { from: startOf(day("2026-10-05")), until: startOf(day("2026-10-08")) };
    const sorted = (some: Iterable<object>) => Array.from(some, (fact) => JSON.stringify(fact)).sort();
    const whole = sorted(ledger.facts("enterprise", span, EVER));
    const daily = [0, 1, 2].flatMap((i) => [
      ...new Ledger(organization).facts(
        "enterprise",
        { from: span.from + i * DAY_MS, until: span.from + (i + 1) * DAY_MS },
        EVER,
      ),
    ]);
    expect(sorted(daily)).toEqual(whole);
    const hours = Array.from({ length: 72 }, (_, i) => span.from + i * 3_600_000).flatMap((from) => [
      ...ledger.facts("enterprise", { from, until: from + 3_600_000 }, EVER),
    ]);
    expect(sorted(hours)).toEqual(whole);
    const mine = (person: number) => whole.filter((text) => JSON.parse(text).person === person);
    const [one] = [sorted(ledger.facts("enterprise", span, EVER, [3]))];
    expect(one.filter((text) => JSON.parse(text).person === 3)).toEqual(mine(3));
  });
});

test("the activity of a member equals the facts", () => {
  const seen = new Map<string, number>();
  for (const { engagement, tag, person, at } of facts) {
    // Unlinked Slack people and channels are nobody's facts; their slots are checked through the linked ones.
    const who = engagement === null ? tag?.linked : person;
    if (who === null || who === undefined) continue;
    const bit = 1 << SURFACES.indexOf(engagement?.surface ?? "claude_tag");
    const key = `${who} ${dayNumberOf(at)}`;
    seen.set(key, (seen.get(key) ?? 0) | bit);
  }
  for (let index = 0; index < organization.members; index++) {
    const person = organization.person(index);
    for (let number = 0; startOfNumber(number) < YEAR.until; number++) {
      const plan = ledger.activity(person, number, EVER) & (person.linked ? 0xff : 0x7f);
      expect(seen.get(`${index} ${number}`) ?? 0).toBe(plan);
    }
  }
});

describe("late facts", () => {
  test("are few, at most thirty days late, and in within seven days of the end of their month", () => {
    let late = 0;
    for (const { at, arrivesAt } of facts) {
      if (arrivesAt === at) continue;
      late++;
      const start = startOf(dayOf(at));
      expect(arrivesAt).toBeGreaterThan(start + DAY_MS);
      expect(arrivesAt).toBeLessThanOrEqual(start + 30 * DAY_MS);
      expect(arrivesAt).toBeLessThanOrEqual(startOf(addMonths(startOfMonth(dayOf(at)), 1)) + 7 * DAY_MS);
    }
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThan(facts.length * 0.04);
  });

  test("hold for any source and day", () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), fc.nat(700), (source, number) => {
        const arrivesAt = lateArrival(1, source, number);
        const start = startOfNumber(number);
        const monthEnd = startOf(addMonths(startOfMonth(dayOf(start)), 1));
        if (arrivesAt === null) return;
        expect(arrivesAt).toBeGreaterThan(start + DAY_MS);
        expect(arrivesAt).toBeLessThanOrEqual(Math.min(start + 30 * DAY_MS, monthEnd + 7 * DAY_MS));
      }),
      { numRuns: 20_000 },
    );
  });

  test("move a month's cost until it is final, and never after", async () => {
    const { ledger: own, clock, ask } = sandbox();
    const october = { from: startOf(day("2026-10-01")), until: startOf(day("2026-11-01")) };
    const path =
      "/analytics/cost_report?starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:00Z&limit=31";
    const costAt = async (now: number) => {
      clock.now = now;
      const { data, data_refreshed_at } = await ask(path);
      const amounts = data.flatMap(({ results }: { results: { amount: string }[] }) =>
        results.map(({ amount }) => amount),
      );
      expect(cents(amounts)).toBe(trueCents(own.facts("enterprise", october, Date.parse(data_refreshed_at))));
      return cents(amounts);
    };
    const costs: string[] = [];
    for (let i = 0; i < 30; i++) costs.push(await costAt(october.until + 3_600_000 + i * DAY_MS));
    expect(new Set(costs).size).toBeGreaterThan(2);
    expect(new Set(costs.slice(7)).size).toBe(1);
    expect(costs.at(-1)).toBe(trueCents(own.facts("enterprise", october, EVER)));
  });

  test("wait for the next export", async () => {
    const { clock, ask } = sandbox();
    const path = "/analytics/usage_report?starting_at=2026-11-22T00:00:00Z&ending_at=2026-11-23T00:00:00Z";
    clock.now = NOON + 1;
    const first = await ask(path);
    clock.now = NOON + 4 * 3_600_000 - 1;
    expect(await ask(path)).toEqual(first);
    clock.now += 1;
    expect((await ask(path)).data_refreshed_at).toBe("2026-11-22T16:00:00Z");
  });

  test("move engagement once a day", async () => {
    const { clock, ask } = sandbox({ users: 400 });
    const messagesOn = async (now: number) => {
      clock.now = now;
      const { data } = await ask("/analytics/users?date=2026-11-10&limit=1000");
      return JSON.stringify(data);
    };
    const start = startOf(addDays(day("2026-11-11"), 0)) + 10 * 3_600_000;
    const early = await messagesOn(start);
    expect(await messagesOn(start + DAY_MS - 1)).toBe(early);
    const later = await messagesOn(start + 30 * DAY_MS);
    expect(later).not.toBe(early);
    expect(await messagesOn(start + 60 * DAY_MS)).toBe(later);
  });
});

describe("money", () => {
  test("adds up beyond what a double holds", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4_503_599_627_370_495), { maxLength: 200 }), (units) => {
        const sum = new Sum();
        for (const each of units) sum.add(each);
        expect(sum.units).toBe(units.reduce((all, each) => all + BigInt(each), 0n));
      }),
    );
  });

  test("is written as each family writes it", () => {
    expect(enterpriseCents(4_128_000_000_000n)).toBe("41280.000000");
    expect(enterpriseCents(123_456_789n)).toBe("1.23456789");
    expect(enterpriseCents(0n)).toBe("0.000000");
    expect(consoleCents(6_420_875_000n)).toBe("64.20875");
    expect(consoleCents(1_000_000_000n)).toBe("10");
    expect(consoleCents(0n)).toBe("0");
  });
});
