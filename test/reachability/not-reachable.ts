/**
 * What the contract has and the graph does not, with the reason: a property, a whole schema, or `*.` a property wherever it is.
 * Reviewed by hand; the test fails for a property that is in neither, and for an entry that is not needed.
 */
export const NOT_REACHABLE: Readonly<Record<string, string>> = {
  "*.next_page": "Paging is the gateway's: lists are connections with cursors of their own.",
  "*.has_more": "Paging is the gateway's.",
  "*.first_id": "Paging backwards is never needed.",
  "*.last_id": "Paging is the gateway's.",
  "*.currency": "USD by contract; another currency is UPSTREAM_SHAPE.",
  "ClaudeCodeModelUsage.estimated_cost.currency": "The same.",

  "AnalyticsSingleDayActivitySummary.ending_at": "The day itself says when it ends.",
  "AnalyticsUsageUsersItem.total_tokens":
    "Added up from the kinds of tokens, as in the reports that do not state it.",
  "AnalyticsUsageMetrics.total_tokens":
    "Added up from the kinds of tokens, as in the reports that do not state it.",

  "CostReportPage.organization_id": "The same on every page; `organization` says whose figures they are.",
  "UsageReportPage.organization_id": "The same on every page; `organization` says whose figures they are.",
  "UserCostReportPage.organization_id": "The same on every page; `organization` says whose figures they are.",
  "UserUsageReportPage.organization_id":
    "The same on every page; `organization` says whose figures they are.",
  "CostPage.organization_id":
    "The same on every page, where it is sent at all; `organization` says whose figures they are.",
  "UsagePage.organization_id":
    "The same on every page, where it is sent at all; `organization` says whose figures they are.",

  "APIKey.partial_key_hint": "Part of a secret; nobody counts by it.",
  "APIKey.workspace_id": "The older version's spelling of `scope`, read where that is missing.",
  "AnalyticsUserActor.email": "The older spelling of `email_address`, read where that is missing.",
  "RBACGroup.roles": "The older spelling of `role_ids`, read where that is missing.",
  "RBACGroupMember.group_id": "The older spelling of `rbac_group_id`.",
  "Workspace.compartment_id": "Encryption settings are no analytics.",
  "Workspace.external_key_id": "Encryption settings are no analytics.",
  "Workspace.display_color": "The Console's colour is no analytics.",
  "Workspace.user_profile_id": "A setting, not a figure; usage by profile is a dimension.",
  "DataResidency.default_inference_geo": "A setting, not a figure; usage by region is a dimension.",

  OrganizationInvite: "Who was invited is no figure; how many invites are open is `activity.pendingInvites`.",
  WorkspaceMember: "Who may use a workspace is a setting; who did is a dimension of usage.",
  ServiceAccount: "Naming one takes an OAuth token, which few gateways hold; usage shows its id.",
  "RBACGroupMember.rbac_group_id": "The group that was asked for.",
  "WorkspaceRateLimit.workspace_id": "The workspace that was asked for.",
  "OrganizationRateLimit.group_type": "The older spelling of `group.type`, always beside it.",
  "WorkspaceRateLimit.group_type": "The older spelling of `group.type`, always beside it.",

  "AnalyticsPluginActivity.user_id":
    "Plugins are split by product and by group; one person's are the list filtered by the person.",
};
