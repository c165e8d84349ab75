import { getIntrospectionQuery } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { ParsedDocuments } from "../../src/server/documents/parsed-documents.ts";
import { REQUEST_LIMITS, type RequestLimits } from "../../src/settings/limits.ts";
import { type Answer, gateway, json } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

const times = (count: number, piece: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => piece(i));
const joined = (count: number, piece: (i: number) => string) => times(count, piece).join(" ");
const nested = (levels: number, open: string, close: string, inner = "") =>
  open.repeat(levels) + inner + close.repeat(levels);

function attacked() {
  const { app, seen, faults } = gateway({
    routes: { [PATHS.users]: () => json(tokenPage([wireUser("user_a")])) },
  });
  const post = async (body: string, accept = "application/json") => {
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body,
    });
    const text = await response.text();
    return { status: response.status, text, answer: JSON.parse(text) as Answer };
  };
  return { app, seen, faults, post };
}

/** Refused with one code before it is run, in both media types, by a gateway that then answers others. */
async function expectRefused(body: string, code: ErrorCode, limit?: string): Promise<void> {
  const { post, seen, faults } = attacked();
  const isTooLong = limit === "MAX_BODY_BYTES";
  for (const [accept, expected] of [
    ["application/json", isTooLong ? 413 : 200],
    ["application/graphql-response+json", isTooLong ? 413 : 400],
  ] as const) {
    const { status, text, answer } = await post(body, accept);
    expect(answer.errors?.[0]?.extensions.code, answer.errors?.[0]?.message).toBe(code);
    expect(answer.errors?.[0]?.extensions.limit).toBe(limit);
    expect(answer.data ?? null).toBeNull();
    expect(status).toBe(expected);
    expect(text.length).toBeLessThan(100_000);
  }
  expect(seen).toEqual([]);
  expect(faults).toEqual([]);
  const { answer } = await post(JSON.stringify({ query: `{ users(${WEEK}) { nodes { userId } } }` }));
  expect(answer.data.users.nodes).toEqual([{ userId: "user_a" }]);
}

type Attack = [what: string, code: ErrorCode, limit: string | undefined, query: string, variables?: object];

describe("more than anybody asks (8, 9, 12, 13)", () => {
  const overlapping = (count: number) =>
    `{ ${joined(count, (i) => `...F${i}`)} } ${joined(count, (i) => `fragment F${i} on Query { a }`)}`;
  const bomb = (spreads: number, fragments: number, open = "", close = "") =>
    `{ ...F0 } ${joined(fragments, (i) => `fragment F${i} on Query { ${joined(spreads, () => `${open} ${i + 1 < fragments ? `...F${i + 1}` : "__typename"} ${close}`)} }`)}`;

  test.each<Attack>([
    [
      "10,000 aliases",
      "LIMIT_EXCEEDED",
      "MAX_BODY_BYTES",
      `{ ${joined(10_000, (i) => `a${i}: __typename`)} }`,
    ],
    ["900 aliases", "LIMIT_EXCEEDED", "MAX_TOKENS", `{ ${joined(900, (i) => `a${i}: __typename`)} }`],
    [
      "31 aliases",
      "LIMIT_EXCEEDED",
      "MAX_ALIASES",
      `{ ${joined(31, (i) => `a${i}: users(${WEEK}) { totalCount }`)} }`,
    ],
    ["1,900 fields of one name", "LIMIT_EXCEEDED", "MAX_BREADTH", `{ ${"a ".repeat(1_900)} }`],
    ["300 fields in one set", "LIMIT_EXCEEDED", "MAX_BREADTH", `{ ${"__typename ".repeat(300)} }`],
    ["10,000 directives", "LIMIT_EXCEEDED", "MAX_DOCUMENT_BYTES", `{ __typename ${"@a ".repeat(10_000)} }`],
    ["900 directives", "LIMIT_EXCEEDED", "MAX_DIRECTIVES", `{ __typename ${"@a ".repeat(900)} }`],
    [
      "900 directives with arguments",
      "LIMIT_EXCEEDED",
      "MAX_DIRECTIVES",
      `{ __typename ${"@skip(if:false) ".repeat(280)} }`,
    ],
    [
      "directives on a definition",
      "LIMIT_EXCEEDED",
      "MAX_DIRECTIVES",
      `query ${"@a ".repeat(31)} { __typename }`,
    ],
    ["400 operations", "LIMIT_EXCEEDED", "MAX_OPERATIONS", joined(400, (i) => `query Q${i} { __typename }`)],
    [
      "a circle of fragments",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    ],
    [
      "a fragment in itself, many times",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      `{ ...A } fragment A on Query { ${"...A ".repeat(300)} }`,
    ],
    [
      "a circle of 50 fragments",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      `{ ...F0 } ${joined(50, (i) => `fragment F${i} on Query { ...F${(i + 1) % 50} ...F${(i + 7) % 50} }`)}`,
    ],
    ["a bomb of 2^40 fields", "LIMIT_EXCEEDED", "MAX_BREADTH", bomb(2, 41, "... {", "}")],
    ["a bomb of 3^10 fields, three in a set", "LIMIT_EXCEEDED", "MAX_FIELDS", bomb(3, 10, "a {", "}")],
    ["a bomb of 10^50 fields", "LIMIT_EXCEEDED", "MAX_BREADTH", bomb(10, 50)],
    ["a bomb that merges to one field", "LIMIT_EXCEEDED", "MAX_BREADTH", bomb(3, 30)],
    ["400 fragments that overlap", "LIMIT_EXCEEDED", "MAX_TOKENS", overlapping(400)],
    ["150 fragments that overlap", "LIMIT_EXCEEDED", "MAX_FRAGMENTS", overlapping(150)],
    [
      "3,000 fields of differing arguments",
      "LIMIT_EXCEEDED",
      "MAX_BODY_BYTES",
      `{ ${joined(3_000, (i) => `users(first: ${i}, ${WEEK}) { totalCount }`)} }`,
    ],
    [
      "320 fields of differing arguments",
      "LIMIT_EXCEEDED",
      "MAX_BREADTH",
      `{ ${joined(320, (i) => `node(id:${i})`)} }`,
    ],
    ["10,000 levels of fields", "LIMIT_EXCEEDED", "MAX_DOCUMENT_BYTES", nested(10_000, "{a", "}")],
    ["900 levels of fields", "LIMIT_EXCEEDED", "MAX_TOKENS", nested(900, "{a", "}")],
    ["600 levels of fields", "LIMIT_EXCEEDED", "MAX_DEPTH", nested(600, "{a", "}")],
    [
      "600 levels of inline fragments",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      `{ ${nested(600, "... {", "}", "a")} }`,
    ],
    [
      "10,000 lists in each other",
      "LIMIT_EXCEEDED",
      "MAX_TOKENS",
      `{ nodes(ids: ${"[".repeat(10_000)}) { id } }`,
    ],
    [
      "400 lists in each other",
      "LIMIT_EXCEEDED",
      "MAX_INPUT_DEPTH",
      `{ nodes(ids: ${nested(400, "[", "]")}) { id } }`,
    ],
    [
      "400 objects in each other",
      "LIMIT_EXCEEDED",
      "MAX_INPUT_DEPTH",
      `{ users(range: ${nested(400, "{ between: ", "}", "1")}) { totalCount } }`,
    ],
    [
      "a list of 1,900 entries",
      "LIMIT_EXCEEDED",
      "MAX_LIST_LENGTH",
      `{ nodes(ids: [${"1 ".repeat(1_900)}]) { id } }`,
    ],
    [
      "a type of 900 lists",
      "LIMIT_EXCEEDED",
      "MAX_INPUT_DEPTH",
      `query ($a: ${nested(900, "[", "]", "Int")}) { __typename }`,
    ],
    [
      "introspection in introspection",
      "LIMIT_EXCEEDED",
      "MAX_INTROSPECTION_DEPTH",
      `{ __schema { types { ${nested(20, "fields { type { ", "} }", "name")} } } }`,
    ],
    [
      "introspection of what three types lead to",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    ],
    [
      "introspection of what two types lead to, five times",
      "LIMIT_EXCEEDED",
      "MAX_ROWS",
      `{ ${joined(5, (i) => `a${i}: __schema { types { fields { type { fields { name } } } } }`)} }`,
    ],
    [
      "introspection ten times over",
      "LIMIT_EXCEEDED",
      "MAX_ROWS",
      `{ ${joined(10, (i) => `a${i}: __schema { types { fields { args { name } } inputFields { name } enumValues { name } } }`)} }`,
    ],
    [
      "a document of a megabyte",
      "LIMIT_EXCEEDED",
      "MAX_BODY_BYTES",
      `{ __typename } #${"x".repeat(2 ** 20)}`,
    ],
    ["a document of blanks", "LIMIT_EXCEEDED", "MAX_DOCUMENT_BYTES", `{ __typename }${" ".repeat(50_000)}`],
    [
      "letters of several bytes",
      "LIMIT_EXCEEDED",
      "MAX_DOCUMENT_BYTES",
      `{ __typename } #${"é".repeat(15_000)}`,
    ],
  ])("%s", async (_what, code, limit, query, variables = {}) => {
    await expectRefused(JSON.stringify({ query, variables }), code, limit);
  });

  test.each([10_000, 50_000])("%i levels of variables, of which none is declared", async (levels) => {
    await expectRefused(
      `{"query":"{ __typename }","variables":{"a":${nested(levels, "[", "]")}}}`,
      "LIMIT_EXCEEDED",
      "MAX_INPUT_DEPTH",
    );
    if (levels > 15_000) return;
    await expectRefused(
      `{"query":"{ __typename }","variables":{"a":${nested(levels, '{"a":', "}", "1")}}}`,
      "LIMIT_EXCEEDED",
      "MAX_INPUT_DEPTH",
    );
  });

  test("40,000 entries of a list in variables", async () => {
    await expectRefused(
      `{"query":"query ($ids: [ID!]!) { nodes(ids: $ids) { id } }","variables":{"ids":[${"1,".repeat(40_000)}1]}}`,
      "LIMIT_EXCEEDED",
      "MAX_LIST_LENGTH",
    );
  });

  test("50,000 levels of extensions, and of variables that are text, change nothing", async () => {
    const { post, seen } = attacked();
    const { answer } = await post(
      `{"query":"{ __typename }","extensions":{"a":${nested(49_000, "[", "]")}}}`,
    );
    expect(answer.data).toEqual({ __typename: "Query" });
    expect((await post(`{"query":"{ __typename }","variables":"${"[".repeat(50_000)}"}`)).status).toBe(400);
    expect(seen).toEqual([]);
  });

  test("by GET as by POST", async () => {
    const { app, seen } = attacked();
    const ask = (query: string, variables = "{}") =>
      app.fetch(
        `http://gateway.test/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(variables)}`,
        {
          headers: { accept: "application/graphql-response+json" },
        },
      );
    for (const response of [
      await ask(`{ ${joined(31, (i) => `a${i}: __typename`)} }`),
      await ask("{ __typename }", `{"a":${nested(10_000, "[", "]")}}`),
    ]) {
      expect(response.status).toBe(400);
      expect((await response.json()).errors[0].extensions.code).toBe("LIMIT_EXCEEDED");
    }
    expect(seen).toEqual([]);
  });

  test("a list of a thousand operations", async () => {
    await expect(
      attacked().post(`[${times(1_000, () => '{"query":"{ __typename }"}')}]`),
    ).resolves.toMatchObject({
      status: 400,
      answer: { errors: [{ extensions: { code: "BAD_REQUEST" } }] },
    });
  });

  test("the cache of 400 long documents takes no more than 32 MiB", { tags: "deep" }, () => {
    const names = Object.keys(REQUEST_LIMITS);
    const unlimited = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]));
    const documents = new ParsedDocuments(schema, unlimited as RequestLimits);
    const long = (i: number) => `{ ${joined(660, (n) => `a${n}: __typename`)} } # ${i}`;
    const found = Array.from({ length: 400 }, (_, i) => documents.find(long(i)));
    // The newest first: to parse one again evicts only older ones.
    const newestFirst = [...found.keys()].reverse();
    const kept = newestFirst.filter((i) => documents.find(long(i)) === found[i]);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length * 600_000).toBeLessThanOrEqual(2 ** 25);
  });
});

describe("requests for more rows than a client can read (10, 11)", () => {
  const ROWS = "totalCount nodes { userId } }";
  const FORMS: [string, string, object?][] = [
    ["literal", `{ users(${WEEK}, first: 1000000000) { ${ROWS} }`],
    ["variable", `query ($n: Int) { users(${WEEK}, first: $n) { ${ROWS} }`, { n: 1e9 }],
    ["default of a variable", `query ($n: Int = 1000000000) { users(${WEEK}, first: $n) { ${ROWS} }`],
    [
      "variable over a small default",
      `query ($n: Int = 1) { users(${WEEK}, first: $n) { ${ROWS} }`,
      { n: 1e9 },
    ],
    ["fragment", `{ ...F } fragment F on Query { users(${WEEK}, first: 1000000000) { ${ROWS} }`],
    ["inline fragment", `{ ... on Query { users(${WEEK}, first: 1000000000) { ${ROWS} } }`],
    [
      "an included field",
      `query ($yes: Boolean!) { users(${WEEK}, first: 1000000000) @include(if: $yes) { ${ROWS} }`,
      { yes: true },
    ],
  ];

  test.each(FORMS)(
    "`first` of 1e9 as a %s is refused by the list, and upstream is not asked",
    async (_form, query, variables = {}) => {
      const { post, seen } = attacked();
      const { answer } = await post(JSON.stringify({ query, variables }));
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
      expect(answer.data.users).toBeNull();
      expect(seen).toEqual([]);
    },
  );

  test("the same document after a small `first`, and small again", async () => {
    const { post, seen } = attacked();
    const query = `query ($n: Int!) { users(${WEEK}, first: $n) { ${ROWS} }`;
    const ask = (n: number) => post(JSON.stringify({ query, variables: { n } }));
    expect((await ask(1)).answer.errors).toBeUndefined();
    expect((await ask(1e9)).answer.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect((await ask(1)).answer.errors).toBeUndefined();
    expect(seen).toHaveLength(1);
    expect(seen[0]?.searchParams.get("limit")).toBe("1000");
  });

  test.each<[string, ErrorCode, string | undefined, string]>([
    [
      "with `last`",
      "GRAPHQL_VALIDATION_FAILED",
      undefined,
      `{ users(${WEEK}, first: 1, last: 1000000) { ${ROWS} }`,
    ],
    [
      "60 aliases of 1,000 rows",
      "LIMIT_EXCEEDED",
      "MAX_ALIASES",
      `{ ${joined(60, (i) => `a${i}: users(${WEEK}, first: 1000) { ${ROWS}`)} }`,
    ],
    [
      "30 aliases of 1,000 rows",
      "LIMIT_EXCEEDED",
      "MAX_ROWS",
      `{ ${joined(30, (i) => `a${i}: users(${WEEK}, first: 1000) { ${ROWS}`)} }`,
    ],
    [
      "30 of them by a fragment",
      "LIMIT_EXCEEDED",
      "MAX_ROWS",
      `{ ...A ...B } ${["A", "B"].map((name) => `fragment ${name} on Query { ${joined(15, (i) => `${name}${i}: users(${WEEK}, first: 1000) { ${ROWS}`)} }`).join(" ")}`,
    ],
    [
      "lists in lists in lists",
      "LIMIT_EXCEEDED",
      "MAX_ROWS",
      `{ groups { nodes { members { nodes { user { claudeCodeRecords(range: { last: { days: 1 } }) { totalCount } } } } } } }`,
    ],
    [
      "60 aliases of 60 days",
      "LIMIT_EXCEEDED",
      "MAX_ALIASES",
      `{ ${joined(60, (i) => `a${i}: claudeCodeRecords(range: { last: { days: 60 } }) { totalCount }`)} }`,
    ],
    [
      "15 aliases of 60 days",
      "TOO_EXPENSIVE",
      undefined,
      `{ ${joined(15, (i) => `a${i}: users(range: { last: { days: ${60 + i} } }, first: 10) { nodes { activityByDay { date } } }`)} }`,
    ],
  ])("%s", async (_what, code, limit, query) => {
    await expectRefused(JSON.stringify({ query }), code, limit);
  });

  test("a list under each of a hundred rows costs no more than an operation may", async () => {
    const { ask, seen } = gateway({ sandbox: { users: 500 } });
    await ask(`{ groups(first: 100) { nodes { members(first: 100) { nodes { user { email } } } } } }`);
    expect(seen.length).toBeLessThanOrEqual(60);
  });
});

describe("text that would be something else upstream (17)", () => {
  const BENIGN = "benign-text";
  const TEXTS = [
    "x&limit=1",
    "x?limit=1",
    "x#fragment",
    "../../v1/organizations/me",
    "..%2f..%2fme",
    "%26limit%3D1",
    "x\r\nx-api-key: stolen",
    "x\0y",
    "http://elsewhere.test/",
    "//elsewhere.test/",
    "x y+z",
    "x[]=1",
    "\ud800",
    "‮x",
  ];
  const about = (list: string) => `query ($x: String!) { ${list} { totalCount } }`;
  const FIELDS: [what: string, query: string, typeOfId?: string][] = [
    ["a model of cost", about(`cost(${WEEK}, source: LEGACY, filter: { models: [$x] })`)],
    [
      "a workspace of usage",
      about(`usage(${WEEK}, organization: "console", source: LEGACY, filter: { workspaces: [$x] })`),
    ],
    ["a person of skills", about(`skills(${WEEK}, filter: { users: [$x] })`), "User"],
    ["a group of skills", about(`skills(${WEEK}, filter: { groups: [$x] })`), "Group"],
    ["a cursor", about(`users(${WEEK}, after: $x)`)],
    ["an address", "query ($x: String!) { user(email: $x) { userId } }"],
    ["an id", "query ($x: ID!) { user(id: $x) { userId } }", "User"],
  ];

  /** What upstream was asked, decoded. */
  async function asked(
    query: string,
    text: string,
    typeOfId: string | null,
  ): Promise<{ requests: unknown[]; codes: string[] }> {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const x = typeOfId === null ? text : Buffer.from(`${typeOfId}:${text}`).toString("base64url");
    const { errors = [] } = await ask(query, { x });
    return {
      requests: seen.map(({ host, hash, pathname, searchParams }) => ({
        host,
        hash,
        path: pathname.split("/").map(decodeURIComponent),
        query: [...searchParams],
      })),
      codes: errors.map(({ extensions }) => extensions.code),
    };
  }

  const withText = (value: unknown, x: string): unknown =>
    JSON.parse(
      JSON.stringify(value).replaceAll(JSON.stringify(BENIGN).slice(1, -1), () =>
        JSON.stringify(x).slice(1, -1),
      ),
    );

  test.each(FIELDS)(
    "%s reaches upstream as one value, or is refused",
    async (_what, query, typeOfId: string | null = null) => {
      const benign = await asked(query, BENIGN, typeOfId);
      const hasToBeOurs = query.includes("after");
      expect(benign.requests.length > 0).toBe(!hasToBeOurs);
      let reached = 0;
      for (const text of TEXTS) {
        const { requests, codes } = await asked(query, text, typeOfId);
        expect(codes, text).not.toContain("INTERNAL_SERVER_ERROR");
        if (requests.length === 0 && codes.length > 0) continue;
        reached++;
        expect(requests, text).toEqual(withText(benign.requests, text.toWellFormed()));
      }
      if (!hasToBeOurs) expect(reached).toBeGreaterThan(0);
    },
  );
});

describe("days that are none (18)", () => {
  const over = (from: string, until: string) =>
    `{ users(range: { between: { from: "${from}", until: "${until}" } }) { totalCount } }`;

  test.each<[string, ErrorCode, string]>([
    ["30 February", "BAD_USER_INPUT", over("2026-02-30", "2026-03-02")],
    ["month 13", "BAD_USER_INPUT", over("2026-13-01", "2026-11-02")],
    ["year 0", "BAD_USER_INPUT", over("0000-01-01", "2026-01-02")],
    ["15 kB of blanks", "BAD_USER_INPUT", over(" ".repeat(15_000), "2026-01-02")],
    ["full-width digits", "BAD_USER_INPUT", over("２０２６-11-01", "2026-11-02")],
    ["before coverage", "NOT_COVERED", over("2024-01-01", "2024-01-02")],
    ["reversed", "BAD_USER_INPUT", over("2026-11-08", "2026-11-01")],
    ["a span of 400 days", "NOT_COVERED", over("2025-10-01", "2026-11-05")],
    ["a thousand years", "NOT_COVERED", over("1026-11-01", "2026-11-02")],
  ])("%s", async (_what, code, query) => {
    const { post, seen } = attacked();
    const { answer, text } = await post(JSON.stringify({ query }));
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(text.length).toBeLessThan(2_000);
    expect(seen).toEqual([]);
  });

  test("100 kB of blanks", async () => {
    await expectRefused(
      JSON.stringify({ query: over(" ".repeat(100_000), "2026-01-02") }),
      "LIMIT_EXCEEDED",
      "MAX_DOCUMENT_BYTES",
    );
    await expectRefused(
      JSON.stringify({ query: over("$a", "2026-01-02"), variables: { a: " ".repeat(103_000) } }),
      "LIMIT_EXCEEDED",
      "MAX_BODY_BYTES",
    );
  });
});

describe.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
  "the name %s (19)",
  (name) => {
    const QUERY = `{ users(${WEEK}) { nodes { userId } } }`;

    test.each<[string, string]>([
      ["a field", JSON.stringify({ query: `{ ${name} }` })],
      ["a field of a type", JSON.stringify({ query: `{ users(${WEEK}) { ${name} } }` })],
      ["an argument", JSON.stringify({ query: `{ users(${WEEK}, ${name}: 1) { totalCount } }` })],
      [
        "an input field",
        JSON.stringify({ query: `{ users(range: { ${name}: { days: 1 } }) { totalCount } }` }),
      ],
      ["an enum value", JSON.stringify({ query: `{ users(range: { period: ${name} }) { totalCount } }` })],
      ["a directive", JSON.stringify({ query: `{ __typename @${name} }` })],
      ["a fragment there is not", JSON.stringify({ query: `{ ...${name} }` })],
      [
        "a variable there is not",
        JSON.stringify({ query: `{ users(${WEEK}, first: $${name}) { totalCount } }` }),
      ],
      ["a type", JSON.stringify({ query: `{ ... on ${name} { a } }` })],
      [
        "an operation there is not",
        JSON.stringify({ query: "query A { __typename } query B { __typename }", operationName: name }),
      ],
      [
        "a value of a variable",
        `{"query":"query ($r: DateRange!) { users(range: $r) { totalCount } }","variables":{"r":{"${name}":{"last":{"days":1}}}}}`,
      ],
      ["a parameter", `{"query":"{ __typename }","${name}":{"query":"{ __typename }"}}`],
    ])("as %s is refused and changes nothing", async (_where, body) => {
      const { post, seen, faults } = attacked();
      const { answer } = await post(body);
      expect(answer.errors?.length).toBeGreaterThan(0);
      for (const { extensions } of answer.errors ?? [])
        expect(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST"]).toContain(extensions.code);
      expect(seen).toEqual([]);
      expect(faults).toEqual([]);
      expect((await post(JSON.stringify({ query: QUERY }))).answer.data.users.nodes).toEqual([
        { userId: "user_a" },
      ]);
    });

    test.each<[string, string]>([
      [
        "an undeclared variable",
        `{"query":"${QUERY.replaceAll('"', '\\"')}","variables":{"${name}":{"polluted":true}}}`,
      ],
      [
        "an extension",
        `{"query":"${QUERY.replaceAll('"', '\\"')}","extensions":{"${name}":{"polluted":true}}}`,
      ],
      ["an operation", JSON.stringify({ query: `query ${name} ${QUERY}`, operationName: name })],
      ["a fragment", JSON.stringify({ query: `{ ...${name} } fragment ${name} on Query ${QUERY}` })],
      [
        "a variable",
        `{"query":"query ($${name}: Int = 5) { users(${WEEK.replaceAll('"', '\\"')}, first: $${name}) { nodes { userId } } }","variables":{"${name}":7}}`,
      ],
    ])("as %s is one like any other", async (_where, body) => {
      const { post, faults } = attacked();
      const { answer, text } = await post(body);
      expect(answer.errors).toBeUndefined();
      expect(answer.data.users.nodes).toEqual([{ userId: "user_a" }]);
      expect(text).not.toContain("polluted");
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(faults).toEqual([]);
    });

    test("as the name of a type there is not is null, and as an alias is a key", async () => {
      const { post } = attacked();
      const { text } = await post(
        JSON.stringify({ query: `{ __type(name: "${name}") { name } ${name}: __typename }` }),
      );
      expect(text).toContain(`"__type":null,"${name}":"Query"`);
    });
  },
);

test("protection from attacks does not keep GraphQL's own introspection from being answered", async () => {
  const { answer } = await attacked().post(JSON.stringify({ query: getIntrospectionQuery() }));
  expect(answer.errors).toBeUndefined();
});
