import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gateway, json } from "./gateway.ts";
import { PATHS, tokenPage, wireSkill } from "./wire.ts";

const WEEK = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;

/** Skills over two pages of upstream. */
function skills(...pages: ReturnType<typeof wireSkill>[][]) {
  return gateway({
    routes: {
      [PATHS.skills]: (query) => {
        const index = Number(query.get("page")?.slice("page_".length) ?? 0);
        return json(tokenPage(pages[index] ?? [], index + 1 < pages.length ? `page_${index + 1}` : null));
      },
    },
  });
}

const PRICED = [
  [wireSkill("b", { users: 3 }), wireSkill("c", { listPrice: "10.5" })],
  [wireSkill("d", { users: 2, listPrice: "9.75" }), wireSkill("a", { users: 3, listPrice: "10.50" })],
];

const names = (list: { nodes: readonly { name: string }[] }) => list.nodes.map(({ name }) => name);

describe("the list's own column", () => {
  test("goes upstream from the end, and a page costs one request", async () => {
    const { ask, seen } = skills(...PRICED);
    const { data, errors } = await ask(
      `{ skills(${WEEK}, orderBy: { field: NAME, direction: DESC }, first: 1) { nodes { name } totalCount } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.skills).toEqual({ nodes: [{ name: "b" }], totalCount: null });
    expect(seen.map(({ searchParams }) => [searchParams.get("order"), searchParams.get("order_by")])).toEqual(
      [["desc", null]],
    );
  });

  test("is what a list is ordered by when nothing is said, cursors included", async () => {
    const { ask, seen } = skills(...PRICED);
    const { data } = await ask(`{ skills(${WEEK}, first: 1) { pageInfo { endCursor } } }`);
    const { errors } = await ask(
      `query ($after: String) { skills(${WEEK}, orderBy: { field: NAME }, first: 1, after: $after) { nodes { name } } }`,
      { after: data.skills.pageInfo.endCursor },
    );
    expect(errors).toBeUndefined();
    expect(seen.map(({ searchParams }) => [searchParams.get("page"), searchParams.has("order")])).toEqual([
      [null, false],
      ["page_1", false],
    ]);
  });
});

describe("a measure", () => {
  test.each([
    ["{ field: USERS }", ["a", "b", "d", "c"]],
    ["{ field: USERS, direction: ASC }", ["c", "d", "a", "b"]],
    ["{ field: LIST_PRICE }", ["a", "c", "d", "b"]],
    ["{ field: LIST_PRICE, direction: ASC }", ["d", "a", "c", "b"]],
    ["{ field: OVERAGE }", ["a", "b", "c", "d"]],
  ])("%s ranks the whole list, ties by name and rows without it last", async (orderBy, expected) => {
    const { ask, seen } = skills(...PRICED);
    const { data, errors } = await ask(
      `{ skills(${WEEK}, orderBy: ${orderBy}, first: 3) { nodes { name } totalCount pageInfo { hasNextPage endCursor } } }`,
    );
    expect(errors).toBeUndefined();
    expect(names(data.skills)).toEqual(expected.slice(0, 3));
    expect(data.skills.totalCount).toBe(4);
    const { data: rest } = await ask(
      `query ($after: String) { skills(${WEEK}, orderBy: ${orderBy}, after: $after) { nodes { name } pageInfo { hasNextPage } } }`,
      { after: data.skills.pageInfo.endCursor },
    );
    expect(rest.skills).toEqual({ nodes: [{ name: expected[3] }], pageInfo: { hasNextPage: false } });
    expect(seen.map(({ searchParams }) => searchParams.get("page"))).toEqual([null, "page_1"]);
    expect(seen.every(({ searchParams }) => !searchParams.has("order"))).toBe(true);
  });

  test("with any `first` gives every row once, in order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.nat({ max: 3 })), { maxLength: 12 }),
        fc.constantFrom("ASC", "DESC"),
        fc.constantFrom(1, 2, 5),
        async (counts, direction, first) => {
          const { ask } = skills(counts.map((invocations, i) => wireSkill(`s${i}`, { invocations })));
          const rows: { name: string; invocations: number | null }[] = [];
          for (let after: string | null = null; ; ) {
            const { data } = await ask(
              `query ($after: String) { skills(${WEEK}, orderBy: { field: INVOCATIONS, direction: ${direction} }, first: ${first}, after: $after) { nodes { name invocations } pageInfo { hasNextPage endCursor } } }`,
              { after },
            );
            rows.push(...data.skills.nodes);
            if (!data.skills.pageInfo.hasNextPage) break;
            after = data.skills.pageInfo.endCursor;
          }
          expect(rows.map(({ name }) => name).sort()).toEqual(counts.map((_, i) => `s${i}`).sort());
          const measured = rows.flatMap(({ invocations }) => (invocations === null ? [] : [invocations]));
          const sign = direction === "ASC" ? 1 : -1;
          expect(measured).toEqual(measured.toSorted((a, b) => sign * (a - b)));
          expect(rows.slice(measured.length).every(({ invocations }) => invocations === null)).toBe(true);
        },
      ),
      { numRuns: 30 },
    ));
});

test("a cursor of one order fits no other", async () => {
  const orders = [
    "{ field: NAME }",
    "{ field: NAME, direction: DESC }",
    "{ field: USERS }",
    "{ field: USERS, direction: ASC }",
    "{ field: INVOCATIONS }",
  ];
  const { ask } = skills(...PRICED);
  const page = (orderBy: string, after: string | null) =>
    ask(
      `query ($after: String) { skills(${WEEK}, orderBy: ${orderBy}, first: 1, after: $after) { pageInfo { endCursor } } }`,
      { after },
    );
  for (const [i, one] of orders.entries()) {
    const after = (await page(one, null)).data.skills.pageInfo.endCursor;
    for (const [j, other] of orders.entries()) {
      const code = (await page(other, after)).errors?.[0]?.extensions.code;
      expect(code, `${one} ${other}`).toBe(i === j ? undefined : "CURSOR_INVALID");
    }
  }
});

test.each([
  ["users", "CHAT_MESSAGES", "activity { chat { messages } }"],
  ["users", "CODE_SESSIONS", "activity { claudeCode { sessions } }"],
  ["users", "LINES_ADDED", "activity { claudeCode { linesAdded } }"],
  ["users", "WEB_SEARCHES", "activity { webSearches }"],
  ["projects", "MESSAGES", "messages"],
  ["projects", "USERS", "users"],
  ["connectors", "READ_CALLS", "readCalls"],
  ["connectors", "USERS", "users"],
  ["skills", "INVOCATIONS", "invocations"],
])("%s of the sandbox by %s are the plain list, sorted, at one request", async (list, field, measure) => {
  const { ask, seen } = gateway({ sandbox: { users: 40 } });
  const rows = `{ nodes { id ${measure} } }`;
  const range = "range: { last: { days: 14 } }, first: 1000";
  const { data, errors } = await ask(
    `{ ranked: ${list}(${range}, orderBy: { field: ${field} }) ${rows} plain: ${list}(${range}) ${rows} }`,
  );
  expect(errors).toBeUndefined();
  expect(seen).toHaveLength(1);
  const measureOf = (row: Record<string, unknown>): number => {
    const { id: _, ...rest } = row;
    let value: unknown = rest;
    while (typeof value === "object" && value !== null) value = Object.values(value)[0];
    return value as number;
  };
  const values = data.ranked.nodes.map(measureOf);
  expect(values).toEqual(values.toSorted((a: number, b: number) => b - a));
  expect(new Set(values).size).toBeGreaterThan(1);
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(data.ranked.nodes.toSorted(byId)).toEqual(data.plain.nodes.toSorted(byId));
});
