import { describe, expect, test } from "vitest";
import { compare, type Decimal, formatDecimal, negative, parseDecimal, sum } from "../src/domain/decimal.ts";
import { gateway } from "./gateway.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are as loose as JSON is
type Loose = any;

const RANGE = `range: { between: { from: "2026-09-20", until: "2026-10-25" } }`;

function centsOf(row: Loose): Decimal {
  return parseDecimal(row?.net.cents ?? "0") as Decimal;
}

function expectEqual(a: Decimal, b: Decimal): void {
  expect(compare(a, b), `${formatDecimal(a)} is not ${formatDecimal(b)}`).toBe(0);
}

describe("a filter with alternatives", () => {
  test.each([1, 2, 3, 5, 8])(
    "counts rows that match several alternatives once: A or B is A plus B less both (seed %d)",
    async (seed) => {
      const { ask } = gateway({ sandbox: { users: 60, seed } });
      const models = await ask(`{ cost(${RANGE}, bucket: NONE, groupBy: [MODEL]) { nodes { model } } }`);
      const [model] = models.data.cost.nodes.flatMap(({ model }: Loose) => model ?? []);
      const [a, b] = [`products: ["claude_code"], speeds: ["standard"]`, `models: ["${model}"]`];
      const total = (filter: string) =>
        `cost(${RANGE}, bucket: NONE, source: UNIFIED, filter: { ${filter} }) { total { net { cents } } }`;
      const { data, errors } = await ask(`{
        or: cost(${RANGE}, bucket: WEEK, source: UNIFIED, groupBy: [PRODUCT, MODEL, SPEED], filter: { any: [{ ${a} }, { ${b} }] }, first: 1000) {
          nodes { product model speed net { cents } shareOfTotal } total { net { cents } } pageInfo { hasNextPage } }
        a: ${total(a)} b: ${total(b)} both: ${total(`${a}, ${b}`)}
      }`);
      expect(errors).toBeUndefined();
      const [inA, inB, inBoth] = [data.a.total, data.b.total, data.both.total].map(centsOf) as [
        Decimal,
        Decimal,
        Decimal,
      ];
      const expected = sum([inA, inB, negative(inBoth)]);
      expectEqual(centsOf(data.or.total), expected);
      expectEqual(sum(data.or.nodes.map(centsOf)), expected);
      expect(inBoth.units > 0n && compare(inBoth, inA) < 0 && compare(inBoth, inB) < 0).toBe(true);
      for (const { product, model: own, speed } of data.or.nodes)
        expect((product === "claude_code" && speed === "standard") || own === model).toBe(true);
      const shares = data.or.nodes.map(({ shareOfTotal }: Loose) => parseDecimal(shareOfTotal) as Decimal);
      expect(Math.abs(Number(formatDecimal(sum(shares))) - 1)).toBeLessThan(shares.length * 1e-12);
    },
  );

  test("stands beside the lists, which all have to match", async () => {
    const { ask } = gateway({ sandbox: { users: 60 } });
    const { data, errors } = await ask(`{
      some: usage(${RANGE}, bucket: NONE, source: UNIFIED, groupBy: [PRODUCT, INFERENCE_GEO], filter: { products: ["chat", "claude_code"], any: [{ products: ["chat"] }, { inferenceGeos: ["not_available"] }] }, first: 1000) { nodes { product inferenceGeo tokens { totalTokens } } total { totalTokens } }
      all: usage(${RANGE}, bucket: NONE, source: UNIFIED, groupBy: [PRODUCT, INFERENCE_GEO], first: 1000) { nodes { product inferenceGeo tokens { totalTokens } } }
    }`);
    expect(errors).toBeUndefined();
    const expected = data.all.nodes.filter(
      ({ product, inferenceGeo }: Loose) =>
        product === "chat" || (product === "claude_code" && inferenceGeo === null),
    );
    expect(data.some.nodes).toEqual(expected);
    expect(expected.length).toBeGreaterThan(1);
    expect(data.some.total.totalTokens).toBe(
      expected.reduce((all: number, { tokens }: Loose) => all + tokens.totalTokens, 0),
    );
  });

  test("finds identities by the id of whichever kind they are", async () => {
    const { ask } = gateway({ sandbox: { users: 30 }, settings: { ANTHROPIC_ANALYTICS_KEY: "" } });
    const rows = `nodes { actor { __typename ... on UserActor { user { userId } } ... on ServiceAccountActor { serviceAccountId } } net { cents } }`;
    const all = await ask(`{ cost(${RANGE}, bucket: NONE, groupBy: [ACTOR], first: 1000) { ${rows} } }`);
    const of = (typename: string) =>
      all.data.cost.nodes.find(({ actor }: Loose) => actor?.__typename === typename);
    const ids = [of("ServiceAccountActor").actor.serviceAccountId];
    const { data, errors } = await ask(
      `{ cost(${RANGE}, bucket: NONE, groupBy: [ACTOR], filter: { any: [{ actors: ${JSON.stringify(ids)} }] }) { ${rows} total { net { cents } } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.cost.nodes).toEqual([of("ServiceAccountActor")]);
    expectEqual(centsOf(data.cost.total), centsOf(of("ServiceAccountActor")));
  });

  test("makes the same upstream requests as the rows without it, and has separate cursors", async () => {
    const { ask, requestsOf } = gateway({ sandbox: { users: 30 } });
    const question = (filter: string, more = "") =>
      `{ cost(${RANGE}, source: UNIFIED, groupBy: [PRODUCT, MODEL], first: 2${filter}${more}, bucket: DAY) { edges { cursor } pageInfo { endCursor } } }`;
    const plain = await ask(question(""));
    const [filtered, none] = await requestsOf(() =>
      ask(question(`, filter: { any: [{ products: ["chat"] }, { products: ["cowork"] }] }`)),
    );
    expect(none).toEqual([]);
    const after = `, after: "${filtered.data.cost.pageInfo.endCursor}"`;
    expect((await ask(question("", after))).errors?.[0]?.extensions.code).toBe("CURSOR_INVALID");
    expect(plain.errors).toBeUndefined();
  });

  test.each([
    [
      "a dimension not split by",
      `groupBy: [PRODUCT], filter: { any: [{ models: ["x"] }, { products: ["chat"] }] }`,
      /MODEL, but the rows are not grouped by it; add MODEL to `groupBy`/,
    ],
    [
      "people: their rows leave usage out",
      `groupBy: [USER], filter: { any: [{ users: ["user_x"] }] }`,
      /cannot filter on USER.*`actors`/,
    ],
    [
      "groups: their rows overlap",
      `groupBy: [GROUP], filter: { any: [{ groups: ["x"] }] }`,
      /cannot filter on GROUP/,
    ],
    ["no alternative", `filter: { any: [] }`, /must have 1 to 100/],
    [
      "an alternative that is everything",
      `groupBy: [MODEL], filter: { any: [{ models: ["x"] }, {}] }`,
      /without lists/,
    ],
    ["an empty list", `groupBy: [MODEL], filter: { any: [{ models: [] }] }`, /must have 1 to 100/],
    [
      "a source that leaves groups out",
      `source: LEGACY, groupBy: [MODEL], filter: { any: [{ models: ["x"] }] }`,
      /keeps the 100 largest groups/,
    ],
  ])("is refused before any upstream request, with what would work: %s", async (_name, args, sentence) => {
    const { ask, seen } = gateway({ sandbox: { users: 20 } });
    const { data, errors } = await ask(`{ cost(${RANGE}, ${args}, bucket: DAY) { totalCount } }`);
    expect(data).toEqual({ cost: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
    expect(errors?.[0]?.message).toMatch(sentence);
    expect(seen).toEqual([]);
  });
});
