import { errors, fetch as undiciFetch, request as undiciRequest } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../../../src/sandbox/dispatcher.ts";
import type { Endpoint } from "../../../src/sandbox/endpoint.ts";
import { createHandler } from "../../../src/sandbox/handler.ts";
import type { Handle } from "../../../src/sandbox/protocol.ts";
import { serveSandbox } from "../../../src/sandbox/server.ts";
import { ENTERPRISE, fakeEndpoint, fakeList, handClock } from "./fake.ts";

const BIG = Array.from({ length: 5000 }, (_, i) => `row ${i}, with an é`);
const ENDPOINTS: readonly Endpoint[] = [
  fakeList({ style: "token", limit: { default: 2, max: 10_000 } }, BIG, {
    parameters: { "ids[]": { type: "list" } },
  }),
  fakeEndpoint({ path: "/analytics", rateLimit: "analytics" }),
];
const HEADERS = { "x-api-key": ENTERPRISE, "anthropic-version": "2026-10-21" };

function sandbox(latencyMs = 0): { handle: Handle } {
  return {
    handle: createHandler(ENDPOINTS, "fake", { now: handClock().now, rateLimit: "on", latencyMs }),
  };
}

/** A sandbox that tells when it was asked and answers when it is told to. */
function gatedSandbox() {
  const arrived = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const { handle } = sandbox();
  const gated: Handle = async (request, signal) => {
    arrived.resolve();
    await open.promise;
    return handle(request, signal);
  };
  return { handle: gated, arrived: arrived.promise, release: open.resolve };
}

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0)) await close();
});

async function served() {
  const listener = await serveSandbox(sandbox(), { port: 0 });
  cleanUp.push(listener.close);
  return listener;
}

test("in process and over HTTP the answers are the same to the byte", async () => {
  const { url } = await served();
  const dispatcher = new SandboxDispatcher(sandbox());
  const questions: [string, Record<string, string>][] = [
    ["/list", HEADERS],
    ["/list?limit=5000", HEADERS],
    ["/list?ids[]=a&ids%5B%5D=b", { ...HEADERS, authorization: "Bearer nobody" }],
    ["/list", {}],
    ["/nowhere", HEADERS],
    ["/openapi.yaml", {}],
    ...Array.from({ length: 61 }, (): [string, Record<string, string>] => ["/analytics", HEADERS]),
  ];
  for (const [path, headers] of questions) {
    const overHttp = await undiciRequest(url + path, { headers });
    const inProcess = await undiciRequest(`http://api.example${path}`, { headers, dispatcher });
    const { date: _, connection: __, "keep-alive": ___, ...sent } = overHttp.headers;
    expect(inProcess.headers).toEqual(sent);
    expect(inProcess.statusCode).toBe(overHttp.statusCode);
    const [a, b] = [await inProcess.body.arrayBuffer(), await overHttp.body.arrayBuffer()];
    expect(Buffer.compare(Buffer.from(a), Buffer.from(b))).toBe(0);
  }
});

describe("the dispatcher", () => {
  test("answers undici's fetch and the global one", async () => {
    const dispatcher = new SandboxDispatcher(sandbox());
    const own = await undiciFetch("http://any/list?limit=5000", { headers: HEADERS, dispatcher });
    expect(own.headers.get("content-type")).toBe("application/json");
    expect(((await own.json()) as { data: unknown[] }).data).toHaveLength(5000);

    const init: RequestInit = { headers: HEADERS };
    const global = await fetch("http://any/list", Object.assign(init, { dispatcher }));
    expect(global.status).toBe(200);
    expect(await global.json()).toHaveProperty("next_page");
  });

  test("takes query and headers in every form undici does", async () => {
    const dispatcher = new SandboxDispatcher(sandbox());
    const flat = Object.entries(HEADERS).flat();
    for (const headers of [HEADERS, flat, new Headers(HEADERS), new Map(Object.entries(HEADERS))]) {
      const query = { "ids[]": ["a", "b"], limit: 3 };
      const { statusCode, body } = await undiciRequest("http://any/list", { headers, query, dispatcher });
      expect(statusCode).toBe(200);
      expect(((await body.json()) as { data: unknown[] }).data).toHaveLength(3);
    }
  });

  test("an abort before or while waiting rejects with its reason", async () => {
    const dispatcher = new SandboxDispatcher(sandbox(60_000));
    const options = { headers: HEADERS, dispatcher };
    const early = undiciRequest("http://any/list", { ...options, signal: AbortSignal.abort("early") });
    await expect(early).rejects.toBe("early");
    const controller = new AbortController();
    const late = undiciRequest("http://any/list", { ...options, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(late).rejects.toThrow("enough");
    const fetching = new AbortController();
    const fetched = undiciFetch("http://any/list", { ...options, signal: fetching.signal });
    fetching.abort();
    await expect(fetched).rejects.toHaveProperty("name", "AbortError");
    await dispatcher.close();
  });

  test("an abort while the body is read breaks the body", async () => {
    const dispatcher = new SandboxDispatcher(sandbox());
    const controller = new AbortController();
    const { body } = await undiciRequest("http://any/list?limit=5000", {
      headers: HEADERS,
      dispatcher,
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await expect(body.text()).rejects.toThrow("enough");
    await dispatcher.close();
  });

  test("an answer that is late for headersTimeout is undici's own error", async () => {
    const dispatcher = new SandboxDispatcher(sandbox(60_000));
    const late = undiciRequest("http://any/list", { headers: HEADERS, dispatcher, headersTimeout: 5 });
    await expect(late).rejects.toBeInstanceOf(errors.HeadersTimeoutError);
  });

  test("closed, it finishes what it has and refuses what comes", async () => {
    const gated = gatedSandbox();
    const dispatcher = new SandboxDispatcher(gated);
    const options = { headers: HEADERS, dispatcher };
    const under = undiciRequest("http://any/list", options).then(({ body }) => body.text());
    const closed = dispatcher.close();
    await expect(undiciRequest("http://any/list", options)).rejects.toBeInstanceOf(errors.ClientClosedError);
    gated.release();
    expect(await under).toContain("row 1");
    await closed;
  });

  test("destroyed, it drops what it has", async () => {
    const dispatcher = new SandboxDispatcher(sandbox(60_000));
    const options = { headers: HEADERS, dispatcher };
    const under = expect(undiciRequest("http://any/list", options)).rejects.toThrow("gone");
    await dispatcher.destroy(new Error("gone"));
    await under;
    await expect(undiciRequest("http://any/list", options)).rejects.toBeInstanceOf(
      errors.ClientDestroyedError,
    );
  });
});

describe("the server", () => {
  test("finishes what it has when it is closed", async () => {
    const gated = gatedSandbox();
    const { url, close } = await serveSandbox(gated, { port: 0 });
    const under = undiciRequest(`${url}/list`, { headers: HEADERS });
    await gated.arrived;
    const closed = close();
    gated.release();
    const { statusCode, headers, body } = await under;
    expect([statusCode, headers.connection]).toEqual([200, "close"]);
    await body.dump();
    await closed;
    await expect(undiciRequest(`${url}/list`)).rejects.toHaveProperty("code", "ECONNREFUSED");
  });

  test("refuses headers beyond measure", async () => {
    const { url } = await served();
    const { statusCode } = await undiciRequest(`${url}/list`, {
      headers: { ...HEADERS, "x-long": "x".repeat(70_000) },
    });
    expect(statusCode).toBe(431);
  });

  test("says where it listens, by default on this machine only", async () => {
    expect((await served()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});
