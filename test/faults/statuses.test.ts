import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { type GatewayOptions, gateway, json, NOW, type Route, refusal } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import {
  expectError,
  expectGood,
  expectOthersAnswered,
  expectPresentable,
  GOOD_PAGE,
  inTurn,
  LEAK,
  PEOPLE,
  placesOf,
  requestsTo,
  WEEK,
  withPeople,
} from "./faults.ts";

const good: Route = () => json(GOOD_PAGE);

/** A refusal whose every word is upstream's own. */
const refused =
  (status: number, headers: Readonly<Record<string, string>> = {}): Route =>
  () =>
    refusal(status, "some_error", LEAK, headers);

const LASTING: [status: number, code: ErrorCode, attempts: number, remedy: RegExp][] = [
  [204, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [206, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [301, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [302, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [304, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [307, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [308, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [400, "UPSTREAM_REFUSED", 1, /other days/],
  [401, "UPSTREAM_AUTH", 1, /can replace it/],
  [402, "UPSTREAM_BILLING", 1, /billing settings/],
  [403, "UPSTREAM_AUTH", 1, /lacks the scope read:analytics/],
  [404, "UPSTREAM_AUTH", 1, /can check both/],
  [408, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
  [410, "UPSTREAM_REFUSED", 1, /other days/],
  [413, "UPSTREAM_REFUSED", 1, /other arguments/],
  [414, "UPSTREAM_REFUSED", 1, /other arguments/],
  [422, "UPSTREAM_REFUSED", 1, /other arguments/],
  [429, "UPSTREAM_RATE_LIMITED", 3, /in 60 seconds/],
  [500, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
  [501, "UPSTREAM_UNAVAILABLE", 1, /retry later/],
  [502, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
  [503, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
  [504, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
  [529, "UPSTREAM_UNAVAILABLE", 3, /retry later/],
];

describe("a status that lasts", () => {
  test.each(LASTING)("%i is %s after %i attempts", async (status, code, attempts, remedy) => {
    const { ask, seen } = withPeople(refused(status));
    const answer = await ask(PEOPLE);
    const { message, extensions } = expectError(answer, code);
    expect(message).toMatch(remedy);
    expect(extensions).toMatchObject({ status, dataset: "USER_ACTIVITY", requestId: "req_test" });
    expect(answer.data.users).toBeNull();
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(attempts);
    expect(answer.extensions.upstream.requests).toBe(attempts + 1);
  });

  test.each(LASTING)(
    "%i is not remembered: the next question is answered",
    async (status, _code, attempts) => {
      const faults = Array.from({ length: attempts - 1 }, () => refused(status));
      const { ask } = withPeople(inTurn(refused(status), ...faults, good));
      expect((await ask(PEOPLE)).errors).toHaveLength(1);
      expectGood(await ask(PEOPLE));
    },
  );

  test("two fields that need the same failing page fail each at its place, and share the attempts", async () => {
    const { ask, seen } = withPeople(refused(500));
    const { errors } = await ask(`{ a: users(${WEEK}) { totalCount } b: users(${WEEK}) { totalCount } }`);
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [["a"], "UPSTREAM_UNAVAILABLE"],
      [["b"], "UPSTREAM_UNAVAILABLE"],
    ]);
    expect(requestsTo(PATHS.users, seen)).toBe(3);
  });

  test("a hundred questions at once share the attempts and the error", async () => {
    const { ask, seen } = withPeople(refused(500));
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(PEOPLE)));
    for (const answer of answers) expectError(answer, "UPSTREAM_UNAVAILABLE");
    expect(requestsTo(PATHS.users, seen)).toBe(3);
  });

  test("a field of the rows that fails leaves the rows, and says where in each", async () => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.users]: () => json(tokenPage([wireUser("user_a"), wireUser("user_b")])),
        [PATHS.userCost]: refused(403),
      },
    });
    const { data, errors } = await ask(`{ users(${WEEK}) { nodes { userId cost { requests } } } }`);
    expect(data.users.nodes).toEqual([
      { userId: "user_a", cost: null },
      { userId: "user_b", cost: null },
    ]);
    expect(expectPresentable(errors).flatMap(placesOf)).toEqual([
      [["users", "nodes", 0, "cost"], "UPSTREAM_AUTH"],
      [["users", "nodes", 1, "cost"], "UPSTREAM_AUTH"],
    ]);
    expect(requestsTo(PATHS.userCost, seen)).toBe(1);
  });

  test("a request id that is none is not passed on", async () => {
    const { ask } = withPeople(refused(500, { "request-id": LEAK.replaceAll("\n", " ") }));
    expect(expectError(await ask(PEOPLE), "UPSTREAM_UNAVAILABLE").extensions).not.toHaveProperty("requestId");
  });
});

describe("a status that passes", () => {
  test.each<[string, Route]>([
    ["408", refused(408)],
    ["429 that says to come back at once", refused(429, { "retry-after": "0" })],
    ["429 that does not say when", refused(429)],
    ["429 that says nonsense", refused(429, { "retry-after": "canary" })],
    ["429 with a date that is past", refused(429, { "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" })],
    ["500", refused(500)],
    ["502", refused(502)],
    ["503", refused(503)],
    ["504", refused(504)],
    ["529", refused(529)],
  ])("%s is survived, and counted", async (_what, fault) => {
    for (const times of [1, 2]) {
      const { ask, seen } = withPeople(inTurn(fault, ...(times === 2 ? [fault] : []), good));
      const answer = await ask(PEOPLE);
      expectGood(answer);
      expect(requestsTo(PATHS.users, seen)).toBe(times + 1);
      expect(answer.extensions.upstream.requests).toBe(times + 2);
    }
  });

  test("retry-after wins over back-off", async () => {
    let elapsedMs = 0;
    const sleep = async (ms: number) => {
      elapsedMs += ms;
    };
    const pace = { now: () => elapsedMs, sleep };
    const { ask, seen } = withPeople(inTurn(refused(429, { "retry-after": "1" }), good), {}, { pace });
    expectGood(await ask(PEOPLE));
    expect(elapsedMs).toBeGreaterThan(990);
    expect(requestsTo(PATHS.users, seen)).toBe(2);
  });
});

describe("a wait longer than the operation may take fails at once and says how long", () => {
  const inTwoMinutes = new Date(Date.parse(NOW) + 120_000).toUTCString();
  const settings: GatewayOptions["settings"] = { OPERATION_TIMEOUT: "30" };

  test.each<[string, number, string, ErrorCode, number]>([
    ["seconds", 429, "120", "UPSTREAM_RATE_LIMITED", 120],
    ["a date", 429, inTwoMinutes, "UPSTREAM_RATE_LIMITED", 120],
    ["seconds of an overload", 529, "120", "UPSTREAM_UNAVAILABLE", 120],
    ["seconds of a maintenance", 503, "3600", "UPSTREAM_UNAVAILABLE", 3600],
    ["400 digits", 429, "9".repeat(400), "UPSTREAM_RATE_LIMITED", 31_536_000],
  ])("%s", async (_what, status, header, code, retryAfter) => {
    const slept: number[] = [];
    const pace = { now: () => 0, sleep: async (ms: number) => slept.push(ms) };
    const { ask, seen } = withPeople(refused(status, { "retry-after": header }), settings, { pace });
    const answer = await ask(PEOPLE);
    expect(slept).toEqual([]);
    const { message, extensions } = expectError(answer, code);
    expect(extensions.retryAfter).toBe(retryAfter);
    expect(message).toContain(`in ${retryAfter} seconds`);
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(1);
  });
});
