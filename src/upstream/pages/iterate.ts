import pMap from "p-map";
import type { Endpoint } from "../endpoint.ts";
import type { Upstream } from "../upstream.ts";
import { MANY_ROWS, type Page } from "./page.ts";
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

/**
 * The pages of a list that spans windows, in order; from the first one, or from a place. A reader that stops after `wanted` rows says
 * so, and windows that these rows need can be requested together.
 */
export interface PageRun<Row> {
  (from: PagePlace | null, wanted?: number): AsyncGenerator<WindowPage<Row>, void, void>;
  /** Returns its page where it has no other and this process holds it; null: the run has to read. */
  readonly onlyPage?: () => WindowPage<Row> | null;
}

/** One question after the other, each walked to its end; a window is the question's place in the list. */
export function pagesOf<P, Row>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
): PageRun<Row> {
  const heldPage = (params: P, window: number): WindowPage<Row> | null => {
    const page = upstream.onlyPages(endpoint, [params])?.[0];
    return page === undefined ? null : { ...page, window };
  };
  const run: PageRun<Row> = async function* (from) {
    for (const [window, params] of questions.entries()) {
      if (from !== null && window < from.window) continue;
      const token = from?.window === window ? from.token : null;
      const held = token === null ? heldPage(params, window) : null;
      if (held === null)
        for await (const page of upstream.pages(endpoint, params, token)) yield { ...page, window };
      else {
        if (held.rows.length >= MANY_ROWS) await upstream.turn();
        yield held;
      }
    }
  };
  const [only, ...others] = questions;
  if (only === undefined || others.length > 0) return run;
  return Object.assign(run, { onlyPage: () => heldPage(only, 0) });
}

/** Maps the rows of a page run (splits, filters or converts them), page by page. */
export function mapPages<A, B>(
  run: PageRun<A>,
  rowsOf: (page: WindowPage<A>) => readonly B[] | Promise<readonly B[]>,
): PageRun<B> {
  return async function* (from, wanted) {
    for await (const page of run(from, wanted)) yield { ...page, rows: await rowsOf(page) };
  };
}

/** One window of a list, by the run that reads it. */
export interface WindowRun<Row> {
  readonly run: PageRun<Row>;
  readonly days: number;
}

/**
 * Joins windows into one run of pages. Those that the wanted rows need are requested together, by how many rows a day has: `rowsPerDay`,
 * or more where more were read. Fewer rows are not expected of later windows, since use grows. A window that may not be needed is requested only when its turn comes.
 */
export function joined<Row>(windows: readonly WindowRun<Row>[], rowsPerDay: number): PageRun<Row> {
  return async function* (from, wanted = 0) {
    const begun = new Map<number, BegunRun<Row>>();
    let read = { rows: 0, days: 0 };
    try {
      for (const [window, { days }] of windows.entries()) {
        if (from !== null && window < from.window) continue;
        const perDay = read.rows > 0 ? Math.max(rowsPerDay, read.rows / read.days) : rowsPerDay;
        let expected = read.rows;
        for (let ahead = window; ahead === window || expected < wanted; ahead++) {
          const next = windows[ahead];
          if (next === undefined) break;
          const place = ahead === from?.window ? { window: 0, token: from.token } : null;
          begun.getOrInsertComputed(ahead, () => begin(next.run(place)));
          expected += perDay * next.days;
        }
        let rows = 0;
        for await (const page of pagesOfBegun(begun.get(window))) {
          rows = page.rows.length + (page.restarted ? 0 : rows);
          yield { ...page, window };
        }
        begun.delete(window);
        read = { rows: read.rows + rows, days: read.days + days };
      }
    } finally {
      for (const { run } of begun.values()) run.return().catch(() => {}); // the reader has enough
    }
  };
}

/** A run of pages and its first one, which is being read. */
interface BegunRun<Row> {
  readonly run: ReturnType<PageRun<Row>>;
  readonly first: Promise<IteratorResult<WindowPage<Row>, void>>;
}

function begin<Row>(run: ReturnType<PageRun<Row>>): BegunRun<Row> {
  const first = run.next();
  first.catch(() => {}); // thrown where its turn comes
  return { run, first };
}

async function* pagesOfBegun<Row>(begun: BegunRun<Row> | undefined) {
  if (begun === undefined) return;
  for (let next = await begun.first; next.done !== true; next = await begun.run.next()) yield next.value;
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

/** Everything that page runs have to say, with the rows of each page: those of a kept page are one array for all its readers. */
export interface CollectedPages<Row> extends Collected<Row> {
  readonly pages: readonly (readonly Row[])[];
}

/** Age of a page, as upstream states it. */
export type PageProvenance = Pick<
  Page<unknown>,
  "watermark" | "fetchedAt" | "asOf" | "range" | "state" | "stale"
>;

/** The days of a month, or the months of two years; the budget of requests leaves room for other callers. */
const CONCURRENT_RUNS = 32;

/** Collects all rows of all page runs in their order; they are read concurrently. */
export async function collectAll<Row>(runs: readonly PageRun<Row>[]): Promise<CollectedPages<Row>> {
  const held = runs.map((run) => run.onlyPage?.() ?? null);
  const read = async (run: PageRun<Row>, i: number) => held[i] ?? (await pagesIn(run));
  const pages = held.includes(null) ? await pMap(runs, read, { concurrency: CONCURRENT_RUNS }) : held;
  return collected(pages.flatMap((each) => each ?? []));
}

/** Collects each page run, concurrently; the failure of one does not affect the others. */
export function collectEach<Row>(runs: readonly PageRun<Row>[]): Promise<(Collected<Row> | Error)[]> {
  return pMap(runs, (run) => collect(run).catch((fault: Error) => fault), { concurrency: CONCURRENT_RUNS });
}

/** Collects the pages of questions that have one each, where this process holds all of them; null: they have to be read. */
export function collectHeld<P, Row>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
): CollectedPages<Row> | null {
  const pages = upstream.onlyPages(endpoint, questions);
  return pages && collected(pages.map((page, window) => ({ ...page, window })));
}

/** Collects one page run. A window that is refreshed while it is read is read again, and its earlier pages are dropped. */
export async function collect<Row>(run: PageRun<Row>): Promise<CollectedPages<Row>> {
  const held = run.onlyPage?.() ?? null;
  return collected(held === null ? await pagesIn(run) : [held]);
}

async function pagesIn<Row>(run: PageRun<Row>): Promise<readonly WindowPage<Row>[]> {
  let pages: WindowPage<Row>[] = [];
  for await (const page of run(null)) {
    if (page.restarted) pages = pages.filter((before) => before.window !== page.window);
    pages.push(page);
  }
  return pages;
}

/** Puts the rows into one list only where that is read: an index of each page needs none. */
function collected<Row>(sources: readonly WindowPage<Row>[]): CollectedPages<Row> {
  const pages = sources.map(({ rows }) => rows);
  let all: readonly Row[] | null = null;
  return {
    get rows() {
      all ??= pages.length === 1 ? (pages[0] ?? []) : pages.flat();
      return all;
    },
    pages,
    sources,
  };
}
