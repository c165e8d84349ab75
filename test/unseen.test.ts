import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { SandboxDispatcher } from "../src/sandbox/dispatcher.ts";
import { createSandbox } from "../src/sandbox/sandbox.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { guarded } from "./callers.ts";
import { SINGLE } from "./every-field.ts";
import { NOW } from "./gateway.ts";

/** Answers of the simulated upstream, with its bodies changed. */
function gatewayOver(change: (body: string) => string) {
  const sandbox = createSandbox({ users: 30, seed: 1, now: () => Date.parse(NOW), rateLimit: "off" });
  const handle: typeof sandbox.handle = async (request, signal) => {
    const answer = await sandbox.handle(request, signal);
    return { ...answer, body: change(answer.body) };
  };
  return guarded({ dispatcher: new SandboxDispatcher({ handle }) });
}

const AMOUNT =
  /(?<="(?:amount|list_amount|attributed_list_price|estimated_overage_spend)":\s*"?)\d+(?:\.\d+)?/g;

/** Other amounts, and in another order. */
function repriced(body: string): string {
  return body.replace(AMOUNT, (amount, at) => {
    const digest = createHash("sha256").update(`${amount} ${at}`).digest();
    return `${digest.readUInt16BE()}.${(digest.readUInt8(2) % 90) + 10}`;
  });
}

/** All of an answer but the time it took, and how much is left of the minute. */
function timeless(answer: string): string {
  return answer.replace(/"(waitMs|requestsLeft)":\d+/g, "");
}

async function changedAnswers(name: string, queries: readonly string[]): Promise<string[]> {
  const [one, other] = [gatewayOver((body) => body), gatewayOver(repriced)];
  const changed: string[] = [];
  for (const query of queries) {
    const answers = await Promise.all([one, other].map(({ textAs }) => textAs(name, query)));
    const [before, after] = answers.map(timeless);
    if (before !== after) changed.push(query);
  }
  return changed;
}

const RANGE = `range: { between: { from: "2026-11-12", until: "2026-11-19" } }`;
const RANKINGS = ["ACTOR", "MODEL", "TERMINAL"].flatMap((by) =>
  ["", ", top: 2", ", orderBy: { field: TIME, direction: DESC }", ", compare: PREVIOUS_PERIOD"].map(
    (options) =>
      `{ claudeCode(${RANGE}, groupBy: [${by}], first: 5${options}, bucket: DAY) { edges { cursor node { isOther inputTokens } } pageInfo { hasNextPage } totalCount } }`,
  ),
);
const QUERIES = [...SINGLE, ...queryLibrary(), ...RANKINGS];

test("for any cost, rankings for an admin are the same", async () => {
  expect(await changedAnswers("ADMIN", RANKINGS)).toEqual([]);
});

test("for any cost, answers to an admin are the same: figures, orders, ids, cursors and errors", {
  tags: "deep",
}, async () => {
  expect(await changedAnswers("ADMIN", QUERIES)).toEqual([]);
});

test("answers to an owner are not", async () => {
  expect((await changedAnswers("OWNER", RANKINGS)).length).toBeGreaterThan(3);
});
