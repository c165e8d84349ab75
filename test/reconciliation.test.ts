import { describe, expect, test } from "vitest";
import { day, startOf } from "../src/domain/day.ts";
import { compare, type Decimal, parseDecimal, sum } from "../src/domain/decimal.ts";
import { type Fact, listUnits, netUnits } from "../src/sandbox/ledger/fact.ts";
import { SCALE } from "../src/sandbox/ledger/prices.ts";
import type { Organization } from "../src/sandbox/organization.ts";
import { actorKeyOf } from "../src/sandbox/unified/actor.ts";
import { sweep } from "./deep.ts";
import { gateway, json, NOW, refusal } from "./gateway.ts";
import { ledgerOf } from "./simulated.ts";
import { PATHS, reportPage, wireCost, wireDay, wireUserCost } from "./wire.ts";

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89] as const;
const PARTS = ["people", "deletedPeople", "keysAndServiceAccounts", "unattributed"] as const;

/** Two months, while those who have left or were erased since were there. */
const FROM = day("2026-05-29");
const UNTIL = day("2026-06-10");
const RANGE = `range: { between: { from: "${FROM}", until: "${UNTIL}" } }`;

const SPEND = "{ net { cents } list { cents } }";
const ENTRY = `{ source organization closed range { from until } total ${SPEND} ${PARTS.map((part) => `${part} ${SPEND}`).join(" ")} difference ${SPEND} reason explanation reports { source refreshedAt state } }`;
const QUESTION = `{ enterprise: reconciliation(${RANGE}) ${ENTRY} console: reconciliation(${RANGE}, organization: "console") ${ENTRY} }`;

interface Spend {
  readonly net: { readonly cents: string };
  readonly list: { readonly cents: string } | null;
}

type Entry = {
  readonly [P in (typeof PARTS)[number] | "total" | "difference"]: Spend | null;
} & {
  readonly source: string;
  readonly organization: "enterprise" | "console";
  readonly closed: string | null;
  readonly reason: string | null;
  readonly explanation: string | null;
  readonly reports: readonly { readonly source: string; readonly refreshedAt: string | null }[];
};

function decimal(text: string | undefined): Decimal {
  return parseDecimal(text ?? "") as Decimal;
}

/** The part a fact belongs to, by the base table alone. */
function partOf(
  organization: Organization,
  kind: "enterprise" | "console",
  fact: Fact,
): (typeof PARTS)[number] {
  const [type = "", index] = actorKeyOf(organization, fact)?.split(" ") ?? [];
  if (type === "user_actor") {
    const person = organization.person(Number(index));
    const { deleted } = organization.directories[kind].account(person, Date.parse(NOW));
    return deleted ? "deletedPeople" : "people";
  }
  return type === "" || type === "hidden" ? "unattributed" : "keysAndServiceAccounts";
}

function factsOf(organization: Organization, kind: "enterprise" | "console"): Fact[] {
  const span = { from: startOf(FROM), until: startOf(UNTIL) };
  return [...ledgerOf(organization).facts(kind, span, Date.parse(NOW))].filter(
    ({ api }) => kind === "enterprise" || api !== null,
  );
}

function centsOf(facts: readonly Fact[], units: (fact: Fact) => number): Decimal {
  return sum(facts.map((fact): Decimal => ({ units: BigInt(units(fact)), scale: SCALE })));
}

function expectSpend(actual: Spend | null, facts: readonly Fact[], what: string): void {
  expect(compare(decimal(actual?.net.cents), centsOf(facts, netUnits)), what).toBe(0);
  if (actual?.list) expect(compare(decimal(actual.list.cents), centsOf(facts, listUnits)), what).toBe(0);
}

describe("the parts of each source and its difference add up to its total, to the last decimal", () => {
  sweep(SEEDS)("seed %d", async (seed) => {
    const { ask, organization } = gateway({ sandbox: { users: 40, seed } });
    const { data, errors } = await ask(QUESTION);
    expect(errors).toBeUndefined();
    const entries: readonly Entry[] = [...data.enterprise, ...data.console];
    expect(entries.map(({ source, organization: whose }) => [source, whose])).toEqual([
      ["UNIFIED", "enterprise"],
      ["LEGACY", "enterprise"],
      ["UNIFIED", "console"],
      ["LEGACY", "console"],
    ]);
    for (const { total, difference, ...entry } of entries) {
      const told = [difference, ...PARTS.map((part) => entry[part])].flatMap((spend) => spend ?? []);
      const net = sum(told.map((spend) => decimal(spend.net.cents)));
      expect(compare(net, decimal(total?.net.cents)), entry.source).toBe(0);
    }

    const [unified, older, unifiedConsole, olderConsole] = entries as [Entry, Entry, Entry, Entry];
    for (const [entry, kind] of [
      [unified, "enterprise"],
      [unifiedConsole, "console"],
    ] as const) {
      const facts = factsOf(organization, kind);
      const byPart = Map.groupBy(facts, (fact) => partOf(organization, kind, fact));
      expectSpend(entry.total, facts, kind);
      for (const part of PARTS) expectSpend(entry[part], byPart.get(part) ?? [], `${kind} ${part}`);
      expect(decimal(entry.difference?.net.cents).units).toBe(0n);
      expect([entry.reason, entry.explanation]).toEqual([null, null]);
    }
    const facts = factsOf(organization, "enterprise");
    const nobodys = facts.filter(({ person }) => person === null);
    expect(nobodys.length).toBeGreaterThan(0);
    expectSpend(older.total, facts, "older total");
    expectSpend(older.difference, nobodys, "older difference");
    expect(compare(decimal(older.people?.net.cents), decimal(unified.people?.net.cents))).toBe(0);
    expect(compare(decimal(older.deletedPeople?.net.cents), decimal(unified.deletedPeople?.net.cents))).toBe(
      0,
    );
    expect(decimal(older.deletedPeople?.net.cents).units).toBeGreaterThan(0n);
    expect([older.keysAndServiceAccounts, older.unattributed]).toEqual([null, null]);
    expect(older.reason).toBe("PEOPLE_ONLY");
    expect(older.explanation).toContain("Code Review");

    // The older Console report leaves Priority Tier out, and tells nobody from anybody.
    const billed = factsOf(organization, "console").filter(({ api }) => api?.tier !== "priority");
    expectSpend(olderConsole.total, billed, "older Console total");
    expect(olderConsole.difference).toEqual(olderConsole.total);
    expect(PARTS.map((part) => olderConsole[part])).toEqual([null, null, null, null]);
    expect(olderConsole.reason).toBe("NO_ATTRIBUTION");
  });
});

test("keys of one name are counted by id, beside service accounts and cloud identities", async () => {
  const { ask, organization } = gateway({ sandbox: { users: 40 } });
  const { data } = await ask(QUESTION);
  const { apiKeys, serviceAccounts } = organization.console;
  const twins = apiKeys.filter(({ name }) => name === "nightly-batch");
  expect(twins).toHaveLength(2);
  const facts = factsOf(organization, "console");
  const own = twins.map(({ index }) =>
    facts.filter(({ api, person }) => person === null && api?.apiKey === index),
  );
  for (const each of own) expect(each.length).toBeGreaterThan(0);
  expect(facts.some(({ api }) => api?.serviceAccount !== null)).toBe(true);
  expect(serviceAccounts.length).toBeGreaterThan(0);
  const machines = facts.filter((fact) => partOf(organization, "console", fact) === "keysAndServiceAccounts");
  for (const fact of own.flat()) expect(machines).toContain(fact);
  expectSpend(data.console[0].keysAndServiceAccounts, machines, "machines");
});

test("each report says how old it is", async () => {
  const { ask } = gateway({ sandbox: { users: 40 } });
  const { data } = await ask(
    `query Q { enterprise: reconciliation(range: { period: MONTH_TO_DATE }) { ...Entry } console: reconciliation(range: { period: MONTH_TO_DATE }, organization: "console") { ...Entry } }
     fragment Entry on Reconciliation { range { from until } reports { source refreshedAt state completeThrough } }`,
  );
  const exported = "2026-11-22T12:00:00.000Z";
  expect(
    [...data.enterprise, ...data.console].map(({ reports }: Entry) =>
      reports.map(({ source, refreshedAt }) => [source, refreshedAt]),
    ),
  ).toEqual([
    [
      ["UNIFIED_ENTERPRISE_COST", exported],
      ["UNIFIED_ENTERPRISE_COST", exported],
    ],
    [
      ["ENTERPRISE_COST", exported],
      ["USER_COST", exported],
    ],
    [
      ["UNIFIED_CONSOLE_COST", exported],
      ["UNIFIED_CONSOLE_COST", exported],
    ],
    [["CONSOLE_COST", null]],
  ]);
  expect(data.enterprise[0].range).toEqual({ from: "2026-11-01", until: "2026-11-23" });
});

test("costs one run of pages a month for each total and one for its parts", async () => {
  const { ask, seen, requestsOf } = gateway({ sandbox: { users: 40 } });
  await ask(QUESTION);
  const names = seen.map(({ pathname }) => pathname.replace("/v1/organizations/", ""));
  expect(
    Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length])),
  ).toEqual({
    "analytics/cost": 8,
    "analytics/cost_report": 2,
    "analytics/user_cost_report": 2,
    cost_report: 2,
  });
  const [, again] = await requestsOf(() => ask(QUESTION));
  expect(again).toEqual([]);
});

describe("sources", () => {
  test("are those of the organization there is a key of, unless another one is named", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const { data, errors } = await ask(
      `{ a: reconciliation(${RANGE}) { source organization } b: reconciliation(${RANGE}, organization: "enterprise") { source } }`,
    );
    expect(data.a).toEqual([
      { source: "UNIFIED", organization: "console" },
      { source: "LEGACY", organization: "console" },
    ]);
    expect(data.b).toEqual([null, null]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["NOT_CONFIGURED", "NOT_CONFIGURED"]);
  });

  test("outside the beta say that they are closed, and the others are answered", async () => {
    const { ask } = gateway({ sandbox: { users: 40, unified: "off" } });
    const { data, errors } = await ask(QUESTION);
    expect(errors).toBeUndefined();
    const entries: readonly Entry[] = [...data.enterprise, ...data.console];
    expect(entries.map(({ closed, total }) => [closed, total === null])).toEqual([
      ["NOT_ENROLLED", true],
      [null, false],
      ["NOT_ENROLLED", true],
      [null, false],
    ]);
    expect(data.enterprise[0]).toMatchObject({ difference: null, reason: null, reports: [] });
  });

  test("that fail are null beside their error, and the others are answered", async () => {
    const { ask } = gateway({
      settings: { ANTHROPIC_ADMIN_KEY: "" },
      routes: {
        [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("5")])])),
        [PATHS.userCost]: () => json(reportPage([])),
        "/v1/organizations/analytics/cost": () => refusal(500, "api_error", "out of order"),
      },
    });
    const { data, errors } = await ask(
      `{ reconciliation(range: { between: { from: "2026-11-20", until: "2026-11-21" } }) { source difference { net { cents } } } }`,
    );
    expect(data.reconciliation).toEqual([null, { source: "LEGACY", difference: { net: { cents: "5" } } }]);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["reconciliation", 0], "UPSTREAM_UNAVAILABLE"],
    ]);
  });
});

describe("a difference", () => {
  const ask = async (people: readonly object[], exported: string) => {
    const { ask: send } = gateway({
      settings: { ANTHROPIC_ADMIN_KEY: "" },
      routes: {
        [PATHS.cost]: () => json(reportPage([wireDay("2026-11-20", [wireCost("5.5")])])),
        [PATHS.userCost]: () => json({ ...reportPage(people), data_refreshed_at: exported }),
        "/v1/organizations/analytics/cost": () => refusal(404, "not_found_error", "no such path"),
      },
    });
    const { data } = await send(
      `{ reconciliation(range: { between: { from: "2026-11-20", until: "2026-11-21" } }) { people { net { cents } } deletedPeople { net { cents } } difference { net { cents } } reason explanation reports { refreshedAt } } }`,
    );
    return data.reconciliation[1];
  };
  const EXPORTED = reportPage([]).data_refreshed_at as string;

  test("of exports of different times names that, and can be negative", async () => {
    const entry = await ask([wireUserCost("user_a", "6.25")], "2026-11-22T04:00:00Z");
    expect(entry).toMatchObject({
      people: { net: { cents: "6.25" } },
      difference: { net: { cents: "-0.75" } },
      reason: "EXPORTS_DIFFER",
    });
    expect(entry.explanation).toMatch(/exports of different times/);
    expect(new Set(entry.reports.map(({ refreshedAt }: { refreshedAt: string }) => refreshedAt)).size).toBe(
      2,
    );
  });

  test("of one export is what belongs to no person", async () => {
    const entry = await ask([wireUserCost("user_a", "5.25")], EXPORTED);
    expect(entry).toMatchObject({ difference: { net: { cents: "0.25" } }, reason: "PEOPLE_ONLY" });
  });

  test("of nothing has no reason, whatever the exports", async () => {
    const entry = await ask([wireUserCost("user_a", "5.50")], "2026-11-22T04:00:00Z");
    expect(entry).toMatchObject({
      people: { net: { cents: "5.50" } },
      difference: { net: { cents: "0.00" } },
      reason: null,
      explanation: null,
    });
  });
});

test("without figures there is no total and no difference", async () => {
  const { ask } = gateway({
    settings: { ANTHROPIC_ADMIN_KEY: "" },
    routes: {
      [PATHS.cost]: () => json(reportPage([])),
      [PATHS.userCost]: () => json(reportPage([])),
      "/v1/organizations/analytics/cost": () => json(reportPage([])),
    },
  });
  const { data } = await ask(
    `{ reconciliation(range: { between: { from: "2026-11-20", until: "2026-11-21" } }) { total { net { cents } } people { net { cents } } difference { net { cents } } reason } }`,
  );
  const nothing = { total: null, people: null, difference: null, reason: null };
  expect(data.reconciliation).toEqual([nothing, nothing]);
});

test("Claude Code's estimates have no place in it", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 40 } });
  await ask(QUESTION);
  expect(seen.some(({ pathname }) => pathname.endsWith("/claude_code"))).toBe(false);
});
