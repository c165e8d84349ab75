import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { dataOf } from "../ask.ts";
import { WATCHED, watchEventLoop } from "../event-loop.ts";
import type { Call } from "../load.ts";
import type { Options } from "../options.ts";
import { post } from "../queries.ts";
import { type Server, startGateway, startUpstream, type Upstream } from "../servers/start.ts";
import { cellText, type Table } from "../table.ts";
import { CALLS } from "./library-calls.ts";

/*
 * Every question of the query library, every request of the dashboard and every file, to an organization of 100,000 people, with the
 * limits that an operator has who changes none. Each is sent again while that brings it further: a question that stops at its limit
 * goes on from the pages it has stored. No answer is kept, so that each is made from its rows.
 */

const PEOPLE = 100_000;

/** A question is sent at most so often. */
const MAX_SENT = 3;

/** Of a file no more is read: it shows a page and what is between two pages. */
const MAX_BYTES = 6e6;

/** The simulated upstream computes for seconds, which a real one does not. */
const SETTINGS = { RESPONSE_CACHE: "off", OPERATION_TIMEOUT: "600", UPSTREAM_TIMEOUT: "600" };

const COLUMNS = [
  "question",
  "sent",
  "answer",
  "upstream requests",
  "kB",
  "ms",
  "ms of processor",
  "longest pause, ms",
  "MiB at most",
] as const;

const MEMBER = post(
  `{ users(range: { between: { from: "2026-12-01", until: "2026-12-02" } }, first: 1) { nodes { email } } }`,
  {},
);

export async function* library({ questions }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ users: PEOPLE });
  const gateway = await startGateway(upstream, SETTINGS, WATCHED);
  const eventLoop = await watchEventLoop(gateway.process);
  const member = await dataOf<{ users: { nodes: readonly { email: string }[] } }>(gateway.url, MEMBER);
  const email = member.users.nodes[0]?.email ?? "";
  const rows: (string | number)[][] = [];
  let longest = 0;
  const isMeasured = (name: string) =>
    questions.length === 0 || questions.some((beginning) => name.startsWith(beginning));
  for (const { name, call } of CALLS.filter((each) => isMeasured(each.name))) {
    for (let sent = 1, last = ""; sent <= MAX_SENT; sent++) {
      await eventLoop.delays();
      await upstream.requests();
      const { answer, ...figures } = await measured(gateway, upstream, call(email));
      const { max } = await eventLoop.delays();
      longest = Math.max(longest, max);
      const { requests, kB, ms, cpuMs, resident } = figures;
      rows.push([name, sent, answer, requests, kB, ms, cpuMs, max, resident]);
      process.stderr.write(`${rows.at(-1)?.map(cellText).join("  ")}\n`);
      if (answer === last || name.startsWith("export/")) break;
      last = answer;
    }
  }
  eventLoop.close();
  for (const { process } of [gateway, upstream]) process.child.kill();
  yield {
    subject: "library",
    title: `Questions, dashboard and files at ${PEOPLE.toLocaleString("en-US")} people`,
    columns: COLUMNS,
    rows,
    notes: [
      "Upstream requests, processor time and pauses include those of the directory, which is fetched in the background. A question is sent again until its answer no longer changes, at most three times. Of a file, 6 MB are read.",
    ],
    ratios: [{ name: "library: longest pause of the event loop, ms", value: longest, target: { max: 50 } }],
  };
}

const SAMPLE_MS = 20;

async function measured(gateway: Server, upstream: Upstream, { method = "POST", path, headers, body }: Call) {
  let resident = gateway.process.resident();
  const sampling = setInterval(() => {
    resident = Math.max(resident, gateway.process.resident());
  }, SAMPLE_MS);
  const worked = gateway.process.worked();
  const begun = performance.now();
  const response = await request(gateway.url + path, {
    method,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(body === undefined ? {} : { body }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stopped: string | null = null;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (path.startsWith("/export/") && bytes > MAX_BYTES) {
        stopped = "begun";
        break;
      }
    }
  } catch {
    stopped = "broken off"; // a file whose later page failed
  }
  const ms = performance.now() - begun;
  await sleep(SAMPLE_MS); // the pause that ends with the answer is counted too
  clearInterval(sampling);
  return {
    answer: stopped ?? answerOf(response.statusCode, Buffer.concat(chunks).toString()),
    requests: (await upstream.requests()).length,
    kB: bytes / 1_000,
    ms,
    cpuMs: gateway.process.worked() - worked,
    resident: resident / 2 ** 20,
  };
}

/** The codes of the errors of an answer, or `whole`. */
function answerOf(status: number, text: string): string {
  if (status === 200 && !text.startsWith("{")) return "whole";
  const { errors = [] } = JSON.parse(text) as {
    errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  return [...new Set(errors.map(({ extensions }) => extensions.code))].join(", ") || "whole";
}
