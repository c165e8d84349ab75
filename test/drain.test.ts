/** @module-tag deep */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { endAll, serve } from "./process.ts";

afterEach(endAll);

/** An unused connection ends after 75 seconds; a gateway that waited for one would take about as long. */
const CONNECTIONS_KEPT_MS = 60_000;

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
  test("lets twenty answers under way finish, takes no new ones, and then ends", async () => {
    const { gateway, url } = await serve({ latencyMs: 3_000 });
    const connections = new Agent();
    const answers = Array.from({ length: 20 }, (_, i) => ask(connections, url, i));
    await sleep(2_000); // a busy machine takes that long to read twenty requests
    gateway.child.kill(signal);
    await sleep(100);
    gateway.child.kill(signal); // a second one changes nothing
    await expect(ask(new Agent(), url, 25)).rejects.toThrow();
    expect((await Promise.all(answers)).every((people) => people > 0)).toBe(true);
    const answered = performance.now();
    expect((await gateway.ended()).code).toBe(0);
    expect(performance.now() - answered).toBeLessThan(CONNECTIONS_KEPT_MS);
    await connections.close();
  });
});

test("with twenty connections kept open and nothing under way it ends without waiting for them", async () => {
  const { gateway, url } = await serve();
  const connections = new Agent({ keepAliveTimeout: 60_000 });
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(connections, url, i)));
  const told = performance.now();
  gateway.child.kill("SIGTERM");
  expect((await gateway.ended()).code).toBe(0);
  expect(performance.now() - told).toBeLessThan(CONNECTIONS_KEPT_MS);
  await connections.destroy();
});

test("with a delay goes on answering that long, while /readyz says that it is about to end", async () => {
  const { gateway, url } = await serve({ settings: { DRAIN_DELAY: "2" } });
  const connections = new Agent();
  const statusOf = async (path: string) =>
    (await request(`${url}${path}`, { dispatcher: connections })).statusCode;
  expect(await statusOf("/readyz")).toBe(200);
  const told = performance.now();
  gateway.child.kill("SIGTERM");
  await expect.poll(() => statusOf("/readyz")).toBe(503);
  expect(await statusOf("/healthz")).toBe(200);
  expect(await ask(new Agent(), url, 1)).toBeGreaterThan(0);
  expect((await gateway.ended()).code).toBe(0);
  expect(performance.now() - told).toBeGreaterThan(2_000);
  await connections.close();
});
