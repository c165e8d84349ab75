import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { gateway } from "../gateway.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

/** Lists that give out cursors, and the same over other days or in another way, which are lists of their own. */
const LISTS = [
  `users(${WEEK}`,
  `users(range: { between: { from: "2026-11-01", until: "2026-11-07" } }`,
  `users(range: { between: { from: "2026-11-02", until: "2026-11-08" } }`,
  `projects(${WEEK}`,
  `skills(${WEEK}`,
  `skills(range: { period: LAST_MONTH }`,
  `connectors(${WEEK}`,
  `plugins(${WEEK}`,
  `artifacts(${WEEK}`,
  `claudeCodeRecords(${WEEK}`,
  `cost(${WEEK}, groupBy: [MODEL], bucket: DAY`,
  `cost(${WEEK}, groupBy: [MODEL], bucket: NONE`,
  `cost(${WEEK}, groupBy: [PRODUCT]`,
  `usage(${WEEK}, groupBy: [MODEL]`,
  `usage(${WEEK}, groupBy: [MODEL], organization: "console", source: LEGACY`,
  `teams(${WEEK}`,
  "groups(range: { period: LAST_MONTH }",
];
const SETTINGS = { MAX_UPSTREAM_REQUESTS: "1000" };

const gate = gateway({ sandbox: { users: 40 }, settings: SETTINGS });
const read = (list: string, after: string | null) =>
  gate.ask(`query ($after: String) { list: ${list}, first: 1, after: $after) { edges { cursor } } }`, {
    after,
  });

/** A cursor of each list that has rows. */
const cursors = new Map<string, string>();

beforeAll(async () => {
  for (const list of LISTS) {
    const { data, errors } = await read(list, null);
    expect(errors, list).toBeUndefined();
    const [edge] = data.list.edges;
    if (edge !== undefined) cursors.set(list, edge.cursor);
  }
  expect(cursors.size).toBeGreaterThan(12);
});

/** Refused for the cursor alone, without a row, at no more than two requests; returns how many there were. */
async function expectRefused(list: string, after: string): Promise<number> {
  const [{ data, errors }, requests] = await gate.requestsOf(() => read(list, after));
  const what = `${list}, after: ${after.slice(0, 100)}`;
  expect(data.list, what).toBeNull();
  expect(
    errors?.map(({ extensions }) => extensions.code),
    what,
  ).toEqual(["CURSOR_INVALID"]);
  return requests.length;
}

test("a cursor reads on in the list that gave it out", async () => {
  for (const [list, after] of cursors) expect((await read(list, after)).errors, list).toBeUndefined();
});

test("of another list, other days or another split it is refused everywhere, and upstream is not asked (16)", async () => {
  let tried = 0;
  for (const [from, after] of cursors)
    for (const list of LISTS) {
      if (list === from) continue;
      expect(await expectRefused(list, after), `${from} on ${list}`).toBe(0);
      tried++;
    }
  process.stdout.write(`16: ${tried} cursors of other lists, 0 accepted\n`);
  expect(tried).toBeGreaterThan(200);
});

test("changed in any way it is refused, and upstream is not asked (16)", { tags: "deep" }, async () => {
  const change = fc.oneof(
    fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([at, bit]) => (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      const place = at % copy.length;
      copy[place] = (copy[place] ?? 0) ^ (1 << bit);
      return copy.toString("base64url");
    }),
    fc
      .tuple(fc.nat(), fc.nat({ max: 5 }), fc.uint8Array({ maxLength: 5 }))
      .map(([at, lost, more]) => (bytes: Buffer) => {
        const place = at % bytes.length;
        return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place + lost)]).toString(
          "base64url",
        );
      }),
    // What stands in it is no secret: somebody can write another place under the old digest.
    fc.jsonValue({ maxDepth: 2 }).map((place) => (bytes: Buffer) => {
      const start = bytes.indexOf("[");
      const head = bytes.subarray(0, start < 0 ? bytes.length : start);
      return Buffer.concat([head, Buffer.from(JSON.stringify(place))]).toString("base64url");
    }),
    fc.string({ maxLength: 40 }).map((text) => () => text),
    fc.constantFrom(
      (bytes: Buffer) => `${bytes.toString("base64url")}\r\nx-api-key: y`,
      (bytes: Buffer) => bytes.toString("hex"),
      (bytes: Buffer) => Buffer.concat([bytes, bytes]).toString("base64url"),
    ),
  );
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cursors), change, async ([list, cursor], changed) => {
      const after = changed(Buffer.from(cursor, "base64url"));
      fc.pre(after !== cursor);
      expect(await expectRefused(list, after)).toBeLessThanOrEqual(2);
      tried++;
    }),
    { numRuns: 600 },
  );
  process.stdout.write(`16: ${tried} changed cursors, 0 accepted\n`);
});

test("of 200 kB it is more than a body may be (16)", async () => {
  const [{ errors }, requests] = await gate.requestsOf(() => read(`users(${WEEK}`, "A".repeat(200_000)));
  expect(errors?.[0]?.extensions).toMatchObject({ code: "LIMIT_EXCEEDED", limit: "MAX_BODY_BYTES" });
  expect(requests).toEqual([]);
});
