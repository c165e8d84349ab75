import type {
  BetaAnalyticsActor,
  BetaAnalyticsReportUserActor,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/analytics";
import type {
  BetaAnalyticsCostGroup,
  BetaAnalyticsCostItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/cost";
import type {
  BetaAnalyticsUsageGroup,
  BetaAnalyticsUsageItem,
} from "@anthropic-ai/sdk/resources/beta/organization/analytics/usage";
import {
  type CostRow,
  type Dimensions,
  NO_DIMENSIONS,
  type ReportActor,
  type UsageRow,
  withoutNames,
} from "../../domain/bucket.ts";
import type { ReportQuestion } from "../../domain/report.ts";
import { endpoint } from "../endpoint.ts";
import type { Wire } from "../http/wire.ts";
import { FRESH, REPORTS } from "./coverage.ts";
import {
  pseudonymousRows,
  type ReportNames,
  reportQuery,
  reportRowId,
  spanOf,
  unmaskedReport,
  widthOf,
} from "./report-query.ts";
import { NAME_KEYS } from "./report-user.ts";
import { type TokenColumn, tokens } from "./tokens.ts";

const SHARED = {
  groupBy: {
    PRODUCT: "product",
    MODEL: "model",
    ACTOR: "actor",
    ACTOR_TYPE: "actor_type",
    CONTEXT_WINDOW: "context_window",
    INFERENCE_GEO: "inference_geo",
    SPEED: "speed",
    GROUP: "rbac_group_id",
    SLACK_CHANNEL: "slack_channel_id",
    CLAUDE_TAG_CATEGORY: "claude_tag_category",
    CLAUDE_TAG_USER: "claude_tag_user_id",
  },
  filter: {
    ACTOR: "actor_ids[]",
    ACTOR_TYPE: "actor_types[]",
    PRODUCT: "products[]",
    MODEL: "models[]",
    CONTEXT_WINDOW: "context_windows[]",
    INFERENCE_GEO: "inference_geos[]",
    SPEED: "speeds[]",
    GROUP: "rbac_group_ids[]",
    SLACK_CHANNEL: "slack_channel_ids[]",
    CLAUDE_TAG_CATEGORY: "claude_tag_categories[]",
    CLAUDE_TAG_USER: "claude_tag_user_ids[]",
  },
  apart: [["CLAUDE_TAG_USER", "GROUP"]],
  maxGroups: 5,
} as const satisfies ReportNames;

/** Of the actors, those that are people: what the older reports of the Enterprise organization are split by. */
const ENTERPRISE = {
  ...SHARED,
  groupBy: { ...SHARED.groupBy, USER: "actor" },
  narrows: { USER: { "actor_types[]": ["user_actor"] } },
  apart: [...SHARED.apart, ["USER", "ACTOR_TYPE"]],
} as const satisfies ReportNames;

/** Dimensions that are always null, and filters that match nothing, on Enterprise organizations. */
const CONSOLE = {
  ...SHARED,
  groupBy: {
    ...SHARED.groupBy,
    WORKSPACE: "workspace_id",
    API_KEY: "api_key_id",
    SERVICE_TIER: "service_tier",
    AGENT: "agent_id",
    DEPLOYMENT: "deployment_id",
    ENVIRONMENT: "environment_id",
    SESSION: "session_id",
    USER_PROFILE: "user_profile_id",
  },
  filter: {
    ...SHARED.filter,
    WORKSPACE: "workspace_ids[]",
    API_KEY: "api_key_ids[]",
    SERVICE_TIER: "service_tiers[]",
    AGENT: "agent_ids[]",
    DEPLOYMENT: "deployment_ids[]",
    ENVIRONMENT: "environment_ids[]",
    SESSION: "session_ids[]",
    USER_PROFILE: "user_profile_ids[]",
  },
} as const satisfies ReportNames;

const COST_PARTS = { COST_TYPE: "cost_type", TOKEN_TYPE: "token_type" } as const;

export const UNIFIED_USAGE_NAMES = { ENTERPRISE, CONSOLE } as const;
export const UNIFIED_COST_NAMES = {
  ENTERPRISE: { ...ENTERPRISE, groupBy: { ...ENTERPRISE.groupBy, ...COST_PARTS } },
  CONSOLE: { ...CONSOLE, groupBy: { ...CONSOLE.groupBy, ...COST_PARTS } },
} as const;

/** Rows of all combinations with data; by time, oldest first, where there are buckets, else largest first. */
const report = (names: ReportNames) =>
  ({
    isOfBothKinds: true,
    paging: "report",
    pageSize: () => 1000,
    query: (p: ReportQuestion) => ({
      ...reportQuery(names, p),
      ...(p.bucket === "NONE"
        ? {}
        : { time_bucket_width: widthOf(p.bucket), order_by: "time", order: "asc" }),
    }),
    beta: () => "analytics-usage-cost-2026-08-24",
    rangeOf: ({ range }: ReportQuestion) => range,
    coverage: REPORTS,
    nameKeys: NAME_KEYS,
    subject: "money",
    watermarked: true,
    freshSeconds: FRESH.reports,
    unmasked: unmaskedReport,
  }) as const;

const cost = {
  path: "/v1/organizations/analytics/cost",
  rowId: (row: CostRow, p: ReportQuestion) => (isHidden(row, p) ? null : reportRowId(row)),
  withoutNames: withoutNames<CostRow>,
  pseudonymous: pseudonymousRows<CostRow>,
  row: (w: Wire<BetaAnalyticsCostItem>): CostRow => {
    const group = w.at("group");
    const money = w.at("cost");
    const currency = money.usd("currency");
    return {
      ...dimensions(group.only<keyof BetaAnalyticsUsageGroup>()),
      costType: group.stringOrNull("cost_type"),
      tokenType: group.stringOrNull("token_type"),
      ...spanOf(w.only<"starting_at" | "ending_at">()),
      measure: {
        net: { cents: money.decimal("amount"), currency },
        list: { cents: money.decimal("list_amount"), currency },
        requests: money.countOrNull("requests"),
      },
    };
  },
} as const;

const usage = {
  path: "/v1/organizations/analytics/usage",
  rowId: (row: UsageRow, p: ReportQuestion) => (isHidden(row, p) ? null : reportRowId(row)),
  withoutNames: withoutNames<UsageRow>,
  pseudonymous: pseudonymousRows<UsageRow>,
  row: (w: Wire<BetaAnalyticsUsageItem>): UsageRow => {
    const counted = w.at("usage");
    return {
      ...dimensions(w.at("group")),
      ...spanOf(w.only<"starting_at" | "ending_at">()),
      measure: { ...tokens(counted.only<TokenColumn>()), requests: counted.countOrNull("requests") },
    };
  },
} as const;

/**
 * Usage and cost by any dimensions, without the hundred-group cap and with usage that no person is behind. In beta; the same paths
 * answer for the organization of the key. Source: Usage and Cost Analytics API.
 */
export const unifiedCost = {
  ENTERPRISE: endpoint({
    ...report(UNIFIED_COST_NAMES.ENTERPRISE),
    ...cost,
    dataset: "UNIFIED_ENTERPRISE_COST",
    key: "analytics",
    scope: "read:analytics",
  }),
  CONSOLE: endpoint({
    ...report(UNIFIED_COST_NAMES.CONSOLE),
    ...cost,
    dataset: "UNIFIED_CONSOLE_COST",
    key: "admin",
  }),
} as const;

export const unifiedUsage = {
  ENTERPRISE: endpoint({
    ...report(UNIFIED_USAGE_NAMES.ENTERPRISE),
    ...usage,
    dataset: "UNIFIED_ENTERPRISE_USAGE",
    key: "analytics",
    scope: "read:analytics",
  }),
  CONSOLE: endpoint({
    ...report(UNIFIED_USAGE_NAMES.CONSOLE),
    ...usage,
    dataset: "UNIFIED_CONSOLE_USAGE",
    key: "admin",
  }),
} as const;

/**
 * Whose row it is cannot be told: a null actor can stand for several whom upstream hides, each with a row of its own, and
 * federated ones have no id.
 */
function isHidden({ actor }: Dimensions, { groupBy }: ReportQuestion): boolean {
  if (!groupBy.includes("ACTOR") && !groupBy.includes("USER")) return false;
  return actor === null || actor.kind === "federated" || actor.kind === "unknown";
}

type Group = Pick<BetaAnalyticsUsageGroup & BetaAnalyticsCostGroup, keyof BetaAnalyticsUsageGroup>;

function dimensions(w: Wire<Group>): Dimensions {
  const wire = w.atOrNull("actor") as object | null as Wire<AnyActor> | null;
  const who = wire && actor(wire);
  return {
    ...NO_DIMENSIONS,
    product: w.stringOrNull("product"),
    model: w.stringOrNull("model"),
    contextWindow: w.stringOrNull("context_window"),
    inferenceGeo: w.stringOrNull("inference_geo"),
    speed: w.stringOrNull("speed"),
    serviceTier: w.stringOrNull("service_tier"),
    groupId: w.stringOrNull("rbac_group_id"),
    slackChannelId: w.stringOrNull("slack_channel_id"),
    claudeTagCategory: w.stringOrNull("claude_tag_category"),
    claudeTagUserId: w.stringOrNull("claude_tag_user_id"),
    workspaceId: w.stringOrNull("workspace_id"),
    apiKeyId: w.stringOrNull("api_key_id"),
    // Both, whichever was asked for: the same request answers either, and is kept once.
    user: who?.kind === "person" ? who.user : null,
    actor: who,
    actorType: w.stringOrNull("actor_type"),
    agentId: w.stringOrNull("agent_id"),
    deploymentId: w.stringOrNull("deployment_id"),
    environmentId: w.stringOrNull("environment_id"),
    sessionId: w.stringOrNull("session_id"),
    userProfileId: w.stringOrNull("user_profile_id"),
  };
}

/** Every variant at once: the type says which of the fields are there. */
type AnyActor = { type: BetaAnalyticsActor["type"] } & Omit<BetaAnalyticsReportUserActor, "type"> & {
    service_account_id: string;
    api_key_id: string;
    subject: string | null;
    provider: AnyProvider;
  };

interface AnyProvider {
  type: string;
  account_id: string;
  project_number: string;
  subscription_id: string;
  issuer: string | null;
}

function actor(w: Wire<AnyActor>): ReportActor {
  const type: string = w.string("type");
  switch (type) {
    case "user_actor":
      return {
        kind: "person",
        user: {
          userId: w.string("user_id"),
          email: w.stringOrNull("email_address"),
          name: w.stringOrNull("name"),
          deleted: w.boolean("deleted"),
        },
      };
    case "service_account_actor":
      return { kind: "serviceAccount", serviceAccountId: w.string("service_account_id") };
    case "api_actor":
      return { kind: "key", apiKeyId: w.string("api_key_id") };
    case "federated_actor":
      return { kind: "federated", ...provider(w.at("provider")), subject: w.stringOrNull("subject") };
    default:
      return { kind: "unknown", type };
  }
}

function provider(w: Wire<AnyProvider>): { provider: string; account: string | null } {
  const account =
    w.stringOrNull("account_id") ??
    w.stringOrNull("project_number") ??
    w.stringOrNull("subscription_id") ??
    w.stringOrNull("issuer");
  return { provider: w.string("type"), account };
}
