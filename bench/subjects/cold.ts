import { ask, dataOf } from "../ask.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS, type Query } from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { startGateway, startUpstream, type Upstream } from "../servers/start.ts";
import type { UpstreamRequest } from "../servers/upstream.ts";
import { figureOf, type Ratio, type Table } from "../table.ts";

/*
 * Answers from nothing: a gateway that keeps no page, over an upstream that waits 50 ms before each answer. Beside it, the same
 * upstream requests sent straight, each as soon as its input is there: what is left above them is the gateway's own.
 */

const LATENCY_MS = 50;

/** Nothing is kept between answers, but code that has run before is compiled. */
const WARM_UPS = 20;

export async function* cold(_options: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ latencyMs: LATENCY_MS });
  const gateway = await startGateway(upstream, {
    ...QUERY_SETTINGS,
    CACHE_MEMORY_BYTES: "1",
    RESPONSE_CACHE: "off",
  });
  const results = [];
  for (const query of QUERIES) results.push(await measure(query, gateway.url, upstream));
  for (const { process } of [gateway, upstream]) process.child.kill();
  yield {
    subject: "cold",
    title: `Cold: one caller, nothing kept, upstream at ${LATENCY_MS} ms`,
    columns: [
      "",
      "gateway ms",
      "critical path ms",
      "x critical path",
      "latency alone ms",
      "upstream requests",
      "at least",
    ],
    rows: results.map(({ query, gatewayMs, straightMs, ratio, levels, requests }) => [
      query.title,
      gatewayMs,
      straightMs,
      ratio,
      levels * LATENCY_MS,
      requests,
      query.minimumRequests,
    ]),
    notes: [
      "The critical path is the time that the same requests take when a client sends them straight: all that need nothing from another at once, the pages of a chain one after the other. Latency alone is the number of requests on that path times the latency; the rest is upstream's own work.",
    ],
    ratios: results.flatMap(({ query, ratio, requests }): Ratio[] => [
      { name: `${query.name}: cold, time of the critical path`, value: ratio.median, target: { max: 1.15 } },
      {
        name: `${query.name}: cold, upstream requests of the fewest`,
        value: requests / query.minimumRequests,
        target: { max: 1 },
      },
    ]),
  };
}

async function measure(query: Query, gateway: string, upstream: Upstream) {
  const call = post(query.document, finalVariables(query));
  // Upstream makes its figures when they are first read, and the gateway compiles its code in the first dozen answers.
  for (let i = 0; i < WARM_UPS; i++) await dataOf(gateway, call);
  await upstream.requests();
  await dataOf(gateway, call);
  const requests = await upstream.requests();
  const levels = levelsOf(query, requests);
  const [ours, straight] = await interleaved(
    [() => ask(gateway, call).then(({ ms }) => ms), () => sendStraight(upstream, levels)],
    (run) => run(),
  );
  const [gatewayMs, straightMs] = [ours?.rounds ?? [], straight?.rounds ?? []];
  return {
    query,
    requests: requests.length,
    levels: levels.reduce((sum, chains) => sum + Math.max(0, ...chains.map(({ length }) => length)), 0),
    gatewayMs: figureOf(gatewayMs),
    straightMs: figureOf(straightMs),
    ratio: figureOf(gatewayMs.map((ms, i) => ms / (straightMs[i] ?? Number.NaN))),
  };
}

/** The pages of one list in one window, each of which has the token of the next. */
type Chain = readonly UpstreamRequest[];

/** Chains that can run at once, then those that need their ids. */
function levelsOf(query: Query, requests: readonly UpstreamRequest[]): readonly (readonly Chain[])[] {
  const chains = Map.groupBy(requests, ({ path }) => path.replace(/([?&])page=[^&]*&?/, "$1"));
  const [first, second] = [false, true].map((needsList) =>
    [...chains.values()].filter(([head]) => head !== undefined && query.needsList(head.path) === needsList),
  );
  return [first ?? [], second ?? []];
}

async function sendStraight({ url }: Upstream, levels: readonly (readonly Chain[])[]): Promise<number> {
  const begun = performance.now();
  for (const chains of levels)
    await Promise.all(
      chains.map(async (chain) => {
        for (const { path, headers } of chain)
          await ask(url, { method: "GET", path, headers: forwarded(headers) });
      }),
    );
  return performance.now() - begun;
}

/** The headers that upstream reads. */
function forwarded(headers: UpstreamRequest["headers"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (entry[0] === "x-api-key" || entry[0].startsWith("anthropic-")),
    ),
  );
}
