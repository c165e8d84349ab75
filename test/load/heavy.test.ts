import { afterEach, expect, test } from "vitest";
import { endAll, serve } from "../process.ts";
import { hold, report, timed } from "./load.ts";

afterEach(endAll);

const MONTHS = `range: { between: { from: "2026-06-01", until: "2026-11-01" } }`;
const MONTH = `range: { between: { from: "2026-10-01", until: "2026-10-29" } }`;

/**
 * The questions that take the most of a processor: much is read for few rows, or all there is about a thousand people. Beside each
 * one that is answered there are so many trivial ones at least, however slow the machine is: work in one piece lets one or two through.
 */
const HEAVY: readonly (readonly [string, number, string])[] = [
  [
    "a ranking of tens of thousands of rows",
    8,
    `{ cost(${MONTHS}, bucket: NONE, source: UNIFIED, groupBy: [USER, PRODUCT, MODEL], first: 1000) {
        nodes { user { userId } product model net { usd } list { usd } requests } } }`,
  ],
  [
    "a thousand people with all that is known of them",
    1,
    `{ users(${MONTH}, first: 1000) { edges { cursor node {
        id userId email name status role joinedAt identities { organization userId }
        activity { chat { messages conversations } cowork { messages } claudeCode { commits linesAdded } }
        cost { net { usd } list { usd } requests } usage { totalTokens }
        claudeCode { commits estimated { usd } } } } } }`,
  ],
  [
    "a thousand people's shares of Claude Code",
    3,
    `{ claudeCode(${MONTH}, bucket: NONE, groupBy: [USER], first: 1000) {
        nodes { user { userId } email commits estimated { usd } shareOfTotal(of: COMMITS) runningTotal { commits } } } }`,
  ],
];

const TIMES = 8;

test.each(HEAVY)("72: beside %s a trivial question is answered at once", async (what, least, question) => {
  const { url, gateway } = await serve({
    users: 2_000,
    // An answer that is kept is no work.
    settings: { MAX_UPSTREAM_REQUESTS: "200", OPERATION_TIMEOUT: "60", RESPONSE_CACHE: "off" },
  });
  await timed(url, question); // what follows is the gateway's own work, and not the wait for upstream
  const times: number[] = [];
  const sizes: number[] = [];
  let over = false;
  const heavy = async () => {
    while (times.length < TIMES) {
      const { ms, body } = await timed(url, question);
      expect(body).not.toContain('"errors"');
      times.push(ms);
      sizes.push(body.length);
    }
    over = true;
  };
  const worked = gateway.worked();
  const trivial = hold(url, ["{ __typename }"], { callers: 1, until: () => over, pauseMs: 5 });
  await heavy();
  const { p50, p99, answers, failures } = await trivial;
  const median = Math.round(times.sort((a, b) => a - b)[times.length >> 1] ?? 0);
  report(
    72,
    `${what}: ${median} ms, ${sizes[0]} bytes; trivial p50 ${p50} ms, p99 ${p99} ms of ${answers}; ${(gateway.worked() - worked) / TIMES} ms of a processor each`,
  );
  expect(failures).toEqual([]);
  expect(sizes[0]).toBeGreaterThan(100_000);
  expect(answers).toBeGreaterThanOrEqual(least * TIMES);
});
