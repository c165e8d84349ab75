import { finalityOf } from "../../cache/policy.ts";
import type { Context } from "../../context.ts";
import { addDays } from "../../domain/day.ts";
import { type DayRange, oneDay } from "../../domain/range.ts";
import { GatewayError } from "../../errors.ts";
import { activitySummaries } from "../../upstream/endpoints/summaries.ts";
import { collect, mapPages, pagesOf } from "../../upstream/pages/iterate.ts";
import { type SettlingDay, settling } from "./settling-day.ts";

export async function summaries({ upstream }: Context, range: DayRange): Promise<readonly SettlingDay[]> {
  const run = mapPages(pagesOf(upstream, activitySummaries, [{ range }]), ({ rows, asOf }) =>
    rows.map((day) => settling(day, finalityOf("activity", oneDay(day.date), asOf))),
  );
  return (await collect(run)).rows;
}

/**
 * Returns the result of `ask` for the range, or for as much of it as upstream has aggregated. Upstream states its newest day
 * only when it rejects a later one.
 */
export async function untilNewest<T>(range: DayRange, ask: (range: DayRange) => Promise<T>): Promise<T> {
  try {
    return await ask(range);
  } catch (fault) {
    const newest = fault instanceof GatewayError ? fault.details.newestDay : undefined;
    if (newest === undefined || newest < range.from) throw fault;
    return ask({ from: range.from, until: addDays(newest, 1) });
  }
}
