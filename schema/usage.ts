import { totalOf } from "../src/analytics/report.ts";
import { usageReport } from "../src/analytics/usage.ts";
import type { Dimension } from "../src/domain/report.ts";
import type { TokenUsage as TokenUsageShape } from "../src/domain/tokens.ts";
import { usageOfUser } from "../src/loaders/user-totals.ts";
import { userUsage } from "../src/upstream/endpoints/enterprise-usage.ts";
import { builder } from "./builder.ts";
import { forward } from "./connection.ts";
import { TokenUsage } from "./money.ts";
import {
  answerReport,
  planOf,
  type ReportArgs,
  reportArgs,
  reportWalks,
  SourceEnum,
  totalWalks,
} from "./report.ts";
import { Bucketed, type ReportNode } from "./report-bucket.ts";
import { reportFilter } from "./report-filter.ts";
import { OrganizationKindEnum, personRange, rangeOf, User } from "./user.ts";
import { walks, walksOverDays } from "./walks.ts";

const UsageDimension = builder.enumType("UsageDimension", {
  description: "What tokens can be split by. Sources differ; the error says which knows what.",
  values: {
    PRODUCT: { description: "Product surface." },
    MODEL: { description: "Model." },
    USER: {
      description:
        "Person. In the Enterprise reports usage without a person is missing; in the Console's it is a row without one.",
    },
    CONTEXT_WINDOW: { description: "Context-window price tier." },
    INFERENCE_GEO: { description: "Inference region." },
    SPEED: { description: "Fast or standard." },
    SERVICE_TIER: { description: "Service tier (Console)." },
    GROUP: {
      description:
        "RBAC group. People in several count fully in each, so rows can add up to more than `total`.",
    },
    ACTOR: {
      description:
        "Identity of any kind: person, service account, cloud identity, key. Rows of people upstream hides are kept apart (UNIFIED).",
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
    API_KEY: { description: "Console API key; a row without one is Playground traffic." },
    SERVICE_ACCOUNT: { description: "Console service account." },
  } satisfies { [D in Dimension]?: { description: string } },
});

const UsageFilter = reportFilter("UsageFilter");

const UsageBucket = builder.objectRef<ReportNode<TokenUsageShape>>("UsageBucket").implement({
  description:
    "The tokens of one group in one time bucket. Sources: UNIFIED_ENTERPRISE_USAGE, UNIFIED_CONSOLE_USAGE, ENTERPRISE_USAGE, USER_USAGE, CONSOLE_USAGE.",
  interfaces: [Bucketed],
  fields: (t) => ({
    tokens: t.field({ type: TokenUsage, description: "Tokens by kind.", resolve: ({ measure }) => measure }),
  }),
});

const UsageBucketConnection = builder.connectionObject(
  {
    type: UsageBucket,
    name: "UsageBucketConnection",
    description:
      "Tokens by bucket and group: oldest first, or most tokens first where there are no buckets. A bucket without usage has no row.",
    fields: (t) => ({
      source: t.field({
        type: SourceEnum,
        description: "Whose reports answered.",
        resolve: (answer) => planOf(answer).source.source,
      }),
      organization: t.field({
        type: OrganizationKindEnum,
        description: "Whose figures they are.",
        resolve: (answer) => planOf(answer).source.organization,
      }),
      groupedBy: t.field({
        type: [UsageDimension],
        description: "The dimensions the rows are split by.",
        resolve: (answer) => planOf(answer).question.groupBy as (typeof UsageDimension.$inferType)[],
      }),
      total: t.field({
        type: TokenUsage,
        nullable: true,
        description:
          "The exact total of the whole range and filter, whatever the rows are split by; asked of upstream only when selected. Null: upstream has no figures.",
        extensions: walks<object, ReportArgs>(({ above }, ctx) => totalWalks(ctx, usageReport, above)),
        resolve: (answer, _args, ctx) => totalOf(ctx.upstream, planOf<TokenUsageShape>(answer)),
      }),
    }),
  },
  { name: "UsageBucketEdge", description: "A bucket and its place in the list." },
);

builder.queryField("usage", (t) =>
  t.field({
    type: UsageBucketConnection,
    nullable: true,
    description:
      "Tokens used: a series by time, or with `bucket: NONE` a ranking of groups over the whole range, most tokens first. Sources: UNIFIED_ENTERPRISE_USAGE, UNIFIED_CONSOLE_USAGE, ENTERPRISE_USAGE, USER_USAGE, CONSOLE_USAGE. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_*, TOO_EXPENSIVE, UPSTREAM_*.",
    args: {
      ...reportArgs,
      groupBy: t.arg({
        type: [UsageDimension],
        description: "Dimensions to split rows by; none gives one row per bucket.",
      }),
      filter: t.arg({ type: UsageFilter, description: "Which usage to count." }),
      ...forward,
    },
    extensions: walks<ReportArgs>(({ args }, ctx) => reportWalks(ctx, usageReport, args)),
    resolve: (_root, args, ctx, info) => answerReport(ctx, usageReport, args, info),
  }),
);

builder.objectField(User, "usage", (t) =>
  t.field({
    type: TokenUsage,
    nullable: true,
    description:
      "Tokens the person used over the range. Null: no usage recorded, or not in the Enterprise organization. One upstream walk per month for all people of a list together. Source: USER_USAGE.",
    args: personRange,
    extensions: walks(({ range }, ctx) => walksOverDays(userUsage, range, ctx)),
    resolve: (person, args, ctx) =>
      person.organization === "ENTERPRISE"
        ? usageOfUser(ctx, { range: rangeOf(person, args.range, ctx) }).load(person.userId)
        : null,
  }),
);
