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
 * What `ask` says of the range, or of as much of it as upstream has aggregated. Upstream states nowhere else which day is the
 * newest, but in the refusal of one that is too new.
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
