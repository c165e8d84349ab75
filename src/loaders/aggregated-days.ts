import type { Context } from "../context.ts";
import type { ActivityDay } from "../domain/activity.ts";
import { addDays, type Day, dayOf, later } from "../domain/day.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { activitySummaries } from "../upstream/endpoints/summaries.ts";
import { walkOf, whole } from "../upstream/walk.ts";
import { earliestDay } from "../upstream/windows.ts";

/** Those of the days that upstream has aggregated; `days` come oldest first. */
export async function aggregatedDays(ctx: Context, days: readonly DayRange[]): Promise<readonly DayRange[]> {
  const last = days.at(-1)?.from ?? dayOf(ctx.now());
  if (last < addDays(dayOf(ctx.now()), -AGGREGATION_DAYS)) return days;
  const newest = (await lastDays(ctx)).at(-1)?.date;
  return newest === undefined ? [] : days.filter((day) => day.from <= newest);
}

/** Upstream aggregates a day some time on the next; after two it surely has. */
const AGGREGATION_DAYS = 2;

/** How far back the newest day is looked for: exports have been late by days. */
const REACH_DAYS = 7;

/**
 * The summaries of the last days there are. Upstream states nowhere else which day is the newest it has aggregated, but in the
 * refusal of one that is too new.
 */
export async function lastDays(ctx: Context): Promise<readonly ActivityDay[]> {
  try {
    return await summariesUntil(ctx, dayOf(ctx.now()));
  } catch (fault) {
    const newest = fault instanceof GatewayError ? fault.details.newestDay : undefined;
    if (newest === undefined) throw fault;
    return summariesUntil(ctx, addDays(newest, 1));
  }
}

async function summariesUntil(ctx: Context, until: Day): Promise<readonly ActivityDay[]> {
  const from = later(addDays(until, -REACH_DAYS), earliestDay(activitySummaries, ctx.now()));
  if (from >= until) return [];
  return (await whole(walkOf(ctx.upstream, activitySummaries, [{ range: { from, until } }]))).rows;
}
