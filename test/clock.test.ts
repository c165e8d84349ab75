import { describe, expect, test } from "vitest";
import { gateway } from "./gateway.ts";

const FIRST_QUERY = `{ users(range: {last: {days: 7}}, first: 10) { nodes { email activity { chat { messages } } cost { net { usd } } claudeCode { commits estimated { usd } } } pageInfo { hasNextPage endCursor } } }`;

describe("the first query of a newcomer answers whatever the hour", () => {
  test.each([
    "2026-11-22T00:00:30Z",
    "2026-11-22T05:00:00Z",
    "2026-11-22T09:59:59Z",
    "2026-11-22T23:59:59Z",
    "2026-12-01T00:00:01Z",
    "2027-01-04T03:00:00Z",
    "2028-03-01T12:00:00Z",
  ])("%s", async (now) => {
    const { ask, faults } = gateway({ sandbox: { users: 40 }, now });
    const { data, errors } = await ask(FIRST_QUERY);
    expect(errors).toBeUndefined();
    expect(data.users.nodes.length).toBe(10);
    expect(faults).toEqual([]);
  });
});

describe("before upstream has aggregated yesterday", () => {
  const now = "2026-11-20T05:00:00Z";

  test("a person's days end with the newest there is", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now });
    const { data, errors } = await ask(
      `{ users(range: { last: { days: 4 } }, first: 20) { nodes { activityByDay { date } } } }`,
    );
    expect(errors).toBeUndefined();
    const days: string[] = data.users.nodes.flatMap(
      ({ activityByDay }: { activityByDay: { date: string }[] }) => activityByDay.map(({ date }) => date),
    );
    expect([...new Set(days)].sort()).toEqual(["2026-11-16", "2026-11-17", "2026-11-18"]);
  });

  test("yesterday alone is NOT_YET_AVAILABLE, with the newest day named", async () => {
    const { ask } = gateway({ sandbox: { users: 40 }, now });
    const { data, errors } = await ask(
      `{ users(range: { period: YESTERDAY }) { totalCount } cost(range: { period: YESTERDAY }, bucket: DAY) { totalCount } }`,
    );
    expect(data).toEqual({ users: null, cost: { totalCount: 1 } });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({ path: ["users"], extensions: { code: "NOT_YET_AVAILABLE" } });
    expect(errors?.[0]?.message).toContain("2026-11-18");
  });
});

test("in 2027 the reports reach back 365 days and say from when", async () => {
  const { ask } = gateway({ sandbox: { users: 20 }, now: "2027-06-15T12:00:00Z" });
  const { errors } = await ask(
    `{ cost(range: { between: { from: "2026-06-15", until: "2026-07-01" } }, bucket: DAY) { totalCount } }`,
  );
  expect(errors?.[0]?.extensions.code).toBe("NOT_COVERED");
  const earliest = /begins on (\S+);/.exec(errors?.[0]?.message ?? "")?.[1];
  const { data, errors: none } = await ask(
    `{ cost(range: { between: { from: "${earliest}", until: "2026-07-01" } }, first: 1, bucket: DAY) { nodes { from } } }`,
  );
  expect(none).toBeUndefined();
  expect(data.cost.nodes).toEqual([{ from: "2026-06-16T00:00:00.000Z" }]);
});
