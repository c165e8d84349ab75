import { costReport } from "../../src/analytics/cost.ts";
import { organizationOfKind } from "../../src/analytics/organizations.ts";
import { type Projection as ProjectionShape, projectionOf } from "../../src/analytics/projection.ts";
import { answerBy } from "../../src/analytics/report/answer.ts";
import { likelyPlan, plansFor, type ReportPlans } from "../../src/analytics/report/plan.ts";
import type { ReportChoice } from "../../src/analytics/report/report.ts";
import { requestsOfReport } from "../../src/analytics/report/requests.ts";
import { type UnitCost as UnitCostShape, unitCost, unitCostRequests } from "../../src/analytics/unit-cost.ts";
import type { Context } from "../../src/context.ts";
import { moneyPer } from "../../src/domain/measures.ts";
import type { Spend as SpendShape } from "../../src/domain/money.ts";
import { nameOf } from "../../src/domain/organization.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { builder } from "../framework/builder.ts";
import { FinalityEnum } from "../framework/freshness.ts";
import { DerivedMoney, Spend } from "../framework/money.ts";
import { DateRange, ResolvedRange } from "../framework/range.ts";
import { CostFilter } from "./cost.ts";
import { choiceOf, enterpriseArg, organizationArg, type ReportArgs, SourceEnum } from "./report.ts";
import { alternativesOf, filterOf } from "./report-filter.ts";

/** Whose reports a figure is made of. */
interface Sourced {
  readonly by: ReportChoice;
}

const organizationField = {
  description: "Whose figures they are, by the name that `organization` arguments take.",
  resolve: ({ by }: Sourced) => nameOf(by.organization),
} as const;

const sourceField = {
  type: SourceEnum,
  description: "Which of the organization's reports the cost is from.",
  resolve: ({ by }: Sourced) => by.source,
} as const;

const UnitCost = builder.objectRef<UnitCostShape>("UnitCost").implement({
  description:
    "What usage cost for each active person. The cost is of all usage of the Enterprise organization, also what no person is behind.",
  fields: (t) => ({
    organization: t.string(organizationField),
    source: t.field(sourceField),
    range: t.expose("range", {
      type: ResolvedRange,
      description: "The days of the range whose activity upstream has counted; all figures are about them.",
    }),
    cost: t.expose("cost", {
      type: Spend,
      nullable: true,
      description: "What all usage cost. Exact; additive. Null: upstream has no figures.",
    }),
    activeUsers: t.expose("activeUsers", {
      type: "Count",
      description: "Different people with any activity. Recounted exactly over the range; not additive.",
    }),
    activeUserDays: t.expose("activeUserDays", {
      type: "Count",
      nullable: true,
      description:
        "Days on which a person was active, of all people together: two people on three days are six. The sum of `dailyActiveUsers`, which leaves out those active in Claude Tag alone. Exact; additive over days. Null: not measured.",
    }),
    netPerActiveUser: t.field({
      type: DerivedMoney,
      nullable: true,
      description: "`cost.net` divided by `activeUsers`. Null: nobody was active, or no figures.",
      resolve: ({ cost, activeUsers }) => cost && moneyPer(cost.net, activeUsers),
    }),
    netPerActiveUserDay: t.field({
      type: DerivedMoney,
      nullable: true,
      description: "`cost.net` divided by `activeUserDays`. Null: nobody was active, or no figures.",
      resolve: ({ cost, activeUserDays }) =>
        cost === null || activeUserDays === null ? null : moneyPer(cost.net, activeUserDays),
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of what it is made of.",
    }),
  }),
});

const CostProjection = builder.objectRef<ProjectionShape>("CostProjection").implement({
  description:
    "What this month comes to if its other days are like its whole ones on average: what those came to, divided by their number, times the days of the month. Days that are still open are left out; weekends and holidays count as the days they are, so that early in a month the figure leans on few of them. No interval is given: nothing upstream says how far days may differ.",
  fields: (t) => ({
    organization: t.string(organizationField),
    source: t.field(sourceField),
    month: t.expose("month", { type: ResolvedRange, description: "The whole month." }),
    wholeDays: t.exposeInt("wholeDays", {
      description: "How many of its days so far are whole, SETTLING or FINAL. Exact; additive over months.",
    }),
    soFar: t.expose("soFar", {
      type: Spend,
      nullable: true,
      description: "What the whole days came to. Exact; additive. Null: no usage on any of them.",
    }),
    net: t.expose("net", {
      type: DerivedMoney,
      nullable: true,
      description: "What the month would be charged: after discount, before credits. Null where `soFar` is.",
    }),
    list: t.expose("list", {
      type: DerivedMoney,
      nullable: true,
      description: "What the month would be at list price. Null where `soFar` is, or the source states none.",
    }),
    state: t.expose("state", {
      type: FinalityEnum,
      description: "The least settled state of the whole days; OPEN where there is none.",
    }),
  }),
});

type ProjectionArgs = Pick<ReportArgs, "organization" | "source" | "filter">;

/** The ways to ask for the days of this month. */
function plansOfMonth(ctx: Context, args: ProjectionArgs): ReportPlans<SpendShape> {
  const range = resolveRange({ period: "MONTH_TO_DATE" }, ctx.now());
  const what = { filter: filterOf(args.filter), ...alternativesOf(args.filter) };
  const question = { range, bucket: "DAY", groupBy: [], ...what } as const;
  return plansFor(ctx.upstream, costReport, choiceOf(ctx, args), question, ctx.now());
}

const WITH_ACTIVE_PEOPLE = { kind: "ENTERPRISE", what: "active people" } as const;

builder.queryFields((t) => ({
  unitCost: t.field({
    authScopes: { "spend:read": true },
    type: UnitCost,
    nullable: true,
    description:
      "Cost per active person and per day that a person was active, of the Enterprise organization. As many upstream requests as `cost`, `users` and `activity` of the range. Sources: UNIFIED_ENTERPRISE_COST, ENTERPRISE_COST, USER_ACTIVITY, ACTIVITY_SUMMARIES. Errors: NOT_COVERED, NOT_YET_AVAILABLE, BAD_USER_INPUT, UPSTREAM_*.",
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days, at most 366." }),
      ...enterpriseArg,
    },
    requests: ({ range, args }, ctx) => {
      organizationOfKind(ctx, args.organization, WITH_ACTIVE_PEOPLE);
      return unitCostRequests(ctx, range);
    },
    resolve: (_root, { range, organization }, ctx) => {
      organizationOfKind(ctx, organization, WITH_ACTIVE_PEOPLE);
      return unitCost(ctx, resolveRange(range, ctx.now()));
    },
  }),
  costProjection: t.field({
    authScopes: { "spend:read": true },
    type: CostProjection,
    nullable: true,
    description:
      "A linear projection of what this calendar month costs. One upstream walk, which `cost` of the month shares. Sources: UNIFIED_ENTERPRISE_COST, UNIFIED_CONSOLE_COST, ENTERPRISE_COST, CONSOLE_COST. Errors: BAD_USER_INPUT, NOT_COVERED, UPSTREAM_*.",
    args: {
      ...organizationArg,
      source: t.arg({
        type: SourceEnum,
        defaultValue: "AUTO",
        description: "Which of the organization's reports answer.",
      }),
      filter: t.arg({ type: CostFilter, description: "Which usage to count." }),
    },
    requests: ({ args }, ctx) => requestsOfReport(likelyPlan(ctx.upstream, plansOfMonth(ctx, args)), null),
    resolve: (_root, args, ctx) =>
      answerBy(ctx.upstream, plansOfMonth(ctx, args), (plan) => projectionOf(ctx.upstream, plan)),
  }),
}));
