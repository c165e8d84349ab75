import { figuresOfBudget, requestsOfBudgets } from "../../src/analytics/budgets.ts";
import { costReport } from "../../src/analytics/cost.ts";
import { contextOfSelf } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import {
  BUDGET_PERIODS,
  BUDGET_STATES,
  BUDGET_SUBJECTS,
  budgetPeriodOn,
  FEWEST_WHOLE_DAYS,
  type SpendBudget,
} from "../../src/domain/budget.ts";
import { dayOf } from "../../src/domain/day.ts";
import { TEAM_SOURCES } from "../../src/loaders/teams.ts";
import { budgetsFor, visibleBudgets } from "../../src/loaders/visible-budgets.ts";
import { builder } from "../framework/builder.ts";
import { describedValues } from "../framework/described-values.ts";
import { Freshness } from "../framework/freshness.ts";
import { DerivedMoney, Money } from "../framework/money.ts";
import { ofOrganization, tenantArg } from "../framework/organization.ts";
import { ResolvedRange } from "../framework/range.ts";
import { warnChildren } from "../framework/selection.ts";

export const BudgetSubjectEnum = builder.enumType("BudgetSubject", {
  description: "What a budget is about.",
  values: describedValues(BUDGET_SUBJECTS, (text) => text),
});

const BudgetPeriodEnum = builder.enumType("BudgetPeriod", {
  description: "Periods of the UTC calendar that a budget can be for.",
  values: describedValues(BUDGET_PERIODS, ({ means }) => means),
});

const BudgetStateEnum = builder.enumType("BudgetState", {
  description: "States of a budget, the calmest first.",
  values: describedValues(BUDGET_STATES, (text) => text),
});

/** Returns the figures of a budget; those of a team lead's own are read as a member reads them. */
function figuresFor(ctx: Context, budget: SpendBudget) {
  return figuresOfBudget(budget.subject === "PERSON" ? contextOfSelf(ctx) : ctx, budget);
}

/** Options of a field that needs the figures of its budget; those of all budgets of the answer share their requests. */
const fromFigures = {
  nullable: true,
  sources: [...costReport.datasets, ...TEAM_SOURCES],
  requests: (_input: object, ctx: Context) => requestsOfBudgets(ctx, budgetsFor(ctx)),
} as const;

export const OperatorBudget = builder.objectRef<SpendBudget>("Budget").implement({
  description:
    "A budget from the operator's file, with its spend in the current period. Spend is net: after discount, before credits.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name; unique." }),
    subject: t.expose("subject", { type: BudgetSubjectEnum, description: "What it is about." }),
    subjectId: t.exposeString("subjectId", {
      nullable: true,
      description:
        "The subject as the operator states it: name of a model, id or name of a team, id of a workspace or key, address or id of a person. Null for an organization.",
    }),
    organization: t.exposeString("organization", {
      description: "Organization of the figures, by the name that `organization` arguments take.",
    }),
    period: t.expose("period", { type: BudgetPeriodEnum, description: "Length of its periods." }),
    range: t.field({
      type: ResolvedRange,
      description: "The UTC days of the current period, all of them.",
      resolve: ({ period }, _args, ctx) => budgetPeriodOn(period, dayOf(ctx.now())),
    }),
    amount: t.expose("amount", {
      type: Money,
      description: "The amount that a period may cost. Not additive: budgets can overlap.",
    }),
    thresholds: t.field({
      type: ["Count"],
      description: "Percents of the amount. One below 100 that is reached makes the state a warning.",
      resolve: ({ thresholds }) => [...thresholds],
    }),
    spent: t.field({
      ...fromFigures,
      type: Money,
      description:
        "Net spend from the first day of the period up to and including today, exact; equal to `cost` of the same subject and days. A lower bound while days are open, since upstream exports usage late. Zero only for a subject that exists: one that neither a list of upstream nor the spend of this and the last month names is NOT_FOUND, with the nearest names. Additive over periods.",
      resolve: async (budget, _args, ctx, info) => {
        const { spend, notIncluded } = await figuresFor(ctx, budget);
        warnChildren(ctx, info, notIncluded);
        return spend.spent;
      },
    }),
    notIncluded: t.string({
      ...fromFigures,
      description:
        "Usage that the figures can lack, so that the budget can be spent further than they say: children with HIPAA readiness, in the reports of a parent organization. Null: nothing is known to be missing. The warning CHILDREN_LEFT_OUT says so beside `spent`.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).notIncluded,
    }),
    share: t.field({
      ...fromFigures,
      type: "Decimal",
      description: "`spent` divided by `amount`: 0.8 is four fifths of it. Not additive.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).share,
    }),
    wholeDays: t.field({
      ...fromFigures,
      type: "Count",
      description:
        "Days of the period, from the first on, that upstream's export covers completely. Not additive.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).spend.wholeDays,
    }),
    projected: t.field({
      ...fromFigures,
      type: DerivedMoney,
      description:
        "Spend of the whole period if its other days cost as much as its complete days did on average. Null without a complete day.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).projected,
    }),
    exhaustedOn: t.field({
      ...fromFigures,
      type: "Date",
      description:
        "The UTC day on which `spent` reached the amount, or on which it will at the average of the complete days. Null: not in this period. Null also for a team that has spent its amount: its days are not read one by one.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).exhaustedOn,
    }),
    state: t.field({
      ...fromFigures,
      type: BudgetStateEnum,
      description: `How the period stands, the most serious that holds. Projections count from ${FEWEST_WHOLE_DAYS} complete days on.`,
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).state,
    }),
    freshness: t.field({
      ...fromFigures,
      type: Freshness,
      description: "Age of the figures.",
      resolve: async (budget, _args, ctx) => (await figuresFor(ctx, budget)).freshness,
    }),
  }),
});

builder.queryField("budgets", (t) =>
  t.field({
    ...ofOrganization,
    args: tenantArg,
    requires: ["spend:read", "self", "spendOfTeam"],
    type: [OperatorBudget],
    nullable: true,
    description:
      "The budgets that the operator has listed (BUDGETS_FILE) for organizations with the same people, in the order of that file; none where there is no file. Budgets of people are listed for callers who see people by name, those of teams for callers who see the team, and those of API keys for callers who see individuals. A member or team lead sees the budgets that state their own address, and a team lead with `spend:read` those of their teams. Figures take one run of upstream pages per calendar month for all budgets of one kind of subject and period, and two for those of teams. Sources: UNIFIED_ENTERPRISE_COST, UNIFIED_CONSOLE_COST, ENTERPRISE_COST, USER_COST, CONSOLE_COST, GROUPS, GROUP_MEMBERS. Errors of one budget: NOT_FOUND, NOT_CONFIGURED, NOT_COVERED, NOT_YET_AVAILABLE, DIRECTORY_NOT_READY, BAD_USER_INPUT, UPSTREAM_*.",
    maxRows: () => 100,
    resolve: async (_root, _args, ctx) => [...(await visibleBudgets(ctx))],
  }),
);
