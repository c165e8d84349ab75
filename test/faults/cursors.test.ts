import { describe, expect, test } from "vitest";
import { type CursorPlace, digestOf, formatCursor } from "../../src/domain/cursor.ts";
import { gateway, json, refusal } from "../gateway.ts";
import { PATHS, reportPage, tokenPage, wireCost, wireDay, wireUser } from "../wire.ts";
import {
  expectError,
  expectOthersAnswered,
  LEAK,
  ORGANIZATION,
  PEOPLE,
  requestsTo,
  WEEK,
  withPeople,
} from "./faults.ts";

const rows = ["user_a", "user_b", "user_c"].map((id) => wireUser(id));

/** Three people; every other page token is refused. */
function people() {
  return withPeople((query) =>
    query.has("page") ? refusal(400, "invalid_request_error", LEAK) : json(tokenPage(rows)),
  );
}

/** The cursor of the second row. */
async function cursorOf({ ask }: ReturnType<typeof people>): Promise<string> {
  return (await ask(PEOPLE, { first: 2 })).data.users.pageInfo.endCursor;
}

const forge = (text: string) => Buffer.from(text).toString("base64url");

test("a cursor as it was given out reads on", async () => {
  const gate = people();
  const { data } = await gate.ask(PEOPLE, { after: await cursorOf(gate) });
  expect(data.users.nodes.map((node: { userId: string }) => node.userId)).toEqual(["user_c"]);
});

describe("damaged cursors are CURSOR_INVALID, and upstream never sees them", () => {
  const flipped = Array.from({ length: 12 }, (_, i): [string, (cursor: string) => string] => [
    `flipped at ${i * 3}`,
    (cursor) => {
      const at = (i * 3) % cursor.length;
      return cursor.slice(0, at) + (cursor[at] === "A" ? "B" : "A") + cursor.slice(at + 1);
    },
  ]);

  test.each<[string, (cursor: string) => string]>([
    ...flipped,
    ["truncated", (cursor) => cursor.slice(0, -2)],
    ["cut at its begin", (cursor) => cursor.slice(1)],
    ["doubled", (cursor) => cursor + cursor],
    ["padded", (cursor) => `${cursor}=`],
    ["in other letter case", (cursor) => cursor.toLowerCase()],
    ["with a blank", (cursor) => `${cursor} `],
    ["with CRLF and a header", (cursor) => `${cursor}\r\nx-api-key: canary`],
    ["with another parameter", (cursor) => `${cursor}&limit=1`],
    ["empty", () => ""],
    ["90 kB long", () => "A".repeat(90_000)],
    ["repeated to 90 kB", (cursor) => cursor.repeat(Math.floor(90_000 / cursor.length))],
    ["of emoji", () => "🔑🔑🔑🔑"],
    ["NUL", () => "\0"],
    ["forged without a digest", () => forge("[0,null,0]")],
    ["forged with an empty digest", () => forge(`${"A".repeat(16)}[0,null,0]`)],
    ["forged as an offset", () => forge("offset:2")],
    ["forged as a URL", () => forge("http://169.254.169.254/")],
  ])("%s", async (_what, damage) => {
    const gate = people();
    const after = damage(await cursorOf(gate));
    const [answer, requests] = await gate.requestsOf(() => gate.ask(PEOPLE, { after }));
    expect(expectError(answer, "CURSOR_INVALID").message).toContain("without `after`");
    expect(answer.data.users).toBeNull();
    expectOthersAnswered(answer);
    expect(requests).toEqual([]);
  });
});

describe("cursors of other questions are CURSOR_INVALID", () => {
  const day = wireDay("2026-11-01", [wireCost("1", { product: "chat" }), wireCost("2", { product: "code" })]);
  const route = () => json(reportPage([day]));
  const reports = () =>
    gateway({
      routes: { [PATHS.cost]: route, [PATHS.consoleCost]: route, [PATHS.users]: () => json(tokenPage(rows)) },
    });
  const SERIES = `cost(${WEEK}, groupBy: [PRODUCT], source: LEGACY, bucket: DAY, first: 1`;

  test.each([
    ["another field", "users", `users(${WEEK}, first: 1`],
    ["another range", "cost", SERIES.replace("2026-11-01", "2026-11-02")],
    ["another bucket", "cost", SERIES.replace("DAY", "HOUR")],
    ["a ranking", "cost", SERIES.replace("DAY", "NONE")],
    ["another dimension", "cost", SERIES.replace("PRODUCT", "MODEL")],
    ["another filter", "cost", `${SERIES}, filter: { products: ["chat"] }`],
    ["another source", "cost", SERIES.replace("LEGACY", "UNIFIED")],
    ["another organization", "cost", `${SERIES}, organization: "console"`.replace("PRODUCT", "WORKSPACE")],
  ])("of %s", async (_what, field, call) => {
    const { ask } = reports();
    const given = await ask(`{ ${SERIES}) { pageInfo { endCursor } } }`);
    const after = given.data.cost.pageInfo.endCursor;
    const answer = await ask(`{ ${call}, after: "${after}") { totalCount } }`);
    expectError(answer, "CURSOR_INVALID", [field]);
  });

  test("of a series, for the ranking of the same rows, which is not even read", async () => {
    const gate = reports();
    const given = await gate.ask(`{ ${SERIES}) { pageInfo { endCursor } } }`);
    const after = given.data.cost.pageInfo.endCursor;
    const [answer, requests] = await gate.requestsOf(() =>
      gate.ask(`{ ${SERIES.replace("DAY", "NONE")}, after: "${after}") { totalCount } }`),
    );
    expectError(answer, "CURSOR_INVALID", ["cost"]);
    expect(requests).toEqual([]);
  });
});

describe("cursors forged with the right digest name places that are not there", () => {
  const digest = digestOf({
    field: "users",
    range: { from: "2026-11-01", until: "2026-11-08" },
    dataset: "USER_ACTIVITY",
  });

  test.each<[string, "CURSOR_INVALID" | "CURSOR_EXPIRED", number, CursorPlace]>([
    ["a window past the last", "CURSOR_INVALID", 0, { window: 99, token: null, index: 0, mark: "m" }],
    ["a row past the last", "CURSOR_EXPIRED", 1, { window: 0, token: null, index: 2 ** 53 - 1, mark: "m" }],
    [
      "a token of none of its pages",
      "CURSOR_EXPIRED",
      1,
      { window: 0, token: "canary", index: 0, mark: "m" },
    ],
    [
      "a token that is a query",
      "CURSOR_EXPIRED",
      1,
      { window: 0, token: "x&limit=1#../", index: 0, mark: "m" },
    ],
    ["a place in a ranking", "CURSOR_INVALID", 0, { mark: "x" }],
    ["a window before the first", "CURSOR_INVALID", 0, { window: -1, token: null, index: 0, mark: "m" }],
    ["half a row", "CURSOR_INVALID", 0, { window: 0, token: null, index: 0.5, mark: "m" }],
  ])("%s: %s after %i requests", async (_what, code, requests, place) => {
    const { ask, seen } = people();
    const answer = await ask(PEOPLE, { after: formatCursor(place, digest) });
    expect(expectError(answer, code).message).toContain("without `after`");
    expect(answer.data).toEqual({ users: null, organization: { name: ORGANIZATION.name } });
    expect(requestsTo(PATHS.users, seen)).toBe(requests);
    for (const url of seen) expect(url.searchParams.getAll("limit").length).toBeLessThan(2);
  });
});
