import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Endpoint, Paging } from "../../../src/sandbox/endpoint.ts";
import { createHandler } from "../../../src/sandbox/handler.ts";
import { ADMIN, asking, fakeList, handClock, NOON, protocol } from "./fake.ts";

const ROWS = [0, 1, 2, 3, 4];
const REPORT: Paging = { style: "report", limit: { default: 2, max: 10 }, expires: true };
const TOKEN: Paging = { style: "token", limit: { default: 2, max: 10 } };
const PARAMETERS = {
  date: { type: "day" },
  "ids[]": { type: "list" },
} as const;

function list(paging: Paging, part: Partial<Endpoint> = {}): Endpoint {
  return fakeList(paging, ROWS, { parameters: PARAMETERS, ...part });
}

describe("a cursor is bound to its query", () => {
  const get = protocol([list(REPORT), list(REPORT, { path: "/other" })]);
  const first = "/list?date=2026-11-01&ids[]=a&ids[]=b";
  const cursor = async () => (await get(first)).body.next_page;

  test.each([
    ["a changed value", "/list?date=2026-11-02&ids[]=a&ids[]=b"],
    ["an entry less", "/list?date=2026-11-01&ids[]=a"],
    ["another order of entries", "/list?date=2026-11-01&ids[]=b&ids[]=a"],
    ["a limit that was not there", `${first}&limit=2`],
    ["another path", "/other?date=2026-11-01&ids[]=a&ids[]=b"],
  ])("%s is refused", async (_, changed) => {
    const { status, body } = await get(`${changed}&page=${await cursor()}`);
    expect(status).toBe(400);
    expect(body.error.message).toContain("page");
  });

  test("another organization's key is refused", async () => {
    const { status } = await get(`${first}&page=${await cursor()}`, { "x-api-key": ADMIN });
    expect(status).toBe(400);
  });

  test("a cursor of another simulated organization is refused", async () => {
    const options = { now: () => NOON, rateLimit: "off" } as const;
    const other = asking(createHandler([list(REPORT)], "another", options));
    expect((await other(`${first}&page=${await cursor()}`)).status).toBe(400);
  });

  test("the same query written otherwise is taken", async () => {
    const page = await cursor();
    const encoded = `/list?page=${page}&ids%5B%5D=a&unknown=1&ids%5B%5D=b&date=2026-11-01`;
    expect((await get(encoded)).body.data).toEqual([{ row: 2 }, { row: 3 }]);
  });

  test("it may be used any number of times", async () => {
    const page = await cursor();
    const twice = [await get(`${first}&page=${page}`), await get(`${first}&page=${page}`)];
    expect(twice[0]?.body).toEqual(twice[1]?.body);
  });

  test("a damaged one is refused", async () => {
    const page = (await cursor()) ?? "";
    await fc.assert(
      fc.asyncProperty(fc.nat(page.length - 1), fc.constantFrom(..."aZ0_-=. "), async (at, by) => {
        const damaged = encodeURIComponent(page.slice(0, at) + by + page.slice(at + 1));
        const { status } = await get(`${first}&page=${damaged}`);
        expect(status).toBe(damaged === page ? 200 : 400);
      }),
    );
    for (const nonsense of ["", "page_", "x", `${page}=`, page.slice(5), `${page}a`]) {
      expect((await get(`${first}&page=${nonsense}`)).status).toBe(400);
    }
  });
});

describe("while one pages", () => {
  const HOUR = 3_600_000;

  function paging(style: Paging) {
    const clock = handClock(NOON + 1);
    const asked: number[] = [];
    const endpoint = list(style);
    const get = protocol(
      [
        {
          ...endpoint,
          answer(request) {
            asked.push(request.now);
            return endpoint.answer(request);
          },
        },
      ],
      { now: clock.now },
    );
    return { get, clock, asked };
  }

  test.each([TOKEN, REPORT])(
    "$style: the clock the endpoint sees stays that of the first page",
    async (style) => {
      const { get, clock, asked } = paging(style);
      let { body } = await get("/list");
      while (body.next_page !== null) {
        clock.advance(HOUR);
        ({ body } = await get(`/list?page=${body.next_page}`));
      }
      expect(asked).toEqual([NOON + 1, NOON + 1, NOON + 1]);
    },
  );

  test("a cursor dies with a refresh of the data it was about", async () => {
    const { get, clock } = paging(REPORT);
    const { next_page } = (await get("/list")).body;
    clock.advance(4 * HOUR - 2);
    expect((await get(`/list?page=${next_page}`)).status).toBe(200);
    clock.advance(1);
    const { status, body } = await get(`/list?page=${next_page}`);
    expect(status).toBe(410);
    expect(body.error.type).toBe("invalid_request_error");
    expect((await get("/list")).status).toBe(200);
  });

  test.each([TOKEN, { ...REPORT, expires: false } as Paging])(
    "$style: other cursors live on",
    async (style) => {
      const { get, clock } = paging(style);
      const { next_page } = (await get("/list")).body;
      clock.advance(40 * HOUR);
      expect((await get(`/list?page=${next_page}`)).status).toBe(200);
    },
  );
});
