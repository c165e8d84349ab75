import { type Spend, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import { CONSOLE_COST_NAMES, consoleCost } from "../upstream/endpoints/console-cost.ts";
import { COST_NAMES, enterpriseCost, userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { UNIFIED_COST_NAMES, unifiedCost } from "../upstream/endpoints/unified.ts";
import { buckets, type Report, type ReportSource, rows } from "./report.ts";

const unified = (organization: OrganizationKind): ReportSource<Spend> => ({
  source: "UNIFIED",
  organization,
  names: UNIFIED_COST_NAMES[organization],
  resourceFor: () => rows(unifiedCost[organization]),
  largestGroups: null,
  onlyDays: false,
});

export const costReport: Report<Spend> = {
  algebra: spends,
  sources: [
    unified("ENTERPRISE"),
    {
      source: "LEGACY",
      organization: "ENTERPRISE",
      names: COST_NAMES,
      resourceFor: ({ groupBy }) => (groupBy.includes("USER") ? rows(userCost) : buckets(enterpriseCost)),
      largestGroups: 100,
      onlyDays: false,
    },
    unified("CONSOLE"),
    {
      source: "LEGACY",
      organization: "CONSOLE",
      names: CONSOLE_COST_NAMES,
      resourceFor: () => buckets(consoleCost),
      largestGroups: null,
      onlyDays: true,
    },
  ],
};
