import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Call, type Load, loadOfRound, type Target, warmUp } from "../load.ts";
import type { Options } from "../options.ts";
import { finalVariables, post, QUERIES, QUERY_SETTINGS } from "../queries.ts";
import { interleaved } from "../rounds.ts";
import { type Server, startGateway, startUpstream } from "../servers/start.ts";
import { figureOf, type Table } from "../table.ts";

/*
 * The processor time that metrics and traces add to an answer: a kept one, and one that is executed from rows in memory for 100 people
 * with three fields of their own.
 */

/** Settings of each gateway; the receiver of traces is added. */
const OBSERVED = {
  nothing: {},
  metrics: { METRICS: "0" },
  "traces, 1 %": { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.01" },
  "traces, 100 %": { OTEL_TRACES_SAMPLER: "always_on" },
} as const;

type Observed = keyof typeof OBSERVED;

interface Measured extends Target {
  readonly observed: Observed;
  readonly kind: "kept" | "executed";
}

export async function* observe({ seconds }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream();
  const receiver = createServer((request, response) => {
    request.resume().on("end", () => response.end("{}"));
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const gateways: (readonly [Observed, Server])[] = [];
  for (const [observed, settings] of Object.entries(OBSERVED) as [Observed, Record<string, string>][]) {
    const traces = observed.startsWith("traces") ? { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } : {};
    gateways.push([observed, await startGateway(upstream, { ...QUERY_SETTINGS, ...settings, ...traces })]);
  }
  yield await costs(gateways, seconds);
  for (const { process } of [...gateways.map(([, gateway]) => gateway), upstream]) process.child.kill();
  receiver.close();
}

async function costs(gateways: readonly (readonly [Observed, Server])[], seconds: number): Promise<Table> {
  const query = QUERIES.find(({ name }) => name === "stitched");
  if (query === undefined) throw new Error("the query `stitched` is missing");
  const variables = finalVariables(query);
  const calls: Record<Measured["kind"], Call> = {
    kept: post(query.document, variables),
    executed: post(query.document, variables, { "cache-control": "no-cache" }),
  };
  const targets = (["kept", "executed"] as const).flatMap((kind) =>
    gateways.map(
      ([observed, { url, process }]): Measured => ({
        kind,
        observed,
        name: `${kind}, ${observed}`,
        url,
        server: process,
        call: () => calls[kind],
      }),
    ),
  );
  const results = await interleaved(targets, (target, isWarmUp) =>
    isWarmUp ? warmUp(target) : loadOfRound(target, { seconds }),
  );
  const of = (kind: Measured["kind"], observed: Observed): readonly Load[] =>
    results.find(({ subject }) => subject.kind === kind && subject.observed === observed)?.rounds ?? [];
  return {
    subject: "observe",
    title: "Metrics and traces",
    columns: ["answer", "observed by", "µs of processor", "of that without"],
    rows: results.map(({ subject: { kind, observed }, rounds }) => [
      kind,
      observed,
      figureOf(rounds.map(({ cpuMicros }) => cpuMicros)),
      ratioOf(rounds, of(kind, "nothing")),
    ]),
    ratios: (["kept", "executed"] as const).flatMap((kind) =>
      (["metrics", "traces, 1 %", "traces, 100 %"] as const).map((observed) => ({
        name: `${observed}, ${kind}: processor time of the same without`,
        value: ratioOf(of(kind, observed), of(kind, "nothing")).median,
      })),
    ),
  };
}

function ratioOf(rounds: readonly Load[], without: readonly Load[]) {
  return figureOf(rounds.map(({ cpuMicros }, i) => cpuMicros / (without[i]?.cpuMicros ?? Number.NaN)));
}
