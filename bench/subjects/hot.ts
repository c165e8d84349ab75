import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, dataOf } from "../ask.ts";
import { type Load, loadOfRound, type Target, warmUp } from "../load.ts";
import type { Options } from "../options.ts";
import {
  changingVariables,
  cursorsDocument,
  finalVariables,
  freshVariables,
  get,
  post,
  QUERIES,
  QUERY_SETTINGS,
  type Query,
  WEEK,
  YEAR,
} from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { readRows } from "../rows.ts";
import {
  authenticated,
  authorization,
  type Server,
  startGateway,
  startPlain,
  startRaw,
  startUpstream,
  type Upstream,
} from "../servers/start.ts";
import { type Figure, figureOf, type Ratio, type Table } from "../table.ts";

/*
 * Answers whose data is in memory: by the gateway, by the plain choice with and without a response cache, and by node:http with the
 * same bytes. The gateway authenticates its callers and writes its audit log; the others do neither.
 */

/** The ways that each query is answered, in the order of the table. */
const WAYS = {
  raw: "node:http, the same bytes",
  plain: "yoga + Pothos",
  plainCached: "yoga + Pothos + response cache",
  final: "gateway, hot and final",
  notModified: "gateway, 304",
  fresh: "gateway, hot and fresh",
  plainChanging: "yoga + Pothos, changing variables",
  changing: "gateway, changing variables",
  changingUncached: "gateway without its response cache, changing variables",
} as const;

export type Way = keyof typeof WAYS;

interface Servers {
  readonly upstream: Upstream;
  readonly plain: Server;
  readonly plainCached: Server;
  readonly gateway: Server;
  /** The same, with RESPONSE_CACHE=off. */
  readonly uncached: Server;
}

export interface HotOptions extends Options {
  readonly queries?: readonly string[];
  readonly ways?: readonly Way[];
  readonly rounds?: number;
}

export async function* hot({ queries, ways, ...options }: HotOptions): AsyncGenerator<Table> {
  const servers = await startServers(options.folder);
  for (const query of QUERIES)
    if (queries?.includes(query.name) ?? true)
      yield measure(query, servers, new Set(ways ?? (Object.keys(WAYS) as Way[])), options);
  for (const { process } of Object.values(servers)) process.child.kill();
}

async function startServers(folder: string): Promise<Servers> {
  const upstream = await startUpstream();
  const settings = { ...QUERY_SETTINGS, ...authenticated(folder) };
  const gateway = await startGateway(upstream, settings);
  const uncached = await startGateway(upstream, { ...settings, RESPONSE_CACHE: "off" });
  const file = join(folder, "rows.json");
  writeFileSync(
    file,
    JSON.stringify(await readRows(gateway.url, { week: WEEK, year: YEAR, headers: authorization(0) })),
  );
  return {
    upstream,
    gateway,
    uncached,
    plain: await startPlain(file),
    plainCached: await startPlain(file, { cached: true }),
  };
}

/** A way, and the server and requests that measure it. */
interface Measured extends Target {
  readonly way: Way;
}

interface Round extends Load {
  readonly upstreamRequests: number;
}

async function measure(
  query: Query,
  servers: Servers,
  ways: ReadonlySet<Way>,
  { folder, seconds, rounds }: HotOptions,
): Promise<Table> {
  const answer = await checkedAnswer(query, servers);
  const file = join(folder, `${query.name}.json`);
  writeFileSync(file, answer);
  const raw = await startRaw(file);
  const { targets, notes } = await targetsOf(query, { ...servers, raw });
  const results = await interleaved(
    targets.filter(({ way }) => ways.has(way)),
    async (target, isWarmUp): Promise<Round> => {
      await servers.upstream.requests();
      const figures = isWarmUp ? await warmUp(target) : await loadOfRound(target, { seconds });
      return { ...figures, upstreamRequests: (await servers.upstream.requests()).length };
    },
    rounds,
  );
  raw.process.child.kill();
  const roundsOf = new Map(results.map(({ subject: { way }, rounds }) => [way, rounds]));
  const kilobytes = (Buffer.byteLength(answer) / 1_000).toFixed(1);
  return {
    subject: "hot",
    title: `Hot: ${query.title} (${kilobytes} kB)`,
    columns: [
      "",
      "answers/s",
      "of node:http",
      "x yoga",
      "p50 ms",
      "p99 ms",
      "µs of processor",
      "core used",
      "upstream requests",
    ],
    rows: results.map(({ subject: { way }, rounds }) => {
      const plain = way === "changing" || way === "changingUncached" ? "plainChanging" : "plain";
      const upstreamRequests = rounds.reduce((sum, round) => sum + round.upstreamRequests, 0);
      return [
        WAYS[way],
        of(rounds, "perSecond"),
        ratioOf(rounds, roundsOf.get("raw"), "perSecond"),
        ratioOf(rounds, roundsOf.get(plain), "perSecond"),
        of(rounds, "p50"),
        of(rounds, "p99"),
        of(rounds, "cpuMicros"),
        of(rounds, "busy").median,
        isOfGateway(way) ? `${upstreamRequests} of 0` : null,
      ];
    }),
    notes,
    ratios: ratiosOf(query, roundsOf),
  };
}

const isOfGateway = (way: Way) => /gateway/.test(WAYS[way]);

/** The whole first answer of the gateway, which must equal what the plain choice answers, and take the fewest upstream requests. */
async function checkedAnswer(query: Query, { gateway, uncached, plain, upstream }: Servers): Promise<string> {
  const call = post(query.document, finalVariables(query), authorization(0));
  const [ours, theirs] = [await dataOf(gateway.url, call), await dataOf(plain.url, call)];
  if (JSON.stringify(ours) !== JSON.stringify(theirs))
    throw new Error(`${query.name}: the gateway and the plain choice answer differently`);
  await dataOf(uncached.url, call);
  for (const { url } of [gateway, uncached])
    await dataOf(url, post(query.document, freshVariables(query), authorization(0)));
  await upstream.requests();
  return (await ask(gateway.url, call)).body;
}

async function targetsOf(
  query: Query,
  { raw, plain, plainCached, gateway, uncached }: Servers & { readonly raw: Server },
): Promise<{ readonly targets: readonly Measured[]; readonly notes: readonly string[] }> {
  const { document } = query;
  const [final, fresh] = [finalVariables(query), freshVariables(query)];
  const fixed = (variables: object) => {
    const calls = Array.from({ length: 32 }, (_, i) => post(document, variables, authorization(i)));
    return (i: number) => calls[i % calls.length] ?? post(document, variables);
  };
  const changing = async ({ url }: Server) => {
    const variables = changingVariables(query, await cursorsOf(query, url));
    let next = 0; // goes on from round to round, so that no answer of an earlier one is asked for again
    return (i: number) => post(document, variables(next++), authorization(i));
  };
  const target = (way: Way, { url, process }: Server, call: Target["call"]): Measured => ({
    way,
    name: `${query.name}, ${WAYS[way]}`,
    url,
    server: process,
    call,
  });
  // Where the memory is full, an answer is kept once it has been requested twice.
  await ask(gateway.url, get(document, final, authorization(0)));
  const { headers } = await ask(gateway.url, get(document, final, authorization(0)));
  const conditional = (i: number) =>
    get(document, final, { ...authorization(i), "if-none-match": String(headers.etag) });
  const hasTag = headers.etag !== undefined;
  return {
    targets: [
      target("raw", raw, fixed(final)),
      target("plain", plain, fixed(final)),
      target("plainCached", plainCached, fixed(final)),
      target("final", gateway, fixed(final)),
      ...(hasTag ? [{ ...target("notModified", gateway, conditional), status: 304 }] : []),
      target("fresh", gateway, fixed(fresh)),
      target("plainChanging", plain, await changing(plain)),
      target("changing", gateway, await changing(gateway)),
      target("changingUncached", uncached, await changing(uncached)),
    ],
    notes: hasTag ? [] : ["The gateway sends no `etag`, so there is no 304 to measure."],
  };
}

async function cursorsOf(query: Query, url: string): Promise<readonly string[]> {
  const call = post(
    cursorsDocument(query),
    { range: { between: query.final }, first: 1_000 },
    authorization(0),
  );
  const data = await dataOf<Record<string, { edges: readonly { cursor: string }[] }>>(url, call);
  const cursors = (data[query.list]?.edges ?? []).map(({ cursor }) => cursor);
  return cursors.slice(0, query.places);
}

type Rounds = readonly Round[];
type Measure = "perSecond" | "p50" | "p99" | "cpuMicros" | "busy";

const of = (rounds: Rounds, measure: Measure) => figureOf(rounds.map((round) => round[measure]));

/** The ratio of each round, so that what disturbs a round disturbs both. */
function ratioOf(rounds: Rounds, floor: Rounds | undefined, measure: Measure): Figure | null {
  if (floor === undefined) return null;
  return figureOf(rounds.map((round, i) => round[measure] / (floor[i]?.[measure] ?? Number.NaN)));
}

function ratiosOf({ name }: Query, roundsOf: ReadonlyMap<Way, Rounds>): readonly Ratio[] {
  const ratio = (
    label: string,
    [way, floor]: readonly [Way, Way],
    measure: Measure,
    target?: Ratio["target"],
  ): Ratio[] => {
    const value = ratioOf(roundsOf.get(way) ?? [], roundsOf.get(floor), measure)?.median;
    if (value === undefined || Number.isNaN(value)) return [];
    return [{ name: `${name}: ${label}`, value, ...(target === undefined ? {} : { target }) }];
  };
  return [
    ...ratio("hot and final, answers/s of node:http", ["final", "raw"], "perSecond", { min: 0.7 }),
    ...ratio("hot and final, processor time of node:http", ["final", "raw"], "cpuMicros", { max: 1.43 }),
    ...ratio("hot and final, p99 of node:http", ["final", "raw"], "p99", { max: 3 }),
    ...ratio("hot and fresh, answers/s of node:http", ["fresh", "raw"], "perSecond", { min: 0.7 }),
    ...ratio("changing variables, answers/s of yoga", ["changing", "plainChanging"], "perSecond", {
      min: 1.5,
    }),
    ...ratio("hot and final, processor time of yoga", ["final", "plain"], "cpuMicros"),
    ...ratio("changing variables, processor time of yoga", ["changing", "plainChanging"], "cpuMicros"),
  ];
}
