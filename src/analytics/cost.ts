import { type SpendAmounts, spends } from "../domain/money.ts";
import type { OrganizationKind } from "../domain/organization.ts";
import type { Dimension } from "../domain/report.ts";
import { CONSOLE_COST_NAMES, consoleCost } from "../upstream/endpoints/console-cost.ts";
import { COST_NAMES, enterpriseCost, userCost } from "../upstream/endpoints/enterprise-cost.ts";
import { unifiedCost } from "../upstream/endpoints/unified.ts";
import { UNIFIED_COST_NAMES } from "../upstream/endpoints/unified-names.ts";
import type { Report, ReportSource } from "./report/report.ts";
import { buckets, rows } from "./report/resource.ts";

/** Parts of one amount stay together, whichever is the largest. */
const isPart = (dimension: Dimension) => dimension === "COST_TYPE" || dimension === "TOKEN_TYPE";

const unified = (organization: OrganizationKind): ReportSource<SpendAmounts> => ({
  source: "UNIFIED",
  organization,
  names: UNIFIED_COST_NAMES[organization],
  resourceFor: ({ groupBy }) => rows(unifiedCost[organization], !groupBy.some(isPart)),
  largestGroups: null,
  onlyDays: false,
});

export const costReport: Report<SpendAmounts> = {
  algebra: spends,
  sources: [
    unified("ENTERPRISE"),
    {
      source: "LEGACY",
      organization: "ENTERPRISE",
      names: COST_NAMES,
      resourceFor: ({ groupBy }) =>
        groupBy.includes("USER") ? rows(userCost, false) : buckets(enterpriseCost),
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
  datasets: [
    "UNIFIED_ENTERPRISE_COST",
    "UNIFIED_CONSOLE_COST",
    "ENTERPRISE_COST",
    "USER_COST",
    "CONSOLE_COST",
  ],
};
