import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../../src/cache/entry.ts";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { gateway, json, NOW, type Route, refusal } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { type Kind, redis, sqlite } from "./stores.ts";

const PAGE = tokenPage([wireUser("user_a", { messages: 3 }), wireUser("user_b")]);
const GOOD = JSON.stringify(PAGE);
const QUESTION = `{ users(range: { between: { from: "2026-05-01", until: "2026-06-01" } }) { nodes { userId activity { chat { messages } } } } }`;
const RIGHT = [
  { userId: "user_a", activity: { chat: { messages: 3 } } },
  { userId: "user_b", activity: { chat: { messages: 0 } } },
];

const text = (body: string) => () => ({ status: 200, headers: { "content-type": "application/json" }, body });
const FAULTS: [string, Route][] = [
  ["nothing", text("")],
  ["half a body", text(GOOD.slice(0, GOOD.length / 2))],
  ["all but the last byte", text(GOOD.slice(0, -1))],
  ["HTML", text("<!doctype html><title>login</title>")],
  ["null", text("null")],
  ["a list", text("[]")],
  ["an error with status 200", text('{"type":"error","error":{"type":"api_error"}}')],
  ["rows of null", () => json({ ...PAGE, data: null })],
  ["a row without a part", () => json({ ...PAGE, data: [{ ...PAGE.data[0], chat_metrics: undefined }] })],
  ["a count of text", text(GOOD.replace('"message_count":3', '"message_count":"3"'))],
  ["a count past 2^53", text(GOOD.replace('"message_count":3', '"message_count":9007199254740993'))],
  ["has_more without a token", () => json({ ...PAGE, has_more: true })],
  ["500", () => refusal(500, "api_error", "no")],
  ["403", () => refusal(403, "permission_error", "no")],
];

const memory: Kind = { name: "memory", open: () => Promise.reject(new Error("none")), skip: false };

/** Gateways of one organization with one upstream and, unless they have only memory, one store. */
function organization(kind: Kind, route: Route, wrap = (store: SharedStore) => store) {
  const settings = { ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` };
  return async (now = NOW) => {
    const store = kind === memory ? {} : { store: wrap(await kind.open()) };
    return gateway({ routes: { [PATHS.users]: route }, settings, now, ...store });
  };
}

const FIRST_READ = "a first read that is bad, kept in $name";
describe.each([memory])(FIRST_READ, expectForgotten);
describe.each([sqlite, redis])(FIRST_READ, { tags: "deep" }, expectForgotten);

function expectForgotten(kind: Kind): void {
  test.skipIf(kind.skip).each(FAULTS)("%s is not remembered, here or by a replica", async (_what, fault) => {
    let isBad = true;
    const open = organization(kind, (query, request) => (isBad ? fault(query, request) : json(PAGE)));
    const a = await open();
    const b = await open();
    const { data, errors } = await a.ask(QUESTION);
    expect(errors).toHaveLength(1);
    expect(data.users).toBeNull();
    isBad = false;
    for (const replica of [b, a]) {
      const answer = await replica.ask(QUESTION);
      expect(answer.errors).toBeUndefined();
      expect(answer.data.users.nodes).toEqual(RIGHT);
    }
    expect(b.seen).toHaveLength(1);
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });
}

describe.each([sqlite, redis])("an entry of $name", { tags: "deep" }, (kind) => {
  const noise = new Uint8Array(500_000).map((_, i) => (i * 2_654_435_761) >>> 24);

  test
    .skipIf(kind.skip)
    .each<[string, (whole: Uint8Array, key: string) => Uint8Array | Promise<Uint8Array>]>([
      ["that is empty", () => new Uint8Array(0)],
      ["that is cut in half", (whole) => whole.subarray(0, whole.length / 2)],
      ["that lacks its last byte", (whole) => whole.subarray(0, -1)],
      [
        "with a byte changed",
        (whole) => whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 0xff),
      ],
      ["of another format", (whole) => whole.with(2, 0)],
      ["of 500 kB of noise", () => noise],
      ["of another program", () => new TextEncoder().encode(GOOD)],
      ["of another key", () => encodeEntry({ key: "another", body: GOOD, fetchedAt: Date.parse(NOW) })],
      [
        "with a body that is not JSON",
        (_, key) => encodeEntry({ key, body: GOOD.slice(0, 99), fetchedAt: Date.parse(NOW) }),
      ],
      [
        "with a body of another shape",
        (_, key) =>
          encodeEntry({ key, body: '{"data":[{"user":5}],"next_page":null}', fetchedAt: Date.parse(NOW) }),
      ],
      [
        "of 500 kB of another shape",
        (_, key) =>
          encodeEntry({
            key,
            body: JSON.stringify({ data: Buffer.from(noise).toString("base64") }),
            fetchedAt: Date.parse(NOW),
          }),
      ],
      [
        "of a replica with a clock a day ahead",
        (_, key) =>
          encodeEntry({ key, body: tokenBody("user_wrong"), fetchedAt: Date.parse(NOW) + 86_400_000 }),
      ],
    ])(
    "%s is as good as not there: the rows are right, after one request, and it is replaced",
    async (_what, damage) => {
      const keys: string[] = [];
      const open = organization(
        kind,
        () => json(PAGE),
        (store) => ({
          ...store,
          set(key, value, lifetimeMs) {
            keys.push(key);
            return store.set(key, value, lifetimeMs);
          },
        }),
      );
      const first = await open();
      await first.ask(QUESTION);
      await first.app.dispose();
      const [key = ""] = keys;
      const store = await kind.open();
      const whole = await store.get(key);
      if (whole === null || (await decodeEntry(key, whole)) === null) throw new Error("nothing was kept");
      await store.set(key, await damage(Uint8Array.from(whole), key), null);
      await store.dispose();

      for (const requests of [1, 0]) {
        const { ask, seen, app } = await open();
        const { data, errors } = await ask(QUESTION);
        expect(errors).toBeUndefined();
        expect(data.users.nodes).toEqual(RIGHT);
        expect(seen).toHaveLength(requests);
        await app.dispose();
      }
    },
  );

  function tokenBody(id: string): string {
    return JSON.stringify(tokenPage([wireUser(id)]));
  }
});
