import type { GraphQLResolveInfo } from "graphql";
import { leftOutBy } from "../../src/analytics/children.ts";
import { TOP } from "../../src/analytics/dashboard-people.ts";
import { spendPeriod } from "../../src/analytics/dashboard-periods.ts";
import {
  type ModelSpend as ModelSpendShape,
  type Spender as SpenderShape,
  type SpendFigures,
  type SpendOverRange,
  spendOver,
  type TopSpenders as TopSpendersShape,
  topSpenders,
} from "../../src/analytics/dashboard-spend.ts";
import { nameOf } from "../../src/analytics/organizations.ts";
import type { ReportChoice } from "../../src/analytics/report/report.ts";
import type { Context } from "../../src/context.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { Period } from "../../src/domain/period.ts";
import type { PlanInput } from "../../src/planning/plan.ts";
import { builder } from "../framework/builder.ts";
import { Spend, spendOnly } from "../framework/money.ts";
import { organizationArg } from "../framework/organization.ts";
import { warnChildren } from "../framework/selection.ts";
import { choiceOf, SourceEnum } from "../money/report-args.ts";
import { ofMembers } from "../people/member-lookup.ts";
import { emailOfReported, nameOfReported } from "../people/reported-person.ts";
import { User } from "../people/user.ts";
import { Answer, Dashboard, FreshAnswer, periodArg, ratioField, written } from "./dashboard.ts";

const SpendAnswer = builder.interfaceRef<Omit<SpendFigures, "models">>("SpendAnswer").implement({
  description: "Spend of the organization over a range.",
  fields: (t) => ({
    total: t.expose("total", {
      type: Spend,
      description:
        "All spend of the organization over the range, including usage without a person or a model: the exact sum over models. It excludes seat fees. Additive over ranges that do not overlap.",
    }),
    source: t.expose("source", {
      type: SourceEnum,
      description: "Reports of the organization that answered.",
    }),
    organization: t.string({
      description: "Organization of the figures, by the name that `organization` arguments take.",
      resolve: ({ organization }, _args, ctx) => nameOf(ctx, organization),
    }),
  }),
});

const share = ratioField(
  "Its net amount divided by that of `total`: 0.1 is a tenth of the organization's spend. Null: the total is zero.",
);

const ModelSpend = builder.objectRef<ModelSpendShape>("ModelSpend").implement({
  description: "Cost of one model.",
  fields: (t) => ({
    model: t.exposeString("model", {
      nullable: true,
      description:
        "Name of the model. Null: usage without a model, such as code execution, or the remainder that an older report omits on a day with more than a hundred.",
    }),
    cost: t.expose("cost", {
      type: Spend,
      description: "Its cost. Additive over models and over ranges that do not overlap.",
    }),
    shareOfTotal: t.field({ ...share, resolve: (model) => written(model.share) }),
  }),
});

const SpendFiguresType = builder.objectRef<SpendFigures>("DashboardSpend").implement({
  description: "Spend of the organization over a range, by model.",
  interfaces: [Answer, FreshAnswer, SpendAnswer],
  fields: (t) => ({
    models: t.expose("models", {
      type: [ModelSpend],
      description: "Every model, largest cost first; they add up to `total`.",
    }),
  }),
});

const Spender = builder.objectRef<SpenderShape>("Spender").implement({
  description: "A person and the cost of their usage.",
  fields: (t) => ({
    user: t.field({
      type: User,
      description: "The person.",
      resolve: ({ user }) => ({ organization: "ENTERPRISE" as const, userId: user.userId }),
    }),
    email: t.string({
      requires: ["identity:read", "pseudonyms"],
      nullable: true,
      description:
        "Their address, as the report shows it, also of people who have left. Null for erased accounts.",
      resolve: ({ user }, _args, ctx) => emailOfReported(ctx, "ENTERPRISE", user),
    }),
    name: t.string({
      requires: ["identity:read", "pseudonyms"],
      nullable: true,
      description:
        "Their name from the member list, otherwise from the report, also for people who have left.",
      ...ofMembers,
      resolve: ({ user }, _args, ctx) => nameOfReported(ctx, "ENTERPRISE", user),
    }),
    cost: t.expose("cost", { type: Spend, description: "Cost of their usage. Additive." }),
    shareOfTotal: t.field({ ...share, resolve: (spender) => written(spender.share) }),
  }),
});

const TopSpenders = builder.objectRef<TopSpendersShape>("TopSpenders").implement({
  description: "The people with the highest cost of usage.",
  interfaces: [Answer, FreshAnswer, SpendAnswer],
  fields: (t) => ({
    users: t.expose("spenders", {
      type: [Spender],
      description: `The ${TOP} with the largest net amount, in descending order. Usage without a person is only in \`total\`, so the shares of all people add up to less than 1.`,
    }),
  }),
});

const SpendDashboard = builder.objectRef<ReportChoice>("SpendDashboard").implement({
  description:
    "Cost of the usage of one organization. `estimated` costs are in `claudeCode` and cannot be reconciled with these.",
});

builder.objectField(Dashboard, "spend", (t) =>
  t.field({
    type: SpendDashboard,
    description: "Cost of usage, by model and by person.",
    args: organizationArg,
    resolve: (_dashboard, args, ctx) => choiceOf(ctx, args),
  }),
);

/** A field of spend over a period: its requests and its resolver ask for the same figures. */
function overSpendPeriod<Figures extends Pick<SpendFigures, "organization" | "source">, Args>(
  figures: SpendOverRange<Figures>,
  periodOf: (args: Args) => Period,
) {
  return {
    range: (args: Args, ctx: Context) => spendPeriod(ctx, periodOf(args)),
    requests: ({ range, argsOf }: PlanInput, ctx: Context) =>
      figures.requests(ctx, choiceOf(ctx, argsOf(organizationArg) ?? {}), range),
    resolve: async (choice: ReportChoice, args: Args, ctx: Context, info: GraphQLResolveInfo) => {
      const answer = await figures.read(ctx, choice, spendPeriod(ctx, periodOf(args)));
      warnChildren(ctx, info, leftOutBy(ctx, answer));
      return answer;
    },
  };
}

const periodOf = ({ period }: { readonly period: Period }) => period;

const TOTAL_SOURCES = [
  "UNIFIED_ENTERPRISE_COST",
  "ENTERPRISE_COST",
  "UNIFIED_CONSOLE_COST",
  "CONSOLE_COST",
] as const satisfies readonly Dataset[];

const toDate = (period: Period, what: string) =>
  ({
    ...spendOnly(SpendFiguresType),
    description: `Spend from ${what} up to and including today, as far as upstream has exported it: \`total\` net and list, and its models. Zero, with \`freshness.refreshedAt\` null, before the first export of the period; NOT_YET_AVAILABLE if that is more than a day late. Additive. One upstream request per calendar month, shared by all totals.`,
    sources: TOTAL_SOURCES,
    ...overSpendPeriod(spendOver, (_args: object) => period),
  }) as const;

builder.objectFields(SpendDashboard, (t) => ({
  monthToDate: t.field(toDate("MONTH_TO_DATE", "the first of the UTC month")),
  quarterToDate: t.field(toDate("QUARTER_TO_DATE", "the first day of the UTC calendar quarter")),
  yearToDate: t.field({
    ...toDate("YEAR_TO_DATE", "1 January UTC"),
    description: `${toDate("YEAR_TO_DATE", "1 January UTC").description} NOT_COVERED on the last day of a leap year: upstream reaches back 365 days.`,
  }),
  byModel: t.field({
    ...spendOnly(SpendFiguresType),
    description:
      "Spend by model over a period, which ends with today. One upstream request per calendar month it touches, shared by all totals.",
    sources: TOTAL_SOURCES,
    args: periodArg("LAST_30_DAYS"),
    ...overSpendPeriod(spendOver, periodOf),
  }),
  topUsers: t.field({
    requires: ["spenders"],
    type: TopSpenders,
    nullable: true,
    description:
      "The people with the highest spend, each with their share of the organization's total. One upstream request per 1,000 people and calendar month, besides those of the total. Only for the Enterprise organization; for the Console use `cost` by ACTOR.",
    sources: ["UNIFIED_ENTERPRISE_COST", "USER_COST"],
    args: periodArg("MONTH_TO_DATE"),
    ...overSpendPeriod(topSpenders, periodOf),
  }),
}));
