import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addDays, day, startOf } from "../../src/domain/day.ts";
import { netUnits } from "../../src/sandbox/ledger/fact.ts";
import { SCALE } from "../../src/sandbox/ledger/prices.ts";
import { sampleOf, sweep } from "../deep.ts";
import { NOW } from "../gateway.ts";
import { ledgerOf, simulated } from "../simulated.ts";
import { receiver } from "./receiver.ts";
import { alertSettings, newPath, replica } from "./world.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] as const;
const CENT = 10n ** BigInt(SCALE);
const THRESHOLDS = [25, 50, 80, 100];

/** Spend of the Enterprise organization by the base table, in hundred-millionths of a cent. */
function spendOf(seed: number, from: string, at: string): bigint {
  const instant = Date.parse(at);
  const facts = ledgerOf(simulated({ seed, users: 40 })).facts(
    "enterprise",
    { from: startOf(day(from)), until: instant },
    instant,
  );
  let sum = 0n;
  for (const fact of facts) sum += BigInt(netUnits(fact));
  return sum;
}

sweep(sampleOf(SEEDS, 8))(
  "each crossing over the sandbox is one alert of two replicas, at the moment that a plain computation has (seed %d)",
  async (seed) => {
    const dollars = Number(spendOf(seed, "2026-11-01", NOW) / CENT / 100n);
    const amounts = [0.7, 1.2, 3].map((part) => Math.max(1, Math.ceil(dollars * part)));
    const budgets = amounts.map((amountUsd, i) => ({ name: `${i}`, amountUsd, thresholds: THRESHOLDS }));
    const hook = await receiver();
    const settings = alertSettings(budgets, { webhooks: [{ ...hook.hook, events: ["BUDGET_THRESHOLD"] }] });
    const path = newPath();
    const instants = ["2026-11-09T12:00:00Z", "2026-11-15T12:00:00Z", NOW];
    const open = () => replica({ settings, path, seed, now: instants[0] ?? NOW });
    const replicas = [await open(), await open()];
    for (const instant of instants) {
      for (const each of replicas) each.at(instant);
      await Promise.all(replicas.map((each) => each.run()));
      await Promise.all(replicas.map((each) => each.run()));
      const spent = spendOf(seed, "2026-11-01", instant);
      const expected = amounts.flatMap((amountUsd, i) =>
        THRESHOLDS.filter((percent) => spent >= BigInt(amountUsd) * CENT * BigInt(percent)).map(
          (percent) => `${i} ${percent}`,
        ),
      );
      expect(hook.received.map(({ body: { data } }) => `${data.budget} ${data.percent}`).sort()).toEqual(
        expected.sort(),
      );
    }
    expect(hook.received.length).toBeGreaterThan(2);
    await Promise.all(replicas.map(({ app }) => app.dispose()));
  },
);

describe("a judgement", () => {
  test("makes no request while no newer export can be known, and one for each organization after an hour without news", async () => {
    const settings = alertSettings([{ name: "all", amountUsd: 1 }], {});
    const { run, at, requestsOf, app } = await replica({ settings });
    const [, first] = await requestsOf(run);
    expect(first.length).toBeGreaterThan(0);
    at("2026-11-22T12:30:00Z");
    expect((await requestsOf(run))[1]).toEqual([]);
    at("2026-11-22T13:01:00Z");
    expect((await requestsOf(run))[1]).toHaveLength(2);
    await app.dispose();
  });

  test("follows what the answer to a client has learned of a newer export", async () => {
    const settings = alertSettings([{ name: "all", amountUsd: 1 }], {});
    const { run, at, ask, requestsOf, app } = await replica({ settings });
    await run();
    at("2026-11-22T12:59:00Z");
    await ask("{ cost(range: { last: { days: 2 } }) { total { net { cents } } } }");
    const before = (await requestsOf(run))[1].length;
    at("2026-11-22T16:58:00Z");
    await ask("{ cost(range: { last: { days: 2 } }) { total { net { cents } } } }");
    expect(before + (await requestsOf(run))[1].length).toBeGreaterThan(0);
    await app.dispose();
  });

  test("records what is projected, by whole days, and once in a period", async () => {
    const whole = spendOf(1, "2026-11-01", "2026-11-22T00:00:00Z");
    const projectedUsd = Number((whole * 30n) / 21n / CENT / 100n);
    const hook = await receiver();
    const budgets = [
      { name: "passed", amountUsd: Math.floor(projectedUsd * 0.9), thresholds: [] },
      { name: "kept", amountUsd: Math.ceil(projectedUsd * 1.2), thresholds: [] },
    ];
    const { run, at, app } = await replica({ settings: alertSettings(budgets, { webhooks: [hook.hook] }) });
    await run();
    at("2026-11-22T20:00:00Z");
    await run();
    const projected = hook.received.filter(({ body }) => body.type === "BUDGET_PROJECTED");
    expect(projected.map(({ body }) => body.data.budget)).toEqual(["passed"]);
    expect(Number(projected[0]?.body.data.projectedUsd)).toBeGreaterThan(projectedUsd * 0.9);
    await app.dispose();
  });

  test("reaches a week back, for usage that is exported after the period", async () => {
    const hook = await receiver();
    const budgets = [{ name: "all", amountUsd: 1, thresholds: [100] }];
    const path = newPath();
    const settings = alertSettings(budgets, { webhooks: [hook.hook] });
    const { run, at, app } = await replica({ settings, path, now: "2026-12-01T09:00:00Z" });
    await run();
    at("2026-12-09T09:00:00Z");
    await run();
    const periods = hook.received
      .filter(({ body }) => body.type === "BUDGET_THRESHOLD")
      .map(({ body }) => body.data.from);
    expect(periods.sort()).toEqual(["2026-11-01", "2026-12-01"]);
    await app.dispose();
  });

  test("records only thresholds that are new when the file changes", async () => {
    const hook = await receiver();
    const others = { webhooks: [hook.hook] };
    const path = newPath();
    for (const [amountUsd, thresholds] of [
      [1, [50, 100]],
      [2, [50, 90, 100]],
    ] as const) {
      const { run, app } = await replica({
        settings: alertSettings([{ name: "all", amountUsd, thresholds }], others),
        path,
      });
      await run();
      await app.dispose();
    }
    const percents = hook.received.flatMap(({ body }) => body.data.percent ?? []);
    expect(percents.sort((a, b) => a - b)).toEqual([50, 90, 100]);
  });

  test("names a budget that cannot be judged, once, and judges the others", async () => {
    const settings = alertSettings(
      [
        { name: "nothing", amountUsd: 1, model: "claude-none" },
        { name: "all", amountUsd: 1, thresholds: [100] },
      ],
      {},
    );
    const { run, at, unjudged, logged, app } = await replica({ settings });
    await run();
    at("2026-11-22T20:00:00Z");
    await run();
    expect(unjudged).toEqual([["nothing", "NOT_FOUND"]]);
    expect(logged.length).toBeGreaterThan(0);
    await app.dispose();
  });
});

describe("a month that is final", () => {
  test("is one alert, also when two become final at once, with the files of the month", async () => {
    const hook = await receiver();
    const settings = alertSettings([], { webhooks: [{ ...hook.hook, events: ["MONTH_FINAL"] }] });
    const { run, at, app } = await replica({ settings, now: "2026-10-06T12:00:00Z" });
    for (const instant of ["2026-10-06T12:00:00Z", "2026-10-30T12:00:00Z", NEXT, NEXT]) {
      at(instant);
      await run();
    }
    const ofEnterprise = hook.received
      .filter(({ body }) => body.data.organization === "enterprise")
      .sort((a, b) => (a.body.data.from < b.body.data.from ? -1 : 1));
    expect(ofEnterprise.map(({ body }) => [body.data.from, body.data.until])).toEqual([
      ["2026-08-01", "2026-09-01"],
      ["2026-09-01", "2026-10-01"],
      ["2026-10-01", "2026-11-01"],
    ]);
    const [, , october] = ofEnterprise;
    expect(october?.body.data.files).toEqual([
      "/export/spend.csv?from=2026-10-01&until=2026-11-01&organization=enterprise",
      "/export/focus.csv?from=2026-10-01&until=2026-11-01&organization=enterprise",
    ]);
    const file = await app.fetch(`http://gateway.test${october?.body.data.files[0]}`);
    const rows = (await file.text()).trim().split("\n").slice(1);
    expect(file.status).toBe(200);
    const sum = rows.reduce((total, row) => total + Number(row.split(",").at(-2)), 0);
    expect(sum).toBeCloseTo(Number(october?.body.data.spentUsd), 4);
    await app.dispose();
  });

  test("is one alert for each month of half a year in which the gateway was away", async () => {
    const { run, at, ask, app } = await replica({
      settings: alertSettings([], {}),
      now: "2026-06-06T12:00:00Z",
    });
    await run();
    at(NEXT);
    await run();
    const { data } = await ask("{ alerts(first: 100) { nodes { event organization range { from } } } }");
    const months = data.alerts.nodes
      .filter(({ organization }: { organization: string }) => organization === "enterprise")
      .map(({ range }: { range: { from: string } }) => range.from.slice(0, 7));
    expect(months.sort()).toEqual([
      "2026-04",
      "2026-05",
      "2026-06",
      "2026-07",
      "2026-08",
      "2026-09",
      "2026-10",
    ]);
    await app.dispose();
  });
  const NEXT = "2026-12-02T12:00:00Z";
});

describe("a sudden rise", () => {
  const RISES = { floorUsd: 1, percent: 20, of: ["ORGANIZATION", "API_KEY"] };

  test("is found against the same weekday of four weeks, once for each complete day, also when several become complete at once", async () => {
    const hook = await receiver();
    const settings = alertSettings([], {
      webhooks: [{ ...hook.hook, events: ["SPEND_RISE"] }],
      rises: RISES,
    });
    const { run, at, app } = await replica({ settings });
    const expected: string[] = [];
    for (let i = 0; i < 10; i++) {
      const today = addDays(day("2026-11-12"), i);
      if ([0, 1, 5, 9].includes(i)) {
        at(`${today}T12:00:00Z`);
        await run();
        await run();
      }
      const on = addDays(today, -1);
      const spentOn = (each: string) => spendOf(1, each, `${addDays(day(each), 1)}T00:00:00Z`);
      const now = spentOn(on);
      const before = [7, 14, 21, 28].reduce((sum, days) => sum + spentOn(addDays(on, -days)), 0n);
      if (now * 400n >= before * 120n && now * 4n - before >= 400n * CENT) expected.push(on);
    }
    const risen = hook.received.filter(
      ({ body: { data } }) => data.subject === "ORGANIZATION" && data.organization === "enterprise",
    );
    expect(risen.map(({ body }) => body.data.from).sort()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(10);
    expect(hook.received.some(({ body }) => body.data.subject === "API_KEY")).toBe(true);
    await app.dispose();
  });

  test("is counted where more rose than have an alert, and days that are not judged are named", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "teams-")), "teams.csv");
    const { app: reader, ask: read } = await replica({ settings: {} });
    const { data } = await read(`{ users(range: { last: { days: 28 } }, first: 100) { nodes { email } } }`);
    const emails: string[] = data.users.nodes.map(({ email }: { email: string }) => email);
    const lines = emails.flatMap((email, i) => ["a", "b", "c", "d"].map((each) => `${email},${i}${each}`));
    writeFileSync(path, ["email,team", ...lines].join("\n"));
    await reader.dispose();

    const hook = await receiver();
    const slack = await receiver();
    const { run, at, unraised, ask, app } = await replica({
      now: "2026-11-20T12:00:00Z",
      settings: {
        ...alertSettings([], {
          webhooks: [
            { ...hook.hook, events: ["SPEND_RISE"] },
            { ...slack.hook, name: "channel", format: "slack", events: ["SPEND_RISE"] },
          ],
          rises: { floorUsd: "0.01", percent: 1, of: ["TEAM"] },
        }),
        TEAMS_FILE: path,
      },
    });
    await run();
    const [first] = unraised;
    expect(unraised).toEqual([
      {
        organization: "enterprise",
        subject: "TEAM",
        range: { from: "2026-11-19", until: "2026-11-20" },
        rises: expect.any(Number),
      },
    ]);
    expect(hook.received).toHaveLength(20);
    const others = first?.rises ?? 0;
    expect((20 + others) % 4).toBe(0); // every person is in four teams
    expect(others).toBeGreaterThan(0);
    expect(new Set(hook.received.map(({ body }) => body.data.otherRises))).toEqual(new Set([others]));
    for (const { text } of slack.received) expect(text).toContain(`${others} smaller ris`);
    const listed = await ask("{ alerts(first: 100) { nodes { event otherRises } } }");
    for (const { event, otherRises } of listed.data.alerts.nodes)
      expect(otherRises).toBe(event === "SPEND_RISE" ? others : 0);

    at("2026-12-10T12:00:00Z");
    await run();
    expect(unraised[1]).toEqual({
      organization: "enterprise",
      subject: null,
      range: { from: "2026-11-20", until: "2026-11-26" },
      rises: null,
    });
    await app.dispose();
  });
});
