import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { gateway } from "./gateway.ts";

const URL = "http://gateway.test/graphql";
const [OURS, ALSO] = ["https://dashboard.example.com", "http://localhost:3000"];

const STRANGERS = [
  "https://evil.example",
  "null",
  "https://dashboard.example.com.evil.example",
  "https://dashboard.example.com:8443",
  "http://dashboard.example.com",
  "https://DASHBOARD.example.com",
  "*",
];

const ALLOWED_HEADERS =
  "apollo-require-preflight, apollographql-client-name, apollographql-client-version, authorization, b3, baggage, cache-control, content-type, elastic-apm-traceparent, explain, graphql-client-name, graphql-client-version, graphql-require-preflight, if-modified-since, if-none-match, mcp-method, mcp-name, mcp-protocol-version, newrelic, pragma, request-context, request-id, sentry-trace, traceparent, tracestate, uber-trace-id, x-amzn-trace-id, x-apollo-operation-id, x-apollo-operation-name, x-apollo-operation-type, x-b3-flags, x-b3-parentspanid, x-b3-sampled, x-b3-spanid, x-b3-traceid, x-datadog-origin, x-datadog-parent-id, x-datadog-sampling-priority, x-datadog-tags, x-datadog-trace-id, x-graphql-yoga-csrf, x-request-id, x-requested-with";

function asked(app: ReturnType<typeof gateway>["app"], origin: string, method: "POST" | "OPTIONS") {
  const headers = { origin, "content-type": "application/json" };
  if (method === "OPTIONS") {
    const preflight = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type, authorization",
    };
    return app.fetch(URL, { method, headers: { ...headers, ...preflight } });
  }
  return app.fetch(URL, { method, headers, body: JSON.stringify({ query: "{ __typename }" }) });
}

const corsOf = ({ headers }: Response) =>
  [...headers].filter(([name]) => name.startsWith("access-control-")).sort();

describe("pages of other origins", () => {
  test.each(STRANGERS)("that are not listed get no CORS header: %s", async (origin) => {
    for (const settings of [{}, { ALLOWED_ORIGINS: OURS }, { ALLOWED_ORIGINS: `${OURS}, ${ALSO}` }]) {
      const { app } = gateway({ sandbox: { users: 3 }, settings });
      for (const method of ["POST", "OPTIONS"] as const)
        expect(corsOf(await asked(app, origin, method))).toEqual([]);
    }
  });

  test("that are listed may ask with a token and read, without cookies", async () => {
    const { app } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: `${OURS}, ${ALSO}` } });
    for (const origin of [OURS, ALSO]) {
      const preflight = await asked(app, origin, "OPTIONS");
      expect(preflight.status).toBe(204);
      expect(corsOf(preflight)).toEqual([
        ["access-control-allow-headers", ALLOWED_HEADERS],
        ["access-control-allow-methods", "GET, POST"],
        ["access-control-allow-origin", origin],
        [
          "access-control-expose-headers",
          "age, cache-status, etag, freshness, link, list-extent, upstream-usage, x-request-id, retry-after, www-authenticate",
        ],
        ["access-control-max-age", "600"],
      ]);
      const answer = await asked(app, origin, "POST");
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(await answer.json()).toMatchObject({ data: { __typename: "Query" } });
    }
  });

  test("that say where they are of when they ask by GET, as for a web socket, ask nothing", async () => {
    const { app, seen } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: OURS } });
    const get = (origin: string, more: Record<string, string> = {}) =>
      app.fetch(`${URL}?query={organization{name}}`, {
        headers: { host: "gateway.test", accept: "application/json", origin, ...more },
      });
    for (const origin of [
      "https://evil.example",
      "null",
      "http://gateway.test:81",
      "http://gateway.test.evil.example",
    ]) {
      for (const more of [{}, { upgrade: "websocket", connection: "upgrade" }])
        expect((await get(origin, more)).status, origin).toBe(403);
    }
    expect(seen).toEqual([]);
    for (const origin of [OURS, "http://gateway.test"]) expect((await get(origin)).status, origin).toBe(200);
  });

  test("are kept apart by caches between them and the gateway", async () => {
    const { app } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: OURS } });
    for (const origin of [OURS, "https://evil.example"])
      expect((await asked(app, origin, "POST")).headers.get("vary")).toMatch(/\borigin\b/i);
  });

  test("authenticate even after a preflight", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "tokens-")), "tokens.json");
    writeFileSync(path, "[]");
    const { app } = gateway({
      sandbox: { users: 3 },
      settings: { ALLOWED_ORIGINS: OURS, AUTH: "tokens", TOKENS_FILE: path },
    });
    expect((await asked(app, OURS, "OPTIONS")).status).toBe(204);
    const refused = await asked(app, OURS, "POST");
    expect(refused.headers.get("access-control-allow-origin")).toBe(OURS); // or the page could not read why
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  });
});

/** What a browser asks before it sends the headers of a page, and whether it then would (Fetch, CORS-preflight fetch). */
async function maySend(settings: Environment, headers: readonly string[], method = "POST"): Promise<boolean> {
  const { app } = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: OURS, ...settings } });
  const { ok, headers: said } = await app.fetch(URL, {
    method: "OPTIONS",
    headers: {
      origin: OURS,
      "access-control-request-method": method,
      "access-control-request-headers": [...headers].sort().join(","),
    },
  });
  const listed = (name: string) => (said.get(name) ?? "").split(",").map((each) => each.trim());
  const allowed = listed("access-control-allow-headers");
  const isAllowed = (name: string) =>
    allowed.includes(name) || (allowed.includes("*") && name !== "authorization");
  return (
    ok &&
    said.get("access-control-allow-origin") === OURS &&
    (["GET", "HEAD", "POST"].includes(method) || listed("access-control-allow-methods").includes(method)) &&
    headers.every(isAllowed)
  );
}

describe("pages of a listed origin may send the headers of", () => {
  test.each<[client: string, headers: readonly string[]]>([
    ["Apollo Client", ["content-type", "apollographql-client-name", "apollographql-client-version"]],
    [
      "Apollo's other clients",
      ["apollo-require-preflight", "x-apollo-operation-name", "x-apollo-operation-id"],
    ],
    ["urql and Relay", ["authorization", "content-type"]],
    ["Yoga's and Hive's clients", ["x-graphql-yoga-csrf", "graphql-client-name", "graphql-client-version"]],
    ["OpenTelemetry", ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid"]],
    ["Sentry", ["sentry-trace", "baggage", "traceparent"]],
    [
      "Datadog",
      ["x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority"],
    ],
    ["New Relic", ["newrelic", "traceparent", "tracestate"]],
    ["Application Insights", ["request-id", "request-context", "traceparent"]],
    ["Elastic", ["elastic-apm-traceparent", "traceparent", "tracestate"]],
    ["jQuery and axios", ["x-requested-with", "content-type"]],
    ["a page that has an answer already", ["if-none-match", "cache-control"]],
  ])("%s", async (_client, headers) => {
    expect(await maySend({}, ["authorization", ...headers])).toBe(true);
  });

  test("a custom client, where ALLOWED_HEADERS lists it, and nothing else", async () => {
    expect(await maySend({}, ["x-tenant"])).toBe(false);
    expect(await maySend({ ALLOWED_HEADERS: "X-Tenant, x-session" }, ["x-session", "x-tenant"])).toBe(true);
    expect(await maySend({ ALLOWED_HEADERS: "x-tenant" }, ["x-tenant", "x-other"])).toBe(false);
    expect(await maySend({ ALLOWED_HEADERS: "x-tenant" }, ["sentry-trace", "authorization"])).toBe(true);
  });

  test("any client, with ALLOWED_HEADERS=*, a token included", async () => {
    expect(await maySend({ ALLOWED_HEADERS: "*" }, ["x-anything", "authorization"])).toBe(true);
  });

  test.each(["PUT", "DELETE", "PATCH"])("nothing by %s", async (method) => {
    expect(await maySend({}, ["content-type"], method)).toBe(false);
  });

  test.each(["x tenant", "x-tenant,", "x:y", "ä"])("%j is a list of no headers", (value) => {
    expect(() => readConfig({ ALLOWED_HEADERS: value })).toThrow(/ALLOWED_HEADERS is not a list of names/);
  });
});

describe("the origin of a page that may not read its answer", () => {
  const LOCAL = "http://localhost:5173";
  const call = (opened: ReturnType<typeof gateway>, headers: Record<string, string>, method = "OPTIONS") =>
    opened.app.fetch(URL, {
      method,
      headers: { host: "gateway.test", "content-type": "application/json", ...headers },
      ...(method === "POST" && { body: '{"query":"{__typename}"}' }),
    });

  test("is noted once, whether the browser asks by preflight, POST or GET", async () => {
    for (const method of ["OPTIONS", "POST", "GET"]) {
      const opened = gateway({ sandbox: { users: 3 } });
      for (let i = 0; i < 3; i++) await call(opened, { origin: LOCAL }, method);
      expect(opened.foreignOrigins, method).toEqual([LOCAL]);
    }
  });

  test("is noted for each origin, up to twenty of them", async () => {
    const opened = gateway({ sandbox: { users: 3 } });
    const origins = Array.from({ length: 50 }, (_, i) => `http://localhost:${5_000 + i}`);
    for (const origin of [...origins, "null"]) await call(opened, { origin });
    expect(opened.foreignOrigins).toEqual(origins.slice(0, 20));
  });

  test("is noted where the page has none, as one from a file", async () => {
    const opened = gateway({ sandbox: { users: 3 } });
    await call(opened, { origin: "null" });
    expect(opened.foreignOrigins).toEqual(["null"]);
  });

  test("is not noted where it is listed, the gateway's own, or no origin at all", async () => {
    const opened = gateway({ sandbox: { users: 3 }, settings: { ALLOWED_ORIGINS: LOCAL } });
    await call(opened, { origin: LOCAL });
    await call(opened, { origin: "http://gateway.test" }, "POST");
    // A proxy before the gateway has another name for it than its pages have.
    await call(opened, { origin: "https://public.example", "sec-fetch-site": "same-origin" }, "POST");
    await call(opened, {}, "POST");
    for (const origin of [
      "http://a.example/path",
      "x".repeat(300),
      "javascript:alert(1)",
      "chrome-extension://abc",
    ])
      await call(opened, { origin });
    expect(opened.foreignOrigins).toEqual([]);
  });
});

test.each([
  "https://a.example/",
  "https://a.example/path",
  "a.example",
  "*",
  "null",
  "file://a",
  "https://a.example,",
])("is not an origin: %s", (value) => {
  expect(() => readConfig({ ALLOWED_ORIGINS: value })).toThrow(/ALLOWED_ORIGINS is not a list of origins/);
});

const pages = builtFolder();

test.each([
  "/graphql",
  "/healthz",
  "/readyz",
  "/nowhere",
  "/export/spend.csv?period=LAST_MONTH",
  "/export/nothing.csv",
])("%s is served as its stated type, and is never embedded or stored elsewhere", async (path) => {
  const { app } = gateway({ sandbox: { users: 3 }, pages });
  for (const accept of ["text/html", "application/json"]) {
    const { headers } = await app.fetch(`http://gateway.test${path}`, { headers: { accept } });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    const isPage = ["/graphql", "/"].includes(path) && accept === "text/html"; // it has no figures
    expect(headers.get("cache-control")).toBe(isPage ? "no-cache" : "no-store");
  }
});
