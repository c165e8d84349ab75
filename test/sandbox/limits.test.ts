import { describe, expect, test } from "vitest";
import { dayOf, startOf, startOfMonth } from "../../src/domain/day.ts";
import { netUnits } from "../../src/sandbox/ledger/fact.ts";
import type { SpendOptions } from "../../src/sandbox/limits/spend-limits.ts";
import { NOON, sandbox, type Wire } from "./asking.ts";

const EFFECTIVE = "/spend_limits/effective";
const REQUESTS = "/spend_limit_increase_requests";
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

function limits(
  options: {
    readonly seed?: number;
    readonly users?: number;
    readonly now?: number;
    readonly spend?: SpendOptions;
  } = {},
) {
  return sandbox({ users: 80, ...options });
}

/** The awkward rows that a simulator has to have, by what shows them. */
const ROWS: Readonly<Record<string, (row: Wire) => boolean>> = {
  "no limit, by the member's own setting": ({ amount, source }) => amount === null && source.type === "user",
  "a reading of 0 of someone who spends": ({ period_to_date_spend: spent }) => spent === "0",
  "no limit, by a seat tier": ({ amount, source }) => amount === null && source.type === "seat_tier",
  "a limit from a group": ({ source }) => source.type === "rbac_group",
  "a limit from a seat tier": ({ amount, source }) => amount !== null && source.type === "seat_tier",
  "a limit from a service": ({ source }) => source.type === "organization_service",
  "a limit from the organization": ({ source }) => source.type === "organization",
  "a limit of 0 with spend": ({ amount, period_to_date_spend: spent }) => amount === "0" && spent !== "0",
  "spend well over the limit": ({ amount, period_to_date_spend: spent }) =>
    Number(spent) > 2 * Number(amount) && Number(amount) > 0,
  "spend exactly at the limit": ({ amount, period_to_date_spend: spent }) =>
    amount === spent && amount !== "0",
  "80 to 100 % spent": ({ amount, period_to_date_spend: spent }) =>
    Number(spent) / Number(amount) > 0.8 && Number(spent) / Number(amount) < 1,
  "a limit beyond 2^53": ({ amount }) => Number(amount) > 2 ** 53,
  "spend of one decimal": ({ period_to_date_spend: spent }) => /^\d+\.\d$/.test(spent),
  "spend of two decimals": ({ period_to_date_spend: spent }) => /^\d+\.\d\d$/.test(spent),
  "spend of three decimals": ({ period_to_date_spend: spent }) => /^\d+\.\d\d\d$/.test(spent),
  "a deleted account": ({ actor }) => actor.deleted && actor.name === null && actor.email_address === null,
  "an account that cannot be read": ({ actor }) =>
    !actor.deleted && actor.name === null && actor.email_address === null,
  "a person without a name": ({ actor }) => actor.name === null && actor.email_address !== null,
};

test("all awkward rows of spend limits occur", async () => {
  const all = (
    await Promise.all(SEEDS.map((seed) => limits({ seed }).rows(`${EFFECTIVE}?limit=1000`)))
  ).flat();
  for (const [what, shows] of Object.entries(ROWS)) expect(all.some(shows), what).toBe(true);
  const byMember = Map.groupBy(all, ({ scope }) => scope.user_id);
  const rowsOfMembers = [...byMember.values()];
  const ofPeriod = (own: readonly Wire[], period: string) => own.find((row) => row.period === period);
  expect(
    rowsOfMembers.some(
      (own) => ofPeriod(own, "monthly")?.amount === null && ofPeriod(own, "weekly")?.amount != null,
    ),
    "unlimited by month and capped by week",
  ).toBe(true);
  expect(
    rowsOfMembers.some((own) => new Set(own.map(({ source }) => source.type)).size > 1),
    "two periods from two levels",
  ).toBe(true);
});

test.each(SEEDS)("readings are the net spend of the person in the period, seed %i", async (seed) => {
  const { rows, ledger, organization } = limits({ seed });
  const { enterprise } = organization.directories;
  const found = await rows(`${EFFECTIVE}?limit=1000&period[]=monthly`);
  const from = startOf(startOfMonth(dayOf(NOON)));
  const spent = new Map<number, bigint>();
  for (const fact of ledger.facts("enterprise", { from, until: NOON }, NOON))
    if (fact.person !== null) spent.set(fact.person, (spent.get(fact.person) ?? 0n) + BigInt(netUnits(fact)));
  for (const { scope, amount, period_to_date_spend: reading } of found) {
    const index = enterprise.personIndex(scope.user_id) ?? -1;
    const thousandths = (spent.get(index) ?? 0n) / 100_000n;
    const isStopped = index % 40 === 8 && amount === reading;
    const isSilent = index % 40 === 12;
    const [whole = "", decimals = ""] = String(reading).split(".");
    const read = BigInt(whole) * 1_000n + BigInt(decimals.padEnd(3, "0"));
    if (!isStopped) expect(read).toBe(isSilent ? 0n : thousandths);
    expect(reading).not.toMatch(/\.\d*0$/);
  }
});

test("a member whom no level gives a limit has no row", async () => {
  const { rows, organization } = limits();
  const userId = organization.directories.enterprise.userId(10);
  expect(await rows(`${EFFECTIVE}?user_ids[]=${userId}`)).toEqual([]);
});

test("in the first minutes of a month everyone reads 0 truly", async () => {
  const { rows } = limits({ now: Date.parse("2026-11-01T00:00:30Z") });
  const found = await rows(`${EFFECTIVE}?limit=1000`);
  expect(found.length).toBeGreaterThan(20);
  for (const row of found.filter(({ period }) => period === "monthly"))
    expect(row.period_to_date_spend).toBe("0");
});

describe("paging", () => {
  test("can give an empty page with a successor", async () => {
    const { ask } = limits();
    let page: string | null = null;
    let empty = 0;
    do {
      const after: string = page === null ? "" : `&page=${page}`;
      const body: Wire = await ask(`${EFFECTIVE}?period[]=daily&limit=1${after}`);
      empty += Number(body.data.length === 0 && body.next_page !== null);
      page = body.next_page;
    } while (page !== null);
    expect(empty).toBeGreaterThan(0);
  });

  test("refuses a cursor under the other version", async () => {
    const { ask, reply } = limits();
    const { next_page: cursor } = await ask(`${EFFECTIVE}?limit=1`);
    const path = `${EFFECTIVE}?limit=1&page=${cursor}`;
    expect((await reply(path)).status).toBe(200);
    expect((await reply(path, { headers: { "anthropic-version": "2023-06-01" } })).status).toBe(400);
  });
});

describe("options", () => {
  test.each([
    ["EUR", 92n, 100n],
    ["JPY", 15n, 10n],
    ["KWD", 307n, 100n],
  ] as const)("bill in %s", async (currency, times, over) => {
    const dollars = await limits().rows(`${EFFECTIVE}?limit=1000`);
    const found = await limits({ spend: { currency } }).rows(`${EFFECTIVE}?limit=1000`);
    expect(found.map((row) => row.currency)).toEqual(found.map(() => currency));
    const isShared = ({ source, amount }: Wire) => source.type === "seat_tier" && amount !== null;
    expect(found.filter(isShared).map(({ amount }) => BigInt(amount))).toEqual(
      dollars.filter(isShared).map(({ amount }) => (BigInt(amount) * times) / over),
    );
  });

  test("let everyone read 0", async () => {
    const found = await limits({ spend: { readings: "off" } }).rows(`${EFFECTIVE}?limit=1000`);
    expect(new Set(found.map((row) => row.period_to_date_spend))).toEqual(new Set(["0"]));
  });

  test("switch usage credits off, which is a 400 without a code", async () => {
    const { reply } = limits({ spend: { credits: "off" } });
    for (const path of [EFFECTIVE, REQUESTS]) {
      const { status, body } = await reply(path);
      expect([status, body.error.details]).toEqual([400, undefined]);
    }
  });

  test("show a source, a period and an actor that are not known", async () => {
    const found = await limits({ spend: { novelties: "on" } }).rows(`${EFFECTIVE}?limit=1000`);
    expect(found.some(({ source }) => source.type === "cost_centre")).toBe(true);
    expect(found.some(({ period }) => period === "yearly")).toBe(true);
    expect(found.some(({ actor }) => actor.type === "scoped_api_key_actor")).toBe(true);
  });
});

/** The requests that a simulator has to have, by what shows them. */
const REQUEST_ROWS: Readonly<Record<string, (row: Wire) => boolean>> = {
  "pending with a summary": ({ status, spend_summary: summary }) => status === "pending" && summary !== null,
  "pending without one": ({ status, spend_summary: summary }) => status === "pending" && summary === null,
  "pending with a reading of 0": ({ spend_summary: summary }) => summary?.period_to_date_spend === "0",
  "pending with a cap of 0": ({ spend_summary: summary }) => summary?.amount === "0",
  "approved by an admin": ({ status, resolved_by: by }) => status === "approved" && by?.type === "user_actor",
  "approved by a scoped key": ({ status, resolved_by: by }) =>
    status === "approved" && by?.type === "scoped_api_key_actor",
  "approved by support": ({ status, resolved_by: by }) => status === "approved" && by === null,
  "denied by an admin who is deleted": ({ status, resolved_by: by }) =>
    status === "denied" && by?.deleted === true,
};

test("all awkward requests occur, on more than one page", async () => {
  const all = (
    await Promise.all(SEEDS.map((seed) => limits({ seed }).rows(`${REQUESTS}?limit=1000`)))
  ).flat();
  for (const [what, shows] of Object.entries(REQUEST_ROWS)) expect(all.some(shows), what).toBe(true);
  const { ask } = limits();
  expect((await ask(REQUESTS)).next_page).not.toBeNull();
});

test("at most one request of a member is pending", async () => {
  for (const seed of SEEDS) {
    const pending = await limits({ seed }).rows(`${REQUESTS}?limit=1000&status[]=pending`);
    const askers = pending.map(({ actor }) => actor.user_id);
    expect(new Set(askers).size).toBe(askers.length);
  }
});

test("requests of people who left are not listed, and a 404 by id", async () => {
  const box = limits({ now: Date.parse("2026-06-18T12:00:00Z") });
  const left = box.organization.directories.enterprise.userId(5);
  const before = (await box.rows(`${REQUESTS}?limit=1000`)).find(({ actor }) => actor.user_id === left);
  expect(before).toBeDefined();
  box.clock.now = NOON;
  expect((await box.rows(`${REQUESTS}?limit=1000`)).map(({ id }) => id)).not.toContain(before.id);
  expect((await box.reply(`${REQUESTS}/${before.id}`)).status).toBe(404);
});

test.each([
  [`${EFFECTIVE}?user_ids[]=someone`],
  [`${EFFECTIVE}?period[]=yearly`],
  [`${REQUESTS}?actor_ids[]=apikey_x`],
  [`${REQUESTS}?status[]=open`],
])("%s is a 400", async (path) => {
  expect((await limits().reply(path)).status).toBe(400);
});

test("spend limits have a scope and requests of their own", async () => {
  const box = sandbox({ users: 20 });
  const asked = async (key: string) => (await box.reply(EFFECTIVE, { headers: { "x-api-key": key } })).status;
  expect(await asked("sk-ant-api01-x+read:analytics,read:org_audit")).toBe(403);
  expect(await asked("sk-ant-api01-x+read:spend_limits")).toBe(200);
});

describe("rate limits", () => {
  const ADMIN = { key: "admin" } as const;

  test("have a group of each kind, and the awkward ones", async () => {
    const all: readonly Wire[] = await limits().rows("/rate_limits", ADMIN);
    expect(new Set(all.map(({ group }) => group.type))).toEqual(
      new Set(["model_group", "batch", "token_count", "files", "skills", "web_search"]),
    );
    const values = all.flatMap((each) => each.limits as Wire[]);
    expect(values.some(({ value }) => value > 2 ** 31)).toBe(true);
    expect(values.some(({ type }) => type === "fast_itpmca")).toBe(true);
    expect(values.some(({ type }) => type === "input_tokens_per_minute")).toBe(true);
    expect(all.filter(({ group }) => /Sonnet/.test(group.display_name))).toHaveLength(2);
    expect(all.flatMap(({ models }) => models ?? [])).not.toContain("claude-opus-4-6");
  });

  test("name the kind of group as a word too under the older version", async () => {
    const old = { ...ADMIN, headers: { "anthropic-version": "2023-06-01" } };
    const [first] = await limits().rows("/rate_limits", old);
    expect(first).toMatchObject({ group: { type: "model_group" }, group_type: "model_group" });
    const [newer] = await limits().rows("/rate_limits", ADMIN);
    expect(newer).not.toHaveProperty("group_type");
  });

  test("of workspaces are lowered, raised, zero, lacking above, or none", async () => {
    const { rows, organization, reply } = limits();
    const { workspaces } = organization.console;
    const values = async (index: number) =>
      (await rows(`/workspaces/${workspaces[index]?.id}/rate_limits`, ADMIN)).flatMap(
        (each) => each.limits as Wire[],
      );
    expect(await values(0)).toEqual([]);
    expect((await values(2)).every(({ value, org_limit: org }) => value < org)).toBe(true);
    expect((await values(3)).every(({ value, org_limit: org }) => value > org)).toBe(true);
    expect((await values(4)).map(({ org_limit: org }) => org)).toEqual([null]);
    expect((await values(6)).map(({ value }) => value)).toEqual([0]);
    const [unseen] = await rows(`/workspaces/${workspaces[5]?.id}/rate_limits`, ADMIN);
    expect(unseen.models).not.toContain("claude-sonnet-4-0");
    expect((await reply("/workspaces/wrkspc_none/rate_limits", ADMIN)).status).toBe(404);
  });
});
