import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { buildSchema, type ExecutionResult, GraphQLError, parse, print } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { execute } from "../../src/execution/execute.ts";
import { executeInParts, incrementalDocument, type Payload } from "../../src/execution/incremental.ts";
import { forAllAsync } from "../arbitrary.ts";
import { guarded } from "../callers.ts";
import { variablesFor } from "../library-variables.ts";
import { type Delivered, joined, partsIn, placedIn, randomBy } from "./parts.ts";

const FOLDER = new URL("../../schema/operations/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".graphql"));

/** Errors without their places: one of several parts stands for those of its part alone. */
function causesOf({ errors = [] }: Pick<Delivered, "errors">): readonly string[] {
  return [...new Set(errors.map(({ message, extensions }) => `${extensions?.code} ${message}`))].sort();
}

describe("all parts together are the whole answer, with its errors and upstream requests", {
  tags: "deep",
}, () => {
  test.each(FILES)("%s", async (file) => {
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    const variables = await variablesFor(file);
    const ask = async (name: string, query: string, accept: string) => {
      const { app, headersOf, seen } = guarded({
        sandbox: { users: 60 },
        settings: { MAX_DIRECTIVES: "200" },
      });
      const response = await app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { ...headersOf(name), accept },
        body: JSON.stringify({ query, variables }),
      });
      const parts = partsIn(response.headers.get("content-type") ?? "", await response.text());
      return { parts, requests: seen.map(String).sort() };
    };
    const whole = new Map(
      await Promise.all(
        ["OWNER", "ADMIN", "OWNER of groups"].map(
          async (name) => [name, await ask(name, text, "application/json")] as const,
        ),
      ),
    );
    await forAllAsync(
      [fc.nat(), fc.constantFrom(...whole.keys()), fc.constantFrom("multipart/mixed", "text/event-stream")],
      async (seed, name, accept) => {
        const query = print(placedIn(schema, parse(text), randomBy(seed)));
        const { parts, requests } = await ask(name, query, `${accept}, application/json`);
        const expected = whole.get(name);
        if (parts[0]?.data === undefined) throw new Error(JSON.stringify(parts));
        const answer = joined(parts);
        expect(answer.data).toEqual(expected?.parts[0]?.data);
        expect(causesOf(answer)).toEqual(causesOf(expected?.parts[0] ?? {}));
        expect(requests).toEqual(expected?.requests);
        expect(parts.map(({ hasNext }) => hasNext ?? false)).toEqual(
          parts.map((_, i) => i < parts.length - 1),
        );
      },
      { numRuns: 4 },
    );
  });
});

const WORLD = buildSchema(`
  directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
  interface Thing { name: String needed: String! thing: Thing things: [Thing] all: [Thing!]! grid: [[Int]] }
  type Apple implements Thing { name: String needed: String! thing: Thing things: [Thing] all: [Thing!]! grid: [[Int]] }
  type Pear implements Thing { name: String needed: String! thing: Thing things: [Thing] all: [Thing!]! grid: [[Int]] weight: Float! }
  type Query { thing: Thing things: [Thing] all: [Thing!]! }
`);

const DOCUMENT = parse(`{
  thing { ...Leaves thing { ...Leaves things { name } } things { ...Leaves all { name needed } grid } }
  things { __typename ...Leaves ... on Pear { weight thing { needed } } all { ...Leaves } }
  again: thing { grid all { needed } }
}
fragment Leaves on Thing { name needed }`);

/** Things whose fields return, wait and fail as their paths decide. `faults` of ten fail. */
function thing(seed: number, path: string, faults: number, depth: number): object {
  const chance = (key: string) => {
    let hash = seed >>> 0;
    for (const letter of path + key) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619) >>> 0;
    return randomBy(hash ^ (hash >>> 15))() * 10;
  };
  const outcome = (key: string, value: () => unknown) => () => {
    const fails = chance(`${key} fails`) < faults;
    const made = () => {
      if (fails) throw new GraphQLError(`${path}.${key} failed`);
      return value();
    };
    const wait = chance(`${key} waits`);
    if (wait < 4) return made();
    return new Promise((resolve) =>
      wait < 7 ? queueMicrotask(() => resolve(null)) : setImmediate(resolve, null),
    ).then(made);
  };
  const below = (key: string) => (depth === 0 ? null : thing(seed, `${path}.${key}`, faults, depth - 1));
  const list = (key: string) => () =>
    depth === 0 ? [] : [0, 1, 2].map((i) => thing(seed, `${path}.${key}.${i}`, faults, depth - 1));
  return {
    __typename: chance("type") < 5 ? "Apple" : "Pear",
    name: outcome("name", () => path),
    needed: outcome("needed", () => path),
    weight: outcome("weight", () => 1),
    grid: outcome("grid", () => [[1, null], [2]]),
    thing: outcome("thing", () => below("thing")),
    things: outcome("things", list("things")),
    all: outcome("all", list("all")),
  };
}

async function collected(seed: number, faults: number, pause: boolean, placement: number) {
  const rootValue = () => thing(seed, "root", faults, 3);
  const document = parse(print(placedIn(WORLD, DOCUMENT, randomBy(placement))));
  const { whole, inParts } = incrementalDocument(document);
  const args = { schema: WORLD, document: whole, contextValue: {} };
  const turn = pause ? () => new Promise<void>((resolve) => setImmediate(resolve)) : null;
  const plain: ExecutionResult = await execute({ ...args, document: DOCUMENT, rootValue: rootValue() });
  const parts: Payload[] = [];
  for await (const part of executeInParts({ ...args, rootValue: rootValue() }, inParts ?? whole, {
    pause: turn,
    enter: null,
  }))
    parts.push(part);
  return { plain, parts: parts as readonly Delivered[] };
}

const cases = [fc.nat(), fc.boolean(), fc.nat()] as const;

test("parts of values that wait are the whole answer", async () => {
  await forAllAsync(
    [...cases],
    async (seed, pause, placement) => {
      const { plain, parts } = await collected(seed, 0, pause, placement);
      expect(joined(parts)).toEqual({
        data: JSON.parse(JSON.stringify(plain.data)),
        errors: [],
        isVoided: false,
      });
    },
    { numRuns: 200 },
  );
});

test("parts of values that fail are the whole answer with each of its errors once, unless a part is voided", {
  tags: "deep",
}, async () => {
  await forAllAsync(
    [...cases, fc.integer({ min: 1, max: 4 })],
    async (seed, pause, placement, faults) => {
      const { plain, parts } = await collected(seed, faults, pause, placement);
      const { data, errors = [], isVoided } = joined(parts);
      const messagesOf = (list: readonly { readonly message: string }[] = []) =>
        list.map(({ message }) => message).sort();
      expect(parts.at(-1)?.hasNext).toBe(false);
      if (isVoided) return expect(errors.length).toBeGreaterThan(0);
      expect(data).toEqual(JSON.parse(JSON.stringify(plain.data)));
      expect(messagesOf(errors)).toEqual(messagesOf(plain.errors));
    },
    { numRuns: 400 },
  );
});
