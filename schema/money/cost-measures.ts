import { leftOutOf, withChildIds } from "../../src/analytics/children.ts";
import { costReport } from "../../src/analytics/cost.ts";
import { nameOf } from "../../src/analytics/organizations.ts";
import { type Projection as ProjectionShape, projectionOf } from "../../src/analytics/projection.ts";
import { answerBy } from "../../src/analytics/report/answer.ts";
import { likelyPlan, plansFor, type ReportPlans } from "../../src/analytics/report/plan.ts";
import type { ReportChoice } from "../../src/analytics/report/report.ts";
import { requestsOfReport } from "../../src/analytics/report/requests.ts";
import { type UnitCost as UnitCostShape, unitCost } from "../../src/analytics/unit-cost.ts";
import type { Context } from "../../src/context.ts";
import { moneyPer } from "../../src/domain/measures.ts";
import type { SpendAmounts } from "../../src/domain/money.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { DerivedMoney, Spend, spendOnly } from "../framework/money.ts";
import { enterpriseArg, ofEnterprise, ofOrganization, organizationArg } from "../framework/organization.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { warnChildren } from "../framework/selection.ts";
import { CostFilter } from "./cost.ts";
import { choiceOf, type ReportArgs, SourceEnum } from "./report-args.ts";
import { alternativesOf, reportFilterOf } from "./report-filter.ts";

/** The organization and the reports that a figure is made of. */
interface Sourced {
  readonly by: ReportChoice;
}

const organizationField = {
  description: "Organization of the figures, by the name that `organization` arguments take.",
  resolve: ({ by }: Sourced, _args: object, ctx: Context) => nameOf(ctx, by.organization),
} as const;

const sourceField = {
  type: SourceEnum,
  description: "Reports of the organization that the cost is from.",
  resolve: ({ by }: Sourced) => by.source,
} as const;

const UnitCost = builder.objectRef<UnitCostShape>("UnitCost").implement({
  description:
    "Cost of usage per active person. The cost covers all usage of the Enterprise organization, including usage without a person.",
  fields: (t) => ({
    organization: t.string(organizationField),
    source: t.field(sourceField),
    range: t.expose("range", {
      type: ResolvedRange,
      description: "Days of the range that upstream has counted activity for; all figures cover these days.",
    }),
    cost: t.expose("cost", {
      type: Spend,
      nullable: true,
      description: "Cost of all usage. Exact; additive. Null: upstream has no figures.",
    }),
    activeUsers: t.expose("activeUsers", {
      type: "Count",
      description: "Different people with any activity. Recounted exactly over the range; not additive.",
    }),
    activeUserDays: t.expose("activeUserDays", {
      type: "Count",
      nullable: true,
      description:
        "Person-days with activity: two people on three days are six. The sum of `dailyActiveUsers`, which excludes people active only in Claude Tag. Exact; additive over days. Null: not measured.",
    }),
    netPerActiveUser: t.field({
      type: DerivedMoney,
      nullable: true,
      description: "`cost.net` divided by `activeUsers`. Null: no active people, or no figures.",
      resolve: ({ cost, activeUsers }) => cost && moneyPer(cost.net, activeUsers),
    }),
    netPerActiveUserDay: t.field({
      type: DerivedMoney,
      nullable: true,
      description: "`cost.net` divided by `activeUserDays`. Null: no active people, or no figures.",
      resolve: ({ cost, activeUserDays }) =>
        cost === null || activeUserDays === null ? null : moneyPer(cost.net, activeUserDays),
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of its parts.",
    }),
  }),
});

const CostProjection = builder.objectRef<ProjectionShape>("CostProjection").implement({
  description:
    "Projected cost of this month: the average of its complete days times the days of the month. Open days are left out. Weekends and holidays count like other days, so early in a month the projection rests on few days. It has no interval, since upstream states no variation between days.",
  fields: (t) => ({
    organization: t.string(organizationField),
    source: t.field(sourceField),
    month: t.expose("month", { type: ResolvedRange, description: "The whole calendar month." }),
    wholeDays: t.exposeInt("wholeDays", {
      description: "Number of complete days so far, SETTLING or FINAL. Exact; additive over months.",
    }),
    soFar: t.expose("soFar", {
      type: Spend,
      nullable: true,
      description: "Cost of the complete days. Exact; additive. Null: no usage on any of them.",
    }),
    net: t.expose("net", {
      type: DerivedMoney,
      nullable: true,
      description: "Projected charge of the month: after discount, before credits. Null if `soFar` is null.",
    }),
    list: t.expose("list", {
      type: DerivedMoney,
      nullable: true,
      description:
        "Projected list price of the month. Null if `soFar` is null or the source states no list price.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of the complete days; OPEN if there are none.",
    }),
  }),
});

type ProjectionArgs = Pick<ReportArgs, "organization" | "source" | "filter">;

/** The ways to ask for the days of this month. */
function plansOfMonth(ctx: Context, args: ProjectionArgs): ReportPlans<SpendAmounts> {
  const range = resolveRange({ period: "MONTH_TO_DATE" }, ctx.now());
  const choice = choiceOf(ctx, args);
  const what = { filter: reportFilterOf(args.filter), ...alternativesOf(args.filter) };
  const question = withChildIds(ctx, choice.organization, {
    range,
    bucket: "DAY",
    groupBy: [],
    ...what,
  } as const);
  return plansFor(ctx.upstream, costReport, choice, question, ctx.now());
}

builder.queryFields((t) => ({
  unitCost: t.field({
    ...spendOnly(UnitCost),
    description:
      "Cost per active person and per day that a person was active, of the Enterprise organization. It takes as many upstream requests as `cost`, `users` and `activity` of the range. Errors: NOT_COVERED, NOT_YET_AVAILABLE, BAD_USER_INPUT, UPSTREAM_*.",
    sources: ["UNIFIED_ENTERPRISE_COST", "ENTERPRISE_COST", "USER_ACTIVITY", "ACTIVITY_SUMMARIES"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days, at most 366." }),
      ...enterpriseArg,
    },
    ...ofEnterprise("active people"),
    requests: ({ range }, ctx) => unitCost.requests(ctx, range),
    resolve: (_root, { range }, ctx) => unitCost.read(ctx, resolveRange(range, ctx.now())),
  }),
  costProjection: t.field({
    ...spendOnly(CostProjection),
    description:
      "A linear projection of the cost of this calendar month. One run of upstream pages, shared with `cost` of the month. Errors: BAD_USER_INPUT, NOT_COVERED, UPSTREAM_*.",
    sources: ["UNIFIED_ENTERPRISE_COST", "UNIFIED_CONSOLE_COST", "ENTERPRISE_COST", "CONSOLE_COST"],
    args: {
      ...organizationArg,
      source: t.arg({
        type: SourceEnum,
        defaultValue: "AUTO",
        description: "Reports of the organization to read.",
      }),
      filter: t.arg({ type: CostFilter, description: "Usage to include." }),
    },
    ...ofOrganization,
    requests: ({ args }, ctx) => requestsOfReport(likelyPlan(ctx.upstream, plansOfMonth(ctx, args)), null),
    resolve: async (_root, args, ctx, info) => {
      const plans = plansOfMonth(ctx, args);
      const answer = await answerBy(ctx.upstream, plans, (plan) => projectionOf(ctx.upstream, plan));
      warnChildren(ctx, info, leftOutOf(plans[0]));
      return answer;
    },
  }),
}));
