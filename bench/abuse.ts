import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import { ATTACKS, assault, attack, authorizationOf, isRefusedAs, tokensIn } from "../test/load/attacks.ts";
import { INSPECTED, inspect } from "../test/load/inspector.ts";
import { hold, mebibytes, seconds, timed } from "../test/load/load.ts";
import { endAll, type Process, serve } from "../test/process.ts";

/*
 * What it costs to refuse each kind of attack, beside the floor (health, which asks nothing) and what is answered: the least of all
 * questions, the questions of the library from memory. Then what others notice while eight connections attack with all of it, and
 * while one caller uses up its share. One process is measured over a sandbox in another; both and the callers are on loopback.
 */

const EACH = Number(process.env.ABUSE_EACH ?? 200);
const ATTACK_SECONDS = 5;

interface Cost {
  readonly what: string;
  readonly p50: number;
  readonly max: number;
  /** Milliseconds of a processor for each. */
  readonly cpu: number;
  /** MiB that a thousand of them leave behind after a collection. */
  readonly growth: number;
}

const tenth = (value: number) => Math.round(value * 10) / 10;
const title = (text: string) => process.stdout.write(`\n${text} (load ${loadavg()[0]?.toFixed(1)})\n`);

const folder = mkdtempSync(join(tmpdir(), "abuse-"));
const settings = { ...tokensIn(join(folder, "tokens.json")), AUDIT_LOG: "off" };
const questions = queryLibrary();
const owner = authorizationOf("owner");

async function measured(
  gateway: Process,
  collect: () => Promise<unknown>,
  what: string,
  ask: (i: number) => Promise<number | null>,
): Promise<Cost> {
  for (let i = 0; i < 20; i++) await ask(-i - 1); // warms up
  await collect();
  const [worked, resident] = [gateway.worked(), gateway.resident()];
  const times: number[] = [];
  for (let i = 0; i < EACH; i++) {
    const ms = await ask(i);
    if (ms !== null) times.push(ms);
  }
  const cpu = (gateway.worked() - worked) / EACH;
  await collect();
  times.sort((a, b) => a - b);
  return {
    what,
    p50: times[times.length >> 1] ?? Number.NaN,
    max: times.at(-1) ?? Number.NaN,
    cpu,
    growth: ((gateway.resident() - resident) / 2 ** 20 / EACH) * 1_000,
  };
}

function print(costs: readonly Cost[], unit: Cost): void {
  for (const { what, p50, max, cpu, growth } of costs)
    process.stdout.write(
      `${[
        what.padEnd(34),
        `p50 ${p50.toFixed(1)} ms`.padStart(14),
        `max ${max.toFixed(0)} ms`.padStart(12),
        `cpu ${cpu.toFixed(2)} ms`.padStart(14),
        `x ${(cpu / unit.cpu).toFixed(1)}`.padStart(8),
        `${growth.toFixed(0)} MiB/1000`.padStart(14),
      ].join(" ")}\n`,
    );
}

const { gateway, url } = await serve({
  users: 250,
  settings: { ...settings, CALLER_OPERATIONS_PER_MINUTE: "1000000" },
  flags: INSPECTED,
});
const heap = await inspect(gateway);
const agent = new Agent({ connections: 1 });
const by = (what: string, ask: (i: number) => Promise<number | null>) =>
  measured(gateway, heap.collect, what, ask);

const health = await by("health, the floor", async () => {
  const begun = performance.now();
  await (await fetch(`${url}/healthz`)).text();
  return performance.now() - begun;
});
const least = await by(
  "{ __typename }, never asked before",
  async (i) => (await timed(url, `{ __typename } #${i}`, agent, owner)).ms,
);
for (const question of questions) await timed(url, question, agent, owner);
const normal = await by(
  "the library, from memory",
  async (i) => (await timed(url, questions[Math.abs(i) % questions.length] ?? "", agent, owner)).ms,
);
title(`answered, one after the other, ${EACH} each; the factor is to the library`);
print([health, least, normal], normal);

const refusals: Cost[] = [];
for (const each of ATTACKS)
  refusals.push(
    await by(each.what, async (i) => {
      try {
        const refused = await attack(url, each, i, agent);
        if (!isRefusedAs(each, refused))
          throw new Error(`${each.what}: ${refused.status} ${refused.body.slice(0, 200)}`);
        return refused.ms;
      } catch (fault) {
        if (each.status === 413) return null; // cut off before its answer could be read
        throw fault;
      }
    }),
  );
title("refused, in the same way");
print(
  refusals.toSorted((a, b) => b.cpu - a.cpu),
  normal,
);
const all = refusals.map(({ p50 }) => p50).sort((a, b) => a - b);
process.stdout.write(
  `all kinds: p50 ${tenth(all[all.length >> 1] ?? 0)} ms, slowest kind ${tenth(all.at(-1) ?? 0)} ms, max ${tenth(Math.max(...refusals.map(({ max }) => max)))} ms\n`,
);

const others = (until: () => boolean) =>
  hold(url, questions, { callers: 2, until, pauseMs: 5, headers: owner });
const eight = new Agent({ connections: 8 });
const alone = await others(seconds(ATTACK_SECONDS));
await assault(url, eight, 8, seconds(2));
await heap.collect();
const before = gateway.resident();
const until = seconds(ATTACK_SECONDS);
const [beside, { sent, wrong }] = await Promise.all([others(until), assault(url, eight, 8, until)]);
const peak = gateway.resident();
await heap.collect();
title(`two callers that are served, while eight connections attack for ${ATTACK_SECONDS} s with all of it`);
for (const [what, { p50, p99, answers, failures }] of [
  ["alone", alone],
  ["beside", beside],
] as const)
  process.stdout.write(
    `${what.padEnd(8)} p50 ${p50} ms, p99 ${p99} ms, ${answers} answers, ${failures.length} failures\n`,
  );
process.stdout.write(
  `${sent} attacks, ${wrong.length} not refused as they should be; memory +${mebibytes(peak - before)} MiB, after a collection +${mebibytes(gateway.resident() - before)} MiB\n`,
);
endAll();

const shared = await serve({ users: 250, settings: { ...settings, CALLER_OPERATIONS_PER_MINUTE: "600" } });
await hold(shared.url, questions, { callers: 1, until: seconds(1), headers: authorizationOf("attacker") });
const another = () =>
  hold(shared.url, questions, { callers: 1, until: seconds(4), pauseMs: 20, headers: owner });
const without = await another();
const times: Record<"served" | "refused", number[]> = { served: [], refused: [] };
let isOver = false;
const retries = new Set<string | undefined>();
const greedy = async () => {
  for (let i = 0; !isOver; i++) {
    const { status, retryAfter, ms } = await timed(
      shared.url,
      questions[i % questions.length] ?? "",
      eight,
      authorizationOf("greedy"),
    );
    times[status === 200 ? "served" : "refused"].push(ms);
    if (status !== 200) retries.add(status === 429 ? retryAfter : `status ${status}`);
  }
};
const greedies = Promise.all([greedy(), greedy(), greedy(), greedy()]);
const withGreedy = await another();
isOver = true;
await greedies;
title("one caller with four connections uses up its 600 operations of a minute, while another asks");
const p99 = (values: number[]) => tenth(values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0);
process.stdout.write(
  `the other: p50 ${withGreedy.p50} ms, p99 ${withGreedy.p99} ms, ${withGreedy.failures.length} failures; alone p50 ${without.p50} ms, p99 ${without.p99} ms
the greedy one: ${times.served.length} answers, p99 ${p99(times.served)} ms; ${times.refused.length} times 429, p99 ${p99(times.refused)} ms, retry-after ${[...retries].sort()}\n`,
);
endAll();
rmSync(folder, { recursive: true });
process.exit(0); // the inspector listens on
