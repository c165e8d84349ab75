import { join } from "node:path";
import { Agent } from "undici";
import { queryLibrary } from "../../src/server/documents/query-library.ts";
import { ATTACKS, assault, attack, authorizationOf, isRefusedAs, tokensIn } from "../../test/load/attacks.ts";
import { INSPECTED, inspect } from "../../test/load/inspector.ts";
import { hold, seconds as secondsFromNow, timed } from "../../test/load/load.ts";
import type { Process } from "../../test/process.ts";
import type { Options } from "../options.ts";
import { type Server, startGateway, startUpstream, type Upstream } from "../servers/start.ts";
import type { Table } from "../table.ts";

/*
 * The cost of refusing each kind of attack, beside a health check, the least of all questions and the query library from memory. Then
 * what other callers notice while eight connections attack, and while one caller uses up its rate.
 */

/** Requests of each kind, one after the other. */
const EACH = 200;

interface Cost {
  readonly name: string;
  readonly p50: number;
  readonly max: number;
  /** Milliseconds of processor time for each. */
  readonly cpuMs: number;
  /** MiB that a thousand of them leave behind after a collection. */
  readonly growth: number;
}

type Send = (i: number) => Promise<number | null>;

export async function* abuse({ seconds, folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ users: 250 });
  const settings = {
    ...tokensIn(join(folder, "abuse-tokens.json")),
    AUDIT_LOG: "off",
    CALLER_OPERATIONS_PER_MINUTE: "1000000",
  };
  const gateway = await startGateway(upstream, settings, INSPECTED);
  yield await refusals(gateway);
  yield await besideAttackers(gateway, seconds);
  gateway.process.child.kill();
  yield await besideGreedyCaller(upstream, { ...settings, CALLER_OPERATIONS_PER_MINUTE: "600" }, seconds);
  upstream.process.child.kill();
}

const questions = queryLibrary();
const owner = authorizationOf("owner");
const question = (i: number) => questions[Math.abs(i) % questions.length] ?? "";

async function refusals({ url, process }: Server): Promise<Table> {
  const { collect, close } = await inspect(process);
  const agent = new Agent({ connections: 1 });
  const by = (name: string, send: Send) => measure(process, collect, name, send);
  for (const each of questions) await timed(url, each, agent, owner);
  const answered = [
    await by("health check", async () => {
      const begun = performance.now();
      await (await fetch(`${url}/healthz`)).text();
      return performance.now() - begun;
    }),
    await by("{ __typename }, a new document each time", async (i) => {
      return (await timed(url, `{ __typename } #${i}`, agent, owner)).ms;
    }),
    await by("the query library, from memory", async (i) => (await timed(url, question(i), agent, owner)).ms),
  ];
  const refused: Cost[] = [];
  for (const each of ATTACKS)
    refused.push(
      await by(each.what, async (i) => {
        try {
          const answer = await attack(url, each, i, agent);
          if (!isRefusedAs(each, answer))
            throw new Error(`${each.what}: ${answer.status} ${answer.body.slice(0, 200)}`);
          return answer.ms;
        } catch (fault) {
          if (each.status === 413) return null; // cut off before its answer could be read
          throw fault;
        }
      }),
    );
  close();
  await agent.close();
  const library = answered.at(-1)?.cpuMs ?? Number.NaN;
  return {
    subject: "abuse",
    title: `Refusals, one after the other, ${EACH} of each kind`,
    columns: ["", "p50 ms", "max ms", "ms of processor", "x library", "MiB left by 1,000"],
    rows: [...answered, ...refused.toSorted((a, b) => b.cpuMs - a.cpuMs)].map(
      ({ name, p50, max, cpuMs, growth }) => [name, p50, max, cpuMs, cpuMs / library, growth],
    ),
  };
}

async function measure(
  gateway: Process,
  collect: () => Promise<unknown>,
  name: string,
  send: Send,
): Promise<Cost> {
  for (let i = 0; i < 20; i++) await send(-i - 1); // warms up
  await collect();
  const [worked, resident] = [gateway.worked(), gateway.resident()];
  const times: number[] = [];
  for (let i = 0; i < EACH; i++) {
    const ms = await send(i);
    if (ms !== null) times.push(ms);
  }
  const cpuMs = (gateway.worked() - worked) / EACH;
  await collect();
  times.sort((a, b) => a - b);
  return {
    name,
    p50: times[times.length >> 1] ?? Number.NaN,
    max: times.at(-1) ?? Number.NaN,
    cpuMs,
    growth: ((gateway.resident() - resident) / 2 ** 20 / EACH) * 1_000,
  };
}

/** Asks every question of the library a few times, each over a new connection, so that all workers of a gateway have answered it. */
export async function warm(url: string): Promise<void> {
  for (let round = 0; round < 6; round++)
    for (const each of questions) {
      const agent = new Agent({ connections: 1 });
      await timed(url, each, agent, owner);
      await agent.close();
    }
}

/** Two callers who ask the query library. */
export const others = (url: string, until: () => boolean) =>
  hold(url, questions, { callers: 2, until, pauseMs: 5, headers: owner });

async function besideAttackers({ url, process }: Server, seconds: number): Promise<Table> {
  const { collect, close } = await inspect(process);
  const agent = new Agent({ connections: 8 });
  const alone = await others(url, secondsFromNow(seconds));
  await assault(url, agent, 8, secondsFromNow(1));
  await collect();
  const before = process.resident();
  const until = secondsFromNow(seconds);
  const [beside, { sent, wrong }] = await Promise.all([others(url, until), assault(url, agent, 8, until)]);
  await collect();
  const left = (process.resident() - before) / 2 ** 20;
  close();
  await agent.close();
  if (wrong.length > 0) throw new Error(`not refused as it should be: ${wrong[0]}`);
  return {
    subject: "abuse",
    title: "Two callers beside eight connections that attack",
    columns: ["", "answers", "failures", "p50 ms", "p99 ms"],
    rows: [
      ["alone", alone.answers, alone.failures.length, alone.p50, alone.p99],
      ["beside attackers", beside.answers, beside.failures.length, beside.p50, beside.p99],
    ],
    notes: [`${sent} attacks leave ${left.toFixed(0)} MiB behind after a collection.`],
  };
}

async function besideGreedyCaller(
  upstream: Upstream,
  settings: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Table> {
  const { url, process } = await startGateway(upstream, settings);
  await hold(url, questions, {
    callers: 1,
    until: secondsFromNow(1),
    headers: authorizationOf("attacker"), // fills the memory
  });
  const another = () =>
    hold(url, questions, { callers: 1, until: secondsFromNow(seconds), pauseMs: 20, headers: owner });
  const alone = await another();
  const agent = new Agent({ connections: 4 });
  const greedy = { served: [] as number[], refused: [] as number[] };
  let isOver = false;
  const ask = async () => {
    for (let i = 0; !isOver; i++) {
      const { status, ms } = await timed(url, question(i), agent, authorizationOf("greedy"));
      greedy[status === 200 ? "served" : "refused"].push(ms);
    }
  };
  const asking = Promise.all([ask(), ask(), ask(), ask()]);
  const beside = await another();
  isOver = true;
  await asking;
  await agent.close();
  process.child.kill();
  return {
    subject: "abuse",
    title: "A caller with four connections uses up its 600 operations of a minute, while another asks",
    columns: ["", "answers", "failures", "p99 ms"],
    rows: [
      ["the other, alone", alone.answers, alone.failures.length, alone.p99],
      ["the other, beside it", beside.answers, beside.failures.length, beside.p99],
      ["the greedy one, answered", greedy.served.length, null, p99(greedy.served)],
      ["the greedy one, refused", greedy.refused.length, null, p99(greedy.refused)],
    ],
  };
}

const p99 = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
