import { describe, expect, test } from "vitest";
import { dayOf, startOf, startOfMonth } from "../src/domain/day.ts";
import { netUnits } from "../src/sandbox/ledger/fact.ts";
import { periodStart } from "../src/sandbox/limits/periods.ts";
import { effectiveLimits } from "../src/sandbox/limits/spend-limits.ts";
import { codesOf, guarded } from "./callers.ts";
import { gateway, json, NOW, refusal } from "./gateway.ts";
import { ledgerOf, simulated } from "./simulated.ts";
import { tokenPage } from "./wire.ts";

const EFFECTIVE = "/v1/organizations/spend_limits/effective";
const AMOUNT = "{ minorUnits amount currency }";
const ROW = `period state limit ${AMOUNT} spent ${AMOUNT} reading remaining ${AMOUNT} share spendLimitId resetsAt readAt source { level type groupId seatTier service }`;
const ALL = "filter: { states: [BELOW, REACHED, UNKNOWN, UNLIMITED] }, first: 1000";
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const AT = Date.parse(NOW);

interface Row {
  readonly user: { readonly userId: string };
  readonly period: string;
  readonly share: string | null;
  readonly limit: { readonly minorUnits: string } | null;
  readonly spent: { readonly minorUnits: string } | null;
  readonly remaining: { readonly minorUnits: string } | null;
}

/** A decimal text in thousandths. */
function thousandths(text: string): bigint {
  const [whole = "", decimals = ""] = text.split(".");
  return BigInt(whole) * 1_000n + BigInt(decimals.padEnd(3, "0"));
}

/** A quotient rounded half to even at twelve decimals. */
function quotient(part: bigint, whole: bigint): string {
  const scaled = part * 10n ** 12n;
  let units = scaled / whole;
  const rest = (scaled % whole) * 2n;
  if (rest > whole || (rest === whole && units % 2n === 1n)) units += 1n;
  const digits = String(units).padStart(13, "0");
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

/** Rows as they follow from the base table: facts for spend, the configured levels for limits. */
function tableOf(seed: number, users: number): Map<string, unknown> {
  const organization = simulated({ seed, users });
  const ledger = ledgerOf(organization);
  const { enterprise } = organization.directories;
  const month = startOf(startOfMonth(dayOf(AT)));
  const facts = [...ledger.facts("enterprise", { from: month, until: AT }, AT)];
  const spent = (person: number, from: number) =>
    facts.reduce(
      (all, fact) => all + (fact.person === person && fact.at >= from ? BigInt(netUnits(fact)) : 0n),
      0n,
    ) / 100_000n;
  const rows = new Map<string, unknown>();
  for (const person of organization.newestFirst("enterprise")) {
    if (!enterprise.isCurrent(person, AT)) continue;
    for (const { period, amount, limitId, reading } of effectiveLimits(ledger, person, AT, {})) {
      if (period === "yearly") throw new Error("no such period");
      const limit = amount === null ? null : amount * 1_000n;
      const isReported = person.index % 40 !== 8 && person.index % 40 !== 12;
      // Weeks can begin in the month before, of which these facts have nothing.
      if (isReported && periodStart(period, AT) >= month)
        expect(reading).toBe(spent(person.index, periodStart(period, AT)));
      const isKnown = limit === 0n || (limit !== null && reading > 0n);
      const left = limit === null || !isKnown ? null : limit > reading ? limit - reading : 0n;
      rows.set(`${enterprise.userId(person.index)} ${period}`, {
        limit,
        spent: reading === 0n ? null : reading,
        remaining: left,
        share: limit === null || limit === 0n || reading === 0n ? null : quotient(reading, limit),
        spendLimitId: limitId,
      });
    }
  }
  return rows;
}

test.each(SEEDS)("limits, what is left and the share used equal the base table, seed %i", async (seed) => {
  const { ask } = gateway({ sandbox: { users: 40, seed } });
  const { data, errors } = await ask(
    `{ spendLimits(${ALL}) { unlimited totalCount nodes { user { userId } ${ROW} } } }`,
  );
  expect(errors).toBeUndefined();
  const units = (amount: { readonly minorUnits: string } | null) => amount && thousandths(amount.minorUnits);
  const found = (data.spendLimits.nodes as (Row & { spendLimitId: string })[]).map((row) => [
    `${row.user.userId} ${row.period}`,
    {
      limit: units(row.limit),
      spent: units(row.spent),
      remaining: units(row.remaining),
      share: row.share,
      spendLimitId: row.spendLimitId,
    },
  ]);
  const table = tableOf(seed, 40);
  expect(new Map(found as [string, unknown][])).toEqual(table);
  expect(data.spendLimits.totalCount).toBe(table.size);
});

describe("the list", () => {
  test("is closest to the limit first, with those without a limit apart and the unknown last", async () => {
    const { ask } = gateway({ sandbox: { users: 80 } });
    const { data } = await ask(`{
      listed: spendLimits(first: 1000) { unlimited isReadingOutage totalCount nodes { state share limit { amount } } }
      unlimited: spendLimits(filter: { states: [UNLIMITED] }) { totalCount nodes { state limit { amount } remaining { amount } share } }
    }`);
    const { listed, unlimited } = data;
    const shares = (listed.nodes as { state: string; share: string | null }[]).map(({ state, share }) =>
      state === "UNKNOWN" ? -1 : Number(share ?? 1),
    );
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(shares.at(0)).toBeGreaterThan(1);
    expect(listed.isReadingOutage).toBe(false);
    expect(listed.unlimited).toBeGreaterThan(5);
    expect(unlimited.totalCount).toBe(listed.unlimited);
    for (const row of unlimited.nodes)
      expect(row).toEqual({ state: "UNLIMITED", limit: null, remaining: null, share: null });
  });

  test("pages with cursors over one upstream request, and filters exactly", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 80 } });
    const rows: Row[] = [];
    for (let after: string | null = null; ; ) {
      const { data } = await ask(
        `query ($after: String) { spendLimits(first: 7, after: $after) { nodes { user { userId } period share } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      rows.push(...data.spendLimits.nodes);
      if (!data.spendLimits.pageInfo.hasNextPage) break;
      after = data.spendLimits.pageInfo.endCursor;
    }
    expect(seen.map(({ pathname }) => pathname)).toEqual([EFFECTIVE]);
    expect(new Set(rows.map(({ user, period }) => `${user.userId} ${period}`)).size).toBe(rows.length);
    const { data } = await ask(`{
      close: spendLimits(filter: { minShare: 0.8 }, first: 1000) { totalCount }
      weekly: spendLimits(filter: { periods: ["weekly"], levels: [SEAT_TIER] }, first: 1000) { nodes { period source { level } } }
      some: spendLimits(filter: { users: ["${rows[0]?.user.userId}"] }) { isReadingOutage nodes { user { userId } } }
    }`);
    expect(data.close.totalCount).toBe(rows.filter(({ share }) => Number(share ?? 0) >= 0.8).length + 2);
    for (const row of data.weekly.nodes)
      expect(row).toEqual({ period: "weekly", source: { level: "SEAT_TIER" } });
    expect(data.some.isReadingOutage).toBeNull();
    expect(new Set(data.some.nodes.map(({ user }: Row) => user.userId)).size).toBe(1);
  });

  test.each([
    ["filter: { users: [] }", "must have 1 to 100"],
    ["filter: { minShare: -1 }", "from 0 to 1000"],
  ])("refuses %s", async (args, message) => {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const { errors } = await ask(`{ spendLimits(${args}) { totalCount } }`);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: "BAD_USER_INPUT" },
    });
    expect(seen).toEqual([]);
  });
});

describe("a reading of 0", () => {
  test("is null, and UNAVAILABLE where the cost reports have spend in the month", async () => {
    const { ask } = gateway({
      sandbox: { users: 80, spend: { readings: "off" } },
      now: "2026-11-02T22:00:00Z",
    });
    const { data, errors } = await ask(
      `{ spendLimits(filter: { states: [UNKNOWN] }, first: 1000) { isReadingOutage nodes { period spent { amount } remaining { amount } share reading comparison { reading cost { net { cents } } } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.spendLimits.isReadingOutage).toBe(true);
    const verdicts = new Set<string>();
    for (const row of data.spendLimits.nodes) {
      expect([row.spent, row.remaining, row.share, row.reading]).toEqual([null, null, null, "UNKNOWN"]);
      const spends = Number(row.comparison.cost?.net.cents ?? 0) > 0;
      expect(row.comparison.reading).toBe(
        row.period !== "monthly" ? "UNKNOWN" : spends ? "UNAVAILABLE" : "NOTHING_SPENT",
      );
      verdicts.add(row.comparison.reading);
    }
    expect(verdicts).toEqual(new Set(["UNKNOWN", "UNAVAILABLE", "NOTHING_SPENT"]));
  });

  test("shows no outage on the first day of a month", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now: "2026-11-01T00:00:30Z" });
    const { data } = await ask(`{ spendLimits { isReadingOutage nodes { resetsAt } } }`);
    expect(data.spendLimits.isReadingOutage).toBe(false);
  });

  test("does not make room: a limit of 0 is reached all the same", async () => {
    const { ask } = gateway({ sandbox: { users: 80, spend: { readings: "off" } } });
    const { data } = await ask(
      `{ spendLimits(filter: { states: [REACHED] }) { nodes { limit { minorUnits } remaining { minorUnits } share } } }`,
    );
    expect(data.spendLimits.nodes.length).toBeGreaterThan(0);
    for (const row of data.spendLimits.nodes)
      expect(row).toEqual({ limit: { minorUnits: "0" }, remaining: { minorUnits: "0" }, share: null });
  });
});

test.each([
  ["USD", "12.34"],
  ["JPY", "1234"],
  ["KWD", "1.234"],
  ["CLF", "0.1234"],
] as const)("amounts in %s are shifted by the digits of its minor unit", async (currency, amount) => {
  const { ask } = gateway({
    routes: { [EFFECTIVE]: () => json(tokenPage([wireLimit({ currency, amount: "1234", spend: "617.5" })])) },
  });
  const { data, errors } = await ask(`{ spendLimits { nodes { limit ${AMOUNT} spent ${AMOUNT} share } } }`);
  expect(errors).toBeUndefined();
  const [row] = data.spendLimits.nodes;
  expect(row.limit).toEqual({ minorUnits: "1234", amount, currency });
  expect(row.spent).toMatchObject({ minorUnits: "617.5", currency });
  expect(row.share).toBe("0.500405186386");
});

test.each(["usd", "US", "US$", ""])(
  "a currency %j that is not a code breaks the contract",
  async (currency) => {
    const { ask } = gateway({
      routes: { [EFFECTIVE]: () => json(tokenPage([wireLimit({ currency, amount: "1", spend: "0" })])) },
    });
    const { errors } = await ask("{ spendLimits { totalCount } }");
    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_SHAPE");
  },
);

test("an empty page with a successor does not end the list, and unknown kinds are shown by name", async () => {
  const novel = {
    ...wireLimit({ currency: "USD", amount: "10", spend: "1" }),
    period: "yearly",
    source: { type: "cost_centre" },
  };
  const { ask } = gateway({
    routes: {
      [EFFECTIVE]: (query) => json(query.has("page") ? tokenPage([novel]) : tokenPage([], "page_two")),
    },
  });
  const { data } = await ask("{ spendLimits { nodes { period resetsAt source { level type } } } }");
  expect(data.spendLimits.nodes).toEqual([
    { period: "yearly", resetsAt: null, source: { level: "OTHER", type: "cost_centre" } },
  ]);
});

function wireLimit({ currency, amount, spend }: Readonly<Record<"currency" | "amount" | "spend", string>>) {
  const userId = "user_one";
  return {
    scope: { type: "user", user_id: userId },
    actor: { type: "user_actor", user_id: userId, name: null, email_address: null, deleted: false },
    amount,
    currency,
    period: "monthly",
    source: { type: "organization" },
    spend_limit_id: "spl_one",
    period_to_date_spend: spend,
  };
}

describe("limits of a person", () => {
  test("are those of the list, for a page of people in one filtered request", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 60 } });
    const query = `{ users(range: { last: { days: 7 } }, first: 20) { nodes { userId user { spendLimits { ${ROW} } } } } }`;
    const [{ data, errors }, requests] = await requestsOf(() => ask(query));
    expect(errors).toBeUndefined();
    const asked = requests.filter(({ pathname }) => pathname === EFFECTIVE);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.searchParams.getAll("user_ids[]")).toHaveLength(20);
    const { data: all } = await ask(`{ spendLimits(${ALL}) { nodes { user { userId } ${ROW} } } }`);
    const listed = Map.groupBy(all.spendLimits.nodes as Row[], ({ user }) => user.userId);
    for (const { userId, user } of data.users.nodes) {
      const expected = (listed.get(userId) ?? []).map(({ user: _, ...row }) => row);
      const byPeriod = (a: { period: string }, b: { period: string }) => (a.period < b.period ? -1 : 1);
      expect(user.spendLimits.toSorted(byPeriod)).toEqual(expected.toSorted(byPeriod));
    }
  });

  test("age within a minute", async () => {
    const { ask, at, seen } = gateway({ sandbox: { users: 20 } });
    const query = "{ spendLimits { totalCount } }";
    await ask(query);
    at("2026-11-22T12:00:59Z");
    await ask(query);
    expect(seen).toHaveLength(1);
    at("2026-11-22T12:01:01Z");
    await ask(query);
    expect(seen).toHaveLength(2);
  });
});

describe("spend limits of people are read by", () => {
  const LISTS = "{ spendLimits { totalCount } spendLimitRequests { totalCount } }";

  test.each([
    ["OWNER", undefined],
    ["OWNER by pseudonym", undefined],
    ["ADMIN", "spend:read"],
    ["ANALYST", "limits:read"],
    ["MEMBER", "spend:read"],
    ["SERVICE-spend-read", "limits:read"],
    ["SERVICE-limits-read", "spend:read"],
  ])("%s", async (name, missing) => {
    const { askAs, seen } = guarded({ sandbox: { users: 30 } });
    const answer = await askAs(name, LISTS);
    if (missing === undefined) {
      expect(answer.errors).toBeUndefined();
      return;
    }
    expect(codesOf(answer)).toEqual(["FORBIDDEN"]);
    for (const { extensions } of answer.errors ?? []) expect(extensions.scope).toBe(missing);
    expect(seen).toEqual([]);
  });

  test("a member reads their own, and of no other person", async () => {
    const open = gateway({ sandbox: { users: 30 } });
    const { data } = await open.ask(
      `{ spendLimits(first: 1) { nodes { user { userId email spendLimits { period } } } } }`,
    );
    const { userId, email, spendLimits } = data.spendLimits.nodes[0].user;
    const { askAs } = guarded({ sandbox: { users: 30 }, email });
    const own = await askAs(
      "MEMBER",
      `{ user { userId spendLimits { period share comparison { reading cost { net { usd } } } source { level } } } }`,
    );
    expect(own.errors).toBeUndefined();
    expect(own.data.user.userId).toBe(userId);
    expect(own.data.user.spendLimits.map(({ period }: Row) => ({ period }))).toEqual(spendLimits);
    const other = await askAs("MEMBER", `{ user(id: "user_someone") { spendLimits { period } } }`);
    expect(codesOf(other)).toEqual(["FORBIDDEN"]);
  });

  test("pseudonyms hide ids, names and the order of joining", async () => {
    const { askAs, textAs } = guarded({ sandbox: { users: 30 } });
    const { data } = await askAs(
      "OWNER",
      `{ spendLimits(${ALL}) { nodes { user { userId email } actor { ... on UserActor { name } } } } }`,
    );
    const masked = await textAs(
      "OWNER by pseudonym",
      `{ spendLimits(${ALL}) { nodes { user { userId email } actor { ... on UserActor { name email } } source { level groupId } } } spendLimitRequests { nodes { user { userId } actor { ... on UserActor { name } } resolvedBy { ... on UserActor { name email } } } } }`,
    );
    for (const { user, actor } of data.spendLimits.nodes)
      for (const secret of [user.userId, user.email, actor.name])
        if (secret !== null) expect(masked).not.toContain(secret);
  });
});

test("spend limits take from a minute of their own", async () => {
  const settings = {
    UPSTREAM_PER_MINUTE: "1",
    LOOKUPS_PER_MINUTE: "1",
    SPEND_LIMITS_PER_MINUTE: "2",
    OPERATION_TIMEOUT: "1",
  };
  const { ask } = gateway({ sandbox: { users: 20 }, settings });
  expect(
    (await ask(`{ cost(range: { period: YESTERDAY }, bucket: DAY) { totalCount } }`)).errors,
  ).toBeUndefined();
  expect((await ask("{ spendLimits { totalCount } }")).errors).toBeUndefined();
  expect((await ask("{ spendLimitRequests { totalCount } }")).errors).toBeUndefined();
  const { errors } = await ask("{ spendLimitRequests(status: [DENIED]) { totalCount } }");
  expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_BUDGET_EXHAUSTED");
});

test("a 400 of upstream says why spend limits are closed", async () => {
  const { ask } = gateway({ sandbox: { users: 20, spend: { credits: "off" } } });
  const { errors } = await ask("{ spendLimits { totalCount } }");
  expect(errors?.[0]?.extensions).toMatchObject({ code: "NOT_ENTITLED", reason: "NO_USAGE_CREDITS" });
  const other = gateway({
    routes: { [EFFECTIVE]: () => refusal(400, "invalid_request_error", "no") },
  });
  expect((await other.ask("{ spendLimits { totalCount } }")).errors?.[0]?.extensions.code).toBe(
    "UPSTREAM_REFUSED",
  );
});

test("requests for more are filtered by status upstream, newest first", async () => {
  const { ask, seen } = gateway({ sandbox: { users: 80 } });
  const { data, errors } = await ask(
    `{ spendLimitRequests(status: [PENDING, DENIED], first: 1000) { nodes { requestId createdAt status period resolvedAt resolvedBy { __typename } limit { period readAt } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(seen[0]?.searchParams.getAll("status[]")).toEqual(["denied", "pending"]);
  const rows = data.spendLimitRequests.nodes as {
    createdAt: string;
    status: string;
    resolvedAt: string | null;
    limit: { period: string } | null;
    period: string;
  }[];
  expect(rows.map(({ createdAt }) => createdAt)).toEqual(
    rows
      .map(({ createdAt }) => createdAt)
      .toSorted()
      .reverse(),
  );
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["pending", "denied"]));
  for (const { status, resolvedAt, limit, period } of rows) {
    expect(resolvedAt === null).toBe(status === "pending");
    if (status !== "pending") expect(limit).toBeNull();
    if (limit !== null) expect(limit.period).toBe(period);
  }
});
