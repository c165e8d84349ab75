import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, createApp } from "claude-analytics-gateway";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { ask } from "./process.ts";

const SANDBOX = { SANDBOX_USERS: "20", CLOCK: "2026-11-22T12:00:00Z", LOG_LEVEL: "silent" };
const KEYS = { ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-test", LOG_LEVEL: "silent" };
const QUESTION = "{ users(range: {last: {days: 7}}, first: 2) { nodes { email cost { net { usd } } } } }";

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function embedded(...parameters: Parameters<typeof createApp>) {
  const gateway = await createApp(...parameters);
  opened.push(gateway.dispose);
  return gateway;
}

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  opened.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function statusOf(fetched: Promise<Response>): Promise<number> {
  return (await fetched).status;
}

describe("a gateway inside another server", () => {
  test("answers below a path of Express, beside the server's other routes", async () => {
    const gateway = await embedded(SANDBOX);
    const app = express().use("/analytics", gateway.handle);
    app.get("/own", (_request, response) => void response.send("own"));
    const origin = await served(app);
    const { data, errors } = await ask(`${origin}/analytics`, QUESTION);
    expect(errors).toBeUndefined();
    expect(data.users.nodes).toHaveLength(2);
    expect(await (await fetch(`${origin}/own`)).text()).toBe("own");
    expect(await statusOf(fetch(`${origin}/analytics/healthz`))).toBe(200);
  });

  test("answers a Request with a Response", async () => {
    const gateway = await embedded(SANDBOX);
    const body = JSON.stringify({ query: QUESTION });
    const headers = { "content-type": "application/json" };
    const request = new Request("http://gateway.test/graphql", { method: "POST", headers, body });
    const answer = await (await gateway.fetch(request)).json();
    expect(answer.errors).toBeUndefined();
  });

  test("measures itself where the server wants to serve that", async () => {
    const measured = await embedded(SANDBOX, { metrics: true });
    for (let i = 0; i < 2; i++) await measured.fetch("http://gateway.test/q/Datasets"); // the second answer can be a kept one
    expect(await measured.metrics?.()).toMatch(
      /^claude_gateway_requests_total\{[^}]*operation="Datasets"[^}]*\} 2$/m,
    );
    expect((await embedded(SANDBOX)).metrics).toBeNull();
  });

  test("is no longer ready once it drains, and still answers", async () => {
    const gateway = await embedded(SANDBOX);
    const ready = () => statusOf(gateway.fetch("http://gateway.test/readyz"));
    expect(await ready()).toBe(200);
    gateway.startDraining();
    expect(await ready()).toBe(503);
    expect(await statusOf(gateway.fetch("http://gateway.test/healthz"))).toBe(200);
  });

  test("opens with API keys only where callers authenticate, or the server says that it does that", async () => {
    await expect(createApp(KEYS)).rejects.toThrow(/^AUTH is none, keys are set.*set AUTH to tokens or jwt/);
    await embedded(KEYS, { allowUnauthenticated: true });
  });

  test("rejects settings that are not text, by their names", async () => {
    const settings = { SANDBOX_USERS: 50, MCP: false, settings: {} } as unknown as Record<string, string>;
    await expect(createApp(settings)).rejects.toMatchObject({
      name: "ConfigError",
      faults: ["SANDBOX_USERS", "MCP", "settings"].map(
        (name) => `${name} is not text, which every setting is, as in the environment.`,
      ),
    });
  });

  test("rejects settings with all their faults, and keeps the process running", async () => {
    const opening = createApp({ ...SANDBOX, MAX_FIRST: "many", AUTH: "passwords" });
    const fault: unknown = await opening.catch((each) => each);
    expect(fault).toBeInstanceOf(ConfigError);
    expect((fault as ConfigError).faults).toHaveLength(2);
    expect(process.exitCode).toBeUndefined();
  });
});
