import type { Context } from "../context.ts";
import type { ReportRow } from "../domain/bucket.ts";
import { spends } from "../domain/money.ts";
import type { DayRange } from "../domain/range.ts";
import type { ReportQuestion } from "../domain/report.ts";
import { usages } from "../domain/tokens.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import { type CollectedPages, collectAll, collectHeld, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { requestsUnlessStored } from "../upstream/plan.ts";
import { inParts } from "./in-parts.ts";
import { answersByKey, loaderUnlessHeld } from "./loader.ts";
import { pageIndex } from "./page-index.ts";

/** The most ids one report request filters on. */
const MAX_IDS = 100;

/** Spend per Enterprise user id over the range. Null: no spend recorded. */
export const costOfUser = totalsOfUser(userCost, spends.plus);

/** Tokens per Enterprise user id over the range. Null: no usage recorded. */
export const usageOfUser = totalsOfUser(userUsage, usages.plus);

/**
 * Sums the totals of months: the whole report of a month where it is stored, is final or takes no more requests, else one request per
 * hundred people. The totals carry the plan of their requests.
 */
function totalsOfUser<Measure>(
  endpoint: Endpoint<ReportQuestion, ReportRow<Measure>>,
  plus: (a: Measure, b: Measure) => Measure,
) {
  const ask = (range: DayRange, ids: readonly string[] | null): ReportQuestion => ({
    range,
    bucket: "NONE",
    groupBy: [],
    filter: ids === null ? {} : { USER: ids },
  });
  const byUser = pageIndex(({ user, measure }: ReportRow<Measure>, _: typeof endpoint) =>
    user === null ? [] : [[user.userId, measure] as const],
  );
  const totalIn = (indexes: readonly ReturnType<typeof byUser>[], id: string): Measure | null => {
    let total: Measure | null = null;
    for (const index of indexes)
      for (const measure of index.get(id) ?? []) total = total === null ? measure : plus(total, measure);
    return total;
  };
  const indexesOf = ({ pages }: Pick<CollectedPages<ReportRow<Measure>>, "pages">) =>
    pages.map((rows) => byUser(rows, endpoint));
  const totals = loaderUnlessHeld(
    async (ctx, { range }: { range: DayRange }, userIds) => {
      const { ranges } = windowsOf(endpoint, range, ctx.now());
      const list = { endpoint, most: MAX_IDS, isSharedOnceFinal: true, ask } as const;
      const questions = await inParts(ctx, list, ranges, userIds);
      const runs = questions.map((question) => pagesOf(ctx.upstream, endpoint, [question]));
      const indexes = indexesOf(await collectAll(runs));
      return answersByKey(userIds, (id) => totalIn(indexes, id));
    },
    (ctx, { range }) => {
      const { ranges } = windowsOf(endpoint, range, ctx.now());
      const whole = ranges.map((window) => ask(window, null));
      const held = collectHeld(ctx.upstream, endpoint, whole);
      if (held === null) return null;
      const indexes = indexesOf(held);
      return (id) => totalIn(indexes, id);
    },
  );
  const requests = (range: DayRange, ctx: Context) =>
    requestsUnlessStored(endpoint, range, ctx, (window) => ask(window, null));
  return Object.assign(totals, { endpoint, requests });
}
