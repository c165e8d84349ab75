import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { endAll, serve } from "../process.ts";
import { INSPECTED, inspect } from "./inspector.ts";
import { hold, mebibytes, QUESTIONS, report, seconds, timed } from "./load.ts";

afterEach(endAll);

/** All rounds together; ten minutes before a release. */
const LOAD_SECONDS = Number(process.env.LOAD_SECONDS ?? 9);
const CALLERS = 32;
const CALM_MS = 500;

/** Asks each question, and then all at once: how far callers come in a second depends on the machine, and a document is kept once it is known. */
async function fillCaches(url: string): Promise<void> {
  for (const question of QUESTIONS) expect((await timed(url, question)).status).toBe(200);
  await hold(url, QUESTIONS, { callers: CALLERS, until: seconds(1) });
}

test(
  "68: three rounds of held load are answered without an error, and memory at rest does not climb",
  async () => {
    const { gateway, url } = await serve({ users: 100, flags: INSPECTED });
    const heap = await inspect(gateway);
    const round = () => hold(url, QUESTIONS, { callers: CALLERS, until: seconds(LOAD_SECONDS / 3) });
    const atRest = async () => {
      await sleep(CALM_MS);
      await heap.collect();
      await sleep(CALM_MS);
      return gateway.resident();
    };
    await fillCaches(url);
    const before = await atRest();
    const rests: number[] = [];
    for (let i = 1; i <= 3; i++) {
      const { answers, perSecond, failures, p50, p99 } = await round();
      rests.push(await atRest());
      report(
        68,
        `${answers} answers, ${perSecond}/s, p50 ${p50} ms, p99 ${p99} ms, ${failures.length} errors`,
      );
      expect(failures).toEqual([]);
      expect(answers).toBeGreaterThan(CALLERS);
    }
    report(68, `at rest ${[before, ...rests].map(mebibytes).join(", ")} MiB`);
    expect((rests.at(-1) ?? 0) - before).toBeLessThan(Math.max(30 * 2 ** 20, before * 0.15));
  },
  (LOAD_SECONDS + 240) * 1_000,
);

test("69: over five rounds of load and calm no class of objects grows in every one", async () => {
  const { gateway, url } = await serve({ users: 20, flags: INSPECTED });
  const heap = await inspect(gateway);
  const load = () => hold(url, QUESTIONS, { callers: CALLERS, until: seconds(1) });
  await fillCaches(url);
  const rounds: Map<string, number>[] = [];
  for (let i = 1; i <= 5; i++) {
    await load();
    await sleep(CALM_MS);
    rounds.push(await heap.classes());
  }
  const classes = [...(rounds[0]?.keys() ?? [])].filter((name) => name !== COMPILED);
  const growing = classes.flatMap((name) => {
    const counts = rounds.map((round) => round.get(name) ?? 0);
    const steps = counts.slice(1).map((count, i) => count - (counts[i] ?? 0));
    return steps.every((step) => step >= FEW) ? [`${name}: ${counts.join(", ")}`] : [];
  });
  report(69, `${rounds[0]?.size} classes, ${growing.length} grow in every round`);
  expect(growing).toEqual([]);
  expect(rounds[0]?.size).toBeGreaterThan(500);
});

/** The engine compiles what is called often, and a busy machine is long about it. */
const COMPILED = "code";

/** The engine adds and drops some of its own at any time; a leak is one at least for each answer, which are hundreds. */
const FEW = 20;
