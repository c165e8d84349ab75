import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteAlerts } from "../../src/cache/sqlite-alerts.ts";
import { Metrics } from "../../src/server/observability/metrics.ts";
import { codesOf, guarded } from "../callers.ts";
import { type Answer, gateway, NOW } from "../gateway.ts";
import { gatewayOfThree } from "../organizations/three.ts";
import { simulated } from "../simulated.ts";
import { receiver, SECRET } from "./receiver.ts";
import { alertSettings, newPath, replica } from "./world.ts";

const ALERTS = `{ alerts(first: 100) { totalCount nodes {
  alertId event organization subject subjectId percent range { from until } spent { usd } expected { usd } projected { usd }
  recordedAt refreshedAt budget { name } deliveries { receiver state attempts attemptedAt } } } }`;

const organization = simulated({ seed: 1, users: 40 });
const { enterprise } = organization.directories;
const person = organization
  .newestFirst("enterprise")
  .find(
    (each) =>
      enterprise.isCurrent(each, Date.parse(NOW)) && enterprise.account(each, Date.parse(NOW)).email !== null,
  );
if (person === undefined) throw new Error("nobody");
const { email, name } = enterprise.account(person, Date.parse(NOW));

const BUDGETS = [
  { name: "all", amountUsd: 1, thresholds: [100] },
  { name: `of ${name}`, amountUsd: "0.01", thresholds: [1, 100], person: email, period: "QUARTER" },
  { name: "opus", amountUsd: 1, thresholds: [100], model: "claude-opus-4-6" },
];

describe("alerts in the graph", () => {
  test("are what was recorded, with their deliveries, newest first", async () => {
    const hook = await receiver();
    const settings = alertSettings(BUDGETS, { webhooks: [{ ...hook.hook, events: ["BUDGET_THRESHOLD"] }] });
    const { run, ask, requestsOf, app } = await replica({ settings });
    await run();
    const [{ data, errors }, requests] = await requestsOf(() => ask(ALERTS));
    expect(errors).toBeUndefined();
    expect(requests).toEqual([]);
    const { nodes, totalCount } = data.alerts;
    expect(totalCount).toBe(nodes.length);
    expect(new Set(nodes.map((each: { alertId: string }) => each.alertId))).toEqual(
      new Set([...hook.distinct().map(({ id }) => id), ...nodes.flatMap(idOfMonth)]),
    );
    for (const { id, body } of hook.distinct()) {
      const node = nodes.find(({ alertId }: { alertId: string }) => alertId === id);
      expect([node.event, node.budget.name, node.percent, node.range.from, node.spent.usd]).toEqual([
        body.type,
        body.data.budget,
        body.data.percent,
        body.data.from,
        body.data.spentUsd,
      ]);
      expect(node.deliveries).toEqual([
        { receiver: "hook", state: "DELIVERED", attempts: 1, attemptedAt: "2026-11-22T12:00:00.000Z" },
        { receiver: "log", state: "DELIVERED", attempts: 1, attemptedAt: "2026-11-22T12:00:00.000Z" },
      ]);
    }
    await app.dispose();
  });

  const idOfMonth = ({ event, alertId }: { event: string; alertId: string }) =>
    event === "MONTH_FINAL" ? [alertId] : [];

  test("are read in pages that repeat and skip nothing while others are recorded", async () => {
    const settings = alertSettings([{ name: "all", amountUsd: 1, thresholds: [10, 20, 30, 40, 50] }], {});
    const { run, ask, at, app } = await replica({ settings });
    await run();
    const all = (await ask("{ alerts { nodes { alertId } } }")).data.alerts.nodes;
    const ids: object[] = [];
    for (let after: string | null = null; ; at("2026-11-23T12:00:00Z")) {
      const { data }: Answer = await ask(
        "query ($after: String) { alerts(first: 2, after: $after) { nodes { alertId } pageInfo { hasNextPage endCursor } } }",
        { after },
      );
      ids.push(...data.alerts.nodes);
      if (!data.alerts.pageInfo.hasNextPage) break;
      after = data.alerts.pageInfo.endCursor;
      await run();
    }
    expect(ids).toEqual(all);
    const { errors } = await ask('{ alerts(after: "WyJub3BlIl0") { nodes { alertId } } }');
    expect(errors?.[0]?.extensions.code).toBe("CURSOR_INVALID");
    await app.dispose();
  });

  test("are none without a file, and an error while their store is away", async () => {
    const { ask } = gateway({ sandbox: { users: 20 } });
    expect((await ask("{ alerts { nodes { alertId } } }")).data.alerts).toEqual({ nodes: [] });
    const away = gateway({
      sandbox: { users: 20 },
      settings: alertSettings(BUDGETS, {}),
      alertStore: { ...sqliteAlerts({ path: newPath() }), list: () => Promise.reject(new Error("away")) },
    });
    const { data, errors } = await away.ask("{ alerts { nodes { alertId } } }");
    expect([data.alerts, errors?.[0]?.extensions.code]).toEqual([null, "UPSTREAM_UNAVAILABLE"]);
    await away.app.dispose();
  });

  test("are seen by who sees their budgets, whatever other callers have asked", async () => {
    const alertStore = sqliteAlerts({ path: newPath() });
    await alertStore.note("begun");
    const { app, askAs } = guarded({
      sandbox: { users: 40 },
      settings: alertSettings(BUDGETS, {}),
      alertStore,
      email: email ?? "",
    });
    await app.runAlerts();
    const seenBy = async (caller: string) => {
      const { data, errors } = await askAs(caller, "{ alerts { nodes { event budget { name } } } }");
      expect(errors, caller).toBeUndefined();
      return new Set(
        data.alerts.nodes.map((each: { event: string; budget: { name: string } | null }) =>
          each.event === "BUDGET_THRESHOLD" ? each.budget?.name : each.event,
        ),
      );
    };
    expect(await seenBy("OWNER")).toEqual(new Set(["all", `of ${name}`, "opus", "MONTH_FINAL"]));
    for (const caller of ["ANALYST", "OWNER by pseudonym", "OWNER of groups"])
      expect(await seenBy(caller)).toEqual(new Set(["all", "opus", "MONTH_FINAL"]));
    expect(await seenBy("MEMBER")).toEqual(new Set([`of ${name}`]));
    for (const caller of ["ADMIN", "SERVICE", "SERVICE-activity-read"])
      expect(codesOf(await askAs(caller, "{ alerts { nodes { event } } }"))).toEqual(["FORBIDDEN"]);
    expect(codesOf(await askAs("ANALYST", "{ alerts { nodes { deliveries { receiver } } } }"))).toEqual([
      "FORBIDDEN",
    ]);
    await app.dispose();
  });

  test("are of one organization of several, as their budgets are", async () => {
    const alertStore = sqliteAlerts({ path: newPath() });
    await alertStore.note("begun");
    const settings = alertSettings(
      ["emea", "us"].map((each) => ({
        name: `of ${each}`,
        amountUsd: 1,
        thresholds: [100],
        organization: each,
      })),
      {},
    );
    const { app, ask } = gatewayOfThree({ settings, alertStore });
    await app.runAlerts();
    for (const each of ["emea", "us"]) {
      const { data } = await ask(
        `{ alerts(organization: "${each}") { organization nodes { organization event budget { name } } } }`,
      );
      const nodes: { organization: string; event: string; budget: { name: string } | null }[] =
        data.alerts.nodes;
      expect(data.alerts.organization).toBe(each);
      expect(new Set(nodes.map(({ organization }) => organization))).toEqual(new Set([each]));
      expect(nodes.flatMap(({ budget }) => budget?.name ?? [])).toEqual([`of ${each}`]);
    }
    await app.dispose();
  });
});

describe("the store of alerts", () => {
  test("holds nothing that identifies a person, and no alert is lost when the person is erased", async () => {
    const path = newPath();
    const settings = alertSettings(BUDGETS, {});
    const first = await replica({ settings, path });
    await first.run();
    const { data } = await first.ask(ALERTS);
    expect(data.alerts.nodes.some(({ subject }: { subject: string }) => subject === "PERSON")).toBe(true);
    await first.app.dispose();
    const files = readdirSync(dirname(path)).filter((each) => path.includes(each.replace(/-(wal|shm)$/, "")));
    const bytes = files.map((each) => readFileSync(`${dirname(path)}/${each}`, "latin1")).join("");
    expect(bytes).toContain("BUDGET_THRESHOLD");
    for (const each of [email, name, enterprise.userId(person.index)])
      expect(bytes).not.toContain(Buffer.from(each ?? "").toString("latin1"));

    const erased = await replica({
      settings: alertSettings(
        BUDGETS.filter((each) => each.person === undefined),
        {},
      ),
      path,
    });
    const after = await erased.ask(ALERTS);
    expect(after.data.alerts.nodes).toHaveLength(data.alerts.nodes.length);
    expect(JSON.stringify(after.data)).not.toContain(name);
    await erased.app.dispose();
  });
});

describe("metrics of alerts", () => {
  test("state budgets but those of people, and the deliveries of all replicas", async () => {
    const hook = await receiver(() => 500);
    const settings = { ...alertSettings(BUDGETS, { webhooks: [hook.hook] }), ...SECRET };
    const path = newPath();
    const first = await replica({ settings, path });
    await first.run();
    const metrics = new Metrics("1.2.3");
    const alertStore = sqliteAlerts({ path });
    await alertStore.note("begun");
    const { app } = gateway({ sandbox: { users: 20 }, settings, alertStore, metrics });
    const text = await metrics.text();
    const figures = text.split("\n").filter((line) => /^claude_gateway_(budget|alert)/.test(line));
    expect(
      figures.some((line) => /budget_share\{organization="enterprise",budget="all"\} \d/.test(line)),
    ).toBe(true);
    expect(figures).toContain(
      'claude_gateway_budget_state{organization="enterprise",budget="opus",state="EXHAUSTED"} 1',
    );
    expect(text).not.toContain(name);
    const count = first.logged.length;
    expect(figures.filter((line) => line.includes("deliveries")).sort()).toEqual([
      'claude_gateway_alert_deliveries{receiver="hook",state="delivered"} 0',
      'claude_gateway_alert_deliveries{receiver="hook",state="failed"} 0',
      `claude_gateway_alert_deliveries{receiver="hook",state="pending"} ${count}`,
      `claude_gateway_alert_deliveries{receiver="log",state="delivered"} ${count}`,
      'claude_gateway_alert_deliveries{receiver="log",state="failed"} 0',
      'claude_gateway_alert_deliveries{receiver="log",state="pending"} 0',
    ]);
    await Promise.all([first.app.dispose(), app.dispose()]);
  });
});
