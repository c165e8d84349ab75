import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { afterEach, expect, test } from "vitest";
import { endAll, type Process, serve } from "../process.ts";
import { type Answer, hold, mebibytes, QUESTIONS, report, seconds, timed } from "./load.ts";

afterEach(endAll);

const CALLERS = 400;

/** How many answers there are of each status. */
function statuses(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Everyone on a connection of their own, at the same moment. */
async function atOnce(url: string, callers: number): Promise<Answer[]> {
  const agent = new Agent({ connections: callers });
  const ask = (i: number) => timed(url, QUESTIONS[i % QUESTIONS.length] ?? "", agent);
  const answers = await Promise.all(Array.from({ length: callers }, (_, i) => ask(i)));
  await agent.close();
  return answers;
}

async function isHealthy(url: string): Promise<void> {
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await timed(url, "{ __typename }")).status).toBe(200);
}

test("70: four hundred callers at once, nothing kept, are all answered", async () => {
  const { url } = await serve({ users: 100 });
  const answers = await atOnce(url, CALLERS);
  const slowest = Math.round(Math.max(...answers.map(({ ms }) => ms)));
  report(70, `${JSON.stringify(statuses(answers))}, the last after ${slowest} ms`);
  expect(statuses(answers)).toEqual({ 200: CALLERS });
  expect(answers.filter(({ body }) => body.includes('"errors"'))).toEqual([]);
  await isHealthy(url);
});

test("70: callers beyond what the gateway takes at once get a time to come back, and can", async () => {
  const { url } = await serve({ users: 100, latencyMs: 300, settings: { MAX_CONCURRENT: "100" } });
  const answers = await atOnce(url, CALLERS);
  report(70, `with room for 100: ${JSON.stringify(statuses(answers))}`);
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(100);
  expect(refused.length).toBeGreaterThan(0);
  expect(statuses(answers)).toEqual({ 200: answers.length - refused.length, 503: refused.length });
  for (const { retryAfter, body } of refused) {
    expect(retryAfter).toBe("1");
    expect(JSON.parse(body).errors[0].extensions).toEqual({ code: "OVERLOADED", retryAfter: 1 });
  }
  await isHealthy(url);
});

/** A request written by hand, so that it can stop anywhere. */
async function begin(url: string, text: string, part = 1): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text.slice(0, Math.ceil(text.length * part)));
  return socket;
}

function post(query: string): string {
  const body = JSON.stringify({ query });
  return `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** As many as before anybody came, or two that the runtime keeps for itself. */
async function descriptorsAre({ descriptors }: Process, base: number): Promise<void> {
  await expect.poll(descriptors, { timeout: 60_000, interval: 200 }).toBeLessThanOrEqual(base + 2);
}

test("71: three hundred clients that vanish in the middle leave nothing behind", async () => {
  const { gateway, url } = await serve({ users: 100, latencyMs: 1_000, settings: { FRESH_TTL: "0" } });
  await timed(url, "{ __typename }", new Agent({ pipelining: 0 }));
  await sleep(1_000);
  const base = gateway.descriptors();
  const before = gateway.resident();
  const clients = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      begin(url, post(QUESTIONS[i % QUESTIONS.length] ?? ""), [0.1, 0.6, 1][i % 3]),
    ),
  );
  await expect.poll(gateway.descriptors).toBeGreaterThanOrEqual(base + 300);
  for (const client of clients) client.destroy();
  await isHealthy(url);
  await descriptorsAre(gateway, base + 10); // connections to upstream are kept for a while
  report(
    71,
    `vanished: descriptors ${base}, ${gateway.descriptors()}; MiB ${[before, gateway.resident()].map(mebibytes)}`,
  );
});

const ASSETS = new URL("../../dist/web/assets/", import.meta.url);

/** The largest file of the pages, four times on a connection: more than the system takes for a reader that takes nothing. */
function largeRequests(): string {
  const sizes = readdirSync(ASSETS).map((name) => ({ name, size: statSync(new URL(name, ASSETS)).size }));
  const [largest] = sizes.sort((a, b) => b.size - a.size);
  expect(largest?.size).toBeGreaterThan(2_000_000);
  return `GET /assets/${largest?.name} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(4);
}

/** Clients that ask for much and take none of it. */
async function stalled(url: string, readers: number): Promise<Socket[]> {
  const text = largeRequests();
  return Promise.all(Array.from({ length: readers }, async () => (await begin(url, text)).pause()));
}

test("71: beside sixty readers that take nothing of their answers others are served", async () => {
  const { gateway, url } = await serve({ users: 100 });
  await timed(url, "{ __typename }", new Agent({ pipelining: 0 }));
  await sleep(1_000);
  const base = gateway.descriptors();
  // Few enough for each to be kept before it is timed.
  const others = () => hold(url, QUESTIONS.slice(0, 8), { callers: 4, until: seconds(2), pauseMs: 10 });
  await others(); // fills the cache
  const alone = await others();
  const before = gateway.resident();
  const readers = await stalled(url, 60);
  await sleep(2_000); // the system has taken of each answer what it takes
  const { p95, failures, answers } = await others();
  const growth = gateway.resident() - before;
  report(
    71,
    `slow readers: others' p95 ${p95} ms of ${answers}, ${alone.p95} ms before; +${mebibytes(growth)} MiB`,
  );
  expect(failures).toEqual([]);
  // What they were sent is one file: its bytes are not held for each.
  expect(growth).toBeLessThan(120 * 2 ** 20);
  for (const reader of readers) reader.destroy();
  await descriptorsAre(gateway, base + 10); // connections to upstream are kept for a while
});

test("clients that send or take nothing for long are cut off", async () => {
  const { gateway, url } = await serve({ settings: { OPERATION_TIMEOUT: "1" } });
  await timed(url, "{ __typename }", new Agent({ pipelining: 0 }));
  await sleep(500);
  const base = gateway.descriptors();
  const readers = await stalled(url, 20);
  const cut = async (part: number) => {
    const begun = performance.now();
    await once((await begin(url, post("{ __typename }"), part)).resume(), "close");
    return Math.round(performance.now() - begun);
  };
  const [headers, body] = await Promise.all([cut(0.1), cut(0.95)]);
  expect(headers).toBeLessThan(20_000);
  expect(body).toBeLessThan(20_000);
  await descriptorsAre(gateway, base + 1);
  report(28, `cut off: headers after ${headers} ms, body after ${body} ms`);
  for (const reader of readers) reader.destroy();
});
