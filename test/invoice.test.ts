import { describe, expect, test } from "vitest";
import { type Day, day, startOf } from "../src/domain/day.ts";
import { type Decimal, formatDecimal, negative, parseDecimal, plus } from "../src/domain/decimal.ts";
import { listUnits, netUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import { codesOf, guarded } from "./callers.ts";
import { sweep } from "./deep.ts";
import { gateway } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const FINAL = [day("2026-09-01"), day("2026-10-01")] as const;
const between = ([from, until]: readonly [Day, Day]) =>
  `range: { between: { from: "${from}", until: "${until}" } }`;
const ANSWER =
  "organization source range { from until } invoiced { amount currency } total { net { usd } list { usd } } difference { amount currency } parts { reason explanation amount { amount } days } unexplained { amount } freshness { state }";
const compared = (range: string, invoice: string, more = "") =>
  `{ invoiceComparison(${range}, invoice: { ${invoice} }${more}) { ${ANSWER} } }`;

/** Dollars of all usage of some days, from the base table. */
function usageOf(organization: Organization, [from, until]: readonly [Day, Day], of = netUnits): Decimal {
  let units = 0n;
  const facts = ledgerOf(organization).facts(
    "enterprise",
    { from: startOf(from), until: startOf(until) },
    Date.parse("2026-11-22T12:00:00Z"),
  );
  for (const fact of facts) units += BigInt(of(fact));
  return { units, scale: SCALE + 2 };
}

/** To the cent, half up. */
function toCents({ units, scale }: Decimal): string {
  const one = 10n ** BigInt(scale - 2);
  return formatDecimal({ units: (units * 2n + one) / (one * 2n), scale: 2 });
}

const exact = (text: string): Decimal => parseDecimal(text) as Decimal;
const same = (a: Decimal, b: Decimal) => plus(a, negative(b)).units === 0n;

describe("an entered invoice beside the cost", () => {
  sweep([1, 2, 3, 5, 8, 13, 21, 34, 55, 89])(
    "is explained by its lines to the last digit (seed %d)",
    async (seed) => {
      const { ask, organization } = gateway({ sandbox: { users: 24, seed } });
      const net = usageOf(organization, FINAL);
      const billed = exact(toCents(net));
      for (const extra of ["0.00", "0.01", "-12.34"]) {
        const amount = formatDecimal(plus(plus(billed, exact("1094.95")), exact(extra)));
        const { data, errors } = await ask(
          compared(between(FINAL), `amount: "${amount}", credits: "5.05", seats: "1000", taxes: "100.00"`),
        );
        expect(errors).toBeUndefined();
        const { total, difference, unexplained, parts, freshness } = data.invoiceComparison;
        expect(same(exact(total.net.usd), net)).toBe(true);
        expect(same(exact(difference.amount), plus(exact(amount), negative(net)))).toBe(true);
        expect(same(exact(unexplained.amount), exact(extra)), unexplained.amount).toBe(true);
        expect(freshness.state).toBe("FINAL");
        expect(parts.map(({ reason, amount: part }: Loose) => [reason, part !== null])).toEqual([
          ["CREDITS", true],
          ["SEATS", true],
          ["TAXES", true],
          ["ROUNDING", true],
        ]);
      }
    },
  );

  test("leaves lines that are not entered unknown, and the remainder as it is", async () => {
    const { ask, organization } = gateway({ sandbox: { users: 24 } });
    const { data } = await ask(compared(between(FINAL), `amount: "1.00"`));
    const { parts, unexplained } = data.invoiceComparison;
    expect(parts.slice(0, 3).map(({ reason, amount }: Loose) => [reason, amount])).toEqual([
      ["CREDITS", null],
      ["SEATS", null],
      ["TAXES", null],
    ]);
    expect(
      same(
        exact(unexplained.amount),
        plus(exact("1.00"), negative(exact(toCents(usageOf(organization, FINAL))))),
      ),
    ).toBe(true);
  });

  test("at list price is explained by the discount", async () => {
    const { ask, organization } = gateway({ sandbox: { users: 24 } });
    const amount = toCents(usageOf(organization, FINAL, listUnits));
    const { data } = await ask(compared(between(FINAL), `amount: "${amount}", basis: LIST`));
    const { parts, unexplained } = data.invoiceComparison;
    const discount = parts.find(({ reason }: Loose) => reason === "DISCOUNT").amount.amount;
    const expected = plus(usageOf(organization, FINAL, listUnits), negative(usageOf(organization, FINAL)));
    expect(same(exact(discount), expected)).toBe(true);
    expect(exact(unexplained.amount).units).toBe(0n);
  });

  test("names the days that can still change, and those without figures", async () => {
    const { ask } = gateway({ sandbox: { users: 24 } });
    const range = between([day("2026-10-01"), day("2026-12-01")]);
    const { data, errors } = await ask(compared(range, `amount: "10"`));
    expect(errors).toBeUndefined();
    const days = new Map<string, readonly string[]>(
      data.invoiceComparison.parts.map(({ reason, days }: Loose) => [reason, days]),
    );
    expect(data.invoiceComparison.range).toEqual({ from: "2026-10-01", until: "2026-11-23" });
    expect(days.get("DAYS_NOT_COVERED")).toEqual(Array.from({ length: 8 }, (_, i) => `2026-11-${23 + i}`));
    expect(days.get("OPEN_DAYS")).toEqual(["2026-11-22"]);
    const settling = days.get("SETTLING_DAYS") ?? [];
    expect(settling.at(-1)).toBe("2026-11-21");
    const series = await ask(`{ cost(${range}, bucket: DAY, first: 1000) { nodes { from state } } }`);
    expect(settling).toEqual(
      expect.arrayContaining(
        series.data.cost.nodes
          .filter(({ state }: Loose) => state === "SETTLING")
          .map(({ from }: Loose) => from.slice(0, 10)),
      ),
    );
  });

  test("in another currency is not compared", async () => {
    const { ask } = gateway({ sandbox: { users: 24 } });
    const { data, errors } = await ask(compared(between(FINAL), `amount: "1234.50", currency: "EUR"`));
    expect(errors).toBeUndefined();
    const { difference, unexplained, parts, invoiced, total } = data.invoiceComparison;
    expect([difference, unexplained]).toEqual([null, null]);
    expect(invoiced).toEqual({ amount: "1234.50", currency: "EUR" });
    expect(total).not.toBeNull();
    expect(parts.map(({ reason }: Loose) => reason)).toEqual(["OTHER_CURRENCY"]);
  });

  test.each([
    [`amount: "1.234"`, /`invoice.amount` is not an amount of USD/],
    [`amount: "1e3"`, /`invoice.amount` is not an amount of USD/],
    [`amount: "${"9".repeat(13)}"`, /`invoice.amount` is not an amount of USD/],
    [`amount: "1.5", currency: "JPY"`, /`invoice.amount` is not an amount of JPY/],
    [`amount: "1", currency: "usd"`, /`invoice.currency` is not an ISO 4217 code/],
    [`amount: "1", credits: "-1"`, /`invoice.credits` is below zero/],
  ])("refuses %s before any upstream request", async (invoice, sentence) => {
    const { ask, seen } = gateway({ sandbox: { users: 24 } });
    const { errors } = await ask(compared(between(FINAL), invoice));
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(errors?.[0]?.message).toMatch(sentence);
    expect(seen).toEqual([]);
  });

  test("refuses more days than an invoice has, with those that work", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 24 } });
    const { errors } = await ask(compared(between([day("2026-01-01"), day("9999-01-01")]), `amount: "1"`));
    expect(errors?.[0]?.message).toMatch(
      /at most 366 days, and the range has \d+; use 2026-01-01 to 2027-01-02/,
    );
    expect(seen).toEqual([]);
  });

  test("takes the requests of cost by day, and shares them", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 24 } });
    const [, first] = await requestsOf(() => ask(`{ cost(${between(FINAL)}, bucket: DAY) { totalCount } }`));
    expect(first).toHaveLength(1);
    const [{ errors }, more] = await requestsOf(() => ask(compared(between(FINAL), `amount: "1"`)));
    expect([errors, more]).toEqual([undefined, []]);
  });

  test("is for callers who may read spend, of one organization that is named", async () => {
    const { askAs } = guarded();
    expect(codesOf(await askAs("ADMIN", compared(between(FINAL), `amount: "1"`)))).toEqual(["FORBIDDEN"]);
    const console = await askAs(
      "OWNER",
      compared(between(FINAL), `amount: "1"`, `, organization: "console"`),
    );
    const cost = await askAs(
      "OWNER",
      `{ cost(${between(FINAL)}, organization: "console") { total { net { usd } } } }`,
    );
    expect(console.data.invoiceComparison.organization).toBe("console");
    expect(console.data.invoiceComparison.total.net).toEqual(cost.data.cost.total.net);
  });
});
