import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { budgetPeriodOn } from "../../src/domain/budget.ts";
import { addDays, day, startOf } from "../../src/domain/day.ts";
import { type Fact, netUnits } from "../../src/sandbox/ledger/fact.ts";
import { SCALE } from "../../src/sandbox/ledger/prices.ts";
import { valueIn } from "../../src/sandbox/unified/dimensions.ts";
import { newPath } from "../alerts/world.ts";
import { codesOf, guarded } from "../callers.ts";
import { gateway, NOW } from "../gateway.ts";
import { ENTRIES, gatewayOfThree } from "../organizations/three.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { byFile, teamsFile } from "../team-truth.ts";
import { withBudgets } from "./files.ts";

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const USERS = 40;
const TODAY = day(NOW.slice(0, 10));
const AT = Date.parse(NOW);
const CENT = 10n ** BigInt(SCALE);

const FIGURES =
  "name spent { cents } projected { cents } exhaustedOn state wholeDays share range { from until } freshness { state }";

interface Answered {
  readonly name: string;
  readonly spent: { readonly cents: string };
  readonly wholeDays: number;
  readonly exhaustedOn: string | null;
  readonly state: string;
  readonly range: unknown;
}

interface Expected {
  readonly name: string;
  readonly kind: "enterprise" | "console";
  readonly period: "WEEK" | "MONTH" | "QUARTER";
  readonly isOf: (fact: Fact) => boolean;
  readonly areDaysKnown: boolean;
}

/** Spend of the days of a period by the base table, in hundred-millionths of a cent, and what follows of it. */
function plain(seed: number, { kind, period, isOf, areDaysKnown }: Expected, amountUsd: number) {
  const { from, until } = budgetPeriodOn(period, TODAY);
  const span = { from: startOf(from), until: AT };
  const byDay = new Map<string, bigint>();
  for (const fact of ledgerOf(simulated({ seed, users: USERS })).facts(kind, span, AT)) {
    if ((kind === "console" && fact.api === null) || !isOf(fact)) continue;
    const on = new Date(fact.at).toISOString().slice(0, 10);
    byDay.set(on, (byDay.get(on) ?? 0n) + BigInt(netUnits(fact)));
  }
  const days: bigint[] = [];
  for (let on = from; on < until; on = addDays(on, 1)) days.push(byDay.get(on) ?? 0n);
  const wholeDays = (startOf(TODAY) - startOf(from)) / 86_400_000;
  const sum = (of: readonly bigint[]) => of.reduce((a, b) => a + b, 0n);
  const spent = sum(days);
  const whole = sum(days.slice(0, wholeDays));
  const amount = BigInt(amountUsd) * 100n * CENT;
  const isOver = spent < amount && wholeDays >= 3 && whole * BigInt(days.length) > amount * BigInt(wholeDays);
  let exhaustedOn: string | null = null;
  if (spent >= amount && areDaysKnown) {
    const i = days.findIndex((_, last) => sum(days.slice(0, last + 1)) >= amount);
    exhaustedOn = addDays(from, i);
  } else if (isOver) {
    for (let i = 1; exhaustedOn === null; i++)
      if (whole * BigInt(i) >= amount * BigInt(wholeDays)) exhaustedOn = addDays(from, i - 1);
  }
  const state =
    spent >= amount
      ? "EXHAUSTED"
      : isOver
        ? "AT_RISK"
        : spent * 100n >= amount * 50n
          ? "WARNING"
          : "ON_TRACK";
  return { spent, wholeDays, exhaustedOn, state, range: { from, until } };
}

/** Cents as hundred-millionths. */
function units(text: string): bigint {
  const [whole = "", decimals = ""] = text.split(".");
  return BigInt(whole + decimals.padEnd(SCALE, "0").slice(0, SCALE));
}

const seen = new Set<string>();

describe.each(SEEDS)("over the sandbox of seed %i", (seed) => {
  const organization = simulated({ seed, users: USERS });
  const inOrganization = valueIn(organization, "model");
  const keyOf = valueIn(organization, "api_key_id");
  const workspaceOf = valueIn(organization, "workspace_id");
  const month = { from: startOf(day("2026-11-01")), until: AT };
  const facts = [...ledgerOf(organization).facts("enterprise", month, AT)];
  const consoleFacts = [...ledgerOf(organization).facts("console", month, AT)].filter(
    ({ api }) => api !== null,
  );
  const person = facts.find((fact) => fact.person !== null)?.person ?? 0;
  const model = String(inOrganization(facts.find((fact) => inOrganization(fact) !== null) as Fact));
  const key = String(keyOf(consoleFacts.find((fact) => keyOf(fact) !== null) as Fact));
  const workspace = String(workspaceOf(consoleFacts.find((fact) => workspaceOf(fact) !== null) as Fact));
  const { enterprise } = organization.directories;
  const subjects: (Expected & { readonly fields: object; readonly amounts: readonly number[] })[] = [
    { name: "all", kind: "enterprise", period: "MONTH", isOf: () => true, fields: {} },
    { name: "all of the week", kind: "enterprise", period: "WEEK", isOf: () => true, fields: {} },
    { name: "all of the quarter", kind: "enterprise", period: "QUARTER", isOf: () => true, fields: {} },
    {
      name: "Console",
      kind: "console",
      period: "MONTH",
      isOf: () => true,
      fields: { organization: "console" },
    },
    {
      name: "model",
      kind: "enterprise",
      period: "MONTH",
      isOf: (fact: Fact) => inOrganization(fact) === model,
      fields: { model },
    },
    {
      name: "person",
      kind: "enterprise",
      period: "MONTH",
      isOf: (fact: Fact) => fact.person === person,
      fields: { person: enterprise.userId(person) },
    },
    {
      name: "key",
      kind: "console",
      period: "MONTH",
      isOf: (fact: Fact) => keyOf(fact) === key,
      fields: { apiKey: key, organization: "console" },
    },
    {
      name: "workspace",
      kind: "console",
      period: "MONTH",
      isOf: (fact: Fact) => workspaceOf(fact) === workspace,
      fields: { workspace },
    },
    {
      name: "team",
      kind: "enterprise",
      period: "MONTH",
      isOf: (fact: Fact) =>
        fact.person !== null && byFile(organization, organization.person(fact.person)).includes("Atlas"),
      fields: { team: "Atlas" },
      areDaysKnown: false,
    },
  ].map((each) => {
    const expected = { areDaysKnown: true, ...each } as Expected & { readonly fields: object };
    // Amounts around the spend, so that every state is met.
    const dollars = Number(plain(seed, expected, 1).spent / CENT / 100n);
    return { ...expected, amounts: [0.6, 1.1, 1.6, 4].map((part) => Math.max(1, Math.ceil(dollars * part))) };
  });

  test("state, spend and the day of exhaustion equal a plain computation", async () => {
    const budgets = subjects.flatMap(({ name, fields, period, amounts }) =>
      amounts.map((amountUsd, i) => ({ name: `${name} ${i}`, period, amountUsd, ...fields })),
    );
    const { ask } = gateway({
      sandbox: { users: USERS, seed },
      settings: { ...withBudgets(budgets), TEAMS_FILE: teamsFile(organization) },
    });
    const { data, errors } = await ask(`{ budgets { ${FIGURES} } }`);
    expect(errors).toBeUndefined();
    const expected = subjects.flatMap((each) =>
      each.amounts.map((amount, i) => ({ name: `${each.name} ${i}`, ...plain(seed, each, amount) })),
    );
    expect(
      data.budgets.map(({ name, spent, wholeDays, exhaustedOn, state, range }: Answered) => ({
        name,
        spent: units(spent.cents),
        wholeDays,
        exhaustedOn,
        state,
        range,
      })),
    ).toEqual(expected);
    for (const { state } of expected) seen.add(state);
  });
});

test("the seeds meet every state", () => {
  expect([...seen].sort()).toEqual(["AT_RISK", "EXHAUSTED", "ON_TRACK", "WARNING"]);
});

const MONTH = "range: { period: MONTH_TO_DATE }";

describe("spend of a budget", () => {
  const settings = {
    ...withBudgets([
      { name: "all", amountUsd: 1_000 },
      { name: "opus", amountUsd: 1_000, model: "claude-opus-4-6" },
      { name: "another model", amountUsd: 1_000, model: "claude-haiku-4-5" },
      { name: "all again", amountUsd: 2_000 },
    ]),
  };

  test("equals cost of the same subject, and its projection that of the month", async () => {
    const { ask } = gateway({ sandbox: { users: USERS }, settings });
    const { data, errors } = await ask(
      `{ budgets { name spent { cents } projected { cents } } cost(${MONTH}) { total { net { cents } } } costProjection { net { cents } } byModel: cost(${MONTH}, groupBy: [MODEL]) { nodes { model net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.budgets[0]).toEqual({
      name: "all",
      spent: data.cost.total.net,
      projected: data.costProjection.net,
    });
    const models = data.byModel.nodes as { model: string; net: { cents: string } }[];
    const opus = models.find(({ model }) => model === "claude-opus-4-6");
    expect(data.budgets[1].spent.cents).toBe(opus?.net.cents ?? "0");
  });

  test("takes one request for all budgets of a kind, shared with cost of the month", async () => {
    const { ask, seen: requests, requestsOf } = gateway({ sandbox: { users: USERS }, settings });
    const { data, errors } = await ask("{ budgets { name spent { cents } state } }");
    expect(errors).toBeUndefined();
    expect(data.budgets).toHaveLength(4);
    expect(requests).toHaveLength(2);
    const [, again] = await requestsOf(() => ask(`{ cost(${MONTH}) { total { net { cents } } } }`));
    expect(again).toEqual([]);
  });

  test("takes no request where only names are selected", async () => {
    const { ask, seen: requests } = gateway({ sandbox: { users: USERS }, settings });
    const { data } = await ask("{ budgets { name subject amount { usd } thresholds range { until } } }");
    expect(data.budgets[0]).toEqual({
      name: "all",
      subject: "ORGANIZATION",
      amount: { usd: "1000.00" },
      thresholds: [50, 80, 100],
      range: { until: "2026-12-01" },
    });
    expect(requests).toEqual([]);
  });

  test("is an error of that budget alone where its subject is not there", async () => {
    const { ask } = gateway({
      sandbox: { users: USERS },
      settings: withBudgets([
        { name: "all", amountUsd: 1 },
        { name: "gone", amountUsd: 1, person: "nobody@ternplover.example" },
        { name: "no team", amountUsd: 1, team: "Nobody" },
      ]),
    });
    const { data, errors } = await ask("{ budgets { name spent { cents } } }");
    expect(data.budgets.map(({ spent }: { spent: unknown }) => spent !== null)).toEqual([true, false, false]);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["budgets", 1, "spent"], "NOT_FOUND"],
      [["budgets", 2, "spent"], "NOT_FOUND"],
    ]);
  });

  test("changes with the file, without a restart", async () => {
    const { BUDGETS_FILE, CACHE_URL } = withBudgets([{ name: "before", amountUsd: 1 }]);
    let elapsed = 0;
    const { ask, filesRead } = gateway({
      sandbox: { users: USERS },
      settings: { BUDGETS_FILE, CACHE_URL },
      pace: { now: () => elapsed, sleep: async () => {} },
    });
    const names = async () => (await ask("{ budgets { name } }")).data.budgets;
    expect(await names()).toEqual([{ name: "before" }]);
    writeFileSync(BUDGETS_FILE, JSON.stringify({ budgets: [{ name: "after", amountUsd: 1 }] }));
    for (let i = 0; i < 3; i++) {
      elapsed += 2_000;
      await names();
    }
    expect(await names()).toEqual([{ name: "after" }]);
    expect(filesRead).toEqual([{ holds: "budgets" }]);
  });
});

describe("visibility of budgets", () => {
  const organization = simulated({ seed: 1, users: 30 });
  const { enterprise } = organization.directories;
  const member = organization.newestFirst("enterprise").find((each) => enterprise.isCurrent(each, AT));
  if (member === undefined) throw new Error("nobody");
  const { email } = enterprise.account(member, AT);
  const settings = withBudgets([
    { name: "all", amountUsd: 1 },
    { name: "own", amountUsd: 1, person: email },
    { name: "another", amountUsd: 1, person: "other@ternplover.example" },
    { name: "key", amountUsd: 1, apiKey: "apikey_1" },
  ]);
  const { askAs } = guarded({ sandbox: { users: 30 }, settings, email: email ?? "" });

  test.each([
    ["OWNER", ["all", "own", "another", "key"]],
    ["ANALYST", ["all", "key"]],
    ["OWNER by pseudonym", ["all", "key"]],
    ["OWNER of groups", ["all"]],
    ["MEMBER", ["own"]],
  ])("%s sees what they may", async (name, expected) => {
    const { data, errors } = await askAs(name, "{ budgets { name } }");
    expect(errors).toBeUndefined();
    expect(data.budgets.map((each: { name: string }) => each.name)).toEqual(expected);
  });

  test("a member reads the figures of their own budget", async () => {
    const { data, errors } = await askAs("MEMBER", "{ budgets { name spent { cents } state } }");
    expect(errors).toBeUndefined();
    expect(data.budgets).toHaveLength(1);
    const all = await askAs("OWNER", "{ budgets { name spent { cents } state } }");
    expect(data.budgets[0]).toEqual(all.data.budgets.find(({ name }: { name: string }) => name === "own"));
  });

  test("of a team, and its alerts, begins where it is large enough on each day of the period", async () => {
    const people = organization.newestFirst("enterprise").filter((each) => enterprise.isCurrent(each, AT));
    const emails = people.flatMap((each) => enterprise.account(each, AT).email ?? []);
    const path = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
    const lines = emails.map((each, i) => {
      if (i > 6) return `${each},Birch,`;
      return `${each},Atlas,${i === 0 ? "" : "2026-05-01"}`; // one person until May
    });
    writeFileSync(path, ["email,team,from", ...lines].join("\n"));
    const periods = ["MONTH", "QUARTER", "YEAR"].map((period) => ({
      name: `Atlas by ${period}`,
      team: "Atlas",
      period,
      amountUsd: 1,
      thresholds: [1],
    }));
    const { app, askAs: ask } = guarded({
      sandbox: { users: 30 },
      settings: { TEAMS_FILE: path, MAX_UPSTREAM_REQUESTS: "1000", ...withBudgets(periods) },
      alertStore: sqliteAlerts({ path: newPath() }),
    });
    await app.runAlerts();
    const query = "{ budgets { name } alerts { nodes { budget { name } } } }";
    const namesFor = async (name: string) => {
      const { data, errors } = await ask(name, query);
      expect(errors).toBeUndefined();
      const ofAlerts: string[] = data.alerts.nodes.flatMap(
        ({ budget }: { budget: { name: string } | null }) => (budget === null ? [] : [budget.name]),
      );
      return [data.budgets.map((each: { name: string }) => each.name), [...new Set(ofAlerts)].sort()];
    };
    const all = periods.map(({ name }) => name);
    expect(await namesFor("OWNER")).toEqual([all, all]);
    expect(await namesFor("OWNER of groups")).toEqual([all.slice(0, 2), all.slice(0, 2)]);
  });

  test.each(["ADMIN", "SERVICE", "SERVICE-activity-read"])("%s is refused", async (name) => {
    expect(codesOf(await askAs(name, "{ budgets { name } }"))).toEqual(["FORBIDDEN"]);
  });
});

describe("budgets of several organizations", () => {
  const entries = ENTRIES.map((each) => (each.name === "platform" ? { ...each, joins: "emea" } : each));
  const settings = withBudgets([
    { name: "of emea", amountUsd: 1, organization: "emea" },
    { name: "of platform", amountUsd: 1, organization: "platform" },
    { name: "of us", amountUsd: 1, organization: "us" },
  ]);
  const BUDGETS = "{ name organization spent { cents } }";
  const COST = `${MONTH}) { total { net { cents } } }`;

  test("are read for the organization that is named, with the one that has the same people", async () => {
    const { ask, upstream } = gatewayOfThree({ entries, settings });
    const { data, errors } = await ask(`{
      emea: budgets(organization: "emea") ${BUDGETS}
      us: budgets(organization: "us") ${BUDGETS}
      ofEmea: cost(organization: "emea", ${COST}
      ofPlatform: cost(organization: "platform", ${COST}
      ofUs: cost(organization: "us", ${COST}
    }`);
    expect(errors).toBeUndefined();
    expect(data.emea).toEqual([
      { name: "of emea", organization: "emea", spent: data.ofEmea.total.net },
      { name: "of platform", organization: "platform", spent: data.ofPlatform.total.net },
    ]);
    expect(data.us).toEqual([{ name: "of us", organization: "us", spent: data.ofUs.total.net }]);
    expect(data.ofUs.total.net).not.toEqual(data.ofEmea.total.net);
    upstream.seen.length = 0;
    await ask(`{ budgets(organization: "us") ${BUDGETS} }`);
    expect(upstream.seen.filter(({ organization }) => organization !== "us")).toEqual([]);
  });

  test("are an error with the names where none is named", async () => {
    const { ask } = gatewayOfThree({ entries, settings });
    const { errors } = await ask("{ budgets { name } }");
    expect(errors?.[0]?.extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      organizations: ["emea", "platform", "us"],
    });
  });

  test("are listed for callers of that organization alone", async () => {
    const { askAs } = guarded({
      settings: {
        ...withBudgets([
          { name: "of enterprise", amountUsd: 1 },
          { name: "of console", amountUsd: 1, organization: "console" },
        ]),
      },
      organizations: ["console"],
    });
    const { data, errors } = await askAs("OWNER", "{ budgets { name } }");
    expect(errors).toBeUndefined();
    expect(data.budgets).toEqual([{ name: "of console" }]);
  });
});
