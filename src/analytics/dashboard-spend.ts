import type { Context } from "../context.ts";
import type { ReportUser } from "../domain/bucket.ts";
import { NO_MONEY, type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { DayRange } from "../domain/range.ts";
import { type Ratio, ratioOf } from "../domain/ratio.ts";
import type { Dimension } from "../domain/report.ts";
import type { FieldRequests } from "../upstream/plan.ts";
import { costReport } from "./cost.ts";
import { TOP } from "./dashboard-people.ts";
import { type FreshnessState, freshnessOf } from "./freshness.ts";
import { answerBy } from "./report/answer.ts";
import { refuseLateExport } from "./report/exported-days.ts";
import { likelyPlan, plansFor, type ReportPlans } from "./report/plan.ts";
import type { GatewayRow, ReportChoice, Source } from "./report/report.ts";
import { requestsOfReport } from "./report/requests.ts";
import { rankReport } from "./report-analysis.ts";

/** Spend of the organization over a range, by model. */
export interface SpendFigures {
  readonly range: DayRange;
  readonly total: SpendAmounts;
  readonly models: readonly ModelSpend[];
  readonly source: Source;
  readonly organization: OrganizationKind;
  readonly freshness: FreshnessState;
}

export interface ModelSpend {
  /** Null: what no model is behind, such as code execution. */
  readonly model: string | null;
  readonly cost: SpendAmounts;
  /** Of the organization's net total; null where that is zero. */
  readonly share: Ratio | null;
}

/** A person and the cost of their usage. */
export interface Spender {
  readonly user: ReportUser;
  readonly cost: SpendAmounts;
  readonly share: Ratio | null;
}

export interface TopSpenders extends Omit<SpendFigures, "models"> {
  readonly spenders: readonly Spender[];
}

/** Figures over a range, with their plan. */
export interface SpendOverRange<Figures> {
  readonly read: (ctx: Context, choice: ReportChoice, range: DayRange) => Promise<Figures>;
  readonly requests: (ctx: Context, choice: ReportChoice, range: DayRange) => readonly FieldRequests[];
}

/** Totals are added up from the models, so that both are one question to upstream; every source keeps all of them. */
export const spendOver: SpendOverRange<SpendFigures> = {
  async read(ctx, choice, range) {
    const { rows, ...about } = await answered(ctx, choice, range, "MODEL");
    const total = totalOf(rows, about);
    const models = rows.map(({ model, measure }) => ({
      model,
      cost: measure,
      share: shareOf(measure, total),
    }));
    return { ...about, total, models };
  },
  requests: (ctx, choice, range) => [requestsBy(ctx, choice, range, "MODEL")],
};

/** The people who spent most; shares are of the same organization's total, by the same source. */
export const topSpenders: SpendOverRange<TopSpenders> = {
  async read(ctx, choice, range) {
    const { rows, ...about } = await answered(ctx, choice, range, "USER");
    const { total } = await spendOver.read(ctx, about, range);
    const spenders = rows.flatMap(({ user, measure }): Spender[] =>
      user === null ? [] : [{ user, cost: measure, share: shareOf(measure, total) }],
    );
    return { ...about, total, spenders: spenders.slice(0, TOP) };
  },
  requests: (ctx, choice, range) => [
    requestsBy(ctx, choice, range, "USER"),
    ...spendOver.requests(ctx, choice, range),
  ],
};

type Answer = Omit<SpendFigures, "total" | "models"> & { readonly rows: readonly GatewayRow<SpendAmounts>[] };

function answered(
  ctx: Context,
  choice: ReportChoice,
  range: DayRange,
  dimension: Dimension,
): Promise<Answer> {
  return answerBy(ctx.upstream, plansBy(ctx, choice, range, dimension), async (plan) => {
    const { ranked, sources } = await rankReport(ctx, plan);
    const { source, organization } = plan.source;
    const freshness = freshnessOf(plan.resource.endpoint.dataset, sources);
    const rows = ranked.map(({ row }) => row);
    if (rows.length === 0 && plan.resource.endpoint.watermarked && freshness.refreshedAt === null)
      refuseLateExport(freshness.source, range.from, ctx.now());
    return { range: plan.windows.range, source, organization, freshness, rows };
  });
}

function requestsBy(
  ctx: Context,
  choice: ReportChoice,
  range: DayRange,
  dimension: Dimension,
): FieldRequests {
  return requestsOfReport(likelyPlan(ctx.upstream, plansBy(ctx, choice, range, dimension)), null);
}

function plansBy(
  { upstream, now }: Context,
  choice: ReportChoice,
  range: DayRange,
  dimension: Dimension,
): ReportPlans<SpendAmounts> {
  const question = { range, bucket: "NONE", groupBy: [dimension], filter: {} } as const;
  return plansFor(upstream, costReport, choice, question, now());
}

/** Without a row nothing was spent; the Console's older report has neither list prices nor requests even then. */
function totalOf(
  rows: readonly GatewayRow<SpendAmounts>[],
  { organization, source }: Pick<Answer, "organization" | "source">,
): SpendAmounts {
  const isUnpriced = organization === "CONSOLE" && source === "LEGACY";
  const nothing = isUnpriced
    ? { net: NO_MONEY, list: null, requests: null }
    : { net: NO_MONEY, list: NO_MONEY, requests: 0 };
  const [first = nothing, ...rest] = rows.map(({ measure }) => measure);
  return rest.reduce(spends.plus, first);
}

function shareOf(part: SpendAmounts, whole: SpendAmounts): Ratio | null {
  return ratioOf(part.net.cents, whole.net.cents);
}
