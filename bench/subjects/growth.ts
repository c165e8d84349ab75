import { ask, dataOf } from "../ask.ts";
import { WATCHED, watchEventLoop } from "../event-loop.ts";
import { type Call, load } from "../load.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS } from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { type Server, startGateway, startUpstream } from "../servers/start.ts";
import { figureOf, type Table } from "../table.ts";

/*
 * How the time for a row grows with people, days and connections, and how long the event loop is blocked meanwhile. Pages are in memory;
 * no answer is kept, so that each is made from its rows. Days and connections take turns; organizations do not, since the memory of a
 * process that is idle can be taken from it, and is slow to come back.
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

async function byPeople({ seconds }: Options): Promise<Table> {
  const [query] = QUERIES;
  if (query === undefined) throw new Error("no queries");
  const page = post(query.document, finalVariables(query));
  const results = [];
  for (const users of PEOPLE) {
    const upstream = await startUpstream({ users });
    const gateway = await startGateway(upstream, SETTINGS, WATCHED);
    const eventLoop = await watchEventLoop(gateway.process);
    const before = gateway.process.worked();
    const { status, body } = await ask(gateway.url, RANKING);
    if (status !== 200) throw new Error(body.slice(0, 300));
    const coldCpuMs = gateway.process.worked() - before;
    const requests = (await upstream.requests()).length;
    const coldDelay = await eventLoop.delays();
    const perPerson = await roundsOf(gateway, RANKING, seconds, users);
    const delay = await eventLoop.delays();
    const perRow = await roundsOf(gateway, page, seconds, Math.min(users, query.first));
    const resident = gateway.process.resident() / 2 ** 20;
    results.push({ users, coldCpuMs, requests, coldDelay, perPerson, delay, perRow, resident });
    eventLoop.close();
    for (const { process } of [gateway, upstream]) process.child.kill();
  }
  // Below a thousand people the work that does not depend on them is most of it.
  const large = results.filter(({ users }) => users >= 1_000).map(({ perPerson }) => perPerson);
  const longest = Math.max(...results.flatMap(({ delay, coldDelay }) => [delay.max, coldDelay.max]));
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
    rows: results.map(({ users, coldCpuMs, requests, coldDelay, perPerson, delay, perRow, resident }) => [
      users.toLocaleString("en-US"),
      coldCpuMs,
      requests,
      figureOf(perPerson),
      figureOf(perRow),
      coldDelay.max,
      delay.max,
      resident,
    ]),
    ratios: [
      {
        name: "ranking, processor time of a person, most of least from 1,000 people on",
        value: mostOfLeast(large),
        target: IN_PROPORTION,
      },
      { name: "longest pause of the event loop, ms", value: longest, target: { max: 50 } },
    ],
  };
}

/** Microseconds of processor time for each of `count` rows, round by round. */
async function roundsOf(gateway: Server, call: Call, seconds: number, count: number): Promise<number[]> {
  const measured = await interleaved([call], () => alone(gateway, call, seconds));
  return measured.flatMap(({ rounds }) => rounds.map((micros) => micros / count));
}

/** Of medians: the least and the most of one round are as much of what disturbs the machine as of the sizes. */
function mostOfLeast(sizes: readonly (readonly number[])[]): number {
  const medians = sizes.map((each) => figureOf(each).median);
  return Math.max(...medians) / Math.min(...medians);
}

interface DaysMeasured {
  readonly days: number;
  readonly rows: number;
  /** Of each round. */
  readonly micros: readonly number[];
  readonly cpuMicros: number;
  readonly delayMs: number;
}

async function byDays(gateway: Server, { seconds }: Options): Promise<Table> {
  const document = `query Days($range: DateRange!) {
    cost(range: $range, bucket: DAY, groupBy: [MODEL], first: 5000) { nodes { from model net { usd } requests } }
  }`;
  const callOf = (days: number): Call => {
    const from = new Date(Date.UTC(2026, 11, 1) - days * 86_400_000).toISOString().slice(0, 10);
    return post(document, { range: { between: { from, until: "2026-12-01" } } });
  };
  const eventLoop = await watchEventLoop(gateway.process);
  const measured = await interleaved(DAYS, async (days) => {
    await eventLoop.delays();
    const cpuMicros = await alone(gateway, callOf(days), seconds);
    return { cpuMicros, delay: await eventLoop.delays() };
  });
  eventLoop.close();
  const results: DaysMeasured[] = [];
  for (const { subject: days, rounds } of measured) {
    const { cost } = await dataOf<{ cost: { nodes: readonly unknown[] } }>(gateway.url, callOf(days));
    const micros = rounds.map(({ cpuMicros }) => cpuMicros);
    const delayMs = Math.max(...rounds.map(({ delay }) => delay.max));
    results.push({ days, rows: cost.nodes.length, micros, cpuMicros: figureOf(micros).median, delayMs });
  }
  const perRow = ({ micros, rows }: DaysMeasured) => micros.map((each) => each / rows);
  /** Beyond the days before. */
  const perFurtherRow = ({ cpuMicros, rows }: DaysMeasured, i: number) => {
    const before = results[i - 1];
    return before === undefined ? null : (cpuMicros - before.cpuMicros) / (rows - before.rows);
  };
  // Of a few rows the work that does not depend on them is most of it.
  const fromTenDays = results.filter(({ days }) => days >= 10).map(perRow);
  // Up to a month the same page is read, however few of its days are wanted.
  const beyondMonth = results.flatMap((each, i) => (each.days > 30 ? (perFurtherRow(each, i) ?? []) : []));
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
      figureOf(perRow(each)),
      perFurtherRow(each, i),
      each.delayMs,
    ]),
    ratios: [
      {
        name: "daily cost, processor time of a row, most of least from 10 days on",
        value: mostOfLeast(fromTenDays),
        target: IN_PROPORTION,
      },
      {
        name: "daily cost, processor time of a further row, most of least beyond a month",
        value: Math.max(...beyondMonth) / Math.min(...beyondMonth),
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
  const measured = await interleaved(CONNECTIONS, async (connections) => {
    await eventLoop.delays();
    const target = { name: `${connections} connections`, url: gateway.url, server: gateway.process };
    const figures = await load({ ...target, call: () => call }, { seconds, connections });
    return { figures, delay: await eventLoop.delays() };
  });
  eventLoop.close();
  const results = measured.map(({ subject: connections, rounds }) => {
    const median = (of: (round: (typeof rounds)[number]) => number) => figureOf(rounds.map(of)).median;
    return {
      connections,
      perSecond: median(({ figures }) => figures.perSecond),
      p50: median(({ figures }) => figures.p50),
      p99: median(({ figures }) => figures.p99),
      delay: {
        p99: median(({ delay }) => delay.p99),
        max: Math.max(...rounds.map(({ delay }) => delay.max)),
      },
    };
  });
  const best = Math.max(...results.map(({ perSecond }) => perSecond));
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
    rows: results.map(({ connections, perSecond, p50, p99, delay }) => [
      String(connections),
      perSecond,
      perSecond / best,
      p50,
      p99,
      delay.p99,
      delay.max,
    ]),
  };
}

/**
 * Microseconds of processor time for an answer: one caller after the other, so that the event loop is blocked by one answer alone. Whole
 * answers are counted, since of a ranking of 100,000 people a second has two or three.
 */
async function alone({ url, process }: Server, call: Call, seconds: number): Promise<number> {
  const [worked, begun] = [process.worked(), performance.now()];
  let answers = 0;
  for (; performance.now() - begun < seconds * 1_000; answers++) {
    const { status, body } = await ask(url, call);
    if (status !== 200 || body.includes('"errors":')) throw new Error(body.slice(0, 300));
  }
  return ((process.worked() - worked) / answers) * 1_000;
}
