import type { Dataset } from "../domain/dataset.ts";
import type { Endpoint } from "./endpoint.ts";
import { apiKeys } from "./endpoints/api-keys.ts";
import { artifactActivity } from "./endpoints/artifacts.ts";
import { claudeCode } from "./endpoints/claude-code.ts";
import { connectorActivity } from "./endpoints/connectors.ts";
import { consoleCost } from "./endpoints/console-cost.ts";
import { consoleUsage } from "./endpoints/console-usage.ts";
import { enterpriseCost, userCost } from "./endpoints/enterprise-cost.ts";
import { enterpriseUsage, userUsage } from "./endpoints/enterprise-usage.ts";
import { groupMembers, groups } from "./endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "./endpoints/members.ts";
import { consoleOrganization, enterpriseOrganization } from "./endpoints/organization.ts";
import { pluginActivity } from "./endpoints/plugins.ts";
import { projectActivity } from "./endpoints/projects.ts";
import { rateLimits, workspaceRateLimits } from "./endpoints/rate-limits.ts";
import { skillActivity } from "./endpoints/skills.ts";
import { spendLimitRequests } from "./endpoints/spend-limit-requests.ts";
import { spendLimits } from "./endpoints/spend-limits.ts";
import { activitySummaries } from "./endpoints/summaries.ts";
import { unifiedCost, unifiedUsage } from "./endpoints/unified.ts";
import { userActivity } from "./endpoints/users.ts";
import { workspaces } from "./endpoints/workspaces.ts";

/** Facts that an endpoint states about its dataset. */
export type DatasetEndpoint = Pick<
  Endpoint<never, unknown>,
  | "dataset"
  | "key"
  | "scope"
  | "needsEnrolment"
  | "coverage"
  | "subject"
  | "rateLimit"
  | "watermarked"
  | "report"
  | "buckets"
  | "filters"
  | "groupBy"
>;

/** The endpoint of each dataset. Others can read the same dataset split by a person, a product or a group. */
export const DATASET_ENDPOINTS: { readonly [D in Dataset]: DatasetEndpoint } = {
  USER_ACTIVITY: userActivity,
  ACTIVITY_SUMMARIES: activitySummaries,
  PROJECT_ACTIVITY: projectActivity,
  SKILL_ACTIVITY: skillActivity,
  CONNECTOR_ACTIVITY: connectorActivity,
  ARTIFACT_ACTIVITY: artifactActivity,
  PLUGIN_ACTIVITY: pluginActivity,
  ENTERPRISE_USAGE: enterpriseUsage,
  ENTERPRISE_COST: enterpriseCost,
  USER_USAGE: userUsage,
  USER_COST: userCost,
  UNIFIED_ENTERPRISE_USAGE: unifiedUsage.ENTERPRISE,
  UNIFIED_ENTERPRISE_COST: unifiedCost.ENTERPRISE,
  UNIFIED_CONSOLE_USAGE: unifiedUsage.CONSOLE,
  UNIFIED_CONSOLE_COST: unifiedCost.CONSOLE,
  CLAUDE_CODE: claudeCode,
  CONSOLE_USAGE: consoleUsage,
  CONSOLE_COST: consoleCost,
  ENTERPRISE_ORGANIZATION: enterpriseOrganization,
  CONSOLE_ORGANIZATION: consoleOrganization,
  ENTERPRISE_MEMBERS: enterpriseMembers,
  CONSOLE_MEMBERS: consoleMembers,
  GROUPS: groups,
  GROUP_MEMBERS: groupMembers,
  WORKSPACES: workspaces,
  API_KEYS: apiKeys,
  SPEND_LIMITS: spendLimits,
  SPEND_LIMIT_REQUESTS: spendLimitRequests,
  RATE_LIMITS: rateLimits,
  WORKSPACE_RATE_LIMITS: workspaceRateLimits,
};
