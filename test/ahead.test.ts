import { describe, expect, test } from "vitest";
import { memorySharedStore } from "../src/cache/memory-shared-store.ts";
import type { SharedStore } from "../src/cache/shared-store.ts";
import { answerOf } from "./answer.ts";
import { type GatewayOptions, gateway, json, NOW, type Route, refusal } from "./gateway.ts";
import { dayOfQuery, PATHS, reportPage, tokenPage, wireRecord, wireUser } from "./wire.ts";

const between = (from: string, until: string) => `range: { between: { from: "${from}", until: "${until}" } }`;
const OTHER = between("2026-10-05", "2026-10-06");
const RANGE = between("2026-10-12", "2026-10-14");
const DAYS = ["2026-10-12", "2026-10-13"];

const records = (args: string) => `{ users(${args}) { nodes { userId claudeCode { commits } } } }`;
const list = (args: string) => `{ users(${args}) { nodes { userId } } }`;

const ADA = wireUser("user_ada", { email: "ada@ternplover.example" });
const actor = { type: "user_actor", email_address: "ada@ternplover.example" };
const people: Route = () => json(tokenPage([ADA]));
const ofDay: Route = (query) => json(reportPage([wireRecord(actor, { commits: 4, day: dayOfQuery(query) })]));

/** A gateway over these answers of the list of people and of a day of Claude Code, with the days that were requested. */
function open(
  answers: { users?: Route; claudeCode?: Route },
  settings: GatewayOptions["settings"] = {},
  options: Pick<GatewayOptions, "store"> = {},
) {
  const days: string[] = [];
  const { ask, app, seen } = gateway({
    routes: {
      [PATHS.users]: answers.users ?? people,
      [PATHS.claudeCode]: (query, request) => {
        days.push(dayOfQuery(query));
        return (answers.claudeCode ?? ofDay)(query, request);
      },
    },
    settings,
    ...options,
  });
  const plan = async (query: string) => {
    const url = `http://gateway.test/graphql?explain&query=${encodeURIComponent(query)}`;
    return (await answerOf(await app.fetch(url))).extensions as unknown as { plan: { requests: number } };
  };
  return { ask, plan, seen, days };
}

describe("records of Claude Code below a list of people", () => {
  test("are requested with the list, once upstream has answered one, and each day once", async () => {
    const { promise: requested, resolve } = Promise.withResolvers<void>();
    let isAnswered = false;
    const { ask, seen, days } = open({
      // The second list is answered once both days are requested: never, if they wait for it.
      users: async () => {
        if (isAnswered) await requested;
        isAnswered = true;
        return json(tokenPage([ADA]));
      },
      claudeCode: (query, request) => {
        if (days.length === DAYS.length) resolve();
        return ofDay(query, request);
      },
    });
    await ask(list(OTHER));
    const { data, errors, extensions } = await ask(records(RANGE));
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([{ userId: "user_ada", claudeCode: { commits: 8 } }]);
    expect(days.toSorted()).toEqual(DAYS);
    expect(seen).toHaveLength(4);
    expect(extensions.upstream.requests).toBe(3);
  });

  test.each([
    ["filters", `${RANGE}, filter: { users: ["user_bob"] }`],
    ["no row", `${RANGE}, first: 0`],
    ["a range that can end earlier", `range: { last: { days: 3 } }`],
  ])("wait for a list with %s", async (_what, args) => {
    const { ask, days } = open({
      users: (query) => json(tokenPage(query.get("starting_date") === "2026-10-05" ? [ADA] : [])),
    });
    await ask(list(OTHER));
    const { data, errors } = await ask(records(args));
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([]);
    expect(days).toEqual([]);
  });

  test("wait for a list that upstream has not answered yet, or refuses", async () => {
    const { ask, days } = open({ users: () => refusal(403, "permission_error", "scope") });
    for (const range of [RANGE, OTHER]) expect((await ask(records(range))).errors).toHaveLength(1);
    expect(days).toEqual([]);
  });

  test.each([
    ['after: "x"', "CURSOR_INVALID"],
    ['after: ""', "CURSOR_INVALID"],
    ["first: 1001", "BAD_USER_INPUT"],
    ["first: -1", "BAD_USER_INPUT"],
  ])("are not requested with a list that refuses `%s`", async (argument, code) => {
    const { ask, seen } = open({});
    await ask(list(OTHER));
    const before = seen.length;
    const { errors, extensions } = await ask(records(`${RANGE}, ${argument}`));
    expect(errors?.map((each) => each.extensions.code)).toEqual([code]);
    await ask(list(OTHER)); // for what would be requested behind the answer
    expect(seen).toHaveLength(before);
    expect(extensions.upstream.requests).toBe(0);
  });

  test("count for the share of their caller where the list fails before they are made", async () => {
    const { promise: isOver, resolve: goOn } = Promise.withResolvers<void>();
    const memory = memorySharedStore(2 ** 20, () => Date.parse(NOW));
    const store: SharedStore = {
      ...memory,
      async get(key) {
        if (key.includes("claude_code")) await isOver;
        return memory.get(key);
      },
    };
    const refused = refusal(400, "invalid_request_error", "no");
    const { ask, days } = open(
      {
        users: (query, request) =>
          query.get("starting_date") === DAYS[0] ? refused : people(query, request),
      },
      { CALLER_REQUESTS_PER_MINUTE: "5" },
      { store },
    );
    await ask(list(OTHER));
    const failed = await ask(records(RANGE));
    expect(failed.errors?.map(({ extensions }) => extensions.code)).toEqual(["UPSTREAM_REFUSED"]);
    expect(days).toEqual([]);
    goOn();
    await expect.poll(() => days).toHaveLength(2);
    const next = await ask(records(between("2026-10-20", "2026-10-21")));
    expect(next.errors).toBeUndefined();
    const beyond = await ask(list(between("2026-10-25", "2026-10-26")));
    expect(beyond.errors?.map(({ extensions }) => extensions.code)).toEqual(["CALLER_RATE_LIMITED"]);
  });

  test("are not requested by a plan", async () => {
    const { ask, plan, days } = open({});
    await ask(list(OTHER));
    expect((await plan(records(RANGE))).plan.requests).toBe(3);
    expect(days).toEqual([]);
  });

  test("fail alone where they take more requests than are left, which makes none of them", async () => {
    const { ask, days } = open({}, { MAX_UPSTREAM_REQUESTS: "2" });
    await ask(list(OTHER));
    const { data, errors } = await ask(records(RANGE));
    expect(data.users.nodes).toEqual([{ userId: "user_ada", claudeCode: null }]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["TOO_EXPENSIVE"]);
    expect(days).toEqual([]);
  });

  test("are claimed once: as many requests as they take are enough", async () => {
    const { ask, days } = open({}, { MAX_UPSTREAM_REQUESTS: "3" });
    await ask(list(OTHER));
    const { data, errors } = await ask(records(RANGE));
    expect(errors).toBeUndefined();
    expect(data.users.nodes[0].claudeCode).toEqual({ commits: 8 });
    expect(days.toSorted()).toEqual(DAYS);
  });

  test("fail alone where upstream refuses them, and not at all where there is no row", async () => {
    let rows = [ADA];
    const { ask } = open({
      users: () => json(tokenPage(rows)),
      claudeCode: () => refusal(400, "invalid_request_error", "no"),
    });
    await ask(list(OTHER));
    const failed = await ask(records(RANGE));
    expect(failed.data.users.nodes).toEqual([{ userId: "user_ada", claudeCode: null }]);
    expect(failed.errors).toHaveLength(1);
    rows = [];
    const empty = await ask(records(between("2026-10-20", "2026-10-21")));
    expect(empty.errors).toBeUndefined();
    expect(empty.data.users.nodes).toEqual([]);
  });
});
