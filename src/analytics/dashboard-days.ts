import type { Context } from "../context.ts";
import type { Dataset } from "../domain/dataset.ts";
import { addDays, type Day } from "../domain/day.ts";
import type { ThreadTurn } from "../domain/pieces.ts";
import { type DayRange, oneDay } from "../domain/range.ts";
import type { Ratio } from "../domain/ratio.ts";
import { loader } from "../loaders/loader.ts";
import { artifactsOn, everyoneOn } from "../loaders/people.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import type { Collected } from "../upstream/pages/iterate.ts";
import { earliestDay } from "../upstream/pages/windows.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { memberCode } from "./dashboard-code.ts";
import { artifactFigures, chatFigures } from "./dashboard-people.ts";

/** The chat of each UTC day, its artifacts in every product, and its Claude Code by members. */
export const chatOn = figuresOn(everyoneOn, chatFigures);
export const artifactFiguresOn = figuresOn(artifactsOn, artifactFigures);
export const memberCodeOn = figuresOn(everyoneOn, memberCode);

/** The rows of each day, with their plan. */
interface RowsOfDays<Row> {
  (
    ctx: Context,
    params: Record<never, never>,
  ): {
    loadMany(days: readonly string[]): Promise<(Collected<Row> | Error | null)[]>;
  };
  readonly dataset: Dataset;
  readonly requests: (days: readonly DayRange[]) => FieldRequests;
}

/** Figures of each day's rows, computed once for all fields that show them, with the plan of the rows. */
function figuresOn<Row, Figures extends object>(
  rowsOn: RowsOfDays<Row>,
  figuresOf: (rows: readonly Row[], turn: ThreadTurn) => Promise<Figures>,
) {
  const figures = loader(async (ctx, _params: Record<never, never>, days) => {
    const collected = await rowsOn(ctx, {}).loadMany(days);
    const byDay = new Map<string, Figures | Error>();
    for (const [i, day] of days.entries()) {
      const whole = collected[i];
      if (whole === null || whole === undefined) continue;
      byDay.set(day, whole instanceof Error ? whole : await figuresOf(whole.rows, ctx.upstream.turn));
    }
    return byDay;
  });
  const { dataset, requests } = rowsOn;
  return Object.assign(figures, { dataset, requests });
}

/** One figure of a day and of the day before. The day before is requested when it is selected. */
export interface DayFigure {
  /** Null: not measured, or a ratio to nothing. */
  readonly value: Ratio | null;
  /** Null: no day before is covered. */
  readonly before: (() => Promise<Ratio | null>) | null;
}

export async function dayFigure(
  { now }: Context,
  date: Day,
  valueOn: (day: Day) => Promise<Ratio | null>,
): Promise<DayFigure> {
  const yesterday = addDays(date, -1);
  const isCovered = yesterday >= earliestDay(userActivity, now());
  return { value: await valueOn(date), before: isCovered ? () => valueOn(yesterday) : null };
}

/** Plans the requests of the days before some days, where they are covered. */
export function requestsOfDaysBefore(
  { requests }: Pick<RowsOfDays<unknown>, "requests">,
  days: readonly DayRange[],
  { now }: Context,
): FieldRequests {
  const earliest = earliestDay(userActivity, now());
  const before = days.map(({ from }): DayRange => oneDay(addDays(from, -1)));
  return requests(before.filter(({ from }) => from >= earliest));
}
