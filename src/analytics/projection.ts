import { type Finality, leastSettled } from "../cache/policy.ts";
import { addMonths, dayOf, startOf, startOfMonth } from "../domain/day.ts";
import { projected } from "../domain/measures.ts";
import type { MoneyAmount, SpendAmounts } from "../domain/money.ts";
import { type DayRange, daysIn, splitByDay } from "../domain/range.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { stateBy } from "./analysis/finality.ts";
import { sumOf } from "./ranking.ts";
import type { ReportPlan } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import type { ReportSource } from "./report/report.ts";

/** Projects the total of a month that is not over from its days so far. */
export interface Projection {
  /** The organization and the reports of the answer. */
  readonly by: ReportSource<SpendAmounts>;
  /** The whole month. */
  readonly month: DayRange;
  /** Its days that are whole: final or settling. */
  readonly wholeDays: number;
  /** The total of those days; null where upstream has no figures for any. */
  readonly soFar: SpendAmounts | null;
  readonly net: MoneyAmount | null;
  readonly list: MoneyAmount | null;
  /** Of the days counted. */
  readonly state: Finality;
}

/** By the days of the plan's range, which are those of one month. Days without usage are whole days of nothing. */
export async function projectionOf(upstream: Upstream, plan: ReportPlan<SpendAmounts>): Promise<Projection> {
  const { rows, sources } = await readReport(upstream, plan);
  const stateAt = stateBy(plan.resource.endpoint.subject, sources);
  const spanOf = ({ from, until }: DayRange) => ({ from: startOf(from), until: startOf(until) });
  const whole = splitByDay(plan.windows.range).filter((day) => stateAt(spanOf(day)) !== "OPEN");
  const days = new Set(whole.map(({ from }) => from));
  const counted = rows.filter(({ from }) => days.has(dayOf(from)));
  const soFar = sumOf(
    plan.algebra,
    counted.map(({ measure }) => measure),
  );
  const first = startOfMonth(plan.windows.range.from);
  const month = { from: first, until: addMonths(first, 1) };
  const over = (money: MoneyAmount | null) => money && projected(money, whole.length, daysIn(month));
  return {
    by: plan.source,
    month,
    wholeDays: whole.length,
    soFar,
    net: over(soFar?.net ?? null),
    list: over(soFar?.list ?? null),
    state: leastSettled(whole.map((day) => stateAt(spanOf(day)))),
  };
}
