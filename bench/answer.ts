import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { hold, seconds, timed } from "../test/load/load.ts";
import { endAll, serve } from "../test/process.ts";
import type { Floor } from "./floor.ts";
import { type Measured, print } from "./print.ts";

/*
 * A cached question through the whole gateway, beside the least that could send its answer: a bare node:http server with the
 * bytes, and yoga over the same schema with the data in hand. They take turns, so that a busy machine is as busy for each.
 */

const CALLERS = 16;
const ROUNDS = 3;
const ROUND_SECONDS = 1.2;
const QUESTIONS = ["01-people-this-week", "03-cost-by-day"];

async function floor(kind: Floor["kind"], body: string): Promise<string> {
  const worker = new Worker(new URL("./floor.ts", import.meta.url), {
    workerData: { kind, body } satisfies Floor,
  });
  const [port] = await once(worker, "message");
  return `http://127.0.0.1:${port}`;
}

const { url } = await serve({ users: 250 });
for (const name of QUESTIONS) {
  const question = readFileSync(new URL(`../schema/operations/${name}.graphql`, import.meta.url), "utf8");
  await timed(url, question);
  const { body } = await timed(url, question);
  const servers: readonly (readonly [string, string])[] = [
    ["node:http, the bytes alone", await floor("bytes", body)],
    ["yoga, the data in hand", await floor("yoga", body)],
    ["the gateway", url],
  ];
  const measured = servers.map(([what]): Measured => ({ what, perSecond: [], p50: [], p99: [] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, [what, address]] of servers.entries()) {
      const { failures, ...figures } = await hold(address, [question], {
        callers: CALLERS,
        until: seconds(ROUND_SECONDS),
      });
      if (failures.length > 0) throw new Error(`${what}: ${failures[0]}`);
      if (round === 0) continue; // warms up
      for (const figure of ["perSecond", "p50", "p99"] as const) measured[i]?.[figure].push(figures[figure]);
    }
  }
  print(`${name}, ${body.length} bytes, ${CALLERS} callers`, measured);
}
endAll();
process.exit(0); // the floors listen on
