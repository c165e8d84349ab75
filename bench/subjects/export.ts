import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { zstdDecompressSync } from "node:zlib";
import { request } from "undici";
import { compare, formatDecimal, parseDecimal, plus, ZERO } from "../../src/domain/decimal.ts";
import { ask, dataOf } from "../ask.ts";
import { WATCHED, watchEventLoop } from "../event-loop.ts";
import type { Options } from "../options.ts";
import { post } from "../queries.ts";
import { type Server, startGateway, startRows, startUpstream } from "../servers/start.ts";
import type { Ratio, Table } from "../table.ts";

/*
 * A file of spend, from upstream and then from the store, beside a server that writes the same rows from memory: rows per second,
 * processor time, memory while it streams, and what other callers notice. Rows, sum and hash are checked against the manifest and
 * against `cost`. EXPORT_USERS, EXPORT_FROM and GATEWAY_NODE_OPTIONS make a larger run, such as a year of 5,000 people with a small heap.
 */

const { EXPORT_USERS = "1000", EXPORT_FROM = "2026-09-01", GATEWAY_NODE_OPTIONS = "" } = process.env;
const UNTIL = "2026-12-01";
const PATH = `/export/spend.csv?from=${EXPORT_FROM}&until=${UNTIL}`;

/** The first reads from upstream. */
const WAYS = ["from upstream", "from the store", "from the store, again", "from the store, zstd"] as const;

/** Finds its rows in the store: its figures are those of the ratios. */
const STORED = "from the store, again";

export async function* exports({ folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ users: Number(EXPORT_USERS) });
  const settings = {
    CACHE_URL: `sqlite:${join(folder, "export.db")}`, // exports leave the memory to questions
    MAX_UPSTREAM_REQUESTS: "100000",
    NODE_OPTIONS: GATEWAY_NODE_OPTIONS,
  };
  const gateway = await startGateway(upstream, settings, WATCHED);
  const eventLoop = await watchEventLoop(gateway.process);
  const { net } = (
    await dataOf<{ cost: { total: { net: { usd: string } } } }>(
      gateway.url,
      post(
        `{ cost(range: { between: { from: "${EXPORT_FROM}", until: "${UNTIL}" } }, bucket: DAY) { total { net { usd } } } }`,
        {},
      ),
    )
  ).cost.total;
  await upstream.requests();
  const alone = await latencies(gateway, (done) => done >= 200);
  const file = join(folder, "export.csv");
  let floor: Server | null = null;
  const runs = [];
  for (const name of WAYS) {
    await eventLoop.delays();
    const run = await readFile(gateway, name.endsWith("zstd") ? "zstd" : null);
    const delay = await eventLoop.delays();
    if (compare(run.total, parseDecimal(net.usd) ?? ZERO) !== 0)
      throw new Error(`the file adds up to ${formatDecimal(run.total)}, and cost to ${net.usd}`);
    if (floor === null) {
      writeFileSync(file, run.file);
      floor = await startRows(file);
      await measured(floor, "/"); // warms up
    }
    const { file: _, ...figures } = run;
    runs.push({
      name,
      ...figures,
      delay,
      floor: await measured(floor, "/"),
      requests: await upstream.requests(),
    });
  }
  const beside = await besideExport(gateway);
  eventLoop.close();
  for (const { process } of [gateway, upstream, ...(floor === null ? [] : [floor])]) process.child.kill();
  yield {
    subject: "export",
    title: `Export: spend of ${Number(EXPORT_USERS).toLocaleString("en-US")} people from ${EXPORT_FROM} on`,
    columns: [
      "",
      "rows",
      "MB",
      "s",
      "rows/s",
      "µs of processor a row",
      "x rows from memory",
      "ms to the first row",
      "MiB, first half",
      "MiB, second half",
      "event loop blocked, ms",
      "upstream requests",
    ],
    rows: runs.map(({ name, rows, bytes, seconds, cpuMs, firstMs, resident, requests, delay, floor }) => [
      name,
      rows,
      bytes / 1e6,
      seconds,
      rows / seconds,
      (cpuMs * 1_000) / rows,
      cpuMs / floor.cpuMs,
      firstMs,
      ...halvesOf(resident).map((half) => half / 2 ** 20),
      delay.max,
      requests.length,
    ]),
    notes: [
      `A query for \`__typename\`: p99 ${alone.p99.toFixed(1)} ms with nothing beside it, ${beside.p99.toFixed(1)} ms beside an export from the store (${beside.count} queries).`,
      "Processor time counts all threads: SQLite's and those that decompress pages. The rows from memory are written with JSON.stringify.",
    ],
    ratios: runs.flatMap((run) => ratiosOf(run)),
  };
}

interface Run {
  readonly name: string;
  readonly rows: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly floor: { readonly cpuMs: number; readonly seconds: number };
  /** Bytes of the gateway's memory while it streamed, in the order of time. */
  readonly resident: readonly number[];
}

/** The most memory of the first half of the time and of the second. */
function halvesOf(resident: readonly number[]): readonly [number, number] {
  const half = resident.length >> 1;
  return [Math.max(...resident.slice(0, half)), Math.max(...resident.slice(half))];
}

function ratiosOf({ name, rows, seconds, cpuMs, floor, resident }: Run): readonly Ratio[] {
  const [first, second] = halvesOf(resident);
  const memory: Ratio = {
    name: `export ${name}, most memory of its second half of that of its first`,
    value: second / first,
    target: { max: 1.1 },
  };
  if (name !== STORED) return name.endsWith("zstd") ? [memory] : [];
  return [
    { name: `export ${name}, rows/s`, value: rows / seconds, target: { min: 50_000 } },
    { name: `export ${name}, rows/s of rows from memory`, value: floor.seconds / seconds },
    { name: `export ${name}, processor time of rows from memory`, value: cpuMs / floor.cpuMs },
    memory,
  ];
}

const SAMPLE_MS = 20;

/** Reads a body to its end. Nothing is done with it before the clock has stopped: the reader is not what is measured. */
async function measured({ url, process }: Server, path: string, coding: string | null = null) {
  const resident = [process.resident()];
  const sampling = setInterval(() => resident.push(process.resident()), SAMPLE_MS);
  const worked = process.worked();
  const begun = performance.now();
  const { statusCode, body, trailers } = await request(url + path, {
    headersTimeout: 0,
    bodyTimeout: 0,
    headers: coding === null ? {} : { "accept-encoding": coding },
  });
  if (statusCode !== 200) throw new Error(await body.text());
  const chunks: Buffer[] = [];
  let firstMs = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    firstMs ||= performance.now() - begun;
    chunks.push(chunk);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const cpuMs = process.worked() - worked;
  clearInterval(sampling);
  return { seconds, cpuMs, firstMs, resident, trailers, body: Buffer.concat(chunks) };
}

async function readFile(gateway: Server, coding: "zstd" | null) {
  const { trailers, body, ...figures } = await measured(gateway, PATH, coding);
  const file = coding === null ? body : zstdDecompressSync(body);
  const lines = file.toString().split("\n").slice(1, -1);
  const total = lines.reduce(
    (sum, line) => plus(sum, parseDecimal(line.split(",").at(-2) ?? "") ?? ZERO),
    ZERO,
  );
  const manifest = JSON.parse(String(trailers["export-manifest"]));
  const agrees =
    manifest.rows === lines.length &&
    manifest.bytes === file.length &&
    manifest.sha256 === createHash("sha256").update(file).digest("hex");
  if (!agrees) throw new Error("the file is not that of its manifest");
  return { rows: lines.length, bytes: body.length, ...figures, file, total };
}

const PAUSE_MS = 2;

/** Sends a trivial query again and again, one at a time, until `isEnough`. */
async function latencies(gateway: Server, isEnough: (done: number) => boolean) {
  const query = post("{ __typename }", {});
  const times: number[] = [];
  while (!isEnough(times.length)) {
    times.push((await ask(gateway.url, query)).ms);
    await sleep(PAUSE_MS);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { count: times.length, p99: sorted[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

async function besideExport(gateway: Server) {
  let isOver = false;
  const file = measured(gateway, PATH).finally(() => {
    isOver = true;
  });
  const beside = await latencies(gateway, () => isOver);
  await file;
  return beside;
}
