import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimalOf } from "../src/domain/decimal.ts";
import { NO_MONEY, plusMoney } from "../src/domain/money.ts";
import { type SeatPrice, seatCost } from "../src/domain/seat-price.ts";
import { guarded } from "./callers.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";
import { settingFaults } from "./setting-faults.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const folder = mkdtempSync(join(tmpdir(), "seat-prices-"));
let files = 0;

function withPrices(content: unknown) {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { SEAT_PRICES_FILE: path };
}

const COSTS = "perMonth { amount minorUnits currency } priced unpriced";
const IDLE = `{ idleSeats(days: 7, first: 1000) { nodes { userId } members idleCost { ${COSTS} } seatCost { ${COSTS} } } }`;
const PRICES = [{ amount: "40.50" }, { role: "user", amount: 25 }];

describe("SEAT_PRICES_FILE", () => {
  test.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /^SEAT_PRICES_FILE: the file is not JSON/],
    ["no list", {}, /is not a list of at most 1000 prices, such as \[/],
    ["an unknown field", [{ amount: 1, price: 1 }], /price 1: unknown field `price`; use one of amount, /],
    ["no amount", [{}], /price 1: `amount` is not a price per month/],
    ["a number with decimals", [{ amount: 1.5 }], /`amount` is not a price per month/],
    ["a negative amount", [{ amount: "-1" }], /`amount` is not a price per month/],
    ["decimals that yen do not have", [{ amount: "1.5", currency: "JPY" }], /`amount` is not a price/],
    [
      "a currency that does not exist",
      [{ amount: 1, currency: "USS" }],
      /`currency` is not an ISO 4217 code/,
    ],
    ["a currency in words", [{ amount: 1, currency: "dollars" }], /`currency` is not an ISO 4217 code/],
    ["a role in words", [{ amount: 1, role: "The Boss" }], /`role` is not a role of members/],
    ["the Console", [{ amount: 1, organization: "console" }], /`organization` is not one of enterprise/],
    [
      "one role twice",
      [{ amount: 1 }, { amount: 2 }],
      /price 2: is of the same organization and role as price 1/,
    ],
    [
      "two currencies",
      [{ amount: 1 }, { amount: 2, role: "admin", currency: "EUR" }],
      /price 2: has another `currency` than price 1/,
    ],
  ])("refuses %s at start", (_what, content, expected) => {
    expect(settingFaults(withPrices(content))).toEqual([expect.stringMatching(expected)]);
  });

  test("reports all faults at once, and nothing of the file", () => {
    const faults = settingFaults(withPrices([{ amount: "secret" }, { amount: 1, role: "Ada Lovelace" }]));
    expect(faults).toHaveLength(2);
    expect(faults.join()).not.toMatch(/secret|Ada/);
  });

  test("needs an organization where several have seats", () => {
    const three = { SANDBOX_ORGANIZATIONS: "three" };
    const [fault] = settingFaults({ ...withPrices([{ amount: 1 }]), ...three });
    expect(fault).toMatch(
      /^SEAT_PRICES_FILE price 1: `organization` is missing, and several have seats; use one of /,
    );
    const names = fault?.match(/one of (.*)\.$/)?.[1]?.split(", ") ?? [];
    expect(names).toHaveLength(2);
    expect(
      settingFaults({ ...withPrices(names.map((organization) => ({ organization, amount: 1 }))), ...three }),
    ).toEqual([]);
  });
});

describe("the assumed cost of seats", () => {
  sweep([1, 2, 3, 5, 8, 13, 21, 34, 55, 89])(
    "is the prices of the members' roles (seed %d)",
    async (seed) => {
      const settings = withPrices(PRICES);
      const { ask, organization, seen } = gateway({ sandbox: { users: 80, seed }, settings });
      const { data, errors } = await ask(IDLE);
      expect(errors).toBeUndefined();
      const { enterprise } = organization.directories;
      const centsOf = (index: number) =>
        enterprise.role(organization.person(index)) === "user" ? 2_500 : 4_050;
      const now = Date.parse("2026-11-22T12:00:00Z");
      const current = Array.from({ length: organization.personCount }, (_, i) => i).filter((i) => {
        const person = organization.person(i);
        return enterprise.has(person) && enterprise.isCurrent(person, now);
      });
      const { nodes, members, idleCost, seatCost: all } = data.idleSeats;
      const idle = new Set(nodes.map(({ userId }: Loose) => userId));
      const total = (indexes: readonly number[]) => indexes.reduce((sum, i) => sum + centsOf(i), 0);
      const idleIndexes = current.filter((i) => idle.has(enterprise.userId(i)));
      expect(Number(idleCost.perMonth.minorUnits)).toBe(total(idleIndexes));
      expect(Number(idleCost.perMonth.amount) * 100).toBeCloseTo(total(idleIndexes), 5);
      expect(idleCost).toMatchObject({ priced: idle.size, unpriced: 0, perMonth: { currency: "USD" } });
      expect(Number(all.perMonth.minorUnits)).toBe(total(current));
      expect(all.priced).toBe(members);
      expect(idle.size).toBeGreaterThan(0);
      expect(seen).toHaveLength(3); // as many as without prices
    },
  );

  test("leaves seats without a price out, and says how many", async () => {
    const { ask } = gateway({
      sandbox: { users: 80 },
      settings: withPrices([{ role: "nobody_has_it", amount: "1.000", currency: "KWD" }]),
    });
    const { idleCost, members, seatCost: all } = (await ask(IDLE)).data.idleSeats;
    expect(idleCost).toMatchObject({ perMonth: { minorUnits: "0", currency: "KWD" }, priced: 0 });
    expect(all.unpriced).toBe(members);
  });

  test("changes with the file, without a restart", async () => {
    const settings = withPrices([{ amount: 1 }]);
    let elapsed = 0;
    const { ask, filesRead } = gateway({
      sandbox: { users: 40 },
      settings,
      pace: { now: () => elapsed, sleep: async () => {} },
    });
    const currency = async () => (await ask(IDLE)).data.idleSeats.seatCost.perMonth.currency;
    expect(await currency()).toBe("USD");
    writeFileSync(settings.SEAT_PRICES_FILE, JSON.stringify([{ amount: 1, currency: "EUR" }]));
    for (let i = 0; i < 3; i++) {
      elapsed += 2_000;
      await currency();
    }
    expect(await currency()).toBe("EUR");
    expect(filesRead).toEqual([{ holds: "seat prices" }]);
  });

  test("is null without prices, and forbidden to callers who may not read spend", async () => {
    const { data } = await gateway({ sandbox: { users: 40 } }).ask(IDLE);
    expect([data.idleSeats.idleCost, data.idleSeats.seatCost]).toEqual([null, null]);
    const { askAs } = guarded({ settings: withPrices(PRICES) });
    const admin = await askAs("ADMIN", IDLE);
    expect(admin.errors?.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN", "FORBIDDEN"]);
    expect((await askAs("OWNER by pseudonym", IDLE)).data.idleSeats.idleCost.unpriced).toBe(0);
  });

  test("adds up over any split of the members", () => {
    const prices = [
      [null, 7n],
      ["user", 3n],
      ["admin", 0n],
    ].map(
      ([role, units]): SeatPrice => ({
        organization: "enterprise",
        role: role as string | null,
        perMonth: { assumed: { minorUnits: decimalOf(units as bigint), currency: "EUR" } },
      }),
    );
    const member = (role: string) => ({ userId: "u", email: "e", name: "n", role, addedAt: 0 });
    const roles = fc.array(fc.constantFrom("user", "admin", "owner"));
    const units = (roles: readonly string[]) =>
      seatCost(roles.map(member), prices)?.perMonth.assumed.minorUnits.units ?? -1n;
    fc.assert(
      fc.property(roles, roles, (some, others) => {
        expect(units(some) + units(others)).toBe(units([...some, ...others]));
      }),
    );
  });

  test("cannot be added to money of a report", () => {
    const [price] = [{ assumed: { minorUnits: decimalOf(1), currency: "USD" } }];
    // @ts-expect-error: an assumed amount is another kind of money
    const add = () => plusMoney(NO_MONEY, price);
    expect(add).toThrow();
  });
});
