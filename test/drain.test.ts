import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { endAll, run, urlIn } from "./process.ts";

afterEach(endAll);

const CLOCK = "2026-11-22T12:00:00Z";

/** A gateway over an upstream that takes its time. */
async function slowGateway(latencyMs: number) {
  const sandbox = run([
    "sandbox",
    ...["--port", "0", "--users", "20", "--rate-limit", "off"],
    ...["--latency-ms", String(latencyMs), "--now", CLOCK],
  ]);
  const gateway = run(["serve", "--port", "0"], {
    ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test",
    ANTHROPIC_BASE_URL: urlIn(await sandbox.printed("Try:")),
    UPSTREAM_PER_MINUTE: "1000",
    CLOCK,
  });
  return { gateway, url: urlIn(await gateway.printed("Try:")) };
}

/** Asks over connections that are kept. */
async function ask(dispatcher: Agent, url: string, i: number): Promise<number> {
  const range = `range: { between: { from: "2026-10-${String(i + 1).padStart(2, "0")}", until: "2026-10-28" } }`;
  const { body } = await request(`${url}/graphql`, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: `{ users(${range}, first: 1000) { nodes { userId } } }` }),
  });
  const { data } = (await body.json()) as { data: { users: { nodes: unknown[] } } };
  return data.users.nodes.length;
}

describe.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s", (signal) => {
  test("lets twenty answers under way finish, takes no new ones, and ends two seconds later at the most", async () => {
    const { gateway, url } = await slowGateway(1_000);
    const connections = new Agent();
    const answers = Array.from({ length: 20 }, (_, i) => ask(connections, url, i));
    await sleep(500);
    gateway.child.kill(signal);
    await sleep(100);
    gateway.child.kill(signal); // a second one changes nothing
    await expect(ask(new Agent(), url, 25)).rejects.toThrow();
    expect((await Promise.all(answers)).every((people) => people > 0)).toBe(true);
    const answered = performance.now();
    expect((await gateway.ended()).code).toBe(0);
    expect(performance.now() - answered).toBeLessThan(2_000);
    await connections.close();
  });
});

test("with twenty connections kept open and nothing under way it ends within a second", async () => {
  const { gateway, url } = await slowGateway(0);
  const connections = new Agent({ keepAliveTimeout: 60_000 });
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(connections, url, i)));
  const told = performance.now();
  gateway.child.kill("SIGTERM");
  expect((await gateway.ended()).code).toBe(0);
  expect(performance.now() - told).toBeLessThan(1_000);
  await connections.destroy();
});
