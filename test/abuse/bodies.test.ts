import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../faults/faults.ts";
import { type Answer, gateway } from "../gateway.ts";

const QUESTION = '{"query":"{ organization { name } }"}';

async function send(body: BodyInit, path = "/graphql", headers: Record<string, string> = {}) {
  const { app, seen, faults } = gateway({ sandbox: { users: 20 } });
  const isGet = path.includes("?");
  const response = await app.fetch(`http://gateway.test${path}`, {
    headers: { "content-type": "application/json", ...headers },
    ...(isGet ? {} : { method: "POST", body }),
  });
  const text = await response.text();
  return { status: response.status, answer: JSON.parse(text) as Answer, asked: seen.length, faults };
}

/** 400 BAD_REQUEST, and nothing is run. */
async function expectMalformed(body: BodyInit, path?: string): Promise<string> {
  const { status, answer, asked, faults } = await send(body, path);
  const { message } = expectRefusal(answer, "BAD_REQUEST");
  expect([status, asked, faults]).toEqual([400, 0, []]);
  return message;
}

test("the question of these tests would ask upstream", async () => {
  expect(await send(QUESTION)).toMatchObject({ status: 200, asked: 1 });
});

describe("a body that can be read in two ways is not run (2)", () => {
  test.each<[string, string, string]>([
    ["query", "another question", `{"query":"{ __typename }",${QUESTION.slice(1)}`],
    ["query", "the same question", `{${QUESTION.slice(1, -1)},${QUESTION.slice(1)}`],
    ["query", "the key in other letters", `{"\\u0071uery":"{ __typename }",${QUESTION.slice(1)}`],
    ["query", "the other as null", `{"query":null , ${QUESTION.slice(1)}`],
    ["variables", "variables", `{"variables":{},${QUESTION.slice(1, -1)},"variables":{}}`],
    ["operationName", "names", `{"operationName":null,"operationName":null,${QUESTION.slice(1)}`],
    ["n", "one variable", `{"variables":{"n":1,"n":1000000},${QUESTION.slice(1)}`],
    [
      "sha256Hash",
      "hashes",
      `{"extensions":{"a":[{"sha256Hash":1,"b":{},"sha256Hash":2}]},${QUESTION.slice(1)}`,
    ],
    ["__proto__", "prototypes", `{"variables":{"__proto__":1,"__proto__":2},${QUESTION.slice(1)}`],
    ['a"b', "a key with a quote", `{"variables":{"a\\"b":1,"a\\"b":2},${QUESTION.slice(1)}`],
  ])("`%s` twice: %s", async (key, _what, body) => {
    expect(await expectMalformed(body)).toBe(`The body has \`${key}\` twice in one object; give it once.`);
  });

  test("keys of one name in different objects, and in texts, are not repeated", async () => {
    const variables = { a: { n: 1 }, b: { n: 1 }, c: [{ n: 1 }, { n: 1 }], n: 'n":1,"n":', d: "{" };
    const { status, answer } = await send(
      JSON.stringify({ query: '{ organization { name } } # "query": \\', variables }),
    );
    expect(answer.errors).toBeUndefined();
    expect(status).toBe(200);
  });

  test("objects made at random are read as they are, unless a key is doubled", async () => {
    const { readBody } = await import("../../src/server/http/json-body.ts");
    const bytes = (text: string) => new TextEncoder().encode(text);
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (value, other) => {
          for (const each of [value, other, { value, other }]) {
            const text = JSON.stringify(each, null, 1);
            expect(readBody(bytes(text))).toEqual(JSON.parse(text));
          }
          for (const key of Object.keys(other)) {
            const doubled = `{"x":[${JSON.stringify(other).slice(0, -1)},${JSON.stringify(key)}:0}]}`;
            expect(() => readBody(bytes(doubled))).toThrow(/twice/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("in a URL neither", async () => {
    const query = encodeURIComponent("{ organization { name } }");
    expect((await send("", `/graphql?query=${query}`)).asked).toBe(1);
    for (const [name, rest] of [
      ["query", `query=${query}&query={__typename}`],
      ["query", `query=${query}&query=${query}`],
      ["variables", `query=${query}&variables={}&variables={}`],
      ["operationName", `query=${query}&operationName=&operationName=`],
    ])
      expect(await expectMalformed("", `/graphql?${rest}`)).toBe(
        `The parameter \`${name}\` is given twice; give it once.`,
      );
    expect(await expectMalformed("", `/graphql?query=${query}&variables={"n":1,"n":2}`)).toContain(
      "`n` twice",
    );
  });
});

describe("a body that is not text or not JSON is not run (2)", () => {
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

  test.each<[string, Buffer<ArrayBuffer>]>([
    ["a byte that begins nothing", bytes('{"query":"{ organization { name } }","a":"', [0xff], '"}')],
    ["a letter that breaks off", bytes('{"query":"{ organization { name } } #', [0xc3], '"}')],
    ["an overlong letter", bytes('{"query":"{ organization { name } } #', [0xc0, 0xaf], '"}')],
    ["half a pair", bytes('{"query":"{ organization { name } } #', [0xed, 0xa0, 0x80], '"}')],
    [
      "a letter beyond the last",
      bytes('{"query":"{ organization { name } } #', [0xf5, 0x80, 0x80, 0x80], '"}'),
    ],
  ])("%s", async (_what, body) => {
    expect(await expectMalformed(body)).toContain("UTF-8");
  });

  test.each<[string, Buffer<ArrayBuffer>]>([
    ["UTF-16", Buffer.from(QUESTION, "utf16le")],
    ["UTF-16 with its mark", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(QUESTION, "utf16le")])],
    ["a byte order mark", bytes([0xef, 0xbb, 0xbf], QUESTION)],
    ["a byte order mark behind", bytes(QUESTION, [0xef, 0xbb, 0xbf])],
    ["NUL behind", bytes(QUESTION, [0])],
    ["NUL before", bytes([0], QUESTION)],
    ["NUL in the query", bytes(QUESTION.replace("name", "na\0me"))],
    ["a line break in the query", bytes(QUESTION.replace("name", "na\nme"))],
    ["a second body", bytes(QUESTION, QUESTION)],
    ["a second body on the next line", bytes(QUESTION, "\n", QUESTION)],
    ["a comment", bytes(QUESTION, "// more")],
    ["a comma too many", bytes(QUESTION.replace("}}", "},}"), ",")],
    ["single quotes", bytes(QUESTION.replaceAll('"', "'"))],
    ["a key without quotes", bytes(QUESTION.replace('"query"', "query"))],
    ["NaN", bytes(`{"variables":{"a":NaN},${QUESTION.slice(1)}`)],
    ["a number in hexadecimal", bytes(`{"variables":{"a":0x1},${QUESTION.slice(1)}`)],
    ["blanks", bytes("   ")],
    ["brackets alone", bytes("[".repeat(50_000))],
    ["a list in lists", bytes(`[[[${QUESTION}]]]`)],
    ["a list of two", bytes(`[${QUESTION},${QUESTION}]`)],
    ["true", bytes("true")],
    ["a body behind a prefix", bytes(`)]}',\n${QUESTION}`)],
  ])("%s", async (_what, body) => {
    await expectMalformed(body);
  });

  test("and none that breaks off, wherever that is", async () => {
    for (let end = 0; end < QUESTION.length; end++) await expectMalformed(QUESTION.slice(0, end));
  });
});

describe("an answer that a client does not take is not made (7)", () => {
  test.each([
    "text/event-stream",
    "multipart/mixed",
    'multipart/mixed;deferSpec="20220824"',
    "text/html;q=0.1",
    "image/png",
    "application/xml",
    "json",
    "application/jsonp",
  ])("accept: %s", async (accept) => {
    for (const path of [
      "/graphql",
      `/graphql?query=${encodeURIComponent("{ organization { name } }")}`,
      "/q/MonthEnd?",
    ]) {
      if (accept.startsWith("text/html") && path.includes("graphql?")) continue; // is shown GraphiQL
      const { status, answer, asked } = await send(QUESTION, path, { accept });
      expect(expectRefusal(answer, "BAD_REQUEST").message).toContain("application/json");
      expect([status, asked]).toEqual([406, 0]);
    }
  });

  test.each([
    "application/json",
    "APPLICATION/JSON",
    "application/*",
    "*/*",
    "",
    "text/html, */*;q=0.8",
    "multipart/mixed;deferSpec=20220824,application/json",
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
  ])("accept: %s is answered in JSON", async (accept) => {
    const { app } = gateway({ sandbox: { users: 20 } });
    const headers = { "content-type": "application/json", accept };
    const response = await app.fetch("http://gateway.test/graphql", {
      method: "POST",
      headers,
      body: QUESTION,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/(graphql-response\+)?json/);
  });

  test.each<[string, string?]>([
    ["mutation { a }"],
    ["mutation A { __typename } query B { __typename }", "B"],
    ["subscription { a }"],
    ["subscription { __typename }"],
    ["{ groups @stream(initialCount: 0) { nodes { name } } }"],
    ["query @live { organization { name } }"],
  ])("%s", async (query, operationName) => {
    for (const [accept, expected] of [
      ["application/graphql-response+json", 400],
      ["application/json", 200],
      ["text/event-stream", 400],
      ["multipart/mixed", 400],
      ["image/png", 406],
    ] as const) {
      const body = JSON.stringify({ query, operationName });
      const { status, answer, asked } = await send(body, "/graphql", { accept });
      expectRefusal(answer, expected === 406 ? "BAD_REQUEST" : "GRAPHQL_VALIDATION_FAILED");
      expect([status, asked], accept).toEqual([expected, 0]);
    }
  });
});
