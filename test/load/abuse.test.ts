import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { afterAll, afterEach, expect, test } from "vitest";
import { endAll, serve } from "../process.ts";
import { ATTACKS, assault, attack, authorizationOf, isRefusedAs, tokensIn } from "./attacks.ts";
import { INSPECTED, inspect } from "./inspector.ts";
import { hold, mebibytes, QUESTIONS, report, seconds, timed } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "abuse-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(endAll);

const settings = tokensIn(join(folder, "tokens.json"));
const UNCOUNTED = { ...settings, CALLER_OPERATIONS_PER_MINUTE: "1000000", AUDIT_LOG: "off" };
const EACH = 12;

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const tenth = (value: number) => Math.round(value * 10) / 10;

test("3: whatever is refused costs less than an answer", async () => {
  const { gateway, url } = await serve({ users: 100, settings: UNCOUNTED });
  const agent = new Agent({ connections: 1 });
  /** Processor time of each, in milliseconds. */
  const costOf = async (times: number, what: (i: number) => Promise<unknown>) => {
    const worked = gateway.worked();
    for (let i = 1; i <= times; i++) await what(i);
    return (gateway.worked() - worked) / times;
  };
  // No two alike, and of rows that are at hand.
  const answer = async (i: number) => {
    for (const question of QUESTIONS) await timed(url, `${question} #${i}`, agent, authorizationOf("owner"));
  };
  await answer(0);
  const answering = (await costOf(4, answer)) / QUESTIONS.length;
  for (const each of ATTACKS) await attack(url, each, 0, agent).catch(() => {}); // warms up
  const times: number[] = [];
  const costs: number[] = [];
  const dear: string[] = [];
  for (const each of ATTACKS) {
    const cost = await costOf(EACH, async (i) => {
      const refused = await attack(url, each, i, agent).catch((fault) => {
        if (each.status !== 413) throw fault;
        return null;
      });
      if (refused === null) return;
      const what = `${each.what}: ${refused.status} ${refused.body.slice(0, 300)}`;
      expect(isRefusedAs(each, refused), what).toBe(true);
      times.push(refused.ms);
    });
    costs.push(cost);
    if (cost > 10 * answering) dear.push(`${each.what}: ${tenth(cost)} ms`);
  }
  const refusing = costs.reduce((sum, each) => sum + each, 0) / costs.length;
  report(
    3,
    `${times.length} refusals of ${ATTACKS.length} kinds: p50 ${tenth(middle(times))} ms, max ${tenth(Math.max(...times))} ms, ${tenth(refusing)} ms of a processor each, ${tenth(Math.max(...costs))} at most; an answer ${tenth(answering)} ms`,
  );
  expect(dear).toEqual([]);
  expect(refusing).toBeLessThan(answering);
  await agent.close();
});

test("12: 400 documents of each kind that takes most to check, no two alike, leave little behind", async () => {
  const { gateway, url } = await serve({ users: 20, settings: UNCOUNTED, flags: INSPECTED });
  const heap = await inspect(gateway);
  const agent = new Agent({ connections: 4 });
  const kinds = ATTACKS.filter(({ what }) => /unknown fields|differing arguments|20 kB/.test(what));
  expect(kinds).toHaveLength(4);
  for (const each of ATTACKS) await attack(url, each, 0, agent).catch(() => {}); // what grows once, has
  await heap.collect();
  const before = gateway.resident();
  for (const each of kinds)
    for (let i = 0; i < 400; i += 4)
      await Promise.all([1, 2, 3, 4].map((more) => attack(url, each, i + more, agent)));
  await heap.collect();
  const growth = gateway.resident() - before;
  report(12, `${400 * kinds.length} documents: +${mebibytes(growth)} MiB`);
  expect(growth).toBeLessThan(120 * 2 ** 20);
  await agent.close();
});

test("20: while eight connections attack for five seconds, others are served", async () => {
  const { gateway, url } = await serve({ users: 100, settings: UNCOUNTED, flags: INSPECTED });
  const heap = await inspect(gateway);
  const agent = new Agent({ connections: 8 });
  const others = (until: () => boolean) =>
    hold(url, QUESTIONS, { callers: 2, until, pauseMs: 5, headers: authorizationOf("owner") });
  await others(seconds(1)); // fills the cache
  const alone = await others(seconds(2));
  await assault(url, agent, 8, seconds(1)); // what grows once, has
  await heap.collect();
  const before = gateway.resident();
  const until = seconds(5);
  const [beside, { sent, wrong }] = await Promise.all([others(until), assault(url, agent, 8, until)]);
  await heap.collect();
  const growth = gateway.resident() - before;
  report(
    20,
    `${sent} attacks; others p50 ${beside.p50} ms, p99 ${beside.p99} ms of ${beside.answers}, ${beside.failures.length} failures; alone p50 ${alone.p50} ms, p99 ${alone.p99} ms; +${mebibytes(growth)} MiB`,
  );
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(beside.failures).toEqual([]);
  // Their share of the connections is two in ten; however slow the machine is, they are not left to wait.
  expect(beside.answers).toBeGreaterThan(sent / 20);
  expect(sent).toBeGreaterThan(ATTACKS.length * 8);
  expect(growth).toBeLessThan(120 * 2 ** 20);
  await agent.close();
});

test("21: a caller that uses up its share learns when to come back, and another keeps its time", async () => {
  const { url } = await serve({
    users: 100,
    settings: { ...settings, CALLER_OPERATIONS_PER_MINUTE: "400", AUDIT_LOG: "off" },
  });
  const agent = new Agent({ connections: 4 });
  const other = () =>
    hold(url, QUESTIONS, { callers: 1, until: seconds(2), pauseMs: 20, headers: authorizationOf("owner") });
  await hold(url, QUESTIONS, { callers: 1, until: seconds(0.5), headers: authorizationOf("attacker") }); // fills the cache
  const alone = await other();
  let [taken, refused, over] = [0, 0, false];
  const greedy = async () => {
    // Until it has been refused, however long the machine takes to answer so much.
    for (let i = 0; !over || refused === 0; i++) {
      const { status, retryAfter, body } = await timed(
        url,
        QUESTIONS[i % QUESTIONS.length] ?? "",
        agent,
        authorizationOf("greedy"),
      );
      if (status === 200) {
        taken++;
        continue;
      }
      refused++;
      expect([status, JSON.parse(body).errors[0].extensions.code]).toEqual([429, "CALLER_RATE_LIMITED"]);
      expect(Number(retryAfter)).toBeGreaterThan(0);
      expect(Number(retryAfter)).toBeLessThanOrEqual(61);
    }
  };
  const greedies = Promise.all([greedy(), greedy(), greedy(), greedy()]);
  const beside = await other();
  over = true;
  await greedies;
  report(
    21,
    `the greedy one: ${taken} answers, ${refused} times 429; the other p50 ${beside.p50} ms, p99 ${beside.p99} ms, alone ${alone.p50} and ${alone.p99} ms`,
  );
  expect(taken).toBe(400);
  expect(refused).toBeGreaterThan(0);
  expect(beside.failures).toEqual([]);
  await agent.close();
});
