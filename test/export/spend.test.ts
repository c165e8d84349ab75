import { describe, expect, test } from "vitest";
import { type Day, day, startOf } from "../../src/domain/day.ts";
import { compare, type Decimal, parseDecimal, sum } from "../../src/domain/decimal.ts";
import { type Fact, listUnits, netUnits } from "../../src/sandbox/ledger/fact.ts";
import { centsOf } from "../../src/sandbox/ledger/prices.ts";
import { sweep } from "../deep.ts";
import { gateway, NOW } from "../gateway.ts";
import { ledgerOf } from "../simulated.ts";
import { download, type Row, refusalOf, rowsOf, total } from "./download.ts";

const [FROM, UNTIL] = [day("2026-07-20"), day("2026-11-22")];
const RANGE = `from=${FROM}&until=${UNTIL}`;

function facts({ organization }: ReturnType<typeof gateway>, from: Day, until: Day): Fact[] {
  const exported = Date.parse(NOW);
  const span = { from: startOf(from), until: startOf(until) };
  return [...ledgerOf(organization).facts("enterprise", span, exported)];
}

function dollars(amounts: readonly Fact[], units: (fact: Fact) => number): Decimal {
  const cents = centsOf(amounts.reduce((all, fact) => all + BigInt(units(fact)), 0n));
  return { ...cents, scale: cents.scale + 2 };
}

function expectSame(actual: Decimal, expected: Decimal | null | undefined): void {
  expect(compare(actual, expected ?? { units: -1n, scale: 0 }), `${actual.units}e-${actual.scale}`).toBe(0);
}

/** What tells the lines of a day apart. */
function placeOf({ date, account_id, product, model }: Row): string {
  return [date, account_id, product, model].join("|");
}

describe.each([
  ["the newer reports", "on"],
  ["the older reports, outside the beta", "off"],
] as const)("spend.csv from %s", (_name, unified) => {
  sweep([1, 2, 3, 4, 5])(
    "is the organization's base table, to the last digit, people and the rest (seed %d)",
    async (seed) => {
      const gate = gateway({ sandbox: { users: 40, seed, unified } });
      const rows = rowsOf(await download(gate, `spend.csv?${RANGE}`));
      const { data, errors } = await gate.ask(
        `{ cost(range: { between: { from: "${FROM}", until: "${UNTIL}" } }, bucket: DAY) { total { net { usd } list { usd } requests } }
           usage(range: { between: { from: "${FROM}", until: "${UNTIL}" } }, bucket: DAY) { total { outputTokens totalTokens } } }`,
      );
      expect(errors).toBeUndefined();
      const all = facts(gate, FROM, UNTIL);
      expectSame(total(rows, "net_usd"), parseDecimal(data.cost.total.net.usd));
      expectSame(total(rows, "gross_usd"), parseDecimal(data.cost.total.list.usd));
      expectSame(total(rows, "net_usd"), dollars(all, netUnits));
      expectSame(total(rows, "gross_usd"), dollars(all, listUnits));
      expectSame(total(rows, "requests"), parseDecimal(String(data.cost.total.requests)));
      expectSame(total(rows, "completion_tokens"), parseDecimal(String(data.usage.total.outputTokens)));
      const tokens = sum([total(rows, "prompt_tokens"), total(rows, "completion_tokens")]);
      expectSame(tokens, parseDecimal(String(data.usage.total.totalTokens)));

      const accounts = gate.organization.directories.enterprise;
      const keys = unified === "on" ? gate.organization.enterprise.apiKeys : [];
      const byPerson = Map.groupBy(all, ({ person, api }) =>
        person === null
          ? (keys[api?.apiKey ?? -1]?.id ?? "")
          : accounts.account(gate.organization.person(person), Date.parse(NOW)).id,
      );
      const visible = Map.groupBy(rows, ({ account_id }) => account_id as string);
      expect(new Set(visible.keys())).toEqual(new Set(byPerson.keys()));
      for (const [id, own] of byPerson)
        expectSame(total(visible.get(id) ?? [], "net_usd"), dollars(own, netUnits));
      expect(new Set(rows.map(placeOf)).size).toBe(rows.length);
      expect(rows.map(({ date }) => date)).toEqual(rows.map(({ date }) => date).sort());
    },
  );
});

test("both kinds of reports give the same lines of people", async () => {
  const files = await Promise.all(
    (["on", "off"] as const).map((unified) =>
      download(gateway({ sandbox: { users: 40, seed: 9, unified } }), `spend.csv?${RANGE}`),
    ),
  );
  // Only the newer reports show the key behind usage without a person.
  const [newer, older] = files.map(
    (csv) =>
      new Map(
        rowsOf(csv)
          .filter(({ account_id }) => account_id?.startsWith("user_"))
          .map((row) => [placeOf(row), row]),
      ),
  );
  expect([...(newer?.keys() ?? [])].sort()).toEqual([...(older?.keys() ?? [])].sort());
  for (const [place, row] of newer ?? []) {
    const other = older?.get(place);
    expectSame(parseDecimal(row.net_usd ?? "") as Decimal, parseDecimal(other?.net_usd ?? ""));
    expect([row.requests, row.prompt_tokens, row.user_email]).toEqual([
      other?.requests,
      other?.prompt_tokens,
      other?.user_email,
    ]);
  }
});

test("has the columns of the dashboard's report, in its order", async () => {
  const csv = await download(gateway({ sandbox: { users: 30 } }), "spend.csv?period=YESTERDAY");
  expect(csv.split("\n")[0]).toBe(
    "date,organization_id,user_email,account_id,product,model,model_family,requests,prompt_tokens,completion_tokens,net_usd,gross_usd",
  );
});

test("of the Console, every identity has its lines, and their sum is its cost", async () => {
  const gate = gateway({ sandbox: { users: 60 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
  const rows = rowsOf(await download(gate, "spend.csv?period=LAST_MONTH"));
  const { data } = await gate.ask(
    `{ cost(range: { period: LAST_MONTH }, bucket: DAY) { total { net { usd } } } }`,
  );
  expectSame(total(rows, "net_usd"), parseDecimal(data.cost.total.net.usd));
  const kinds = new Set(rows.map(({ account_id }) => (account_id ?? "").split(/[_:]/)[0]));
  for (const kind of ["user", "svac", "apikey", ""]) expect(kinds).toContain(kind);
  const older = rowsOf(
    await download(gate, "spend.csv?period=LAST_MONTH&organization=console&source=LEGACY"),
  );
  const { data: plain } = await gate.ask(
    `{ cost(range: { period: LAST_MONTH }, organization: "console", source: LEGACY, bucket: DAY) { total { net { usd } } } }`,
  );
  expectSame(total(older, "net_usd"), parseDecimal(plain.cost.total.net.usd));
  expect(new Set(older.map((row) => row.gross_usd))).toEqual(new Set([""]));
});

test("asks upstream for no more pages than the months have, and for the organization", async () => {
  const gate = gateway({ sandbox: { users: 250 } });
  const csv = await download(gate, "spend.csv?from=2026-09-01&until=2026-11-01");
  const rows = csv.split("\n").length - 2;
  const asked = gate.seen.map((url) => url.pathname.split("/").at(-1) ?? "");
  const pages = (name: string) => asked.filter((each) => each === name).length;
  expect(pages("me")).toBe(1);
  for (const name of ["cost", "usage"]) {
    expect(pages(name)).toBeGreaterThanOrEqual(rows / 1_000);
    expect(pages(name)).toBeLessThanOrEqual(rows / 1_000 + 2); // each of two months ends in a page of its own
  }
  expect(asked).toHaveLength(pages("me") + pages("cost") + pages("usage"));
  const reports = gate.seen.filter(({ pathname }) => !pathname.endsWith("/me"));
  expect(new Set(reports.map((url) => url.searchParams.get("limit")))).toEqual(new Set(["1000"]));
});

test("people of the older reports are requested in pieces that grow, not day by day", async () => {
  const gate = gateway({ sandbox: { users: 40, unified: "off" } });
  await download(gate, "spend.csv?from=2026-06-01&until=2026-11-01");
  const asked = gate.seen.filter((url) => url.pathname.endsWith("user_cost_report")).length;
  expect(asked).toBeLessThan(20); // 153 days in 1 + 2 + 4 + 8 + 16 … days, a page or two each
});

describe("focus.csv", () => {
  test("holds the same money under the names of FOCUS", async () => {
    const gate = gateway({ sandbox: { users: 40, seed: 4 } });
    const [focus, spend] = await Promise.all(
      ["focus", "spend"].map(async (name) => rowsOf(await download(gate, `${name}.csv?${RANGE}`))),
    );
    if (focus === undefined || spend === undefined) throw new Error("no files");
    for (const column of ["BilledCost", "ContractedCost", "EffectiveCost"])
      expectSame(total(focus, column), total(spend, "net_usd"));
    expectSame(total(focus, "ListCost"), total(spend, "gross_usd"));
    const [row] = focus;
    expect(row).toMatchObject({
      BillingPeriodStart: "2026-07-01T00:00:00Z",
      BillingPeriodEnd: "2026-08-01T00:00:00Z",
      ChargePeriodStart: "2026-07-20T00:00:00Z",
      ChargePeriodEnd: "2026-07-21T00:00:00Z",
      ChargeCategory: "Usage",
      ServiceCategory: "AI and Machine Learning",
      BillingCurrency: "USD",
    });
  });

  test("is refused from reports without a list price, which it may not leave empty", async () => {
    const gate = gateway({ sandbox: { users: 40 } });
    expect(
      await refusalOf(gate, "focus.csv?period=LAST_MONTH&organization=console&source=LEGACY"),
    ).toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
      message: expect.stringContaining("list price"),
    });
  });
});
