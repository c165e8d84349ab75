import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { gateway, json } from "../gateway.ts";
import { PATHS, reportPage, tokenPage } from "../wire.ts";
import { expectError, expectOthersAnswered, expectPresentable, ORGANIZATION, placesOf } from "./faults.ts";

const MEMBER = {
  id: "user_a",
  type: "user",
  email: "a@ternplover.example",
  name: "A",
  role: "user",
  added_at: "2026-01-01T00:00:00Z",
};

const list = (data: readonly unknown[]) => () =>
  json({ data, has_more: false, first_id: null, last_id: null });

/** One member; no project, workspace, API key or record. */
function organization() {
  return gateway({
    routes: {
      [PATHS.me]: () => json(ORGANIZATION),
      [PATHS.members]: list([MEMBER]),
      [PATHS.workspaces]: list([]),
      [PATHS.apiKeys]: list([]),
      [PATHS.projects]: () => json(tokenPage([])),
      [PATHS.users]: () => json(tokenPage([])),
      [PATHS.claudeCode]: () => json(reportPage([])),
    },
  });
}

const globalId = (text: string) => Buffer.from(text).toString("base64url");
const NODE = `query ($id: ID!) { node(id: $id) { id } organization { name } }`;

const BAD_IDS: [string, ErrorCode, string][] = [
  ["of a person with half an id", "NOT_FOUND", globalId("User:user_")],
  ["of a row of nobody", "NOT_FOUND", globalId("UserSummary:2026-11-01:2026-11-02:user_gone")],
  ["of a row without days", "BAD_USER_INPUT", globalId("UserSummary:user_a")],
  ["of another way of seeing people", "BAD_USER_INPUT", globalId("User~p:user_a")],
  ["of a person without an id", "NOT_FOUND", globalId("User:")],
  ["of no workspace", "NOT_FOUND", globalId("Workspace:wrkspc_gone")],
  ["of no API key", "NOT_FOUND", globalId("ApiKey:apikey_gone")],
  ["of a project that was not used", "NOT_FOUND", globalId("Project:2026-11-01:2026-11-02:claude_proj_gone")],
  ["of no record", "NOT_FOUND", globalId("ClaudeCodeRecord:2026-11-01:x:y")],
  ["of a record to come", "NOT_YET_AVAILABLE", globalId("ClaudeCodeRecord:2031-01-01:x:y")],
  ["of a record before there were any", "NOT_COVERED", globalId("ClaudeCodeRecord:0001-01-01:x:y")],
  ["of a project over days not covered", "NOT_COVERED", globalId("Project:2025-01-01:2025-02-01:x")],
  ["of a project over no day", "BAD_USER_INPUT", globalId("Project:2026-11-02:2026-11-01:x")],
  ["of a project over a day there is not", "BAD_USER_INPUT", globalId("Project:2026-02-30:2026-11-01:x")],
  ["of a project without days", "BAD_USER_INPUT", globalId("Project:claude_proj_a")],
  ["of a record without a day", "BAD_USER_INPUT", globalId("ClaudeCodeRecord:x")],
  ["of a type without ids", "BAD_USER_INPUT", globalId("Query:1")],
  ["of an input", "BAD_USER_INPUT", globalId("DateRange:1")],
  ["of an interface", "BAD_USER_INPUT", globalId("Node:1")],
  ["of a type there is not", "BAD_USER_INPUT", globalId("Person:1")],
  ["of a prototype", "BAD_USER_INPUT", globalId("__proto__:x")],
  ["of a constructor", "BAD_USER_INPUT", globalId("Constructor:x")],
  ["as upstream spells it", "BAD_USER_INPUT", "user_a"],
  ["without a type", "BAD_USER_INPUT", globalId("user_a")],
  ["that is empty", "BAD_USER_INPUT", ""],
  ["with CRLF", "BAD_USER_INPUT", "\r\nx-api-key: canary"],
  ["of 60 kB", "BAD_USER_INPUT", globalId(`User:${"x".repeat(45_000)}`)],
];

describe("node", () => {
  test.each(BAD_IDS)("an id %s is %s", async (_what, code, id) => {
    const { ask, faults } = organization();
    const answer = await ask(NODE, { id });
    expectError(answer, code, ["node"]);
    expect(answer.data.node).toBeNull();
    expectOthersAnswered(answer);
    expect(faults).toEqual([]);
  });

  test("every prefix of a good id is an error or not found, never a fault of the gateway", async () => {
    const { ask, faults } = organization();
    const whole = globalId("User:user_a");
    for (let end = 0; end < whole.length; end++) {
      const { data, errors } = await ask(NODE, { id: whole.slice(0, end) });
      expectPresentable(errors);
      expect(data.node).toBeNull();
    }
    expect(faults).toEqual([]);
  });
});

test("one bad id of nodes leaves the others, and each bad one says why", async () => {
  const { ask } = organization();
  const good = globalId("User:user_a");
  const bad = BAD_IDS.map(([, , id]) => id);
  const answer = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } organization { name } }`, {
    ids: [good, ...bad, good],
  });
  expect(answer.data.nodes).toEqual([{ id: good }, ...bad.map(() => null), { id: good }]);
  expectOthersAnswered(answer);
  const errors = expectPresentable(answer.errors).flatMap(placesOf);
  const expected = BAD_IDS.map(([, code], i) => [["nodes", i + 1], code]);
  expect(errors.sort(byPlace)).toEqual(expected);
});

function byPlace([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return Number((a as number[])[1]) - Number((b as number[])[1]);
}

describe("user", () => {
  test.each<[string, ErrorCode, string]>([
    ["an unknown id", "NOT_FOUND", `id: "user_gone"`],
    ["an unknown global id", "NOT_FOUND", `id: "${globalId("User:user_gone")}"`],
    ["an unknown email", "NOT_FOUND", `email: "nobody@ternplover.example"`],
    ["an email with a parameter", "NOT_FOUND", `email: "a@ternplover.example&limit=1"`],
    ["an empty email", "NOT_FOUND", `email: ""`],
    ["an empty id", "BAD_USER_INPUT", `id: ""`],
    ["a damaged global id", "BAD_USER_INPUT", `id: "${globalId("User:user_a").slice(2)}"`],
    ["the id of something else", "BAD_USER_INPUT", `id: "${globalId("Project:x")}"`],
    ["neither id nor email", "BAD_USER_INPUT", `id: null`],
    ["both id and email", "BAD_USER_INPUT", `id: "user_a", email: "a@ternplover.example"`],
    ["both, one of them empty", "BAD_USER_INPUT", `id: "", email: "a@ternplover.example"`],
  ])("%s is %s", async (_what, code, args) => {
    const { ask } = organization();
    const answer = await ask(`{ user(${args}) { id } organization { name } }`);
    expectError(answer, code, ["user"]);
    expectOthersAnswered(answer);
  });
});

describe("a gateway with one key of two", () => {
  const DAYS = `range: { between: { from: "2026-11-01", until: "2026-11-08" } }`;
  const cases: [string, "ANTHROPIC_ANALYTICS_KEY" | "ANTHROPIC_ADMIN_KEY", string][] = [
    ["users", "ANTHROPIC_ANALYTICS_KEY", `users(${DAYS}) { totalCount }`],
    ["projects", "ANTHROPIC_ANALYTICS_KEY", `projects(${DAYS}) { totalCount }`],
    ["skills", "ANTHROPIC_ANALYTICS_KEY", `skills(${DAYS}) { totalCount }`],
    ["connectors", "ANTHROPIC_ANALYTICS_KEY", `connectors(${DAYS}) { totalCount }`],
    ["activity", "ANTHROPIC_ANALYTICS_KEY", `activity(${DAYS}) { date }`],
    [
      "cost",
      "ANTHROPIC_ANALYTICS_KEY",
      `cost(${DAYS}, organization: "enterprise", source: LEGACY, bucket: DAY) { totalCount }`,
    ],
    [
      "usage",
      "ANTHROPIC_ANALYTICS_KEY",
      `usage(${DAYS}, organization: "enterprise", source: LEGACY, bucket: DAY) { totalCount }`,
    ],
    [
      "cost",
      "ANTHROPIC_ANALYTICS_KEY",
      `cost(${DAYS}, organization: "enterprise", groupBy: [SPEED], bucket: NONE, source: LEGACY) { totalCount }`,
    ],
    [
      "cost",
      "ANTHROPIC_ADMIN_KEY",
      `cost(${DAYS}, organization: "console", source: LEGACY, bucket: DAY) { totalCount }`,
    ],
    [
      "usage",
      "ANTHROPIC_ADMIN_KEY",
      `usage(${DAYS}, organization: "console", source: LEGACY, bucket: DAY) { totalCount }`,
    ],
    ["claudeCodeRecords", "ANTHROPIC_ADMIN_KEY", `claudeCodeRecords(${DAYS}) { totalCount }`],
    ["node", "ANTHROPIC_ADMIN_KEY", `node(id: "${globalId("Workspace:wrkspc_a")}") { id }`],
  ];

  test.each(cases)(
    "%s without %s is NOT_CONFIGURED and names the setting: %s",
    async (field, missing, call) => {
      const { ask, seen } = gateway({
        routes: { [PATHS.me]: () => json(ORGANIZATION) },
        settings: { [missing]: "" },
      });
      const answer = await ask(`{ ${call} organization { name } }`);
      expect(expectError(answer, "NOT_CONFIGURED", [field]).message).toContain(`set ${missing}.`);
      expectOthersAnswered(answer);
      expect(seen.map((url) => url.pathname)).toEqual([PATHS.me]);
    },
  );
});
