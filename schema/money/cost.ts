import { costReport } from "../../src/analytics/cost.ts";
import { hasKeyOf, organizationOfKind } from "../../src/analytics/organizations.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { Spend as SpendShape } from "../../src/domain/money.ts";
import type { Dimension } from "../../src/domain/report.ts";
import { costOfUser } from "../../src/loaders/user-totals.ts";
import { userCost } from "../../src/upstream/endpoints/enterprise-cost.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import {
  COMPARED,
  type Compared,
  CountChange,
  changeOf,
  comparedRange,
  comparedRow,
  MoneyChange,
} from "../framework/change.ts";
import { forward } from "../framework/connection.ts";
import { Money, Spend } from "../framework/money.ts";
import { dimensions, splitBy } from "../framework/selection.ts";
import { type Measures, SeriesRow, seriesOrder } from "../framework/series.ts";
import { personFigures, personOver } from "../people/user.ts";
import { enterpriseArg, planOf, reportArgs, reportFields, SourceEnum } from "./report.ts";
import { Bucketed, type ReportNode, RUNNING_TOTAL_OF_REPORT, SHARE_OF_REPORT } from "./report-bucket.ts";
import { reportFilter } from "./report-filter.ts";

const CostDimension = builder.enumType("CostDimension", {
  description: "Dimensions of cost. Sources differ; the error names the dimensions of each source.",
  values: dimensions({
    PRODUCT: { description: "Product surface." },
    MODEL: { description: "Model." },
    USER: {
      description:
        "Person. Usage without a person is missing, so rows add up to less than `total`. Older reports have no series by person in time order, so the first page reads all of it.",
    },
    TEAM: {
      description:
        "Current team of the person: from the operator's list, otherwise from the RBAC groups. People without a team and usage without a person have a row each, so rows add up to `total` plus `overlap`. All people are read, in one run of pages as by USER; the older Enterprise reports take another run for usage without a person.",
    },
    CONTEXT_WINDOW: { description: "Context-window price tier." },
    INFERENCE_GEO: { description: "Inference region." },
    SPEED: { description: "Fast or standard." },
    COST_TYPE: { description: "Cost component: tokens, web search, code execution." },
    TOKEN_TYPE: { description: "Token kind, for rows with the cost type tokens." },
    GROUP: {
      description:
        "RBAC group. People in several groups count fully in each, so rows can add up to more than `total`.",
    },
    API_KEY: { description: "API key that authenticated the requests (UNIFIED, Console)." },
    SERVICE_TIER: { description: "Service tier (UNIFIED, Console)." },
    ACTOR: {
      description:
        "Identity of any kind: person, service account, cloud identity, key (UNIFIED). Enterprise usage without an identity is one row. The Console hides some identities: their rows stay separate, since it is unknown which of them are one identity over several months or buckets. Each covers the days from its `from` until its `until`, and is among `top` only if those are the whole range.",
    },
    ACTOR_TYPE: { description: "Kind of identity (UNIFIED)." },
    AGENT: { description: "Managed agent (UNIFIED, Console)." },
    DEPLOYMENT: { description: "Deployment of a managed agent (UNIFIED, Console)." },
    ENVIRONMENT: { description: "Environment of managed sessions (UNIFIED, Console)." },
    SESSION: { description: "Managed session (UNIFIED, Console)." },
    USER_PROFILE: { description: "User profile (UNIFIED, Console)." },
    SLACK_CHANNEL: { description: "Slack channel of Claude Tag usage." },
    CLAUDE_TAG_CATEGORY: { description: "Kind of Claude Tag usage." },
    CLAUDE_TAG_USER: { description: "Slack user behind Claude Tag usage; not together with GROUP." },
    WORKSPACE: { description: "Console workspace." },
    DESCRIPTION: {
      description: "Line of the Console cost report; fills model, tier, cost type and token type too.",
    },
  } satisfies { [D in Dimension]?: { description: string } }),
});

const COST_MEASURES = {
  NET: { description: "The amount charged.", of: ({ net }) => net.cents },
  LIST: { description: "The amount at list price.", of: ({ list }) => list?.cents ?? null },
  REQUESTS: {
    description: "Requests, if the source counts them.",
    of: ({ requests }) => (requests === null ? null : decimalOf(requests)),
  },
} as const satisfies Measures<SpendShape>;

const CostSeries = seriesOrder<SpendShape>("Cost", COST_MEASURES);

export const CostFilter = reportFilter("CostFilter");

const CostComparison = builder.objectRef<Compared<SpendShape>>("CostComparison").implement({
  description: "Cost compared with another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    net: t.field({
      type: MoneyChange,
      description: "The amount charged.",
      resolve: ({ now, before }) => ({ now: now.net, before: before.net }),
    }),
    list: t.field({
      type: MoneyChange,
      nullable: true,
      description: "The amount at list price. Null where the source states none (Console).",
      resolve: ({ now, before }) => changeOf(now.list, before.list),
    }),
    requests: t.field({
      type: CountChange,
      nullable: true,
      description: "Requests. Additive. Null where the source does not count them.",
      resolve: ({ now, before }) => changeOf(now.requests, before.requests),
    }),
  }),
});

const costArgs = {
  ...reportArgs,
  ...builder.args((t) => ({
    groupBy: t.field({
      type: [CostDimension],
      description: "Dimensions to group rows by. Without any there is one row per bucket.",
    }),
    orderBy: t.field({
      type: CostSeries.input,
      description: "Sort order. By default oldest first, or largest first without buckets.",
    }),
    filter: t.field({ type: CostFilter, description: "Usage to include." }),
  })),
  ...forward,
};

const fields = reportFields(costReport, CostSeries.orderOf, ({ argsOf }) => argsOf(costArgs));

const CostBucket = builder.objectRef<ReportNode<SpendShape>>("CostBucket").implement({
  description:
    "The cost of one group in one time bucket. Sources: UNIFIED_ENTERPRISE_COST, UNIFIED_CONSOLE_COST, ENTERPRISE_COST, USER_COST, CONSOLE_COST.",
  interfaces: [Bucketed, SeriesRow],
  fields: (t) => ({
    net: t.field({
      type: Money,
      description: "Charged: after discount, before credits. Additive.",
      resolve: ({ measure }) => measure.net,
    }),
    list: t.field({
      type: Money,
      nullable: true,
      description: "At list price, before discount. Additive. Null where the source states none (Console).",
      resolve: ({ measure }) => measure.list,
    }),
    requests: t.field({
      type: "Count",
      nullable: true,
      description:
        "Number of requests. Additive. Null when grouped by COST_TYPE or TOKEN_TYPE, and in the Console.",
      resolve: ({ measure }) => measure.requests,
    }),
    shareOfTotal: t.field({
      type: "Decimal",
      nullable: true,
      description: SHARE_OF_REPORT,
      args: {
        of: t.arg({
          type: CostSeries.MeasureEnum,
          required: true,
          defaultValue: "NET",
          description: "The measure to take the share of.",
        }),
      },
      requests: fields.total.requests,
      resolve: async ({ measure, relations }, { of }) =>
        CostSeries.shareOf(of, measure, await relations.total()),
    }),
    runningTotal: t.field({
      type: Spend,
      nullable: true,
      description: RUNNING_TOTAL_OF_REPORT,
      ...fields.runningTotal,
    }),
    comparison: t.field({
      type: CostComparison,
      nullable: true,
      description: `Comparison with the same group in the compared period. ${COMPARED}`,
      resolve: comparedRow,
    }),
    costType: t.exposeString("costType", splitBy("COST_TYPE", "Cost component.")),
    tokenType: t.exposeString("tokenType", splitBy("TOKEN_TYPE", "Token kind.")),
    description: t.exposeString("description", splitBy("DESCRIPTION", "Line of the Console cost report.")),
  }),
});

const CostBucketConnection = builder.connectionObject(
  {
    type: CostBucket,
    name: "CostBucketConnection",
    description:
      "Cost by bucket and group: oldest first, or largest first without buckets. A bucket without usage has no row.",
    fields: (t) => ({
      source: t.field({
        type: SourceEnum,
        description: "Reports of the organization that answered.",
        resolve: (answer) => planOf(answer).source.source,
      }),
      groupedBy: t.field({
        type: [CostDimension],
        description:
          "The dimensions that rows are grouped by. A field of another dimension is null, and `extensions.warnings` of the answer names it (NOT_GROUPED_BY).",
        resolve: (answer) => planOf(answer).question.groupBy as (typeof CostDimension.$inferType)[],
      }),
      total: t.field({
        type: Spend,
        nullable: true,
        description:
          "The exact total of the whole range and filter, for any grouping; fetched only when selected. Additive over ranges that do not overlap. Null: upstream has no figures.",
        ...fields.total,
      }),
      totalComparison: t.field({
        type: CostComparison,
        nullable: true,
        description: `The exact total compared with that of the compared period; both are fetched only when selected. ${COMPARED}`,
        ...fields.totalComparison,
      }),
      overlap: t.field({
        authScopes: { spenders: true }, // it can be what one person in two teams used
        type: Spend,
        nullable: true,
        description:
          "By TEAM: the amount that the rows of all pages count more than once, since people in several teams count in each. Rows add up exactly to `total` plus this. Zero with `overlap: SPLIT`. Additive over ranges that do not overlap. Null: not grouped by TEAM, or no rows.",
        ...fields.overlap,
      }),
    }),
  },
  { name: "CostBucketEdge", description: "A bucket and its cursor." },
);

builder.queryField("cost", (t) =>
  t.field({
    authScopes: { "spend:read": true },
    type: CostBucketConnection,
    nullable: true,
    description:
      "Cost of usage: a ranking of groups over the whole range, largest first, or with `bucket` a time series, oldest first. Sources: UNIFIED_ENTERPRISE_COST, UNIFIED_CONSOLE_COST, ENTERPRISE_COST, USER_COST, CONSOLE_COST. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    args: costArgs,
    ...fields.connection,
  }),
);

const OF_ONE_PERSON = {
  kind: "ENTERPRISE",
  what: "costs of one person except by `cost(groupBy: [ACTOR])`",
} as const;

personFigures((t, range) => ({
  cost: t.field({
    authScopes: { "spend:read": true, own: true },
    type: Spend,
    nullable: true,
    description:
      "Cost of the person's usage of the Enterprise organization over the range. Additive over days and people. Null: no spend recorded, or the person is not in that organization. NOT_CONFIGURED without its key. One run of upstream pages per month for all people of a list. Source: USER_COST.",
    args: { ...range, ...enterpriseArg },
    requests: ({ args, range }, ctx) => {
      organizationOfKind(ctx, args.organization, OF_ONE_PERSON);
      return requestsOverDays(userCost, range, ctx);
    },
    resolve: (person, { range, organization }, ctx) => {
      organizationOfKind(ctx, organization, OF_ONE_PERSON);
      if (person.organization !== "ENTERPRISE" && hasKeyOf(ctx.upstream, "ENTERPRISE")) return null;
      return costOfUser(ctx, { range: personOver(person, range, ctx).range }).load(person.userId);
    },
  }),
}));
