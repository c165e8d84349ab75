import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { json, type Route, refusal } from "../gateway.ts";
import { expectPresentable, LEAK } from "./faults.ts";
import { EVERY_LIST, failuresOf, pagesOf, tokenIn, withList } from "./lists.ts";

const PAGES = [[0, 1], [2], [3, 4], [5]];
const ALL = [0, 1, 2, 3, 4, 5];
const gone: Route = () => refusal(410, "invalid_request_error", LEAK);

describe.each(EVERY_LIST)("%s", (_name, list) => {
  const whole = pagesOf(list, PAGES);

  /** Upstream refuses the token of one page so many times. */
  function refusing(place: number, times: number): Route {
    let left = times;
    return (query, request) =>
      tokenIn(list, query) === `${place}` && left-- > 0 ? gone(query, request) : whole(query, request);
  }

  function expectFailure(
    {
      data,
      errors,
    }: { data: Record<string, unknown> | null; errors?: Parameters<typeof expectPresentable>[0] },
    code: ErrorCode,
  ): void {
    for (const { extensions } of expectPresentable(errors)) expect(extensions.code).toBe(code);
    const answer = data?.[list.field] ?? null;
    expect(answer === null || list.idsIn(data).length === 0).toBe(true);
  }

  describe.each([1, 2, 3])("a token refused with 410 at page %i after the first", (place) => {
    test.each([1, 2])("%i times: begun again from the first page, every row once", async (times) => {
      const { ask, seen } = withList(list, refusing(place, times));
      const { data, errors, extensions } = await ask(list.query);
      expect(failuresOf(errors)).toEqual([]);
      expect(list.idsIn(data)).toEqual(ALL);
      expect(extensions.upstream.duplicates).toBe(0);
      expect(seen).toHaveLength(times * (place + 1) + PAGES.length);
    });

    test("always: UPSTREAM_UNAVAILABLE after three runs, and whole right after", async () => {
      const { ask, seen } = withList(list, refusing(place, 3));
      expectFailure(await ask(list.query), "UPSTREAM_UNAVAILABLE");
      expect(seen).toHaveLength(3 * (place + 1));
      expect(list.idsIn((await ask(list.query)).data)).toEqual(ALL);
    });
  });

  test("410 on the first page, which has no token to refuse, is UPSTREAM_REFUSED after one request", async () => {
    const { ask, seen } = withList(list, gone);
    expectFailure(await ask(list.query), "UPSTREAM_REFUSED");
    expect(seen).toHaveLength(1);
  });

  test("every token refused, another one each time: UPSTREAM_UNAVAILABLE after six requests", async () => {
    let walk = 0;
    const { ask, seen } = withList(list, (query, request) =>
      tokenIn(list, query) === null ? json(list.page([0], `walk ${++walk}`)) : gone(query, request),
    );
    expectFailure(await ask(list.query), "UPSTREAM_UNAVAILABLE");
    expect(seen).toHaveLength(6);
  });

  test.each<[string, readonly number[], number]>([
    ["points at itself at once", [1, 1], 2],
    ["points at itself on the last page", [1, 2, 3, 3], 4],
    ["leads back to the second page", [1, 2, 3, 1], 4],
    ["leads back to the one before", [1, 2, 1], 3],
  ])("a token that %s: UPSTREAM_SHAPE, never rows again", async (_how, next, requests) => {
    const { ask, seen } = withList(list, (query) => {
      const place = Number(tokenIn(list, query) ?? 0);
      return json(list.page([place], `${next[place]}`));
    });
    expectFailure(await ask(list.query), "UPSTREAM_SHAPE");
    expect(seen).toHaveLength(requests);
  });

  test.each([0, 1, 3])(
    "has_more without a token at page %i: UPSTREAM_SHAPE, never a short list",
    async (at) => {
      const key = list.parameter === "after_id" ? "last_id" : "next_page";
      const { ask, seen } = withList(list, (query) => {
        const place = Number(tokenIn(list, query) ?? 0);
        const page = list.page(PAGES[place] ?? [], `${place + 1}`);
        return json(place === at ? { ...page, has_more: true, [key]: null } : page);
      });
      expectFailure(await ask(list.query), "UPSTREAM_SHAPE");
      expect(seen).toHaveLength(at + 1);
    },
  );

  // Of a list read on by `after_id` the last page too has a last id.
  if (list.parameter !== "after_id")
    test("a token beside has_more: false is followed, so that the list is whole", async () => {
      const { ask, seen } = withList(list, async (query, request) => {
        const page = JSON.parse(String((await whole(query, request)).body));
        return json({ ...page, has_more: false });
      });
      const { data, errors } = await ask(list.query);
      expect(failuresOf(errors)).toEqual([]);
      expect(list.idsIn(data)).toEqual(ALL);
      expect(seen).toHaveLength(PAGES.length);
    });

  test("empty pages at the start, in the middle and at the end do not end it", async () => {
    const pages = [[], [0, 1], [], [], [2], []];
    const { ask, seen } = withList(list, pagesOf(list, pages));
    const { data, errors } = await ask(list.query);
    expect(failuresOf(errors)).toEqual([]);
    expect(list.idsIn(data)).toEqual([0, 1, 2]);
    expect(seen).toHaveLength(pages.length);
  });

  const POISON: [string, ErrorCode, number, Route][] = [
    ["500", "UPSTREAM_UNAVAILABLE", 3, () => refusal(500, "api_error", LEAK)],
    ["429", "UPSTREAM_RATE_LIMITED", 3, () => refusal(429, "rate_limit_error", LEAK)],
    ["403", "UPSTREAM_AUTH", 1, () => refusal(403, "permission_error", LEAK)],
    ["a reset", "UPSTREAM_UNAVAILABLE", 3, () => Promise.reject(new Error(LEAK))],
    [
      "half a body",
      "UPSTREAM_SHAPE",
      3,
      () => ({ ...json({}), body: JSON.stringify(list.page([5], null)).slice(0, -9) }),
    ],
    ["rows of another type", "UPSTREAM_SHAPE", 1, () => json({ ...list.page([5], null), data: [5] })],
    ["no rows", "UPSTREAM_SHAPE", 1, () => json({ ...list.page([5], null), data: null })],
  ];

  test.each(POISON)(
    "%s on its last page: %s after %i attempts, no short list, and only that page is requested again",
    async (_what, code, attempts, fault) => {
      let isBroken = true;
      const { ask, seen, requestsOf } = withList(list, (query, request) =>
        isBroken && tokenIn(list, query) === "3" ? fault(query, request) : whole(query, request),
      );
      expectFailure(await ask(list.query), code);
      expect(seen).toHaveLength(3 + attempts);
      isBroken = false;
      const [{ data, errors }, requests] = await requestsOf(() => ask(list.query));
      expect(failuresOf(errors)).toEqual([]);
      expect(list.idsIn(data)).toEqual(ALL);
      expect(requests.map((url) => tokenIn(list, url.searchParams))).toEqual(["3"]);
    },
  );
});
