import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "csv-parse/sync";

/**
 * Floor of an export: node:http alone, which writes rows that it holds in memory as NDJSON, a thousand at a time, with JSON.stringify.
 *
 *   node bench/servers/rows.ts FILE.csv
 */
const rows = parse(readFileSync(process.argv[2] ?? ""), { columns: true }) as object[];
const ROWS_AT_ONCE = 1_000;

const server = createServer(async (_, response) => {
  response.writeHead(200, { "content-type": "application/x-ndjson; charset=utf-8" });
  for (let begin = 0; begin < rows.length; begin += ROWS_AT_ONCE) {
    const lines = rows.slice(begin, begin + ROWS_AT_ONCE).map((row) => `${JSON.stringify(row)}\n`);
    if (!response.write(lines.join(""))) await once(response, "drain");
  }
  response.end();
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`Try: http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
