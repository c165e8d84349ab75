import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Paging } from "../../../src/sandbox/endpoint.ts";
import { fakeList, type Get, protocol, type Reply } from "./fake.ts";

interface Row {
  readonly id: string;
  readonly dropped: boolean;
  readonly fanOut: number;
}

const rowsOf = fc
  .array(fc.record({ dropped: fc.boolean(), fanOut: fc.nat(3) }), { maxLength: 40 })
  .map((rows) => rows.map((row, i): Row => ({ ...row, id: `id_${i}` })));
const limits = fc.integer({ min: 1, max: 50 });

function listing(paging: Paging, rows: readonly Row[]): Get {
  return protocol([
    fakeList(paging, rows, {
      id: (row) => row.id,
      dropped: (row) => row.dropped,
      render: (row) => Array.from({ length: row.fanOut }, (_, copy) => ({ id: row.id, copy })),
    }),
  ]);
}

function sentOf(rows: readonly Row[]): object[] {
  return rows
    .filter((row) => !row.dropped)
    .flatMap((row) => Array.from({ length: row.fanOut }, (_, copy) => ({ id: row.id, copy })));
}

const LIMIT = { default: 20, max: 1000 };

describe.each([
  ["token", { style: "token", limit: LIMIT }],
  ["report", { style: "report", limit: LIMIT, expires: true }],
] satisfies [string, Paging][])("%s paging", (style, paging) => {
  test("joined pages equal the whole for any limit, whatever is dropped or fans out", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, limits, async (rows, limit) => {
        const get = listing(paging, rows);
        const joined: object[] = [];
        let pages = 0;
        for (let page: string | null = ""; page !== null; ) {
          const { body } = await get(`/list?limit=${limit}${page && `&page=${page}`}`);
          joined.push(...body.data);
          if (style === "report") expect(body.has_more).toBe(body.next_page !== null);
          else expect(body).not.toHaveProperty("has_more");
          page = body.next_page;
          pages += 1;
        }
        expect(joined).toEqual(sentOf(rows));
        expect(pages).toBe(Math.max(1, Math.ceil(rows.length / limit)));
      }),
    );
  });

  test("a page with all its rows dropped is empty and has more", async () => {
    const rows = [0, 1, 2].map((i) => ({ id: `id_${i}`, dropped: i < 2, fanOut: 1 }));
    const { body } = await listing(paging, rows)("/list?limit=2");
    expect(body.data).toEqual([]);
    expect(body.next_page).toMatch(/^page_[\w-]+$/);
  });
});

describe("id paging", () => {
  const paging: Paging = { style: "id", limit: LIMIT };
  const plain = rowsOf.map((rows) => rows.map((row) => ({ ...row, dropped: false, fanOut: 1 })));

  test("walking on by last_id joins to the whole for any limit", async () => {
    await fc.assert(
      fc.asyncProperty(plain, limits, async (rows, limit) => {
        const get = listing(paging, rows);
        const joined: object[] = [];
        for (let more = true, after = ""; more; ) {
          const { body } = await get(`/list?limit=${limit}${after}`);
          joined.push(...body.data);
          more = body.has_more;
          after = `&after_id=${body.last_id}`;
        }
        expect(joined).toEqual(sentOf(rows));
      }),
    );
  });

  test("walking back by first_id joins to all before, in the order of the list", async () => {
    await fc.assert(
      fc.asyncProperty(plain, limits, async (rows, limit) => {
        const last = rows.at(-1);
        if (last === undefined) return;
        const get = listing(paging, rows);
        let joined: object[] = [];
        for (let more = true, before: string | null = last.id; more; ) {
          const { body }: Reply = await get(`/list?limit=${limit}&before_id=${before}`);
          joined = [...body.data, ...joined];
          more = body.has_more;
          before = body.first_id;
        }
        expect(joined).toEqual(sentOf(rows.slice(0, -1)));
      }),
    );
  });

  test("an empty list has no ids", async () => {
    const { body } = await listing(paging, [])("/list");
    expect(body).toEqual({ data: [], first_id: null, last_id: null, has_more: false });
  });

  test("ids that are unknown, or from both sides, are refused", async () => {
    const get = listing(paging, [{ id: "a", dropped: false, fanOut: 1 }]);
    expect(await get("/list?after_id=b")).toMatchObject({ status: 400 });
    expect(await get("/list?before_id=b")).toMatchObject({ status: 400 });
    expect(await get("/list?after_id=a&before_id=a")).toMatchObject({ status: 400 });
  });
});

test("a whole list comes in one body with a null token", async () => {
  const rows = [{ id: "a", dropped: false, fanOut: 1 }];
  const { body } = await listing({ style: "whole" }, rows)("/list");
  expect(body).toEqual({ data: [{ id: "a", copy: 0 }], next_page: null });
});

describe("a list that is paged only together with a parameter", () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({ id: `id_${i}`, dropped: i % 7 === 0, fanOut: 1 }));
  const get = protocol([
    fakeList({ style: "token", limit: LIMIT, pagedWith: "by" }, rows, {
      parameters: { by: { type: "text" } },
      dropped: (row: Row) => row.dropped,
      render: ({ id }: Row) => ({ id, copy: 0 }),
    }),
  ]);

  test("comes in one body without it, whatever the limit", async () => {
    for (const search of ["", "?limit=3"]) {
      expect((await get(`/list${search}`)).body).toEqual({ data: sentOf(rows), next_page: null });
    }
    expect(await get("/list?limit=1001")).toMatchObject({ status: 400 });
  });

  test("takes a page only with it", async () => {
    const { body } = await get("/list?by=x");
    expect(body.data).toHaveLength(17);
    expect((await get(`/list?by=x&page=${body.next_page}`)).body.data).toHaveLength(8);
    const refused = await get(`/list?page=${body.next_page}`);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: "page: only together with by" } },
    });
  });
});

test("keys beside the list stand in the envelope", async () => {
  const paging: Paging = { style: "report", limit: LIMIT, expires: true };
  const get = protocol([fakeList(paging, [], { envelope: { data_refreshed_at: null } })]);
  expect((await get("/list")).body).toEqual({
    data_refreshed_at: null,
    data: [],
    has_more: false,
    next_page: null,
  });
});

describe("limit", () => {
  const rows = Array.from({ length: 10 }, (_, i) => i);
  const get = protocol([
    fakeList(
      {
        style: "report",
        expires: false,
        limit: (query) => (query.text("width") === "1h" ? { default: 3, max: 4 } : { default: 1, max: 2 }),
      },
      rows,
      { parameters: { width: { type: "text", values: ["1d", "1h"] } } },
    ),
  ]);

  test("defaults and ends by the other parameters", async () => {
    expect((await get("/list")).body.data).toHaveLength(1);
    expect((await get("/list?width=1h")).body.data).toHaveLength(3);
    expect((await get("/list?width=1h&limit=4")).body.data).toHaveLength(4);
    expect((await get("/list?width=1h&limit=5")).status).toBe(400);
    expect((await get("/list?limit=3")).status).toBe(400);
  });

  test.each(["0", "-1", "1.5", "x", ""])("refuses %j", async (limit) => {
    const { status, body } = await get(`/list?limit=${limit}`);
    expect(status).toBe(400);
    expect(body.error.message).toContain("limit");
  });
});
