import { createHistogram } from "node:perf_hooks";
import autocannon from "autocannon";
import type { Process } from "../test/process.ts";

/** One request of a load. */
export interface Call {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server and the requests it gets. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly server: Process;
  /** The `i`-th request of a connection's turn. */
  readonly call: (i: number) => Call;
  readonly status?: number;
}

export interface Load {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time the server spends on one answer, all its threads included. */
  readonly cpuMicros: number;
  /** Share of its core that the server used; far below 1 the load generator is the limit. */
  readonly busy: number;
}

const CONNECTIONS = 16;

/** Code is compiled by how often it runs: so many answers, or so much work of the server where an answer is long. */
const WARM = { answers: 20_000, workedMs: 2_000 } as const;

/** Sends requests until the server is warm, however slow the machine is. */
export async function warmUp(target: Target): Promise<Load> {
  const worked = target.server.worked();
  for (let answers = 0; ; ) {
    const figures = await load(target, { seconds: 0.5 });
    answers += figures.answers;
    if (answers >= WARM.answers || target.server.worked() - worked >= WARM.workedMs) return figures;
  }
}

/** Before each measurement: the caches of the machine hold the server before. */
const RETURN_SECONDS = 0.3;

/** Sends requests for so many seconds, after some that do not count. Throws as `load` does. */
export async function loadOfRound(target: Target, { seconds }: { readonly seconds: number }): Promise<Load> {
  await load(target, { seconds: RETURN_SECONDS });
  return load(target, { seconds });
}

/** Of so many answers one is searched for errors: to search all would make the load generator slower than the server. */
const EACH_CHECKED = 8;

/**
 * Sends requests for so many seconds, each connection one after the other, and for longer if too few are answered. Throws if an answer
 * has another status, or errors in it.
 */
export async function load(
  target: Target,
  { seconds, connections = CONNECTIONS }: { readonly seconds: number; readonly connections?: number },
): Promise<Load> {
  const { name, url, server, call, status = 200 } = target;
  const micros = createHistogram();
  let [next, answers] = [0, 0];
  let wrong: string | null = null;
  const [worked, begun] = [server.worked(), performance.now()];
  const { promise: done, resolve } = Promise.withResolvers<autocannon.Result>();
  const running = autocannon(
    {
      url,
      connections,
      duration: seconds,
      sampleInt: 100,
      timeout: 60,
      requests: [
        {
          setupRequest: (request) => {
            const { method = "POST", path, headers, body } = call(next++);
            return { ...request, method, path, headers: { ...headers }, body };
          },
          onResponse: (code, text) => {
            if (code !== status) wrong = `status ${code}`;
            else if (answers % EACH_CHECKED === 0 && text.includes('"errors":')) wrong = text.slice(-500);
          },
        },
      ],
    },
    (_fault, result) => resolve(result),
  );
  running.on("response", (_client, _code, _bytes, ms) => {
    answers++;
    micros.record(Math.max(1, Math.round(ms * 1_000)));
  });
  const { errors, timeouts } = await done;
  const elapsedMs = performance.now() - begun;
  const cpuMs = server.worked() - worked;
  if (wrong !== null) throw new Error(`${name}: ${wrong}`);
  if (errors + timeouts > 0) throw new Error(`${name}: ${errors} errors, ${timeouts} timeouts`);
  if (answers < connections) return load(target, { seconds: 4 * seconds, connections });
  return {
    answers,
    perSecond: (answers / elapsedMs) * 1_000,
    p50: micros.percentile(50) / 1_000,
    p99: micros.percentile(99) / 1_000,
    cpuMicros: (cpuMs / answers) * 1_000,
    busy: cpuMs / elapsedMs,
  };
}
