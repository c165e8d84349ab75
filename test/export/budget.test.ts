import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { gateway } from "../gateway.ts";
import { download } from "./download.ts";

test("waits for its turn and makes as many requests as it needs, where an operation may not", async () => {
  const gate = gateway({
    sandbox: { users: 40 },
    settings: { MAX_UPSTREAM_REQUESTS: "3", OPERATION_TIMEOUT: "1", UPSTREAM_PER_MINUTE: "16" },
    pace: quick(100),
  });
  const csv = await download(gate, "spend.csv?from=2026-05-01&until=2026-11-01");
  expect(csv.split("\n").length).toBeGreaterThan(5_000);
  expect(gate.seen.length).toBeGreaterThan(14);
});

/** Time that passes so many times faster. */
function quick(times: number) {
  return { now: () => performance.now() * times, sleep: (ms: number) => sleep(ms / times) };
}

test("keeps none of the pages of spend in memory, where they would push out what clients ask for", async () => {
  const gate = gateway({ sandbox: { users: 40 } });
  await download(gate, "spend.csv?period=LAST_MONTH");
  const [, again] = await gate.requestsOf(() => download(gate, "spend.csv?period=LAST_MONTH"));
  expect(again.map(({ pathname }) => pathname.split("/").at(-1)).sort()).toEqual([
    "cost",
    "cost",
    "usage",
    "usage",
  ]);
});
