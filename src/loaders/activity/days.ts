import type { Context } from "../../context.ts";
import { addDays, type Day } from "../../domain/day.ts";
import { type DayRange, splitByDay } from "../../domain/range.ts";
import { activitySummaries } from "../../upstream/endpoints/summaries.ts";
import { windowsOf } from "../../upstream/pages/windows.ts";
import type { FieldRequests } from "../../upstream/plan.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { loader } from "../loader.ts";
import { isRecent, lastDays, newestDayRequests } from "./last-days.ts";
import { withSeats } from "./seats.ts";
import { type SettlingDay, settling } from "./settling-day.ts";
import { summaries, untilNewest } from "./summaries.ts";

/**
 * The days of the range that upstream has aggregated, oldest first. What is kept of final days is not requested again: the
 * others are one request, from the first that is missing to the last.
 */
export const activityDays = {
  async read(ctx: Context, requested: DayRange): Promise<readonly SettlingDay[]> {
    const { range } = windowsOf(activitySummaries, requested, ctx.now());
    const days = splitByDay(range);
    const kept = await Promise.all(days.map((day) => ctx.upstream.kept(activitySummaries, { range: day })));
    const span = spanOf(days.filter((_, i) => kept[i] === null));
    const found = kept.flatMap((page) => page?.rows ?? []).map((day) => settling(day, "FINAL"));
    if (span === null) return found;
    const others = await untilNewest(span, (range) => summaries(ctx, range));
    const all = [...found.filter(({ date }) => date < span.from || date >= span.until), ...others];
    const newest = all.findLast(({ isSeated }) => isSeated) ?? null;
    return all
      .map((day) => (day.isSeated || newest === null ? day : withSeats(day, newest)))
      .sort((a, b) => (a.date < b.date ? -1 : 1));
  },
  requests(ctx: Context, requested: DayRange): FieldRequests {
    const { range } = windowsOf(activitySummaries, requested, ctx.now());
    const kept = async (upstream: Upstream) => {
      const days = splitByDay(range);
      const pages = await Promise.all(
        days.map((day) => upstream.peek(activitySummaries, { range: day }, null)),
      );
      const span = spanOf(days.filter((_, i) => pages[i]?.state !== "FINAL"));
      const isComplete =
        span === null || (await upstream.peek(activitySummaries, { range: span }, null)) !== null;
      return { rows: 0, isComplete };
    };
    const name = `ACTIVITY_SUMMARIES from ${range.from} until ${range.until}`;
    return { plans: [{ endpoint: activitySummaries, range, name, kept }], enough: null };
  },
};

/** From the first of some days to the last; null where there are none. They come oldest first. */
function spanOf(days: readonly DayRange[]): DayRange | null {
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? null : { from: first.from, until: last.until };
}

/**
 * The summary of each day, with its plan; null where upstream has none. One request for all, which recent days share with
 * `lastDays`.
 */
export const summaryOfDay = Object.assign(
  loader(async (ctx, _params: Record<never, never>, keys) => {
    const days = (keys as readonly Day[]).toSorted();
    const [first, last] = [days[0] as Day, days.at(-1) as Day];
    const found = await (isRecent(first, ctx)
      ? lastDays(ctx)
      : activityDays.read(ctx, { from: first, until: addDays(last, 1) }));
    return new Map(found.map((day): [string, SettlingDay] => [day.date, day]));
  }),
  {
    dataset: activitySummaries.dataset,
    requests(days: readonly DayRange[], ctx: Context): readonly FieldRequests[] {
      const span = spanOf(days);
      if (span === null) return [];
      return [isRecent(span.from, ctx) ? newestDayRequests(ctx) : activityDays.requests(ctx, span)];
    },
  },
);
