import { createHash } from "node:crypto";
import { join } from "node:path";
import { request } from "undici";
import { compare, formatDecimal, parseDecimal, plus, ZERO } from "../../src/domain/decimal.ts";
import type { Process } from "../../test/process.ts";
import { dataOf } from "../ask.ts";
import type { Options } from "../options.ts";
import { post } from "../queries.ts";
import { startGateway, startUpstream } from "../servers/start.ts";
import type { Ratio, Table } from "../table.ts";

/*
 * A file of spend, from upstream and then from the store: rows per second and the memory of the gateway while it streams. Rows, sum and
 * hash are checked against the manifest and against `cost`. EXPORT_USERS, EXPORT_FROM and GATEWAY_NODE_OPTIONS make a larger run,
 * such as a year of 5,000 people with a small heap.
 */

const { EXPORT_USERS = "1000", EXPORT_FROM = "2026-09-01", GATEWAY_NODE_OPTIONS = "" } = process.env;
const UNTIL = "2026-12-01";

export async function* exports({ folder }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ users: Number(EXPORT_USERS) });
  const gateway = await startGateway(upstream, {
    CACHE_URL: `sqlite:${join(folder, "export.db")}`, // exports leave the memory to questions
    MAX_UPSTREAM_REQUESTS: "100000",
    NODE_OPTIONS: GATEWAY_NODE_OPTIONS,
  });
  const before = gateway.process.resident();
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
  const runs = [];
  for (const name of ["from upstream", "from the store", "from the store, again"]) {
    const run = await readFile(gateway.url, gateway.process);
    if (compare(run.total, parseDecimal(net.usd) ?? ZERO) !== 0)
      throw new Error(`the file adds up to ${formatDecimal(run.total)}, and cost to ${net.usd}`);
    runs.push({ name, ...run, requests: (await upstream.requests()).length });
  }
  for (const { process } of [gateway, upstream]) process.child.kill();
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  const last = runs.at(-1);
  yield {
    subject: "export",
    title: `Export: spend of ${Number(EXPORT_USERS).toLocaleString("en-US")} people from ${EXPORT_FROM} on`,
    columns: [
      "",
      "rows",
      "MB",
      "s",
      "rows/s",
      "ms to the first row",
      "MiB before",
      "MiB at most",
      "upstream requests",
    ],
    rows: runs.map(({ name, rows, bytes, seconds, firstMs, resident, requests }) => [
      name,
      rows,
      bytes / 1e6,
      seconds,
      rows / seconds,
      firstMs,
      mebibytes(before),
      mebibytes(Math.max(...resident)),
      requests,
    ]),
    ...(last === undefined ? {} : { ratios: ratiosOf(last) }),
  };
}

interface Run {
  readonly rows: number;
  readonly seconds: number;
  /** Bytes of the gateway's memory while it streamed, in the order of time. */
  readonly resident: readonly number[];
}

function ratiosOf({ rows, seconds, resident }: Run): readonly Ratio[] {
  const half = resident.length >> 1;
  const [first, second] = [resident.slice(0, half), resident.slice(half)];
  return [
    { name: "export from the store, rows/s", value: rows / seconds, target: { min: 50_000 } },
    {
      name: "export, most memory of its second half of that of its first",
      value: Math.max(...second) / Math.max(...first),
      target: { max: 1.1 },
    },
  ];
}

const SAMPLE_MS = 20;

async function readFile(url: string, gateway: Process) {
  const resident = [gateway.resident()];
  const sampling = setInterval(() => resident.push(gateway.resident()), SAMPLE_MS);
  const begun = performance.now();
  const { statusCode, body, trailers } = await request(
    `${url}/export/spend.csv?from=${EXPORT_FROM}&until=${UNTIL}`,
    { headersTimeout: 0, bodyTimeout: 0 },
  );
  if (statusCode !== 200) throw new Error(await body.text());
  const hash = createHash("sha256");
  const chunks: Buffer[] = [];
  let firstMs = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    firstMs ||= performance.now() - begun;
    chunks.push(chunk);
  }
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(sampling);
  for (const chunk of chunks) hash.update(chunk);
  const file = Buffer.concat(chunks);
  // Read when the clock has stopped: the reader is not what is measured.
  const lines = file.toString().split("\n").slice(1, -1);
  const total = lines.reduce(
    (sum, line) => plus(sum, parseDecimal(line.split(",").at(-2) ?? "") ?? ZERO),
    ZERO,
  );
  const manifest = JSON.parse(String(trailers["export-manifest"]));
  const agrees =
    manifest.rows === lines.length &&
    manifest.bytes === file.length &&
    manifest.sha256 === hash.digest("hex");
  if (!agrees) throw new Error("the file is not that of its manifest");
  return { rows: lines.length, bytes: file.length, seconds, firstMs, resident, total };
}
