/**
 * Measures the export of a year of spend of a large organization: rows, seconds, the gateway's highest memory, and whether the
 * file's total is that of `cost`. Sandbox and gateway are processes of their own; GATEWAY_NODE_OPTIONS are the gateway's.
 *
 *   npx node bench/export.ts [users] [first day]
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "undici";
import { compare, formatDecimal, parseDecimal, plus, ZERO } from "../src/domain/decimal.ts";

const [users = "5000", FROM = "2026-01-01"] = process.argv.slice(2);
/** The whole of 2026 lies within upstream's horizon on its last day. */
const CLOCK = "2026-12-31T12:00:00Z";
const UNTIL = "2027-01-01";

async function start(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [new URL("../gateway.js", import.meta.url).pathname, ...args], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  while (!/http:\/\/[\d.]+:\d+[\s\S]*Try/.test(output))
    output += String((await once(child.stdout, "data"))[0]);
  return { child, url: /http:\/\/[\d.]+:\d+/.exec(output)?.[0] ?? "" };
}

const sandbox = await start([
  "sandbox",
  "--port",
  "0",
  "--users",
  users,
  "--now",
  CLOCK,
  "--rate-limit",
  "off",
]);
const gateway = await start(["serve", "--port", "0"], {
  ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-bench",
  ANTHROPIC_BASE_URL: sandbox.url,
  UPSTREAM_PER_MINUTE: "1000000",
  LOOKUPS_PER_MINUTE: "1000000",
  CLOCK,
  NODE_OPTIONS: process.env.GATEWAY_NODE_OPTIONS ?? "",
});
try {
  const highest = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.child.pid}/status`, "utf8"))?.[1]) / 1024;
  const before = highest();
  const began = performance.now();
  const { statusCode, body, trailers } = await request(
    `${gateway.url}/export/spend.csv?from=${FROM}&until=${UNTIL}`,
    {
      headersTimeout: 0,
      bodyTimeout: 0,
    },
  );
  if (statusCode !== 200) throw new Error(await body.text());
  const hash = createHash("sha256");
  let [rows, bytes, total, line] = [-1, 0, ZERO, ""];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    const lines = (line + chunk.toString()).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) {
      const net = each.split(",").at(-2) ?? "";
      total = plus(total, parseDecimal(net) ?? ZERO);
      rows++;
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  const peak = highest();
  const manifest = JSON.parse(String(trailers["export-manifest"]));
  const answer = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: `{ cost(range: { between: { from: "${FROM}", until: "${UNTIL}" } }, bucket: DAY) { total { net { usd } } } }`,
    }),
  });
  const { data } = (await answer.json()) as { data: { cost: { total: { net: { usd: string } } } } };
  const said = parseDecimal(data.cost.total.net.usd) ?? ZERO;
  process.stdout.write(
    `${JSON.stringify({
      users: Number(users),
      from: FROM,
      until: UNTIL,
      rows,
      megabytes: Math.round(bytes / 2 ** 20),
      seconds: Math.round(seconds),
      rssBeforeMiB: Math.round(before),
      rssPeakMiB: Math.round(peak),
      total: formatDecimal(total),
      totalIsThatOfCost: compare(total, said) === 0,
      manifestAgrees:
        manifest.rows === rows && manifest.sha256 === hash.digest("hex") && manifest.bytes === bytes,
    })}\n`,
  );
} finally {
  gateway.child.kill();
  sandbox.child.kill();
}
