import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { assault, tokensIn } from "../../test/load/attacks.ts";
import { type Figures, seconds as secondsFromNow } from "../../test/load/load.ts";
import type { Process } from "../../test/process.ts";
import { ask, dataOf } from "../ask.ts";
import { type Call, type Load, load, type Target } from "../load.ts";
import { HAS_SERVER_CORES, SERVER_CORES } from "../machine.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS } from "../queries.ts";
import { interleaved, ROUNDS } from "../rounds.ts";
import {
  authenticated,
  authorization,
  type Server,
  startGateway,
  startUpstream,
  type Upstream,
} from "../servers/start.ts";
import { type Figure, figureOf, type Ratio, type Table } from "../table.ts";
import { others, warm } from "./abuse.ts";

/*
 * A gateway of two workers beside one of a single process, on the same cores: what an answer costs, how many there are, and what other
 * callers notice while eight connections attack.
 */

const COUNTS = { one: "one process", two: "two workers" } as const;

type Count = keyof typeof COUNTS;

type Gateways = Readonly<Record<Count, Server>>;

export async function* workers({ seconds, folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream();
  const gateways = await startBoth(upstream, { ...QUERY_SETTINGS, ...authenticated(folder) });
  yield await answers(gateways, seconds);
  for (const { process } of Object.values(gateways)) process.child.kill();
  upstream.process.child.kill();
  const smaller = await startUpstream({ users: 250 }); // every question of the library can be answered
  const attacked = await startBoth(smaller, {
    ...tokensIn(join(folder, "worker-tokens.json")),
    AUDIT_LOG: "off",
    CALLER_OPERATIONS_PER_MINUTE: "1000000",
  });
  yield await besideAttackers(attacked, seconds);
  for (const { process } of [...Object.values(attacked), smaller]) process.child.kill();
}

async function startBoth(upstream: Upstream, settings: Readonly<Record<string, string>>): Promise<Gateways> {
  const one = await startGateway(upstream, settings, [], SERVER_CORES);
  const two = await startGateway(upstream, { ...settings, WORKERS: "2" }, [], SERVER_CORES);
  while (childrenOf(two.process).length < 2) await sleep(50);
  return { one, two: { ...two, process: withChildren(two.process) } };
}

function childrenOf({ child: { pid } }: Process): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
}

const TICK_MS = 10;

/** A process that counts the work of those it has started as its own. */
function withChildren(process: Process): Process {
  const workOf = (pid: string) => {
    const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
    const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  };
  const worked = () => childrenOf(process).reduce((sum, pid) => sum + workOf(pid), process.worked());
  return { ...process, worked };
}

interface Measured extends Target {
  readonly count: Count;
  readonly kind: "kept" | "executed";
}

const KINDS = { kept: "kept answer", executed: "executed from rows in memory" } as const;

const WARM_UP = { kept: 6_000, executed: 600 } as const;

async function answers(gateways: Gateways, seconds: number): Promise<Table> {
  const [query] = QUERIES;
  if (query === undefined) throw new Error("there is no query");
  const calls: Record<Measured["kind"], Call> = {
    kept: post(query.document, finalVariables(query), authorization(0)),
    executed: post(query.document, finalVariables(query), {
      ...authorization(0),
      "cache-control": "no-cache",
    }),
  };
  const targets = (["kept", "executed"] as const).flatMap((kind) =>
    (["one", "two"] as const).map((count): Measured => {
      const { url, process } = gateways[count];
      return {
        kind,
        count,
        name: `${KINDS[kind]}, ${COUNTS[count]}`,
        url,
        server: process,
        call: () => calls[kind],
      };
    }),
  );
  const data = await Promise.all(Object.values(gateways).map(({ url }) => dataOf(url, calls.kept)));
  if (JSON.stringify(data[0]) !== JSON.stringify(data[1])) throw new Error("they answer differently");
  await whileStarting(gateways.two, calls.kept);
  const results = await interleaved(
    targets,
    async (target, isWarmUp) => {
      // Each worker compiles its code for itself, so that two need twice the answers before they are warm.
      for (let answered = 0; isWarmUp && answered < WARM_UP[target.kind]; )
        answered += (await load(target, { seconds: 1 })).answers;
      return load(target, { seconds });
    },
    ROUNDS,
  );
  const of = (kind: Measured["kind"], count: Count): readonly Load[] =>
    results.find(({ subject }) => subject.kind === kind && subject.count === count)?.rounds ?? [];
  const ratio = (kind: Measured["kind"], measure: "cpuMicros" | "perSecond"): Figure =>
    figureOf(
      of(kind, "two").map((round, i) => round[measure] / (of(kind, "one")[i]?.[measure] ?? Number.NaN)),
    );
  const ratios = (["kept", "executed"] as const).flatMap((kind): Ratio[] => [
    {
      name: `two workers, ${KINDS[kind]}: processor time of one process`,
      value: ratio(kind, "cpuMicros").median,
      target: { max: 1.15 },
    },
    {
      name: `two workers, ${KINDS[kind]}: answers/s of one process`,
      value: ratio(kind, "perSecond").median,
      ...(HAS_SERVER_CORES ? { target: { min: 1.8 } } : {}),
    },
  ]);
  return {
    subject: "workers",
    title: "Two workers and one process on the same two cores",
    columns: ["", "answers/s", "p50 ms", "p99 ms", "µs of processor"],
    rows: results.map(({ subject: { name }, rounds }) => [
      name,
      ...(["perSecond", "p50", "p99", "cpuMicros"] as const).map((each) =>
        figureOf(rounds.map((round) => round[each])),
      ),
    ]),
    notes: HAS_SERVER_CORES
      ? []
      : ["They share a core with the load generator, which bounds the answers per second of both."],
    ratios,
  };
}

/** Resolves when two workers have answered. */
async function whileStarting({ url }: Server, call: Call): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < 2) {
    const { headers } = await ask(url, { ...call, headers: { ...call.headers, connection: "close" } });
    seen.add(String(headers["x-request-id"]).slice(0, -12));
  }
}

async function besideAttackers(gateways: Gateways, seconds: number): Promise<Table> {
  const rows: (readonly [Count, string, Figures])[] = [];
  for (const count of ["one", "two"] as const) {
    const { url } = gateways[count];
    const agent = new Agent({ connections: 8 });
    await warm(url);
    rows.push([count, "alone", await others(url, secondsFromNow(seconds))]);
    await assault(url, agent, 8, secondsFromNow(1));
    const until = secondsFromNow(seconds);
    const [beside, { wrong }] = await Promise.all([others(url, until), assault(url, agent, 8, until)]);
    rows.push([count, "beside attackers", beside]);
    await agent.close();
    // A connection that is cut off for a body that is too long can end in the middle of its next request.
    const unexpected = wrong.find((each) => !each.includes("ECONNRESET"));
    if (unexpected !== undefined) throw new Error(`not refused as it should be: ${unexpected}`);
  }
  const p99 = (count: Count) => rows.findLast(([each]) => each === count)?.[2].p99 ?? Number.NaN;
  return {
    subject: "workers",
    title: "Two callers beside eight connections that attack",
    columns: ["", "", "answers", "failures", "p50 ms", "p99 ms"],
    rows: rows.map(([count, when, { answers, failures, p50, p99: late }]) => [
      COUNTS[count],
      when,
      ...[answers, failures.length, p50, late],
    ]),
    ratios: [
      { name: "two workers, p99 beside attackers, ms", value: p99("two"), target: { max: 250 } },
      { name: "two workers, p99 beside attackers of one process", value: p99("two") / p99("one") },
    ],
  };
}
