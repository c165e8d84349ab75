import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { gateway, json, type Route, refusal } from "../gateway.ts";
import {
  dayOfQuery,
  PATHS,
  reportPage,
  tokenPage,
  wireCost,
  wireDay,
  wireUser,
  wireUserCost,
} from "../wire.ts";
import {
  expectError,
  expectOthersAnswered,
  inTurn,
  LEAK,
  ORGANIZATION,
  PEOPLE,
  requestsTo,
  WEEK,
  withPeople,
} from "./faults.ts";

const ids = (users: { nodes: { userId: string }[] }) => users.nodes.map(({ userId }) => userId);

/** Pages by token, one person each. */
function linked(next: Readonly<Record<string, string | null>>): Route {
  return (query) => {
    const token = query.get("page") ?? "first";
    return token in next
      ? json(tokenPage([wireUser(`user_${token}`)], next[token] ?? null))
      : refusal(400, "invalid_request_error", LEAK);
  };
}

describe("a list that never ends is UPSTREAM_SHAPE within a few requests, never short or repeating", () => {
  test.each<[string, Record<string, string>, number]>([
    ["a token that points at itself", { first: "a", a: "a" }, 2],
    ["a ring of two", { first: "a", a: "b", b: "a" }, 3],
    ["a ring of four behind a start", { first: "a", a: "b", b: "c", c: "d", d: "a" }, 5],
  ])("%s", async (_what, next, requests) => {
    const { ask, seen } = withPeople(linked(next));
    const answer = await ask(PEOPLE);
    expect(expectError(answer, "UPSTREAM_SHAPE").message).toContain("not complete");
    expect(answer.data.users).toBeNull();
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(requests);
  });

  test("a ring met by a client that reads on in it", async () => {
    const { ask } = withPeople(linked({ first: "a", a: "b", b: "a" }));
    const { data } = await ask(PEOPLE, { first: 2 });
    const answer = await ask(PEOPLE, { after: data.users.pageInfo.endCursor });
    expectError(answer, "UPSTREAM_SHAPE");
  });

  test("tokens without end are TOO_EXPENSIVE at the operation's bound", async () => {
    const endless: Route = (query) => json(tokenPage([], `${Number(query.get("page") ?? 0) + 1}`));
    const { ask, seen } = withPeople(endless, { MAX_UPSTREAM_REQUESTS: "7" });
    const answer = await ask(PEOPLE);
    expectError(answer, "TOO_EXPENSIVE");
    expect(seen.length).toBe(7);
  });
});

test("a list that breaks half-way is an error, never a short list, and is whole once upstream is", async () => {
  const pages = linked({ first: "a", a: null });
  const failing: Route = () => refusal(500, "api_error", LEAK);
  const broken = inTurn(failing, failing, failing, pages);
  const { ask } = withPeople((query, request) => (query.has("page") ? broken : pages)(query, request));
  const answer = await ask(PEOPLE);
  expectError(answer, "UPSTREAM_UNAVAILABLE");
  expect(answer.data.users).toBeNull();
  expect(ids((await ask(PEOPLE)).data.users)).toEqual(["user_first", "user_a"]);
});

/** A list of four pages that upstream refreshes: rows and tokens of one export are refused or gone in the next. */
function refreshing(status = 410) {
  let generation = 1;
  const route: Route = (query) => {
    const [of, page] = (query.get("page") ?? `${generation}-1`).split("-").map(Number);
    if (of !== generation) return refusal(status, "invalid_request_error", LEAK);
    const user = wireUser(`user_${generation}_${page}`);
    return json(tokenPage([user], page === 4 ? null : `${generation}-${Number(page) + 1}`));
  };
  return {
    route,
    refresh() {
      generation++;
    },
  };
}

describe.each([410, 400])("a list that is refreshed while it is read (status %i)", (status) => {
  test("is begun again past the page cache: every row of the new export once", async () => {
    const { route, refresh } = refreshing(status);
    const { ask, requestsOf } = withPeople(route);
    expect(ids((await ask(PEOPLE, { first: 1 })).data.users)).toEqual(["user_1_1"]);
    refresh(); // the first two pages stay in the cache, with a token that is dead now
    const [{ data, errors }, requests] = await requestsOf(() => ask(PEOPLE));
    expect(errors).toBeUndefined();
    expect(ids(data.users)).toEqual(["user_2_1", "user_2_2", "user_2_3", "user_2_4"]);
    const tokens = requests.map((url) => url.searchParams.get("page"));
    expect(tokens).toEqual(["1-3", null, "2-2", "2-3", "2-4"]);
  });

  test("in the middle of one run of pages is begun again as well", async () => {
    const { route, refresh } = refreshing(status);
    let asked = 0;
    const { ask } = withPeople((query, request) => {
      if (++asked === 3) refresh();
      return route(query, request);
    });
    const { data, errors } = await ask(PEOPLE);
    expect(errors).toBeUndefined();
    expect(ids(data.users)).toEqual(["user_2_1", "user_2_2", "user_2_3", "user_2_4"]);
  });

  test("is CURSOR_EXPIRED for a cursor of the old export, after one request", async () => {
    const { route, refresh } = refreshing(status);
    const { ask, requestsOf } = withPeople(route, { FRESH_TTL: "0" });
    const { data } = await ask(PEOPLE, { first: 2 });
    refresh();
    const after = data.users.pageInfo.endCursor;
    const [answer, requests] = await requestsOf(() => ask(PEOPLE, { after }));
    expect(expectError(answer, "CURSOR_EXPIRED").message).toContain("without `after`");
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, requests)).toBe(1);
  });

  test("is CURSOR_EXPIRED where the pages behind the cursor are in the cache and lead to a dead one", async () => {
    const { route, refresh } = refreshing(status);
    const { ask } = withPeople(route);
    const { data } = await ask(PEOPLE, { first: 2 });
    refresh();
    expectError(await ask(PEOPLE, { after: data.users.pageInfo.endCursor }), "CURSOR_EXPIRED");
  });

  test("with every page refused is UPSTREAM_UNAVAILABLE within six requests", async () => {
    const { ask, seen } = withPeople((query) =>
      query.has("page")
        ? refusal(status, "invalid_request_error", LEAK)
        : json(tokenPage([wireUser("user_a")], "dead")),
    );
    const answer = await ask(PEOPLE);
    expect(expectError(answer, "UPSTREAM_UNAVAILABLE").message).toContain("retry later");
    expect(answer.data.users).toBeNull();
    expect(requestsTo(PATHS.users, seen)).toBe(6);
  });
});

test("a refresh in a later month begins that month again and no other", async () => {
  const bucket = (day: string, cents: string) => wireDay(day, [wireCost(cents)]);
  const november = inTurn(
    () => json(reportPage([bucket("2026-11-01", "10")], { next: "old" })),
    () => json(reportPage([bucket("2026-11-01", "11")], { next: "new" })),
  );
  const { ask, seen } = gateway({
    routes: {
      [PATHS.me]: () => json(ORGANIZATION),
      [PATHS.cost]: (query, request) => {
        if (query.get("page") === "old") return refusal(410, "invalid_request_error", LEAK);
        if (query.get("page") === "new") return json(reportPage([bucket("2026-11-02", "12")]));
        if (dayOfQuery(query) === "2026-11-01") return november(query, request);
        return json(reportPage([bucket("2026-10-31", "9")]));
      },
    },
  });
  const range = `range: { between: { from: "2026-10-31", until: "2026-11-03" } }`;
  const { data, errors } = await ask(
    `{ cost(${range}, source: LEGACY, bucket: DAY) { nodes { net { cents } } total { net { cents } } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.nodes.map((node: { net: { cents: string } }) => node.net.cents)).toEqual([
    "9",
    "11",
    "12",
  ]);
  expect(seen.filter((url) => dayOfQuery(url.searchParams) === "2026-10-01")).toHaveLength(1);
});

describe("a client that leaves", () => {
  /** An upstream whose first page comes when it is told to. */
  function slow() {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const pages = linked({ first: "a", a: null });
    const { app, ask, seen } = withPeople(async (query, request) => {
      begun.resolve();
      await gate.promise;
      return pages(query, request);
    });
    const abandon = new AbortController();
    const left = Promise.resolve(
      app.fetch("http://gateway.test/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: `{ users(${WEEK}) { nodes { userId } } }` }),
        signal: abandon.signal,
      }),
    ).catch((reason) => reason);
    return { gate, begun, ask, seen, abandon, left };
  }

  test("takes nothing from another that waits for the same page", async () => {
    const { gate, begun, ask, seen, abandon, left } = slow();
    await begun.promise;
    const stays = ask(PEOPLE);
    await sleep(30); // it waits too
    abandon.abort();
    await left;
    gate.resolve();
    const { data, errors } = await stays;
    expect(errors).toBeUndefined();
    expect(ids(data.users)).toEqual(["user_first", "user_a"]);
    expect(requestsTo(PATHS.users, seen)).toBe(2);
  });

  test("has nothing new begun, and what was under way is kept for the next", async () => {
    const { gate, begun, ask, seen, abandon, left } = slow();
    await begun.promise;
    abandon.abort();
    await left;
    gate.resolve();
    await ask("{ organization { name } }");
    expect(requestsTo(PATHS.users, seen)).toBe(1);
    expect(ids((await ask(PEOPLE)).data.users)).toEqual(["user_first", "user_a"]);
    expect(requestsTo(PATHS.users, seen)).toBe(2);
  });
});

test("an answer is as old as the export of its figures, not as that of its first page", async () => {
  const [older, newer] = ["2026-11-22T00:00:00Z", "2026-11-22T04:00:00Z"];
  const people = (name: string, next: string | null, watermark: string) =>
    json(reportPage([wireUserCost(name, "100")], { next, watermark }));
  let refreshed = false;
  const { ask } = gateway({
    routes: {
      [PATHS.userCost]: (query) => {
        const token = query.get("page");
        if (!refreshed && token === null) {
          refreshed = true;
          return people("user_a", "old", older);
        }
        if (token === "old") return refusal(410, "invalid_request_error", "expired");
        return token === null ? people("user_a", "new", newer) : people("user_b", null, newer);
      },
    },
  });
  const { data, errors, extensions } = await ask(
    `{ cost(source: LEGACY, ${WEEK}, groupBy: [USER], bucket: NONE) { nodes { user { userId } } freshness { refreshedAt } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data.cost.nodes).toHaveLength(2);
  expect(data.cost.freshness.refreshedAt).toBe("2026-11-22T04:00:00.000Z");
  expect(extensions.freshness.refreshedAt).toBe("2026-11-22T04:00:00.000Z");
});
