import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import { gateway } from "./gateway.ts";
import { sqlite } from "./stores/stores.ts";

const between = (from: string, until: string) => `range: { between: { from: "${from}", until: "${until}" } }`;
const spring = (from: string, until: string) =>
  `{ cost(${between(from, until)}, groupBy: [MODEL], first: 1000, bucket: DAY) { nodes { from model net { cents } state } total { net { cents } } freshness { state } } }`;

/** Half a year later, when upstream answers for 16 June 2026 and after. */
const LATER = "2027-06-15T12:00:00Z";

describe("months that upstream has let go of", () => {
  test("are answered from what was kept of them, any days of them, without a request", async () => {
    const { ask, at, requestsOf } = gateway({ sandbox: { users: 30 } });
    const before = await ask(spring("2026-03-01", "2026-06-01"));
    expect(before.data.cost.freshness.state).toBe("FINAL");
    at(LATER);
    const [after, requests] = await requestsOf(() => ask(spring("2026-03-01", "2026-06-01")));
    expect(after.errors).toBeUndefined();
    expect(after.data).toEqual(before.data);
    expect(requests).toEqual([]);
    const [part, none] = await requestsOf(() => ask(spring("2026-03-10", "2026-05-20")));
    expect(none).toEqual([]);
    expect(part.data.cost.nodes).toEqual(
      before.data.cost.nodes.filter(
        ({ from }: { from: string }) => from >= "2026-03-10" && from < "2026-05-20",
      ),
    );
  });

  test("after a restart too, by a store that lasts", async () => {
    let now = Date.parse("2026-11-22T12:00:00Z");
    const sandbox = createSandbox({ users: 30, seed: 1, now: () => now, rateLimit: "off" });
    const settings = { ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}` };
    const process = async () =>
      gateway({
        dispatcher: new SandboxDispatcher(sandbox),
        now: new Date(now).toISOString(),
        store: await sqlite.open(),
        settings,
      });
    const first = await process();
    const before = await first.ask(spring("2026-04-01", "2026-05-01"));
    await first.app.dispose();
    now = Date.parse(LATER);
    const second = await process();
    const after = await second.ask(spring("2026-04-01", "2026-05-01"));
    expect(after.data).toEqual(before.data);
    expect(after.extensions.upstream.requests).toBe(0);
    await second.app.dispose();
  });

  test("that were never kept are NOT_COVERED before any upstream request, also beside some that were", async () => {
    const { ask, at, requestsOf } = gateway({ sandbox: { users: 30 } });
    await ask(spring("2026-04-01", "2026-05-01"));
    at(LATER);
    const [{ data, errors }, requests] = await requestsOf(() => ask(spring("2026-03-01", "2026-07-01")));
    expect(data.cost).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe("NOT_COVERED");
    expect(errors?.[0]?.message).toContain("begins on 2026-06-16; 2026-03-01 is before that");
    expect(requests).toEqual([]);
  });

  test("can be compared with, a year later", async () => {
    const compared = (from: string, until: string) =>
      `{ cost(${between(from, until)}, bucket: NONE, groupBy: [MODEL], compare: YEAR_BEFORE) { totalComparison { net { before { cents } } } total { net { cents } } } }`;
    const { ask, at } = gateway({ sandbox: { users: 30 }, now: "2026-12-20T12:00:00Z" });
    const then = await ask(
      `{ cost(${between("2026-04-01", "2026-05-01")}, bucket: NONE, groupBy: [MODEL]) { total { net { cents } } } }`,
    );
    at("2027-06-15T12:00:00Z");
    const { data, errors } = await ask(compared("2027-04-01", "2027-05-01"));
    expect(errors).toBeUndefined();
    expect(data.cost.totalComparison.net.before).toEqual(then.data.cost.total.net);
  });
});
