import type { ReportRow } from "../domain/bucket.ts";
import { spends } from "../domain/money.ts";
import type { DayRange } from "../domain/range.ts";
import type { ReportQuestion } from "../domain/report.ts";
import { usages } from "../domain/tokens.ts";
import type { Endpoint } from "../upstream/endpoint.ts";
import { userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import { collectAll, pagesOf } from "../upstream/pages/iterate.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import { inParts } from "./in-parts.ts";
import { loader } from "./loader.ts";

/** The most ids one report request filters on. */
const MAX_IDS = 100;

/** Spend per Enterprise user id over the range. Null: no spend recorded. */
export const costOfUser = totalsOfUser(userCost, spends.plus);

/** Tokens per Enterprise user id over the range. Null: no usage recorded. */
export const usageOfUser = totalsOfUser(userUsage, usages.plus);

/**
 * One request per month for up to a hundred people; beyond, the whole report where that takes no more requests. The totals carry their
 * endpoint, from which their requests are planned.
 */
function totalsOfUser<Measure>(
  endpoint: Endpoint<ReportQuestion, ReportRow<Measure>>,
  plus: (a: Measure, b: Measure) => Measure,
) {
  const totals = loader(async (ctx, { range }: { range: DayRange }, userIds) => {
    const { ranges } = windowsOf(endpoint, range, ctx.now());
    const questions = await inParts(
      ctx,
      endpoint,
      ranges,
      userIds,
      MAX_IDS,
      (window, ids): ReportQuestion => ({
        range: window,
        bucket: "NONE",
        groupBy: [],
        filter: ids === null ? {} : { USER: ids },
      }),
    );
    const runs = questions.map((question) => pagesOf(ctx.upstream, endpoint, [question]));
    const byUser = new Map<string, Measure>();
    for (const { user, measure } of (await collectAll(runs)).rows) {
      if (user === null) continue;
      const before = byUser.get(user.userId);
      byUser.set(user.userId, before === undefined ? measure : plus(before, measure));
    }
    return byUser;
  });
  return Object.assign(totals, { endpoint });
}
