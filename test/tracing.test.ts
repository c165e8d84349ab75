import { globSync, readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, describe, expect, test } from "vitest";
import { createLog } from "../src/cli/log.ts";
import { openTracing } from "../src/cli/tracing.ts";
import { readConfig } from "../src/config.ts";
import { currentRequest, RequestRecord } from "../src/server/http/request-record.ts";
import type { Environment } from "../src/settings/settings.ts";
import { type GatewayOptions, gateway, json, type Route, refusal } from "./gateway.ts";
import { portOf } from "./listening.ts";
import { ask, endAll, serve } from "./process.ts";
import { settingFaults } from "./setting-faults.ts";
import { PATHS, tokenPage, wireUser } from "./wire.ts";

/** A span as OTLP has it in JSON. */
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code: number };
}

interface WireBody {
  readonly resourceSpans: readonly {
    readonly resource: Pick<WireSpan, "attributes">;
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

afterEach(endAll);

/** A receiver of spans on loopback. */
async function receiver(status = 200) {
  const bodies: string[] = [];
  const requests: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, headers: request.headers });
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      bodies.push(text);
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  const url = `http://127.0.0.1:${await portOf(server)}`;
  const spans = () =>
    bodies
      .flatMap((body) => (JSON.parse(body) as WireBody).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return { url, bodies, requests, spans };
}

const SERVER = 2;
const CLIENT = 3;

function attributesOf({ attributes }: Pick<WireSpan, "attributes">): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** A gateway that sends its spans to a receiver. */
async function traced(
  options: GatewayOptions & { readonly tracing?: never },
  settings: Environment = {},
  status = 200,
) {
  const collected = await receiver(status);
  const lines: string[] = [];
  const log = createLog({ level: "info", now: () => 0, write: (line) => void lines.push(line) });
  const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collected.url, ...settings });
  const tracing = await openTracing(config, log);
  if (tracing === null) throw new Error("not configured");
  const { app, audited } = gateway({ ...options, tracing });
  return { app, audited, ...collected, lines, sent: () => tracing.dispose() };
}

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

async function post(app: Awaited<ReturnType<typeof traced>>["app"], body: object, traceparent?: string) {
  const response = await app.fetch("http://gateway.test/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", ...(traceparent && { traceparent }) },
    body: JSON.stringify(body),
  });
  return response.json();
}

const USERS = `query Canary { canary: users(range: { last: { days: 7 } }, first: 2) { nodes { userId email } } }`;

describe("a trace", () => {
  test("continues that of the client, with a span for each upstream request under the field that caused it", async () => {
    const outgoing: (string | undefined)[] = [];
    const people: Route = (_query, { headers }) => {
      outgoing.push(headers.traceparent);
      return json(tokenPage([wireUser("user_a")]));
    };
    const { app, spans, sent } = await traced({ routes: { [PATHS.users]: people } });
    await post(app, { query: USERS }, `00-${TRACE}-${PARENT}-01`);
    await sent();
    const all = spans();
    expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const [request] = all.filter(({ kind }) => kind === SERVER);
    const [field] = all.filter(({ name }) => name === "Query.users");
    const [upstream] = all.filter(({ kind }) => kind === CLIENT);
    expect(all).toHaveLength(3);
    expect(request).toMatchObject({ name: "POST /graphql", parentSpanId: PARENT });
    expect(field?.parentSpanId).toBe(request?.spanId);
    expect(upstream).toMatchObject({ name: "GET", parentSpanId: field?.spanId });
    expect(outgoing).toEqual([`00-${TRACE}-${upstream?.spanId}-01`]);
    expect(request && attributesOf(request)).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/graphql",
      "http.response.status_code": "200",
      "claude_gateway.upstream.requests": "1",
    });
    expect(upstream && attributesOf(upstream)).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": "200",
      "server.address": "upstream.test",
      "server.port": "80",
      "url.template": PATHS.users,
      "claude_gateway.dataset": "USER_ACTIVITY",
    });
    for (const { startTimeUnixNano, endTimeUnixNano } of all)
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  });

  test("shows one request for all rows under the field of the rows", async () => {
    const { app, spans, sent } = await traced({ sandbox: { users: 20 } });
    await post(app, {
      query: `{ users(range: { last: { days: 7 } }, first: 5) { nodes { userId cost { net { usd } } } } }`,
    });
    await sent();
    const costs = spans().filter(({ name }) => name === "UserSummary.cost");
    expect(costs).toHaveLength(1);
    const below = spans().filter(({ parentSpanId }) => parentSpanId === costs[0]?.spanId);
    expect(below.map((span) => attributesOf(span)["claude_gateway.dataset"])).toEqual(
      Array(below.length).fill("USER_COST"),
    );
    const upstream = spans().filter(({ kind }) => kind === CLIENT);
    const fields = new Map(spans().map(({ spanId, name }) => [spanId, name]));
    for (const { parentSpanId = "" } of upstream) expect(fields.get(parentSpanId)).toMatch(/^\w+\.\w+$/);
  });

  test("shows each attempt, its status, and that it is repeated", async () => {
    let attempts = 0;
    const failing: Route = () =>
      ++attempts === 1 ? refusal(503, "api_error", "canary") : json(tokenPage([wireUser("user_a")]));
    const { app, spans, sent, bodies } = await traced({ routes: { [PATHS.users]: failing } });
    await post(app, { query: USERS });
    await sent();
    const [first, second] = spans().filter(({ kind }) => kind === CLIENT);
    expect(first && attributesOf(first)).toMatchObject({
      "http.response.status_code": "503",
      "error.type": "HTTP_503",
    });
    expect(first?.status.code).toBe(2);
    expect(second && attributesOf(second)).toMatchObject({ "http.request.resend_count": "1" });
    expect(second?.status.code).toBe(0);
    expect(bodies.join()).not.toContain("canary");
  });

  test("holds no variable, name, key, alias or text of a caller", async () => {
    const { app, bodies, sent } = await traced({
      routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_canary")])) },
    });
    await post(app, {
      query: `query Canary($canary: [String!]) { canary: users(range: { last: { days: 7 } }, filter: { users: $canary }) { nodes { canary: email } } }`,
      variables: { canary: ["user_canary"] },
    });
    await app.fetch("http://gateway.test/q/canary?canary=canary", {
      headers: { cookie: "canary", "user-agent": "canary" },
    });
    await app.fetch("http://gateway.test/canary", { method: "CANARY" });
    await sent();
    expect(bodies.join()).toContain("claude_gateway.dataset");
    expect(bodies.join()).not.toMatch(/canary|sk-ant/i);
  });

  test("has late requests under the request, once the span of their field has ended", async () => {
    const { url, spans } = await receiver();
    const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const tracing = await openTracing(config, createLog({ level: "info", now: () => 0, write() {} }));
    if (tracing === null) throw new Error("not configured");
    const record = new RequestRecord(
      { id: null, method: "POST", target: "/graphql", httpVersion: "1.1", traceparent: null, address: "" },
      0,
    );
    record.trace = tracing.begin(record, () => null);
    const attempt = () =>
      tracing.attempt({
        dataset: "CONSOLE_COST",
        path: "/cost",
        host: new URL("http://upstream.test"),
        resends: 0,
      });
    currentRequest.run(record, () =>
      record.trace?.enter?.("Query.cost", () => {
        attempt()?.end(null);
        record.complete({ status: 200 });
        const late = [attempt(), attempt()];
        for (const each of late) each?.end(null);
      }),
    );
    await tracing.dispose();
    const [request] = spans().filter(({ kind }) => kind === SERVER);
    const fields = spans().filter(({ name }) => name === "Query.cost");
    const parents = spans().flatMap(({ kind, parentSpanId }) => (kind === CLIENT ? [parentSpanId] : []));
    expect(parents).toEqual([fields[0]?.spanId, request?.spanId, request?.spanId]);
    expect(fields).toHaveLength(1);
  });

  test("names the operation of a trusted document", async () => {
    const { app, spans, sent } = await traced({ sandbox: { users: 20 } });
    await app.fetch("http://gateway.test/q/Datasets");
    await sent();
    const [request] = spans().filter(({ kind }) => kind === SERVER);
    expect(request?.name).toBe("GET /q/");
    expect(request && attributesOf(request)["graphql.operation.name"]).toBe("Datasets");
  });

  test.each<[string, Environment, string | undefined]>([
    ["that the client does not sample", {}, `00-${TRACE}-${PARENT}-00`],
    [
      "beyond the ratio",
      { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
      undefined,
    ],
    ["with the sampler always_off", { OTEL_TRACES_SAMPLER: "always_off" }, `00-${TRACE}-${PARENT}-01`],
  ])("is not sent for a request %s, and upstream reads that", async (_which, settings, traceparent) => {
    const outgoing: (string | undefined)[] = [];
    const people: Route = (_query, { headers }) => {
      outgoing.push(headers.traceparent);
      return json(tokenPage([wireUser("user_a")]));
    };
    const { app, bodies, sent } = await traced({ routes: { [PATHS.users]: people } }, settings);
    await post(app, { query: USERS }, traceparent);
    await sent();
    expect(bodies).toEqual([]);
    expect(outgoing).toHaveLength(1);
    expect(outgoing[0]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
  });

  test.each([
    "",
    "00",
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    "x".repeat(9_000),
  ])("begins anew where the client's header is malformed: %.40s", async (traceparent) => {
    const { app, spans, sent } = await traced({ routes: {} });
    await post(app, { query: "{ __typename }" }, traceparent);
    await sent();
    expect(spans()).toHaveLength(1);
    expect(spans()[0]?.traceId).not.toBe(TRACE);
    expect(spans()[0]).not.toHaveProperty("parentSpanId");
  });

  test("is sent with its headers and names the gateway", async () => {
    const { app, requests, bodies, sent } = await traced(
      { routes: {} },
      {
        OTEL_EXPORTER_OTLP_HEADERS: "x-token=a%20b",
        OTEL_SERVICE_NAME: "figures",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      },
    );
    await post(app, { query: "{ __typename }" });
    await sent();
    expect(requests).toMatchObject([
      { url: "/v1/traces", headers: { "x-token": "a b", "content-type": "application/json" } },
    ]);
    const [{ resource } = { resource: { attributes: [] } }] = (JSON.parse(bodies[0] ?? "") as WireBody)
      .resourceSpans;
    expect(attributesOf(resource)).toMatchObject({
      "service.name": "figures",
      "deployment.environment.name": "test",
    });
  });

  test("is in the audit log, and a receiver that fails costs one line of the log and no answer", async () => {
    const { app, audited, lines, sent } = await traced({ routes: {} }, {}, 503);
    for (let i = 0; i < 3; i++)
      expect(await post(app, { query: "{ __typename }" }, `00-${TRACE}-${PARENT}-01`)).toMatchObject({
        data: {},
      });
    await sent();
    expect(audited.map(({ trace_id }) => trace_id)).toEqual([TRACE, TRACE, TRACE]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: "warn", code: "HTTP_503" }]);
  });
});

describe("a whole gateway", { tags: "deep" }, () => {
  test.each(["1", "2"])("of %s processes sends its spans before it ends", async (workers) => {
    const { url: endpoint, spans } = await receiver();
    const { url, gateway: served } = await serve({
      settings: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, WORKERS: workers },
    });
    await ask(url, USERS);
    served.child.kill("SIGTERM");
    expect((await served.ended()).code).toBe(0);
    expect(spans().map(({ name }) => name)).toEqual(
      expect.arrayContaining(["POST /graphql", "Query.users", "GET"]),
    );
    expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1);
  });

  test("of an agent sends the spans of its calls", async () => {
    const { url: endpoint, spans } = await receiver();
    const client = new Client({ name: "test", version: "1" });
    const gateway = new URL("../gateway.js", import.meta.url).pathname;
    const { PATH = "" } = process.env;
    const env = { PATH, SANDBOX_USERS: "20", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [gateway, "mcp"], env, stderr: "pipe" }),
    );
    await client.callTool({ name: "CostByModel", arguments: {} });
    await client.close();
    await expect.poll(() => spans().map(({ name }) => name)).toContain("POST /mcp");
    expect(spans().map(({ name }) => name)).toEqual(expect.arrayContaining(["Query.cost", "GET"]));
  });
});

describe("without a receiver", () => {
  test("no trace is opened, whatever else is set", async () => {
    const config = readConfig({ OTEL_SERVICE_NAME: "figures", OTEL_TRACES_SAMPLER: "x" });
    expect(config.tracing).toBeNull();
    expect(await openTracing(config, createLog({ level: "info", now: () => 0, write() {} }))).toBeNull();
  });

  test("the library is not loaded: one module imports it, which is imported when it is needed", () => {
    const importing = globSync("{src,schema}/**/*.ts").filter((path) =>
      /^import (?!type)[^;]*?(?:@opentelemetry\/|observability\/(?:tracing|otlp-exporter)\.ts)/m.test(
        readFileSync(path, "utf8").replaceAll(/^import \{\s*type [^}]*\}/gm, ""),
      ),
    );
    expect(importing).toEqual(["src/server/observability/tracing.ts"]);
  });
});

test("settings of traces that cannot be used are refused by name", () => {
  const faults = (settings: Environment) =>
    settingFaults({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", ...settings });
  expect(faults({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })[0]).toMatch(
    /^OTEL_EXPORTER_OTLP_PROTOCOL is not http\/json/,
  );
  expect(faults({ OTEL_TRACES_SAMPLER: "some" })[0]).toMatch(/^OTEL_TRACES_SAMPLER is not one of/);
  expect(faults({ OTEL_TRACES_SAMPLER_ARG: "2" })[0]).toMatch(
    /^OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1/,
  );
  expect(faults({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:canary@b" }).join()).not.toContain("canary");
  expect(faults({ OTEL_EXPORTER_OTLP_HEADERS: "canary" }).join()).toMatch(
    /^OTEL_EXPORTER_OTLP_HEADERS is not a list(?!.*canary)/,
  );
});
