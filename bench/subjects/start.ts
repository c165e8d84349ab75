import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killGroup, runCommand, urlIn } from "../../test/process.ts";
import { ask } from "../ask.ts";
import { type Call, load } from "../load.ts";
import { CORES, pinned } from "../machine.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS, WEEK, YEAR } from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { readRows } from "../rows.ts";
import { type Server, startGateway, startPlain, startRaw, startUpstream } from "../servers/start.ts";
import { figureOf, type Table } from "../table.ts";

/*
 * Seconds from the start of a process to its first answer, and its memory: after that answer, and after a load of the page of a hundred
 * people. `npm start` needs no key and simulates upstream in its own process.
 */

const MEBIBYTE = 2 ** 20;
const FIRST: Call = post("{ __typename }", {});

export async function* start({ seconds, folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream();
  const [query] = QUERIES;
  if (query === undefined) throw new Error("no queries");
  const question = post(query.document, finalVariables(query));
  const file = await rowsFile(await startGateway(upstream, QUERY_SETTINGS), folder);
  const ways: readonly (readonly [string, () => Promise<Server>, Call])[] = [
    ["node:http", () => startRaw(file), FIRST],
    ["yoga + Pothos", () => startPlain(file), FIRST],
    ["gateway", () => startGateway(upstream), FIRST],
    ["npm start", npmStart, FIRST],
  ];
  const results = await interleaved(ways, async ([name, begin, first]) => {
    const begun = performance.now();
    const server = await begin();
    await ask(server.url, first);
    const toFirstAnswer = (performance.now() - begun) / 1_000;
    await sleep(SETTLING_MS);
    const atRest = server.process.resident() / MEBIBYTE;
    let underLoad: number | null = null;
    if (name !== "npm start") {
      await ask(server.url, question);
      await load({ name, url: server.url, server: server.process, call: () => question }, { seconds });
      underLoad = server.process.resident() / MEBIBYTE;
    }
    if (server.process.child.pid !== undefined) killGroup(server.process.child.pid, "SIGKILL");
    return { toFirstAnswer, atRest, underLoad };
  });
  upstream.process.child.kill();
  const [gateway, npm] = [results[2]?.rounds ?? [], results[3]?.rounds ?? []];
  yield {
    subject: "start",
    title: "Start and memory",
    columns: ["", "s to the first answer", "MiB at rest", "MiB under load"],
    rows: results.map(({ subject: [name], rounds }) => [
      name,
      figureOf(rounds.map(({ toFirstAnswer }) => toFirstAnswer)),
      name === "npm start" ? null : figureOf(rounds.map(({ atRest }) => atRest)),
      name === "npm start" ? null : figureOf(rounds.map(({ underLoad }) => underLoad ?? Number.NaN)),
    ]),
    ratios: [
      {
        name: "npm start, seconds to the first answer",
        value: figureOf(npm.map(({ toFirstAnswer }) => toFirstAnswer)).median,
        target: { max: 1 },
      },
      {
        name: "gateway, MiB at rest",
        value: figureOf(gateway.map(({ atRest }) => atRest)).median,
        target: { max: 120 },
      },
    ],
  };
}

const SETTLING_MS = 1_000;

/** The rows in a file; ends the gateway that they are read from. */
async function rowsFile(gateway: Server, folder: string): Promise<string> {
  const file = join(folder, "rows.json");
  writeFileSync(file, JSON.stringify(await readRows(gateway.url, { week: WEEK, year: YEAR, headers: {} })));
  gateway.process.child.kill();
  return file;
}

async function npmStart(): Promise<Server> {
  const root = new URL("../../", import.meta.url).pathname;
  const started = runCommand(pinned(CORES.server, ["npm", "start", "--", "--port", "0"]), {}, root);
  return { process: started, url: urlIn(await started.printed("Try:")) };
}
