import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { getIntrospectionQuery, parse } from "graphql";
import { describe, expect, test, vi } from "vitest";
import { schema } from "../schema/index.ts";
import type { Context } from "../src/context.ts";
import { ORGANIZATIONS } from "../src/domain/organization.ts";
import { scopesOf, VIEWER_OF_ALL } from "../src/domain/viewer.ts";
import { operationOf } from "../src/planning/operation.ts";
import { rowsOf } from "../src/planning/rows.ts";
import { sha256 } from "../src/server/auth/tokens.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { boundDocument, boundVariables } from "../src/server/limits/document.ts";
import { type LimitName, REQUEST_LIMITS, type RequestLimits } from "../src/settings/limits.ts";
import type { Environment } from "../src/settings/settings.ts";
import { forAll } from "./arbitrary.ts";
import { type Answer, type ClientError, gateway, json, NOW, type Route } from "./gateway.ts";
import { folder } from "./stores/stores.ts";
import { PATHS, tokenPage, wireUser } from "./wire.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;
const RESPONSE_JSON = "application/graphql-response+json";

/** Bounds that nothing passes, but for those given. */
function only(limits: Partial<RequestLimits>): RequestLimits {
  const unbounded = Object.fromEntries(Object.keys(REQUEST_LIMITS).map((name) => [name, Number.MAX_VALUE]));
  return { ...(unbounded as RequestLimits), ...limits };
}

/** The gateway over one page of people, asked with whole requests. */
function served(settings: Environment = {}, users: Route = () => json(tokenPage([wireUser("user_a")]))) {
  const { app, ask, at, seen, faults } = gateway({
    routes: { [PATHS.users]: users },
    settings,
  });
  return {
    app,
    ask,
    at,
    seen,
    faults,
    async post(
      body: object | string,
      headers: Record<string, string> = {},
    ): Promise<{ status: number; headers: Headers; answer: Answer }> {
      const response = await app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, answer: await response.json() };
    },
  };
}

/** The error of an operation that a limit refuses, by either media type and with nothing asked of upstream. */
async function expectExceeded(
  limit: string,
  request: { query: string; variables?: object },
  settings: Environment = {},
): Promise<ClientError> {
  const { post, seen, faults } = served(settings);
  const strict = await post(request, { accept: RESPONSE_JSON });
  const { status, answer } = await post(request);
  expect([strict.status, status]).toEqual([400, 200]);
  expect(strict.answer).toEqual(answer);
  const [error, ...others] = answer.errors ?? [];
  expect(error?.extensions, error?.message).toMatchObject({ code: "LIMIT_EXCEEDED", limit });
  expect(others).toEqual([]);
  expect(answer.data ?? null).toBeNull();
  expect(error?.message).toContain(`(${limit})`);
  expect(seen).toEqual([]);
  expect(faults).toEqual([]);
  return error as ClientError;
}

/** Runs, whatever comes of it: no limit has anything against it. */
async function expectTaken(
  request: { query: string; variables?: object },
  settings: Environment = {},
): Promise<void> {
  const { answer } = await served(settings).post(request);
  expect(answer.errors?.filter(({ extensions }) => extensions.code === "LIMIT_EXCEEDED") ?? []).toEqual([]);
}

const times = <T>(count: number, piece: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => piece(i));
const nested = (levels: number, open: string, close: string, inner = "") =>
  open.repeat(levels) + inner + close.repeat(levels);

/** So many levels of fields, from people into their groups, and into the people of those. */
const deep = (levels: number): string => {
  const steps = times(levels - 1, (i) => ["groups", "members(first: 1)", "nodes", "user"][(i + 2) % 4] ?? "");
  return `{ ${["", `users(${WEEK}, first: 1)`, ...steps.slice(1)].slice(1).reduceRight((inner, step) => `${step} { ${inner} }`, "__typename")} }`;
};

const globalId = (text: string) => Buffer.from(text).toString("base64url");

describe("a document at a limit is read, and one above it is not", () => {
  const CASES: [LimitName, max: number, make: (size: number) => string][] = [
    ["MAX_DOCUMENT_BYTES", 20_480, (size) => `{ __typename }`.padEnd(size, "#")],
    [
      "MAX_TOKENS",
      2_000,
      (size) => {
        const half = Math.floor((size - 24) / 2);
        return `{ nodes(ids: [${"1 ".repeat(half)}]) { id } b: nodes(ids: [${"1 ".repeat(size - 24 - half)}]) { id } }`;
      },
    ],
    ["MAX_OPERATIONS", 10, (size) => times(size, (i) => `query Q${i} { __typename }`).join(" ")],
    [
      "MAX_FRAGMENTS",
      50,
      (size) =>
        `{ ${times(size, (i) => `...F${i}`).join(" ")} } ${times(size, (i) => `fragment F${i} on Query { __typename }`).join(" ")}`,
    ],
    ["MAX_DEPTH", 12, deep],
    [
      "MAX_INTROSPECTION_DEPTH",
      15,
      (size) => `{ __schema { types { ${nested(size - 3, "ofType { ", "}", "name")} } } }`,
    ],
    ["MAX_ALIASES", 30, (size) => `{ ${times(size, (i) => `a${i}: __typename`).join(" ")} }`],
    ["MAX_DIRECTIVES", 30, (size) => `{ ${"__typename @skip(if: true) ".repeat(size)} }`],
    ["MAX_BREADTH", 200, (size) => `{ ${"__typename ".repeat(size)} }`],
    [
      "MAX_FIELDS",
      1_000,
      (size) =>
        `{ ${"organization { name ...F } ".repeat(100)} ${"__typename ".repeat(size - 1_000)} } fragment F on Organization { ${"name ".repeat(8)} }`,
    ],
    ["MAX_LIST_LENGTH", 1_000, (size) => `{ nodes(ids: [${'"x" '.repeat(size)}]) { id } }`],
    ["MAX_INPUT_DEPTH", 20, (size) => `{ nodes(ids: ${nested(size, "[", "]")}) { id } }`],
  ];

  test.each(CASES)("%s: %i", async (limit, max, make) => {
    const settings = { MAX_ROWS: "100000" };
    const { status, answer } = await served(settings).post(
      { query: make(max), ...(limit === "MAX_OPERATIONS" ? { operationName: "Q0" } : {}) },
      { accept: RESPONSE_JSON },
    );
    expect(answer.errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain("LIMIT_EXCEEDED");
    expect([200, 400]).toContain(status);
    const { extensions } = await expectExceeded(limit, { query: make(max + 1) }, settings);
    expect(extensions).toEqual({ code: "LIMIT_EXCEEDED", limit, max, value: max + 1 });
  });

  test.each(CASES)("%s can be set", async (limit, _max, make) => {
    const { min: least, max: most } = REQUEST_LIMITS[limit].format.range;
    const wide = { MAX_ROWS: "10000000", MAX_DOCUMENT_BYTES: "1MiB", MAX_TOKENS: "20000" };
    const lower = { ...wide, [limit]: `${least}` };
    expect(
      (await expectExceeded(limit, { query: make(least + (limit === "MAX_FIELDS" ? 1_000 : 1)) }, lower))
        .extensions.max,
    ).toBe(least);
    const byDefault = REQUEST_LIMITS[limit].default;
    const size = byDefault === "20KiB" ? 20_481 : Number(byDefault) + 1;
    await expectTaken({ query: make(size) }, { ...wide, [limit]: `${Math.min(most, size)}` });
  });

  test("GraphQL's own introspection, and every question of the library, is read at the least of all", async () => {
    const least = Object.fromEntries(
      Object.values(REQUEST_LIMITS).map(({ name, format }) => [name, `${format.range.min}`]),
    ) as Environment;
    for (const query of queryLibrary()) await expectTaken({ query }, { ...least, MAX_ROWS: "20000" });
    const whole = getIntrospectionQuery({
      inputValueDeprecation: true,
      oneOf: true,
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
    });
    const { answer } = await served().post({ query: whole });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.__schema.types.length).toBeGreaterThan(100);
  });
});

describe("through fragments", () => {
  test.each<[LimitName, string]>([
    [
      "MAX_ALIASES",
      `{ ...A ...A ...A ...A } fragment A on Query { ${times(8, (i) => `a${i}: __typename`).join(" ")} }`,
    ],
    [
      "MAX_DIRECTIVES",
      `{ ${"...A @include(if: true) ".repeat(16)} } fragment A on Query { __typename @skip(if: false) }`,
    ],
    ["MAX_BREADTH", `{ ${"... { ...A } ".repeat(11)} } fragment A on Query { ${"__typename ".repeat(20)} }`],
    [
      "MAX_DEPTH",
      `{ users(${WEEK}) { ...A } } fragment A on UserConnection { nodes { ...B } } fragment B on User { ${nested(5, "groups { members { ", "} }", "totalCount")} }`,
    ],
    [
      "MAX_INTROSPECTION_DEPTH",
      `{ ...A } fragment A on Query { __type(name: "User") { ...B } } fragment B on __Type { ${nested(15, "ofType { ", "}", "name")} }`,
    ],
    ["MAX_INPUT_DEPTH", `{ ...A } fragment A on Query { nodes(ids: ${nested(21, "[", "]")}) { id } }`],
    ["MAX_LIST_LENGTH", `{ ... on Query { nodes(ids: [${"1 ".repeat(1_001)}]) { id } } }`],
    ["MAX_INPUT_DEPTH", `query ($ids: [ID!]! = ${nested(21, "[", "]")}) { nodes(ids: $ids) { id } }`],
    ["MAX_INPUT_DEPTH", `query ($ids: ${nested(21, "[", "]", "ID")}) { nodes(ids: $ids) { id } }`],
    ["MAX_DIRECTIVES", `query ($a: Int ${"@x ".repeat(31)}) { __typename }`],
    [
      "MAX_ALIASES",
      `{ __typename } fragment Unused on Query { ${times(31, (i) => `a${i}: __typename`).join(" ")} }`,
    ],
  ])("%s is counted where a fragment is spread, or wherever else it stands", async (limit, query) => {
    await expectExceeded(limit, { query });
  });

  test("sizes are those of a document in which every fragment is written out", () => {
    type Tree = {
      readonly alias: boolean;
      readonly directive: boolean;
      readonly below: readonly Tree[] | null;
      readonly as: "field" | "inline" | "spread";
    };
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.record({
        alias: fc.boolean(),
        directive: fc.boolean(),
        as: fc.constantFrom("field" as const, "inline" as const, "spread" as const),
        below: fc.option(fc.array(tie("tree"), { minLength: 1, maxLength: 3 }), { depthIdentifier: "below" }),
      }),
    }));
    const written = (trees: readonly Tree[], fragments: string[]): string =>
      trees
        .map(({ alias, directive, below, as }) => {
          const inner = below === null ? null : `{ ${written(below, fragments)} }`;
          const said = directive ? " @include(if: true)" : "";
          if (inner === null || as === "field") return `${alias ? "x: " : ""}a${said} ${inner ?? ""}`;
          if (as === "inline") return `...${said} ${inner}`;
          fragments.push(inner);
          return `...F${fragments.length - 1}${said} ...F${fragments.length - 1}`;
        })
        .join(" ");
    /** The model: every spread written out, each fragment twice as above. */
    interface Model {
      aliases: number;
      directives: number;
      fields: number;
      width: number;
      widest: number;
      depth: number;
    }
    const model = (trees: readonly Tree[]): Model => {
      const all = trees.map(({ alias, directive, below, as }): Model => {
        const inner = below === null ? null : model(below);
        if (inner === null || as === "field")
          return {
            aliases: (alias ? 1 : 0) + (inner?.aliases ?? 0),
            directives: (directive ? 1 : 0) + (inner?.directives ?? 0),
            fields: 1 + (inner?.fields ?? 0),
            width: 1,
            widest: inner?.widest ?? 0,
            depth: 1 + (inner?.depth ?? 0),
          };
        const copies = as === "inline" ? 1 : 2;
        return {
          ...inner,
          aliases: copies * inner.aliases,
          directives: (directive ? 1 : 0) + copies * inner.directives,
          fields: copies * inner.fields,
          width: copies * inner.width,
        };
      });
      const sum = (key: keyof Model) => all.reduce((total, each) => total + each[key], 0);
      return {
        aliases: sum("aliases"),
        directives: sum("directives"),
        fields: sum("fields"),
        width: sum("width"),
        widest: Math.max(sum("width"), ...all.map(({ widest }) => widest)),
        depth: Math.max(...all.map(({ depth }) => depth)),
      };
    };
    forAll([fc.array(tree, { minLength: 1, maxLength: 4 })], (trees) => {
      const fragments: string[] = [];
      const query = `{ ${written(trees, fragments)} } ${fragments.map((inner, i) => `fragment F${i} on Query ${inner}`).join(" ")}`;
      const document = parse(query);
      const { aliases, directives, fields, widest, depth } = model(trees);
      const exact = {
        MAX_ALIASES: aliases,
        MAX_DIRECTIVES: directives,
        MAX_FIELDS: fields,
        MAX_BREADTH: widest,
        MAX_DEPTH: depth,
      };
      boundDocument(document, only(exact));
      for (const [name, value] of Object.entries(exact))
        expect(() => boundDocument(document, only({ [name]: value - 1 })), name).toThrow(name);
    });
  });
});

describe("rows", () => {
  const rows = (query: string, variableValues: Record<string, unknown> = {}, viewer = VIEWER_OF_ALL) => {
    const upstream = { tenant: { name: null, organizations: ORGANIZATIONS } };
    const organizations = { readable: [], requested: null };
    const about = { upstream, organizations, organization: null, base: null };
    const contextValue = {
      viewer,
      maxFirst: 1_000,
      now: () => Date.parse(NOW),
      ...about,
    } as object as Context;
    const operation = operationOf({ schema, document: parse(query), variableValues, contextValue });
    return operation === null || "faults" in operation ? operation : rowsOf(operation);
  };

  test.each<[number, string, Record<string, unknown>?]>([
    [0, "{ __typename }"],
    [50, `{ users(${WEEK}) { totalCount } }`],
    [50, `{ users(${WEEK}, first: null) { nodes { userId } edges { node { userId } } } }`],
    [7, `{ users(${WEEK}, first: 7) { nodes { userId } } }`],
    // What is looked up for a row can fail for each.
    [7 + 2 * 7, `{ users(${WEEK}, first: 7) { nodes { email cost { net { usd } } } } }`],
    [7, `query ($n: Int) { users(${WEEK}, first: $n) { totalCount } }`, { n: 7 }],
    [7, `query ($n: Int = 7) { users(${WEEK}, first: $n) { totalCount } }`],
    [9, `query ($n: Int = 7) { users(${WEEK}, first: $n) { totalCount } }`, { n: 9 }],
    [50, `query ($n: Int) { users(${WEEK}, first: $n) { totalCount } }`],
    [17, `{ a: users(${WEEK}, first: 7) { totalCount } b: users(${WEEK}, first: 10) { totalCount } }`],
    // The total is one for all of them.
    [7, `{ cost(${WEEK}, bucket: NONE, first: 7) { nodes { net { usd } } total { net { usd } } } }`],
    // Of one name they are one.
    [
      7,
      `{ users(${WEEK}, first: 7) { totalCount } ...F } fragment F on Query { users(${WEEK}, first: 7) { totalCount } }`,
    ],
    [
      14,
      `{ ...F a: users(${WEEK}, first: 7) { totalCount } } fragment F on Query { users(${WEEK}, first: 7) { totalCount } }`,
    ],
    [10 + 10 * 20, `{ groups(first: 10) { nodes { members(first: 20) { totalCount } } } }`],
    [10 + 10 * 50, `{ groups(first: 10) { nodes { members { totalCount } } } }`],
    [
      10 + 2 * 10 * 20,
      `{ groups(first: 10) { nodes { members(first: 20) { totalCount } } edges { node { members(first: 20) { totalCount } } } } }`,
    ],
    [1_000 + 1_000, `{ users(${WEEK}, first: 1000) { nodes { skills { name } } } }`],
    [
      3 + 3 * (2 + 2 * 5),
      `{ groups(first: 3) { nodes { members(first: 2) { nodes { user { claudeCodeRecords(${WEEK}, first: 5) { totalCount } } } } } } }`,
    ],
    [0, `query ($no: Boolean!) { users(${WEEK}) @include(if: $no) { totalCount } }`, { no: false }],
    [50, `query ($no: Boolean!) { users(${WEEK}) @skip(if: $no) { totalCount } }`, { no: false }],
    [0, `{ ... @skip(if: true) { users(${WEEK}) { totalCount } } }`],
    [3, `{ nodes(ids: ["a", "b", "c"]) { id } }`],
    [
      2 + 2 * 30,
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Group { members(first: 30) { totalCount } } ... on Skill { usedBy(first: 20) { totalCount } } } }`,
      { ids: [globalId("Group:rbac_group_a"), globalId("Skill:2026-11-01:2026-11-02:docx")] },
    ],
    // A day is a row, of the range the list was asked over.
    [10 + 10 * 7, `{ users(${WEEK}, first: 10) { nodes { activityByDay { date } } } }`],
    [
      10 + 10 * 90,
      `{ users(${WEEK}, first: 10) { nodes { user { activityByDay(range: { last: { days: 90 } }) { date } } } } }`,
    ],
    [
      10 + 10 + (10 + 10 * 29),
      `{ groups(first: 10, range: { last: { days: 30 } }) { nodes { activity { users } } } a: users(range: { last: { days: 29 } }, first: 10) { nodes { activityByDay { date } } } }`,
    ],
    // The field refuses these itself, and says at its own place what would work.
    [0, `{ users(${WEEK}, first: 1001) { nodes { skills { name } } } }`],
    [0, `{ users(${WEEK}, first: -1) { nodes { skills { name } } } }`],
  ])("%i are requested by %s", (count, query, variables) => {
    expect(rows(query, variables)).toBe(count);
  });

  test("are as many as report the refusal of a field of them", () => {
    const admin = { ...VIEWER_OF_ALL, scopes: scopesOf("ADMIN", null) };
    const query = `{ cost(${WEEK}, bucket: NONE, first: 1000) { nodes { a: net { usd } b: net { usd } } } }`;
    expect(rows(query)).toBe(1_000);
    expect(rows(query, {}, admin)).toBe(1);
    const spend = `{ users(${WEEK}, first: 1000) { nodes { claudeCode { estimated { usd } } } } }`;
    expect([rows(spend), rows(spend, {}, admin)]).toEqual([2_000, 3_000]);
    const none = `range: { between: { from: "2026-11-08", until: "2026-11-01" } }`;
    expect(
      rows(`{ users(${WEEK}, first: 1000) { nodes { user { activity(${none}) { lastActiveOn } } } } }`),
    ).toBe(2_000);
  });

  test("are those of a model that knows lists in lists", () => {
    type Lists = readonly { readonly first: number; readonly below: Lists }[];
    const { lists } = fc.letrec<{ lists: Lists }>((tie) => ({
      lists: fc.oneof(
        { maxDepth: 3 },
        fc.constant([]),
        fc.array(fc.record({ first: fc.nat(1_000), below: tie("lists") }), { maxLength: 3 }),
      ),
    }));
    const written = (all: Lists, isRoot: boolean): string =>
      all
        .map(({ first, below }, i) => {
          const inner = written(below, false);
          if (isRoot) return `g${i}: groups(first: ${first}) { nodes { groupId ${inner} } }`;
          return `m${i}: members(first: ${first}) { nodes { joinedAt user { groups { groupId ${inner} } } } }`;
        })
        .join(" ");
    /** Each group of a member is one more row. */
    const model = (all: Lists, isRoot: boolean): number =>
      all.reduce((sum, { first, below }) => sum + first * (1 + (isRoot ? 0 : 1) + model(below, false)), 0);
    forAll([lists], (all) => {
      expect(rows(`{ __typename ${written(all, true)} }`)).toBe(model(all, true));
    });
  });

  test("up to 20,000 are answered, by how many are requested and not by how many exist", async () => {
    const lists = (count: number) =>
      `{ ${times(count, (i) => `a${i}: users(${WEEK}, first: 1000) { totalCount }`).join(" ")} }`;
    const { post, seen } = served();
    expect((await post({ query: lists(20) })).answer.errors).toBeUndefined();
    expect(seen).toHaveLength(1);
    const { extensions, message } = await expectExceeded("MAX_ROWS", { query: lists(21) });
    expect(extensions).toMatchObject({ max: 20_000, value: 21_000 });
    expect(message).toContain("`first`");
    await expectTaken({ query: lists(21) }, { MAX_ROWS: "21000" });
  });

  test("are counted again when a document comes back with other variables", async () => {
    const query = `query ($n: Int!) { groups(first: 100) { nodes { members(first: $n) { totalCount } } } }`;
    const { post, seen } = served();
    expect((await post({ query, variables: { n: 1 } })).answer.errors?.[0]?.extensions.code).not.toBe(
      "LIMIT_EXCEEDED",
    );
    const before = seen.length;
    const { answer } = await post({ query, variables: { n: 200 } });
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: "LIMIT_EXCEEDED",
      limit: "MAX_ROWS",
      value: 20_100,
    });
    expect((await post({ query, variables: { n: 1 } })).answer.errors?.[0]?.extensions.code).not.toBe(
      "LIMIT_EXCEEDED",
    );
    expect(seen.length).toBeGreaterThanOrEqual(before);
  });
});

test("a text that is too long is not registered by its hash", async () => {
  const { post } = served();
  const query = `{ __typename }`.padEnd(20_481, "#");
  const persistedQuery = { version: 1, sha256Hash: sha256(query).toString("hex") };
  expect((await post({ query, extensions: { persistedQuery } })).answer.errors?.[0]?.extensions.code).toBe(
    "LIMIT_EXCEEDED",
  );
  expect((await post({ extensions: { persistedQuery } })).answer.errors?.[0]?.extensions.code).toBe(
    "PERSISTED_QUERY_NOT_FOUND",
  );
});

describe("variables", () => {
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`;

  test("hold lists and objects of up to 1,000 and 20 levels, declared or not", async () => {
    const lists = (levels: number) => JSON.parse(nested(levels, "[", "]"));
    await expectTaken({ query, variables: { ids: times(1_000, () => "x") } });
    await expectExceeded("MAX_LIST_LENGTH", { query, variables: { ids: times(1_001, () => "x") } });
    await expectExceeded("MAX_LIST_LENGTH", {
      query,
      variables: { ids: ["x"], other: { a: times(1_001, () => "x") } },
    });
    const keys = (count: number) => Object.fromEntries(times(count, (i) => [`k${i}`, 1] as const));
    await expectTaken({ query, variables: { ids: ["x"], other: keys(1_000) } });
    await expectExceeded("MAX_LIST_LENGTH", { query, variables: { ids: ["x"], other: keys(1_001) } });
    await expectTaken({ query, variables: { ids: lists(20) } });
    const { extensions } = await expectExceeded("MAX_INPUT_DEPTH", {
      query,
      variables: { other: lists(21) },
    });
    expect(extensions).toMatchObject({ max: 20, value: 21 });
  });

  test("with a thousand faults are checked only for as many as are reported", async () => {
    const made = vi.spyOn(Error, "captureStackTrace");
    const range = Object.fromEntries(times(1_000, (i) => [`k${i}`, 1] as const));
    const byPost = {
      query: "query ($r: DateRange!) { users(range: $r) { totalCount } }",
      variables: { r: range },
    };
    const { app, post } = served();
    expect((await post(byPost)).answer.errors?.map(({ extensions }) => extensions.code)).toEqual(
      times(3, () => "BAD_USER_INPUT"),
    );
    const url = `http://gateway.test/q/CostByModel?range=${encodeURIComponent(JSON.stringify(range))}`;
    expect((await app.fetch(url)).status).toBe(400);
    expect(made.mock.calls.length).toBeLessThan(50);
    made.mockRestore();
  });

  test("have the depth of their deepest, and the length of their longest list or object", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const longest = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? Math.max(Object.keys(value).length, ...Object.values(value).map(longest))
        : 0;
    forAll([fc.dictionary(fc.string(), fc.jsonValue())], (variables) => {
      const exact = {
        MAX_INPUT_DEPTH: Math.max(0, ...Object.values(variables).map(depthOf)),
        MAX_LIST_LENGTH: Math.max(0, ...Object.values(variables).map(longest)),
      };
      boundVariables(variables, only(exact));
      for (const [name, value] of Object.entries(exact))
        if (value > 0) expect(() => boundVariables(variables, only({ [name]: value - 1 }))).toThrow(name);
    });
  });
});

describe("a body", () => {
  const bodyOf = (bytes: number) => {
    const empty = JSON.stringify({ query: "{ __typename }", variables: { pad: "" } });
    return empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`);
  };

  test("of 100 KiB is read, and of a byte more is 413, whatever the client takes", async () => {
    const { post } = served();
    expect((await post(bodyOf(102_400))).answer).toMatchObject({ data: { __typename: "Query" } });
    for (const accept of ["application/json", RESPONSE_JSON]) {
      const { status, answer } = await post(bodyOf(102_401), { accept });
      expect(status).toBe(413);
      expect(answer.errors?.[0]?.extensions).toMatchObject({
        code: "LIMIT_EXCEEDED",
        limit: "MAX_BODY_BYTES",
        max: 102_400,
      });
    }
  });

  test("that says how long it is, is not read for it", async () => {
    const { post } = served();
    const { status, answer } = await post("{}", { "content-length": "102401" });
    expect(status).toBe(413);
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: "LIMIT_EXCEEDED",
      limit: "MAX_BODY_BYTES",
      max: 102_400,
      value: 102_401,
    });
  });

  test("that is a list is refused, with what to do instead", async () => {
    const { post, seen } = served();
    const { status, answer } = await post(
      `[${times(100, () => `{"query":"{ users(first: 1) { totalCount } }"}`)}]`,
    );
    expect(status).toBe(400);
    expect(answer.errors?.[0]?.extensions.code).toBe("BAD_REQUEST");
    expect(answer.errors?.[0]?.message).toMatch(/one operation.*a separate request/);
    expect(seen).toEqual([]);
  });
});

describe("`limits`", () => {
  test("lists what is held to, with values as set, and asks nothing", async () => {
    const { ask, seen } = served({ MAX_ROWS: "5000", MAX_FIRST: "500", CALLER_OPERATIONS_PER_MINUTE: "77" });
    const { data, errors } = await ask("{ limits { name value description } }");
    expect(errors).toBeUndefined();
    const values = Object.fromEntries(
      data.limits.map(({ name, value }: { name: string; value: number }) => [name, value]),
    );
    expect(values).toMatchObject({
      MAX_ROWS: 5_000,
      MAX_FIRST: 500,
      MAX_DEPTH: 12,
      MAX_BODY_BYTES: 102_400,
      MAX_UPSTREAM_REQUESTS: 60,
    });
    expect(values).toHaveProperty("CALLER_OPERATIONS_PER_MINUTE", 77);
    expect(values).not.toHaveProperty("CALLER_REQUESTS_PER_MINUTE");
    expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(REQUEST_LIMITS)));
    for (const { description } of data.limits) expect(description.length).toBeGreaterThan(10);
    expect(seen).toEqual([]);
  });
});

describe("a caller", () => {
  const day = (n: number) =>
    `range: { between: { from: "2026-11-${String(n).padStart(2, "0")}", until: "2026-11-${String(n + 1).padStart(2, "0")}" } }`;
  const people = (n: number) => ({ query: `{ users(${day(n)}) { totalCount } }` });

  function guarded(settings: Environment, users?: Route) {
    const path = join(folder, `${crypto.randomUUID()}.json`);
    const names = ["ada", "bob"];
    writeFileSync(
      path,
      JSON.stringify(names.map((name) => ({ name, role: "OWNER", sha256: sha256(name).toString("hex") }))),
    );
    const made = served({ AUTH: "tokens", TOKENS_FILE: path, ...settings }, users);
    return {
      ...made,
      as: (name: string, body: object | string) => made.post(body, { authorization: `Bearer ${name}` }),
    };
  }

  test("has its operations of a minute, and then 429 until the first of them is past; others are not held to them", async () => {
    const { as, at, seen } = guarded({ CALLER_OPERATIONS_PER_MINUTE: "3" });
    for (const body of ["{", { query: "{" }, people(1)]) await as("ada", body); // what is no question counts too
    const before = seen.length;
    const { status, headers, answer } = await as("ada", people(2));
    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe("61");
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: "CALLER_RATE_LIMITED",
      limit: "CALLER_OPERATIONS_PER_MINUTE",
      max: 3,
      value: 3,
      retryAfter: 61,
    });
    expect(seen.length).toBe(before);
    expect((await as("bob", people(3))).status).toBe(200);
    at("2026-11-22T12:01:00Z");
    expect((await as("ada", people(2))).status).toBe(429);
    at("2026-11-22T12:01:01Z");
    expect((await as("ada", people(2))).status).toBe(200);
  });

  test("gets the same error for documents that are called by name", async () => {
    const { app, as } = guarded({ CALLER_OPERATIONS_PER_MINUTE: "1" });
    await as("ada", people(1));
    const call = await app.fetch("http://gateway.test/q/Datasets", {
      headers: { authorization: "Bearer ada" },
    });
    expect([call.status, call.headers.get("retry-after")]).toEqual([429, "61"]);
  });

  test("gets the same error for files", async () => {
    const { app, as } = guarded({ CALLER_OPERATIONS_PER_MINUTE: "1" });
    await as("ada", people(1));
    const file = (name: string) =>
      app.fetch(`http://gateway.test/export/users.csv?range.period=YESTERDAY`, {
        headers: { authorization: `Bearer ${name}` },
      });
    const refused = await file("ada");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "61"]);
    expect((await refused.json()).errors[0].extensions).not.toHaveProperty("http");
    const served = await file("bob");
    expect(served.status).toBe(200);
    await served.text();
  });

  test("has its upstream requests of a minute; what is kept and what it asks for anyway counts for nothing", async () => {
    const { as, at, seen } = guarded({ CALLER_REQUESTS_PER_MINUTE: "3" });
    for (const n of [1, 2, 3]) expect((await as("ada", people(n))).answer.errors).toBeUndefined();
    expect(seen).toHaveLength(3);
    const { status, headers, answer } = await as("ada", people(4));
    expect([status, headers.get("retry-after")]).toEqual([429, "61"]);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: "CALLER_RATE_LIMITED",
      limit: "CALLER_REQUESTS_PER_MINUTE",
      max: 3,
      value: 4,
    });
    expect(seen).toHaveLength(3);
    expect((await as("ada", people(1))).answer.errors).toBeUndefined();
    expect((await as("bob", people(4))).answer.errors).toBeUndefined();
    expect((await as("ada", people(4))).answer.errors).toBeUndefined(); // bob has paid for it
    expect(seen).toHaveLength(4);
    at("2026-11-22T12:01:01Z");
    expect((await as("ada", people(5))).status).toBe(200);
  });

  test("is held to what its questions have taken in the end: lists can be longer than a page", async () => {
    const { as, seen } = guarded({ CALLER_REQUESTS_PER_MINUTE: "2" }, (query) =>
      json(tokenPage([wireUser("user_a")], query.has("page") ? null : "second")),
    );
    expect((await as("ada", people(1))).answer.errors).toBeUndefined();
    expect(seen).toHaveLength(2);
    expect((await as("ada", people(2))).status).toBe(429);
  });

  test("that asks one thing a hundred times at once has asked once", async () => {
    const { as, seen } = guarded({ CALLER_REQUESTS_PER_MINUTE: "1" });
    const answers = await Promise.all(times(100, () => "ada").map((name) => as(name, people(1))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(seen).toHaveLength(1);
    expect((await as("ada", people(2))).status).toBe(429);
  });

  test("that asks many things at once is held to them while they are under way", async () => {
    const { as, seen } = guarded({ CALLER_REQUESTS_PER_MINUTE: "5" });
    const answers = await Promise.all(times(20, (i) => `${i + 1}`).map((n) => as("ada", people(Number(n)))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
    expect(seen).toHaveLength(5);
  });

  test("with a question that fits in no minute learns what would fit", async () => {
    const { as, seen } = guarded({ CALLER_REQUESTS_PER_MINUTE: "2" });
    const query = `{ claudeCodeRecords(range: { last: { days: 7 } }, first: 1000) { totalCount } a: users(${day(1)}) { totalCount } b: users(${day(2)}) { totalCount } }`;
    const { answer } = await as("ada", { query });
    expect(answer.errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
    expect(seen).toEqual([]);
  });

  test("by address, without authentication, is held to what is set and otherwise to nothing", async () => {
    const { post } = served({ CALLER_OPERATIONS_PER_MINUTE: "1" });
    expect((await post(people(1))).status).toBe(200);
    expect((await post(people(1))).status).toBe(429);
    expect(
      (await served().post({ query: "{ limits { name } }" })).answer.data.limits.map(
        ({ name }: { name: string }) => name,
      ),
    ).not.toContain("CALLER_OPERATIONS_PER_MINUTE");
    expect((await guarded({}).as("ada", { query: "{ limits { name value } }" })).answer.data.limits).toEqual(
      expect.arrayContaining([
        { name: "CALLER_OPERATIONS_PER_MINUTE", value: 3_000 },
        { name: "CALLER_REQUESTS_PER_MINUTE", value: 4_000_000 },
      ]),
    );
  });
});
