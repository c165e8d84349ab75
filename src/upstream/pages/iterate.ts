import pMap from "p-map";
import type { Endpoint } from "../endpoint.ts";
import type { Upstream } from "../upstream.ts";
import type { Page } from "./page.ts";
import type { UpstreamPage } from "./page-run.ts";

/** A page of a page run over several windows; `restarted` voids the earlier pages of the same window. */
export interface WindowPage<Row> extends UpstreamPage<Row> {
  readonly window: number;
}

/** A place in a page run to begin at: a page of a window. */
interface PagePlace {
  readonly window: number;
  readonly token: string | null;
}

/** The pages of a list that spans windows, in order; from the first one, or from a place. */
export type PageRun<Row> = (from: PagePlace | null) => AsyncGenerator<WindowPage<Row>, void, void>;

/** One question after the other, each walked to its end; a window is the question's place in the list. */
export function pagesOf<P, Row>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
): PageRun<Row> {
  return async function* (from) {
    for (const [window, params] of questions.entries()) {
      if (from !== null && window < from.window) continue;
      const token = from?.window === window ? from.token : null;
      for await (const page of upstream.pages(endpoint, params, token)) yield { ...page, window };
    }
  };
}

/** Maps the rows of a page run (splits, filters or converts them), page by page. */
export function mapPages<A, B>(
  run: PageRun<A>,
  rowsOf: (page: WindowPage<A>) => readonly B[] | Promise<readonly B[]>,
): PageRun<B> {
  return async function* (from) {
    for await (const page of run(from)) yield { ...page, rows: await rowsOf(page) };
  };
}

/** Rows that were already read, as a page run with one page per window. */
export function pagesOfRows<Row>(
  windows: readonly {
    readonly rows: readonly Row[];
    readonly about: PageProvenance;
  }[],
): PageRun<Row> {
  return async function* (from) {
    for (const [window, { rows, about }] of windows.entries()) {
      if (from === null || window >= from.window)
        yield { ...about, rows, window, token: null, next: null, restarted: false };
    }
  };
}

/** Everything a question has to say, read to the end. */
export interface Collected<Row> {
  readonly rows: readonly Row[];
  readonly sources: readonly PageProvenance[];
}

/** Age of a page, as upstream states it. */
export type PageProvenance = Pick<
  Page<unknown>,
  "watermark" | "fetchedAt" | "asOf" | "range" | "state" | "stale"
>;

/** Few at a time, so that one question leaves room for others. */
const CONCURRENT_RUNS = 6;

/** Collects all rows of all page runs in their order; they are read concurrently. */
export async function collectAll<Row>(runs: readonly PageRun<Row>[]): Promise<Collected<Row>> {
  const collected = await pMap(runs, collect, { concurrency: CONCURRENT_RUNS });
  return {
    rows: collected.flatMap(({ rows }) => rows),
    sources: collected.flatMap(({ sources }) => sources),
  };
}

/** Collects each page run, concurrently; the failure of one does not affect the others. */
export function collectEach<Row>(runs: readonly PageRun<Row>[]): Promise<(Collected<Row> | Error)[]> {
  return pMap(runs, (run) => collect(run).catch((fault: Error) => fault), { concurrency: CONCURRENT_RUNS });
}

/** Collects one page run. A window that is refreshed while it is read is read again, and its earlier pages are dropped. */
export async function collect<Row>(run: PageRun<Row>): Promise<Collected<Row>> {
  let pages: WindowPage<Row>[] = [];
  for await (const page of run(null)) {
    if (page.restarted) pages = pages.filter((before) => before.window !== page.window);
    pages.push(page);
  }
  return { rows: pages.flatMap(({ rows }) => rows), sources: pages };
}
