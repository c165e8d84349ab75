import { type Finality, leastSettled } from "../cache/policy.ts";
import type { Context } from "../context.ts";
import { addDays } from "../domain/day.ts";
import type { SpendAmounts } from "../domain/money.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { activityDays } from "../loaders/activity/days.ts";
import { userActivity } from "../upstream/endpoints/users.ts";
import { windowsOf } from "../upstream/pages/windows.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { refuseParent } from "./children.ts";
import { costReport } from "./cost.ts";
import { sumOf } from "./ranking.ts";
import { answerBy } from "./report/answer.ts";
import { likelyPlan, plansFor, type ReportPlans } from "./report/plan.ts";
import { readReport } from "./report/read.ts";
import type { ReportSource } from "./report/report.ts";
import { requestsOfReport } from "./report/requests.ts";
import { activePeople } from "./seats.ts";

/** Cost of the Enterprise organization's usage, beside its active people in the same days. */
export interface UnitCost {
  /** The reports the cost is from. */
  readonly by: ReportSource<SpendAmounts>;
  readonly range: DayRange;
  /** Null: upstream has no figures. */
  readonly cost: SpendAmounts | null;
  /** Different people. */
  readonly activeUsers: number;
  /** Days of activity, counted per person and added; null where not measured. */
  readonly activeUserDays: number | null;
  readonly state: Finality;
}

/** The unit cost of the days that upstream has counted activity of; it is planned as if those were all that are over. */
export const unitCost = {
  async read(ctx: Context, requested: DayRange): Promise<UnitCost> {
    const days = await activityDays.read(ctx, requested);
    const last = days.at(-1);
    if (last === undefined)
      throw new GatewayError("NOT_YET_AVAILABLE", "Upstream has not counted any of these days yet.", {
        dataset: "ACTIVITY_SUMMARIES",
      });
    const range = { from: requested.from, until: addDays(last.date, 1) };
    const [people, cost] = await Promise.all([activePeople.read(ctx, range), costOf(ctx, range)]);
    const daily = days.map(({ all }) => all.daily);
    const states = [...days, ...people.sources, ...cost.sources].map(({ state }) => state);
    return {
      by: cost.by,
      range,
      cost: cost.spend,
      activeUsers: people.rows.length,
      // No day is in another, so that a person's days are added, not people.
      activeUserDays: daily.reduce(
        (sum, users) => (sum === null || users === null ? null : sum + users),
        0 as number | null,
      ),
      state: leastSettled(states),
    };
  },
  requests(ctx: Context, requested: DayRange): readonly FieldRequests[] {
    const { range } = windowsOf(userActivity, requested, ctx.now());
    const plan = likelyPlan(ctx.upstream, plansOf(ctx, range));
    return [
      activityDays.requests(ctx, range),
      activePeople.requests(ctx, range),
      requestsOfReport(plan, null),
    ];
  },
};

function plansOf(ctx: Context, range: DayRange): ReportPlans<SpendAmounts> {
  const { upstream, now } = ctx;
  refuseParent(ctx, "ENTERPRISE", "its cost is that of its children, and its active people are its own");
  const question = { range, bucket: "DAY", groupBy: [], filter: {} } as const;
  return plansFor(upstream, costReport, { organization: "ENTERPRISE", source: "AUTO" }, question, now());
}

async function costOf(ctx: Context, range: DayRange) {
  const { upstream } = ctx;
  const plans = plansOf(ctx, range);
  return answerBy(upstream, plans, async (plan) => {
    const read = await readReport(upstream, plan);
    return {
      by: plan.source,
      spend: sumOf(
        plan.algebra,
        read.rows.map(({ measure }) => measure),
      ),
      sources: read.sources,
    };
  });
}
