import pMap from "p-map";
import type { Instant } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import type { Upstream, WalkedPage } from "../upstream/upstream.ts";

/** A page of a walk through several windows; `restarted` voids what came before of the same window. */
export interface WindowPage<Row> extends WalkedPage<Row> {
  readonly window: number;
}

/** Where in a walk to begin: a page of a window. */
export interface PagePlace {
  readonly window: number;
  readonly token: string | null;
}

/** The pages of a list that spans windows, in order; from the first one, or from a place. */
export type Walk<Row> = (from: PagePlace | null) => AsyncGenerator<WindowPage<Row>, void, void>;

/** Windows one after the other, each walked to its end. */
export function walkOf<P, Row, W extends object>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row, W>,
  windows: readonly DayRange[],
  paramsOf: (window: DayRange) => P,
): Walk<Row> {
  return async function* (from) {
    for (const [window, range] of windows.entries()) {
      if (from !== null && window < from.window) continue;
      const token = from?.window === window ? from.token : null;
      for await (const page of upstream.pages(endpoint, paramsOf(range), token)) yield { ...page, window };
    }
  };
}

/** The same walk with other rows: split, filtered or dressed, page by page. */
export function mapPages<A, B>(walk: Walk<A>, rowsOf: (page: WindowPage<A>) => readonly B[] | Promise<readonly B[]>): Walk<B> {
  return async function* (from) {
    for await (const page of walk(from)) yield { ...page, rows: await rowsOf(page) };
  };
}

/** Everything a question has to say, read to the end. */
export interface Whole<Row> {
  readonly rows: readonly Row[];
  readonly sources: readonly PageSource[];
}

/** What a page says about its age. */
export interface PageSource {
  readonly watermark: Instant | null;
  readonly fetchedAt: Instant;
}

/** Windows are read side by side, few at a time so that one question leaves room for others. */
const CONCURRENT_WINDOWS = 6;

/** All rows of all windows, window by window. A window that is refreshed while it is read is read again from its start. */
export async function wholeOf<P, Row, W extends object>(
  upstream: Upstream,
  endpoint: Endpoint<P, Row, W>,
  windows: readonly DayRange[],
  paramsOf: (window: DayRange) => P,
): Promise<Whole<Row>> {
  upstream.afford(windows.length);
  const wholes = await pMap(windows, (window) => wholeWindow(upstream, endpoint, paramsOf(window)), { concurrency: CONCURRENT_WINDOWS });
  return { rows: wholes.flatMap((whole) => whole.rows), sources: wholes.flatMap((whole) => whole.sources) };
}

async function wholeWindow<P, Row, W extends object>(upstream: Upstream, endpoint: Endpoint<P, Row, W>, params: P): Promise<Whole<Row>> {
  const pages: WalkedPage<Row>[] = [];
  for await (const page of upstream.pages(endpoint, params)) {
    if (page.restarted) pages.length = 0;
    pages.push(page);
  }
  return { rows: pages.flatMap((page) => page.rows), sources: pages };
}
