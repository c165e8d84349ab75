import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { type Answer, json } from "../gateway.ts";
import { expectPresentable, expectRefusal, GOOD_PAGE, WEEK, withPeople } from "./faults.ts";

const served = () => withPeople(() => json(GOOD_PAGE));

describe("documents", () => {
  test.each<[string, ErrorCode, string]>([
    ["that break off", "GRAPHQL_PARSE_FAILED", "{ users("],
    ["that are empty", "GRAPHQL_PARSE_FAILED", ""],
    ["of NUL", "GRAPHQL_PARSE_FAILED", "\0"],
    ["nested deeper than the stack", "LIMIT_EXCEEDED", `${"{a".repeat(20_000)}${"}".repeat(20_000)}`],
    ["with a list nested deeper than the stack", "LIMIT_EXCEEDED", `{ nodes(ids: ${"[".repeat(20_000)}`],
    [
      "with thousands of aliases",
      "LIMIT_EXCEEDED",
      `{ ${Array.from({ length: 3_000 }, (_, i) => `a${i}: __typename`).join(" ")} }`,
    ],
    ["of an unknown field", "GRAPHQL_VALIDATION_FAILED", "{ usrs { id } }"],
    ["of a field name of 20 kB", "GRAPHQL_VALIDATION_FAILED", `{ ${"x".repeat(20_000)} }`],
    ["of a field name of 100 kB", "LIMIT_EXCEEDED", `{ ${"x".repeat(100_000)} }`],
    ["with an unknown argument", "GRAPHQL_VALIDATION_FAILED", `{ users(${WEEK}, last: 5) { totalCount } }`],
    ["without a required argument", "GRAPHQL_VALIDATION_FAILED", "{ users { totalCount } }"],
    ["without the fields of an object", "GRAPHQL_VALIDATION_FAILED", `{ users(${WEEK}) }`],
    ["with a circle of fragments", "GRAPHQL_VALIDATION_FAILED", "{ ...A } fragment A on Query { ...A }"],
    ["with a directive there is not", "GRAPHQL_VALIDATION_FAILED", "{ ... @nothing { __typename } }"],
    ["with a range of no form", "GRAPHQL_VALIDATION_FAILED", "{ users(range: {}) { totalCount } }"],
    [
      "with a range of two forms",
      "GRAPHQL_VALIDATION_FAILED",
      "{ users(range: { period: LAST_MONTH, last: { days: 1 } }) { totalCount } }",
    ],
    [
      "with a length of no unit",
      "GRAPHQL_VALIDATION_FAILED",
      "{ users(range: { last: {} }) { totalCount } }",
    ],
    ["with a length of null", "GRAPHQL_VALIDATION_FAILED", "{ users(range: { last: null }) { totalCount } }"],
    [
      "with an unknown period",
      "GRAPHQL_VALIDATION_FAILED",
      "{ users(range: { period: LAST_DECADE }) { totalCount } }",
    ],
    [
      "with a text where a number belongs",
      "GRAPHQL_VALIDATION_FAILED",
      `{ users(${WEEK}, first: "5") { totalCount } }`,
    ],
    [
      "with a variable of another type",
      "GRAPHQL_VALIDATION_FAILED",
      `query ($n: String) { users(${WEEK}, first: $n) { totalCount } }`,
    ],
    ["that would change something", "GRAPHQL_VALIDATION_FAILED", "mutation { users }"],
    ["that would go on", "GRAPHQL_VALIDATION_FAILED", "subscription { users }"],
  ])("%s are %s and ask upstream nothing", async (_what, code, query) => {
    const { ask, seen } = served();
    expectRefusal(await ask(query), code);
    expect(seen).toEqual([]);
  });
});

describe("variables", () => {
  const RANGE = `query ($range: DateRange!, $first: Int! = 5, $after: String) {
    users(range: $range, first: $first, after: $after) { totalCount }
  }`;
  const range = { last: { days: 7 } };

  test.each<[string, unknown]>([
    ["a required one that is missing", undefined],
    ["null where not allowed", { range: null }],
    ["a range of no form", { range: {} }],
    ["a range of two forms", { range: { period: "LAST_MONTH", last: { days: 1 } } }],
    ["a length of no unit", { range: { last: {} } }],
    ["a length of null", { range: { last: null } }],
    ["a length of two units", { range: { last: { days: 1, weeks: 1 } } }],
    ["a form that comes by prototype", JSON.parse('{"range":{"__proto__":{"last":{"days":1}}}}')],
    ["a form named like a method", { range: { constructor: { days: 1 } } }],
    ["an unknown period", { range: { period: "LAST_DECADE" } }],
    ["a list where an object belongs", { range: ["2026-11-01"] }],
    ["20 lists in each other", JSON.parse(`{"range":${"[".repeat(20)}${"]".repeat(20)}}`)],
    ["text where a number belongs", { range, first: "5" }],
    ["5 kB of text where a number belongs", { range, first: "x".repeat(5_000) }],
    ["an object where text belongs", { range, after: { x: 1 } }],
  ])(
    "%s: BAD_USER_INPUT that names the variable, and upstream is asked nothing",
    async (_what, variables) => {
      const { ask, seen } = served();
      const error = expectRefusal(await ask(RANGE, variables as Record<string, unknown>), "BAD_USER_INPUT");
      expect(error.message).toMatch(/^Variable "\$(range|first|after)"/);
      expect(seen).toEqual([]);
    },
  );
});

describe("requests over HTTP", () => {
  const JSON_TYPE = { "content-type": "application/json" };

  async function send(
    init: RequestInit,
    query = "",
  ): Promise<{ status: number; answer: Answer; asked: number }> {
    const { app, seen } = served();
    const response = await app.fetch(`http://gateway.test/graphql${query}`, init);
    return { status: response.status, answer: (await response.json()) as Answer, asked: seen.length };
  }

  test.each<[string, BodyInit]>([
    ["nothing", ""],
    ["NUL", "\0"],
    ["half a body", '{"query":'],
    ["a byte order mark", '\ufeff{"query":"{ __typename }"}'],
    ["trailing bytes", '{"query":"{ __typename }"}x'],
    ["bytes that are not text", Buffer.from([0xff, 0xfe, 0x7b])],
    ["null", "null"],
    ["a number", "5"],
    ["text", '"x"'],
    ["a list", "[]"],
    ["a batch", '[{"query":"{ __typename }"}]'],
    ["no query", "{}"],
    ["a query that is not text", '{"query":5}'],
    ["variables that are text", '{"query":"{ __typename }","variables":"x"}'],
    ["variables that are a list", '{"query":"{ __typename }","variables":[]}'],
    ["extensions that are a number", '{"query":"{ __typename }","extensions":5}'],
    ["a key of no meaning", '{"query":"{ __typename }","foo":1}'],
    ["a prototype", '{"query":"{ __typename }","__proto__":{"x":1}}'],
    ["an operation that is not there", '{"query":"query A { __typename }","operationName":"B"}'],
    ["two operations and no name", '{"query":"query A { __typename } query B { __typename }"}'],
    ["a fragment alone", '{"query":"fragment A on Query { __typename }"}'],
  ])("a body of %s is 400 BAD_REQUEST", async (_what, body) => {
    const { status, answer } = await send({ method: "POST", headers: JSON_TYPE, body });
    expectRefusal(answer, "BAD_REQUEST");
    expect(status).toBe(400);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/graphql",
    "application/jsonp",
  ])("a body of %s, which another site's page could send, is 415 and does not run", async (type) => {
    const body = `query=${encodeURIComponent(`{ users(${WEEK}) { totalCount } }`)}`;
    const { status, answer, asked } = await send({ method: "POST", headers: { "content-type": type }, body });
    expect(expectRefusal(answer, "BAD_REQUEST").message).toContain("application/json");
    expect([status, asked]).toEqual([415, 0]);
  });

  test("media types are the same in capital letters", async () => {
    const headers = { "content-type": "Application/JSON; charset=UTF-8" };
    const { status, answer } = await send({ method: "POST", headers, body: '{"query":"{ __typename }"}' });
    expect([status, answer.data]).toEqual([200, { __typename: "Query" }]);
  });

  test("a body of more than 100 kB is 413 and does not run", async () => {
    const query = `{ users(${WEEK}) { totalCount } }`;
    const body = JSON.stringify({ query, variables: { pad: "x".repeat(100 * 2 ** 10) } });
    const { status, answer, asked } = await send({ method: "POST", headers: JSON_TYPE, body });
    expectRefusal(answer, "LIMIT_EXCEEDED");
    expect([status, asked]).toEqual([413, 0]);
  });

  test.each(["?query={__typename}&variables={", "?query={__typename}&extensions=x", ""])(
    "a GET of %s is 400 BAD_REQUEST",
    async (query) => {
      const { status, answer } = await send({ method: "GET" }, query);
      expectRefusal(answer, "BAD_REQUEST");
      expect(status).toBe(400);
    },
  );

  test.each(["PUT", "DELETE", "PATCH"])("%s is 405 BAD_REQUEST", async (method) => {
    const { status, answer } = await send({ method, headers: JSON_TYPE, body: "{}" });
    expectRefusal(answer, "BAD_REQUEST");
    expect(status).toBe(405);
  });

  test.each(["{", "{ usrs }"])("%s is 400 for clients of the newer media type", async (query) => {
    const headers = { ...JSON_TYPE, accept: "application/graphql-response+json" };
    const { status, answer } = await send({ method: "POST", headers, body: JSON.stringify({ query }) });
    expectPresentable(answer.errors);
    expect(status).toBe(400);
  });
});
