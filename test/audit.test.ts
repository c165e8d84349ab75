import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as ask, createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { buildSchema, getOperationAST, parse } from "graphql";
import { Agent } from "undici";
import { afterAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { openAuditLog } from "../src/cli/audit-log.ts";
import { createLog, faultOf } from "../src/cli/log.ts";
import { readConfig } from "../src/config.ts";
import { Pseudonyms } from "../src/domain/pseudonym.ts";
import { sha256 } from "../src/server/auth/tokens.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { currentRequest } from "../src/server/http/request-record.ts";
import type { AuditEntry } from "../src/server/observability/audit.ts";
import { digestBy } from "../src/server/observability/digest.ts";
import { redactVariables } from "../src/server/observability/variables.ts";
import { ConfigError } from "../src/settings/config-error.ts";
import type { Environment } from "../src/settings/settings.ts";
import { builtFolder } from "./built-folder.ts";
import { type GatewayOptions, gateway, NOW, refusal } from "./gateway.ts";
import { PATHS } from "./wire.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tokenOf = (name: string) => `cag_${name.replace(/\W/g, "").padEnd(40, "x")}`;

const TOKENS_FILE = join(folder, "tokens.json");
const WHO = { ada: "OWNER", bob: "ADMIN", "eve@corp.example": "OWNER" };
writeFileSync(
  TOKENS_FILE,
  JSON.stringify(
    Object.entries(WHO).map(([name, role]) => ({
      name,
      role,
      sha256: sha256(tokenOf(name)).toString("hex"),
    })),
  ),
);
const GUARDED: Environment = { AUTH: "tokens", TOKENS_FILE };

/** A gateway and what it wrote of the last thing it was asked. */
function audited(options: GatewayOptions = { sandbox: { users: 20 } }) {
  const opened = gateway(options);
  const send = async (path: string, init: RequestInit = {}) => {
    const response = await opened.app.fetch(`http://gateway.test${path}`, init);
    const body = await response.text().catch(() => "cut off");
    return { response, body, entries: opened.audited.splice(0) };
  };
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { app: opened.app, seen: opened.seen, send, post };
}

/** The id of somebody of the simulated organization. */
async function somebody(): Promise<string> {
  const { data } = await gateway({ sandbox: { users: 20 } }).ask(
    "{ users(range: {last: {days: 7}}, first: 1) { nodes { userId } } }",
  );
  return data.users.nodes[0].userId;
}

const as = (name: string) => ({ authorization: `Bearer ${tokenOf(name)}` });

const PEOPLE = `query People($range: DateRange!, $filter: UserFilter) {
  users(range: $range, filter: $filter, first: 3) { nodes { email cost { net { usd } } } }
}`;
const WEEK = { between: { from: "2026-11-01", until: "2026-11-08" } };

describe("an operation", () => {
  test("leaves one line: who, what, how much, and how it ended", async () => {
    const { post } = audited({ sandbox: { users: 20 }, settings: { ...GUARDED, RESPONSE_CACHE: "off" } });
    const user = await somebody();
    const variables = { range: WEEK, filter: { users: [user] }, "ada@corp.example": 1 };
    const { entries } = await post({ query: PEOPLE, variables }, { ...as("ada"), "x-request-id": "id-1" });
    expect(entries).toEqual([
      {
        time: "2026-11-22T12:00:00.000Z",
        requestId: "id-1",
        kind: "graphql",
        caller: { name: "ada", role: "OWNER", identity: "full" },
        operation: "People",
        document: createHash("sha256").update(PEOPLE).digest("hex"),
        variables: [
          "range.between.from=2026-11-01",
          "range.between.until=2026-11-08",
          `filter.users=h:${user.length}`,
        ],
        otherVariables: 1,
        datasets: ["USER_ACTIVITY", "USER_COST"],
        upstreamRequests: 2,
        cacheHits: 0,
        status: 200,
        outcome: "OK",
        ms: expect.any(Number),
      },
    ]);
    const [again] = (await post({ query: PEOPLE, variables: { range: WEEK } }, as("ada"))).entries;
    expect(again).toMatchObject({ outcome: "OK" });
    const [third] = (await post({ query: PEOPLE, variables: { range: WEEK } }, as("ada"))).entries;
    expect(third).toMatchObject({ upstreamRequests: 0, cacheHits: 2 });
    expect(third).not.toHaveProperty("isKept");
  });

  test("that is answered from kept bytes leaves the same line, and says so", async () => {
    const { post } = audited({ sandbox: { users: 20 }, settings: { ...GUARDED, RESPONSE_CACHE: "on" } });
    const ask = () => post({ query: PEOPLE, variables: { range: WEEK } }, as("ada"));
    const [first] = (await ask()).entries;
    const [second] = (await ask()).entries;
    expect(second).toEqual({
      ...first,
      requestId: expect.any(String),
      upstreamRequests: 0,
      cacheHits: 0,
      isKept: true,
      ms: expect.any(Number),
    });
    const [byAnother] = (await post({ query: PEOPLE, variables: { range: WEEK } }, as("bob"))).entries;
    expect(byAnother).not.toHaveProperty("isKept");
  });

  test("says where it came from where callers are not authenticated", async () => {
    const [entry] = (await audited().post({ query: "{ __typename }" })).entries;
    expect(entry).toMatchObject({ caller: { address: "" }, variables: [], outcome: "OK" });
    expect(entry).not.toHaveProperty("operation");
  });

  test("of a caller named by an address says a digest of it", async () => {
    const { post } = audited({ sandbox: { users: 20 }, settings: GUARDED });
    const [entry] = (await post({ query: "{ __typename }" }, as("eve@corp.example"))).entries;
    expect(entry?.caller).toEqual({ name: "h:16", role: "OWNER", identity: "full" });
  });

  test("that requests the plan says so, and touched nothing", async () => {
    const { post } = audited();
    const [entry] = (await post({ query: PEOPLE, variables: { range: WEEK } }, { explain: "on" })).entries;
    expect(entry).toMatchObject({ explain: true, datasets: [], upstreamRequests: 0, outcome: "OK" });
  });

  test("of a trusted document says which, however it is requested", async () => {
    const { post, send } = audited();
    const range = WEEK.between;
    const called = await send(`/q/PeopleThisWeek?explain`);
    expect(called.entries).toEqual([expect.objectContaining({ kind: "graphql", trusted: "PeopleThisWeek" })]);
    const { document } = called.entries[0] as AuditEntry;
    const byId = await post({ documentId: document, variables: { range: { between: range } } });
    expect(byId.entries).toEqual([expect.objectContaining({ document, trusted: "PeopleThisWeek" })]);
    expect((await send("/q/canary")).entries).toEqual([
      expect.objectContaining({ kind: "graphql", status: 404, outcome: "NOT_FOUND" }),
    ]);
    expect((await post({ query: "{ __typename }" })).entries[0]).not.toHaveProperty("trusted");
  });

  test("that failed in part says with which codes", async () => {
    const { post } = audited({ sandbox: { users: 20 }, settings: GUARDED });
    const [entry] = (await post({ query: PEOPLE, variables: { range: WEEK } }, as("bob"))).entries;
    expect(entry).toMatchObject({
      status: 200,
      outcome: "FORBIDDEN",
      errors: ["FORBIDDEN"],
      datasets: ["USER_ACTIVITY"],
    });
  });
});

describe("a refused request leaves a line as well", () => {
  const big = JSON.stringify({ query: `{ __typename ${" ".repeat(2 ** 21)} }` });
  const months = { between: { from: "2026-01-01", until: "2026-11-01" } };
  const dear = "query ($range: DateRange!) { cost(range: $range, bucket: DAY) { total { net { usd } } } }";
  const question = { query: "{ __typename }" };

  test.each<[string, number, string, unknown, Record<string, string>]>([
    ["without a token", 401, "UNAUTHENTICATED", question, {}],
    ["with a wrong token", 401, "UNAUTHENTICATED", question, as("nobody")],
    ["not JSON", 400, "BAD_REQUEST", "{", as("ada")],
    ["no document", 400, "BAD_REQUEST", {}, as("ada")],
    ["a document that is none", 400, "BAD_REQUEST", { query: 5 }, as("ada")],
    ["too long", 413, "LIMIT_EXCEEDED", big, as("ada")],
    ["another type", 415, "BAD_REQUEST", question, { ...as("ada"), "content-type": "text/plain" }],
    ["compressed", 415, "BAD_REQUEST", question, { ...as("ada"), "content-encoding": "gzip" }],
    ["no GraphQL", 200, "GRAPHQL_PARSE_FAILED", { query: "{" }, as("ada")],
    ["not of the schema", 200, "GRAPHQL_VALIDATION_FAILED", { query: "{ canary }" }, as("ada")],
    ["a variable of no use", 200, "BAD_USER_INPUT", { query: PEOPLE, variables: { range: 5 } }, as("ada")],
    ["too dear", 200, "TOO_EXPENSIVE", { query: dear, variables: { range: months } }, as("ada")],
  ])("%s: %i %s", async (_what, status, code, body, headers) => {
    const settings = { ...GUARDED, MAX_UPSTREAM_REQUESTS: "1" };
    const { post, seen } = audited({ sandbox: { users: 20 }, settings });
    const { entries, response } = await post(body, headers);
    expect(response.status).toBe(status);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ status, outcome: code, errors: [code], datasets: [] });
    expect(entries[0]?.caller).toEqual(
      code === "UNAUTHENTICATED" ? { address: "" } : { name: "ada", role: "OWNER", identity: "full" },
    );
    expect(JSON.stringify(entries)).not.toMatch(/cag_|canary|__typename/);
    expect(seen).toEqual([]);
  });

  test("an unknown caller is not quoted, on any path", async () => {
    const { send } = audited({ sandbox: { users: 20 }, settings: GUARDED });
    const { entries } = await send("/canary?canary=1", {
      headers: { "user-agent": "canary", cookie: "canary" },
    });
    expect(entries).toEqual([
      expect.objectContaining({ kind: null, outcome: "UNAUTHENTICATED", status: 401 }),
    ]);
    expect(JSON.stringify(entries)).not.toContain("canary");
  });
});

test.each<[string, RequestInit]>([
  ["/healthz", {}],
  ["/readyz", {}],
  ["/graphql", { headers: { accept: "text/html" } }],
  ["/graphql", { method: "OPTIONS" }],
  ["/nowhere", {}],
])("%s is not an operation and leaves no line (%j)", async (path, init) => {
  const { send } = audited({ pages: builtFolder() });
  expect((await send(path, init)).entries).toEqual([]);
});

describe("a file", () => {
  test("leaves a line with its rows and parameters", async () => {
    const { send } = audited();
    const user = await somebody();
    const path = `/export/users.csv?range.between.from=2026-11-01&range.between.until=2026-11-08&fields=email&filter.users=${user}`;
    const [entry] = (await send(path)).entries;
    expect(entry).toMatchObject({
      kind: "export",
      operation: "users.csv",
      variables: [
        `filter.users=h:${user.length}`,
        "range.between.from=2026-11-01",
        "range.between.until=2026-11-08",
        "fields=email",
      ],
      datasets: ["USER_ACTIVITY"],
      upstreamRequests: 1,
      outcome: "OK",
      rows: 1,
    });
    expect((await send("/export/spend.ndjson?period=LAST_MONTH")).entries).toEqual([
      expect.objectContaining({
        operation: "spend.ndjson",
        variables: ["period=LAST_MONTH"],
        rows: expect.any(Number),
      }),
    ]);
  });

  test.each<[string, number, string, RequestInit?]>([
    ["/export/canary.csv", 404, "NOT_FOUND"],
    ["/export/users.csv?canary=ada@corp.example", 400, "BAD_USER_INPUT"],
    ["/export/spend.csv?period=CANARY", 400, "BAD_USER_INPUT"],
    ["/export/spend.csv", 405, "BAD_REQUEST", { method: "POST" }],
    ["/export/spend.csv", 403, "BAD_REQUEST", { headers: { "sec-fetch-site": "cross-site" } }],
  ])(
    "that cannot be downloaded leaves a line without its request: %s",
    async (path, status, code, init = {}) => {
      const { entries } = await audited().send(path, init);
      expect(entries).toEqual([expect.objectContaining({ kind: "export", status, outcome: code })]);
      expect(JSON.stringify(entries)).not.toMatch(/canary|corp/i);
    },
  );

  test("that is read slowly is counted to its end", { tags: "deep" }, async () => {
    const { app, seen, audited } = gateway({ sandbox: { users: 200 }, settings: { MAX_FIRST: "5" } });
    const server = createServer(app.handle).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const path = "/export/usage.ndjson?range.last.days=30&bucket=DAY&groupBy=USER&groupBy=MODEL";
    const [response] = (await once(ask({ port, path }).end(), "response")) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
      await sleep(1);
    }
    await expect.poll(() => audited.length).toBe(1);
    server.close();
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(audited[0]).toMatchObject({ outcome: "OK", upstreamRequests: seen.length });
    expect(audited[0]?.cacheHits).toBeGreaterThan(100);
    expect(audited[0]?.bytes).toBeGreaterThanOrEqual(bytes);
  });

  test("that breaks off leaves a line with why", async () => {
    let pages = 0;
    const { send } = audited({
      routes: {
        [PATHS.users]: () => {
          pages++;
          if (pages > 1) return refusal(500, "api_error", "no");
          const users = Array.from({ length: 1_000 }, (_, i) => ({ user: { id: `user_${i}` } }));
          return {
            status: 200,
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ data: users, next_page: "more", data_refreshed_at: NOW }),
          };
        },
      },
    });
    const { entries } = await send("/export/users.csv?range.last.days=7&fields=userId");
    expect(entries).toEqual([expect.objectContaining({ outcome: expect.stringMatching(/^UPSTREAM_/) })]);
  });
});

const SCHEMA = buildSchema(`
  enum Kind { PEOPLE THINGS }
  scalar Date
  input Inner { day: Date, kind: Kind, name: String, more: [Inner!] }
  type Query { ask(inner: Inner, ids: [ID!], kind: Kind, count: Int, name: String): Int }
`);

describe("variables", () => {
  const shown = (declared: string, given: Readonly<Record<string, unknown>>) => {
    const operation = getOperationAST(parse(`query (${declared}) { ask }`));
    if (!operation) throw new Error("no operation");
    return redactVariables(SCHEMA, operation, given, (text) => `h:${text.length}`);
  };

  test("keep values that are not text: numbers, booleans, null, days and values of enums", () => {
    const inner = { day: "2026-11-01", kind: "PEOPLE", name: "ada", more: [{ day: "2026-02-30" }] };
    expect(shown("$a: Inner, $b: Int, $c: Kind, $d: ID", { a: inner, b: 5, c: null, d: true })).toEqual([
      "a.day=2026-11-01",
      "a.kind=PEOPLE",
      "a.name=h:3",
      "a.more.day=h:10",
      "b=5",
      "c=null",
      "d=true",
    ]);
  });

  test("show which figures are requested, but no other name", () => {
    const given = { a: "console", b: "enterprise", c: "acme" };
    expect(shown("$a: String, $b: String, $c: String", given)).toEqual([
      "a=console",
      "b=enterprise",
      "c=h:4",
    ]);
  });

  test("are cut where they are long, and the rest counted", () => {
    const entries = shown("$a: [ID!]", { a: Array.from({ length: 1_000 }, (_, i) => `id ${i}`) });
    expect(entries).toHaveLength(21);
    expect(entries.at(-1)).toBe("a=… 980 more");
    expect(shown("$a: [ID!], $b: Inner", { a: [], b: {} })).toEqual(["a=[]", "b={}"]);
  });

  test("of any value show no text but digests, days, enums and names of the schema", () => {
    const declared = "$inner: Inner, $ids: [ID!], $kind: Kind, $count: Int, $name: String";
    const keys = ["inner", "ids", "kind", "count", "name", "day", "more", "__proto__", "constructor", "x"];
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("PEOPLE", "people", "2026-11-01"));
    const json = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.integer(),
        fc.constantFrom(null, true),
        fc.array(tie("any"), { maxLength: 30 }),
        fc.dictionary(fc.constantFrom(...keys), tie("any")),
      ),
    })).any;
    const path = String.raw`(inner|ids|kind|count|name)(\.(day|kind|name|more))*`;
    const value = String.raw`h:\d+|… \d+ more|…|PEOPLE|THINGS|\d{4}-\d{2}-\d{2}|-?\d+|true|null|\[\]|\{\}`;
    const allowed = new RegExp(`^${path}=(${value})$`);
    const check = (entries: readonly string[]): void => {
      for (const entry of entries) expect(entry).toMatch(allowed);
    };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), json), (given) => check(shown(declared, given))),
      { numRuns: 500 },
    );
  });

  test("never lead from an address to a pseudonym", () => {
    const pseudonyms = new Pseudonyms("key");
    const [shown = ""] = digestBy(pseudonyms)("ada@example.com").split("h:").slice(1);
    expect(shown).toHaveLength(12);
    expect(pseudonyms.address("ada@example.com")).not.toContain(shown);
  });

  test("make no line too long to be kept", async () => {
    const { post } = audited();
    const declared = Array.from({ length: 20 }, (_, i) => `$v${i}: [ID!]`).join(" ");
    const ids = Array.from({ length: 1_000 }, (_, i) => `${"x".repeat(50)}${i}`);
    const variables = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`v${i}`, ids]));
    const digest = digestBy(new Pseudonyms("key"));
    expect(digest("a")).toMatch(/^h:[\w-]{12}$/);
    expect(digest("a")).not.toBe(digestBy(new Pseudonyms("another"))("a"));
    const query = `query (${declared}) { __typename }`;
    const [entry] = (await post({ query, variables })).entries;
    expect(JSON.stringify(entry).length).toBeLessThan(6_000);
  });
});

/** The JSON types that stand under each key of some lines, by path. */
function typesOf(lines: readonly unknown[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  const note = (path: string, type: string) => types.set(path, (types.get(path) ?? new Set()).add(type));
  const visit = (path: string, value: unknown): void => {
    if (value === null) return;
    if (Array.isArray(value)) {
      note(path, "list");
      for (const each of value) visit(`${path}[]`, each);
    } else if (typeof value === "object") {
      note(path, "object");
      for (const [key, each] of Object.entries(value)) visit(path === "" ? key : `${path}.${key}`, each);
    } else note(path, typeof value);
  };
  for (const line of lines) visit("", line);
  return types;
}

test("every key of the logs has one type, for any request and any failure", async () => {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(...text.trimEnd().split("\n"));
  const losses = { onLoss: () => {}, onRecovery: () => {} };
  const { audit, close } = openAuditLog("stdout", { stdout: write, stderr: write, ...losses });
  const log = createLog({ level: "trace", now: () => Date.parse(NOW), write });
  const guarded = audited({ sandbox: { users: 20 }, settings: { ...GUARDED, MAX_UPSTREAM_REQUESTS: "5" } });
  const note = ({ entries }: { readonly entries: readonly AuditEntry[] }) => {
    for (const entry of entries) audit?.(entry);
  };

  for (const query of queryLibrary()) note(await guarded.post({ query }, as("ada")));
  const filters: readonly [type: string, value: unknown][] = [
    ["UserFilter", { users: ["ada"] }],
    ["UserFilter", null],
    ["UserFilter", {}],
    ["String", "ada"],
    ["Int", 3],
    ["Float", 0.5],
    ["Boolean", true],
    ["ID", 7],
    ["Date", "2026-11-01"],
    ["[ID!]", ["ada", "bob"]],
    ["[ID!]", []],
    ["[Int]", [1, null]],
    ["[[Int]]", [[1], [2]]],
    ["ReportSource", "AUTO"],
    ["DateRange", { last: { days: 7 } }],
    ["DateRange", { period: "LAST_MONTH" }],
  ];
  for (const [type, filter] of filters) {
    const query = `query Ask($filter: ${type}) { ask: __typename @include(if: true) }`;
    note(await guarded.post({ query, variables: { filter, other: filter } }, as("ada")));
  }
  for (const path of [
    "users.csv?range.last.days=7&fields=email",
    "users.csv?range.period=LAST_MONTH&filter.users=ada",
    "spend.csv?period=LAST_MONTH",
    "nothing.csv",
  ])
    note(await guarded.send(`/export/${path}`, { headers: as("ada") }));
  note(await guarded.send("/q/PeopleThisWeek?first=5", { headers: as("bob") }));
  note(await guarded.send("/graphql", { headers: { authorization: "Basic x" } }));
  note(await guarded.post("{", as("ada")));

  const codes = ["ECONNREFUSED", 20, -111, undefined, Symbol("s"), {}, "a b"];
  const faults = codes.map((code) =>
    Object.assign(new Error("x", { cause: "text" }), { code, status: code }),
  );
  for (const fault of [
    ...faults,
    new Error("outer", { cause: faults[1] }),
    "text",
    null,
    5,
    new ConfigError(["x"]),
  ])
    log.error({ fault: faultOf(fault) }, "fault");
  log.error({ fault: faultOf(new DOMException("late", "TimeoutError")) }, "fault");

  await close();
  expect(lines.length).toBeGreaterThan(40);
  const types = typesOf(lines.map((line): unknown => JSON.parse(line)));
  const several = [...types].filter(([, kinds]) => kinds.size > 1).map(([path, kinds]) => [path, ...kinds]);
  expect(several).toEqual([]);
  // A key for each variable would make as many keys in a log store as callers think of.
  expect([...types.keys()].filter((path) => path.startsWith("variables"))).toEqual([
    "variables",
    "variables[]",
  ]);
});

describe("the request id", () => {
  const EVERYWHERE: readonly [string, RequestInit][] = [
    [
      "/graphql",
      { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{__typename}"}' },
    ],
    ["/graphql", { method: "POST", headers: { "content-type": "text/plain" }, body: "{" }],
    ["/graphql", { headers: { accept: "text/html" } }],
    ["/graphql", { method: "OPTIONS" }],
    ["/healthz", {}],
    ["/readyz", {}],
    ["/nowhere", {}],
    ["/export/users.csv?range.last.days=7&fields=userId", {}],
    ["/export/nothing.csv", {}],
  ];
  const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

  test.each(EVERYWHERE)("is on every answer: %s %j", async (path, init) => {
    for (const settings of [{}, GUARDED]) {
      const { send } = audited({ sandbox: { users: 20 }, settings });
      const kept = await send(path, { ...init, headers: { ...init.headers, "x-request-id": "Trace-1.a_B" } });
      expect(kept.response.headers.get("x-request-id")).toBe("Trace-1.a_B");
      for (const { requestId } of kept.entries) expect(requestId).toBe("Trace-1.a_B");
      expect((await send(path, init)).response.headers.get("x-request-id")).toMatch(UUID);
    }
  });

  test.each(["", "a b", "a,b", "é", "<script>", "a".repeat(129), '"', "a;b=c", "a/b"])(
    "that is not a plain word is not repeated: %s",
    async (id) => {
      const { post } = audited();
      const { response, entries } = await post({ query: "{ __typename }" }, { "x-request-id": id });
      expect(response.headers.get("x-request-id")).toMatch(UUID);
      expect(entries[0]?.requestId).toBe(response.headers.get("x-request-id"));
    },
  );

  test("is known where a fault is reported", async () => {
    const told: unknown[] = [];
    const entries: AuditEntry[] = [];
    const times = [Date.parse(NOW)];
    const app = createApp(readConfig({}), {
      dispatcher: new Agent(),
      now: () => times.pop() ?? Number.NaN, // a clock that breaks once the request has come
      audit: (entry) => entries.push(entry),
      onFault: () => told.push(currentRequest.getStore()?.id),
    });
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": "id-9" },
      body: JSON.stringify({ query: "{ users(range: {last: {days: 7}}) { nodes { email } } }" }),
    });
    expect(await response.text()).toContain("INTERNAL_SERVER_ERROR");
    expect(new Set(told)).toEqual(new Set(["id-9"]));
    expect(entries[0]).toMatchObject({ requestId: "id-9", outcome: "INTERNAL_SERVER_ERROR" });
  });
});
