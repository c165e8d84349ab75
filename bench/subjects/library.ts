import { readdirSync, readFileSync } from "node:fs";
import { ask } from "../ask.ts";
import { WATCHED, watchEventLoop } from "../event-loop.ts";
import type { Options } from "../options.ts";
import { post } from "../queries.ts";
import { startGateway, startUpstream } from "../servers/start.ts";
import type { Table } from "../table.ts";

/*
 * Every question of the query library to an organization of 100,000 people, with the limits that an operator has who changes none. Twice:
 * from nothing, and from the pages that are then stored. No answer is kept, so that each is made from its rows.
 */

const PEOPLE = 100_000;

/** The simulated upstream computes for seconds, which a real one does not. */
const SETTINGS = { RESPONSE_CACHE: "off", OPERATION_TIMEOUT: "600", UPSTREAM_TIMEOUT: "600" };

const LIBRARY = new URL("../../schema/operations/", import.meta.url);

export async function* library({ questions }: Options): AsyncGenerator<Table> {
  const upstream = await startUpstream({ users: PEOPLE });
  const gateway = await startGateway(upstream, SETTINGS, WATCHED);
  const eventLoop = await watchEventLoop(gateway.process);
  const rows = [];
  let longest = 0;
  const isMeasured = (name: string) =>
    questions.length === 0 || questions.some((beginning) => name.startsWith(beginning));
  for (const file of readdirSync(LIBRARY).filter((name) => name.endsWith(".graphql") && isMeasured(name))) {
    const call = post(readFileSync(new URL(file, LIBRARY), "utf8"), {});
    for (const from of ["nothing", "stored pages"]) {
      await eventLoop.delays();
      const before = gateway.process.worked();
      const { body } = await ask(gateway.url, call);
      const { max } = await eventLoop.delays();
      const cpuMs = gateway.process.worked() - before;
      const requests = (await upstream.requests()).length;
      const resident = gateway.process.resident() / 2 ** 20;
      longest = Math.max(longest, max);
      rows.push([file, from, codesOf(body), requests, body.length / 1_000, cpuMs, max, resident]);
    }
  }
  eventLoop.close();
  for (const { process } of [gateway, upstream]) process.child.kill();
  yield {
    subject: "library",
    title: `The query library at ${PEOPLE.toLocaleString("en-US")} people`,
    columns: [
      "question",
      "from",
      "answer",
      "upstream requests",
      "kB",
      "ms of processor",
      "longest pause, ms",
      "MiB",
    ],
    rows,
    notes: ["Upstream requests include those of the directory, which is fetched in the background."],
    ratios: [{ name: "library: longest pause of the event loop, ms", value: longest, target: { max: 50 } }],
  };
}

/** The codes of the errors of an answer. */
function codesOf(body: string): string {
  const { errors = [] } = JSON.parse(body) as {
    errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  return [...new Set(errors.map(({ extensions }) => extensions.code))].join(", ") || "whole";
}
