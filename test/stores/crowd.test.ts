import { describe, expect, test } from "vitest";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { type Answer, gateway } from "../gateway.ts";
import { type Kind, redis, sqlite } from "./stores.ts";

const RANGE = `range: { between: { from: "2026-06-01", until: "2026-08-01" } }`;

const FIELDS: [string, string][] = [
  [
    "people with their money",
    `{ users(${RANGE}, first: 20) { nodes { userId cost { net { usd } } usage { totalTokens } } } }`,
  ],
  [
    "days of cost by product",
    `{ cost(${RANGE}, groupBy: [PRODUCT], first: 1000, bucket: DAY) { nodes { from product net { cents } } total { net { cents } } } }`,
  ],
  [
    "a ranking of models",
    `{ usage(${RANGE}, bucket: NONE, groupBy: [MODEL]) { nodes { model tokens { totalTokens } } } }`,
  ],
  [
    "skills by use",
    `{ skills(${RANGE}, orderBy: { field: USERS }) { nodes { name users usedBy(first: 3) { nodes { __typename } } } } }`,
  ],
  ["active people by day", `{ activity(${RANGE}) { date } }`],
];

const alone: Kind = { name: "nothing", open: () => Promise.reject(new Error("none")), skip: false };

describe.each([alone, sqlite, redis])(
  "two hundred callers with one cold question, who share $name",
  { tags: "deep" },
  (kind) => {
    test.skipIf(kind.skip).each(FIELDS)("make the requests of one: %s", async (_what, question) => {
      const open = async () =>
        gateway({
          sandbox: { users: 60 },
          settings: {
            ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
            OPERATION_TIMEOUT: "120",
          },
          ...(kind === alone ? {} : { store: await kind.open() }),
        });
      const one = await open();
      const first = await one.ask(question);
      expect(first.errors).toBeUndefined();
      const crowd = await open();
      const answers: Answer[] = await Promise.all(Array.from({ length: 200 }, () => crowd.ask(question)));
      expect(one.seen.length).toBeGreaterThan(0);
      expect(crowd.seen.map((url) => url.href).sort()).toEqual(one.seen.map((url) => url.href).sort());
      for (const { data, errors } of answers) {
        expect(errors).toBeUndefined();
        expect(data).toEqual(first.data);
      }
      const said = answers.map(({ extensions }) => extensions.upstream.requests);
      expect(said.reduce((sum, each) => sum + each, 0)).toBe(one.seen.length);
      await Promise.all([one.app.dispose(), crowd.app.dispose()]);
    });
  },
);

describe("final figures", () => {
  const down: SharedStore = {
    about: { store: "redis", host: "store.test" },
    get: () => Promise.reject(new Error("away")),
    set: () => Promise.reject(new Error("away")),
    delete: () => Promise.reject(new Error("away")),
    acquire: () => Promise.reject(new Error("away")),
    release: () => Promise.reject(new Error("away")),
    take: () => Promise.reject(new Error("away")),
    block: () => Promise.reject(new Error("away")),
    occupancy: () => Promise.reject(new Error("away")),
    dispose: async () => {},
  };

  test("are given while upstream and the shared store are both away, without a request", {
    tags: "deep",
  }, async () => {
    const { ask, at, seen, requestsOf } = gateway({ sandbox: { users: 60 }, store: down });
    const before = [];
    for (const [, question] of FIELDS) before.push((await ask(question)).data);
    const asked = seen.length;
    at("2027-03-01T12:00:00Z");
    const [after, requests] = await requestsOf(() =>
      Promise.all(FIELDS.map(([, question]) => ask(question))),
    );
    expect(requests).toEqual([]);
    expect(after.map(({ data }) => data)).toEqual(before);
    expect(seen).toHaveLength(asked);
  });
});
