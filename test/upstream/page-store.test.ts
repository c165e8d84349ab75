import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/cache/memory-store.ts";
import { day } from "../../src/domain/day.ts";
import type { ReportQuestion } from "../../src/domain/report.ts";
import { userCost } from "../../src/upstream/endpoints/enterprise-cost.ts";
import { consoleMembers } from "../../src/upstream/endpoints/members.ts";
import { PageFreshness } from "../../src/upstream/pages/freshness.ts";
import { PageStore } from "../../src/upstream/pages/page-store.ts";
import { reportPage, wireUserCost } from "../wire.ts";

const DAY_MS = 86_400_000;
const FETCHED = Date.parse("2026-11-22T12:00:00Z");
const QUESTION = { endpoint: consoleMembers, params: {}, token: null };
const BODY = JSON.stringify({
  data: [
    {
      id: "user_a",
      name: "Ada",
      email: "ada@example.com",
      role: "user",
      type: "user",
      added_at: "2026-01-01T00:00:00Z",
    },
  ],
  has_more: false,
  first_id: "user_a",
  last_id: "user_a",
});

const params: ReportQuestion = {
  range: { from: day("2026-11-01"), until: day("2026-11-22") },
  bucket: "NONE",
  groupBy: ["USER"],
  filter: {},
};
const SPEND = { endpoint: userCost, params, token: null };
const SPEND_BODY = JSON.stringify(reportPage([wireUserCost("user_ada", "41280.000000")]));

/** A store of pages whose clock the test moves. */
function pageStore(maxBytes = 1e6) {
  const clock = { now: FETCHED };
  const now = () => clock.now;
  const freshness = new PageFreshness({ access: { accessStatus: () => null }, freshSeconds: undefined, now });
  return { clock, pages: new PageStore({ store: memoryStore(maxBytes), freshness, now }) };
}

function decoded(pages: PageStore, fetchedAt = FETCHED) {
  return pages.decode(QUESTION, { key: "key", body: BODY, fetchedAt });
}

describe("a stored page", () => {
  test("is returned under its key alone", () => {
    const { pages } = pageStore();
    const page = pages.put(consoleMembers, "key", decoded(pages), BODY.length);
    expect(pages.get(consoleMembers, "key")).toBe(page);
    expect(pages.get(consoleMembers, "other")).toBeUndefined();
  });

  test("is frozen deeply before another operation shares it", () => {
    const { pages } = pageStore();
    const page = pages.put(consoleMembers, "key", decoded(pages), BODY.length);
    expect(pages.get(consoleMembers, "key")).toBe(page);
    expect(Object.isFrozen(page)).toBe(true);
    expect(Object.isFrozen(page.rows)).toBe(true);
    expect(Object.isFrozen(page.rows[0])).toBe(true);
  });

  test("loses its names a day after it was fetched, for every later reader", () => {
    const { pages, clock } = pageStore();
    pages.put(
      userCost,
      "key",
      pages.decode(SPEND, { key: "key", body: SPEND_BODY, fetchedAt: FETCHED }),
      100,
    );
    const user = () => pages.get(userCost, "key")?.rows[0]?.user;
    clock.now = FETCHED + DAY_MS - 1;
    expect(user()).toMatchObject({ userId: "user_ada", name: "user_ada" });
    clock.now = FETCHED + DAY_MS;
    expect(user()).toMatchObject({ userId: "user_ada" });
    expect(user()).not.toHaveProperty("name");
    expect(pages.get(userCost, "key")).toBe(pages.get(userCost, "key"));
  });

  test("gives way to newer ones when the store is full", () => {
    const { pages } = pageStore(2 * BODY.length + 20);
    for (const key of ["one", "two", "three"]) pages.put(consoleMembers, key, decoded(pages), BODY.length);
    expect(pages.get(consoleMembers, "one")).toBeUndefined();
    expect(pages.get(consoleMembers, "three")).toBeDefined();
  });
});

describe("a body from another process", () => {
  test("is decoded with the time it was fetched", () => {
    const { pages } = pageStore();
    expect(decoded(pages, FETCHED - 1_000)).toMatchObject({ fetchedAt: FETCHED - 1_000, next: null });
  });

  test("from a clock more than a minute ahead counts as missing", () => {
    const { pages } = pageStore();
    expect(() => decoded(pages, FETCHED + 60_001)).toThrow("fetched in the future");
    expect(decoded(pages, FETCHED + 60_000).rows).toHaveLength(1);
  });

  test("that breaks the contract counts as missing", () => {
    const { pages } = pageStore();
    const kept = { key: "key", body: '{"data":[{}],"has_more":false}', fetchedAt: FETCHED };
    expect(() => pages.decode(QUESTION, kept)).toThrow("data[0]");
  });

  test("that is older than a day has no names", () => {
    const { pages } = pageStore();
    const page = pages.decode(SPEND, { key: "key", body: SPEND_BODY, fetchedAt: FETCHED - DAY_MS });
    expect(page.rows[0]?.user).not.toHaveProperty("name");
  });

  test("is valid for an answer while it is the stored one and fresh", () => {
    const { pages, clock } = pageStore();
    const page = pages.put(consoleMembers, "key", decoded(pages), BODY.length);
    const validity = pages.validityOf(page);
    expect(validity?.isCurrent()).toBe(true);
    const again = pages.put(consoleMembers, "key", decoded(pages), BODY.length);
    expect(validity?.isCurrent()).toBe(false);
    expect(pages.validityOf(again)?.isCurrent()).toBe(true);
    clock.now = FETCHED + DAY_MS;
    expect(pages.validityOf(again)?.isCurrent()).toBe(false);
    expect(pages.validityOf({ ...again, stale: "REVALIDATING" })).toBeNull();
  });

  test("that is final is valid wherever it is, until its names are too old", () => {
    const { pages, clock } = pageStore();
    const at = FETCHED + 100 * DAY_MS;
    clock.now = at;
    const page = pages.put(
      userCost,
      "key",
      { ...pages.decode(SPEND, { key: "key", body: SPEND_BODY, fetchedAt: at }), state: "FINAL" },
      100,
    );
    const validity = pages.validityOf(page);
    pages.put(userCost, "key", { ...page }, 100);
    expect(validity?.isCurrent()).toBe(true);
    clock.now = at + DAY_MS;
    expect(validity?.isCurrent()).toBe(false);
    const unnamed = pages.get(userCost, "key");
    expect(unnamed && pages.validityOf(unnamed)?.isCurrent()).toBe(true);
  });
});
