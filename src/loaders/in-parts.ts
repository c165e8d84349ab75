import pMap from "p-map";
import { finalityOf } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { keptPart } from "../upstream/plan.ts";
import { PEOPLE_PER_PAGE, peopleBeyondAPage, peopleFitIntoAPage } from "./sizes.ts";

/** A list about people that upstream can filter by their ids. */
export interface ListOfPeople<P, Row, Piece> {
  readonly endpoint: Endpoint<P, Row>;
  /** The most ids of one filter. */
  readonly most: number;
  /** Its rows are small, one for each person: a final list that fits into a page is read whole, once for all questions. */
  readonly isSharedOnceFinal?: true;
  /** Returns the question about some people; null: about all of them. */
  readonly ask: (window: Piece, ids: readonly string[] | null) => P;
}

/**
 * Returns the questions about some people, for each piece of the days. The whole list is read where it is stored, where it is final
 * and fits into a page, so that it serves every later question, or where it takes fewer requests than the parts. Otherwise each part
 * of the ids that fits into a filter is one question. The whole list is also read where its length is unknown and the ids do not
 * fit into one filter. Throws TOO_EXPENSIVE where they are more than one operation may ask, and then asks none.
 */
export async function inParts<P, Row, Piece>(
  ctx: Context,
  list: ListOfPeople<P, Row, Piece>,
  ranges: readonly Piece[],
  ids: readonly string[],
): Promise<P[]> {
  const { upstream } = ctx;
  const { endpoint, ask } = list;
  const parts = partsOf(ids.toSorted(), list.most);
  const pages = parts.length > 1 && !upstream.isUnbounded ? await pagesOfFullList(ctx, endpoint) : 1;
  const isComplete = parts.length === 0 || (parts.length > 1 && parts.length >= pages);
  const questionsOf = (window: Piece, isWhole: boolean) =>
    isComplete || isWhole ? [ask(window, null)] : parts.map((part) => ask(window, part));
  const stored = await pMap(
    ranges,
    async (window) => (await keptPart(upstream, endpoint, ask(window, null))).isComplete,
    { concurrency: CONCURRENT_LOOKS },
  );
  const most = ranges.flatMap((window, i) => questionsOf(window, stored[i] === true));
  await requireBudget(ctx, endpoint, most, isComplete ? pages : 1);
  if (isComplete || !list.isSharedOnceFinal || upstream.isUnbounded) return most;
  const questions = await Promise.all(
    ranges.map(async (window, i) =>
      questionsOf(window, stored[i] === true || (await isShared(ctx, endpoint, ask(window, null)))),
    ),
  );
  return questions.flat();
}

/** Windows that are looked up at once: each may be read from the shared store. */
const CONCURRENT_LOOKS = 16;

/** True if the whole list is final and one request reads it. Makes that request. */
async function isShared<P, Row>(
  { upstream, now }: Context,
  endpoint: Endpoint<P, Row>,
  whole: P,
): Promise<boolean> {
  if (!peopleFitIntoAPage(upstream) || upstream.sizeOf(endpoint.dataset).pages > 1) return false;
  if (finalityOf(endpoint.subject, endpoint.rangeOf(whole), now()) !== "FINAL") return false;
  // Fewer people may be known than these days have: the first page shows it, and the operation holds that page.
  for await (const { next } of upstream.pages(endpoint, whole)) return next === null;
  return false;
}

/** None where the filter has no room for any. */
function partsOf(ids: readonly string[], most: number): readonly (readonly string[])[] {
  if (most < 1) return [];
  return Array.from({ length: Math.ceil(ids.length / most) }, (_, i) => ids.slice(i * most, (i + 1) * most));
}

/** Returns the number of pages of the whole list of people, as far as it is known. */
async function pagesOfFullList<P, Row>(ctx: Context, { dataset }: Endpoint<P, Row>): Promise<number> {
  const people = await peopleBeyondAPage(ctx);
  return Math.max(1, ctx.upstream.sizeOf(dataset).pages, Math.ceil((people ?? 0) / PEOPLE_PER_PAGE));
}

async function requireBudget<P, Row>(
  { upstream }: Context,
  endpoint: Endpoint<P, Row>,
  questions: readonly P[],
  each: number,
): Promise<void> {
  if (upstream.isUnbounded || questions.length * each <= upstream.maxRequests) return;
  const begun = await Promise.all(
    questions.map(
      async (params) =>
        (await upstream.peek(endpoint, params, null)) !== null ||
        (await upstream.rowsInColumns(endpoint, params)) !== null,
    ),
  );
  const requests = begun.filter((isBegun) => !isBegun).length * each;
  if (requests <= upstream.maxRequests) return;
  throw new GatewayError(
    "TOO_EXPENSIVE",
    `Reading ${endpoint.dataset} for these people takes at least ${requests} upstream requests, and one operation may make ${upstream.maxRequests}; query a shorter range or fewer people at once.`,
    { dataset: endpoint.dataset, requests },
  );
}
