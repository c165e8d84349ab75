import { describe, expect, test } from "vitest";
import { json, type Route, refusal } from "../gateway.ts";
import { tokenPage, wireUser } from "../wire.ts";
import { expectError, expectOthersAnswered, inTurn, LEAK, PEOPLE, WEEK, withPeople } from "./faults.ts";
import { LISTS, withList } from "./lists.ts";

/** A refusal with any `error.details`. */
const refused =
  (status: number, details: unknown, headers: Readonly<Record<string, string>> = {}): Route =>
  () => {
    const { body, ...response } = refusal(status, "rate_limit_error", LEAK, headers);
    const envelope = JSON.parse(body);
    return { ...response, body: JSON.stringify({ ...envelope, error: { ...envelope.error, details } }) };
  };

const LIMITS: [status: number, code: string, reason: string, who: RegExp][] = [
  [429, "enforced_spend_limit_reached", "ENFORCED_SPEND_LIMIT", /admin of the organization/],
  [429, "contract_spend_limit_reached", "CONTRACT_SPEND_LIMIT", /contact at Anthropic/],
  [402, "linked_organization_spend_limit_reached", "LINKED_ORGANIZATION_SPEND_LIMIT", /admin of that/],
  [402, "linked_organization_billing_unavailable", "LINKED_ORGANIZATION_BILLING", /settle its billing/],
  [402, "a_code_nobody_knows", "BILLING_PROBLEM", /billing settings/],
];

describe("a spend limit is not a rate limit", () => {
  test.each(LIMITS)("%i %s is one attempt that names who can lift it", async (status, code, reason, who) => {
    const { ask, seen } = withPeople(refused(status, { error_code: code }, { "retry-after": "60" }));
    const answer = await ask(PEOPLE);
    const { message, extensions } = expectError(answer, "UPSTREAM_BILLING");
    expect(message).toMatch(who);
    expect(extensions).toMatchObject({ reason, status, dataset: "USER_ACTIVITY" });
    expect(extensions).not.toHaveProperty("retryAfter");
    expectOthersAnswered(answer);
    expect(seen).toHaveLength(2);
  });

  test.each(LIMITS)("%i %s pauses no other question", async (status, code) => {
    const limited = refused(status, { error_code: code }, { "retry-after": "3600" });
    const { ask } = withPeople(inTurn(limited, () => json(tokenPage([wireUser("user_a")]))));
    expectError(await ask(PEOPLE), "UPSTREAM_BILLING");
    const other = await ask(`{ users(${WEEK}, filter: { users: ["user_a"] }) { nodes { userId } } }`);
    expect(other.errors).toBeUndefined();
    expect(other.data.users.nodes).toEqual([{ userId: "user_a" }]);
  });

  test("figures of an hour ago are shown, marked, while it is reached", async () => {
    const limited = refused(429, { error_code: "contract_spend_limit_reached" });
    const { ask, at } = withPeople(inTurn(() => json(tokenPage([wireUser("user_a")])), limited));
    const RECENT = `{ users(range: { last: { days: 3 } }) { nodes { userId } freshness { stale staleBecause } } }`;
    await ask(RECENT);
    at("2026-11-22T18:00:00Z");
    const { data, errors } = await ask(RECENT);
    expect(errors).toBeUndefined();
    expect(data.users).toMatchObject({
      nodes: [{ userId: "user_a" }],
      freshness: { stale: true, staleBecause: "UPSTREAM_BILLING" },
    });
  });
});

test("ramp_limit_exceeded is a rate limit that obeys retry-after", async () => {
  const { ask, seen } = withPeople(
    refused(429, { error_code: "ramp_limit_exceeded" }, { "retry-after": "120" }),
  );
  expect(expectError(await ask(PEOPLE), "UPSTREAM_RATE_LIMITED").extensions.retryAfter).toBe(120);
  const before = seen.length;
  const other = await ask(`{ users(${WEEK}, filter: { users: ["user_a"] }) { nodes { userId } } }`);
  expectError(other, "UPSTREAM_BUDGET_EXHAUSTED");
  expect(seen).toHaveLength(before);
});

describe("an error body of any shape is read as far as it goes", () => {
  const envelopes: unknown[] = [
    null,
    "enforced_spend_limit_reached",
    [],
    { error: null },
    { error: "enforced_spend_limit_reached" },
    { error: { details: null } },
    { error: { details: "enforced_spend_limit_reached" } },
    { error: { details: ["enforced_spend_limit_reached"] } },
    { error: { details: { error_code: null } } },
    { error: { details: { error_code: 429 } } },
    { error: { details: { error_code: ["enforced_spend_limit_reached"] } } },
    { error: { details: { error_code: { toString: "enforced_spend_limit_reached" } } } },
    { error: { details: { error_code: "__proto__" } } },
    { error: { details: { error_code: "constructor" } } },
    { error: { details: { error_code: "x".repeat(100_000) } } },
    { error_code: "enforced_spend_limit_reached" },
  ];
  const bodies = [...envelopes.map((envelope) => JSON.stringify(envelope)), "", "{", "<html>", "\u0000"];

  test.each(bodies.map((body) => [body.slice(0, 70), body]))("%s", async (_what, body) => {
    for (const [status, code] of [
      [429, "UPSTREAM_RATE_LIMITED"],
      [402, "UPSTREAM_BILLING"],
      [400, "UPSTREAM_REFUSED"],
      [403, "UPSTREAM_AUTH"],
    ] as const) {
      const { ask } = withPeople(() => ({ status, headers: { "retry-after": "60" }, body }));
      expectError(await ask(PEOPLE), code);
    }
  });
});

test("a limit at the second page of a list is an error, never the first page alone", async () => {
  const list = LISTS["people, by token"];
  const { ask } = withList(list, (query, request) =>
    query.has("page")
      ? refused(429, { error_code: "enforced_spend_limit_reached" })(query, request)
      : json(list.page([0, 1], "page_next")),
  );
  const answer = await ask(list.query);
  expectError(answer, "UPSTREAM_BILLING");
  expect(answer.data.users).toBeNull();
});
