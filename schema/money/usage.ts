import { hasKeyOf, organizationOfKind } from "../../src/analytics/organizations.ts";
import { usageReport } from "../../src/analytics/usage.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import type { Dimension } from "../../src/domain/report.ts";
import { type TokenUsage as TokenUsageShape, totalTokens } from "../../src/domain/tokens.ts";
import { usageOfUser } from "../../src/loaders/user-totals.ts";
import { userUsage } from "../../src/upstream/endpoints/enterprise-usage.ts";
import { requestsOverDays } from "../../src/upstream/plan.ts";
import { builder } from "../framework/builder.ts";
import {
  COMPARED,
  type Compared,
  CountChange,
  changeOf,
  comparedRange,
  comparedRow,
} from "../framework/change.ts";
import { forward } from "../framework/connection.ts";
import { TokenUsage } from "../framework/money.ts";
import { dimensions } from "../framework/selection.ts";
import { type Measures, SeriesRow, seriesOrder } from "../framework/series.ts";
import { personFigures, personOver } from "../people/user.ts";
import { enterpriseArg, planOf, reportArgs, reportFields, SourceEnum } from "./report.ts";
import { Bucketed, type ReportNode, RUNNING_TOTAL_OF_REPORT, SHARE_OF_REPORT } from "./report-bucket.ts";
import { reportFilter } from "./report-filter.ts";

const UsageDimension = builder.enumType("UsageDimension", {
  description: "Dimensions of tokens. Sources differ; the error names the dimensions of each source.",
  values: dimensions({
    PRODUCT: { description: "Product surface." },
    MODEL: { description: "Model." },
    USER: {
      description:
        "Person. In the Enterprise reports usage without a person is missing; in the Console's it is a row without one. Older Enterprise reports have no series by person in time order, so the first page reads all of it.",
    },
    TEAM: {
      description:
        "Current team of the person: from the operator's list, otherwise from the RBAC groups. People without a team and usage without a person have a row each, so rows add up to `total` plus `overlap`. All people are read, in one run of pages as by USER; the older Enterprise reports take another run for usage without a person. In the older Console report people who have left are without a team, since only current members have an address there.",
    },
    CONTEXT_WINDOW: { description: "Context-window price tier." },
    INFERENCE_GEO: { description: "Inference region." },
    SPEED: { description: "Fast or standard." },
    SERVICE_TIER: { description: "Service tier (Console)." },
    GROUP: {
      description:
        "RBAC group. People in several groups count fully in each, so rows can add up to more than `total`.",
    },
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
    API_KEY: { description: "API key (Console); a row without one is Playground traffic." },
    SERVICE_ACCOUNT: { description: "Service account (LEGACY, Console)." },
  } satisfies { [D in Dimension]?: { description: string } }),
});

const counted = (description: string, of: (usage: TokenUsageShape) => number | null) =>
  ({
    description,
    of: (usage: TokenUsageShape) => {
      const count = of(usage);
      return count === null ? null : decimalOf(count);
    },
  }) as const;

const USAGE_MEASURES = {
  TOTAL_TOKENS: counted("Tokens of all kinds.", totalTokens),
  UNCACHED_INPUT_TOKENS: counted(
    "Input tokens not served from the cache.",
    ({ uncachedInputTokens }) => uncachedInputTokens,
  ),
  CACHE_READ_INPUT_TOKENS: counted(
    "Input tokens served from the cache.",
    ({ cacheReadInputTokens }) => cacheReadInputTokens,
  ),
  CACHE_CREATION_5M_INPUT_TOKENS: counted(
    "Input tokens written to the cache for five minutes.",
    ({ cacheCreation5mInputTokens }) => cacheCreation5mInputTokens,
  ),
  CACHE_CREATION_1H_INPUT_TOKENS: counted(
    "Input tokens written to the cache for one hour.",
    ({ cacheCreation1hInputTokens }) => cacheCreation1hInputTokens,
  ),
  OUTPUT_TOKENS: counted("Output tokens.", ({ outputTokens }) => outputTokens),
  WEB_SEARCH_REQUESTS: counted("Server-side web searches.", ({ webSearchRequests }) => webSearchRequests),
  REQUESTS: counted("Requests, if the source counts them.", ({ requests }) => requests),
} as const satisfies Measures<TokenUsageShape>;

const UsageSeries = seriesOrder<TokenUsageShape>("Usage", USAGE_MEASURES);

const UsageFilter = reportFilter("UsageFilter");

const tokenChange = (description: string, of: (usage: TokenUsageShape) => number) =>
  ({
    type: CountChange,
    description: `${description} Additive.`,
    resolve: ({ now, before }: Compared<TokenUsageShape>) => ({ now: of(now), before: of(before) }),
  }) as const;

const UsageComparison = builder.objectRef<Compared<TokenUsageShape>>("UsageComparison").implement({
  description: "Tokens compared with another period.",
  fields: (t) => ({
    range: t.expose("range", comparedRange),
    totalTokens: t.field(tokenChange("Tokens of all kinds.", totalTokens)),
    uncachedInputTokens: t.field(
      tokenChange("Input tokens not served from the cache.", (usage) => usage.uncachedInputTokens),
    ),
    cacheReadInputTokens: t.field(
      tokenChange("Input tokens served from the cache.", (usage) => usage.cacheReadInputTokens),
    ),
    cacheCreation5mInputTokens: t.field(
      tokenChange(
        "Input tokens written to the cache for five minutes.",
        (usage) => usage.cacheCreation5mInputTokens,
      ),
    ),
    cacheCreation1hInputTokens: t.field(
      tokenChange(
        "Input tokens written to the cache for one hour.",
        (usage) => usage.cacheCreation1hInputTokens,
      ),
    ),
    outputTokens: t.field(tokenChange("Output tokens.", (usage) => usage.outputTokens)),
    webSearchRequests: t.field(tokenChange("Server-side web searches.", (usage) => usage.webSearchRequests)),
    requests: t.field({
      type: CountChange,
      nullable: true,
      description: "Requests. Additive. Null where the source does not count them.",
      resolve: ({ now, before }) => changeOf(now.requests, before.requests),
    }),
  }),
});

const usageArgs = {
  ...reportArgs,
  ...builder.args((t) => ({
    groupBy: t.field({
      type: [UsageDimension],
      description: "Dimensions to group rows by. Without any there is one row per bucket.",
    }),
    orderBy: t.field({
      type: UsageSeries.input,
      description: "Sort order. By default oldest first, or largest first without buckets.",
    }),
    filter: t.field({ type: UsageFilter, description: "Usage to include." }),
  })),
  ...forward,
};

const fields = reportFields(usageReport, UsageSeries.orderOf, ({ argsOf }) => argsOf(usageArgs));

const UsageBucket = builder.objectRef<ReportNode<TokenUsageShape>>("UsageBucket").implement({
  description:
    "The tokens of one group in one time bucket. Sources: UNIFIED_ENTERPRISE_USAGE, UNIFIED_CONSOLE_USAGE, ENTERPRISE_USAGE, USER_USAGE, CONSOLE_USAGE.",
  interfaces: [Bucketed, SeriesRow],
  fields: (t) => ({
    tokens: t.field({ type: TokenUsage, description: "Tokens by kind.", resolve: ({ measure }) => measure }),
    shareOfTotal: t.field({
      type: "Decimal",
      nullable: true,
      description: SHARE_OF_REPORT,
      args: {
        of: t.arg({
          type: UsageSeries.MeasureEnum,
          required: true,
          defaultValue: "TOTAL_TOKENS",
          description: "The measure to take the share of.",
        }),
      },
      requests: fields.total.requests,
      resolve: async ({ measure, relations }, { of }) =>
        UsageSeries.shareOf(of, measure, await relations.total()),
    }),
    runningTotal: t.field({
      type: TokenUsage,
      nullable: true,
      description: RUNNING_TOTAL_OF_REPORT,
      ...fields.runningTotal,
    }),
    comparison: t.field({
      type: UsageComparison,
      nullable: true,
      description: `Comparison with the same group in the compared period. ${COMPARED}`,
      resolve: comparedRow,
    }),
  }),
});

const UsageBucketConnection = builder.connectionObject(
  {
    type: UsageBucket,
    name: "UsageBucketConnection",
    description:
      "Tokens by bucket and group: oldest first, or most tokens first without buckets. A bucket without usage has no row.",
    fields: (t) => ({
      source: t.field({
        type: SourceEnum,
        description: "Reports of the organization that answered.",
        resolve: (answer) => planOf(answer).source.source,
      }),
      groupedBy: t.field({
        type: [UsageDimension],
        description:
          "The dimensions that rows are grouped by. A field of another dimension is null, and `extensions.warnings` of the answer names it (NOT_GROUPED_BY).",
        resolve: (answer) => planOf(answer).question.groupBy as (typeof UsageDimension.$inferType)[],
      }),
      total: t.field({
        type: TokenUsage,
        nullable: true,
        description:
          "The exact total of the whole range and filter, for any grouping; fetched only when selected. Null: upstream has no figures.",
        ...fields.total,
      }),
      totalComparison: t.field({
        type: UsageComparison,
        nullable: true,
        description: `The exact total compared with that of the compared period; both are fetched only when selected. ${COMPARED}`,
        ...fields.totalComparison,
      }),
      overlap: t.field({
        authScopes: { people: true }, // it can be what one person in two teams used
        type: TokenUsage,
        nullable: true,
        description:
          "By TEAM: the tokens that the rows of all pages count more than once, since people in several teams count in each. Rows add up to `total` plus this. Zero with `overlap: SPLIT`. Null: not grouped by TEAM, or no rows.",
        ...fields.overlap,
      }),
    }),
  },
  { name: "UsageBucketEdge", description: "A bucket and its cursor." },
);

builder.queryField("usage", (t) =>
  t.field({
    authScopes: { "activity:read": true },
    type: UsageBucketConnection,
    nullable: true,
    description:
      "Tokens used: a ranking of groups over the whole range, most tokens first, or with `bucket` a time series, oldest first. Sources: UNIFIED_ENTERPRISE_USAGE, UNIFIED_CONSOLE_USAGE, ENTERPRISE_USAGE, USER_USAGE, CONSOLE_USAGE. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    args: usageArgs,
    ...fields.connection,
  }),
);

const OF_ONE_PERSON = {
  kind: "ENTERPRISE",
  what: "tokens of one person except by `usage(groupBy: [ACTOR])`",
} as const;

personFigures((t, range) => ({
  usage: t.field({
    authScopes: { "activity:read": true, own: true },
    type: TokenUsage,
    nullable: true,
    description:
      "Tokens the person used in the Enterprise organization over the range. Null: no usage recorded, or the person is not in that organization. NOT_CONFIGURED without its key. One run of upstream pages per month for all people of a list. Source: USER_USAGE.",
    args: { ...range, ...enterpriseArg },
    requests: ({ args, range }, ctx) => {
      organizationOfKind(ctx, args.organization, OF_ONE_PERSON);
      return requestsOverDays(userUsage, range, ctx);
    },
    resolve: (person, { range, organization }, ctx) => {
      organizationOfKind(ctx, organization, OF_ONE_PERSON);
      if (person.organization !== "ENTERPRISE" && hasKeyOf(ctx.upstream, "ENTERPRISE")) return null;
      return usageOfUser(ctx, { range: personOver(person, range, ctx).range }).load(person.userId);
    },
  }),
}));
