/** @module-tag deep */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { ask, endAll, run, urlIn } from "../process.ts";
import { PATHS } from "../wire.ts";
import { GOOD_PAGE, WEEK } from "./faults.ts";
import { answer } from "./socket.ts";

afterEach(endAll);

const MIB = 2 ** 20;
const PEOPLE = `{ users(${WEEK}) { nodes { userId } } }`;

/** Sends 300 MiB of blanks, as fast as they are taken and until nobody takes them. */
function pour(response: ServerResponse): void {
  pipeline(Readable.from(blanks()), response).catch(() => {});
}

function* blanks() {
  for (let i = 0; i < 300; i++) yield Buffer.alloc(MIB, " ");
}

/** Compressed beforehand: on a busy machine that takes longer than an upstream request may. A body may have several members. */
const GZIPPED_MIB = gzipSync(Buffer.alloc(MIB, " "));

const BODIES: [string, RegExp, number, (response: ServerResponse) => void][] = [
  [
    "300 MB without an end",
    /more than the gateway reads/,
    1,
    (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      pour(response);
    },
  ],
  [
    "300 MB that say how long they are",
    /more than the gateway reads/,
    1,
    (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": `${300 * MIB}` });
      pour(response);
    },
  ],
  [
    "300 MB that are an error",
    /more than the gateway reads/,
    1,
    (response) => {
      response.writeHead(500, { "content-type": "application/json" });
      pour(response);
    },
  ],
  [
    "300 MB in 300 kB of gzip",
    /more than the gateway reads/,
    1,
    (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      for (let i = 0; i < 300; i++) response.write(GZIPPED_MIB);
      response.end();
    },
  ],
];

describe.skipIf(process.platform !== "linux")("a body of", () => {
  test.each(BODIES)(
    "%s is refused, and memory grows by less than 250 MB",
    async (_what, message, attempts, send) => {
      let requests = 0;
      let isBad = false;
      const upstream = createServer((request, response) => {
        if (!request.url?.startsWith(PATHS.users) || !isBad) return void answer(response, GOOD_PAGE);
        requests++;
        send(response);
      }).listen(0, "127.0.0.1");
      await once(upstream, "listening");
      try {
        const gateway = run(["serve", "--port", "0"], {
          ANTHROPIC_ANALYTICS_KEY: "sk-ant-api01-any",
          ANTHROPIC_BASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
          CLOCK: "2026-11-22T12:00:00Z",
          FRESH_TTL: "0",
        });
        const url = urlIn(await gateway.printed("Try:"));
        await ask(url, PEOPLE);
        const before = peakMemory(gateway.child.pid);
        isBad = true;
        // Another question, so that nothing older can stand in.
        const other = PEOPLE.replace("2026-11-01", "2026-11-02");
        const started = performance.now();
        const { errors } = await ask(url, other);
        const ms = performance.now() - started;
        expect(errors?.[0]?.message).toMatch(message);
        expect(requests).toBe(attempts);
        const growth = peakMemory(gateway.child.pid) - before;
        if (process.env.FIGURES)
          process.stdout.write(`${_what}: ${Math.round(ms)} ms, +${Math.round(growth / 1e6)} MB\n`);
        expect(growth).toBeLessThan(250e6);
        isBad = false;
        expect((await ask(url, other)).errors).toBeUndefined();
      } finally {
        upstream.closeAllConnections();
        upstream.close();
      }
    },
  );
});

/** The most memory the process has had, in bytes. */
function peakMemory(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}
