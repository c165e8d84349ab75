import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../ask.ts";
import { type Call, load, type Target, warmUp } from "../load.ts";
import type { Options } from "../options.ts";
import { changingVariables, finalVariables, post, QUERIES, QUERY_SETTINGS, WEEK, YEAR } from "../queries.ts";
import { readRows } from "../rows.ts";
import { type Server, startGateway, startPlain, startUpstream } from "../servers/start.ts";
import type { Table } from "../table.ts";

/*
 * What a short question waits beside long ones: the page of 100 people, from one caller, beside connections that ask for eleven months of
 * daily cost with changing variables. Both servers keep whole answers, and the long ones are asked for once each.
 */

const LONG = [0, 1, 4, 16];

export async function* turns({ folder, seconds }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream();
  const gateway = await startGateway(upstream, {
    ...QUERY_SETTINGS,
    CALLER_OPERATIONS_PER_MINUTE: "1000000",
  });
  const file = join(folder, "turns.json");
  writeFileSync(file, JSON.stringify(await readRows(gateway.url, { week: WEEK, year: YEAR, headers: {} })));
  const plain = await startPlain(file, { cached: true });
  const [short, long] = ["people", "year"].map((name) => QUERIES.find((query) => query.name === name));
  if (short === undefined || long === undefined) throw new Error("a query is missing");
  const call = post(short.document, finalVariables(short));
  const variables = changingVariables(long, []);
  let next = 0;
  const targetOf = ({ url, process }: Server): Target => ({
    name: "long questions",
    url,
    server: process,
    call: () => post(long.document, variables(next++)),
  });
  const servers = { gateway: targetOf(gateway), plain: targetOf(plain) };
  for (const target of Object.values(servers)) {
    await warmUp({ ...target, call: () => call });
    await warmUp(target);
  }
  const rows = [];
  for (const connections of LONG) {
    const ours = await besideLong(servers.gateway, call, connections, seconds);
    rows.push({ connections, ours, theirs: await besideLong(servers.plain, call, connections, seconds) });
  }
  for (const { process } of [gateway, plain, upstream]) process.child.kill();
  const last = rows.at(-1);
  yield {
    subject: "turns",
    title: "A kept page of 100 people beside eleven months of daily cost",
    columns: [
      "long questions at once",
      "gateway, p50 ms",
      "gateway, p99 ms",
      "yoga + Pothos + response cache, p50 ms",
      "p99 ms",
      "p50 of yoga",
    ],
    rows: rows.map(({ connections, ours, theirs }) => [
      String(connections),
      ours.p50,
      ours.p99,
      theirs.p50,
      theirs.p99,
      ours.p50 / theirs.p50,
    ]),
    ratios:
      last === undefined
        ? []
        : [
            {
              name: `a kept answer beside ${last.connections} long questions, p50 of yoga`,
              value: last.ours.p50 / last.theirs.p50,
              target: { max: 1 },
            },
          ],
  };
}

const PAUSE_MS = 5;

async function besideLong(target: Target, call: Call, connections: number, seconds: number) {
  await ask(target.url, call); // what was begun before it is over
  let isOver = false;
  const work = (connections === 0 ? sleep(seconds * 1_000) : load(target, { seconds, connections })).finally(
    () => {
      isOver = true;
    },
  );
  const times: number[] = [];
  while (!isOver) {
    const { ms, status } = await ask(target.url, call);
    if (status !== 200) throw new Error(`status ${status}`);
    times.push(ms);
    await sleep(PAUSE_MS);
  }
  await work;
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
