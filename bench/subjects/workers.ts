import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { assault, tokensIn } from "../../test/load/attacks.ts";
import { type Figures, seconds as secondsFromNow } from "../../test/load/load.ts";
import type { Process } from "../../test/process.ts";
import { ask, dataOf } from "../ask.ts";
import { type Call, type Load, load, loadOfRound, type Target } from "../load.ts";
import { HAS_SERVER_CORES, SERVER_CORES } from "../machine.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS, WEEK, YEAR } from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { readRows } from "../rows.ts";
import {
  authenticated,
  authorization,
  type Server,
  startGateway,
  startOnSeveral,
  startUpstream,
  type Upstream,
} from "../servers/start.ts";
import { figureOf, type Ratio, type Table } from "../table.ts";
import { others, warm } from "./abuse.ts";

/*
 * A gateway of two workers beside one of a single process, on the same cores: what an answer costs, how many there are, and what other
 * callers notice while eight connections attack. Two busy cores share a cache and the work of the kernel, so an answer of any server costs
 * more there: node:http and yoga, each as one process and as two workers, show how much.
 */

const COUNTS = { one: "one process", two: "two workers" } as const;

type Count = keyof typeof COUNTS;

type Both = Readonly<Record<Count, Server>>;

export async function* workers({ seconds, folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream();
  const gateways = await startBoth(upstream, { ...QUERY_SETTINGS, ...authenticated(folder) });
  yield await answers(gateways, seconds, folder);
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

async function startBoth(upstream: Upstream, settings: Readonly<Record<string, string>>): Promise<Both> {
  const one = await startGateway(upstream, settings, [], SERVER_CORES);
  const two = await startGateway(upstream, { ...settings, WORKERS: "2" }, [], SERVER_CORES);
  return { one, two: await ofWorkers(two) };
}

/** A floor as one process and as two workers. */
async function bothOf(name: "raw" | "plain", file: string): Promise<Both> {
  const one = await startOnSeveral(name, file, 1);
  return { one, two: await ofWorkers(await startOnSeveral(name, file, 2)) };
}

async function ofWorkers(server: Server): Promise<Server> {
  while (childrenOf(server.process).length < 2) await sleep(50);
  return { ...server, process: withChildren(server.process) };
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

const KINDS = {
  bytes: "node:http, the same bytes",
  kept: "gateway, kept answer",
  rows: "yoga + Pothos",
  executed: "gateway, executed from rows in memory",
} as const;

type Kind = keyof typeof KINDS;

/** The floor of each answer of the gateway. */
const FLOORS = { kept: "bytes", executed: "rows" } as const;

/** Each worker compiles its code for itself, so that two need twice the answers before they are warm. */
const WARM_UP = { bytes: 40_000, kept: 40_000, rows: 1_200, executed: 1_200 } as const;

interface Measured extends Target {
  readonly count: Count;
  readonly kind: Kind;
}

async function answers(gateways: Both, seconds: number, folder: string): Promise<Table> {
  const [query] = QUERIES;
  if (query === undefined) throw new Error("there is no query");
  const kept = post(query.document, finalVariables(query), authorization(0));
  const executed = { ...kept, headers: { ...kept.headers, "cache-control": "no-cache" } };
  const data = await Promise.all(Object.values(gateways).map(({ url }) => dataOf(url, kept)));
  if (JSON.stringify(data[0]) !== JSON.stringify(data[1])) throw new Error("they answer differently");
  await whileStarting(gateways.two, kept);
  const bytesFile = join(folder, "workers-answer.json");
  writeFileSync(bytesFile, (await ask(gateways.one.url, kept)).body);
  const rowsFile = join(folder, "workers-rows.json");
  const wanted = { week: WEEK, year: YEAR, headers: authorization(0) };
  writeFileSync(rowsFile, JSON.stringify(await readRows(gateways.one.url, wanted)));
  const [bytes, rows] = [await bothOf("raw", bytesFile), await bothOf("plain", rowsFile)];
  const measured: readonly (readonly [Kind, Both, Call])[] = [
    ["bytes", bytes, kept],
    ["kept", gateways, kept],
    ["rows", rows, kept],
    ["executed", gateways, executed],
  ];
  const targets = measured.flatMap(([kind, servers, call]) =>
    (["one", "two"] as const).map((count): Measured => {
      const { url, process } = servers[count];
      return {
        kind,
        count,
        name: `${KINDS[kind]}, ${COUNTS[count]}`,
        url,
        server: process,
        call: () => call,
      };
    }),
  );
  const results = await interleaved(targets, async (target, isWarmUp) => {
    for (let answered = 0; isWarmUp && answered < WARM_UP[target.kind]; )
      answered += (await load(target, { seconds: 1 })).answers;
    return loadOfRound(target, { seconds });
  });
  for (const { process } of [...Object.values(bytes), ...Object.values(rows)]) process.child.kill();
  const of = (kind: Kind, count: Count): readonly Load[] =>
    results.find(({ subject }) => subject.kind === kind && subject.count === count)?.rounds ?? [];
  const ratio = (kind: Kind, measure: "cpuMicros" | "perSecond"): number =>
    figureOf(
      of(kind, "two").map((round, i) => round[measure] / (of(kind, "one")[i]?.[measure] ?? Number.NaN)),
    ).median;
  const ratios = (["kept", "executed"] as const).flatMap((kind): Ratio[] => {
    const floor = FLOORS[kind];
    return [
      {
        name: `two workers, ${KINDS[floor]}: processor time of one process`,
        value: ratio(floor, "cpuMicros"),
      },
      { name: `two workers, ${KINDS[kind]}: processor time of one process`, value: ratio(kind, "cpuMicros") },
      {
        name: `two workers, ${KINDS[kind]}: that ratio beside the one of ${KINDS[floor]}`,
        value: ratio(kind, "cpuMicros") / ratio(floor, "cpuMicros"),
        target: { max: 1.15 },
      },
      {
        name: `two workers, ${KINDS[kind]}: answers/s of one process`,
        value: ratio(kind, "perSecond"),
        ...(HAS_SERVER_CORES ? { target: { min: 1.8 } } : {}),
      },
    ];
  });
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

async function besideAttackers(gateways: Both, seconds: number): Promise<Table> {
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
