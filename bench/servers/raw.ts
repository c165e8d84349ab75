import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Floor: node:http alone, which reads each request to its end and sends the same bytes.
 *
 *   node bench/servers/raw.ts FILE
 */
const body = readFileSync(process.argv[2] ?? "");

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, {
      "content-type": "application/graphql-response+json; charset=utf-8",
      "content-length": body.length,
    });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`Try: http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
