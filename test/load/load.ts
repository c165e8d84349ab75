import { loadavg } from "node:os";
import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { queryLibrary } from "../../src/server/documents/query-library.ts";

/**
 * Questions of the query library that any gateway of the sandbox answers: one about the caller is refused to a caller without an
 * address, one about children to an organization that is no parent, and one about revisions without a store that outlives the gateway.
 */
export const QUESTIONS = queryLibrary().filter(
  (text) => !/^query (My\w+|CostByChild|Revisions)\b/m.test(text),
);

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
  readonly ms: number;
}

/** A question put to a gateway, timed to the last byte of its answer. */
export async function timed(
  url: string,
  query: string,
  dispatcher?: Agent,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const begun = performance.now();
  const { statusCode, headers, body } = await request(`${url}/graphql`, {
    ...(dispatcher === undefined ? {} : { dispatcher }),
    method: "POST",
    headers: { "content-type": "application/json", ...more },
    body: JSON.stringify({ query }),
    headersTimeout: 60_000,
  });
  const text = await body.text();
  const retryAfter = headers["retry-after"]?.toString();
  return { status: statusCode, retryAfter, body: text, ms: performance.now() - begun };
}

export interface Figures {
  readonly answers: number;
  readonly perSecond: number;
  /** What went wrong, in the words of whoever noticed. */
  readonly failures: readonly string[];
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** `callers` that ask one question after the other, each beginning elsewhere in the list, until `until` says that it is over. */
export async function hold(
  url: string,
  questions: readonly string[],
  {
    callers,
    until,
    pauseMs = 0,
    headers = {},
  }: {
    callers: number;
    until: () => boolean;
    pauseMs?: number;
    headers?: Readonly<Record<string, string>>;
  },
): Promise<Figures> {
  const agent = new Agent({ connections: callers });
  const latency = createHistogram();
  const failures: string[] = [];
  let answers = 0;
  const begun = performance.now();
  const call = async (first: number) => {
    for (let i = first; !until(); i++) {
      try {
        const { status, body, ms } = await timed(url, questions[i % questions.length] ?? "", agent, headers);
        latency.record(Math.max(1, Math.round(ms * 1_000)));
        answers++;
        if (status !== 200 || body.includes('"errors"')) failures.push(`${status} ${body.slice(0, 200)}`);
      } catch (fault) {
        failures.push(String(fault));
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, i) => call(i)));
  const seconds = (performance.now() - begun) / 1_000;
  await agent.close();
  const ms = (percentile: number) => Math.round(latency.percentile(percentile) / 100) / 10;
  return {
    answers,
    perSecond: Math.round(answers / seconds),
    failures,
    p50: ms(50),
    p95: ms(95),
    p99: ms(99),
  };
}

/** For so many seconds from now. */
export function seconds(length: number): () => boolean {
  const end = performance.now() + length * 1_000;
  return () => performance.now() > end;
}

export const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** A figure of docs/testing/load.md, with how busy the machine was beside it. */
export function report(number: number, figure: string): void {
  process.stdout.write(`${number}: ${figure} (load ${loadavg()[0]?.toFixed(1)})\n`);
}
