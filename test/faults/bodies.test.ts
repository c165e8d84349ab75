import { describe, expect, test } from "vitest";
import { gateway, json, type Route } from "../gateway.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser } from "../wire.ts";
import {
  expectError,
  expectGood,
  expectOthersAnswered,
  GOOD_PAGE,
  inTurn,
  LEAK,
  ORGANIZATION,
  PEOPLE,
  requestsTo,
  WEEK,
  withPeople,
} from "./faults.ts";

const text =
  (body: string, type = "application/json"): Route =>
  () => ({ status: 200, headers: { "content-type": type }, body });

const good = JSON.stringify(GOOD_PAGE);

describe("a body that is not JSON is UPSTREAM_SHAPE after three attempts, and not kept", () => {
  test.each<[string, Route]>([
    ["empty", text("")],
    ["blank", text(" \n ")],
    ["truncated", text(good.slice(0, -1))],
    ["cut in the middle", text(good.slice(0, 200))],
    ["HTML", text(`<!doctype html><title>${LEAK}</title>`, "text/html")],
    ["text", text(LEAK, "text/plain")],
    ["two bodies", text(good + good)],
    ["NaN for a number", text(good.replace(":3,", ":NaN,"))],
    ["a comment in it", text(`// ${LEAK}\n${good}`)],
    ["a bare word", text("undefined")],
    ["nested without end", text("[".repeat(1_000_000))],
  ])("%s", async (_what, fault) => {
    const { ask, seen } = withPeople(inTurn(fault, fault, fault, text(good)));
    const answer = await ask(PEOPLE);
    expect(expectError(answer, "UPSTREAM_SHAPE").message).toContain("not complete JSON");
    expect(answer.data.users).toBeNull();
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(3);
    expectGood(await ask(PEOPLE));
  });
});

test("a body of more than 64 MiB is UPSTREAM_UNAVAILABLE after one attempt", async () => {
  const { ask, seen } = withPeople(inTurn(text(" ".repeat(2 ** 26 + 1)), text(good)));
  expect(expectError(await ask(PEOPLE), "UPSTREAM_UNAVAILABLE").message).toContain(
    "more than the gateway reads",
  );
  expect(requestsTo(PATHS.users, seen)).toBe(1);
  expectGood(await ask(PEOPLE));
});

/** A body of people with one part of it replaced; `undefined` leaves the part out. */
function people(change: (user: Record<string, unknown>, page: Record<string, unknown>) => void): Route {
  const user: Record<string, unknown> = structuredClone(wireUser("user_a", { messages: 3 }));
  const page: Record<string, unknown> = tokenPage([user]);
  change(user, page);
  return () => json(page);
}

const chat = (change: object): Route =>
  people((user) => Object.assign(user, { chat_metrics: { ...(user.chat_metrics as object), ...change } }));

describe("JSON of another shape is UPSTREAM_SHAPE at once, names the place, and is not kept", () => {
  test.each<[string, RegExp, Route]>([
    ["null", /body: expected an object/, text("null")],
    ["a list", /body: expected an object/, text("[]")],
    ["a number", /body: expected an object/, text("5")],
    ["text", /body: expected an object/, text(JSON.stringify(LEAK))],
    [
      "an error with status 200",
      /data: expected a list/,
      text(`{"type":"error","error":{"message":"canary"}}`),
    ],
    ["no rows", /data: expected a list/, people((_, page) => delete page.data)],
    ["rows of null", /data: expected a list/, people((_, page) => Object.assign(page, { data: null }))],
    [
      "rows in an object",
      /data: expected a list/,
      people((_, page) => Object.assign(page, { data: { 0: {} } })),
    ],
    [
      "a row of null",
      /data\[0\]: expected an object/,
      people((_, page) => Object.assign(page, { data: [null] })),
    ],
    [
      "a row of text",
      /data\[1\]: expected/,
      people((user, page) => Object.assign(page, { data: [user, LEAK] })),
    ],
    ["a user of text", /user: expected an object/, people((user) => Object.assign(user, { user: LEAK }))],
    [
      "an id of a number",
      /user\.id: expected text/,
      people((user) => Object.assign(user, { user: { id: 5 } })),
    ],
    [
      "an id of null",
      /user\.id: expected text/,
      people((user) => Object.assign(user, { user: { id: null } })),
    ],
    ["no id", /user\.id: expected text/, people((user) => Object.assign(user, { user: {} }))],
    [
      "an address of a number",
      /email_address: expected text or null/,
      people((user) => Object.assign(user, { user: { id: "user_a", email_address: 5 } })),
    ],
    ["no metrics", /chat_metrics: expected an object/, people((user) => delete user.chat_metrics)],
    [
      "metrics of null",
      /chat_metrics: expected an object/,
      people((user) => Object.assign(user, { chat_metrics: null })),
    ],
    [
      "metrics in a list",
      /chat_metrics: expected an object/,
      people((user) => Object.assign(user, { chat_metrics: [] })),
    ],
    ["no count", /message_count: expected a whole number/, chat({ message_count: undefined })],
    ["a count of null", /message_count: expected a whole number/, chat({ message_count: null })],
    ["a count of text", /message_count: expected a whole number/, chat({ message_count: "3" })],
    ["a count of a list", /message_count: expected a whole number/, chat({ message_count: [3] })],
    ["a count below zero", /message_count: expected a whole number/, chat({ message_count: -1 })],
    ["a count of halves", /message_count: expected a whole number/, chat({ message_count: 0.5 })],
    ["a count of 2^53", /message_count: expected a whole number/, chat({ message_count: 2 ** 53 })],
    ["a count of 40 digits", /message_count: expected/, text(good.replace(":3,", `:${"9".repeat(40)},`))],
    ["an infinite count", /message_count: expected/, text(good.replace(":3,", ":1e999,"))],
    [
      "a count of text where null is allowed",
      /conversation_count: expected/,
      chat({ distinct_conversation_count: "x" }),
    ],
    [
      "a day there is not",
      /last_activity_date: expected a day/,
      people((user) => Object.assign(user, { last_activity_date: "2026-02-30" })),
    ],
    [
      "a token of a number",
      /next_page: expected text or null/,
      people((_, page) => Object.assign(page, { next_page: 5 })),
    ],
    [
      "has_more with a token of null",
      /next_page: expected the next page's token/,
      people((_, page) => Object.assign(page, { has_more: true })),
    ],
    [
      "a token of nothing",
      /next_page: expected a token or null/,
      people((_, page) => Object.assign(page, { next_page: "" })),
    ],
    [
      "metrics that come by prototype",
      /chat_metrics: expected an object/,
      text(good.replace('"chat_metrics"', '"__proto__"')),
    ],
    [
      "a broken tool under a name of upstream's",
      /tool_actions\[0\]\.accepted_count: expected/,
      people((user) =>
        Object.assign(user, {
          claude_code_metrics: {
            ...(user.claude_code_metrics as object),
            tool_actions: { [LEAK]: { accepted_count: "x" } },
          },
        }),
      ),
    ],
  ])("%s", async (_what, place, fault) => {
    const { ask, seen } = withPeople(inTurn(fault, text(good)));
    const answer = await ask(PEOPLE);
    expect(expectError(answer, "UPSTREAM_SHAPE").message).toMatch(place);
    expect(answer.data.users).toBeNull();
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.users, seen)).toBe(1);
    expectGood(await ask(PEOPLE));
  });

  const COST = `{ cost(${WEEK}, source: LEGACY, bucket: DAY) { nodes { net { cents } } } organization { name } }`;
  const row = wireCost("12.5");
  const cost = (change: object) => [wireDay("2026-11-01", [{ ...row, ...change }])];
  const page =
    (change: object): Route =>
    () =>
      json({ ...reportPage(cost({})), ...change });
  const rows =
    (change: object): Route =>
    () =>
      json(reportPage(cost(change)));

  test.each<[string, RegExp, Route]>([
    ["an amount as a JSON number", /amount: expected a decimal as text/, rows({ amount: 12.5 })],
    ["an amount of null", /amount: expected a decimal/, rows({ amount: null })],
    ["no amount", /amount: expected a decimal/, rows({ amount: undefined })],
    ["an amount of nothing", /amount: expected a decimal/, rows({ amount: "" })],
    ["an amount with an exponent", /amount: expected a decimal/, rows({ amount: "1e3" })],
    ["an amount in hexadecimal", /amount: expected a decimal/, rows({ amount: "0x10" })],
    ["an amount of NaN", /amount: expected a decimal/, rows({ amount: "NaN" })],
    ["an amount with a currency", /amount: expected a decimal/, rows({ amount: "$12.50" })],
    ["an amount of 10,000 digits", /amount: expected a decimal/, rows({ amount: "9".repeat(10_000) })],
    ["a list price of a number", /list_amount: expected a decimal/, rows({ list_amount: 1 })],
    ["no currency", /currency: expected USD/, rows({ currency: undefined })],
    ["requests past 2^53", /requests: expected a whole number/, rows({ requests: 2 ** 60 })],
    ["a model of a number", /model: expected text or null/, rows({ model: 4 })],
    [
      "a bucket without rows",
      /results: expected a list/,
      page({ data: [{ ...wireDay("2026-11-01", []), results: null }] }),
    ],
    [
      "a bucket that begins at no time",
      /starting_at: expected an RFC 3339 time/,
      page({ data: [{ ...wireDay("2026-11-01", []), starting_at: "2026-11-01" }] }),
    ],
    [
      "a bucket that begins at a number",
      /starting_at: expected/,
      page({ data: [{ ...wireDay("2026-11-01", []), starting_at: 0 }] }),
    ],
    ["no has_more", /has_more: expected true or false/, page({ has_more: undefined })],
    ["has_more of text", /has_more: expected true or false/, page({ has_more: "false" })],
    [
      "has_more with a token of null",
      /next_page: expected the next page's token/,
      page({ has_more: true, next_page: null }),
    ],
    [
      "has_more without a token",
      /next_page: expected the next page's token/,
      page({ has_more: true, next_page: undefined }),
    ],
    [
      "has_more with a token of nothing",
      /next_page: expected a token/,
      page({ has_more: true, next_page: "" }),
    ],
    [
      "a watermark of a number",
      /data_refreshed_at: expected an RFC 3339 time/,
      page({ data_refreshed_at: 5 }),
    ],
    ["a watermark of no time", /data_refreshed_at: expected/, page({ data_refreshed_at: LEAK })],
  ])("of money: %s", async (_what, place, fault) => {
    const { ask, seen } = gateway({
      routes: {
        [PATHS.cost]: inTurn(fault, rows({})),
        [PATHS.me]: () => json(ORGANIZATION),
      },
    });
    const answer = await ask(COST);
    expect(expectError(answer, "UPSTREAM_SHAPE", ["cost"]).message).toMatch(place);
    expectOthersAnswered(answer);
    expect(requestsTo(PATHS.cost, seen)).toBe(1);
    expect((await ask(COST)).data.cost.nodes).toEqual([{ net: { cents: "12.5" } }]);
  });

  test("a share that is not a finite number", async () => {
    const day = `{"starting_at":"2026-11-01T00:00:00Z","daily_adoption_rate":1e999}`;
    const { ask, faults } = gateway({
      routes: { [PATHS.summaries]: text(`{"data":[${day}],"next_page":null}`) },
    });
    const answer = await ask(`{ activity(${WEEK}) { dailyAdoption } }`);
    expect(expectError(answer, "UPSTREAM_SHAPE", ["activity"]).message).toContain("daily_adoption_rate");
    expect(faults).toEqual([]);
  });
});

describe("extra properties of a body leave the figures untouched", () => {
  test.each<[string, string]>([
    ["keys of a newer contract", good.replace('"data"', '"canary":{"data":[]},"data"')],
    ["a prototype of the body", good.replace('"data"', '"__proto__":{"next_page":"x","polluted":1},"data"')],
    ["a prototype of a row", good.replace('"chat_metrics":{', '"chat_metrics":{"__proto__":{"polluted":1},')],
    [
      "a constructor",
      good.replace('"chat_metrics":{', '"chat_metrics":{"constructor":{"prototype":{"polluted":1}},'),
    ],
    ["a byte order mark", `\ufeff${good}`],
    ["blanks around it", `\n ${good} \n`],
  ])("%s", async (_what, body) => {
    const { ask } = withPeople(text(body));
    expectGood(await ask(PEOPLE));
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("a tool named like a prototype is a tool", async () => {
    const tools = '"tool_actions":{"__proto__":{"accepted_count":1,"rejected_count":0},';
    const { ask } = withPeople(text(good.replace('"tool_actions":{', tools)));
    const query = `{ users(${WEEK}) { nodes { activity { claudeCode { toolActions { tool accepted } } } } } }`;
    const [node] = (await ask(query)).data.users.nodes;
    expect(node.activity.claudeCode.toolActions).toContainEqual({ tool: "__proto__", accepted: 1 });
  });

  test("markup, line breaks and NUL in a name stay text", async () => {
    const email = "<script>\r\nset-cookie: x\0</script>@ternplover.example";
    const { ask } = withPeople(() => json(tokenPage([wireUser("user_a", { email })])));
    const { data, errors } = await ask(`{ users(${WEEK}) { nodes { email } } }`);
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toEqual([{ email }]);
  });
});
