import type { OrganizationKind } from "../domain/organization.ts";
import { type TokenCounts, usages } from "../domain/tokens.ts";
import { CONSOLE_USAGE_NAMES, consoleUsage } from "../upstream/endpoints/console-usage.ts";
import { ENTERPRISE_NAMES } from "../upstream/endpoints/enterprise-report.ts";
import { enterpriseUsage, userUsage } from "../upstream/endpoints/enterprise-usage.ts";
import { unifiedUsage } from "../upstream/endpoints/unified.ts";
import { UNIFIED_USAGE_NAMES } from "../upstream/endpoints/unified-names.ts";
import type { Report, ReportSource } from "./report/report.ts";
import { buckets, rows } from "./report/resource.ts";

const unified = (organization: OrganizationKind): ReportSource<TokenCounts> => ({
  source: "UNIFIED",
  organization,
  names: UNIFIED_USAGE_NAMES[organization],
  resourceFor: () => rows(unifiedUsage[organization], true),
  largestGroups: null,
  onlyDays: false,
});

export const usageReport: Report<TokenCounts> = {
  algebra: usages,
  sources: [
    unified("ENTERPRISE"),
    {
      source: "LEGACY",
      organization: "ENTERPRISE",
      names: ENTERPRISE_NAMES,
      resourceFor: ({ groupBy }) =>
        groupBy.includes("USER") ? rows(userUsage, false) : buckets(enterpriseUsage),
      largestGroups: 100,
      onlyDays: false,
    },
    unified("CONSOLE"),
    {
      source: "LEGACY",
      organization: "CONSOLE",
      names: CONSOLE_USAGE_NAMES,
      resourceFor: () => buckets(consoleUsage),
      largestGroups: null,
      onlyDays: false,
    },
  ],
  datasets: [
    "UNIFIED_ENTERPRISE_USAGE",
    "UNIFIED_CONSOLE_USAGE",
    "ENTERPRISE_USAGE",
    "USER_USAGE",
    "CONSOLE_USAGE",
  ],
};
