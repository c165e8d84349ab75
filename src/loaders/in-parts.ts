import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { PEOPLE_PER_PAGE, peopleBeyondAPage } from "./sizes.ts";

/**
 * The questions about some people, for each piece of the days: one while they fit into a filter of `most` ids; beyond, one for each
 * part of them, or the whole list (`ask` is given null), whichever takes fewer requests. The whole list is read where nothing is
 * known of how long it is. Throws TOO_EXPENSIVE where they are more than one operation may ask, and then asks none.
 */
export async function inParts<P, Row, Piece>(
  ctx: Context,
  endpoint: Endpoint<P, Row>,
  ranges: readonly Piece[],
  ids: readonly string[],
  most: number,
  ask: (window: Piece, ids: readonly string[] | null) => P,
): Promise<P[]> {
  const { upstream } = ctx;
  const parts = partsOf(ids.toSorted(), most);
  const pages = parts.length > 1 && !upstream.isUnbounded ? await pagesOfFullList(ctx, endpoint) : 1;
  const isComplete = parts.length === 0 || (parts.length > 1 && parts.length >= pages);
  const questions = ranges.flatMap((window) =>
    isComplete ? [ask(window, null)] : parts.map((part) => ask(window, part)),
  );
  await requireBudget(ctx, endpoint, questions, isComplete ? pages : 1);
  return questions;
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
  const kept = await Promise.all(questions.map((params) => upstream.peek(endpoint, params, null)));
  const requests = kept.filter((page) => page === null).length * each;
  if (requests <= upstream.maxRequests) return;
  throw new GatewayError(
    "TOO_EXPENSIVE",
    `Reading ${endpoint.dataset} for these people takes at least ${requests} upstream requests, and one operation may make ${upstream.maxRequests}; query a shorter range or fewer people at once.`,
    { dataset: endpoint.dataset, requests },
  );
}
