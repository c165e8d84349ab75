import type { Context } from "../context.ts";
import { addDays, type Day, dayOf } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { walkOf, whole } from "../upstream/walk.ts";

/** Those of the days that upstream has aggregated; `days` come oldest first. */
export async function aggregatedDays(ctx: Context, days: readonly DayRange[]): Promise<readonly DayRange[]> {
  const newest = await newestDay(ctx, days);
  return days.filter((day) => day.from <= newest);
}

/** Upstream aggregates a day some time on the next; after two it surely has. */
const AGGREGATION_DAYS = 2;

/** How far back the newest day is looked for: exports have been late by days. */
const REACH_DAYS = 5;

/**
 * The newest of the days that upstream has. It states that nowhere but in its list of daily totals, and answers a day asked for
 * too early with an error, so days of the last two are looked up first.
 */
async function newestDay({ upstream, now }: Context, days: readonly DayRange[]): Promise<Day> {
  const last = days.at(-1)?.from ?? dayOf(now());
  const settled = addDays(dayOf(now()), -AGGREGATION_DAYS);
  if (last < settled) return last;
  const range = { from: addDays(settled, -REACH_DAYS), until: dayOf(now()) };
  const { rows } = await whole(walkOf(upstream, activitySummaries, [{ range }]));
  return rows.at(-1)?.date ?? addDays(range.from, -1);
}
