import { describe, expect, test } from "vitest";
import { memoryRateLimiter } from "../../src/cache/memory-rate-limiter.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { WireRequest, WireResponse } from "../../src/sandbox/protocol.ts";
import { Credential } from "../../src/upstream/access/credential.ts";
import { Budget } from "../../src/upstream/budget/budget.ts";
import { Operation } from "../../src/upstream/budget/operation.ts";
import { consoleMembers } from "../../src/upstream/endpoints/members.ts";
import type { HttpFailure } from "../../src/upstream/http/http-failure.ts";
import { Outages } from "../../src/upstream/http/outages.ts";
import { addressOf } from "../../src/upstream/pages/address.ts";
import { Sender } from "../../src/upstream/pages/sender.ts";
import { simulatedPace } from "./pace.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const QUESTION = { endpoint: consoleMembers, params: {}, token: null };

type Answer = readonly [status: number, headers?: Record<string, string>, body?: string];

/** A sender whose upstream gives these answers in turn, the last one again and again. */
function sending(answers: readonly Answer[], { deadlineMs = 30_000, perMinute = 100 } = {}) {
  const pace = simulatedPace();
  const requests: (WireRequest & { readonly at: number })[] = [];
  const handle = async (request: WireRequest): Promise<WireResponse> => {
    const [status, headers = {}, body = "{}"] = answers[Math.min(requests.length, answers.length - 1)] ?? [
      200,
    ];
    requests.push({ ...request, at: pace.now() });
    return { status, headers, body };
  };
  const options = {
    baseUrl: new URL("https://api.example/"),
    dispatcher: new SandboxDispatcher({ handle }),
    proxy: null,
    now: () => NOW,
    pace,
    timeoutMs: 10_000,
    deadlineMs,
    backoffMs: 1_000,
    credentials: { analytics: new Credential("sk-analytics"), admin: new Credential("sk-admin") },
  };
  const limits = { analytics: 60, lookups: perMinute, spendLimits: 60 };
  const budget = new Budget({ ...options, rateLimiter: memoryRateLimiter(pace.now), limits });
  const outages: unknown[] = [];
  const sender = new Sender({
    ...options,
    budget,
    observer: null,
    trace: null,
    outages: new Outages({ onFault: (fault) => outages.push(fault), onRecovery: () => {} }, pace.now),
  });
  const operation = new Operation(10, { signal: new AbortController().signal });
  const unwanted = new AbortController();
  const send = () => sender.send(operation, QUESTION, addressOf(options, QUESTION), unwanted.signal);
  /** Sends, and lets time pass until there is an outcome. */
  const outcome = async () => {
    let settled = false;
    const sent = send().then(
      (answer) => ({ answer }),
      (failure: HttpFailure) => ({ failure }),
    );
    void sent.then(() => {
      settled = true;
    });
    while (!settled) await pace.advance(100);
    return sent as Promise<{ answer?: { json: unknown }; failure?: HttpFailure }>;
  };
  return { pace, requests, outages, operation, unwanted, send, outcome };
}

describe("a request for a page", () => {
  test("carries the API key of its endpoint, the version, and nothing of the other key", async () => {
    const { requests, outcome } = sending([[200, {}, '{"data":[]}']]);
    expect((await outcome()).answer?.json).toEqual({ data: [] });
    expect(requests[0]?.headers).toMatchObject({
      "x-api-key": "sk-admin",
      "anthropic-version": "2026-10-21",
    });
    expect(JSON.stringify(requests)).not.toContain("sk-analytics");
  });

  test("is counted for its operation with every retry", async () => {
    const { operation, outcome } = sending([[503], [200]]);
    await outcome();
    expect(operation.usage.requests).toBe(2);
  });
});

describe("a failure that may pass", () => {
  test.each([408, 429, 500, 502, 503, 504, 529])("is tried three times: %i", async (status) => {
    const { requests, outcome } = sending([[status]]);
    expect((await outcome()).failure).toMatchObject({ status });
    expect(requests).toHaveLength(3);
  });

  test("waits longer before each retry", async () => {
    const { requests, outcome } = sending([[500]]);
    await outcome();
    const [first = 0, second = 0, third = 0] = requests.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(750);
    expect(third - second).toBeGreaterThan(second - first);
  });

  test("waits for the time of Retry-After, in seconds or until a date of upstream's own clock", async () => {
    const byClock = {
      date: "Sun, 22 Nov 2026 03:00:00 GMT",
      "retry-after": "Sun, 22 Nov 2026 03:00:07 GMT",
    };
    for (const headers of [{ "retry-after": "7" }, byClock]) {
      const { requests, outcome } = sending([[503, headers], [200]]);
      await outcome();
      expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBe(7_000);
    }
  });

  test("is not tried again where the wait would pass the deadline", async () => {
    const { requests, outcome } = sending([[503, { "retry-after": "31" }]]);
    expect((await outcome()).failure).toMatchObject({ status: 503, retryAfter: 31 });
    expect(requests).toHaveLength(1);
  });

  test("is not tried again where upstream says that a retry is useless", async () => {
    const { requests, outcome } = sending([[500, { "x-should-retry": "false" }]]);
    await outcome();
    expect(requests).toHaveLength(1);
  });

  test("is reported once for an outage of its dataset", async () => {
    const { outages, outcome } = sending([[500]]);
    await outcome();
    expect(outages).toEqual([expect.objectContaining({ code: "HTTP_500" })]);
  });
});

describe("a failure that stays", () => {
  test.each([400, 401, 402, 403, 404, 410])("is not tried again: %i", async (status) => {
    const { requests, outcome } = sending([[status]]);
    expect((await outcome()).failure).toMatchObject({ status });
    expect(requests).toHaveLength(1);
  });

  test("is a limit of spend, though its status is that of a rate limit", async () => {
    const body = JSON.stringify({ error: { details: { error_code: "contract_spend_limit_reached" } } });
    const { requests, outcome } = sending([[429, {}, body]]);
    expect((await outcome()).failure).toMatchObject({ isBilling: true, isRateLimit: false });
    expect(requests).toHaveLength(1);
  });

  test("is a redirect: the API key is not carried to another host", async () => {
    const { requests, outcome } = sending([[302, { location: "https://elsewhere.example/" }]]);
    expect((await outcome()).failure).toMatchObject({ status: 302 });
    expect(requests).toHaveLength(1);
  });
});

describe("a request without a place in the minute", () => {
  test("fails at once where its place comes after the deadline", async () => {
    const { requests, outcome } = sending([[200]], { perMinute: 1, deadlineMs: 5_000 });
    await outcome();
    expect((await outcome()).failure).toMatchObject({ code: "UPSTREAM_BUDGET_EXHAUSTED" });
    expect(requests).toHaveLength(1);
  });

  test("is not sent when no caller waits for it any more", async () => {
    const { pace, requests, outcome, send, unwanted } = sending([[200]], {
      perMinute: 1,
      deadlineMs: 120_000,
    });
    await outcome();
    const waiting = send();
    const refused = expect(waiting).rejects.toMatchObject({ code: "OPERATION_TIMEOUT" });
    await pace.advance(100);
    unwanted.abort();
    await refused;
    await pace.advance(120_000);
    expect(requests).toHaveLength(1);
  });
});
