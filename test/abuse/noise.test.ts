/** @module-tag deep */
import fc, { type GeneratorValue } from "fast-check";
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { ERROR_CODES } from "../../src/errors.ts";
import { queryLibrary } from "../../src/server/documents/query-library.ts";
import { type Answer, gateway } from "../gateway.ts";

/** One of the first `count` whole numbers. */
type Pick = (count: number) => number;

const pickBy =
  (values: GeneratorValue): Pick =>
  (count) =>
    values(fc.nat, { max: count - 1 });

const oneOf = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)] as T;

const TEXTS = [
  "",
  "a@ternplover.example",
  "claude-opus-4-6",
  "\\u0000",
  "\\r\\nx-api-key: y",
  "../..",
  "é🔑",
  "user_a",
];
const NUMBERS = ["0", "1", "7", "50", "1000", "1001", "-1", "2147483647", "2147483648", "1e9", "0.5"];
const DAYS = ["2026-11-01", "2026-11-08", "2026-10-01", "2026-02-30", "2024-01-01", "2031-01-01", "", "x"];

/** A value of a type, of any kind that has a use or none. */
function literalOf(type: GraphQLInputType, pick: Pick, depth = 0): string {
  if (pick(120) === 0) return oneOf(pick, ["null", '"x"', "5", "[]", "{}", "X", "$none", "[[1]]"]);
  if (isNonNullType(type)) return literalOf(type.ofType, pick, depth);
  if (isListType(type))
    return `[${Array.from({ length: pick(3) }, () => literalOf(type.ofType, pick, depth)).join(" ")}]`;
  if (isEnumType(type)) return oneOf(pick, type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const chosen = type.isOneOf
      ? [oneOf(pick, fields)]
      : fields.filter((field) => isNonNullType(field.type) || (depth < 3 && pick(3) === 0));
    return `{ ${chosen.map((field) => `${field.name}: ${literalOf(field.type, pick, depth + 1)}`).join(" ")} }`;
  }
  const name = type.name;
  if (["Int", "Float", "Count"].includes(name)) return pick(3) > 0 ? String(pick(30)) : oneOf(pick, NUMBERS);
  if (name === "Boolean") return oneOf(pick, ["true", "false"]);
  if (name === "Date") return `"${pick(4) > 0 ? `2026-11-0${1 + pick(9)}` : oneOf(pick, DAYS)}"`;
  return `"${oneOf(pick, TEXTS)}"`;
}

function selectionOf(type: GraphQLNamedType, pick: Pick, depth: number): string {
  if (isAbstractType(type)) {
    const each = oneOf(pick, schema.getPossibleTypes(type));
    return `__typename ... on ${each.name} { ${selectionOf(each, pick, depth)} }`;
  }
  if (!isObjectType(type)) return "";
  const fields = Object.values(type.getFields());
  // Deep down what is no object, where there is such.
  const near = depth < 5 ? fields : fields.filter((field) => !isCompositeType(getNamedType(field.type)));
  const chosen = Array.from({ length: 1 + pick(4) }, () => oneOf(pick, near.length > 0 ? near : fields));
  return depth > 8 ? "__typename" : chosen.map((field, i) => fieldOf(field, pick, depth, i)).join(" ");
}

function fieldOf(field: GraphQLField<unknown, unknown>, pick: Pick, depth: number, i: number): string {
  const args = field.args
    .filter(({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || pick(4) === 0)
    .map((arg) => `${arg.name}: ${literalOf(arg.type, pick)}`);
  const named = getNamedType(field.type);
  const below = isCompositeType(named) ? ` { ${selectionOf(named, pick, depth + 1)} }` : "";
  const directive =
    pick(25) === 0
      ? ` @${pick(9) === 0 ? "defer" : oneOf(pick, ["include", "skip"])}(if: ${oneOf(pick, ["true", "false"])})`
      : "";
  // Two fields of one name with other arguments do not go together.
  return `x${depth}_${i}_${pick(1000)}: ${field.name}${args.length > 0 ? `(${args.join(", ")})` : ""}${directive}${below}`;
}

const SPLINTERS = [
  "{",
  "}",
  "(",
  ")",
  "[",
  '"',
  "...",
  "$x",
  "@skip",
  ":",
  "null",
  "#",
  "fragment F on Query",
  "\0",
  "é",
  "!",
];

/** A text with a piece lost, doubled or put in somewhere. */
function damaged(text: string, pick: Pick): string {
  const at = pick(text.length + 1);
  const length = pick(12);
  const kind = pick(3);
  if (kind === 0) return text.slice(0, at) + text.slice(at + length);
  if (kind === 1) return text.slice(0, at + length) + text.slice(at);
  return text.slice(0, at) + oneOf(pick, SPLINTERS) + text.slice(at);
}

const root = schema.getQueryType() as GraphQLNamedType;
const LIBRARY = queryLibrary();

/** What every answer keeps to; returns its codes. */
function expectSound(status: number, text: string, asked: string): string[] {
  expect(status, asked).toBeLessThan(500);
  const { data, errors } = JSON.parse(text) as Answer;
  const codes = (errors ?? []).map(({ extensions }) => extensions?.code);
  for (const code of codes) {
    expect(Object.keys(ERROR_CODES), asked).toContain(code);
    expect(code, `${asked}\n${text}`).not.toBe("INTERNAL_SERVER_ERROR");
  }
  if (data === undefined || data === null) expect(codes, asked).not.toEqual([]);
  for (const [key, value] of Object.entries(data ?? {})) {
    if (value !== null || key.includes("__type")) continue;
    expect(
      errors?.some(({ path }) => path?.[0] === key),
      `${key} is null without a word: ${asked}`,
    ).toBe(true);
  }
  return codes;
}

/** Aliases of single fields, each, and rows without end are what other tests are about. */
const settings = { MAX_ALIASES: "1000", MAX_DEPTH: "50", MAX_ROWS: "10000000" };
const RUNS = Number(process.env.NOISE_RUNS ?? 400);

test("operations made at random of the schema, whole and damaged, are answered or refused with a code (6)", async () => {
  const { app, faults } = gateway({ sandbox: { users: 20 }, settings });
  const counts = { whole: 0, inPart: 0, refused: 0 };
  const met = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (values) => {
      const pick = pickBy(values);
      const made = pick(8) === 0 ? oneOf(pick, LIBRARY) : `{ ${selectionOf(root, pick, 0)} }`;
      const query = pick(8) === 0 ? damaged(made, pick) : made;
      const variables = oneOf(pick, [
        undefined,
        null,
        {},
        { range: { last: { days: pick(400) } } },
        { first: pick(2000) },
      ]);
      const response = await app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      const codes = expectSound(response.status, text, query);
      for (const code of codes) met.add(code);
      const { data } = JSON.parse(text) as Answer;
      counts[codes.length === 0 ? "whole" : data ? "inPart" : "refused"]++;
      expect(faults.splice(0), query).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  process.stdout.write(`6: ${RUNS} operations ${JSON.stringify(counts)}; codes ${[...met].sort()}\n`);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(RUNS / 50);
});

test("bytes made at random, and bodies and URLs with some of them, are answered or refused with a code (6)", async () => {
  const { app, faults } = gateway({ sandbox: { users: 20 } });
  const good = Buffer.from(
    JSON.stringify({ query: "{ groups(first: 1) { nodes { name } } }", variables: { a: [1] } }),
  );
  const send = async (path: string, init: RequestInit, asked: string) => {
    const response = await app.fetch(`http://gateway.test${path}`, init);
    const text = await response.text();
    if (response.ok && path === "/q/") expect(JSON.parse(text)).toHaveProperty("documents");
    else expectSound(response.status, text, asked);
  };
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(good.length), fc.nat(8), fc.uint8Array({ maxLength: 8 }))
      .map(
        ([at, lost, more]) => new Uint8Array([...good.subarray(0, at), ...more, ...good.subarray(at + lost)]),
      ),
    fc.jsonValue({ maxDepth: 4 }).map((value) => new TextEncoder().encode(JSON.stringify(value))),
    fc
      .record(
        {
          query: fc.jsonValue(),
          variables: fc.jsonValue(),
          operationName: fc.jsonValue(),
          extensions: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  const path = fc.oneof(
    fc.constant("/graphql"),
    fc
      .tuple(
        fc.constantFrom("/graphql?", "/q/MonthEnd?", "/export/users.csv?", "/q/", "/export/"),
        fc.string({ unit: "binary" }),
      )
      .map(
        ([start, text]) =>
          start + encodeURIComponent(text.toWellFormed()).replaceAll("%3D", "=").replaceAll("%26", "&"),
      ),
    fc
      .tuple(fc.constantFrom("query", "variables", "extensions", "operationName"), fc.string())
      .map(
        ([name, text]) => `/graphql?query={__typename}&${name}=${encodeURIComponent(text.toWellFormed())}`,
      ),
  );
  await fc.assert(
    fc.asyncProperty(body, path, async (bytes, where) => {
      const headers = { "content-type": "application/json", accept: "application/json" };
      if (where === "/graphql")
        await send(where, { method: "POST", headers, body: bytes }, Buffer.from(bytes).toString());
      else await send(where, { headers }, where);
      expect(faults.splice(0)).toEqual([]);
    }),
    { numRuns: 3 * RUNS },
  );
});
