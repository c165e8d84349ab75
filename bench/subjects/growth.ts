import { ask, dataOf } from "../ask.ts";
import { type Delay, WATCHED, watchEventLoop } from "../event-loop.ts";
import { type Call, type Load, load } from "../load.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS } from "../queries.ts";
import { type Server, startGateway, startUpstream } from "../servers/start.ts";
import type { Table } from "../table.ts";

/*
 * How the time for a row grows with people, days and connections, and how long the event loop is blocked meanwhile. Pages are in memory;
 * no answer is kept, so that each is made from its rows.
 */

const PEOPLE = [100, 1_000, 10_000, 100_000];
const DAYS = [1, 3, 10, 30, 100, 300];
const CONNECTIONS = [1, 4, 16, 64, 256];

const SETTINGS = {
  ...QUERY_SETTINGS,
  RESPONSE_CACHE: "off",
  CACHE_MEMORY_BYTES: "4GiB",
  MAX_UPSTREAM_REQUESTS: "100000",
  OPERATION_TIMEOUT: "600",
  UPSTREAM_TIMEOUT: "600",
};

/** The greatest time for a row that is still in proportion, as a multiple of the best. */
const IN_PROPORTION = { max: 1.5 };

export async function* growth(options: Options): AsyncGenerator<Table> {
  yield await byPeople(options);
  const upstream = await startUpstream();
  const gateway = await startGateway(upstream, SETTINGS, WATCHED);
  yield await byDays(gateway, options);
  yield await byConnections(gateway, options);
  for (const { process } of [gateway, upstream]) process.child.kill();
}

/** A ranking of a whole organization. */
const RANKING = post(
  `query Ranking($range: DateRange!) {
    cost(range: $range, groupBy: [USER], first: 10) { nodes { email net { usd } } }
  }`,
  { range: { between: { from: "2026-11-02", until: "2026-11-03" } } },
);

async function byPeople(options: Options): Promise<Table> {
  const [query] = QUERIES;
  if (query === undefined) throw new Error("no queries");
  const results = [];
  for (const users of PEOPLE) {
    const upstream = await startUpstream({ users });
    const gateway = await startGateway(upstream, SETTINGS, WATCHED);
    const eventLoop = await watchEventLoop(gateway.process);
    const before = gateway.process.worked();
    const cold = await ask(gateway.url, RANKING);
    if (cold.status !== 200) throw new Error(cold.body.slice(0, 300));
    const coldCpuMs = gateway.process.worked() - before;
    const requests = (await upstream.requests()).length;
    const coldDelay = await eventLoop.delays();
    const ranking = await measure(gateway, RANKING, options);
    const delay = await eventLoop.delays();
    const page = await measure(gateway, post(query.document, finalVariables(query)), options);
    const resident = gateway.process.resident() / 2 ** 20;
    results.push({ users, coldCpuMs, requests, ranking, page, delay, coldDelay, resident });
    eventLoop.close();
    for (const { process } of [gateway, upstream]) process.child.kill();
  }
  // Below a thousand people the work that does not depend on them is most of it.
  const perPerson = results
    .filter(({ users }) => users >= 1_000)
    .map(({ users, ranking }) => ranking.cpuMicros / users);
  const longest = Math.max(...results.map(({ delay, coldDelay }) => Math.max(delay.max, coldDelay.max)));
  return {
    subject: "growth",
    title: "Growth by people: a ranking of everybody's cost on a day, and a page of 100 people",
    columns: [
      "people",
      "ranking cold, ms of processor",
      "upstream requests",
      "ranking, µs of processor a person",
      "page, µs of processor a row",
      "event loop blocked cold, ms",
      "event loop blocked, ms",
      "MiB",
    ],
    rows: results.map(({ users, coldCpuMs, requests, ranking, page, delay, coldDelay, resident }) => [
      users.toLocaleString("en-US"),
      coldCpuMs,
      requests,
      ranking.cpuMicros / users,
      page.cpuMicros / Math.min(users, query.first),
      coldDelay.max,
      delay.max,
      resident,
    ]),
    ratios: [
      {
        name: "ranking, processor time of a person, most of least from 1,000 people on",
        value: Math.max(...perPerson) / Math.min(...perPerson),
        target: IN_PROPORTION,
      },
      { name: "longest pause of the event loop, ms", value: longest, target: { max: 50 } },
    ],
  };
}

interface DaysMeasured {
  readonly days: number;
  readonly rows: number;
  readonly cpuMicros: number;
  readonly delay: Delay;
}

async function byDays(gateway: Server, options: Options): Promise<Table> {
  const document = `query Days($range: DateRange!) {
    cost(range: $range, bucket: DAY, groupBy: [MODEL], first: 5000) { nodes { from model net { usd } requests } }
  }`;
  const callOf = (days: number): Call => {
    const from = new Date(Date.UTC(2026, 11, 1) - days * 86_400_000).toISOString().slice(0, 10);
    return post(document, { range: { between: { from, until: "2026-12-01" } } });
  };
  for (const days of DAYS) await measure(gateway, callOf(days), options); // compiles the code for all of them
  const eventLoop = await watchEventLoop(gateway.process);
  const results: DaysMeasured[] = [];
  for (const days of DAYS) {
    const { cost } = await dataOf<{ cost: { nodes: readonly unknown[] } }>(gateway.url, callOf(days));
    await eventLoop.delays();
    const { cpuMicros } = await measure(gateway, callOf(days), options);
    results.push({ days, rows: cost.nodes.length, cpuMicros, delay: await eventLoop.delays() });
  }
  eventLoop.close();
  const perRow = ({ cpuMicros, rows }: DaysMeasured) => cpuMicros / rows;
  /** Beyond the days before. */
  const perFurtherRow = ({ cpuMicros, rows }: DaysMeasured, i: number) => {
    const before = results[i - 1];
    return before === undefined ? null : (cpuMicros - before.cpuMicros) / (rows - before.rows);
  };
  // Of a few rows the work that does not depend on them is most of it.
  const fromTenDays = results.filter(({ days }) => days >= 10).map(perRow);
  const beyondTenDays = results.flatMap((each, i) => (each.days > 10 ? (perFurtherRow(each, i) ?? []) : []));
  return {
    subject: "growth",
    title: "Growth by days: daily cost by model",
    columns: [
      "days",
      "rows",
      "ms of processor",
      "µs of processor a row",
      "µs of processor a further row",
      "event loop blocked, ms",
    ],
    rows: results.map((each, i) => [
      String(each.days),
      each.rows,
      each.cpuMicros / 1_000,
      perRow(each),
      perFurtherRow(each, i),
      each.delay.max,
    ]),
    ratios: [
      {
        name: "daily cost, processor time of a row, most of least from 10 days on",
        value: Math.max(...fromTenDays) / Math.min(...fromTenDays),
        target: IN_PROPORTION,
      },
      {
        name: "daily cost, processor time of a further row, most of least beyond 10 days",
        value: Math.max(...beyondTenDays) / Math.min(...beyondTenDays),
        target: IN_PROPORTION,
      },
    ],
  };
}

async function byConnections(gateway: Server, { seconds }: Options): Promise<Table> {
  const [query] = QUERIES;
  if (query === undefined) throw new Error("no queries");
  const call = post(query.document, finalVariables(query));
  const eventLoop = await watchEventLoop(gateway.process);
  await load(
    { name: "connections", url: gateway.url, server: gateway.process, call: () => call },
    { seconds },
  );
  const results: { connections: number; figures: Load; delay: Delay }[] = [];
  for (const connections of CONNECTIONS) {
    await eventLoop.delays();
    const figures = await load(
      { name: `${connections} connections`, url: gateway.url, server: gateway.process, call: () => call },
      { seconds, connections },
    );
    results.push({ connections, figures, delay: await eventLoop.delays() });
  }
  eventLoop.close();
  const best = Math.max(...results.map(({ figures }) => figures.perSecond));
  return {
    subject: "growth",
    title: "Growth by connections: the page of 100 people from its rows",
    columns: [
      "connections",
      "answers/s",
      "of the most",
      "p50 ms",
      "p99 ms",
      "event loop p99, ms",
      "blocked, ms",
    ],
    rows: results.map(({ connections, figures, delay }) => [
      String(connections),
      figures.perSecond,
      figures.perSecond / best,
      figures.p50,
      figures.p99,
      delay.p99,
      delay.max,
    ]),
  };
}

/** One caller after the other, so that the event loop is blocked by one answer alone. */
async function measure(gateway: Server, call: Call, { seconds }: Options): Promise<Load> {
  const target = { name: "growth", url: gateway.url, server: gateway.process, call: () => call };
  await load(target, { seconds: Math.min(seconds, 1), connections: 1 });
  return load(target, { seconds, connections: 1 });
}
