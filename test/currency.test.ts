import { describe, expect, test } from "vitest";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import { gateway, NOW } from "./gateway.ts";

const RANGE = `range: { between: { from: "2026-11-10", until: "2026-11-14" } }`;

/** A sandbox whose answers state their last amount in another currency than the contract does. */
function withOneAmountInEuros(settings: Readonly<Record<string, string>> = {}) {
  const sandbox = createSandbox({ users: 40, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
  let changed = 0;
  const dispatcher = new SandboxDispatcher({
    handle: async (request, signal) => {
      const response = await sandbox.handle(request, signal);
      const [before, after] = cutAtLast(response.body, `"currency":"USD"`);
      if (after === null) return response;
      changed += 1;
      return { ...response, body: `${before}"currency":"EUR"${after}` };
    },
  });
  return { ask: gateway({ dispatcher, settings }).ask, changes: () => changed };
}

function cutAtLast(text: string, found: string): [before: string, after: string | null] {
  const at = text.lastIndexOf(found);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + found.length)];
}

const CONSOLE_ALONE = { ANTHROPIC_ANALYTICS_KEY: "" };

describe("an amount in another currency than USD is UPSTREAM_SHAPE", () => {
  test.each<[string, string, Record<string, string>?]>([
    ["in cost", `cost(${RANGE}, groupBy: [MODEL], bucket: DAY) { nodes { net { usd } } }`],
    ["in cost with `top`", `cost(${RANGE}, groupBy: [MODEL], top: 1, bucket: DAY) { nodes { net { usd } } }`],
    ["in cost by person", `cost(${RANGE}, groupBy: [USER], top: 2, bucket: DAY) { nodes { net { usd } } }`],
    [
      "in cost of older reports",
      `cost(${RANGE}, organization: "enterprise", source: LEGACY, top: 1, bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "in cost by person of older reports",
      `cost(${RANGE}, organization: "enterprise", source: LEGACY, groupBy: [USER], top: 1, bucket: DAY) { nodes { net { usd } } }`,
    ],
    [
      "in cost of the Console",
      `cost(${RANGE}, top: 1, bucket: DAY) { nodes { net { usd } } }`,
      CONSOLE_ALONE,
    ],
    [
      "in cost of the Console's older report",
      `cost(${RANGE}, organization: "console", source: LEGACY, groupBy: [DESCRIPTION], top: 1, bucket: DAY) { nodes { net { usd } } }`,
      CONSOLE_ALONE,
    ],
    ["in a total", `cost(${RANGE}, bucket: DAY) { total { net { usd } } }`],
    ["in a person's cost", `users(${RANGE}) { nodes { cost { net { usd } } } }`],
    ["in a skill's list price", `skills(${RANGE}, first: 1000) { nodes { listPrice { usd } } }`],
    [
      "in Claude Code's estimates",
      `claudeCode(${RANGE}, groupBy: [MODEL], top: 1, bucket: DAY) { total { estimated { usd } } }`,
    ],
    ["in spend to date", `dashboard { spend { monthToDate { total { net { usd } } } } }`],
    ["in a projection", `costProjection { net { usd } }`],
    ["in cost per person", `unitCost(${RANGE}) { cost { net { usd } } }`],
  ])("%s", async (_name, field, settings) => {
    const { ask, changes } = withOneAmountInEuros(settings);
    const answer = await ask(`{ ${field} }`);
    expect(changes()).toBeGreaterThan(0);
    const codes = answer.errors?.map(({ extensions }) => extensions.code) ?? [];
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(["UPSTREAM_SHAPE"]));
    expect(JSON.stringify(answer)).not.toContain("EUR");
  });
});
