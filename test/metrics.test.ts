import { globSync, readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import parsePrometheus from "parse-prometheus-text-format";
import { Agent, request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { sqliteAlerts } from "../src/cache/sqlite-alerts.ts";
import { WorkerMetrics } from "../src/cli/metrics/worker-metrics.ts";
import { ORGANIZATIONS } from "../src/domain/organization.ts";
import { Outage } from "../src/errors.ts";
import { Metrics } from "../src/server/observability/metrics.ts";
import { newPath } from "./alerts/world.ts";
import { withBudgets } from "./budgets/files.ts";
import { gateway, json, refusal } from "./gateway.ts";
import { endAll, run, serve } from "./process.ts";

/** The samples of a metric, each as its labels and its value; of a histogram the number of observations. */
function samples(text: string, name: string): Record<string, number> {
  const family = parsePrometheus(text).find((each) => each.name === name);
  if (family?.type !== "HISTOGRAM")
    return Object.fromEntries(
      (family?.metrics ?? []).map(({ labels = {}, value }) => [
        Object.values(labels).join(" "),
        Number(value),
      ]),
    );
  // The parser has the labels of no histogram.
  const counts = text.matchAll(new RegExp(`^${name}_count\\{(.*)\\} (\\d+)$`, "gm"));
  return Object.fromEntries(
    [...counts].map(([, labels = "", value]) => [
      [...labels.matchAll(/"([^"]*)"/g)].map(([, label]) => label).join(" "),
      Number(value),
    ]),
  );
}

function measured(options: Parameters<typeof gateway>[0] = { sandbox: { users: 20 } }) {
  const metrics = new Metrics("1.2.3");
  const { app, ask, seen } = gateway({ ...options, metrics });
  return { metrics, app, ask, seen };
}

const LIBRARY = "/q/CostByDay?range.last.days=7&bucket=DAY";

describe("metrics", () => {
  test("count requests by the names of trusted documents, and all others together", async () => {
    const { app, ask, metrics } = measured();
    await app.fetch(`http://gateway.test${LIBRARY}`);
    await ask("query Invented { viewer { name } }");
    await ask("query Another { viewer { name } }");
    await ask("{ nothing }");
    await app.fetch("http://gateway.test/healthz");
    await app.fetch("http://gateway.test/nowhere");
    const text = await metrics.text();
    expect(samples(text, "claude_gateway_requests_total")).toEqual({
      "graphql CostByDay OK": 1,
      "graphql other OK": 2,
      "graphql other GRAPHQL_VALIDATION_FAILED": 1,
      "other none STATUS_404": 1,
    });
    expect(samples(text, "claude_gateway_request_duration_seconds")).toMatchObject({ "graphql other": 3 });
  });

  test("have a label for each of the first 200 files and operations, however many there are", async () => {
    const metrics = new Metrics("1.2.3");
    const { app } = gateway({ metrics });
    expect(app).toBeDefined();
    const record = { kind: "graphql", operation: {}, codes: new Set<string>(), startedMs: 0 } as never;
    for (let i = 0; i < 1_000; i++) metrics.completed(record, `Operation${i}`, { status: 200 });
    const counted = samples(await metrics.text(), "claude_gateway_requests_total");
    expect(Object.keys(counted)).toHaveLength(201);
    expect(counted["graphql other OK"]).toBe(800);
  });

  test("count upstream requests by dataset and outcome, and say what is left of the minute", async () => {
    const routes = { "/v1/organizations/analytics/skills": () => refusal(500, "api_error", "broken") };
    const { ask, metrics, seen } = measured({ routes, settings: { UPSTREAM_PER_MINUTE: "30" } });
    await ask("{ skills(range: { last: { days: 7 } }) { nodes { name } } }");
    const text = await metrics.text();
    expect(samples(text, "claude_gateway_upstream_requests_total")).toEqual({
      "SKILL_ACTIVITY 500": seen.length,
    });
    expect(samples(text, "claude_gateway_upstream_requests_left")).toEqual({
      "enterprise analytics": 30 - seen.length,
      "enterprise lookups": 1_000_000,
      "enterprise spendLimits": expect.any(Number),
      "console analytics": 30,
      "console lookups": 1_000_000,
    });
    expect(samples(text, "claude_gateway_upstream_requests_limit")).toMatchObject({
      "enterprise analytics": 30,
    });
    expect(samples(text, "claude_gateway_upstream_wait_seconds")).toEqual({
      "analytics interactive": seen.length,
    });
    expect(samples(text, "claude_gateway_faults_total")).toMatchObject({ gateway: 0, upstream: 1 });
  });

  test("count a status or a cause that no upstream should have as one outcome", async () => {
    const { ask, metrics } = measured({
      routes: { "/v1/organizations/analytics/skills": () => ({ ...json({}), status: 418 }) },
    });
    await ask("{ skills(range: { last: { days: 7 } }) { nodes { name } } }");
    expect(samples(await metrics.text(), "claude_gateway_upstream_requests_total")).toEqual({
      "SKILL_ACTIVITY other": 1,
    });
  });

  test("count pages by level and state, and kept answers", async () => {
    const { ask, metrics, seen } = measured({
      sandbox: { users: 20 },
      settings: { RESPONSE_CACHE: "on" },
    });
    const skills =
      '{ skills(range: { between: { from: "2026-08-01", until: "2026-08-08" } }) { nodes { name } } }';
    await ask(skills);
    await ask(skills);
    await ask(skills.replace("name", "id name"));
    const text = await metrics.text();
    const pages = samples(text, "claude_gateway_pages_total");
    expect(pages["upstream final"]).toBe(seen.length);
    expect(pages["memory final"]).toBe(seen.length);
    expect(samples(text, "claude_gateway_answers_total")).toEqual({ miss: 2, hit: 1 });
  });

  test("state the newest export of a dataset, and the datasets that upstream refuses", async () => {
    const { ask, metrics } = measured();
    await ask("{ cost(range: { last: { days: 7 } }) { total { net { usd } } } }");
    const exported = samples(await metrics.text(), "claude_gateway_watermark_timestamp_seconds");
    const [instant = 0] = Object.values(exported);
    expect(new Date(instant * 1_000).toISOString()).toMatch(/^2026-11-2/);

    const refused = measured({
      routes: { "/v1/organizations/analytics/skills": () => refusal(401, "authentication_error", "no") },
    });
    await refused.ask("{ skills(range: { last: { days: 7 } }) { nodes { name } } }");
    expect(samples(await refused.metrics.text(), "claude_gateway_dataset_refused")).toEqual({
      "SKILL_ACTIVITY KEY_REFUSED": 1,
    });
  });

  test("count faults by the dependency at fault", async () => {
    const metrics = new Metrics("1.2.3");
    metrics.fault(new TypeError("x"));
    metrics.fault(new Outage("away", "ECONNREFUSED", { store: "redis", host: "cache" }));
    metrics.fault(new Outage("away", "ECONNREFUSED", { host: "issuer" }));
    expect(samples(await metrics.text(), "claude_gateway_faults_total")).toEqual({
      gateway: 1,
      upstream: 0,
      store: 1,
      archive: 0,
      alerts: 0,
      issuer: 1,
      file: 0,
    });
  });

  test("hold no name, address, key, text or document of a caller", async () => {
    const { ask, app, metrics } = measured();
    await ask(
      `query Secret($e: String) { users(range: { last: { days: 7 } }, first: 5) { nodes { email cost { net { usd } } } } }`,
    );
    await app.fetch(`http://gateway.test/export/users.csv?range.last.days=7`);
    const text = await metrics.text();
    for (const word of ["Secret", "@", "sk-ant", "usd"]) expect(text).not.toContain(word);
  });
});

describe("names", () => {
  const scrape = async () => {
    const alertStore = sqliteAlerts({ path: newPath() });
    const { metrics, app } = measured({ settings: withBudgets([]), alertStore });
    const found = parsePrometheus(await metrics.text());
    await app.dispose();
    return found;
  };

  test("follow the conventions: units as suffixes, and counters end in _total", async () => {
    const found = await scrape();
    expect(found.length).toBeGreaterThan(30);
    for (const { name, type, help } of found.filter((each) => each.name.startsWith("claude_gateway_"))) {
      expect(name.endsWith("_total"), name).toBe(type === "COUNTER");
      expect(help, name).toMatch(/^[A-Z].+\.$/);
      if (type === "HISTOGRAM") expect(name).toMatch(/_seconds$/);
    }
  });

  test("are in the table of docs/operations.md, which has the text of a scrape", async () => {
    const docs = readFileSync(new URL("../docs/operations.md", import.meta.url), "utf8");
    const table = /<!-- metrics -->\n([\s\S]+)\n<!-- \/metrics -->/.exec(docs)?.[1]?.split("\n").slice(2);
    const rows = (await scrape())
      .filter(({ name }) => name.startsWith("claude_gateway_"))
      .map(({ name, type, help }) => `| \`${name}\` | ${type.toLowerCase()} | ${help} |`);
    expect(table).toEqual(rows);
  });

  test("in the dashboard and the alert rules are in a scrape", async () => {
    const known = new Set(
      (await scrape()).flatMap(({ name, type }) =>
        type === "HISTOGRAM" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    known.add("up"); // made by Prometheus for each scrape
    const read = (file: string) => readFileSync(new URL(`../docs/grafana/${file}`, import.meta.url), "utf8");
    const dashboard: { panels: { targets: { expr: string }[] }[] } = JSON.parse(
      read("gateway-operation.json"),
    );
    const { groups }: { groups: { rules: { expr: string }[] }[] } = parse(read("alerts.yaml"));
    const expressions = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ].map((each) => each.replaceAll("$__rate_interval", "5m"));
    expect(expressions.length).toBeGreaterThan(25);
    for (const expression of expressions) {
      const names: string[] = [];
      parser.parse(expression).iterate({
        enter({ name, type, from, to }) {
          expect(type.isError, expression).toBe(false);
          if (name === "Identifier") names.push(expression.slice(from, to));
        },
      });
      expect(names, expression).not.toEqual([]);
      for (const name of names) expect(known, expression).toContain(name);
    }
  });
});

describe("the metrics of workers", () => {
  const worker = (requests: number, left: number) => {
    const metrics = new Metrics("1.2.3");
    const record = { kind: "graphql", operation: null, codes: new Set<string>(), startedMs: 0 } as never;
    for (let i = 0; i < requests; i++) metrics.completed(record, null, { status: 200 });
    metrics.watch([
      {
        tenant: { name: null, organizations: ORGANIZATIONS },
        budgets: async () => [{ organization: "console", family: "analytics", limit: 60, left }],
        accessStatus: () => null,
      },
    ]);
    return () => metrics.json();
  };
  const requestsIn = (text: string) => samples(text, "claude_gateway_requests_total")["graphql none OK"];

  test("are added up, but for the minute that they share", async () => {
    const sum = new WorkerMetrics();
    sum.add(worker(3, 20));
    sum.add(worker(4, 19));
    const text = await sum.text();
    expect(requestsIn(text)).toBe(7);
    expect(samples(text, "claude_gateway_processes")).toEqual({ "": 2 });
    expect(samples(text, "claude_gateway_upstream_requests_left")).toEqual({ "console analytics": 19 });
    expect(samples(text, "claude_gateway_upstream_requests_limit")).toEqual({ "console analytics": 60 });
    expect(samples(text, "claude_gateway_info")).toEqual({ "1.2.3": 1 });
  });

  test("never fall when a worker ends or fails to answer", async () => {
    const sum = new WorkerMetrics();
    const [first, second] = [worker(3, 20), worker(4, 20)];
    let isAway = false;
    const failing = () => (isAway ? Promise.reject(new Error("gone")) : second());
    sum.add(first);
    sum.add(failing);
    expect(requestsIn(await sum.text())).toBe(7);
    isAway = true;
    expect(requestsIn(await sum.text())).toBe(7);
    await sum.ended(failing);
    sum.add(worker(1, 20));
    const text = await sum.text();
    expect(requestsIn(text)).toBe(8);
    expect(samples(text, "claude_gateway_processes")).toEqual({ "": 2 });
  });
});

describe("a gateway with METRICS", () => {
  afterEach(endAll);

  const addressIn = (output: string) => /metrics on (\S+)/.exec(output)?.[1] ?? "";

  test("serves them on a port apart, to GET of the path alone", { tags: "deep" }, async () => {
    const { gateway: served, url } = await serve({ settings: { METRICS: "0" } });
    const address = addressIn(await served.printed("metrics on"));
    await ask(url);
    const response = await fetch(address);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(samples(await response.text(), "claude_gateway_info")).not.toEqual({});
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(address.replace("/metrics", "/graphql"))).status).toBe(404);
    expect((await fetch(address, { method: "POST" })).status).toBe(405);
  });

  test("adds up its workers", { tags: "deep" }, async () => {
    const { gateway: served } = await serve({ settings: { METRICS: "0", WORKERS: "2" } });
    const url = /Listening on (\S+)\/graphql/.exec(served.output())?.[1] ?? "";
    const address = addressIn(await served.printed("metrics on"));
    const processes = async () => samples(await (await fetch(address)).text(), "claude_gateway_processes");
    await expect.poll(processes).toEqual({ "": 2 });
    for (let i = 0; i < 6; i++) await ask(url);
    const counted = async () => samples(await (await fetch(address)).text(), "claude_gateway_requests_total");
    await expect.poll(counted).toEqual({ "graphql other OK": 6 });
  });

  test("says which setting to change where its port is taken", { tags: "deep" }, async () => {
    const { gateway: first } = await serve({ settings: { METRICS: "0" } });
    const { port } = new URL(addressIn(await first.printed("metrics on")));
    const { code, output } = await run(["serve", "--port", "0"], { METRICS: port }).ended();
    expect(code).toBe(1);
    expect(output).toContain(`(EADDRINUSE): set METRICS to another address and port, or to off.`);
    expect(output).not.toContain("Listening");
  });

  /** Each request has a connection of its own, so that workers take turns. */
  async function ask(url: string): Promise<void> {
    const dispatcher = new Agent({ pipelining: 0 });
    const { body } = await request(`${url}/graphql`, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    await body.dump();
    await dispatcher.close();
  }
});

test("without METRICS their library is not loaded: one module imports it, which is imported when it is needed", () => {
  const importing = (pattern: RegExp) =>
    globSync("{src,schema}/**/*.ts")
      .filter((path) => pattern.test(readFileSync(path, "utf8")))
      .sort();
  expect(importing(/^import (?!type)[^;]*"prom-client"/m)).toEqual([
    "src/cli/metrics/worker-metrics.ts",
    "src/server/observability/metrics.ts",
  ]);
  expect(importing(/^import (?!type)[^;]*\/(?:observability\/metrics|worker-metrics)\.ts"/m)).toEqual([]);
});
