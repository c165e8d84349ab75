import type { Endpoint } from "./endpoint.ts";
import { apiKey, apiKeys } from "./endpoints/api-keys.ts";
import { artifacts } from "./endpoints/artifacts.ts";
import { chatProjects } from "./endpoints/chat-projects.ts";
import { claudeCodeReport } from "./endpoints/claude-code.ts";
import { connectors } from "./endpoints/connectors.ts";
import { consoleCost } from "./endpoints/console-cost.ts";
import { cost } from "./endpoints/cost.ts";
import { costReport } from "./endpoints/cost-report.ts";
import { spendLimitIncreaseRequest, spendLimitIncreaseRequests } from "./endpoints/increase-requests.ts";
import { invite, invites } from "./endpoints/invites.ts";
import { me } from "./endpoints/me.ts";
import { messagesUsage } from "./endpoints/messages-usage.ts";
import { plugins } from "./endpoints/plugins.ts";
import { rateLimits, workspaceRateLimits } from "./endpoints/rate-limits.ts";
import { rbacGroup, rbacGroupMembers, rbacGroups } from "./endpoints/rbac-groups.ts";
import { serviceAccounts } from "./endpoints/service-accounts.ts";
import { skills } from "./endpoints/skills.ts";
import { effectiveSpendLimits } from "./endpoints/spend-limits.ts";
import { summaries } from "./endpoints/summaries.ts";
import { usage } from "./endpoints/usage.ts";
import { usageReport } from "./endpoints/usage-report.ts";
import { userActivity } from "./endpoints/user-activity.ts";
import { userCostReport } from "./endpoints/user-cost-report.ts";
import { userUsageReport } from "./endpoints/user-usage-report.ts";
import { user, users } from "./endpoints/users.ts";
import { workspace, workspaceMember, workspaceMembers, workspaces } from "./endpoints/workspaces.ts";
import { Ledger } from "./ledger.ts";
import type { SpendOptions } from "./limits/spend-limits.ts";
import type { Organization } from "./organization.ts";
import { reportFor, type UnifiedAccess } from "./unified/enrolment.ts";

export interface EndpointOptions extends UnifiedAccess {
  readonly spend?: SpendOptions;
}

/** Every endpoint of the sandbox, answering for one organization. Pass a ledger to share what it keeps. */
export function endpoints(
  organization: Organization,
  ledger: Ledger = new Ledger(organization),
  options: EndpointOptions = {},
): readonly Endpoint[] {
  const { spend = {}, children = [] } = options;
  const unifiedReports: readonly Endpoint[] = [usage(ledger, children), cost(ledger, children)];
  return [
    summaries(ledger),
    userActivity(ledger),
    chatProjects(ledger),
    skills(ledger),
    connectors(ledger),
    plugins(ledger),
    artifacts(ledger),
    usageReport(ledger),
    costReport(ledger),
    userUsageReport(ledger),
    userCostReport(ledger),
    ...unifiedReports.map((report) => reportFor(report, options)),
    claudeCodeReport(ledger),
    messagesUsage(ledger),
    consoleCost(ledger),
    me(ledger),
    users(ledger),
    user(ledger),
    invites(ledger),
    invite(ledger),
    workspaces(ledger),
    workspace(ledger),
    workspaceMembers(ledger),
    workspaceMember(ledger),
    apiKeys(ledger),
    apiKey(ledger),
    rbacGroups(ledger),
    rbacGroup(ledger),
    rbacGroupMembers(ledger),
    serviceAccounts(ledger),
    effectiveSpendLimits(ledger, spend),
    spendLimitIncreaseRequests(ledger, spend),
    spendLimitIncreaseRequest(ledger, spend),
    rateLimits(ledger),
    workspaceRateLimits(ledger),
  ];
}
